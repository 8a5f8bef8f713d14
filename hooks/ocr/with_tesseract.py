"""Reads what pictures show with the Tesseract that is installed on this machine."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from typing import Any

from picture import serve

_SMALL = 1_600  # pixels; Tesseract reads print of screen size better when it is twice as large


def main() -> None:
    """Run the program once for each page; the picture goes through a pipe, so that no file of it is left."""
    said = subprocess.run(["tesseract", "--version"], capture_output=True, check=True).stdout.split()
    serve({"engine": "tesseract", "version": said[1].decode("ascii", "replace") if len(said) > 1 else "", "models": "eng"}, _read)


def _read(image: Any) -> list[dict[str, Any]]:
    from PIL import ImageOps, ImageStat

    grey = image.convert("L")
    if ImageStat.Stat(grey).median[0] < 110:
        grey = ImageOps.invert(grey)
    times = 2 if max(grey.size) <= _SMALL else 1
    if times > 1:
        grey = grey.resize((grey.width * times, grey.height * times), 3)
    made = io.BytesIO()
    grey.save(made, "PNG", compress_level=1)
    command = ["tesseract", "stdin", "stdout", "--psm", "11", "--dpi", "150", "-l", "eng", "tsv"]
    done = subprocess.run(
        command, input=made.getvalue(), capture_output=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
    )
    rows = csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [word for row in rows if (word := _word(row, times))]


def _word(row: dict[str, str], times: int) -> dict[str, Any] | None:
    text, sure = (row.get("text") or "").strip(), float(row.get("conf") or -1)
    if row.get("level") != "5" or not text or sure < 0:
        return None
    box = [int(row[name]) // times for name in ("left", "top", "width", "height")]
    line = (int(row["block_num"]) * 1000 + int(row["par_num"])) * 10000 + int(row["line_num"])
    return {"text": text, "box": box, "confidence": round(sure / 100, 3), "line": line}


if __name__ == "__main__":
    main()
