"""PDF documents as ReportLab, qpdf (pikepdf) and pypdf write them, and as an attacker does."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.content import Inside
from tests.decode.documents import seen, token, unbroken

TEXT, TITLE, LINK, FIELD, FILE, XMP, NOTE, GONE = map(token, range(30, 38))


@cache
def plain() -> bytes:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas

    out, photo = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(photo, "JPEG")
    made = canvas.Canvas(out, invariant=1)
    made.setTitle(TITLE)
    made.drawString(50, 700, f"The key is {TEXT}.")
    made.showPage()
    made.drawImage(ImageReader(photo), 10, 10)
    made.drawImage(ImageReader(Image.new("RGB", (7, 5), (1, 2, 3))), 100, 10)
    made.drawImage(ImageReader(Image.new("L", (9, 5), 77)), 200, 10)
    made.linkURL(f"https://x:{LINK}@example.org/", (0, 0, 100, 20))
    made.acroForm.textfield(name="key", value=FIELD, x=10, y=200)
    made.showPage()
    made.save()
    return out.getvalue()


@cache
def rich(**options: Any) -> bytes:
    import pikepdf

    with pikepdf.open(io.BytesIO(plain())) as pdf:
        pdf.attachments["env/app.env"] = f"KEY={FILE}\n".encode()
        with pdf.open_metadata() as meta:
            meta["dc:description"] = XMP
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], Contents="\u2192 " + NOTE)
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(note)])
        out = io.BytesIO()
        pdf.save(out, deterministic_id=not options.get("encryption"), **options)
    return out.getvalue()


def packed() -> dict[str, Any]:
    import pikepdf

    return {"object_stream_mode": pikepdf.ObjectStreamMode.generate, "linearize": True}


def revised() -> bytes:
    """A document whose page and attachment were replaced in an update that is appended."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject, StreamObject, TextStringObject

    writer = PdfWriter(io.BytesIO(plain()), incremental=True)
    stream = StreamObject()
    stream.set_data(zlib.compress(b"BT /F1 12 Tf 50 700 Td (all gone) Tj ET"))
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    writer.metadata = {**(PdfReader(io.BytesIO(plain())).metadata or {}), "/Title": TextStringObject("new")}
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_page_says_its_number() -> None:
    found = seen(plain())
    assert found.gaps == []
    assert found.place(TEXT) == Inside(page=1)
    assert found.place(LINK) == Inside(field="URI", page=2)
    assert found.place(TITLE) == Inside(field="Info.Title")
    assert FIELD in found.text


@pytest.mark.parametrize("options", [dict, packed], ids=["plain", "object streams"])
def test_attachments_metadata_and_notes_are_read(options: Callable[[], dict[str, Any]]) -> None:
    found = seen(rich(**options()))
    assert found.gaps == []
    assert found.place(TEXT) == Inside(page=1)
    assert found.place(FILE) == Inside(member="env/app.env")
    assert Inside(field="xmp") in found.places(XMP)
    assert found.place(NOTE) == Inside(field="Contents", page=1)


def test_pictures_are_handed_on_with_their_page() -> None:
    from PIL import Image

    pictures = [c for c in seen(plain()).chunks if c.at.inside.member and c.at.inside.member.startswith("image")]
    made = [Image.open(io.BytesIO(bytes(c.data))) for c in pictures]  # type: ignore[arg-type]
    assert sorted((one.format, one.size) for one in made) == [("JPEG", (40, 30)), ("PNG", (7, 5)), ("PNG", (9, 5))]
    assert {c.at.inside.page for c in pictures} == {2}
    assert {one.convert("RGB").getpixel((3, 3)) for one in made if one.format == "PNG"} == {(1, 2, 3), (77, 77, 77)}


def test_a_document_with_a_password_is_a_gap_and_one_with_an_empty_one_is_read() -> None:
    import pikepdf

    for strength in (4, 6):
        shut = rich(encryption=pikepdf.Encryption(owner="made up", user="made up too", R=strength))
        assert seen(shut).gaps == [("encrypted-archive", None)]
        free = rich(encryption=pikepdf.Encryption(owner="made up", user="", R=strength))
        assert TEXT.encode() not in free
        assert seen(free).place(TEXT) == Inside(page=1)
        assert seen(free).place(FILE) == Inside(member="env/app.env")


def test_what_an_older_revision_said_is_read() -> None:
    data = revised()
    assert data.count(b"%%EOF") == 2
    found = seen(data)
    assert found.gaps == []
    assert found.place(TEXT) == Inside(page=1, record="revision 1")
    assert "all gone" in found.text
    assert Inside(field="Info.Title", record="revision 1") in found.places(TITLE)
    assert found.place(LINK) == Inside(field="URI", page=2)


