"""Every format of one fixed report, byte for byte; `GOLDEN=write pytest tests/report/test_golden.py` writes them anew before a release."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from scanner.report import FORMATS, PIPED, Page, render
from scanner.report.read_v1 import read_report
from tests.report.samples import clean, report

GOLDEN = Path(__file__).parent.parent / "golden" / "v1"
LINKS = {"t1": "https://forge.example/app/blob/{commit}"}
FILES = {
    "report.json": ("json", PIPED),
    "report.jsonl": ("jsonl", PIPED),
    "report.sarif": ("sarif", PIPED),
    "report.github.txt": ("github", PIPED),
    "gl-secret-detection-report.json": ("gitlab", PIPED),
    "report.xml": ("junit", PIPED),
    "report.csv": ("csv", PIPED),
    "report.md": ("markdown", PIPED),
    "report.table.txt": ("table", PIPED),
    "report.table-80.ansi": ("table", Page(80, escapes=True, color=True, links=LINKS)),
    "report.table-200.ansi": ("table", Page(200, escapes=True, color=True, links=LINKS)),
    "report.table-no-color.ansi": ("table", Page(80, escapes=True)),
    "report.table-dumb-ascii.txt": ("table", Page(80, encoding="ascii")),
}


@pytest.mark.parametrize("name", FILES)
def test_a_fixed_report_is_written_as_it_always_was(name):
    format, page = FILES[name]
    stream = io.BytesIO()
    render(report(), format, stream, page)
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(stream.getvalue())
    assert stream.getvalue() == path.read_bytes()


def test_every_format_has_a_golden_file():
    assert {format for format, _ in FILES.values()} == set(FORMATS) - {"html"}  # a page is for eyes: its bytes are no promise


def test_a_kept_report_is_readable_for_ever():
    assert read_report((GOLDEN / "report.json").read_bytes()).exit_code == 1


def test_a_clean_table_fits_on_a_small_screen():
    stream = io.BytesIO()
    render(clean(), "table", stream)
    assert stream.getvalue().decode() == (
        "leakseal 0.1.0, 431 rules (sha256:5e5e5e5e5e5e)\n  t1  git /srv/app at 3f2a91c03f (all-objects)\n\n"
        "READ\n  git: 92,114 of 92,114 objects, 3.8 GB; not read: 0\n\nclean: everything in scope was read, and nothing is open\n"
    )
