"""What pictures carry besides pixels, as the real tools write it, and headers that lie."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.content import Content
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget, Limits
from scanner.decode.peel import Chunk, peel
from scanner.model.content import Unseen
from tests.decode.conftest import LIMITS, need
from tests.decode.drawn import drawn, saved

NOT_READ = ("no-ocr-engine", None)


def looked(data: bytes, limits: Limits = LIMITS) -> tuple[list[tuple[str | None, bytes]], list[tuple[str, str | None]]]:
    """(field, data) of everything in a picture, and (reason, field) of every gap but that it was not looked at."""
    parts: list[tuple[str | None, bytes]] = []
    gaps: list[tuple[str, str | None]] = []
    for one in _peeled(data, limits):
        if isinstance(one, Unseen):
            gaps.append((one.reason, one.inside.field))
        else:
            assert isinstance(one.data, bytes)
            parts.append((one.at.inside.field, one.data))
    return parts, [gap for gap in gaps if gap[0] != "no-ocr-engine"]


def _peeled(data: bytes, limits: Limits) -> Iterator[Chunk | Unseen]:
    form = recognise(data)
    assert form is not None
    return peel(Content(data, Budget(limits, len(data))), form)


def plain(kind: str = "PNG", **options: Any) -> bytes:
    image = pytest.importorskip("PIL.Image", reason="needs leakseal[pictures]")
    return saved(image.new("RGB", (120, 60), "white"), kind, **options)


KINDS = [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif"), ("TIFF", "tif"), ("AVIF", "avif")]


@pytest.mark.parametrize(("kind", "ending"), [*KINDS, ("BMP", "bmp")], ids=str)
def test_a_plain_picture_holds_nothing_but_is_a_gap_where_nobody_looks(kind: str, ending: str) -> None:
    parts, gaps = looked(plain(kind))
    assert parts == [] and gaps == []
    whole = list(_peeled(plain(kind), LIMITS))
    assert [(one.reason, one.inside.field) for one in whole if isinstance(one, Unseen)] == [NOT_READ]


@pytest.mark.parametrize(("kind", "ending"), KINDS, ids=str)
def test_what_exiftool_writes_is_read_with_the_name_of_its_field(tmp_path: Path, kind: str, ending: str) -> None:
    need("exiftool")
    file = tmp_path / f"a.{ending}"
    file.write_bytes(plain(kind))
    words = ["-UserComment=user \u00e9", "-ImageDescription=about it", "-XPComment=windows", "-XMP:Description=more & more"]
    words += ["-Comment=remark", "-IPTC:Caption-Abstract=news"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *words, str(file)], check=False, capture_output=True)
    parts, gaps = looked(file.read_bytes())
    found = dict(parts)
    assert gaps == []
    assert b"more & more" in (found["xmp"] or b"")
    if kind != "GIF":
        assert found["exif.UserComment"] == "user \u00e9".encode()
        assert found["tiff.ImageDescription" if kind == "TIFF" else "exif.ImageDescription"] == b"about it"
        assert found["tiff.XPComment" if kind == "TIFF" else "exif.XPComment"] == b"windows"
    if kind in ("JPEG", "TIFF"):
        assert found["iptc.Caption-Abstract"] == b"news"
    for key, field in (("JPEG", "jpeg.COM"), ("GIF", "gif.comment"), ("PNG", "png.tEXt")):
        if kind == key:
            assert found[field].endswith(b"remark")


def test_texts_of_png_are_read_compressed_or_not() -> None:
    png = pytest.importorskip("PIL.PngImagePlugin", reason="needs leakseal[pictures]")
    info = png.PngInfo()
    info.add_text("Comment", "plain")
    info.add_text("Packed", "packed", zip=True)
    info.add_itxt("Wide", "\u00fcber", zip=True)
    info.add(b"prVt", b"private chunk", False)
    parts, gaps = looked(plain(pnginfo=info))
    assert parts == [
        ("png.tEXt", b"Comment: plain"), ("png.zTXt", b"Packed: packed"), ("png.iTXt", "Wide: \u00fcber".encode()),
        ("png.prVt", b"private chunk"),
    ]  # fmt: skip
    assert gaps == []


def test_what_imagemagick_packs_in_hexadecimal_is_read(tmp_path: Path) -> None:
    need("exiftool", "convert")
    (tmp_path / "a.jpg").write_bytes(plain("JPEG"))
    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-UserComment=made up", "-IPTC:Caption-Abstract=news", "a.jpg"], cwd=tmp_path, check=True
    )
    subprocess.run(["convert", "a.jpg", "a.png"], cwd=tmp_path, check=True)
    found = dict(looked((tmp_path / "a.png").read_bytes())[0])
    assert found["iptc.Caption-Abstract"] == b"news"
    assert found["exif.UserComment"] == b"made up"


def test_an_embedded_thumbnail_is_a_picture_in_the_picture(tmp_path: Path) -> None:
    need("exiftool")
    (tmp_path / "t.jpg").write_bytes(plain("JPEG", comment=b"of the thumbnail"))
    (tmp_path / "a.jpg").write_bytes(plain("JPEG", exif=_exif()))
    subprocess.run(["exiftool", "-q", "-overwrite_original", "-ThumbnailImage<=t.jpg", "a.jpg"], cwd=tmp_path, check=True)
    found = looked((tmp_path / "a.jpg").read_bytes())[0]
    assert ("jpeg.COM", b"of the thumbnail") in found
    assert any(field == "exif.Thumbnail" and data.startswith(b"\xff\xd8") for field, data in found)


def _exif() -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010E] = "a description"
    return exif.tobytes()


def test_the_texts_of_heic_are_read(tmp_path: Path) -> None:
    need("heif-enc", "exiftool")
    (tmp_path / "a.png").write_bytes(plain())
    subprocess.run(["heif-enc", "-o", "a.heic", "a.png"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-UserComment=comment", "-XMP:Title=title", "a.heic"], cwd=tmp_path, check=True
    )
    parts, gaps = looked((tmp_path / "a.heic").read_bytes())
    found = dict(parts)
    assert found["exif.UserComment"] == b"comment" and b"title" in found["xmp"] and gaps == []


def test_a_colour_profile_says_something() -> None:
    cms = pytest.importorskip("PIL.ImageCms", reason="needs leakseal[pictures]")
    profile = cms.ImageCmsProfile(cms.createProfile("sRGB")).tobytes()
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        assert b"sRGB" in dict(looked(plain(kind, icc_profile=profile))[0])["icc.desc"], kind


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_what_stands_behind_the_end_is_read(kind: str) -> None:
    assert looked(plain(kind) + b"appended text") == ([("trailing", b"appended text")], [])
    parts, _ = looked(plain(kind) + plain("JPEG", comment=b"of another picture"))
    assert ("jpeg.COM", b"of another picture") in parts
    assert looked(plain(kind) + bytes(64)) == ([], [])


def test_behind_the_end_what_nothing_can_be_made_of_is_a_gap() -> None:
    noise = random.Random(1).randbytes(20_000)
    assert looked(plain("JPEG") + noise)[1] == [("illegible-image", "trailing")]


@pytest.mark.parametrize("count", [60, 200])  # one chunk of pixels, and several
def test_the_rest_of_a_larger_picture_behind_a_cropped_one_is_made_out(count: int) -> None:
    """As Pixel phones and the Snipping Tool left it: the small file over the large one, which keeps its length."""
    page = drawn([f"line {n} of a page with a lot of text in it, {n * 7919}" for n in range(count)], 14)
    image = pytest.importorskip("PIL.Image")
    grain = image.frombytes("L", page.size, random.Random(4).randbytes(page.size[0] * page.size[1])).convert("RGB")
    page = image.blend(page, grain, 0.02)  # as a photograph of a screen has it
    large, small = saved(page), plain()
    cut = small + large[len(small) :]
    parts, gaps = looked(cut)
    rests = [data for field, data in parts if field == "trailing" and data.startswith(b"\x89PNG")]
    assert gaps == [("truncated", "trailing")]
    found = image.open(io.BytesIO(rests[0]))
    found.load()
    assert found.size[0] == page.size[0] and found.size[1] > page.size[1] // 2
    below = page.crop((0, page.size[1] - 100, *page.size))
    pairs = list(zip(found.convert("L").crop((0, found.size[1] - 100, *found.size)).tobytes(), below.convert("L").tobytes(), strict=True))
    assert sum(abs(a - b) < 64 for a, b in pairs) > 0.5 * len(pairs)  # the row above the first is only guessed


def test_of_a_larger_picture_of_which_too_little_is_left_there_is_a_gap() -> None:
    rest = b"\1\2\3\4" + b"\0\0\0\x40IDAT" + b"\x5a" * 64 + b"\0\0\0\0" + b"\0\0\0\0IEND\xaeB`\x82"
    assert looked(plain() + rest)[1] == [("illegible-image", "trailing")]


def test_the_text_of_svg_is_read_as_a_person_sees_it() -> None:
    picture = b"""<?xml version="1.0"?><!-- remark --><svg xmlns="http://www.w3.org/2000/svg">
    <title>about</title><text><tspan>pass</tspan><tspan>word=a&#98;c</tspan></text><text>next</text></svg>"""
    assert any(b"password=abc" in data for _, data in looked(picture)[0])


