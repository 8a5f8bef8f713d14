"""Which format a name means, what a stream is, and what is imported for it."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from scanner.errors import UsageError
from scanner.report import FORMATS, format_of, render
from scanner.report.page import page_of
from scanner.report.plain import printable, size
from tests.report.samples import clean


@pytest.mark.parametrize(
    ("path", "format"),
    [("r.json", "json"), ("a.b/r.JSONL", "jsonl"), ("r.sarif", "sarif"), ("r.sarif.json", "sarif"), ("/x/y.z/r.sarif", "sarif")],
)
def test_the_ending_of_a_file_chooses_its_format(path, format):
    assert format_of(path) == format
    assert format in FORMATS


@pytest.mark.parametrize("path", ["", "report", "json", ".json", "r.txt", "r.json/", "r.json.gz", "a.json/r"])
def test_an_unknown_ending_is_asked_wrongly(path):
    if path == "r.json/":
        assert format_of(path) == "json"
        return
    with pytest.raises(UsageError):
        format_of(path)


def test_an_unknown_format_is_asked_wrongly():
    with pytest.raises(UsageError):
        render(clean(), "pdf", io.BytesIO())


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "no_color", "seen"),
    [
        ({"TERM": "dumb"}, False, (80, False, False)),
        ({}, False, (80, False, False)),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, (80, True, False)),
        ({"TERM": "xterm", "NO_COLOR": ""}, False, (80, True, True)),
        ({"TERM": "xterm"}, True, (80, True, False)),
        ({"TERM": "xterm", "COLUMNS": "132"}, False, (132, True, True)),
        ({"TERM": "xterm", "COLUMNS": "7"}, False, (40, True, True)),
        ({"TERM": "xterm", "COLUMNS": "many"}, False, (80, True, True)),
    ],
)
def test_a_terminal_says_what_it_can(environ, no_color, seen, monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 24)))
    page = page_of(Terminal(), environ, no_color=no_color)
    assert (page.width, page.escapes, page.color) == seen


def test_a_pipe_has_no_width_and_no_escapes():
    page = page_of(io.StringIO(), {"TERM": "xterm", "COLUMNS": "80"})
    assert (page.width, page.escapes, page.color) == (None, False, False)


def test_json_is_written_without_importing_rich():
    code = (
        "import io, sys\nfrom scanner.report import render\nfrom scanner.report.progress import Meter\n"
        "from tests.report.samples import clean\n"
        "for format in ('json', 'jsonl', 'sarif', 'github'): render(clean(), format, io.BytesIO())\n"
        "sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (3_812_345_678, "3.8 GB"),
     (10**16, "10,000.0 TB")],
)  # fmt: skip
def test_sizes_are_rounded_to_what_is_read(number, shown):
    assert size(number) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("ü 漢", "ü 漢"), ("\udcff", r"\xff"), ("\ud800", r"\xed\xa0\x80"), ("\x9b", r"\x9b"), ("\t", r"\t")]
)
def test_what_cannot_be_printed_is_spelled_out(value, shown):
    assert printable(value) == shown
