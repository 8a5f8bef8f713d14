"""PDF (ISO 32000): the pages' text, every string and stream of every object, attachments, pictures, and older revisions."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from scanner.decode.content import Content, Part, member
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked, shown
from scanner.decode.pdffile import Upto, ends, scattered
from scanner.decode.pdfimages import named, picture
from scanner.model.content import Inside, Unseen

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_REVISIONS_MOST = 20
_OWNED_DEPTH = 6  # resources, kind, object; and forms in forms
_NAME_LEAST = 16  # names are the vocabulary of the format; longer ones are somebody's


class _Key(NamedTuple):
    """Where an object is stored: a later revision that changes it stores it elsewhere."""

    number: int
    generation: int
    at: tuple[int, ...]


def read(content: Content) -> Iterator[Part | Unseen]:
    """The document as it stands, then what its earlier revisions said and it does not say any more."""
    _hush()
    file = content.file()
    try:
        document = _Document(content, _opened(Upto(file, None)))
    except Stop:
        raise
    except Exception:
        yield Unseen("unreadable", "its structure is damaged; what is compressed in it was read piece by piece")
        yield from scattered(content, file)
        return
    yield from document.parts()
    marks = ends(content, file)
    if len(marks) > _REVISIONS_MOST:
        yield Unseen("archive-too-large", f"it has more than {_REVISIONS_MOST} revisions", Inside(record="older revisions"))
    for number, end in list(enumerate(marks, 1))[-2 : -_REVISIONS_MOST - 1 : -1]:
        content.budget.hurry()
        try:
            older = _Document(content, _opened(Upto(file, end)), document)
        except Exception:  # noqa: S112 no revision ended here: the mark stands in a stream, or after the first page of a linearized file
            continue
        for part in older.parts():
            if isinstance(part, Part):  # what is missing of it was told of the newest, or is not in the file any more
                yield replace(part, inside=replace(part.inside, record=f"revision {number}"))


def _hush() -> None:
    """What the library says about damage may quote the document."""
    log = logging.getLogger("pypdf")
    if log.propagate:
        log.propagate = False
        log.addHandler(logging.NullHandler())


def _opened(file: Upto) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError

    try:
        reader = PdfReader(cast(BinaryIO, file), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Stop("encrypted-archive", "it needs a password to be read")
    except (NotImplementedError, FileNotDecryptedError):
        raise Stop("encrypted-archive", "it is encrypted in a way that is not known") from None
    return reader


class _Document:
    """One revision of a document, and what was handed on of it and of newer ones."""

    def __init__(self, content: Content, reader: PdfReader, newer: _Document | None = None) -> None:
        self._content, self._reader = content, reader
        self._done: set[_Key] = newer._done if newer else set()
        self._texts: set[bytes] = newer._texts if newer else set()
        self._pages: dict[int, int] = {}  # object number -> the first page that has it
        self._files: dict[int, str] = {}  # number of an embedded file's stream -> its name
        self._info = _number(reader.trailer.raw_get("/Info")) if "/Info" in reader.trailer else None

    def parts(self) -> Iterator[Part | Unseen]:
        """Everything that was not handed on yet."""
        from pypdf.errors import PyPdfError

        try:
            count = len(self._reader.pages)
        except (PyPdfError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            count = 0
            yield Unseen("unreadable", "its list of pages is damaged; every object was read by itself", Inside(field="pages"))
        for number in range(count):
            self._content.budget.hurry()
            yield from self._page(number)
        keys = self._keys()
        yield from self._objects(keys)

    def _page(self, number: int) -> Iterator[Part | Unseen]:
        where = Inside(page=number + 1)
        try:
            page = self._reader.pages[number]
            self._own(page, number + 1)
            text = page.extract_text()
            if _in_letters(text):
                text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
            data = text.encode("utf-8", "replace")
        except Exception as problem:
            yield replace(_flaw(problem, "the text of a page"), inside=where)
            return
        if text.strip() and self._new(data):
            yield Part(data, where, "text")

    def _new(self, data: bytes) -> bool:
        digest = hashlib.sha256(data).digest()
        fresh = digest not in self._texts
        self._texts.add(digest)
        return fresh

    def _own(self, page: PageObject, number: int) -> None:
        """Remember which objects are this page's."""
        waiting: list[tuple[Any, int]] = [(page.raw_get(key), 0) for key in ("/Resources", "/Annots", "/Contents") if key in page]
        if page.indirect_reference is not None:
            self._pages.setdefault(page.indirect_reference.idnum, number)
        while waiting:
            one, depth = waiting.pop()
            known = _number(one)
            if known is not None:
                if known in self._pages:
                    continue
                self._pages[known] = number
                one = one.get_object()
            if depth < _OWNED_DEPTH:
                waiting += [(value, depth + 1) for value in _below(one)]

    def _keys(self) -> list[_Key]:
        """Every object that was not read yet."""
        reader = self._reader
        keys = [_Key(n, generation, (at,)) for generation, table in reader.xref.items() for n, at in table.items() if n]
        for number, (stream, index) in reader.xref_objStm.items():
            keys.append(_Key(number, 0, (reader.xref.get(0, {}).get(stream, 0), index)))
        fresh = sorted(set(keys) - self._done)
        self._done.update(fresh)
        return fresh

    def _objects(self, keys: list[_Key]) -> Iterator[Part | Unseen]:
        marked, streams = Marked(), list[_Key]()
        for key in keys:
            self._content.budget.hurry()
            try:
                one = self._get(key)
                for name, text in _strings(one, self._files):
                    field = f"Info.{name}" if key.number == self._info else name
                    line = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
                    yield from marked.add(f"{field}: ".encode() + line + b"\n", Inside(field=field, page=self._pages.get(key.number)))
            except Exception as problem:
                yield replace(_flaw(problem, "an object"), inside=Inside(field=f"object {key.number}"))
                continue
            if hasattr(one, "get_data"):
                streams.append(key)
        yield from marked.rest()
        for key in streams:
            self._content.budget.hurry()
            try:
                yield from self._stream(key, self._get(key))
            except Exception as problem:
                yield replace(_flaw(problem, "a stream"), inside=Inside(field=f"object {key.number}", page=self._pages.get(key.number)))

    def _get(self, key: _Key) -> Any:
        from pypdf.generic import IndirectObject

        return self._reader.get_object(IndirectObject(key.number, key.generation, self._reader))

    def _stream(self, key: _Key, stream: Any) -> Iterator[Part | Unseen]:
        page = self._pages.get(key.number)
        if key.number in self._files:
            yield Part(bytes(stream.get_data()), member(self._files[key.number]))
        elif stream.get("/Subtype") == "/Image":
            made = picture(stream)
            ending = named(made) if isinstance(made, bytes) else ""
            where = Inside(member=f"image{key.number}{ending}", page=page)
            yield Part(made, where) if isinstance(made, bytes) else replace(made, inside=where)
        elif stream.get("/Type") in ("/XRef", "/ObjStm"):
            return
        elif stream.get("/Type") == "/Metadata":
            yield Part(bytes(stream.get_data()), Inside(field="xmp", page=page))
        elif not any(key in stream for key in ("/Length1", "/Length3")) and stream.get("/Subtype") not in _FONTS:
            yield Part(bytes(stream.get_data()), Inside(field=f"object {key.number}", page=page), raw=True)


