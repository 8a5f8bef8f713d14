"""The gate's items about what is released, by what `leakseal artifact` wrote and by what a registry says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from scanner.errors import UnreadableError
from scanner.gate.case import Case
from scanner.gate.items import BY_ID, Outcome
from scanner.gate.judge import judge
from scanner.gate.policy import GatePolicy
from scanner.gate.runbook import load
from scanner.release.gating import _careful, _result
from tests.artifact.conftest import BUILDER, NOW, SOURCE, statement, told
from tests.artifact.images import Built, grown
from tests.artifact.keys import Key
from tests.registry import Served

RUNBOOK = """\
readiness-gate:
  version: 1
  app: shop
  items:
    artifact.image: {{repository: {repository}, tag: "1", digest: "{digest}", evidence: artifact.json}}
    artifact.source: {{commit: {commit}, version: 1.4.2}}
    artifact.publish-job: {{reference: job 4711, builder: "{builder}"}}
"""
THREE = ("artifact.image", "artifact.source", "artifact.publish-job")


BUILT = GatePolicy(built=("etc/*",))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A folder with a runbook and a result, and what both say."""

    folder: Path
    result: dict[str, Any]
    repository: str
    digest: str
    commit: str

    def judged(
        self, change: Callable[[dict[str, Any]], Any] = lambda result: None, *, registry: Callable[[str, str], str | None] | None = None,
        policy: GatePolicy = BUILT, keys: tuple[str, ...] = (), **said: str,
    ) -> dict[str, Outcome]:  # fmt: skip
        """The three items, with another result or runbook."""
        result = json.loads(json.dumps(self.result))
        change(result)
        (self.folder / "artifact.json").write_text(json.dumps(result))
        words = {"repository": self.repository, "digest": self.digest, "commit": self.commit, "builder": BUILDER, **said}
        (self.folder / "runbook.yaml").write_text(RUNBOOK.format(**words))
        case = Case(load(self.folder / "runbook.yaml"), self.folder, policy, NOW, lambda data: [], lambda path, commit: ("PASS", ""),
                    _result, keys, _careful(registry))  # fmt: skip
        return {one.item.id: one for one in judge(case) if one.item.id in THREE}


@pytest.fixture(scope="session")
def evidence(made: Built, builder: Key, tmp_path_factory: pytest.TempPathFactory, open_registry: Served) -> Iterator[Recorded]:
    """A result of `leakseal artifact` about an image in a registry, in which everything holds."""
    folder = tmp_path_factory.mktemp("recorded")
    target = f"{open_registry.push(made.layout, 'app', 'gate/app:1')}@{made.digest}"
    envelope = json.dumps(builder.envelope(json.dumps(statement(made.digest, made.commit)).encode()))
    (folder / "provenance.json").write_text(envelope)
    words = (
        "--provenance", folder / "provenance.json", "--key", builder.public, "--builder", BUILDER, "--source-uri", SOURCE,
        "--source", made.repo.path, "--commit", made.commit, "--version", "1.4.2", "--built", "etc/*",
        "--insecure-registry", open_registry.host,
    )  # fmt: skip
    found = told(target, *words, "-o", folder / "artifact.json")
    assert found.code == 0, found.failed
    result = json.loads((folder / "artifact.json").read_text())
    result["run"]["finishedOn"] = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    yield Recorded(folder, result, f"{open_registry.host}/gate/app", made.digest, made.commit)


def test_an_honest_result_passes_the_three_items(evidence: Recorded) -> None:
    policy = replace(BUILT, builders=(BUILDER,), artifact_required=True)
    found = evidence.judged(policy=policy, keys=(evidence.result["provenance"]["signer"],))
    assert {one.status for one in found.values()} == {"PASS"}, found
    assert found["artifact.image"].said.startswith(f"{evidence.repository}:1@{evidence.digest}, looked at whole; no registry was asked")
    assert found["artifact.source"].said == f"made from it: 1.4.2 of {evidence.commit}"
    assert found["artifact.publish-job"].said == "job 4711, as the signed provenance says"
    assert all(one.evidence and one.evidence[0][0] == "artifact.json" for one in found.values())


