"""OpenDocument files as odfpy writes them, and as an attacker does."""

from __future__ import annotations

import io
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.content import Inside
from tests.decode.documents import repacked, seen, token, unbroken

SPLIT, CELL, COMMENT, LINK, TITLE, HIDDEN = map(token, range(20, 26))


def saved(made: object) -> bytes:
    out = io.BytesIO()
    made.write(out)  # type: ignore[attr-defined]
    return out.getvalue()


@cache
def written() -> bytes:
    from odf import dc, meta, office, text
    from odf.opendocument import OpenDocumentText

    made = OpenDocumentText()
    paragraph = text.P(text="Log in with ")
    for piece in (SPLIT[:6], SPLIT[6:15], SPLIT[15:]):
        paragraph.addElement(text.Span(text=piece))
    paragraph.addElement(text.A(href=f"https://x:{LINK}@example.org/?a=1&b=2", text="here"))
    note = office.Annotation()
    note.addElement(text.P(text=COMMENT))
    paragraph.addElement(note)
    made.text.addElement(paragraph)
    made.meta.addElement(dc.Title(text=TITLE))
    made.meta.addElement(meta.UserDefined(name="API token", text=HIDDEN))
    return saved(made)


@cache
def sheet() -> bytes:
    from odf import table, text
    from odf.opendocument import OpenDocumentSpreadsheet

    made = OpenDocumentSpreadsheet()
    one = table.Table(name="Hosts")
    for cells in (("host", "user", "password"), ("db.example", "admin", CELL)):
        row = table.TableRow()
        for content in cells:
            cell = table.TableCell(valuetype="string")
            paragraph = text.P()
            paragraph.addElement(text.Span(text=content[:4]))
            paragraph.addElement(text.Span(text=content[4:]))
            cell.addElement(paragraph)
            row.addElement(cell)
        one.addElement(row)
    one.addElement(table.TableRow(numberrowsrepeated="1000000"))
    row = table.TableRow()
    row.addElement(table.TableCell(numbercolumnsrepeated="2"))
    cell = table.TableCell(formula='of:=CONCATENATE("a";"b")', stringvalue=HIDDEN, valuetype="string")
    row.addElement(cell)
    one.addElement(row)
    made.spreadsheet.addElement(one)
    return saved(made)


def test_text_is_joined_over_its_spans() -> None:
    found = seen(written())
    assert found.gaps == []
    assert found.place(SPLIT) == Inside("content.xml")
    assert found.place(COMMENT) == Inside("content.xml")
    assert found.place(LINK) == Inside("content.xml", "a@href")
    assert found.place(TITLE) == Inside("meta.xml", "title")
    assert f"API token: {HIDDEN}\n" in found.text


def test_rows_know_their_sheet_and_cell() -> None:
    found = seen(sheet())
    assert found.gaps == []
    assert found.place(CELL) == Inside("content.xml", "sheet Hosts", "C2")
    assert f"password: {CELL}\n" in found.text
    assert found.place(HIDDEN) == Inside("content.xml", "sheet Hosts", "C1000003")
    assert 'formula: of:=CONCATENATE("a";"b")' in found.text


def test_an_encrypted_document_is_a_gap() -> None:
    manifest = (
        b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b'<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>'
    )
    found = seen(repacked(written(), {"META-INF/manifest.xml": manifest, "content.xml": b"\x8f\x01 shut"}))
    assert found.gaps == [("encrypted-archive", "content.xml")]
    assert found.place(TITLE) == Inside("meta.xml", "title")


@pytest.mark.parametrize(
    ("xml", "gap"),
    [
        (b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>', "archive-too-large"),
        (b"<text:p>" * 50_000, "archive-too-deep"),
        (b"<a>", "unreadable"),
    ],
    ids=["laughs", "deep", "cut"],
)
def test_xml_that_is_hostile_is_a_gap(xml: bytes, gap: str) -> None:
    assert seen(repacked(written(), {"content.xml": xml})).gaps == [(gap, "content.xml")]


@pytest.mark.parametrize("attribute", ['table:number-columns-repeated="99999999"', 'table:number-rows-repeated="-5"', 'text:c="99999999"'])
def test_what_is_repeated_a_million_times_is_read_once(attribute: str) -> None:
    xml = f"<table:table><table:table-row><table:table-cell {attribute}><text:p>a<text:s {attribute}/>{SPLIT}</text:p></table:table-cell>"
    xml += f"<table:table-cell><text:p>{COMMENT}</text:p></table:table-cell></table:table-row></table:table>"
    found = seen(repacked(written(), {"content.xml": xml.encode()}))
    assert found.place(SPLIT).record == "A1"
    assert found.places(COMMENT)
    assert len(found.text) < 10_000


@settings(max_examples=20)
@given(st.sampled_from([written, sheet]), st.integers(0, 1 << 30), st.integers(0, 20), st.sampled_from([0, 0, 1, 300]))
def test_no_damage_makes_it_fail(made: object, seed: int, flips: int, cut: int) -> None:
    unbroken(made(), seed, flips, cut)  # type: ignore[operator]


@pytest.mark.parametrize("made", ["written", "sheet"])
def test_a_document_that_is_one_file_of_xml_is_read_alike(made: str) -> None:
    from odf.opendocument import load

    plain = seen({"written": written, "sheet": sheet}[made]())
    flat = seen(load(io.BytesIO({"written": written, "sheet": sheet}[made]())).xml())
    assert flat.gaps == []
    for secret in (SPLIT, CELL, COMMENT, LINK, TITLE, HIDDEN):
        assert [(one.field, one.record) for one in flat.places(secret)] == [(one.field, one.record) for one in plain.places(secret)][:1]
