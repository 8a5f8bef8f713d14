"""Logins of image registries by the shipped rules: what stays quiet, and each login by its registry and user."""



from __future__ import annotations

import json
from textwrap import dedent

import pytest

from tests.detect.parsing import ROW
from tests.detect.reading import REGISTRY, ROBOT, b64, covered, seen, told, words, wrapped

EMPTY = json.dumps({"auths": {REGISTRY: {}}, "credsStore": "desktop"})
FAKE = json.dumps({"auths": {REGISTRY: {"auth": b64("user:password")}}})
LONG = "x8Kd92LmQ4" * 12

QUIET = [
    EMPTY, FAKE, "DOCKER_AUTH_CONFIG=" + b64(EMPTY), "DOCKER_AUTH_CONFIG=" + b64(FAKE), "DOCKER_AUTH_CONFIG: $DOCKER_AUTH_CONFIG",
    '{"auths": {"r.corp.lan": {"auth": "${AUTH}"}}}', '{"auths": {"r.corp.lan": {"auth": ""}}}',
    '{"auths": {"r.corp.lan": {"auth": "{{ .Values.auth }}"}}}', '{"credHelpers": {"gcr.io": "gcloud"}, "auths": {}}',
    '{"auths": {"r.corp.lan": {"username": "robot", "password": "<password>"}}}',
    '{"auths": {"r.corp.lan": {"identitytoken": "$TOKEN"}}}',
    '{"properties": {"auth": {"type": "string"}}}', "  .dockerconfigjson: " + b64(EMPTY), "  .dockerconfigjson: " + b64(FAKE),
    "  .dockerconfigjson: ENC[AES256_GCM,data:" + LONG + ",iv:x]", "encryptedData:\n  .dockerconfigjson: AgB" + LONG,
    "imagePullSecrets:\n- name: regcred\nitems:\n- key: .dockerconfigjson\n  path: config.json", "  .dockerconfigjson: {{ .Values.pull | b64enc }}",
    "type: kubernetes.io/dockerconfigjson", "serviceAccount:\n  imagePullSecrets: [regcred]", "global:\n  imagePullSecrets:\n    - regcred",
    "docker login registry.corp.lan", "docker login", "docker login --help", 'docker login -u "$U" -p "$P" registry.corp.lan',
    'echo "$P" | docker login -u robot --password-stdin', "cat ~/token | docker login -u robot --password-stdin registry.corp.lan",
    "docker login -u robot -p <password>", "docker login -u robot -p ${{ secrets.TOKEN }} ghcr.io", "docker login -u robot -p PASSWORD",
    "aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin 1234.dkr.ecr.eu-west-1.amazonaws.com",
    "gcloud auth print-access-token | docker login -u oauth2accesstoken --password-stdin https://eu-docker.pkg.dev",
    "docker login -u %REGISTRY_USER% -p %REGISTRY_PASSWORD%", "docker login -u user -p password", "docker logout registry.corp.lan",
    "the docker login page", "podman login --authfile auth.json registry.corp.lan", "helm registry login -u {{ user }} -p {{ password }} r.corp.lan",
    'subprocess.run(["docker", "login", "-u", user, "-p", password])', 'subprocess.run(["docker", "login", "-p", "$PASSWORD"])',
    "skopeo copy --creds $U:$P a b", "skopeo inspect --creds user:pass docker://r/a", "skopeo inspect --creds ${CREDS} docker://r/a",
    "--creds=[username[:password]]", "skopeo sync --src-password $PASSWORD docker://r/a dir:b", "oras cp --to-password <password> a b",
    'kubectl create secret docker-registry r --docker-password="$P"', "kubectl create secret docker-registry r --docker-password=DOCKER_PASSWORD",
    "kubectl create secret docker-registry r --docker-password=<your-pword>", "kubectl create secret docker-registry r --from-file=config.json",
    "- uses: docker/login-action@v3\n  with:\n    username: ${{ secrets.U }}\n    password: ${{ secrets.P }}\n",
    "- uses: docker/login-action@v3\n  with:\n    registry: ghcr.io\n    password: ${{ github.token }}\n",
    "- image: plugins/docker\n  settings:\n    password:\n      from_secret: docker_password\n",
    '- docker_login:\n    username: "{{ user }}"\n    password: "{{ password }}"\n', "- docker_login:\n    registry_url: r.corp.lan\n    state: absent\n",
    "imageCredentials:\n  username: \"\"\n  password: \"\"\n",
    "docker:\n- image: a\n  auth:\n    username: robot\n    password: $PASSWORD\n", 'registry_auth {\n  address = "r"\n  password = var.password\n}',
    'registry_auth {\n  address = "r"\n  config_file = pathexpand("~/.docker/config.json")\n}', 'repository_password = var.password',
    "auths:\n  r.corp.lan:\n    username: robot\n    password: ${PASSWORD}\n", "docker.withRegistry('https://r.corp.lan', 'registry-credentials')",
    "DOCKER_PASSWORD=$DOCKER_PASSWORD", "DOCKER_PASSWORD: ${{ secrets.DOCKER_PASSWORD }}", "CI_REGISTRY_PASSWORD=changeme",
    "- name: REGISTRY_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: registry\n", 'docker login -p "$REGISTRY_PASSWORD" registry.corp.lan',
    'password = os.environ["DOCKER_PASSWORD"]',
]


