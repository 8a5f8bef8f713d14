"""What a person sees on a terminal: columns that wrap below themselves, ids that can be copied, and no value that moves the cursor."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest

from scanner.cli import screen
from scanner.cli.doctor import Check, _shortened
from scanner.cli.root import cli
from tests.report.samples import HOSTILE

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What a call writes to a terminal of that many columns."""

    def look(call: Callable[[], object], columns: int = 80, **environ: str) -> str:
        paper = Terminal()
        monkeypatch.delenv("NO_COLOR", raising=False)
        for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **environ}.items():
            monkeypatch.setenv(name, value)
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", paper)
            call()
        return paper.getvalue()

    return look


def test_what_wraps_stays_in_its_column(seen: Callable[..., str]) -> None:
    said = seen(lambda: screen.columns([("ok", "git", "word " * 40), ("broken", "search", "no")], {"broken": "red"}))
    lines = [line.rstrip() for line in COLOUR.sub("", said).splitlines()]
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("ok      git     word") and all(line.startswith(" " * 16 + "word") for line in lines[1:-1])
    assert "\x1b[31mbroken" in said
    assert "\x1b[31m" not in seen(lambda: screen.columns([("broken", "x", "y")], {"broken": "red"}), NO_COLOR="1")


def test_checks_that_nobody_asked_for_are_one_line_for_a_person(seen: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    made = [
        (1, "envelope", True, "signed"),
        (2, "key", False, "revoked"),
        (3, "rescan", None, "not looked at"),
        (4, "stamp", None, "it has none"),
    ]
    lines = [COLOUR.sub("", line).split() for line in seen(lambda: screen.checks(made)).splitlines()]
    assert [line[:3] for line in lines] == [["ok", "1", "envelope"], ["FAILED", "2", "key"], ["-", "4", "stamp"], ["not", "looked", "at:"]]
    screen.checks(made)
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()] == [
        ["1", "ok", "envelope"], ["2", "FAILED", "key"], ["3", "-", "rescan"], ["4", "-", "stamp"],
    ]  # fmt: skip


def test_a_command_to_be_copied_is_not_broken(seen: Callable[..., str]) -> None:
    command = screen.Command("leakseal accept " + "word " * 40)
    assert f"  {command}" in seen(lambda: screen.parts([("so", [command])])).splitlines()


def test_what_stands_below_a_heading_is_indented_to_its_end(seen: Callable[..., str]) -> None:
    said = COLOUR.sub("", seen(lambda: screen.parts([("pattern", ["x" * 200]), ("", ["y"])])))
    assert [line.rstrip() for line in said.splitlines()] == ["pattern:", "  " + "x" * 78, "  " + "x" * 78, "  " + "x" * 44, "", "  y"]
    said = COLOUR.sub("", seen(lambda: screen.parts([("why", ["x"]), ("how", ["y"])], apart=True)))
    assert [line.rstrip() for line in said.splitlines()] == ["why", "  x", "", "how", "  y"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_no_value_moves_the_cursor(seen: Callable[..., str], hostile: str) -> None:
    said = seen(lambda: (screen.columns([(hostile, hostile, hostile)], {}), screen.parts([("t", [hostile])])))
    assert COLOUR.sub("", said).replace("\n", "").isprintable()


def test_readers_that_work_are_one_line_and_others_stand_out() -> None:
    checks = [Check("git", "ok", "2"), Check("reader zip", "ok", ""), Check("reader png", "broken", "lost"), Check("reader tar", "ok", "")]
    assert _shortened(checks) == [checks[0], checks[2], Check("readers", "ok", "2 found the secret that was put before them")]


@pytest.mark.parametrize(("columns", "heads"), [(80, ["id", "severity", "title"]), (200, ["id", "kind", "severity", "title", "family"])])
def test_rules_are_listed_with_ids_that_can_be_copied(seen: Callable[..., str], columns: int, heads: list[str]) -> None:
    said = seen(lambda: cli.main(["rules", "list"], standalone_mode=False), columns)
    lines = COLOUR.sub("", said).splitlines()
    assert lines[0].split() == heads
    assert max(map(len, lines)) <= columns
    ids = {line.split()[0] for line in lines if line and not line.startswith(" ")}
    assert {"github-pat", "postgres-dsn", "alibaba-access-key-secret"} <= ids