def _check(name: str, outcome: str = "failed", code: int = 4) -> Callable[[dict[str, Any]], None]:
    def change(result: dict[str, Any]) -> None:
        result["exitCode"], result["trusted"] = code, False
        next(one for one in result["checks"] if one["name"] == name).update(outcome=outcome, detail="so it was")

    return change


RESULTS: list[tuple[Callable[[dict[str, Any]], Any], str, str, str]] = [
    (_check("content"), "artifact.image", "UNTRUSTED", "content: so it was"),
    (_check("unmoved"), "artifact.image", "UNTRUSTED", "unmoved: so it was"),
    (_check("secrets", code=1), "artifact.image", "FAIL", "secrets: so it was"),
    (_check("coverage", code=3), "artifact.image", "INCOMPLETE", "coverage: so it was"),
    (_check("content", "not-asked"), "artifact.image", "INCOMPLETE", "does not say that the digests hold"),
    (lambda r: r.update(scan=None), "artifact.image", "INCOMPLETE", "its content was not scanned"),
    (lambda r: r["artifact"].update(digest="sha256:" + "0" * 64), "artifact.image", "FAIL", "about another digest"),
    (lambda r: r["artifact"].update(name="forge.example/other/app"), "artifact.image", "FAIL", "about another repository"),
    (lambda r: r["run"].update(finishedOn="2026-01-01T00:00:00Z"), "artifact.image", "STALE", "may be 7 days old"),
    (lambda r: r["run"].update(finishedOn=None), "artifact.image", "INCOMPLETE", "does not say when"),
    (lambda r: r.update(schema="leakseal.artifact/v2"), "artifact.image", "INCOMPLETE", "it is no result"),
    (lambda r: r.pop("checks"), "artifact.image", "INCOMPLETE", "it is no result"),
    (_check("labels"), "artifact.source", "UNTRUSTED", "labels: so it was"),
    (_check("binding"), "artifact.source", "UNTRUSTED", "binding: so it was"),
    (lambda r: r["images"][0]["labels"].update(revision="d" * 40), "artifact.source", "UNTRUSTED", "made from another commit"),
    (lambda r: r["binding"].update(commit="d" * 40), "artifact.source", "UNTRUSTED", "made from another commit"),
    (lambda r: r["provenance"]["sources"][0].update(commit="d" * 40), "artifact.source", "UNTRUSTED", "made from another commit"),
    (lambda r: r["artifact"].update(version="1.4.3"), "artifact.source", "UNTRUSTED", "another version than the runbook"),
    (lambda r: (r.update(binding=None, provenance=None), r["images"][0]["labels"].update(revision=None)), "artifact.source", "INCOMPLETE",
     "names the commit"),
    (_check("signer"), "artifact.publish-job", "UNTRUSTED", "no trusted key signed the provenance"),
    (_check("parameters"), "artifact.publish-job", "UNTRUSTED", "parameters: so it was"),
    (lambda r: r["provenance"].update(builder="https://evil.example/b"), "artifact.publish-job", "UNTRUSTED", "another builder than"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "item", "status", "sentence"), RESULTS, ids=[f"{n}-{row[2]}" for n, row in enumerate(RESULTS)])
def test_a_result_that_does_not_hold(
    evidence: Recorded, change: Callable[[dict[str, Any]], Any], item: str, status: str, sentence: str
) -> None:
    one = evidence.judged(change)[item]
    assert (one.status, sentence in one.said) == (status, True), one.said


def test_what_the_policy_requires_and_lacks(evidence: Recorded) -> None:
    required = replace(BUILT, artifact_required=True)

    def without(result: dict[str, Any]) -> None:
        result["provenance"] = None

    assert evidence.judged(without, policy=required)["artifact.publish-job"].status == "INCOMPLETE"
    assert evidence.judged(without)["artifact.publish-job"].status == "PASS"
    other = replace(BUILT, builders=("forge/other",))
    assert evidence.judged(policy=other)["artifact.publish-job"].status == "FAIL"
    evidence.judged()
    text = (evidence.folder / "runbook.yaml").read_text().replace(", evidence: artifact.json", "")
    (evidence.folder / "runbook.yaml").write_text(text)
    case = Case(load(evidence.folder / "runbook.yaml"), evidence.folder, required, NOW, lambda data: [], lambda path, commit: ("PASS", ""))
    found = {one.item.id: one for one in judge(case)}
    assert {found[id].status for id in THREE} == {"INCOMPLETE"}
    assert "the policy requires one" in found["artifact.image"].said