@pytest.mark.parametrize("text", QUIET, ids=lambda _: ROW)
def test_references_templates_and_placeholders_stay_quiet(text: str) -> None:
    assert told(seen(text)) == []


SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: regcred\ntype: kubernetes.io/dockerconfigjson\n"
AUTHS = {"auths": {REGISTRY: {"auth": "@AUTH@"}}}
FIELDS = {"auths": {REGISTRY: {"username": "robot", "password": "@PW@"}}}
LEGACY = {"registry": f"https://{REGISTRY}/v1/", "user": "robot"}
CONFIGS = [
    ("docker-config-auth", json.dumps(AUTHS)), ("docker-config-auth", json.dumps(AUTHS, indent="\t")),
    ("docker-config-auth", json.dumps(AUTHS, separators=(",", ":"))), ("docker-config-auth", json.dumps(json.dumps(AUTHS))),
    ("docker-config-auth", json.dumps({"config": json.dumps({"inner": json.dumps(AUTHS)})})), ("docker-config-auth", "@CONFIG@"),
    ("docker-config-password", json.dumps(FIELDS)), ("docker-config-password", json.dumps(FIELDS, indent=2)),
    ("docker-config-password", "DOCKER_AUTH_CONFIG: '" + json.dumps(FIELDS) + "'"),
    ("docker-config-auth", 'variables:\n  DOCKER_AUTH_CONFIG: "' + json.dumps(AUTHS).replace('"', '\\"') + '"\n'),
    ("docker-config-auth", "pullSecret: '" + json.dumps(AUTHS) + "'\n"),
    ("docker-config-auth", json.dumps({"credsStore": "", **AUTHS, "HttpHeaders": {"X": "y"}})),
    ("docker-config-auth", SECRET + "stringData:\n  .dockerconfigjson: |\n    @CONFIG@\n"),
    ("docker-config-auth", SECRET + "stringData:\n  .dockerconfigjson: '@CONFIG@'\n"),
    ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson: @CONFIG64@\n"), ("dockerconfigjson", SECRET + "data: {.dockerconfigjson: @CONFIG64@}\n"),
    ("dockerconfigjson", SECRET + 'data:\n  .dockerconfigjson: "@CONFIG64@"\n'), ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson: '@CONFIG64@'\n"),
    ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson: |\n    @WRAPPED@\n"), ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson: >-\n    @WRAPPED@\n"),
    ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson:\n    @WRAPPED@\n"), ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson: !!binary |\n    @WRAPPED@\n"),
    ("dockerconfigjson", SECRET + "data:\n  .dockerconfigjson: |2-\n    @WRAPPED@\n"), ("dockerconfigjson", SECRET + 'data:\n  ".dockerconfigjson": @PRETTY64@\n'),
    ("dockerconfigjson", "data:\n  .dockerconfigjson: @CONFIG64@\nkind: Secret\nmetadata:\n  name: r\ntype: kubernetes.io/dockerconfigjson\n"),
    ("dockerconfigjson", json.dumps({"kind": "Secret", "data": {".dockerconfigjson": "@CONFIG64@"}})),
    ("dockerconfigjson", json.dumps({"kind": "List", "items": [{"data": {".dockerconfigjson": "@CONFIG64@"}, "kind": "Secret"}]}, indent=4)),
    ("dockerconfigjson", "apiVersion: v1\nkind: List\nitems:\n- data:\n    .dockerconfigjson: @CONFIG64@\n  kind: Secret\n"),
    ("dockerconfigjson", 'resource "kubernetes_secret" "r" {\n  data = {\n    ".dockerconfigjson" = "@CONFIG64@"\n  }\n}\n'),
    ("docker-config-base64", "DOCKER_AUTH_CONFIG=@CONFIG64@"), ("docker-config-base64", "pull: @PRETTY64@"),
    ("docker-config-mapping", f"pull:\n  auths:\n    {REGISTRY}:\n      auth: @AUTH@\n"),
    ("docker-config-mapping", f"pull:\n  auths:\n    {REGISTRY}:\n      username: robot\n      password: '@PW@'\n"),
    ("docker-config-mapping", f"pull: {{auths: {{{REGISTRY}: {{username: robot, password: '@PW@'}}}}}}"),
    ("docker-config-mapping", f'x = jsonencode({{\n  auths = {{\n    "{REGISTRY}" = {{\n      username = "robot"\n      password = "@PW@"\n      '
     'auth = base64encode("robot:${var.p}")\n    }\n  }\n})\n'),
]
COMMANDS = [
    ("docker-login", f"docker login -u robot -p @PW@ {REGISTRY}"), ("docker-login", f"docker login -u=robot -p=@PW@ {REGISTRY}"),
    ("docker-login", f"docker login {REGISTRY} -u robot -p@PW@"), ("docker-login", f"docker login --username robot --password '@PW@' {REGISTRY}"),
    ("docker-login", f'sudo docker login --username=robot --password="@PW@" {REGISTRY}'), ("docker-login", f"RUN docker login -u robot -p @PW@ {REGISTRY} && true"),
    ("docker-login", f"docker --config /tmp/c login -u robot -p @PW@ {REGISTRY}"), ("docker-login", f"podman login -u robot -p @PW@ {REGISTRY}"),
    ("docker-login", f"buildah login -u robot -p @PW@ --authfile a.json {REGISTRY}"), ("docker-login", f"nerdctl login -u robot -p @PW@ {REGISTRY}"),
    ("docker-login", f"skopeo login -u robot -p @PW@ {REGISTRY}"), ("docker-login", f"crane auth login {REGISTRY} -u robot -p @PW@"),
    ("docker-login", f"oras login {REGISTRY} -u robot -p @PW@"), ("docker-login", f"regctl registry login {REGISTRY} --user robot --pass @PW@"),
    ("docker-login", f"helm registry login \\\n  -u robot \\\n  -p @PW@ \\\n  {REGISTRY}\n"), ("docker-login", f"cosign login {REGISTRY} -u robot -p @PW@"),
    ("docker-login", f"echo '@PW@' | docker login {REGISTRY} -u robot --password-stdin"), ("docker-login", f'echo -n "@PW@" | podman login -u robot --password-stdin {REGISTRY}'),
    ("docker-login", f"printf '%s' @PW@ | docker login -u robot --password-stdin {REGISTRY}"), ("docker-login", f"printf '@PW@' | sudo docker login -u robot --password-stdin {REGISTRY}"),
    ("docker-login", f"docker login -u robot --password-stdin {REGISTRY} <<< '@PW@'"), ("docker-login", f"'@PW@' | docker login -u robot --password-stdin {REGISTRY}"),
    ("docker-login", f'sh "docker login -u robot -p @PW@ {REGISTRY}"'), ("docker-login", f"execSync('docker login -u robot -p @PW@ {REGISTRY}')"),
    ("docker-login", f'subprocess.run(["docker", "login", "-u", "robot", "-p", "@PW@", "{REGISTRY}"])'),
    ("docker-login", f"CMD ['podman', 'login', '--username', 'robot', '--password', '@PW@', '{REGISTRY}']"),
    ("registry-creds", f"skopeo copy --dest-creds robot:@PW@ oci:a docker://{REGISTRY}/a:1"), ("registry-creds", f'skopeo inspect --creds="robot:@PW@" docker://{REGISTRY}/a'),
    ("registry-creds", f"skopeo copy --src-creds=robot:@PW@ docker://{REGISTRY}/a dir:b"), ("registry-creds", f"podman pull --creds 'robot:@PW@' docker://{REGISTRY}/a"),
    ("registry-password-option", f"skopeo sync --src-username robot --src-password @PW@ docker://{REGISTRY}/a dir:b"),
    ("registry-password-option", f"imgpkg push --registry-hostname {REGISTRY} --registry-username robot --registry-password '@PW@'"),
    ("kubectl-docker-registry", f"kubectl create secret docker-registry r --docker-server={REGISTRY} --docker-username=robot --docker-password=@PW@"),
    ("kubectl-docker-registry", f"oc create secret docker-registry r \\\n --docker-server={REGISTRY} --docker-username=robot \\\n --docker-password='@PW@'\n"),
    ("kubectl-docker-registry", f"kubectl create secret docker-registry r --docker-password @PW@ --docker-username robot --docker-server {REGISTRY}"),
    ("docker-login-action", f"steps:\n- uses: docker/login-action@v3\n  with:\n    registry: {REGISTRY}\n    username: robot\n    password: @PW@\n"),
    ("docker-login-action", f"steps:\n  - name: x\n    with: {{registry: '{REGISTRY}', username: robot, password: '@PW@'}}\n    uses: 'docker/login-action@0123'\n"),
    ("docker-login-action", f"- image: plugins/docker\n  settings:\n    registry: {REGISTRY}\n    username: robot\n    password: @PW@\n"),
    ("registry-login-mapping", f"- community.docker.docker_login:\n    registry_url: {REGISTRY}\n    username: robot\n    password: @PW@\n    reauthorize: true\n"),
    ("registry-login-mapping", f"- docker_login: registry={REGISTRY} username=robot password=@PW@\n"),
    ("registry-login-mapping", f"- containers.podman.podman_login:\n    registry: {REGISTRY}\n    password: '@PW@'\n    username: robot\n"),
    ("registry-login-mapping", f"imageCredentials:\n  registry: {REGISTRY}\n  username: robot\n  password: '@PW@'\n"),
    ("registry-auth-mapping", f"configs:\n  {REGISTRY}:\n    auth:\n      username: robot\n      password: @PW@\n# docker\n"),
    ("terraform-registry-auth", f'provider "docker" {{\n  registry_auth {{\n    address = "{REGISTRY}"\n    username = "robot"\n    password = "@PW@"\n  }}\n}}\n'),
    ("containerd-registry-auth", f'[plugins."io.containerd.grpc.v1.cri".registry.configs."{REGISTRY}".auth]\n  username = "robot"\n  password = "@PW@"\n'),
    ("containerd-registry-auth", f"[plugins.cri.registry.configs.'{REGISTRY}'.auth]\n  auth = '@AUTH@'\n"),
    ("registry-environment", f"DOCKER_REGISTRY={REGISTRY}\nDOCKER_USERNAME=robot\nDOCKER_PASSWORD=@PW@\n"),
    ("registry-environment", f"variables:\n  CI_REGISTRY_USER: robot\n  CI_REGISTRY_PASSWORD: '@PW@'\n  CI_REGISTRY_URL: {REGISTRY}\n"),
]


