"""A picture with every secret in it painted over; only one in which nothing more is found leaves this module."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

from scanner.decode import ocr
from scanner.decode.formats import recognise
from scanner.decode.limits import Limits, Stop
from scanner.detect.engine import Engine
from scanner.errors import UnreadableError, UsageError
from scanner.model.content import WHOLE, Box
from scanner.pipeline.examine import Placed
from scanner.pipeline.opened import Opened, examined

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".gif": "GIF", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP"}
PICTURES = ("png", "jpeg", "gif", "webp", "tiff", "heif", "bmp")
_ROUNDS = 4

Boxes = dict[str, list[Box]]


def repainted(engine: Engine, data: bytes, kind: str, limits: Limits) -> tuple[bytes, int]:
    """The new picture (a kind of KINDS), and how many boxes were painted; raises UnreadableError where it could not be read whole.

    1. Read the picture; it must have been read whole.
    2. Paint over what was found, in a picture that has nothing but pixels.
    3. Read that one; where something is found, paint over that too, and read again.
    4. Where something is found still, there is no new picture.
    """
    limits = replace(limits, looking=replace(limits.looking, cache=None))
    if limits.looking.mode == "never" or ocr.text_engine(limits.looking) is None:
        raise UsageError("no OCR engine reads the picture, so nothing can be painted over", hint="install leakseal[ocr] or tesseract-ocr")
    count = 0
    done = _read(engine, data, limits)
    for _ in range(_ROUNDS):
        boxes = _boxes(done.found)
        data = painted(data, boxes, kind)
        count += sum(map(len, boxes.values()))
        done = _read(engine, data, limits)
        if not done.found:
            return data, count
    raise UnreadableError("a secret is still seen in the picture after it was painted over", hint="paint it over by hand")


def _read(engine: Engine, data: bytes, limits: Limits) -> Opened:
    form = recognise(data)
    if form is None or form.name not in PICTURES:
        raise UsageError("this is no picture that can be painted over", hint="name a PNG, JPEG, WebP, GIF, TIFF, BMP, HEIC or AVIF picture")
    done = examined(engine, data, limits)
    missing = next((one for one in done.unseen if one.inside == WHOLE or one.inside.page is not None), None)
    if missing:
        raise UnreadableError(f"the picture could not be read whole: {missing.detail}", hint="nothing was written; paint it over by hand")
    return done


def _boxes(found: Iterable[Placed]) -> Boxes:
    """What stands in the pixels; what stands in metadata goes with them."""
    boxes: Boxes = {}
    for seen in found:
        if seen.inside.box and not seen.inside.field:
            boxes.setdefault(str(seen.inside.page or 1), []).append(seen.inside.box)
    return boxes


def painted(data: bytes, boxes: Boxes, kind: str) -> bytes:
    """The picture with nothing but its pixels, and these boxes black; raises UnreadableError."""
    painter = ocr.painter()
    if painter is None:
        raise UsageError("the library that paints is not installed", hint="install leakseal[pictures]")
    try:
        told = painter.ask({"picture": base64.b64encode(data).decode(), "paint": boxes, "as": kind})
        return base64.b64decode(told["picture"], validate=True)
    except (Stop, KeyError, ValueError):
        raise UnreadableError("the picture could not be painted over", hint="nothing was written; paint it over by hand") from None