def test_what_was_let_pass_must_be_in_the_policy(evidence: Recorded) -> None:
    assert "more than the policy's `built`" in evidence.judged(policy=GatePolicy())["artifact.source"].said
    assert evidence.judged(lambda result: result["asked"].update(nowhereMost=3))["artifact.source"].status == "UNTRUSTED"
    found = evidence.judged(lambda result: result["asked"]["parameters"].update(patch="*"))["artifact.publish-job"]
    assert (found.status, found.said) == ("UNTRUSTED", "parameters were let pass that the policy does not name")
    found = evidence.judged(keys=("SHA256:other",))["artifact.publish-job"]
    assert (found.status, found.said) == ("UNTRUSTED", "the provenance was signed by a key that is no builder's in the policy")


def test_a_registry_is_asked_only_if_told_to_and_its_answer_counts(evidence: Recorded) -> None:
    now = "sha256:" + "1" * 64
    asked: list[tuple[str, str]] = []

    def answering(digest: str | None) -> Callable[[str, str], str | None]:
        def ask(repository: str, tag: str) -> str | None:
            asked.append((repository, tag))
            return digest

        return ask

    def silent(repository: str, tag: str) -> str | None:
        raise UnreadableError("it does not answer")

    image = evidence.judged(registry=answering(evidence.digest))["artifact.image"]
    assert (image.status, "the registry says so now" in image.said) == ("PASS", True)
    image = evidence.judged(registry=answering(now))["artifact.image"]
    assert (image.status, image.said) == (
        "UNTRUSTED", f"the tag 1 was pushed again: it stands for {now} now, and not for what the runbook names",
    )  # fmt: skip
    assert evidence.judged(registry=answering(None))["artifact.image"].status == "FAIL"
    image = evidence.judged(registry=silent)["artifact.image"]
    assert (image.status, "it does not answer" in image.said) == ("INCOMPLETE", True)
    assert asked == [(evidence.repository, "1")] * 3


def test_an_image_pushed_again_between_scan_and_gate_blocks_the_gate(
    image: Built, open_registry: Served, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    host = open_registry.host
    target = f"{open_registry.push(image.layout, 'app', 'again/app:1')}@{image.digest}"
    words = ("--source", image.repo.path, "--built", "etc/*", "--insecure-registry", host, "-o", tmp_path / "artifact.json")
    assert told(target, *words).code == 0
    said = {"repository": f"{host}/again/app", "digest": image.digest, "commit": image.commit, "builder": BUILDER}
    (tmp_path / "runbook.yaml").write_text(RUNBOOK.format(**said))
    (tmp_path / ".leakseal").mkdir()
    (tmp_path / ".leakseal/gate.yaml").write_text("version: 1\nscope: shop@p\nsurfaces: {git: .}\ngate: {built: [etc/*]}\n")

    def gate(*more: str) -> tuple[int, dict[str, Any]]:
        capfd.readouterr()
        code = main(["gate", str(tmp_path / "runbook.yaml"), "--level", "smoke", "--format", "json", *more])
        items = json.loads(capfd.readouterr().out)["items"]
        return code, next(one for one in items if one["id"] == "artifact.image")

    code, item = gate("--ask-registry", "--insecure-registry", host)
    assert (code, item["status"]) == (0, "PASS")
    grown(image.layout, "app", {"srv/app/evil.py": b"import os\n"}, tmp_path / "b")
    open_registry.push(image.layout, "app", "again/app:1")
    assert gate()[0] == 0
    code, item = gate("--ask-registry", "--insecure-registry", host)
    assert (code, item["status"]) == (4, "UNTRUSTED")
    assert item["detail"] == f"the tag 1 was pushed again: it stands for {image.digest} now, and not for what the runbook names"
    text = (tmp_path / ".leakseal/gate.yaml").read_text()
    (tmp_path / ".leakseal/gate.yaml").write_text(text.replace("gate: {", "gate: {ask-registry: true, "))
    assert gate("--insecure-registry", host)[0] == 4


def test_each_of_the_three_items_may_name_evidence() -> None:
    assert all("evidence" in BY_ID[id].keys for id in THREE)