def test_a_document_without_its_table_is_read() -> None:
    data = plain()
    table = data.rindex(b"xref", 0, data.rindex(b"startxref"))
    assert seen(data[:table] + data[data.index(b"trailer", table) :]).place(TEXT) == Inside(page=1)


def test_a_document_that_is_cut_off_is_a_gap_and_its_streams_are_read() -> None:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain())) as pdf:
        pdf.save(out, recompress_flate=True, stream_decode_level=pikepdf.StreamDecodeLevel.generalized)
    data = out.getvalue()
    found = seen(data[: data.rindex(b"xref", 0, data.rindex(b"startxref"))])
    assert ("unreadable", None) in found.gaps
    assert found.places(TEXT)


def test_nothing_is_said_aloud(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    seen(plain().replace(b"/Title", b"/Title (twice) /Title").replace(b"startxref", b"startxxxx"))
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("pypdf").propagate


def built(*objects: bytes, root: int = 1) -> bytes:
    data, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, table)
    return data + b"trailer\n<</Size %d /Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, root, start)


BOMB = zlib.compress(b"\0" * 100_000_000)
PAGE = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</A 5 0 R>>>>>>"
ROOT, PAGES = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>"


@pytest.mark.parametrize(
    "objects",
    [
        (ROOT, b"<</Type/Pages/Count 99999999/Kids[2 0 R 2 0 R 2 0 R]>>"),
        (ROOT, PAGES, b"<</Type/Page/Parent 3 0 R/Contents 3 0 R>>"),
        (ROOT, PAGES, PAGE, b"<</Length 99999999999>>\nstream\nBT (a) Tj ET\nendstream"),
        (ROOT, PAGES, PAGE, b"<</Length 5 0 R>>\nstream\nBT (a) Tj ET\nendstream", b"5 0 R"),
        (ROOT, PAGES, PAGE, b"<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(BOMB), BOMB)),
        (ROOT, PAGES, PAGE, b"[" * 5000 + b"]" * 5000),
        (ROOT, PAGES, PAGE, b"<</A" * 5000 + b" 1 " + b">>" * 5000),
        (ROOT, PAGES, PAGE, b"<</Length 5>>\nstream\n/A Do\nendstream",
         b"<</Subtype/Form/BBox[0 0 9 9]/Length 5/Resources<</XObject<</A 5 0 R>>>>>>\nstream\n/A Do\nendstream"),
        (ROOT, PAGES, PAGE, b"<</Subtype/Image/Width 99999999/Height 99999999/Length 1>>\nstream\na\nendstream"),
        (ROOT, PAGES, PAGE, b"<</Subtype/Image/Width 9/Height 9/BitsPerComponent 8/ColorSpace[/Indexed 4 0 R 9 (a)]/Length 99>>\nstream\n"
         + b"a" * 99 + b"\nendstream"),
        (ROOT, PAGES, PAGE, b"<</Length 2/Filter[" + b"/FlateDecode" * 500 + b"]>>\nstream\naa\nendstream"),
    ],
    ids=["page loop", "own parent", "huge length", "length of itself", "bomb", "arrays", "dictionaries", "form in itself", "huge picture",
         "palette of itself", "filters"],
)  # fmt: skip
def test_a_hostile_object_ends_and_the_others_are_read(objects: tuple[bytes, ...]) -> None:
    found = seen(built(*objects, b"(%b)" % TEXT.encode()))
    assert ("tool-error", None) not in found.gaps
    assert found.places(TEXT) or found.gaps


def test_many_revisions_are_bounded() -> None:
    data = plain() + b"%%EOF\n" * 500
    found = seen(data)
    assert ("archive-too-large", None) in found.gaps
    assert found.place(TEXT) == Inside(page=1)


@settings(max_examples=30)
@given(st.sampled_from(["plain", "rich", "packed"]), st.integers(0, 1 << 30), st.integers(0, 30), st.sampled_from([0, 0, 1, 500]))
def test_no_damage_makes_it_fail(kind: str, seed: int, flips: int, cut: int) -> None:
    data = plain() if kind == "plain" else rich(**packed()) if kind == "packed" else rich()
    unbroken(data, seed, flips, cut)


def test_the_words_of_a_sentence_are_kept_apart() -> None:
    assert re.search(r"The key is \S+\.", seen(plain()).text)


def test_a_page_that_is_drawn_letter_by_letter_is_put_together() -> None:
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.pdfgen import canvas

    out, at = io.BytesIO(), 50.0
    made = canvas.Canvas(out)
    for letter in f"The key is {TEXT}.":
        made.setFont("Helvetica", 10)
        made.drawString(at, 700, letter)
        at += stringWidth(letter, "Helvetica", 10)
    made.save()
    assert seen(out.getvalue()).place(TEXT) == Inside(page=1)
