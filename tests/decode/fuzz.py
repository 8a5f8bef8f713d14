"""Damages real contents of every format and reads them: `python -m tests.decode.fuzz --seconds 600` gives each format so long."""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scanner.decode import images
from scanner.decode import peel as peeling
from scanner.decode.content import Content
from scanner.decode.formats import FORMATS, recognise
from scanner.decode.limits import Budget, Limits
from scanner.decode.peel import Chunk, peel
from scanner.model.content import REASONS, Unseen
from tests.decode.specimens import SPECIMENS

LIMITS = replace(Limits(), held=1 << 16, part=4 << 20, ratio=50, total=16 << 20, members=2000, seconds=30)
_NUMBERS = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff" * 4, b"\x7f" + b"\xff" * 3, b"\xff" * 8, b"\0" * 8, b"9" * 11, b"7" * 11)


_SLIPS = (TypeError, AttributeError, NameError, LookupError, AssertionError, ArithmeticError, RecursionError, ValueError)
_FLAW = peeling.flaw


class Failed(AssertionError):
    """A damaged content did what none may do; the message has nothing of it."""


@dataclass(slots=True)
class Result:
    """What reading came to."""

    chunks: int = 0
    made: int = 0
    gaps: int = 0
    seconds: float = 0.0


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The content with a few changes: bytes flipped, overwritten, left out, repeated, moved, or the end cut off."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not out:
            break
        at = chance.randrange(len(out)) if chance.random() < 0.6 else chance.randrange(min(len(out), 600))
        length = chance.choice((1, 2, 4, 8, 64, 512, 5000))
        way = chance.randrange(7)
        if way == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            number = chance.choice(_NUMBERS)
            out[at : at + len(number)] = number
        elif way == 2:
            out[at : at + length] = chance.randbytes(length)
        elif way == 3:
            del out[at : at + length]
        elif way == 4:
            out[at:at] = out[at : at + length]
        elif way == 5:
            to = chance.randrange(len(out))
            out[to : to + length] = out[at : at + length]
        else:
            del out[at:]
    return bytes(out)


def read(data: bytes, *, stream: bool) -> Result:
    """Reads a content to its end; raises Failed where it does not end well."""
    result, budget, begun = Result(), Budget(LIMITS, len(data)), time.monotonic()
    content = Content(io.BytesIO(data) if stream else data, budget)
    form = recognise(content.head)
    if form is None:
        return result
    slips: list[str] = []
    peeling.flaw = images.flaw = lambda problem: _noticed(problem, slips)
    try:
        for one in peel(content, form):
            if isinstance(one, Chunk):
                result.chunks += 1
                result.made += len(one.data) if isinstance(one.data, bytes) else sum(map(len, one.data))
            else:
                result.gaps += 1
                if one.reason not in REASONS or one.reason in ("tool-error", "timeout"):
                    raise Failed(f"a gap of the reason {one.reason}")
            if result.made > 3 * LIMITS.total or result.chunks > 2 * LIMITS.members + 10:
                raise Failed("more was made of it than the limits say")
    except Failed:
        raise
    except BaseException as problem:
        at = traceback.extract_tb(problem.__traceback__)[-1]
        raise Failed(f"{type(problem).__name__} at {Path(at.filename).name}:{at.lineno}") from None
    finally:
        peeling.flaw = images.flaw = _FLAW
        content.close()
    if slips:
        raise Failed(f"a reader slipped: {slips[0]}")
    result.seconds = time.monotonic() - begun
    return result


def _noticed(problem: Exception, slips: list[str]) -> Unseen:
    """A reader that meets damage may raise what its library raises, but no mistake of its own is to look like that."""
    at = traceback.extract_tb(problem.__traceback__)[-1]
    if isinstance(problem, _SLIPS) and Path(at.filename).parent.name == "decode":
        slips.append(f"{type(problem).__name__} at {Path(at.filename).name}:{at.lineno}")
    return _FLAW(problem)


def specimen(maker: Callable[[Path], bytes]) -> bytes:
    """One content; skips where the program that makes it is missing."""
    with tempfile.TemporaryDirectory() as folder:
        return maker(Path(folder))


def main() -> int:
    """Every format in turn; what failed is kept in a folder."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=60, help="for each format")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--only", help="one format")
    words.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="where contents go that failed")
    asked = words.parse_args()
    failures = 0
    for name, makers in SPECIMENS.items():
        if asked.only in (None, name):
            failures += _hunt(name, makers, asked.seconds, asked.seed, asked.keep)
    lacking = sorted(form.name for form in FORMATS if form.reader and form.name not in SPECIMENS)
    if lacking:
        print(f"no specimen: {', '.join(lacking)}")
    return 1 if failures else 0


def _hunt(name: str, makers: tuple[Callable[[Path], bytes], ...], seconds: float, seed: int, keep: Path) -> int:
    try:
        contents = [specimen(maker) for maker in makers]
    except pytest.skip.Exception as skipped:
        print(f"{name}: {skipped}")
        return 0
    failures = count = 0
    slowest, end, chance = 0.0, time.monotonic() + seconds, random.Random(f"{name}{seed}")
    while time.monotonic() < end:
        data, count = damaged(chance.choice(contents), chance), count + 1
        begun = time.monotonic()
        try:
            read(data, stream=chance.random() < 0.5)
        except Failed as failed:
            failures += 1
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}-{seed}-{count}").write_bytes(data)
            print(f"{name}: case {count}: {failed}", flush=True)
        slowest = max(slowest, time.monotonic() - begun)
    print(f"{name}: {count:,} cases, {failures} failed, the slowest took {slowest:.2f} s", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main())
