"""What a release leaves behind, all of it in one command: the history, the logs, the screenshots and the notes."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from scanner.decode.ocr import available
from scanner.rulepack.sample import grow
from tests.conftest import Repo
from tests.decode.drawn import drawn, saved
from tests.decode.notes.exports import Made, as_json

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("scan", "--git", ".", "--logs", "build/logs", "--screenshots", "docs/img", "--notes", "hub-export.zip", "--format", "json", "-q")


def _secrets() -> dict[str, str]:
    return {name: grow("{github-token:ghp_}", seed).decode() for seed, name in enumerate(
        ("history", "message", "work tree", "rotated", "coloured", "wrapped", "field", "comment", "attached log"), 40)}  # fmt: skip


def _dsn(seed: int) -> tuple[str, str]:
    """A password of letters that look like no other, and the line of a terminal that shows it."""
    word = "".join(random.Random(seed).choices("ACDEFHKMNPRTUWXY34679", k=16))
    return word, f"DATABASE_URL=postgresql://app:{word}@db.internal:5432/app"


def _code(text: str) -> bytes:
    zxing = pytest.importorskip("zxingcpp", reason="needs leakseal[pictures]")
    from PIL import Image

    picture = Image.new("L", (500, 500), 255)
    picture.paste(Image.fromarray(zxing.write_barcode_to_image(zxing.create_barcode(text, zxing.BarcodeFormat.QRCode), scale=6)), (40, 60))
    return saved(picture)


@pytest.fixture
def release(repo: Repo) -> tuple[Repo, Mapping[str, str]]:
    """A repository with its build folder, pictures and an export of notes beside it, and what is hidden in them."""
    secrets = _secrets()
    ignored = "build/\nhub-export.zip\ndocs/img/\n"
    repo.commit({"app.py": "print(1)\n", "conf/app.env": f"TOKEN={secrets['history']}\n", ".gitignore": ignored})
    repo.git("rm", "--quiet", "conf/app.env")
    repo.git("commit", "--quiet", "--message", f"Forget it\n\nit was {secrets['message']}")
    repo.write({"app.py": f"print(2)  # {secrets['work tree']}\n"})
    line = json.dumps({"log": f"login with {secrets['rotated']}\n", "stream": "stdout", "time": "2024-05-06T07:08:09.123Z"})
    red, plain, token = "\x1b[31m", "\x1b[0m", secrets["coloured"]
    repo.write({
        "build/logs/app.log.2.gz": gzip.compress(f"{line}\n".encode(), mtime=0),
        "build/logs/ci.log": f"2024-05-06T07:08:10Z step 1\n2024-05-06T07:08:11Z token {token[:20]}{red}{token[20:]}{plain}\n",
    })  # fmt: skip
    for seed, name in ((1, "shown"), (2, "attached")):
        secrets[name], secrets[f"line {name}"] = _dsn(seed)
    secrets["code"] = grow("{github-token:ghp_}", 60).decode()
    shot = saved(drawn(["$ cat app.env", secrets["line shown"], "DEBUG=false"], 20, dark=True))
    repo.write({
        "docs/img/login.png": shot,
        "docs/img/code.png": _code(f"https://example.org/?token={secrets['code']}"),
        "docs/img/plain.png": saved(drawn(["$ make", "all is well"], 20)),
    })  # fmt: skip
    files = {
        "attachments/app.log.gz": gzip.compress(f"token: {secrets['attached log']}\n".encode(), mtime=0),
        "attachments/shot.png": saved(drawn([secrets["line attached"]], 20)),
    }  # fmt: skip
    comments = (f"see {secrets['comment']}",)
    task = Made("T-7", "Smoke test", "<p>done</p>", fields={"token": secrets["field"]}, comments=comments, files=files)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"export.json": as_json([task], counts={"tasks": 1}), **files}.items():
            archive.writestr(name, data)
    repo.write({"hub-export.zip": out.getvalue()})
    return repo, secrets


def _scan(at: Path) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-m", "scanner", *WORDS], cwd=at, capture_output=True, check=False, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def _place(finding: dict[str, Any]) -> tuple[Any, ...]:
    at = finding["location"]
    return finding["surface"], at["path"], at["field"], at["record"]


def test_one_command_reads_all_surfaces_says_where_everything_stands_and_says_it_twice(release: tuple[Repo, Mapping[str, str]]) -> None:
    if not available():
        pytest.skip("needs an OCR engine: leakseal[ocr] or tesseract")
    repo, secrets = release
    code, said, problems = _scan(repo.path)
    report = json.loads(said)
    found = {_place(finding): finding for finding in report["findings"]}
    assert set(found) == {
        ("git", "app.py", None, None),
        ("git", "conf/app.env", None, None),
        ("git", None, "commit-message", None),
        ("logs", "app.log.2.gz", None, None),
        ("logs", "ci.log", None, None),
        ("screenshots", "login.png", None, None),
        ("screenshots", "code.png", None, None),
        ("notes", "hub-export.zip!export.json", "record.fields.token", "T-7"),
        ("notes", "hub-export.zip!export.json", "record.body", "T-7/1"),
        ("notes", "hub-export.zip!attachments/app.log.gz", None, "T-7"),
        ("notes", "hub-export.zip!attachments/shot.png", None, "T-7"),
    }
    assert (code, report["result"], report["gaps"]) == (1, "leaks", [])
    coverage = report["coverage"]["surfaces"]
    assert {name: one["objects"] for name, one in coverage.items() if name != "git"} == {"logs": 2, "screenshots": 3, "notes": 4}
    assert all(one["objects"] == one["scanned"] > 0 for one in coverage.values())
    x, y, wide, high = found["screenshots", "login.png", None, None]["location"]["box"]
    assert x >= 12 and 30 <= y <= 50 and 300 < wide < 800 and 10 < high < 40  # the second of three lines
    x, y, wide, high = found["screenshots", "code.png", None, None]["location"]["box"]
    assert 40 <= x < 90 and 60 <= y < 110 and 100 < wide == pytest.approx(high, abs=4)
    assert found["logs", "ci.log", None, None]["location"]["date"] == "2024-05-06T07:08:11Z"
    assert not [name for name, secret in secrets.items() if secret in said + problems]
    again = json.loads(_scan(repo.path)[1])
    del report["run"], again["run"]
    assert again == report
