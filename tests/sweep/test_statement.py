"""A night's statement of coverage: signed, verified by a program of somebody else, and its list says what the ledger says."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from scanner.attest.keys import generate
from scanner.attest.night import Covered, Ran, listed, statement
from tests.gitrepo import scan

LOCAL = "repositories:\n  - path: repos/*\n    owner: ana\n"
RAN = Ran("2026-11-25T01:00:00Z", "2026-11-25T01:02:00Z", "0.1.0", "sha256:" + "ab" * 32)


def result(*rows: Covered, unlisted: int = 0) -> str:
    ran = Ran(RAN.started, RAN.finished, RAN.version, RAN.rules, unlisted)
    return str(json.loads(statement(rows, ran))["predicate"]["result"])


def row(name: str = "a", status: str = "new", root: str | None = "sha256:00", gaps: int = 0, open_: int = 0) -> Covered:
    return Covered(name, status, "2026-11-25T01:00:00Z", root, 5, gaps, open_)


@pytest.mark.parametrize(("rows", "unlisted", "wanted"), [
    ((row(), row("b", "unchanged"), row("c", "absent", None)), 0, "PASSED"),
    ((row(), row("b", gaps=1)), 0, "INCOMPLETE"), ((row(), row("b", "not-read", None)), 0, "INCOMPLETE"),
    ((row(), row("b", "not-read")), 0, "INCOMPLETE"), ((row(), row("b", "not-due", None)), 0, "INCOMPLETE"), ((row(),), 1, "INCOMPLETE"),
    ((row(gaps=1, open_=1),), 0, "FAILED"),
])  # fmt: skip
def test_only_what_was_read_whole_and_is_clean_has_passed(rows: tuple[Covered, ...], unlisted: int, wanted: str) -> None:
    assert result(*rows, unlisted=unlisted) == wanted


def test_the_order_of_repositories_does_not_matter() -> None:
    rows = (row("b"), row("a"))
    assert listed(rows) == listed(rows[::-1]) and statement(rows, RAN) == statement(rows[::-1], RAN)


def test_a_night_is_signed_and_its_roots_are_those_of_a_scan(live, sweeps, tmp_path):
    one, _ = live("one").start(), live("two").start()
    generate(tmp_path / "night.key", tmp_path / "night.pub", None)
    sweeps.inventory(LOCAL)
    words = ("--key", str(tmp_path / "night.key"), "--statement", str(tmp_path / "signed"))
    assert sweeps(*words).code == 1
    first = (tmp_path / "signed/night-manifest.jsonl").read_bytes()
    assert sweeps(*words).code == 0, "nothing is new, and the statement says what is open all the same"
    data = json.loads((tmp_path / "signed/night.intoto.json").read_bytes())
    key = SSlibKey("", "ecdsa", "ecdsa-sha2-nistp256", {"public": (tmp_path / "night.pub").read_text()})
    found = Envelope.from_dict({**data, "signatures": [{"keyid": "", "sig": data["signatures"][0]["sig"]}]})
    found.verify([key], 1)
    said = json.loads(base64.b64decode(data["payload"]))
    rows = (tmp_path / "signed/night-manifest.jsonl").read_bytes()
    assert said["subject"][0]["digest"]["sha256"] == hashlib.sha256(rows).hexdigest()
    assert (said["predicate"]["result"], said["predicate"]["findings"]) == ("FAILED", {"open": 2})
    lines = [json.loads(line) for line in rows.splitlines()]
    assert [line["status"] for line in lines] == ["unchanged", "unchanged"]
    assert [line["root"] for line in lines] == [json.loads(line)["root"] for line in first.splitlines()]
    assert lines[0]["objects"] == scan(one.at).report["coverage"]["surfaces"]["git"]["objects"]
    found.payload = found.payload.replace(b"FAILED", b"PASSED")
    with pytest.raises(VerificationError):
        found.verify([key], 1)
