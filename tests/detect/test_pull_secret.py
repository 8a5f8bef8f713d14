"""Registry credentials, whatever they are wrapped in."""

from __future__ import annotations

import base64
import json

import pytest

from tests.detect.parsing import ROW, parts, read

PW = "Qx8" + "wLm2" + "Tz5k"
AUTH = base64.b64encode(f"robot:{PW}".encode()).decode()
CONFIG = json.dumps({"auths": {"registry.corp.lan": {"auth": AUTH}}})
TWO = json.dumps({"auths": {"b.corp.lan": {"auth": AUTH}, "a.corp.lan": {"username": "bot", "password": PW + "2"}}})
EMPTY = json.dumps({"auths": {"registry.corp.lan": {}}, "credsStore": "desktop"})
FAKE = json.dumps({"auths": {"registry.corp.lan": {"auth": base64.b64encode(b"user:password").decode()}}})


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def folded(text: str, width: int = 40) -> str:
    return "\n".join("    " + text[i : i + width] for i in range(0, len(text), width))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("docker-config-auth", EMPTY),
        ("docker-config-auth", FAKE),
        ("docker-config-auth", '{"auths": {"r.corp.lan": {"auth": "${AUTH}"}}}'),
        ("docker-config-auth", '{"request": {"auth": "' + AUTH + '"}}'),
        ("dockerconfigjson", "  .dockerconfigjson: " + b64(EMPTY)),
        ("dockerconfigjson", "  .dockerconfigjson: " + b64(FAKE)),
        ("dockerconfigjson", "  .dockerconfigjson: ENC[AES256_GCM,data:" + b64(CONFIG) + ",iv:x]"),
        ("dockerconfigjson", "encryptedData:\n  .dockerconfigjson: AgB" + b64(CONFIG)),
        ("dockerconfigjson", "imagePullSecrets:\n- name: regcred\nitems:\n- key: .dockerconfigjson\n  path: config.json"),
        ("docker-config-base64", "X=" + b64(EMPTY)),
        ("docker-login", "docker login registry.corp.lan"),
        ("docker-login", 'docker login -u "$U" -p "$P" registry.corp.lan'),
        ("docker-login", 'echo "$P" | docker login -u robot --password-stdin'),
        ("docker-login", "docker login -u robot -p <password>"),
        ("registry-creds", "skopeo copy --creds $U:$P a b"),
        ("kubectl-docker-registry", 'kubectl create secret docker-registry r --docker-password="$P"'),
        ("kubectl-docker-registry", "kubectl create secret docker-registry r --docker-password=DOCKER_PASSWORD"),
    ],
    ids=lambda _: ROW,
)
def test_stays_quiet(rule: str, text: str) -> None:
    assert read(rule, text) is None


ROBOT = {"registry": "registry.corp.lan", "user": "robot"}
SECRET = "apiVersion: v1\nkind: Secret\ndata:\n"
LEGACY = json.dumps({"https://index.docker.io/v1/": {"auth": AUTH, "email": "x"}})


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("docker-config-auth", CONFIG, ROBOT),
        ("docker-config-auth", json.dumps(json.loads(CONFIG), indent=4), ROBOT),
        ("docker-config-auth", json.dumps(CONFIG), ROBOT),
        ("docker-config-auth", LEGACY, {"registry": "https://index.docker.io/v1/", "user": "robot"}),
        ("docker-config-auth", '{"auths": {"r.io": {"identitytoken": "' + PW * 3 + '"}}}', {"registry": "r.io"}),
        (
            "docker-config-password",
            '{"auths": {"r.io": {"username": "bot", "password": "' + PW + '"}}}',
            {"registry": "r.io", "user": "bot"},
        ),
        ("dockerconfigjson", f"{SECRET}  .dockerconfigjson: {b64(CONFIG)}\ntype: x", ROBOT),
        ("dockerconfigjson", f'{SECRET}  .dockerconfigjson: "{b64(CONFIG)}"\ntype: x', ROBOT),
        ("dockerconfigjson", f"{SECRET}  .dockerconfigjson: |-\n{folded(b64(CONFIG))}\ntype: x", ROBOT),
        ("dockerconfigjson", f"{SECRET}  .dockerconfigjson: >-\n{folded(b64(CONFIG))}\ntype: x", ROBOT),
        ("dockerconfigjson", f"{SECRET}  .dockerconfigjson: >-\n{folded(b64(CONFIG))}\nkind: Secret", ROBOT),
        ("dockerconfigjson", json.dumps({"data": {".dockerconfigjson": b64(CONFIG)}}), ROBOT),
        ("dockerconfigjson", f"  .dockercfg: {b64(LEGACY)}", {"registry": "https://index.docker.io/v1/", "user": "robot"}),
        ("dockerconfigjson", f"  .dockerconfigjson: {b64(TWO)}", {"registry": "a.corp.lan,b.corp.lan", "user": "bot,robot"}),
        ("docker-config-base64", "AUTH=" + b64(CONFIG.replace(" ", "")), ROBOT),
        ("docker-login", f"docker login -u robot -p {PW} registry.corp.lan", ROBOT),
        ("docker-login", f"docker login -u robot -p{PW} registry.corp.lan", ROBOT),
        ("docker-login", f"podman login --username=robot --password='{PW}' registry.corp.lan", ROBOT),
        ("docker-login", f"helm registry login \\\n  -u robot \\\n  -p {PW} \\\n  registry.corp.lan", ROBOT),
        ("docker-login", f"echo '{PW}' | docker login registry.corp.lan -u robot --password-stdin", ROBOT),
        ("docker-login", f'docker login -u "$U" -p {PW}', {"registry": "docker.io"}),
        ("registry-creds", f"skopeo copy --dest-creds robot:{PW} oci:a docker://registry.corp.lan/a:1", ROBOT),
        ("registry-creds", f'skopeo inspect --creds="robot:{PW}" docker://registry.corp.lan/a', ROBOT),
        (
            "kubectl-docker-registry",
            "kubectl create secret docker-registry r \\\n"
            f" --docker-server=registry.corp.lan --docker-username=robot \\\n --docker-password='{PW}'",
            ROBOT,
        ),
        (
            "kubectl-docker-registry",
            f"kubectl create secret docker-registry r --docker-password {PW} --docker-username robot",
            {"user": "robot"},
        ),
    ],
    ids=lambda _: ROW,
)
def test_names_registry_and_user(rule: str, text: str, expected: dict[str, str]) -> None:
    assert parts(rule, text) == expected


def test_the_password_has_one_value_in_every_wrapping() -> None:
    texts = [
        ("docker-config-auth", CONFIG),
        ("dockerconfigjson", f".dockerconfigjson: {b64(CONFIG)}"),
        ("docker-login", f"docker login -p {PW}"),
    ]
    found = [read(rule, text) for rule, text in texts]
    assert {one.value for one in found if one} == {PW.encode()}
    assert all(found)


def test_a_quoted_password_on_a_command_line_is_spanned_without_its_quotes() -> None:
    text = f"docker login --password='{PW}' r.io"
    found = read("docker-login", text)
    assert found is not None
    assert found.secret.end - found.secret.start == len(PW)
