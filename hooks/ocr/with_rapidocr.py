"""Reads what pictures show with RapidOCR and the models inside its wheel."""

from __future__ import annotations

import logging
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from picture import digest, joined, serve, tiles


def main() -> None:
    """Load the models once, then answer."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime 1.32 tells its maker of every session, in C++, whatever `shut_in` forbids
    import numpy
    import rapidocr

    logging.disable(logging.CRITICAL)
    models = sorted((Path(rapidocr.__file__).parent / "models").glob("*.onnx"))
    detect = next(model for model in models if "_det_" in model.name)
    recognise = next(model for model in models if "_rec_" in model.name)
    engine = rapidocr.RapidOCR(params={
        "Global.log_level": "critical", "Global.use_cls": False, "Global.text_score": 0.0, "Global.max_side_len": 2000,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # several scanners run beside each other, and the sums come out the same
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "Det.limit_side_len": 320,  # small pictures are not blown up: the recogniser does so, line by line
        "Det.model_path": str(detect), "Rec.model_path": str(recognise),
    })  # fmt: skip

    def read(image: Any) -> list[dict[str, Any]]:
        lines = 0
        parts = []
        for left, top, tile in tiles(image):
            pixels = numpy.asarray(tile)[:, :, ::-1]  # blue first, as OpenCV has it
            found = engine(numpy.ascontiguousarray(pixels), return_word_box=True)
            part = []
            for words in found.word_results if found.boxes is not None else ():  # where there is no text, it is no list of lines
                lines += 1
                part += [_word(text, sure, corners, left, top, lines) for text, sure, corners in words if text.strip()]
            parts.append(part)
        return joined(parts)

    serve({"engine": "rapidocr", "version": version("rapidocr"), "models": digest(detect, recognise)}, read)


def _word(text: str, sure: float, corners: Any, left: int, top: int, line: int) -> dict[str, Any]:
    across, down = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    box = [round(min(across)) + left, round(min(down)) + top, round(max(across) - min(across)), round(max(down) - min(down))]
    return {"text": text, "box": box, "confidence": round(float(sure), 3), "line": line}


if __name__ == "__main__":
    main()