@pytest.mark.parametrize(("rule", "shape"), CONFIGS + COMMANDS, ids=lambda _: ROW)
def test_names_registry_and_user_of_a_login(rule: str, shape: str) -> None:
    made = words()
    text = made.filled(shape)
    hits = seen(text)
    assert told(hits) == [(rule, ROBOT)]
    assert all(hit.value == made.password.encode() for hit in hits)
    assert covered(text, hits, made)


OTHERS = [
    ("@CFG@", [("docker-config-auth", LEGACY)]),
    ("data:\n  .dockercfg: @CFG64@\ntype: kubernetes.io/dockercfg\n", [("dockerconfigjson", LEGACY)]),
    ("docker login -u robot -p @PW@\n", [("docker-login", {"registry": "docker.io", "user": "robot"})]),
    ('docker login -u robot -p @PW@ "$REGISTRY"\n', [("docker-login", {"user": "robot"})]),
    ('{"auths": {"r.corp.lan": {"identitytoken": "@PW@@PW@"}}}', [("docker-config-auth", {"registry": "r.corp.lan"})]),
    ('{"auths": {"r.corp.lan": {"auth": "' + b64("robot:") + '", "identitytoken": "@PW@@PW@"}}}',
     [("docker-config-auth", {"registry": "r.corp.lan", "user": "robot"})]),
    ('{"auths": {"r.corp.lan": {"registrytoken": "@PW@@PW@"}}}', [("docker-config-auth", {"registry": "r.corp.lan"})]),
    ('{"auths": {"a.corp.lan": {"auth": "@AUTH@"}, "b.corp.lan": {"username": "bot", "password": "@PW@"}}}',
     [("docker-config-auth", {"registry": "a.corp.lan", "user": "robot"}), ("docker-config-password", {"registry": "b.corp.lan", "user": "bot"})]),
    ("oc login https://api.corp.lan:6443 -u robot -p @PW@\n", [("docker-login", {"registry": "https://api.corp.lan:6443", "user": "robot"})]),
    ('resource "helm_release" "a" {\n  repository = "https://charts.corp.lan"\n  repository_username = "robot"\n  repository_password = "@PW@"\n}\n',
     [("terraform-repository-password", {"registry": "https://charts.corp.lan", "user": "robot"})]),
    ("env:\n- name: REGISTRY_USERNAME\n  value: robot\n- name: REGISTRY_PASSWORD\n  value: '@PW@'\n", [("registry-environment", {"user": "robot"})]),
    ("ENV DOCKER_USER robot\nENV DOCKER_PASSWORD @PW@\n", [("registry-environment", {})]),
]


