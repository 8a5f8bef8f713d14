"""Paints boxes over in a picture, and writes nothing but its pixels."""

from __future__ import annotations

import base64
import io
import json
import sys
from typing import Any

from picture import Refused, decoded, shut_in

_KINDS: dict[str, dict[str, Any]] = {
    "PNG": {}, "JPEG": {"quality": 92}, "WEBP": {"lossless": True}, "GIF": {}, "TIFF": {"compression": "tiff_deflate"}, "BMP": {},
}  # fmt: skip
_MANY = ("GIF", "TIFF", "WEBP", "PNG")
_PAGES_MOST = 200


def main() -> None:
    """`paint` maps the number of a page to its boxes; the answer has the new picture."""
    shut_in()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answer: dict[str, Any] = {"id": asked["id"]}
        if "picture" in asked:
            try:
                data = _painted(base64.b64decode(asked["picture"]), asked["paint"], asked["as"])
                answer["picture"] = base64.b64encode(data).decode()
            except Refused as no:
                answer["refused"] = {"reason": no.reason, "detail": no.detail}
        else:
            answer["engine"] = "paint"
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _painted(data: bytes, boxes: dict[str, list[list[int]]], kind: str) -> bytes:
    from PIL import Image, ImageDraw

    pages: list[Any] = []
    number, count = 1, 1
    while number <= count:
        page = decoded(data, number)
        count = page.pages
        if page.flaw or count > _PAGES_MOST or (count > 1 and kind not in _MANY):
            raise Refused("unreadable", "it is damaged, or has pages that the new kind of picture cannot have")
        image = Image.new("RGB", page.image.size)
        image.paste(page.image)  # nothing but pixels comes with it
        draw = ImageDraw.Draw(image)
        for box in boxes.get(str(number), []):
            x, y, wide, high = page.forth(box)
            spare = 2 + high // 6
            draw.rectangle((x - spare, y - spare, x + wide + spare, y + high + spare), fill=(0, 0, 0))
        pages.append(image)
        number += 1
    made = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    pages[0].save(made, kind, **_KINDS[kind], **more)
    return made.getvalue()


if __name__ == "__main__":
    main()
