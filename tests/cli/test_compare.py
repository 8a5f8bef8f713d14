"""`leakseal compare` and `leakseal report`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.model.content import Gap, Origin
from scanner.report import FORMATS, render
from scanner.report.compare import compare
from tests.report.samples import clean, finding, report

GAP = (Gap(Origin("t1", "git", path="a.zip"), "encrypted-archive"),)


def one(number: int, path: str = "a.env", **changes: object):
    place = replace(finding().location, path=path)
    return finding(id=f"{number:016x}", fingerprint=f"scrypt-v1:{number:032x}", location=place, **changes)


def of(*findings, **changes):
    return replace(clean(), findings=findings, **changes)


@pytest.mark.parametrize(
    ("before", "after", "told", "code"),
    [
        (of(), of(), (0, 0, 0, 0, 0), 0),
        (of(one(1)), of(one(1)), (0, 0, 0, 0, 1), 0),
        (of(one(1)), of(one(1), one(2)), (1, 0, 0, 0, 1), 1),
        (of(), of(one(2, disposition="accepted")), (1, 0, 0, 0, 0), 0),
        (of(one(1), one(2)), of(one(1)), (0, 1, 0, 0, 1), 0),
        (of(one(1), one(2)), of(one(1), gaps=GAP), (0, 1, 0, 0, 1), 3),
        (of(one(1)), of(one(1, "b.env")), (0, 0, 1, 0, 0), 0),
        (of(one(1)), of(one(1), one(1, "b.env")), (0, 0, 1, 0, 0), 0),
        (of(one(1)), of(one(1, rule="another-rule")), (0, 0, 0, 0, 1), 0),
        (of(one(1)), of(one(1, disposition="accepted")), (0, 0, 0, 1, 1), 0),
    ],
)
def test_values_are_new_gone_moved_or_judged_anew(before, after, told, code) -> None:
    found = compare(before, after)
    assert (len(found.new), len(found.gone), len(found.moved), len(found.judged), found.same) == told
    assert found.exit_code == code


def written(path: Path, value) -> str:
    with path.open("wb") as stream:
        render(value, "json", stream)
    return str(path)


def test_the_command_tells_people_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = written(tmp_path / "a.json", of(one(1), one(2))), written(tmp_path / "b.json", of(one(1, "b.env"), one(3)))
    assert main(["compare", a, b]) == 1
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()] == ["new", "gone", "moved"]
    assert "a.env:3:14 postgresql://vergabe:********@" in said.out and "-> b.env:3:14" in said.out
    assert said.err == "1 new, 1 gone, 1 moved, 0 judged anew, 0 as before\n"
    assert main(["compare", a, b, "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [found["id"] for found in document["new"]] == [f"{3:016x}"]
    assert main(["compare", b, a]) == 1


def test_reports_of_different_keys_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keyed = [of(finding(fingerprint=f"hmac-sha256:{key}:" + "0a" * 32)) for key in ("00000001", "00000002")]
    a, b = written(tmp_path / "a.json", keyed[0]), written(tmp_path / "b.json", keyed[1])
    assert main(["compare", a, b]) == 2
    assert "different keys" in capsys.readouterr().err


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_stored_report_is_rendered_as_a_scan_would(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], form: str) -> None:
    import io

    stored, wanted = written(tmp_path / "a.json", report()), io.BytesIO()
    render(report(), form, wanted)
    assert main(["report", stored, "--format", form]) == 1
    assert capfdbinary.readouterr().out == wanted.getvalue()


def test_a_report_is_written_by_its_ending_and_no_hashes_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = written(tmp_path / "a.json", clean())
    assert main(["report", stored, "-o", str(tmp_path / "r.xml")]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "r.xml").read_text().startswith("<?xml")
    assert main(["report", stored, "--format", "detect-secrets"]) == 2
    assert "unsalted SHA-1" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.json")]) == 2
    (tmp_path / "bad.json").write_text("{}")
    assert main(["report", str(tmp_path / "bad.json")]) == 2
