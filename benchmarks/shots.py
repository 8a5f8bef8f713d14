"""Screenshots that are made for a measurement: terminals, editors and browsers, with one secret or none; the same pixels each time."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/truetype"
_MONO = ("dejavu/DejaVuSansMono.ttf", "liberation/LiberationMono-Regular.ttf", "dejavu/DejaVuSansMono-Bold.ttf")
_SANS = ("liberation/LiberationSans-Regular.ttf", "dejavu/DejaVuSans.ttf")
_THEMES = {
    "terminal": (((18, 18, 18), (220, 220, 220)), ((255, 255, 255), (32, 32, 32)), ((0, 43, 54), (147, 161, 161)), ((44, 0, 30), (238, 238, 236))),
    "editor": (((30, 30, 30), (212, 212, 212)), ((255, 255, 255), (36, 41, 46)), ((40, 44, 52), (171, 178, 191))),
    "browser": (((255, 255, 255), (31, 35, 40)), ((13, 17, 23), (230, 237, 243)), ((246, 248, 250), (36, 41, 47))),
}
_SIZES = (11, 12, 13, 14, 15, 16, 18, 20)
_WAYS = ("as it is", "scaled down", "scaled up", "JPEG", "turned", "wrapped")
_BEFORE = {
    "terminal": ["$ git status", "On branch main", "nothing to commit, working tree clean", "$ make build", "cc -O2 -o app main.c util.c"],
    "editor": ["import os", "from app import server", "", "def main() -> int:", "    log.info('started')", "    return server.run(8080)"],
    "browser": ["Settings / Developer settings", "Personal access tokens", "Make sure to copy it now, it is not shown again."],
}
_AFTER = {
    "terminal": ["$ ls -la", "total 48", "drwxr-xr-x 6 user user 4096 Nov 20 10:12 src", "-rw-r--r-- 1 user user  812 Nov 20 10:12 Makefile", "$"],
    "editor": ["", "if __name__ == '__main__':", "    raise SystemExit(main())"],
    "browser": ["Last used within the last week", "Delete   Regenerate", "Documentation   Support   Status"],
}
_CLEAN = (
    "commit {hex40}", "Author: A Developer <dev@example.org>", "sha256:{hex64}", "id: {uuid}", "$ docker pull registry.example.org/team/app:1.4.2",
    "token: ${{ secrets.DEPLOY_TOKEN }}", "password: ********", "export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "API_KEY=<your key>",
    "https://example.org/docs/guides/getting-started?page=2#install", "postgresql://user:password@localhost/db", "func NewToken(size int) string {{",
    "integrity sha512-{b64}", "kubectl get secret app-db -o yaml", "tests/test_login.py::test_password PASSED [ 41%]", "Collecting requests==2.32.3",
    "2024-11-20T10:12:44Z INFO request done status=200 ms=12", "Enter passphrase for key '/home/user/.ssh/id_ed25519':", "AWS_REGION=eu-central-1",
    "mysql -u root -p$MYSQL_ROOT_PASSWORD shop", "-----BEGIN CERTIFICATE-----", "Serial Number: 04:9f:3c:aa:01:77", "eth0: 192.0.2.14/24",
    "The quick brown fox jumps over the lazy dog 0123456789", "client_secret = os.environ['CLIENT_SECRET']", "etag: W/\"{hex32}\"",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, how it was made, and the box of its secret."""

    name: str
    data: bytes
    box: tuple[int, int, int, int] | None


