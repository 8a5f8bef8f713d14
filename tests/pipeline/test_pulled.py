"""Images in registries as targets: the same findings as from a layout, and a gap for whatever the registry does not give."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.artifact import registry as registries
from scanner.artifact.manifest import INDEX, MANIFEST, digest_of
from scanner.artifact.registry import Registry
from scanner.artifact.transport import Patience, Transport
from scanner.cli import main
from scanner.cli.scan import command
from scanner.pipeline import pulled
from tests.decode.makers import out
from tests.pipeline.test_imagescan import places, saved  # noqa: F401 a fixture
from tests.pipeline.test_opened import Said, scan
from tests.registry import Answered, Asked, Script, Served, liar

PLACES = [("sha256", "config.Env", 2, None), ("sha256!etc/gone.env", None, 3, False), ("sha256!etc/kept.env", None, 3, True)]
OBJECTS = 4  # manifest, configuration, two layers


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sleeps."""
    patience = Patience(attempts=2, sleep=lambda seconds: None, silence=5)
    monkeypatch.setattr(registries, "Transport", partial(Transport, patience=patience))


@pytest.fixture
def layout(saved: Path, tmp_path: Path) -> Path:  # noqa: F811
    """An OCI layout with an image that has three secrets."""
    out("skopeo", "--insecure-policy", "copy", "-q", f"docker-archive:{saved}", f"oci:{tmp_path / 'layout'}:made")
    return tmp_path / "layout"


def pull(reference: str, *words: str) -> Said:
    named = ["--insecure-registry", reference.removeprefix("docker://").partition("/")[0]]
    done = CliRunner().invoke(command, [reference, *named, *words, "--format", "json", "--quiet"], standalone_mode=False)
    assert done.exception is None, done.exception
    return Said(json.loads(done.stdout))


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_an_image_is_read_as_its_layout_is(layout: Path, open_registry: Served, form: str) -> None:
    name = open_registry.push(layout, "made", f"pulled/{form}:1", "--format", form)
    said = pull(name)
    assert places(said) == PLACES == places(scan(str(layout)))
    assert (said.gaps, said.count) == ([], (OBJECTS, OBJECTS, 0))
    (target,) = said.report["targets"]
    assert (target["surface"], target["uri"], target["scope"]) == ("oci", name, "image")
    by_digest = pull(f"{name.rpartition(':')[0]}@{target['head']}")
    assert [finding["id"] for finding in by_digest.report["findings"]] == [finding["id"] for finding in said.report["findings"]]
    assert by_digest.report["targets"][0]["head"] == target["head"]


def index(served: Served, layout: Path, name: str) -> tuple[str, Mapping[str, str]]:
    """An index of the image for two platforms, and of one that is nowhere; its reference, and the digests of the manifests."""
    entries, digests = [], {}
    for number, platform in enumerate(("linux/amd64", "linux/arm64/v8")):
        os, _, rest = platform.partition("/")
        one = layout.parent / f"one{number}"
        out("cp", "-r", layout, one)
        out("umoci", "config", "--image", f"{one}:made", "--architecture", rest.partition("/")[0], "--config.label", f"number={number}")
        reference = served.push(one, "made", f"{name}:{number}")
        client = registries.connect(reference, [served.host])
        fetched = client.manifest()
        parts = dict(zip(("os", "architecture", "variant"), [os, *rest.split("/")], strict=False))
        entries.append({**fetched.descriptor().document(), "platform": parts})
        digests[platform] = fetched.digest
    body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": {"note": "-"}}).encode()
    client.push_manifest(body, INDEX, "all")
    return f"docker://{served.host}/{name}:all", digests


def test_every_platform_of_an_index_is_read_or_the_one_that_is_asked_for(layout: Path, open_registry: Served) -> None:
    name, digests = index(open_registry, layout, "pulled/platforms")
    said = pull(name)
    assert said.count == (7, 7, 0)  # the index; two manifests, two configurations, two layers
    assert len([place for place in places(said) if place[1] == "config.Env"]) == 2
    assert said.report["targets"][0]["scope"] == "all-platforms"
    for platform, asked in (("linux/amd64", "linux/amd64"), ("linux/arm64/v8", "linux/arm64")):
        one = pull(name, "--platform", asked)
        assert (one.gaps, one.count, places(one)) == ([], (OBJECTS + 1, OBJECTS + 1, 0), PLACES)
        assert one.report["targets"][0]["scope"] == f"platform {asked}"
        direct = pull(f"{name.rpartition(':')[0]}@{digests[platform]}")
        assert [f["location"]["path"] for f in direct.report["findings"]] == [f["location"]["path"] for f in one.report["findings"]]


