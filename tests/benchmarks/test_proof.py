"""What counts as having scanned."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import proof
from benchmarks.measure import Bench, Command, Ended, Unproven

Ending = Callable[..., Ended]


@pytest.fixture
def ending(tmp_path: Path) -> Ending:
    """Builds what a program left behind."""

    def end(code: int, out: str = "", err: str = "") -> Ended:
        (tmp_path / "out").write_text(out, encoding="utf-8")
        (tmp_path / "err").write_text(err, encoding="utf-8")
        return Ended(code, tmp_path / "out", tmp_path / "err", 1.0, 1.0)

    return end


def report(scanned: int) -> str:
    return json.dumps({"coverage": {"scanned": scanned, "objects": 5, "bytes": 2_000_000}, "findings": []})


@pytest.mark.parametrize(
    ("check", "code", "out", "err"),
    [
        (proof.code(0), 1, "", ""),
        (proof.code(0), -9, "", ""),
        (proof.leakseal(0, 1), 0, report(0), ""),
        (proof.leakseal(0, 1), 3, report(5), ""),
        (proof.leakseal(0, 1), 0, "", ""),
        (proof.leaks(0, 1), 0, "", "all is well"),
        (proof.leaks(0, 1), 0, "", "scanned ~0 bytes (0 bytes) in 3ms"),
        (proof.leaks(0, 1), 1, "", "3:03PM ERR git failed\nscanned ~2500000 bytes (2.5 MB) in 1s"),
        (proof.leaks(0, 1), 1, "", "3:03PM WRN scanned ~2500000 bytes (2.5 MB)\n3:03PM WRN incomplete scan ended after 1s"),
        (proof.kingfisher(0), 0, '{"bytes_scanned": 0, "blobs_scanned": 0}', ""),
        (proof.detect_secrets, 0, '{"results": {}}', ""),
        (proof.detect_secrets, 0, "{broken", ""),
    ],
)
def test_a_program_that_did_not_scan_is_not_believed(ending: Ending, check: proof.Proof, code: int, out: str, err: str) -> None:
    with pytest.raises(Unproven):
        check(ending(code, out, err))


@pytest.mark.parametrize(
    ("check", "code", "out", "err", "said"),
    [
        (proof.code(0, 1), 1, "", "", "exit code 1"),
        (proof.leakseal(3), 3, report(4), "", "4 of 5 objects, 2.0 MB, 0 findings"),
        (proof.leaks(0), 0, "", "17 commits scanned.\nscanned ~2500000 bytes (2.5 MB) in 1s", "17 commits, 2.5 MB, exit code 0"),
        (proof.leaks(1), 1, "", "scanned ~2500000 bytes (2.5 MB) in 1s", "2.5 MB, exit code 1"),
        (proof.kingfisher(200), 200, '{"findings": []}{"bytes_scanned": 3e6, "blobs_scanned": 7}', "", "7 blobs, 3.0 MB, exit code 200"),
        (proof.detect_secrets, 0, '{"results": {"a.py": []}}', "", "findings in 1 files"),
    ],
)
def test_its_own_numbers_are_quoted(ending: Ending, check: proof.Proof, code: int, out: str, err: str, said: str) -> None:
    assert check(ending(code, out, err)) == said


def test_a_program_that_is_not_there_costs_only_its_own_numbers(tmp_path: Path) -> None:
    there = Command("there", (sys.executable, "-c", ""), tmp_path, proof.code(0))
    absent = Command("absent", (str(tmp_path / "absent"),), tmp_path, proof.code(0))
    first, second = Bench(tmp_path, {}, times=2).turns([there, absent])
    assert (len(first.seconds), first.problem) == (2, "")
    assert (second.seconds, second.problem) == ([], "it cannot be started: No such file or directory")
