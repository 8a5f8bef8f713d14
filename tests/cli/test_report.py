"""`leakseal report` and `leakseal scan`: pages with pictures that are painted over."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scanner.cli.root import cli
from scanner.decode.ocr import close_all
from scanner.errors import LeaksealError
from scanner.report import render
from tests.conftest import Repo
from tests.decode.drawn import drawn, saved
from tests.gitrepo import token
from tests.report.samples import report

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def ran(*words: str, data: bytes = b"") -> tuple[int, str]:
        done: Result = CliRunner().invoke(cli, list(words), standalone_mode=False, input=data)
        if isinstance(done.exception, LeaksealError):
            return done.exception.exit_code, f"{done.exception.message}; {done.exception.hint}"
        assert done.exception is None, type(done.exception)
        return done.return_value, done.output

    return ran


def written(form: str) -> bytes:
    stream = io.BytesIO()
    render(report(), form, stream)
    return stream.getvalue()


@pytest.fixture
def stored(tmp_path: Path) -> bytes:
    (tmp_path / "r.json").write_bytes(written("json"))
    return written("json")


def test_files_are_written_and_nothing_is_printed(run: Run, stored: bytes, tmp_path: Path) -> None:
    assert run("report", "r.json", "-o", "r.html", "-o", "r.sarif") == (1, "")
    assert (tmp_path / "r.html").read_bytes() == written("html")
    assert (tmp_path / "r.sarif").read_bytes() == written("sarif")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("r.json", "-o", "r.pdf"), "no format is known"),
        (("r.json", "-o", "no/such/r.html"), "cannot be written"),
        (("r.json", "-o", "r.sarif", "--embed-pictures"), "needs a page"),
    ],
)
def test_what_is_asked_wrongly_is_said(run: Run, stored: bytes, words: tuple[str, ...], said: str) -> None:
    code, answer = run("report", *words)
    assert code == 2 and said in answer


@pytest.fixture
def engine() -> Any:
    if any(find_spec(module) is None for module in ("PIL", "rapidocr")):
        pytest.skip("needs rapidocr")
    yield
    close_all()


def picture(seed: int) -> bytes:
    return saved(drawn(["$ cat .env", f"GITHUB_TOKEN={token(seed)}", "$ make deploy"], 16))


def test_pictures_are_shown_painted_over_and_only_from_where_they_were_scanned(
    run: Run, engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app/shots").mkdir(parents=True)
    (tmp_path / "app/shots/a.png").write_bytes(picture(1))
    (tmp_path / "b.png").write_bytes(picture(2))
    code, said = run("scan", "--screenshots", "app/shots", "-o", "r.json", "-o", "r.html", "--embed-pictures", "--jobs", "1", "--quiet")
    assert code == 1 and "could not be embedded" not in said
    page = (tmp_path / "r.html").read_text()
    assert page.count("data:image/png;base64,") == 1 and token(1) not in page
    from PIL import Image

    made = Image.open(io.BytesIO(base64.b64decode(page.split("data:image/png;base64,")[1].split('"')[0])))
    (found,) = json.loads((tmp_path / "r.json").read_text())["findings"]
    x, y, width, height = found["location"]["box"]
    colours = made.convert("RGB").crop((x + 2, y + 2, x + width - 2, y + height - 2)).getcolors()
    assert colours is not None and len(colours) == 1, "one colour is painted over the whole box"
    stored = json.loads((tmp_path / "r.json").read_text())
    stored["findings"][0]["location"]["path"] = "../../b.png"
    (tmp_path / "away.json").write_text(json.dumps(stored))
    code, said = run("report", "away.json", "-o", "away.html", "--embed-pictures")
    assert code == 1 and "1 picture of 1 could not be embedded" in said
    assert "data:image/png" not in (tmp_path / "away.html").read_text()


def test_a_picture_that_is_only_in_history_comes_from_the_object_store(run: Run, engine: Any, repo: Repo, tmp_path: Path) -> None:
    repo.commit({"shot.png": picture(3)})
    repo.git("rm", "--quiet", "shot.png")
    repo.git("commit", "--quiet", "--message", "Remove it")
    code, _ = run("scan", str(repo.path), "--jobs", "1", "--quiet", "-o", str(tmp_path / "r.html"), "--embed-pictures")
    assert code == 1
    assert (tmp_path / "r.html").read_text().count("data:image/png;base64,") == 1