def test_a_platform_that_is_not_there_is_a_question_that_was_asked_wrongly(
    layout: Path, open_registry: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    name, _ = index(open_registry, layout, "pulled/absent")
    single = name.replace(":all", ":0")
    for words in ([name, "--platform", "plan9/mips"], [single, "--platform", "linux/arm64"], [str(layout), "--platform", "linux/amd64"]):
        assert main(["scan", *words, "--insecure-registry", open_registry.host, "-q"]) == 2
    said = capsys.readouterr().err
    assert "linux/amd64, linux/arm64/v8" in said
    assert "is not for linux/arm64" in said


def test_a_password_opens_the_registry_and_is_in_no_output(
    layout: Path, guarded_registry: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = guarded_registry.push(layout, "made", "pulled/guarded:1")
    words = ["scan", name, "--insecure-registry", guarded_registry.host, "-q", "-o", str(tmp_path / "report.json")]
    monkeypatch.setenv("DOCKER_CONFIG", str(guarded_registry.config))
    assert main(words) == 1
    wrong = secrets.token_hex(8)
    (tmp_path / "config.json").write_text(json.dumps({"auths": {guarded_registry.host: {"username": "tester", "password": wrong}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert main(words) == 3
    said = capsys.readouterr()
    assert "refuses these credentials" in said.err
    for secret in (guarded_registry.password, wrong):
        assert secret not in said.out + said.err + (tmp_path / "report.json").read_text()


def test_what_is_no_registry_no_image_or_no_reference_is_told_in_a_sentence(
    open_registry: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    host = open_registry.host
    assert main(["scan", f"docker://{host}/pulled/absent-too:1", "--insecure-registry", host, "-q"]) == 3
    assert main(["scan", f"docker://{host}/pulled/absent-too:1", "-q"]) == 3
    assert main(["scan", "docker://user:word@host.example/app", "-q"]) == 2
    assert main(["scan", f"docker://{host}/app", "--staged", "-q"]) == 2
    said = capsys.readouterr().err
    assert "does not have the manifest" in said
    assert "TLS failed" in said
    assert "user:word" not in said


def test_a_lost_registry_among_other_targets_is_a_gap(layout: Path, open_registry: Served) -> None:
    said = pull(f"docker://{open_registry.host}/pulled/lost:1", str(layout))
    assert [reason for reason, _ in said.gaps] == ["unreadable"]
    assert places(said) == PLACES


def served_from(layout: Path, lies: Mapping[str, Callable[[Asked, bytes], Answered]]) -> Script:
    """A registry that has the blobs of a layout, and lies about some, by digest."""
    manifest = json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"]

    def script(asked: Asked) -> Answered:
        digest = asked.path.rpartition("/")[2]
        digest = manifest if digest == "1" else digest
        blob = layout / "blobs" / digest.replace(":", "/")
        if digest in lies:
            return lies[digest](asked, blob.read_bytes())
        return Answered(200, {"Content-Type": MANIFEST}, blob.read_bytes()) if blob.is_file() else Answered(404)

    return script


def digests_of(layout: Path) -> tuple[str, str, list[str]]:
    """Of manifest, configuration and layers, the lowest first."""
    manifest: str = json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"]
    document: Any = json.loads((layout / "blobs" / manifest.replace(":", "/")).read_bytes())
    return manifest, document["config"]["digest"], [layer["digest"] for layer in document["layers"]]


LIES: list[tuple[str, Callable[[Asked, bytes], Answered]]] = [
    ("missing-object", lambda asked, data: Answered(404)),
    ("tool-error", lambda asked, data: Answered(500)),
    ("unreadable", lambda asked, data: Answered(403)),
    ("corrupt-object", lambda asked, data: Answered(200, {}, data[:-1] + bytes([data[-1] ^ 1]))),
    ("corrupt-object", lambda asked, data: Answered(200, {}, data + b"\0")),
    ("corrupt-object", lambda asked, data: Answered(200, {}, b"")),
    ("truncated", lambda asked, data: Answered(200, {}, data[:9], length=len(data))),
]


@pytest.mark.parametrize("which", ["config", "upper", "lower"])
@pytest.mark.parametrize(("reason", "lie"), LIES)
def test_a_blob_that_the_registry_does_not_give_as_it_is_is_a_gap_and_the_rest_is_read(
    layout: Path, which: str, reason: str, lie: Callable[[Asked, bytes], Answered]
) -> None:
    _, config, (lower, upper) = digests_of(layout)
    digest = {"config": config, "lower": lower, "upper": upper}[which]
    with liar(served_from(layout, {digest: lie})) as server:
        said = pull(f"docker://{server.host}/app:1")
    assert (reason, digest) in said.gaps
    assert {path.partition("!")[0] for _, path in said.gaps} == {digest}
    objects, scanned, unread = said.count
    assert (objects, scanned) == (scanned + unread, OBJECTS - 1)
    lost = {"config": {"sha256"}, "lower": {"sha256!etc/kept.env", "sha256!etc/gone.env"}, "upper": set[str]()}[which]
    assert {path for path, *_ in PLACES} - lost <= {path for path, *_ in places(said)}


def test_a_tag_whose_manifest_is_another_than_its_digest_says_is_not_trusted(layout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest, *_ = digests_of(layout)
    with liar(lambda asked: Answered(200, {"Content-Type": MANIFEST, "Docker-Content-Digest": manifest}, b"{}")) as server:
        assert main(["scan", f"docker://{server.host}/app@{manifest}", "--insecure-registry", server.host, "-q"]) == 4
    assert "not what its digest says" in capsys.readouterr().err


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"null", b'{"layers": 7, "config": [], "manifests": {}}', b"[" * 100_000])
def test_a_manifest_that_is_none_is_no_crash_and_never_clean(body: bytes) -> None:
    with liar(lambda asked: Answered(200, {"Content-Type": MANIFEST}, body)) as server:
        said = pull(f"docker://{server.host}/app:1")
    assert said.count[0] >= 1
    assert said.report["result"] == "incomplete"


def test_sizes_that_are_lies_and_indexes_without_end_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulled, "_MANIFESTS_MOST", 3)
    leaves = [{"mediaType": MANIFEST, "digest": digest_of(b"%d" % number), "size": 1 << 62} for number in range(10)]
    body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": leaves}).encode()

    def script(asked: Asked) -> Answered:
        return Answered(200, {"Content-Type": INDEX}, body) if asked.path.endswith("/1") else Answered(500)

    with liar(script) as server:
        said = pull(f"docker://{server.host}/app:1")
        assert len({one.path for one in server.asked}) == 4
    assert "archive-too-large" in [reason for reason, _ in said.gaps]
    assert said.report["result"] == "incomplete"


def test_manifests_that_are_not_held_are_asked_for_again(layout: Path, open_registry: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _ = index(open_registry, layout, "pulled/unheld")
    held = pull(name)
    monkeypatch.setattr(pulled, "_KEPT", 0)
    again = pull(name)
    assert (again.gaps, again.count, places(again)) == ([], held.count, places(held))


def test_a_project_cannot_turn_off_tls_for_whoever_scans_it(
    layout: Path, open_registry: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = open_registry.push(layout, "made", "pulled/named:1")
    file = tmp_path / "leakseal.yaml"
    file.write_text(f"version: 1\nregistries:\n  insecure: ['{open_registry.host}']\n")
    monkeypatch.chdir(tmp_path)
    assert main(["scan", name, "-q"]) == 2
    assert "turns off TLS" in capsys.readouterr().err
    assert main(["scan", name, "-q", "--config", str(file)]) == 1


def test_no_network_library_is_loaded_unless_a_registry_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing")
    code = """
import sys
from scanner.cli import main
main(['scan', sys.argv[1], '-q'])
print(*({'urllib3', 'scanner.artifact'} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_the_same_image_gives_the_same_report(layout: Path, open_registry: Served) -> None:
    name = open_registry.push(layout, "made", "pulled/same:1")
    one, two = (json.dumps({**pull(name).report, "run": None}, sort_keys=True) for _ in range(2))
    assert one == two


def test_a_connection_is_a_client_for_the_named_repository() -> None:
    assert isinstance(registries.connect("docker://host.example/app"), Registry)
