"""Reads the QR and bar codes in pictures with ZXing."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from picture import serve


def main() -> None:
    """Answer with one word for each code."""
    serve({"engine": "zxing-cpp", "version": version("zxing-cpp"), "models": ""}, _read)


def _read(image: Any) -> list[dict[str, Any]]:
    import zxingcpp

    found = []
    for code in zxingcpp.read_barcodes(image):
        place = code.position
        across = [p.x for p in (place.top_left, place.top_right, place.bottom_left, place.bottom_right)]
        down = [p.y for p in (place.top_left, place.top_right, place.bottom_left, place.bottom_right)]
        box = [min(across), min(down), max(across) - min(across), max(down) - min(down)]
        found.append({"text": code.text, "box": box, "confidence": 1.0, "kind": str(code.format)})
    return found


if __name__ == "__main__":
    main()
