"""Screenshots that are made for a measurement are the same each time, and their box is where the secret is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

pytest.importorskip("PIL.Image", reason="needs leakseal[pictures]")

from benchmarks import shots

NEEDED = ("dejavu/DejaVuSansMono.ttf", "liberation/LiberationMono-Regular.ttf")


@pytest.mark.parametrize("seed", range(6))
def test_a_shot_is_the_same_each_time(seed: int) -> None:
    from PIL import Image

    if not all((Path(shots.FONTS) / name).exists() for name in NEEDED):
        pytest.skip("needs fonts-dejavu-core and fonts-liberation")
    first, second = (shots.shot(seed, "KEY=made up, and long enough to be wrapped once or twice") for _ in range(2))
    assert first == second
    image = Image.open(io.BytesIO(first.data))
    assert first.box is not None
    x, y, wide, high = first.box
    assert x >= 0 and y >= 0 and x + wide <= image.width + 2 and y + high <= image.height + 21
    assert shots.shot(seed, None).box is None
