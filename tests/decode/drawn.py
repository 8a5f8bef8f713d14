"""Pictures that tests draw: a terminal with some lines in it, in a font of Debian's."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")


def drawn(lines: Sequence[str], px: int = 16, *, dark: bool = False, wide: int = 0) -> Any:
    """A picture of these lines."""
    image = pytest.importorskip("PIL.Image", reason="needs leakseal[pictures]")
    from PIL import ImageDraw, ImageFont

    if not FONT.exists():
        pytest.skip("needs fonts-dejavu-core")
    font = ImageFont.truetype(str(FONT), px)
    width = max([wide, *(int(font.getlength(line)) + 24 for line in lines)])
    made = image.new("RGB", (width, int(px * 1.4) * len(lines) + 24), (20, 22, 26) if dark else (255, 255, 255))
    draw = ImageDraw.Draw(made)
    for number, line in enumerate(lines):
        draw.text((12, 12 + number * int(px * 1.4)), line, font=font, fill=(222, 222, 222) if dark else (24, 24, 24))
    return made


def saved(image: Any, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a file of this kind."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