def test_a_picture_in_svg_is_read() -> None:
    import base64

    inner = base64.b64encode(plain("JPEG", comment=b"inside")).decode()
    picture = f'<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="data:image/jpeg;base64,{inner}"/></svg>'.encode()
    assert ("jpeg.COM", b"inside") in looked(picture)[0]


def test_bm_is_not_a_bitmap_whatever_follows() -> None:
    assert recognise(b"BMW and other cars, in a text that is long enough to have all the bytes of a header") is None


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0))


LARGE = {
    "png": header(100_000, 100_000) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""),
    "gif": b"GIF89a" + struct.pack("<2H", 65_000, 65_000) + b"\0\0\0;",
    "bmp": b"BM" + struct.pack("<L4xL", 60, 54) + struct.pack("<LllHHLL16x", 40, 100_000, 100_000, 1, 24, 0, 0) + bytes(6),
    "jpeg": b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 8, 8, 65_000, 65_000, 0) + b"\xff\xd9",
    "webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\xff\xff" * 2,
    "tiff": b"II*\0\x08\0\0\0\2\0" + struct.pack("<HHLL", 0x100, 4, 1, 100_000) + struct.pack("<HHLL", 0x101, 4, 1, 100_000) + bytes(4),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_header_that_claims_ten_milliard_pixels_is_a_gap_before_anything_is_decoded(name: str) -> None:
    limits = replace(LIMITS, looking=replace(LIMITS.looking, mode="auto", command=("/nowhere/no-engine",)))
    assert ("archive-too-large", None) in looked(LARGE[name], limits)[1]