def shot(seed: int, secret: str | None) -> Shot:
    """The picture of this number; with a secret in one of its lines, or with lines that only look like it."""
    rng = random.Random(seed)
    scene = ("terminal", "editor", "browser")[seed % 3]
    way = _WAYS[seed // 3 % len(_WAYS)]
    px = _SIZES[seed % len(_SIZES)]
    ground, ink = rng.choice(_THEMES[scene])
    font = ImageFont.truetype(f"{FONTS}/{rng.choice(_SANS if scene == 'browser' and way != 'wrapped' else _MONO)}", px)
    lines, mark = _lines(rng, scene, secret, wrapped=way == "wrapped")
    image, boxes = _drawn(lines, font, px, ground, ink, scene, rng)
    box = _union([boxes[n] for n in mark]) if mark else None
    kind = "PNG"
    if way.startswith("scaled"):
        times = 0.85 if way == "scaled down" and px >= 13 else 1.25 if way == "scaled up" else 1.0
        image = image.resize((round(image.width * times), round(image.height * times)), Image.Resampling.BILINEAR)
        box = tuple(round(n * times) for n in box) if box else None  # type: ignore[assignment]
    elif way == "turned":
        image = image.rotate(rng.choice((-1.2, -0.7, 0.7, 1.2)), Image.Resampling.BICUBIC, fillcolor=ground)
        box = (0, box[1] - 20, image.width, box[3] + 40) if box else None
    elif way == "JPEG":
        kind = "JPEG"
    out = io.BytesIO()
    image.save(out, kind, **({"quality": rng.choice((60, 75, 85))} if kind == "JPEG" else {}))
    return Shot(f"{seed:03} {scene} {way} {px}px", out.getvalue(), box)


def _lines(rng: random.Random, scene: str, secret: str | None, *, wrapped: bool) -> tuple[list[str], list[int]]:
    before, after = list(_BEFORE[scene]), list(_AFTER[scene])
    if secret is None:
        middle = [_grown(rng, line) for line in rng.sample(_CLEAN, 7)]
        return [*before, *middle, *after], []
    said = {"terminal": f"$ export {secret}", "editor": f"# {secret}", "browser": secret}[scene]
    if not wrapped:
        return [*before, said, *after], [len(before)]
    wide = max(30, len(said) * 2 // 3)
    pieces = [said[at : at + wide] for at in range(0, len(said), wide)]
    fill = [line[:wide] for line in (*before, *after)]
    return [*fill[: len(before)], *pieces, *fill[len(before) :]], list(range(len(before), len(before) + len(pieces)))


def _grown(rng: random.Random, line: str) -> str:
    digits, letters = "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    uuid = "-".join("".join(rng.choices(digits, k=size)) for size in (8, 4, 4, 4, 12))
    return line.format(
        hex32="".join(rng.choices(digits, k=32)), hex40="".join(rng.choices(digits, k=40)), hex64="".join(rng.choices(digits, k=64)),
        b64="".join(rng.choices(letters, k=86)) + "==", uuid=uuid,
    )  # fmt: skip


def _drawn(
    lines: Sequence[str], font: Any, px: int, ground: tuple[int, ...], ink: tuple[int, ...], scene: str, rng: random.Random
) -> tuple[Any, list[tuple[int, int, int, int]]]:
    """The picture of these lines in a window, and the box of each."""
    step, top = round(px * 1.45), 40 if scene != "terminal" else 28
    left = 60 if scene == "editor" else 14
    wide = left + 24 + max(round(font.getlength(line)) for line in lines)
    image = Image.new("RGB", (wide, top + 16 + step * len(lines)), ground)
    draw = ImageDraw.Draw(image)
    bar = tuple(max(0, min(255, n + (25 if sum(ground) < 380 else -25))) for n in ground)
    draw.rectangle((0, 0, wide, top - 8), fill=bar)
    for number, colour in enumerate(((255, 95, 86), (255, 189, 46), (39, 201, 63))):
        draw.ellipse((10 + 18 * number, 6, 20 + 18 * number, 16), fill=colour)
    boxes = []
    for number, line in enumerate(lines):
        y = top + step * number
        if scene == "editor":
            draw.text((18, y), f"{number + 1:>3}", font=font, fill=tuple((a + b) // 2 for a, b in zip(ground, ink, strict=True)))
        shade = tuple(max(0, min(255, n + rng.randint(-30, 30))) for n in ink) if scene == "editor" else ink
        draw.text((left, y), line, font=font, fill=shade)
        boxes.append((left, y, round(font.getlength(line)), step))
    return image, boxes


def _union(boxes: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
