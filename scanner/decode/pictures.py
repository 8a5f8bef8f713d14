"""What a picture shows, by OCR and by its codes; each kind of picture has a reader of its own, which tells what else is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from scanner import cachefile
from scanner.decode.content import Content, Part
from scanner.decode.limits import Looking, Stop
from scanner.decode.ocr import Engine, Page, code_engine, text_engine
from scanner.decode.ocrtext import Laid
from scanner.model.content import WHOLE, Inside, Unseen

_MOST = 64 << 20  # bytes of a picture, which is held whole
_LEAST_WIDE, _LEAST_HIGH = 32, 7  # pixels; in less there is no room for eight letters
_VERSION = b"1"  # of what is made of an engine's words: another one, and every picture is read again
_DOUBTFUL_MOST = 0.25  # share of the words that may be illegible
_NONE = "what it shows was not read: no OCR engine is installed; `leakseal[ocr]` or Tesseract would do"
_OFF = "what it shows was not read: reading pictures is switched off"


def held(content: Content) -> bytes:
    """All of a picture; raises Stop where it is larger than any that is read."""
    if content.is_held:
        return content.whole()
    data = content.file().read(_MOST + 1)
    if len(data) > _MOST:
        raise Stop("archive-too-large", f"it is larger than {_MOST >> 20} MiB, so only its bytes were searched")
    return data


def guarded(parts: Iterable[Part | Unseen], where: Inside) -> Iterator[Part | Unseen]:
    """Parts of a block of metadata; where it is damaged that is a gap of the block, and the picture goes on."""
    try:
        yield from parts
    except Stop as stop:
        yield Unseen(stop.reason, stop.detail, where)
    except (ValueError, IndexError, OverflowError):
        yield Unseen("unreadable", "a block of metadata in it is damaged", where)


def shown(content: Content, width: int | None, height: int | None) -> Iterator[Part | Unseen]:
    """The texts in a picture of this size, page by page; the size is the one that its header claims."""
    looking = content.budget.limits.looking
    if width and height:
        if width * height > looking.pixels:
            raise Stop("archive-too-large", f"it has more than {looking.pixels:,} pixels, so what it shows was not read")
        if width < _LEAST_WIDE or height < _LEAST_HIGH:
            return
    if looking.mode == "never":
        raise Stop("no-ocr-engine", _OFF)
    data = held(content)
    codes = code_engine(looking)
    if codes is not None:
        yield from _codes(content, codes, data)
    engine = text_engine(looking)
    if engine is None:
        raise Stop("no-ocr-engine", _NONE)
    yield from _texts(content, engine, data, looking)


def _texts(content: Content, engine: Engine, data: bytes, looking: Looking) -> Iterator[Part | Unseen]:
    number = pages = 1
    while number <= min(pages, looking.pages):
        quiet = _Quiet(looking, engine, data, number)
        if known := quiet.known():
            pages = known
        else:
            content.budget.hurry()
            try:
                page = engine.read(data, number)
            except Stop as stop:
                if pages == 1:
                    raise
                yield Unseen(stop.reason, stop.detail, Inside(page=number))
            else:
                pages = page.pages
                yield from _page(page, number, quiet)
        number += 1
    if number <= pages:
        yield Unseen("archive-too-large", f"of its pages only the first {looking.pages:,} were looked at", Inside(page=number))


def _page(page: Page, number: int, quiet: _Quiet) -> Iterator[Part | Unseen]:
    where = Inside(page=number) if page.pages > 1 else WHOLE
    if page.flaw:
        yield Unseen(page.flaw.reason, page.flaw.detail, where)
    laid = Laid(page.words)
    if laid.count and laid.doubtful > _DOUBTFUL_MOST * laid.count:
        detail = f"{laid.doubtful} of the {laid.count} words that it shows could not be read (confidence of the page: {laid.sure:.2f})"
        yield Unseen("illegible-image", detail, where)
    elif not page.flaw:
        quiet.may(page.pages)
    if laid.text or quiet.waits:
        yield Part(laid.text, where, f"ocr@{laid.sure:.2f}", locate=laid.locate, misread=laid.wraps, quiet=quiet)


def _codes(content: Content, engine: Engine, data: bytes) -> Iterator[Part | Unseen]:
    try:
        page = engine.read(data)
    except Stop as stop:
        yield Unseen(stop.reason, "whether it has a QR or bar code was not seen: the program that reads them failed", WHOLE)
        return
    for code in page.words:
        yield Part(code.text.encode("utf-8", "replace"), Inside(box=code.box), code.kind.lower().replace(" ", "") or "code")
    content.budget.hurry()


class _Quiet:
    """Remembers that nothing was found on a page, for the same engine, models and rules; never what it says."""

    def __init__(self, looking: Looking, engine: Engine, data: bytes, number: int) -> None:
        self.pages = 0  # how many the picture has; 0: the page is not to be remembered
        self._file = None
        if looking.cache is not None and looking.rules:
            what = b"\0".join((_VERSION, engine.name.encode(), looking.rules.encode(), b"%d" % number, data))
            name = hashlib.sha256(what).hexdigest()
            self._file = looking.cache / "pictures" / name[:2] / name[2:]

    def known(self) -> int:
        """The number of pages, if this one is known to show nothing."""
        said = cachefile.read(self._file) if self._file else None
        return int(said) if said and said.isdigit() and len(said) < 10 else 0

    @property
    def waits(self) -> bool:
        """Whether it wants to be told."""
        return self.pages > 0 and self._file is not None

    def may(self, pages: int) -> None:
        """It was read whole, so it may be remembered if nothing is found."""
        self.pages = pages

    def __call__(self) -> None:
        """Nothing was found."""
        if self.pages and self._file is not None:
            cachefile.write(self._file, b"%d" % self.pages)
