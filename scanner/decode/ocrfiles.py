"""What an OCR program wrote down about a picture: hOCR, ALTO, Tesseract's TSV, and JSON as our own engines answer (docs/formats/ocr.md)."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from xml.parsers import expat

from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.ocr import Word
from scanner.decode.ocrtext import Laid
from scanner.model.content import Inside

Paged = tuple[int, Word]

_WORDS_MOST = 1_000_000
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})([^<>]{0,4000})>")
_CLASS = re.compile(r"class\s?=\s?[\"']([\w ]{1,60})[\"']")
_BOX, _SURE = re.compile(r"bbox((?: \d{1,7}){4})"), re.compile(r"x_wconf (\d{1,3})")
_LINES = ("ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat", "ocr_par")


def fits_hocr(data: bytes) -> bool:
    """Whether HTML is the work of an OCR program."""
    return b"ocrx_word" in data or b"ocr_page" in data


def fits_alto(data: bytes) -> bool:
    """Whether the root of XML is `alto`."""
    return re.search(rb"<(?:\w{1,20}:)?alto[\s>]", data[:4096]) is not None


def fits_json(data: bytes) -> bool:
    """Whether JSON has words with boxes."""
    return b'"words"' in data and b'"text"' in data and b'"box"' in data


def hocr(content: Content) -> Iterator[Part]:
    """HTML with a class and a `bbox` for each word."""
    yield from _parts(_hocr(content.whole().decode("utf-8", "replace")))


def alto(content: Content) -> Iterator[Part]:
    """XML with a `String` for each word."""
    yield from _parts(_alto(content.whole()))


def tsv(content: Content) -> Iterator[Part]:
    """Rows with a level, and those of level five are words."""
    yield from _parts(_tsv(content.whole().decode("utf-8", "replace")))


def answers(content: Content) -> Iterator[Part]:
    """Pages of words in JSON."""
    try:
        told = json.loads(content.whole())
    except (ValueError, RecursionError):
        raise Stop("unreadable", "its JSON is damaged") from None
    several = told.get("pages") if isinstance(told, dict) else None
    pages: list[Any] = several if isinstance(several, list) else [told]
    yield from _parts(word for number, page in enumerate(pages, 1) for word in _json(page, number))


def _parts(words: Iterable[Paged]) -> Iterator[Part]:
    for number, page in groupby(words, key=lambda word: word[0]):
        laid = Laid(word for _, word in page)
        if laid.text:
            yield Part(laid.text, Inside(page=number), f"ocr-file@{laid.sure:.2f}", locate=laid.locate, misread=laid.wraps)


def _hocr(text: str) -> Iterator[Paged]:
    page = line = 0
    for tag in _TAG.finditer(text):
        classed = _CLASS.search(tag[3])
        if tag[1] or classed is None:
            continue
        names = classed[1].split()
        page += "ocr_page" in names
        line += any(name in _LINES for name in names)
        box = _BOX.search(tag[3])
        if "ocrx_word" in names and box:
            left, top, right, bottom = map(int, box[1].split())
            said = html.unescape(_TAG.sub("", text[tag.end() : text.find(f"</{tag[2]}>", tag.end())]))
            sure = _SURE.search(tag[3])
            yield max(page, 1), Word(said[:65536].strip(), (left, top, max(0, right - left), max(0, bottom - top)), _share(sure), line)


def _share(sure: re.Match[str] | None) -> float:
    return min(int(sure[1]), 100) / 100 if sure else 1.0


def _alto(data: bytes) -> list[Paged]:
    found: list[Paged] = []
    page = line = 0

    def start(name: str, had: dict[str, str]) -> None:
        nonlocal page, line
        local = name.rpartition(":")[2]
        page += local == "Page"
        line += local == "TextLine"
        if local == "String" and len(found) < _WORDS_MOST:
            x, y, wide, high = (round(float(had.get(key, 0))) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
            sure = min(max(float(had.get("WC", 1)), 0), 1)
            found.append((max(page, 1), Word(had.get("CONTENT", ""), (max(x, 0), max(y, 0), max(wide, 0), max(high, 0)), sure, line)))

    def refuse(*_: Any) -> None:
        raise Stop("unreadable", "it declares entities, which no such file has")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EntityDeclHandler = start, refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, OverflowError, LookupError):  # of an encoding that nobody knows
        raise Stop("unreadable", "its XML is damaged") from None
    return found


def _tsv(text: str) -> Iterator[Paged]:
    for row in csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE):
        try:
            if row["level"] == "5" and row["text"]:
                x, y, wide, high = (max(0, int(row[key])) for key in ("left", "top", "width", "height"))
                line = (int(row["block_num"]) * 1000 + int(row["par_num"])) * 10000 + int(row["line_num"])
                sure = min(max(float(row["conf"]) / 100, 0), 1)
                yield int(row["page_num"]), Word(row["text"][:65536], (x, y, wide, high), sure, line)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Stop("unreadable", "a row of it is not as Tesseract writes them") from None


def _json(page: Any, number: int) -> Iterator[Paged]:
    from scanner.decode.ocr import word

    try:
        for told in page["words"]:
            yield int(page.get("page", number)), word(told)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Stop("unreadable", "its words are not as docs/formats/ocr.md says") from None
