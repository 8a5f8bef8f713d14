"""What the engines share: JSON lines in and out, and pictures decoded within bounds, in this process rather than in the scanner's."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

PIXELS_MOST = 100_000_000  # of one page
_WIDE = 1_800  # pixels of a tile; a model would shrink what is larger, and small print with it
_OVERLAP = 120  # pixels that neighbouring tiles share: more than a line is high


class Refused(Exception):
    """The picture is not read, for this reason of a gap and with this sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def serve(about: dict[str, str], read: Callable[[Any], list[dict[str, Any]]]) -> None:
    """Answer every line until the input ends; `read` takes a decoded page and returns its words."""
    shut_in()
    out = sys.stdout.buffer
    before: tuple[str, str] | None = None  # the picture and the pixels of the page that was read last
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answer: dict[str, Any] = {"id": asked["id"]}
        if "picture" not in asked:
            answer |= about
        else:
            try:
                data = base64.b64decode(asked["picture"])
                page = decoded(data, asked.get("page", 1))
                answer |= {"pages": page.pages, "width": page.size[0], "height": page.size[1]}
                now = (hashlib.sha256(data).hexdigest(), hashlib.sha256(page.image.tobytes()).hexdigest())
                if now == before and asked.get("page", 1) > 1:
                    answer["same"] = True  # as the page before: nothing moved
                else:
                    answer["words"] = [page.back(word) for word in read(page.image)]
                if page.flaw:
                    answer["refused"] = {"reason": page.flaw, "detail": "a part of the picture is missing or damaged; the rest was read"}
                before = now
            except Refused as no:
                answer["refused"] = {"reason": no.reason, "detail": no.detail}
            except MemoryError:
                answer["refused"] = {"reason": "tool-error", "detail": "reading the picture took more memory than it may"}
        out.write(json.dumps(answer).encode() + b"\n")
        out.flush()


def shut_in() -> None:
    """No connection leaves this process: an engine that misses a model must not fetch one. No core is dumped: it would hold the picture."""
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("an engine has no network")

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign, assignment]
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError):
        pass


class Page:
    """One page as RGB, turned the way a person looks at it, and the way back to its own pixels."""

    def __init__(self, image: Any, pages: int, flaw: str = "") -> None:
        self.size: tuple[int, int] = image.size
        self.pages, self.flaw = pages, flaw
        try:
            self._turned = int(image.getexif().get(0x0112, 1))
        except Exception:  # an EXIF block may hold anything
            self._turned = 1
        self.image = _flat(_upright(image, self._turned))

    def back(self, word: dict[str, Any]) -> dict[str, Any]:
        """A word with its box in the pixels of the page as it is stored."""
        x, y, wide, high = (round(n) for n in word["box"])
        width, height = self.size
        turns = {
            2: (width - x - wide, y, wide, high), 3: (width - x - wide, height - y - high, wide, high),
            4: (x, height - y - high, wide, high), 5: (y, x, high, wide), 6: (y, height - x - wide, high, wide),
            7: (width - y - high, height - x - wide, high, wide), 8: (width - y - high, x, high, wide),
        }  # fmt: skip
        return word | {"box": list(turns.get(self._turned, (x, y, wide, high)))}

    def forth(self, box: Any) -> tuple[int, int, int, int]:
        """A box in the pixels of the page as it is stored, in those of the page as it is looked at."""
        x, y, wide, high = box
        width, height = self.size
        turns = {
            2: (width - x - wide, y, wide, high), 3: (width - x - wide, height - y - high, wide, high),
            4: (x, height - y - high, wide, high), 5: (y, x, high, wide), 6: (height - y - high, x, high, wide),
            7: (height - y - high, width - x - wide, high, wide), 8: (y, width - x - wide, high, wide),
        }  # fmt: skip
        return turns.get(self._turned, (x, y, wide, high))


def _upright(image: Any, turned: int) -> Any:
    from PIL import Image

    how = Image.Transpose
    ways = {
        2: how.FLIP_LEFT_RIGHT, 3: how.ROTATE_180, 4: how.FLIP_TOP_BOTTOM, 5: how.TRANSPOSE,
        6: how.ROTATE_270, 7: how.TRANSVERSE, 8: how.ROTATE_90,
    }  # fmt: skip
    return image.transpose(ways[turned]) if turned in ways else image