@pytest.mark.parametrize(("shape", "expected"), OTHERS, ids=lambda _: ROW)
def test_names_what_is_there(shape: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    made = words()
    hits = seen(made.filled(shape))
    assert told(hits) == expected
    assert all(made.password in hit.value.decode() for hit in hits)


def test_several_logins_in_base64_are_one_finding_that_names_them_all() -> None:
    made = words()
    config = {"auths": {f"{name}.corp.lan": {"auth": b64(f"{name}-bot:{made.password}{name}")} for name in ("a", "b")}}
    hits = seen(f"data:\n  .dockerconfigjson: |\n    {wrapped(b64(json.dumps(config)), '    ')}\n")
    assert told(hits) == [("dockerconfigjson", {"registry": "a.corp.lan,b.corp.lan", "user": "a-bot,b-bot"})]


def test_what_a_reserved_domain_could_open_is_a_small_matter() -> None:
    hits = seen(words().filled("docker login -u robot -p @PW@ registry.example.com\n"))
    assert [(hit.rule.id, hit.severity) for hit in hits] == [("docker-login", "low")]


def test_base64_ends_where_its_document_ends_and_not_in_the_next_word() -> None:
    made = words()
    text = made.filled(dedent("""\
        data:
          .dockerconfigjson: >-
            @CONFIG64@
        kind: Secret
    """))
    assert covered(text, seen(text), made)
