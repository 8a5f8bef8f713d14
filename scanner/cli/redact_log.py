"""A log with its secrets masked: a file, a compressed file, or what goes from standard input to standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scanner import cachefile
from scanner.cli.options import Project
from scanner.cli.standard_input import StandardInput
from scanner.decode.formats import recognise
from scanner.errors import LeaksealError, UnreadableError, UsageError
from scanner.pipeline.engines import engine
from scanner.pipeline.redacted import Left, Torn, redacted

_STEP = 1 << 18
Write = Callable[[Iterable[bytes]], None]


class LeftError(LeaksealError):
    """A secret was still in the copy."""

    exit_code = 1


def is_log(head: bytes) -> bool:
    """Whether a file that begins so is text, or text that was compressed with gzip."""
    form = recognise(head)
    return form is None or form.name == "gunzip"


def redact(source: Path | None, target: Path | None, chosen: Project, named: bool) -> str:
    """Mask what is found in `source` (standard input if None), and write that to `target` (standard output if None)."""
    try:
        if source is None:
            _text(_standard_input(live=target is None), chosen, _writer(target))
        else:
            with source.open("rb") as file:
                packed = file.read(2) == b"\x1f\x8b"
                file.seek(0)
                if packed:
                    import gzip

                    text = gzip.GzipFile(fileobj=file)
                    _text(iter(lambda: text.read(_STEP), b""), chosen, lambda pieces: _writer(target)(_packed(pieces)))
                else:
                    _text(iter(lambda: file.read(_STEP), b""), chosen, _writer(target))
    except Left:
        hint = "please report the rule; `leakseal scan` names it"
        raise LeftError("a secret is left in the copy, so it was not kept", hint=hint) from None
    except Torn:
        message = "something in it could not be read, so nobody knows whether it may stay"
        raise UnreadableError(message, hint="see the gaps that `leakseal scan` names") from None
    except BrokenPipeError:
        raise
    except (OSError, EOFError) as problem:
        said = getattr(problem, "strerror", None) or "it is damaged"
        raise UnreadableError(f"it cannot be redacted: {said}", hint="check the file, and the folder of the copy") from None
    return "every secret that was found is eight asterisks in the copy, and nothing is found in it" if target else ""


def _text(pieces: Iterable[bytes], chosen: Project, write: Write) -> None:
    write(redacted(engine(chosen.rules, cachefile.folder()), pieces))


def _standard_input(*, live: bool) -> Iterator[bytes]:
    """Standard input, with its pauses where the copy goes to somebody who waits for it."""
    standard, head = StandardInput(), b""
    for piece in standard.live() if live else standard.pieces():
        if piece and not head:
            head = piece
            if form := recognise(head):
                raise UsageError(f"{form.title} cannot be redacted on its way", hint="name the file, or unpack it before")
        yield piece


def _writer(target: Path | None) -> Write:
    def to_standard_output(pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()

    def to_file(pieces: Iterable[bytes]) -> None:
        from scanner.wholefile import whole

        with whole(target or Path(), 0o644) as file:  # the copy is made to be shown
            file.writelines(pieces)

    return to_file if target else to_standard_output


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    import zlib

    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