def _flat(image: Any) -> Any:
    """Without transparency: what is drawn in black on nothing is laid on white, and what is drawn in white on black."""
    from PIL import Image, ImageStat

    if image.mode in ("I;16", "I;16B", "I;16L", "I"):
        image = image.point(lambda level: level / 256).convert("L")
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB")
    light = ImageStat.Stat(image.convert("L"), mask=alpha.point(lambda a: 255 if a > 60 else 0)).mean[0]
    ground = Image.new("RGBA", image.size, (0, 0, 0, 255) if light > 140 else (255, 255, 255, 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def decoded(data: bytes, number: int) -> Page:
    """This page of a picture, as far as it is whole; raises Refused where it is too large or nothing can be made of it."""
    try:
        return _decoded(data, number)
    except Refused as no:
        if no.reason not in ("truncated", "unreadable"):
            raise
        from PIL import ImageFile

        ImageFile.LOAD_TRUNCATED_IMAGES = True  # what is missing is grey then
        try:
            return _decoded(data, number, no.reason)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _decoded(data: bytes, number: int, flaw: str = "") -> Page:
    from PIL import Image, UnidentifiedImageError

    try:
        import pi_heif  # unlike pillow-heif its wheel has no encoder, and so no GPL

        pi_heif.register_heif_opener()
    except ImportError:
        pass
    Image.MAX_IMAGE_PIXELS = PIXELS_MOST
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
            pages = _pages(image)
            if number > 1:
                image.seek(number - 1)
            if image.size[0] * image.size[1] > PIXELS_MOST:
                raise Image.DecompressionBombError
            image.load()
            return Page(image, pages, flaw)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("archive-too-large", f"it has more than {PIXELS_MOST:,} pixels") from None
    except UnidentifiedImageError:
        raise Refused("unsupported-format", "no library that is installed here reads this kind of picture") from None
    except EOFError:
        raise Refused("truncated", "it ends in the middle of the picture") from None
    except MemoryError:
        raise
    except Exception as problem:  # a decoder fails in its own ways, and each is one of damage
        cut = "truncated" in str(problem)
        raise Refused("truncated" if cut else "unreadable", "it ends too early" if cut else "its pixels are damaged") from None


def _pages(image: Any) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # counting reads the headers of all pages, and a later one may be damaged
        return 1


def tiles(image: Any) -> Iterator[tuple[int, int, Any]]:
    """A large page in overlapping parts, each with where it begins; small ones as they are."""
    width, height = image.size
    for top in _starts(height):
        for left in _starts(width):
            box = (left, top, min(width, left + _WIDE), min(height, top + _WIDE))
            yield left, top, image if box == (0, 0, width, height) else image.crop(box)


def _starts(size: int) -> list[int]:
    if size <= _WIDE:
        return [0]
    count = -(-(size - _OVERLAP) // (_WIDE - _OVERLAP))
    return [round(n * (size - _WIDE) / (count - 1)) for n in range(count)]


def joined(parts: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The words of all tiles; of a word that two of them have, the larger one, as the other was cut."""
    kept: list[dict[str, Any]] = []
    words = sorted((word for part in parts for word in part), key=lambda word: -word["box"][2] * word["box"][3])
    if len(parts) == 1:
        return parts[0]
    for word in words:
        if not any(_covers(other["box"], word["box"]) for other in kept):
            kept.append(word)
    return kept


def _covers(outer: list[int], inner: list[int]) -> bool:
    wide = min(outer[0] + outer[2], inner[0] + inner[2]) - max(outer[0], inner[0])
    high = min(outer[1] + outer[3], inner[1] + inner[3]) - max(outer[1], inner[1])
    return wide > 0 and high > 0 and wide * high > 0.5 * inner[2] * inner[3]


def digest(*files: Any) -> str:
    """What stands for the models of an engine."""
    made = hashlib.sha256()
    for file in files:
        made.update(hashlib.sha256(file.read_bytes()).digest())
    return "sha256:" + made.hexdigest()[:32]
