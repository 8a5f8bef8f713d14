"""`leakseal scan` and `leakseal redact` on screenshots, with a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scanner import cachefile
from scanner.cli.root import cli
from scanner.decode import ocr
from scanner.decode.ocr import Engine, close_all
from scanner.errors import LeaksealError
from tests.conftest import Repo
from tests.decode.drawn import drawn, saved
from tests.gitrepo import token

LINES = ["$ cat .env", "GITHUB_TOKEN={}", "$ make deploy"]


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    if any(find_spec(module) is None for module in ("PIL", "rapidocr")):
        pytest.skip("needs rapidocr")
    yield
    close_all()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    monkeypatch.chdir(tmp_path)

    def ran(*words: str) -> tuple[int, Any]:
        done: Result = CliRunner().invoke(cli, list(words), standalone_mode=False)
        if isinstance(done.exception, LeaksealError):
            return done.exception.exit_code, f"{done.exception.message}; {done.exception.hint}"
        assert done.exception is None, type(done.exception)
        return done.return_value, done.output

    return ran


def shot(seed: int, **options: Any) -> bytes:
    return saved(drawn([line.format(token(seed)) for line in LINES], 16, **options))


def test_a_secret_in_a_screenshot_is_found_with_its_box(run: Callable[..., tuple[int, Any]], tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "a.png").write_bytes(shot(1, dark=True))
    (tmp_path / "shots" / "b.png").write_bytes(saved(drawn(["nothing to see", "but some text"], 16)))
    code, out = run("scan", "--screenshots", "shots", "--format", "json", "--jobs", "1")
    report = json.loads(out)
    assert code == 1 and token(1) not in out and report["gaps"] == []
    (found,) = report["findings"]
    where = found["location"]
    assert found["rule"] == "github-pat" and where["path"] == "a.png" and where["line"] is None
    x, y, wide, high = where["box"]
    assert 100 < x < 160 and 30 < y < 45 and 300 < wide < 420 and 12 < high < 30
    assert where["steps"][0].startswith("ocr@")
    assert run("scan", "--screenshots", "shots", "--ocr", "never")[0] == 3


def test_a_picture_that_shows_nothing_is_read_once(
    run: Callable[..., tuple[int, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.png").write_bytes(saved(drawn(["nothing to see", "but some words of text"], 16)))
    (tmp_path / "c.png").write_bytes(shot(2))
    asked: list[int] = []
    read = Engine.read

    def counted(self: Engine, picture: bytes, page: int = 1) -> Any:
        if "codes" not in self.command[1]:
            asked.append(page)
        return read(self, picture, page)

    monkeypatch.setattr(Engine, "read", counted)
    said = [run("scan", name, "--format", "json") for name in ("b.png", "b.png", "c.png", "c.png")]
    assert [code for code, _ in said] == [0, 0, 1, 1]
    assert len(asked) == 3  # where something was found, it is looked for again
    folder = cachefile.folder()
    assert folder is not None
    kept = b"".join(file.read_bytes() for file in (folder / "pictures").rglob("*") if file.is_file())
    assert b"nothing" not in kept and token(2).encode() not in kept and len(kept) < 2000


def test_a_secret_in_a_picture_of_a_commit_is_found(run: Callable[..., tuple[int, Any]], repo: Repo) -> None:
    repo.commit({"doc/shot.png": shot(3)})
    repo.commit({"doc/shot.png": ""})
    code, out = run("scan", str(repo.path), "--format", "json", "--jobs", "1")
    (found,) = json.loads(out)["findings"]
    assert code == 1 and found["location"]["path"] == "doc/shot.png" and found["location"]["box"]


def test_redacting_paints_over_and_leaves_the_rest(run: Callable[..., tuple[int, Any]], tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "a.png").write_bytes(shot(4) + b"password=" + token(5).encode())
    code, _ = run("redact", "a.png", "-o", "b.png")
    assert code == 0
    data = (tmp_path / "b.png").read_bytes()
    assert token(5).encode() not in data
    assert run("scan", "b.png", "--format", "json")[0] == 0
    before, after = (Image.open(tmp_path / name).convert("L") for name in ("a.png", "b.png"))
    assert before.size == after.size
    assert before.crop((0, 0, 300, 26)).tobytes() == after.crop((0, 0, 300, 26)).tobytes()
    assert after.getpixel((300, 45)) == 0 == after.getpixel((200, 42))


def test_a_picture_that_could_not_be_read_whole_is_not_written(run: Callable[..., tuple[int, Any]], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(shot(6)[:-900])
    code, said = run("redact", "a.png", "-o", "b.png")
    assert code == 3 and "could not be read whole" in said
    assert not (tmp_path / "b.png").exists() and sorted(file.name for file in tmp_path.iterdir()) == ["a.png"]


def test_what_is_still_seen_is_not_written(
    run: Callable[..., tuple[int, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scanner.pipeline import repaint

    monkeypatch.setattr(repaint, "painted", lambda data, boxes, kind: data)
    (tmp_path / "a.png").write_bytes(shot(7))
    code, said = run("redact", "a.png", "-o", "b.png")
    assert code == 3 and "still seen" in said and not (tmp_path / "b.png").exists()


def test_redacting_is_refused_where_it_makes_no_sense(
    run: Callable[..., tuple[int, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(shot(8))
    (tmp_path / "a.bin").write_bytes(bytes(90))
    assert run("redact", "a.png", "-o", "a.png")[0] == 2
    assert run("redact", "a.png", "-o", "b.txt")[0] == 2
    assert run("redact", "nowhere.png", "-o", "b.png")[0] == 2
    monkeypatch.setattr(ocr, "available", lambda: ())
    assert run("redact", "a.png", "-o", "b.png")[0] == 2
    assert run("scan", "a.png", "--ocr", "always")[0] == 2


def test_a_project_cannot_name_a_program_that_is_run(run: Callable[..., tuple[int, Any]], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(shot(9))
    (tmp_path / "leakseal.yaml").write_text("version: 1\nocr:\n  command: [touch, was-run]\n  seconds: 2\n")
    code, said = run("scan", ".")
    assert code == 2 and "--config" in said and not (tmp_path / "was-run").exists()
    assert run("scan", "a.png", "--config", "leakseal.yaml")[0] == 3  # it is run, and no engine
