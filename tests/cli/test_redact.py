"""`leakseal redact`: no secret is left in the copy, everything else is, and a copy in doubt is not kept."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.pipeline import redacted as masking
from tests.conftest import Repo
from tests.decode.encoded import WRITTEN, b64, zipped
from tests.pipeline.test_logscan import LOGS
from tests.pipeline.test_reread import PLAIN, address, around, password, searcher


def redact(data: bytes, *, step: int = 0) -> bytes:
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    return b"".join(masking.redacted(searcher(), pieces))


@pytest.mark.parametrize("data", [b"", b"\n", b"plain\r\n", PLAIN, bytes(range(256)) * 9, b"\xff\xfe" + "wide".encode("utf-16-le")])
def test_a_log_without_secrets_is_copied_as_it_is(data: bytes) -> None:
    assert redact(data, step=100 if data else 0) == data


@pytest.mark.parametrize("name", LOGS)
def test_the_secret_is_gone_and_the_lines_are_the_same(name: str) -> None:
    text = LOGS[name][0].encode()
    copy = redact(text, step=1000)
    assert password().encode() not in copy
    assert b"*" * 8 in copy
    assert copy.count(b"\n") == text.count(b"\n")


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_encoded_is_masked_where_it_stands(name: str) -> None:
    data = around(WRITTEN[name][0](address()))
    copy = redact(data)
    assert copy.startswith(PLAIN) and copy.endswith(PLAIN) and b"*" * 8 in copy
    assert copy != data


def test_every_place_is_masked() -> None:
    copy = redact(b"".join(f"line {n} {address(n % 3 + 1)}\n".encode() for n in range(400)), step=777)
    assert not [n for n in range(1, 4) if password(n).encode() in copy]
    assert copy.count(b"*" * 8) == 400


def test_a_clean_archive_in_the_text_stays_and_one_with_a_secret_goes() -> None:
    clean, foul = b64(zipped(b"nothing " * 20)), b64(zipped(address().encode()))
    copy = redact(f"a: {clean}\nb: {foul}\n".encode())
    assert clean.encode() in copy and foul.encode()[:30] not in copy


def test_a_copy_with_a_secret_left_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def careless(self: masking._Copy, piece: bytes) -> bytes:
        self._at += len(piece)
        return piece

    monkeypatch.setattr(masking._Copy, "_cut", careless)
    (tmp_path / "app.log").write_text(f"{address()}\n")
    assert main(["redact", str(tmp_path / "app.log"), "-o", str(tmp_path / "copy.log")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["app.log"]
    said = capsys.readouterr()
    assert "not kept" in said.err and password() not in said.err + said.out


def test_what_cannot_be_read_to_the_end_is_not_kept(tmp_path: Path) -> None:
    text = address()
    for _ in range(20):
        text = b64(text)
    (tmp_path / "app.log").write_text(text)
    assert main(["redact", str(tmp_path / "app.log"), "-o", str(tmp_path / "copy.log")]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["app.log"]


def test_a_compressed_log_stays_compressed(tmp_path: Path) -> None:
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(f"a {address()} b\n".encode()))
    assert main(["redact", str(tmp_path / "app.log.1.gz"), "-o", str(tmp_path / "copy.gz")]) == 0
    copy = gzip.decompress((tmp_path / "copy.gz").read_bytes())
    assert copy.startswith(b"a postgresql://apps:********@") and copy.endswith(b" b\n")


def test_it_is_a_filter(repo: Repo) -> None:
    words = [sys.executable, "-m", "scanner", "redact"]
    done = subprocess.run(words, input=f"a {address()} b\n".encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"a postgresql://apps:********@") and done.stdout.endswith(b" b\n")


def test_what_is_no_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.log", "text")
    assert main(["redact", str(tmp_path / "a.zip")]) == 2
    assert main(["redact", str(tmp_path / "none.log")]) == 2
    (tmp_path / "a.log").write_text("text")
    assert main(["redact", str(tmp_path / "a.log"), "-o", str(tmp_path / "a.log")]) == 2
    assert (tmp_path / "a.log").read_text() == "text"
    assert capsys.readouterr().out == ""


def test_a_long_log_goes_through_in_bounded_memory() -> None:
    import tracemalloc

    def pieces() -> Iterator[bytes]:
        for n in range(60):
            yield b"2024-01-02 some line of a log that goes on\n" * 5000
            yield f"{address(n % 3 + 1)}\n".encode()

    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in masking.redacted(searcher(), pieces()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 12 << 20
    assert peak < 100 << 20
