"""One secret in each kind of document is found by a scan, at the place that a person would look for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.scan import command
from tests.decode import (
    test_html,
    test_keystores,
    test_mail,
    test_notebooks,
    test_office,
    test_ole,
    test_opendocument,
    test_pdfs,
    test_rtf,
    test_sqlite,
)

Place = tuple[str, Any, Any, Any]  # member, field, record, page


def scanned(path: Path) -> tuple[str, Mapping[str, Any]]:
    words = [str(path), "--format", "json", "--quiet", "--ocr", "never"]  # the pictures in them are tried elsewhere
    done = CliRunner().invoke(command, words, standalone_mode=False)
    assert done.exception is None, done.exception
    report = json.loads(done.stdout)
    assert "tool-error" not in [gap["reason"] for gap in report["gaps"]]
    return done.stdout, report


def places(path: Path) -> list[Place]:
    found = [finding["location"] for finding in scanned(path)[1]["findings"]]
    return [(at["path"].removeprefix(path.name), at["field"], at["record"], at["page"]) for at in found]


DOCUMENTS: Mapping[str, tuple[Callable[[], bytes], Place]] = {
    "a.docx": (test_office.word, ("!word/document.xml", None, None, None)),
    "a.xlsx": (test_office.excel, ("!xl/worksheets/sheet1.xml", "sheet Hosts", "A5", None)),
    "a.pptx": (test_office.slides, ("!ppt/slides/slide1.xml", None, None, None)),
    "a.odt": (test_opendocument.written, ("!meta.xml", "title", None, None)),
    "a.ods": (test_opendocument.sheet, ("!content.xml", "sheet Hosts", "C2", None)),
    "a.pdf": (test_pdfs.rich, ("", None, None, 1)),
    "b.pdf": (test_pdfs.rich, ("!env/app.env", None, None, None)),
    "c.pdf": (test_pdfs.revised, ("", None, "revision 1", 1)),
    "a.eml": (lambda: test_mail.full().as_bytes(), ("!b\u00fcndel.zip!app.env", None, None, None)),
    "a.msg": (test_ole.message, ("!app.env", None, None, None)),
    "a.xls": (test_ole.excel, ("!Workbook", None, None, None)),
    "vbaProject.bin": (test_ole.project, ("!VBA/Module1", None, None, None)),
    "a.ipynb": (test_notebooks.notebook, ("", None, "cell 2", None)),
    "a.db": (test_sqlite._sample, ("", "logins.password", "2", None)),
    "a.rtf": (lambda: test_rtf.rtf(f"{{\\b {test_rtf.ONE[:9]}}}{test_rtf.ONE[9:]}"), ("", None, None, None)),
    "a.html": (lambda: test_html.page(f"<i>{test_html.ONE[:9]}</i>{test_html.ONE[9:]}"), ("", None, None, None)),
    "a.jks": (lambda: test_keystores.keytool("JKS", "changeit"), ("!mine.pem", None, None, None)),
    "a.p12": (lambda: test_keystores.openssl(""), ("!Mine.pem", None, None, None)),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_secret_is_found_where_it_stands(tmp_path: Path, name: str) -> None:
    make, place = DOCUMENTS[name]
    (tmp_path / name).write_bytes(make())
    assert place in places(tmp_path / name)


def test_a_secret_is_told_once(tmp_path: Path) -> None:
    for name in ("a.docx", "a.xlsx", "a.html", "a.ipynb", "a.db"):
        (tmp_path / name).write_bytes(DOCUMENTS[name][0]())
        printed, report = scanned(tmp_path / name)
        prints = [(finding["rule"], finding["fingerprint"]) for finding in report["findings"]]
        assert len(prints) == len(set(prints)), name
        assert "ghp_" not in printed.replace("ghp_*", ""), name


def test_a_line_of_a_page_is_the_line_of_the_file(tmp_path: Path) -> None:
    for name, line in (("a.html", 3), ("a.rtf", 3)):
        (tmp_path / name).write_bytes(DOCUMENTS[name][0]())
        assert [finding["location"]["line"] for finding in scanned(tmp_path / name)[1]["findings"]] == [line]
