"""Engines that read pictures, real ones and such as fail, and the text that is made of their words."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode import ocr
from scanner.decode.content import Content
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget, Limits, Looking
from scanner.decode.ocr import Engine, Word, close_all, text_engine
from scanner.decode.ocrtext import Laid
from scanner.decode.peel import Chunk, peel
from scanner.model.content import Span, Unseen
from tests.decode.conftest import LIMITS, need
from tests.decode.drawn import drawn, saved
from tests.decode.test_pictures import plain
from tests.gitrepo import token


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """A program that answers `about` and then does this with each picture; `asked` and `answer` are at hand."""

    def make(does: str) -> tuple[str, ...]:
        file = tmp_path / f"engine{len(list(tmp_path.iterdir()))}.py"
        file.write_text(
            "import json, os, sys, time\n"
            "for line in sys.stdin:\n"
            "    asked = json.loads(line)\n"
            "    answer = {'id': asked['id'], 'engine': 'made up', 'version': '1'}\n"
            "    if 'picture' in asked:\n"
            f"        {does}\n"
            "    print(json.dumps(answer), flush=True)\n"
        )
        return (sys.executable, str(file))

    return make


def looking(command: tuple[str, ...], **more: object) -> Limits:
    return replace(LIMITS, looking=replace(Looking(mode="auto", command=command, seconds=2), **more))  # type: ignore[arg-type]


def read(data: bytes, limits: Limits) -> tuple[list[tuple[int | None, str]], list[tuple[str, int | None]]]:
    """(page, text) of what a picture shows, and (reason, page) of its gaps."""
    form = recognise(data)
    assert form is not None
    texts, gaps = [], []
    for one in peel(Content(data, Budget(limits, len(data))), form):
        if isinstance(one, Unseen):
            gaps.append((one.reason, one.inside.page))
        elif isinstance(one, Chunk) and one.misread is not None:
            assert isinstance(one.data, bytes)
            texts.append((one.at.inside.page, one.data.decode()))
    return texts, gaps


HELLO = "answer['words'] = [{'text': 'hello', 'box': [10, 20, 50, 12], 'confidence': 0.9}]"


def test_a_users_own_program_reads_pictures(program: Callable[[str], tuple[str, ...]]) -> None:
    assert read(plain(), looking(program(HELLO))) == ([(None, "hello")], [])


def test_without_an_engine_or_where_it_is_switched_off_a_picture_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)
    monkeypatch.setattr(ocr.shutil, "which", lambda name: None)
    assert read(plain(), replace(LIMITS, looking=Looking(mode="auto"))) == ([], [("no-ocr-engine", None)])
    assert read(plain(), LIMITS) == ([], [("no-ocr-engine", None)])
    assert ocr.available() == ()


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("time.sleep(60)", "timeout"),
        ("os._exit(3)", "tool-error"),
        ("os.kill(os.getpid(), 11)", "tool-error"),
        ("print('no json')", "tool-error"),
        ("answer['id'] = 'another'", "tool-error"),
        ("answer = [1, 2]", "tool-error"),
        ("answer['words'] = [{'text': 'no box'}]", "tool-error"),
        ("answer['words'] = [{'text': 'x', 'box': [1, 2, 'three', 4]}]", "tool-error"),
        ("answer['words'] = 7", "tool-error"),
        ("answer['refused'] = {'reason': 'made up', 'detail': 'a text of the picture'}", "tool-error"),
        ("answer['refused'] = {'reason': 'unreadable', 'detail': 'a text of the picture'}", "unreadable"),
        ("sys.stdout.write('x' * (1 << 20)); sys.stdout.flush(); time.sleep(60)", "timeout"),
    ],
    ids=["hangs", "ends", "crashes", "no json", "another id", "a list", "no box", "box of words", "no words", "refuses", "tells", "no end"],
)
def test_a_failing_engine_is_a_gap_without_a_word_of_its_own(
    program: Callable[[str], tuple[str, ...]], does: str, reason: str
) -> None:
    command = program(does)
    data = plain()
    form = recognise(data)
    assert form is not None
    gaps = [one for one in peel(Content(data, Budget(LIMITS, 99)), form) if isinstance(one, Unseen)]
    found = list(peel(Content(data, Budget(looking(command, seconds=0.5), 99)), form))
    (gap,) = [one for one in found if isinstance(one, Unseen)]
    assert gap.reason == reason and "text of the picture" not in gap.detail
    assert len(gaps) == 1


def test_an_engine_that_crashed_reads_the_next_picture(program: Callable[[str], tuple[str, ...]]) -> None:
    limits = looking(program(f"os._exit(1) if len(asked['picture']) > 4000 else 0; {HELLO}"))
    large = plain(pnginfo=None) + b"x" * 4000
    assert read(large, limits)[1] == [("tool-error", None)]
    assert read(plain(), limits) == ([(None, "hello")], [])


def test_an_engine_that_always_fails_is_not_started_for_ever(program: Callable[[str], tuple[str, ...]], tmp_path: Path) -> None:
    log = tmp_path / "starts"
    limits = looking(program(f"open({str(log)!r}, 'a').write('x'); os._exit(1)"))
    for _ in range(9):
        assert read(plain(), limits)[1] == [("tool-error", None)]
    assert len(log.read_text()) < 6


def test_an_engine_that_is_not_there_is_a_gap() -> None:
    assert read(plain(), looking(("/nowhere/engine",)))[1] == [("tool-error", None)]


def test_the_program_lives_as_long_as_the_run(program: Callable[[str], tuple[str, ...]]) -> None:
    engine = text_engine(looking(program("answer['words'] = [{'text': str(os.getpid()), 'box': [0, 0, 9, 9]}]")).looking)
    assert engine is not None
    assert len({engine.read(plain()).words[0].text for _ in range(3)}) == 1


def test_every_page_is_read_and_one_that_fails_is_a_gap_of_its_own(program: Callable[[str], tuple[str, ...]]) -> None:
    does = "answer.update(pages=4, words=[{'text': 'page%d' % asked['page'], 'box': [0, 0, 60, 12]}]); asked['page'] == 3 and os._exit(1)"
    texts, gaps = read(plain(), looking(program(does)))
    assert texts == [(1, "page1"), (2, "page2"), (4, "page4")]
    assert gaps == [("tool-error", 3)]
    assert read(plain(), looking(program(does), pages=2))[1] == [("archive-too-large", 3)]


def test_a_page_that_nobody_can_read_is_a_gap(program: Callable[[str], tuple[str, ...]]) -> None:
    words = "[{'text': 'blur%d' % n, 'box': [0, n * 20, 60, 12], 'confidence': 0.3} for n in range(4)]"
    texts, gaps = read(plain(), looking(program(f"answer['words'] = {words}")))
    assert gaps == [("illegible-image", None)] and len(texts) == 1
    tiny = words.replace("60, 12]", "60, 4]")  # smaller than print can be
    assert read(plain(), looking(program(f"answer['words'] = {tiny}")))[1] == []


# -- the text of words -------------------------------------------------------------------------------------------------


def words(*rows: tuple[int, int, str], wide: int = 8, high: int = 14) -> list[Word]:
    return [Word(text, (x, y, wide * len(text), high)) for x, y, text in rows]


def test_words_stand_in_lines_with_their_indentation() -> None:
    laid = Laid(words((40, 30, "password:"), (10, 10, "user"), (120, 31, "x"), (50, 9, "name"), (10, 50, "end")))
    assert laid.text.decode().split("\n") == ["user name", "    password: x", "end"]


def test_lines_of_a_page_that_is_turned_a_little_stay_lines() -> None:
    rows = [(10 + 80 * n, 10 + 40 * row + 4 * n, f"word{row}{n}") for row in range(3) for n in range(9)]
    numbered = [replace(word, line=n // 9) for n, word in enumerate(words(*rows))]
    assert [line.split()[0] for line in Laid(numbered).text.decode().split("\n")] == ["word00", "word10", "word20"]
    half = [replace(word, line=n // 3) for n, word in enumerate(words(*rows))]  # the engine saw each line in three pieces
    assert len(Laid(half).text.decode().split("\n")) == 3


def test_a_line_that_ends_at_the_edge_may_go_on_in_the_next() -> None:
    long = "a" * 60
    laid = Laid(words((10, 10, "$ " + long), (10, 30, "bcdef"), (10, 60, "short"), (10, 80, "next")))
    assert [laid.text[wrap.start : wrap.end] for wrap in laid.wraps] == [b"\n"]
    assert laid.text[: laid.wraps[0].start].endswith(b"aaa")


def test_the_numbers_of_an_editor_are_not_part_of_the_text() -> None:
    rows = [(10, 20 * n, f"{n + 8}") for n in range(5)] + [(60, 20 * n, text) for n, text in enumerate(["a:", "b:", "key:", "end", "7 8"])]
    assert Laid(words(*rows)).text.decode().split("\n") == ["a:", "b:", "key:", "end", "7 8"]
    table = [(10, 20 * n, f"{n * 7}") for n in range(5)] + [(60, 20 * n, "row") for n in range(5)]
    assert Laid(words(*table)).text.decode().startswith("0 ")


def test_a_span_has_the_box_of_its_words_and_of_a_part_its_part() -> None:
    laid = Laid(words((10, 10, "KEY=secret"), (10, 30, "more")))
    at = laid.text.index(b"secret")
    x, y, wide, high = laid.locate(Span(at, at + 6)).box or (0, 0, 0, 0)
    assert (y, high) == (10, 14) and 40 <= x <= 42 and 88 <= x + wide <= 91
    whole = laid.locate(Span(0, len(laid.text))).box
    assert whole == (10, 10, 80, 34)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.text(min_size=1, max_size=9)), max_size=30), st.data())
@settings(max_examples=60)
def test_every_span_of_the_text_has_a_box_inside_the_words(rows: list[tuple[int, int, str]], data: st.DataObject) -> None:
    had = words(*rows)
    laid = Laid(had)
    start = data.draw(st.integers(0, len(laid.text)))
    end = data.draw(st.integers(start, len(laid.text)))
    box = laid.locate(Span(start, end)).box
    if box:
        assert box[0] >= min(word.box[0] for word in had) and box[0] + box[2] <= max(word.box[0] + word.box[2] for word in had)
    for wrap in laid.wraps:
        assert laid.text[wrap.start : wrap.end].strip() == b""


# -- real engines ------------------------------------------------------------------------------------------------------

LINES = ["$ cat .env", "GITHUB_TOKEN={}", "$ make deploy", "done in 12 s"]


def need_engine(name: str) -> None:
    if name == "tesseract":
        need("tesseract")
    if any(find_spec(module) is None for module in ("PIL", *([name] if name == "rapidocr" else []))):
        pytest.skip(f"needs {name}")


@pytest.mark.parametrize("name", ["rapidocr", "tesseract"])
def test_a_real_engine_reads_a_real_picture(name: str) -> None:
    need_engine(name)
    data = saved(drawn([line.format("example") for line in LINES], 18, dark=name == "rapidocr"))
    texts, gaps = read(data, replace(Limits(), looking=Looking(mode="auto", engine=name)))
    assert gaps == []
    assert "done in 12 s" in texts[0][1] and "deploy" in texts[0][1]


@pytest.mark.parametrize("name", ["rapidocr", "tesseract"])
def test_a_picture_without_text_is_read_and_no_gap(name: str) -> None:
    need_engine(name)
    from PIL import Image

    texts, gaps = read(saved(Image.new("RGB", (400, 200), "white")), replace(Limits(), looking=Looking(mode="auto", engine=name)))
    assert (texts, gaps) == ([], [])


def test_frames_and_pages_are_read_and_turned_pictures_keep_their_boxes() -> None:
    need_engine("rapidocr")
    first, second = (drawn([f"frame number {name}", "of two frames"], 22) for name in ("one", "two"))
    limits = replace(Limits(), looking=Looking(mode="auto", engine="rapidocr"))
    for kind in ("GIF", "TIFF"):
        texts, gaps = read(saved(first, kind, save_all=True, append_images=[second, second]), limits)
        assert gaps == [] and [page for page, _ in texts] == [1, 2], kind  # nothing moved in the third
        assert "one" in texts[0][1] and "two" in texts[1][1]
    engine = text_engine(limits.looking)
    assert engine is not None
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    upright = engine.read(saved(first)).words[0].box
    turned = engine.read(saved(first.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)).words[0].box
    height = first.size[0]
    assert abs(turned[0] - upright[1]) < 8 and abs(turned[1] - (height - upright[0] - upright[2])) < 8
    assert abs(turned[2] - upright[3]) < 8 and abs(turned[3] - upright[2]) < 8


def test_a_code_is_read_with_its_box() -> None:
    zxing = pytest.importorskip("zxingcpp", reason="needs leakseal[pictures]")
    from PIL import Image

    made = zxing.create_barcode("WIFI:S:guests;T:WPA;P:made up;;", zxing.BarcodeFormat.QRCode)
    picture = Image.new("L", (400, 400), 255)
    picture.paste(Image.fromarray(zxing.write_barcode_to_image(made, scale=5)), (100, 60))
    data = saved(picture)
    form = recognise(data)
    assert form is not None
    limits = replace(Limits(), looking=Looking(mode="auto", command=("/nowhere/engine",)))
    found = [one for one in peel(Content(data, Budget(limits, len(data))), form) if isinstance(one, Chunk)]
    assert [(one.data, one.at.steps) for one in found] == [(b"WIFI:S:guests;T:WPA;P:made up;;", ("qrcode",))]
    box = found[0].at.inside.box
    assert box is not None and box[0] >= 90 and box[1] >= 50 and box[2] < 220


# -- what OCR programs wrote down --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hocr", "alto", "tsv"])
def test_what_tesseract_wrote_is_read_with_boxes(tmp_path: Path, kind: str) -> None:
    need("tesseract")
    (tmp_path / "a.png").write_bytes(saved(drawn(["user name and so on", "a second line of it"], 20)))
    subprocess.run(["tesseract", "a.png", "out", kind], cwd=tmp_path, check=True, capture_output=True)
    (file,) = tmp_path.glob("out.*")
    form = recognise(file.read_bytes())
    assert form is not None
    (chunk,) = peel(Content(file.read_bytes(), Budget(LIMITS, 99)), form)
    assert isinstance(chunk, Chunk) and isinstance(chunk.data, bytes) and chunk.locate
    assert b"second line" in chunk.data and chunk.misread is not None
    at = chunk.data.index(b"second")
    box = chunk.locate(Span(at, at + 6)).box
    assert box and box[1] > 30


def test_what_an_engine_answered_is_read_from_a_file() -> None:
    right = token(3)
    told = {"pages": [{"words": [{"text": f"KEY={right}", "box": [5, 6, 400, 20], "confidence": 0.5}]}]}
    texts, gaps = read(json.dumps(told).encode(), LIMITS)
    assert texts == [(1, f"KEY={right}")] and gaps == []
    assert read(b'{"words": [{"text": "x", "box": "none"}]}', LIMITS)[1] == [("unreadable", None)]
    assert recognise(b'{"words": 3, "text": "of an article"}') is None


def test_an_engine_has_no_network() -> None:
    need_engine("rapidocr")
    code = "import sys; sys.path.insert(0, sys.argv[1]); import picture, socket; picture.shut_in(); "
    code += "socket.create_connection(('127.0.0.1', 9))"
    hooks = Path(ocr.shipped.shipped("hooks")) / "ocr"
    done = subprocess.run([sys.executable, "-c", code, str(hooks)], capture_output=True, check=False)
    assert b"an engine has no network" in done.stderr


def test_an_engine_writes_nothing_down_and_tells_its_maker_nothing(tmp_path: Path) -> None:
    """ONNX Runtime keeps the id of its telemetry in the folder for temporary files."""
    need_engine("rapidocr")
    hook = Path(ocr.shipped.shipped("hooks")) / "ocr" / "with_rapidocr.py"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    asked = json.dumps({"id": 1, "page": 1, "picture": base64.b64encode(saved(drawn(["hello"]))).decode()}).encode() + b"\n"
    done = subprocess.run([sys.executable, str(hook)], input=asked, capture_output=True, check=True, env=env)
    assert b"words" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_engines_are_programs_and_none_is_imported() -> None:
    assert isinstance(text_engine(Looking(mode="auto", command=("x",))), Engine)
    assert "rapidocr" not in sys.modules and "onnxruntime" not in sys.modules
