"""Word, Excel and PowerPoint documents as Python's libraries for them write, and as an attacker does."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.content import Inside
from tests.decode.conftest import LIMITS
from tests.decode.documents import repacked, seen, token, unbroken

SPLIT, CELL, COMMENT, HEAD, NOTE, TITLE, CUSTOM, OTHER = map(token, range(10, 18))


@cache
def word() -> bytes:
    import docx

    made = docx.Document()
    paragraph = made.add_paragraph("Log in with ")
    for at, piece in enumerate((SPLIT[:7], SPLIT[7:20], SPLIT[20:])):
        paragraph.add_run(piece).bold = at == 1
    table = made.add_table(rows=2, cols=2)
    for row, cells in enumerate((("Name", "Value"), ("DB_PASSWORD", CELL))):
        for column, text in enumerate(cells):
            table.cell(row, column).paragraphs[0].add_run(text[:9])
            table.cell(row, column).paragraphs[0].add_run(text[9:])
    made.add_comment(paragraph.runs[0], text=COMMENT, author="A. Tester", initials="AT")
    made.sections[0].header.paragraphs[0].add_run(HEAD[:5])
    made.sections[0].header.paragraphs[0].add_run(HEAD[5:])
    made.core_properties.title = "Q&A " + TITLE
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@cache
def excel() -> bytes:
    import openpyxl
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.comments import Comment
    from openpyxl.packaging.custom import StringProperty

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Hosts"
    sheet.append(["host", "user", "password"])
    sheet.append(["db.example", "admin", CELL])
    sheet["A5"] = CellRichText(SPLIT[:8], TextBlock(InlineFont(b=True), SPLIT[8:]))
    sheet["A6"] = f'=HYPERLINK("https://x:{OTHER}@example.org/?a=1&b=2")'
    sheet["B5"].comment = Comment(COMMENT, "A. Tester")
    hidden = book.create_sheet("Old & gone")
    hidden.append(["key", NOTE])
    hidden.sheet_state = "veryHidden"
    book.properties.title = TITLE
    book.custom_doc_props.append(StringProperty(name="API token", value=CUSTOM))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def slides() -> bytes:
    import pptx
    from pptx.util import Inches

    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text_frame.paragraphs[0].add_run().text = SPLIT[:9]
    slide.shapes.title.text_frame.paragraphs[0].add_run().text = SPLIT[9:]
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "DB_PASSWORD", CELL
    slide.notes_slide.notes_text_frame.text = NOTE
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_plain_archive_stays_what_it_is() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.xml", "<a>text</a>")
    assert {chunk.at.steps for chunk in seen(out.getvalue()).chunks} == {("unzip",)}


def test_word_text_is_joined_over_its_runs() -> None:
    found = seen(word())
    assert found.gaps == []
    assert found.place(SPLIT) == Inside("word/document.xml")
    assert found.place(HEAD) == Inside("word/header1.xml")
    assert found.place(COMMENT).member == "word/comments.xml"
    assert found.place(TITLE) == Inside("docProps/core.xml", "title")
    assert f"DB_PASSWORD: {CELL}\n" in found.text
    assert f"title: Q&A {TITLE}\n" in found.text


def test_every_member_is_handed_on_as_it_is() -> None:
    for data in (word(), excel(), slides()):
        raw = {chunk.at.inside.member: chunk.data for chunk in seen(data).chunks if chunk.at.steps == ("office",)}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert raw == {name: archive.read(name) for name in archive.namelist()}


def test_excel_rows_know_their_sheet_and_cell() -> None:
    found = seen(excel())
    assert found.gaps == []
    rows = [place for place in found.places(CELL) if place.record]
    assert rows == [Inside("xl/worksheets/sheet1.xml", "sheet Hosts", "C2")]
    assert [place for place in found.places(SPLIT) if place.record] == [Inside("xl/worksheets/sheet1.xml", "sheet Hosts", "A5")]
    assert Inside("xl/worksheets/sheet2.xml", "sheet Old & gone (hidden)", "B1") in found.places(NOTE)
    assert found.place(OTHER) == Inside("xl/worksheets/sheet1.xml", "sheet Hosts", "A6")
    assert f"password: {CELL}\n" in found.text
    assert f"key: {NOTE}\n" in found.text
    assert f"API token: {CUSTOM}\n" in found.text
    assert '&b=2")' in found.text
    assert found.place(TITLE).field == "title"
    assert any(place.member and "comment" in place.member for place in found.places(COMMENT))


def test_slides_and_notes_are_read() -> None:
    found = seen(slides())
    assert found.gaps == []
    assert found.place(SPLIT) == Inside("ppt/slides/slide1.xml")
    assert found.place(NOTE) == Inside("ppt/notesSlides/notesSlide1.xml")
    assert f"DB_PASSWORD: {CELL}\n" in found.text


def body(inner: str) -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="m"'
    return f'<?xml version="1.0"?>{{}}<w:document {space}><w:body>{inner}</w:body></w:document>'.replace("{}", "").encode()


def run(text: str, tag: str = "t") -> str:
    return f"<w:r><w:{tag}>{text}</w:{tag}></w:r>"


@pytest.mark.parametrize(
    "inner",
    [
        "<w:p>" + run(SPLIT[:4]) + f"<w:del>{run('what was there', 'delText')}</w:del>" + run(SPLIT[4:]) + "</w:p>",
        "<w:p>" + run(SPLIT[:4]) + f"<w:del>{run(SPLIT[4:], 'delText')}</w:del>" + f"<w:ins>{run('new')}</w:ins></w:p>",
        "<w:p>" + run("HYPERLINK " + SPLIT[:6], "instrText") + run(SPLIT[6:], "instrText") + "</w:p>",
        f"<w:p><w:r><w:txbxContent><w:p>{run(SPLIT[:9])}{run(SPLIT[9:])}</w:p></w:txbxContent></w:r>{run('around')}</w:p>",
        f"<w:p>{run(SPLIT[:9])}<w:proofErr/><w:bookmarkStart/>{run(SPLIT[9:])}</w:p>",
    ],
    ids=["before deletion", "deleted", "field code", "text box", "bookmark"],
)
def test_changes_fields_and_boxes_are_read(inner: str) -> None:
    assert seen(repacked(word(), {"word/document.xml": body(inner)})).places(SPLIT)


def test_what_is_there_for_older_programs_too_is_read_once() -> None:
    box = f"<w:p>{run(SPLIT[:9])}{run(SPLIT[9:])}</w:p>"
    inner = f"<w:p><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:p>"
    assert seen(repacked(word(), {"word/document.xml": body(inner)})).text.count(SPLIT) == 1


def test_embedded_documents_are_opened() -> None:
    data = repacked(word(), {"word/embeddings/Book1.xlsx": excel()})
    assert Inside("word/embeddings/Book1.xlsx!xl/worksheets/sheet1.xml", "sheet Hosts", "A5") in seen(data).places(SPLIT)


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(b'<!ENTITY %c "%s">' % (99 + n, b"&%c;" % (98 + n) * 9) for n in range(9)) + b"]>"


@pytest.mark.parametrize(
    ("xml", "gap"),
    [
        (LAUGHS + b"<a>&k;</a>", "archive-too-large"),
        (b"<a>" * 100_000, "archive-too-deep"),
        (b"<a><b>cut off", "unreadable"),
        (b"no xml", "unreadable"),
        (b'<?xml version="1.0" encoding="x-made-up"?><a/>', "unreadable"),
    ],
    ids=["laughs", "deep", "cut", "none", "encoding"],
)
def test_xml_that_is_hostile_or_damaged_is_a_gap_and_the_rest_is_read(xml: bytes, gap: str) -> None:
    found = seen(repacked(word(), {"word/document.xml": xml}))
    assert found.gaps == [(gap, "word/document.xml")]
    assert found.place(HEAD) == Inside("word/header1.xml")


def test_nothing_outside_is_read() -> None:
    xml = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY % y SYSTEM "http://127.0.0.1:9/"> %y;]>'
    assert "ab\n" in seen(repacked(word(), {"word/document.xml": xml + b"<p><t>a&x;b</t></p>"})).text


def test_a_bomb_in_a_document_ends() -> None:
    data = repacked(word(), {"word/document.xml": body("<w:p>" + run("a" * 30_000_000) + "</w:p>")})
    found = seen(data, replace(LIMITS, part=1_000_000, ratio=20, held=500_000))
    assert ("archive-too-large", "word/document.xml") in found.gaps
    assert found.place(HEAD)


@pytest.mark.parametrize("cut", [30, 600])
def test_a_truncated_document_is_read_as_far_as_it_goes(cut: int) -> None:
    data = repacked(word(), {})
    assert seen(data[:-cut]).place(SPLIT) == Inside("word/document.xml")


@settings(max_examples=25)
@given(st.sampled_from([word, excel, slides]), st.integers(0, 1 << 30), st.integers(0, 20), st.sampled_from([0, 0, 1, 700]))
def test_no_damage_makes_it_fail(made: object, seed: int, flips: int, cut: int) -> None:
    unbroken(made(), seed, flips, cut)  # type: ignore[operator]