def _in_letters(text: str) -> bool:
    """Whether a page was drawn letter by letter, so that words can only be told by where the letters stand."""
    words = text.split()
    return len(words) > 20 and sum(map(len, words)) < 2 * len(words)


def _below(one: Any) -> list[Any]:
    """What belongs to an object; not what only leads back to the pages."""
    if isinstance(one, list):
        return list(one)
    if not isinstance(one, Mapping) or one.get("/Type") in ("/Page", "/Pages", "/Catalog"):
        return []
    return [one.raw_get(key) for key in one if key not in ("/Parent", "/P", "/Dest")]  # type: ignore[attr-defined]


_FONTS = ("/Type1C", "/CIDFontType0C", "/OpenType")


def _strings(one: Any, files: dict[int, str]) -> Iterator[tuple[str, str | bytes]]:
    """Every string in an object, by the name of the entry that it stands in; notes the names of embedded files."""
    waiting: list[tuple[str, Any]] = [("", one)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            _note_file(value, files)
            inner = [(str(key), value.raw_get(key)) for key in value]  # type: ignore[attr-defined]
            waiting += [(shown(key.lstrip("/")), item) for key, item in reversed(inner)]
        elif isinstance(value, list):
            waiting += [(name, item) for item in reversed(value)]
        elif value and isinstance(value, (bytes, str)) and (value[:1] not in (b"/", "/") or len(value) >= _NAME_LEAST):
            yield name, value


def _note_file(value: Any, files: dict[int, str]) -> None:
    if "/EF" not in value:
        return
    streams = value["/EF"]
    if not isinstance(streams, Mapping):
        return
    for key in ("/UF", "/F", "/Unix", "/Mac", "/DOS"):
        number = _number(streams.raw_get(key)) if key in streams else None  # type: ignore[attr-defined]
        if number is not None:
            name = value.get(key) or value.get("/UF") or value.get("/F") or "attachment"
            files.setdefault(number, str(name))


def _number(reference: Any) -> int | None:
    number = getattr(reference, "idnum", None)
    return number if isinstance(number, int) and type(reference).__name__ == "IndirectObject" else None


def _flaw(problem: Exception, what: str) -> Unseen:
    """What is said of a part that the library could not read."""
    from pypdf.errors import LimitReachedError

    if isinstance(problem, Stop):
        raise problem
    if isinstance(problem, LimitReachedError):
        return Unseen("archive-too-large", f"{what} is larger than may be read")
    if isinstance(problem, (ImportError, NotImplementedError)):
        return Unseen("unsupported-format", f"{what} is compressed in a way that is not read")
    return Unseen("unreadable", f"{what} is damaged")
