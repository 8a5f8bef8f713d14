"""Workflow commands, and what GitHub's runner undoes in them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given

from scanner.model.content import Gap, Origin
from scanner.model.evidence import Location
from scanner.report import render
from tests.report.samples import HOSTILE, clean, finding, report, reports


def lines(value) -> list[str]:
    stream = io.BytesIO()
    render(value, "github", stream)
    return stream.getvalue().decode().split("\n")[:-1]


def undone(command: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: name, properties, message."""
    _, head, message = command.split("::", 2)
    name, _, properties = head.partition(" ")
    pairs = [pair.partition("=") for pair in properties.split(",")]
    return name, {key: plain(plain(value, ":", ","), "\r", "\n", "%") for key, _, value in pairs}, plain(message, "\r", "\n", "%")


def plain(text: str, *characters: str) -> str:
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def test_a_clean_run_is_one_notice():
    assert lines(clean()) == ["::notice title=leakseal::clean: everything in scope was read, and nothing is open"]


def test_accepted_findings_are_not_annotated():
    assert not [line for line in lines(report()) if "docs/example.md" in line or "tests/fake.py" in line]


def test_the_worst_comes_first_and_gaps_are_warnings():
    assert [line.split(" ")[0] for line in lines(report())] == ["::error"] * 4 + ["::warning"] * 5 + ["::notice"]
    assert "title=critical" in lines(report())[0]


@pytest.mark.parametrize("path", [p for p in HOSTILE if p.isprintable() or p in ("a\nb", "a\rb")], ids=ascii)
def test_the_runner_reads_the_exact_path(path):
    value = clean(findings=(finding(location=Location(path=path, line=3, column=4)),), gaps=(Gap(Origin("t1", "git", path), "timeout"),))
    for line in lines(value)[:2]:
        assert undone(line)[1]["file"] == path
    assert (undone(lines(value)[0])[1]["line"], undone(lines(value)[0])[1]["col"]) == ("3", "4")


@given(reports)
def test_a_hostile_name_starts_no_command_of_its_own(value):
    said = lines(value)
    assert len(said) == len(value.open) + len(value.gaps) + 1
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) and line.isprintable() for line in said)
