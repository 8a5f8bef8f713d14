"""What the tests of documents share: where in a content a secret is seen, and damage that no reader may fall over."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from scanner.decode.content import Content
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget, Limits
from scanner.decode.peel import Chunk, peel
from scanner.model.content import REASONS, Inside, Span
from scanner.rulepack.sample import grow
from tests.decode.conftest import LIMITS

_PICTURES = (".jpeg", ".jpg", ".png", ".tiff")  # what is missing to read these is not ours to say


def token(seed: int) -> str:
    """A synthetic GitHub token."""
    return grow("{github-token:ghp_}", seed).decode()


class Seen(NamedTuple):
    """Everything that came out of a content."""

    chunks: list[Chunk]
    gaps: list[tuple[str, str | None]]  # reason and member

    def places(self, secret: str | bytes) -> list[Inside]:
        """Where the secret stands, the innermost place for each time that it was read."""
        data = secret if isinstance(secret, bytes) else secret.encode()
        found: list[tuple[tuple[int, ...], Inside]] = []
        for chunk in self.chunks:
            assert isinstance(chunk.data, bytes)
            at = chunk.data.find(data)
            if at >= 0:
                here = chunk.locate(Span(at, at + len(data))) if chunk.locate else Inside()
                found.append((chunk.at.way, here.within(chunk.at.inside)))
        ways = [way for way, _ in found]
        return [inside for way, inside in found if not any(len(other) > len(way) and other[: len(way)] == way for other in ways)]

    def place(self, secret: str | bytes) -> Inside:
        """The one place where it stands."""
        (place,) = self.places(secret)
        return place

    @property
    def text(self) -> str:
        """All text that readers put together."""
        return "".join(bytes(chunk.data).decode() for chunk in self.chunks if chunk.at.steps[-1] == "text")  # type: ignore[arg-type]


def seen(data: bytes, limits: Limits = LIMITS) -> Seen:
    """Peels a content that is held."""
    form = recognise(data)
    assert form is not None
    chunks, gaps = [], []
    for one in peel(Content(data, Budget(limits, len(data))), form):
        if not isinstance(one, Chunk):
            assert one.reason in REASONS
            if not (one.inside.member or "").endswith(_PICTURES):
                gaps.append((one.reason, one.inside.member))
        elif isinstance(one.data, bytes):
            chunks.append(one)
        else:
            for _ in one.data:
                pass
    return Seen(chunks, gaps)


def unbroken(data: bytes, seed: int, flips: int, cut: int) -> None:
    """Damages a content, and sees that its reader ends with chunks and gaps."""
    rng, broken = random.Random(seed), bytearray(data)
    for _ in range(flips):
        broken[rng.randrange(len(broken))] = rng.randrange(256)
    if cut:
        at = rng.randrange(len(broken))
        del broken[at : at + cut]
    if recognise(bytes(broken)):
        assert ("tool-error", None) not in seen(bytes(broken)).gaps


def repacked(data: bytes, changes: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive with some members changed or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for info in old.infolist():
            if info.filename not in changes:
                new.writestr(info, old.read(info))
        for name, content in changes.items():
            new.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()