def test_a_text_that_inflates_without_end_is_a_gap_and_the_others_are_read() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 << 20)))
    data = header(9, 9) + bomb + chunk(b"tEXt", b"Comment\0after") + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert looked(data) == ([("png.tEXt", b"Comment: after")], [("archive-too-large", "png.zTXt")])


def test_directories_of_exif_that_go_round_in_circles_end() -> None:
    block = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHLL", 0x8769, 4, 1, 8) + struct.pack("<L", 8)
    assert looked(plain("JPEG", exif=b"Exif\0\0" + block))[1] == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_picture_that_was_cut_off_is_a_gap(kind: str) -> None:
    assert ("truncated", None) in looked(plain(kind)[:-20])[1]


SEEDS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")


@given(st.sampled_from(SEEDS), st.integers(0, 2000), st.binary(max_size=12), st.integers(0, 2000))
@settings(max_examples=150)
def test_no_damage_makes_a_reader_fail(kind: str, at: int, put: bytes, keep: int) -> None:
    whole = _seed(kind)
    at %= len(whole)
    broken = whole[:at] + put + whole[at + len(put) :]
    broken = broken[: max(16, len(broken) - keep % len(broken))] if keep > 1000 else broken
    if recognise(broken):
        for one in _peeled(broken, LIMITS):
            assert isinstance(one, Chunk) or one.reason


def _seed(kind: str) -> bytes:
    if kind not in _SEEDS:
        _SEEDS[kind] = plain(kind, **({"exif": _exif()} if kind not in ("GIF", "BMP") else {}))
    return _SEEDS[kind]


_SEEDS: dict[str, bytes] = {}
