"""Logs of every make: what their writers have cut is whole again, and a finding has the log's own time and source."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import subprocess
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.scan import command
from scanner.decode.content import Content
from scanner.decode.limits import DEFAULT, Budget
from scanner.pipeline import examine
from scanner.pipeline.opened import Opened, flowed
from scanner.rulepack.sample import grow
from tests.decode.conftest import need
from tests.pipeline.test_reread import address, password, searcher


def docker(text: str, time: str = "2024-05-06T07:08:09.1Z") -> str:
    return json.dumps({"log": text, "stream": "stdout", "time": time}, separators=(",", ":")) + "\n"


def broken(text: str, width: int) -> str:
    return "\n".join(text[at : at + width] for at in range(0, len(text), width)) + "\n"


URL = address()
Log = tuple[str, int, str | None, str | None, list[str]]  # text, line, time, source, steps
LOGS: Mapping[str, Log] = {
    "docker": (docker(f"url {URL}\n"), 1, "2024-05-06T07:08:09.1Z", None, []),
    "docker, a record in two": (docker("a " * 8000 + URL[:31]) + docker(URL[31:] + "\n"), 1, "2024-05-06T07:08:09.1Z", None, ["docker"]),
    "docker, JSON in JSON": (docker(json.dumps({"u": URL.replace("/", "\\/")})), 1, "2024-05-06T07:08:09.1Z", None, ["unescape"] * 2),
    "CRI, a line in three": (
        f"2016-10-06T00:17:09Z stdout P {URL[:25]}\n2016-10-06T00:17:09Z stdout P {URL[25:50]}\n2016-10-06T00:17:10Z stdout F {URL[50:]}\n",
        1, "2016-10-06T00:17:09Z", None, ["cri"],
    ),
    "kubectl": (f"[pod/web-7d/app] 2024-01-02T03:04:05Z {URL}\n", 1, "2024-01-02T03:04:05Z", "web-7d/app", []),
    "compose": (f"web-1  | 2024-01-02 03:04:05,678 INFO {URL}\n", 1, "2024-01-02T03:04:05.678", "web-1", []),
    "GitHub": (
        f"2024-01-02T03:04:05.1234567Z ##[group]Run x\n2024-01-02T03:04:06.1234567Z \x1b[36;1mexport U={URL}\x1b[0m\n",
        2, "2024-01-02T03:04:06.1234567Z", None, [],
    ),
    "GitLab, in colours": (
        f"2024-01-02T03:04:05.123456Z 00O \x1b[32;1m$ psql {URL[:30]}\x1b[33m{URL[30:]}\x1b[0;m\n",
        1, "2024-01-02T03:04:05.123456Z", None, ["ansi"],
    ),
    "access log": (
        f'10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /?next={urllib.parse.quote(URL, safe="")} HTTP/1.1" 200 1\n',
        1, "2000-10-10T13:55:36-07:00", None, ["percent"],
    ),
    "syslog": (f"Oct 11 22:14:15 web1 app[12]: a\nOct 11 22:14:16 web1 app[12]: url {URL}\n", 2, "Oct 11 22:14:16", "web1 app", []),
    "journald": (
        json.dumps({"__REALTIME_TIMESTAMP": "1700000000000000", "_SYSTEMD_UNIT": "a.service", "MESSAGE": list(f"{URL}\1".encode())}) + "\n",
        1, "2023-11-14T22:13:20Z", "a.service", ["journal"],
    ),
    "structured": (json.dumps({"ts": 1700000000.5, "service": "orders", "u": URL}) + "\n", 1, "2023-11-14T22:13:20Z", "orders", []),
    "stack trace": (f"2024-01-02 03:04:05 ERROR x\nTraceback:\n  File 'a', line 3\n    c('{URL}')\n", 4, "2024-01-02T03:04:05", None, []),
    "set -x": (f"+ export DATABASE_URL={URL}\n", 1, None, None, []),
    "environment": (f"PATH=/bin\nDATABASE_URL={URL}\nHOME=/root\n", 2, None, None, []),
    "processes": (f"root  1  0.0 /bin/sh -c x\nroot 12  0.1 psql {URL}\n", 2, None, None, []),
    "a narrow terminal": (broken(f"2024-01-02 connecting to {URL} {'y' * 70}", 60), 1, "2024-01-02", None, ["wrapped"]),
    "carriage returns": (f"\r 10 %\r 50 %\r100 %\r{URL}\r\n", 5, None, None, []),
}  # fmt: skip


def scan(*words: str) -> list[Mapping[str, Any]]:
    done = CliRunner().invoke(command, [*words, "--format", "json", "--quiet", "--jobs", "1"], standalone_mode=False)
    assert done.exception is None, done.exception
    assert password() not in done.stdout
    report: Mapping[str, Any] = json.loads(done.stdout)
    assert report["gaps"] == []
    return list(report["findings"])


@pytest.mark.parametrize("name", LOGS)
def test_a_log_is_read_as_its_writer_meant_it(name: str, tmp_path: Path) -> None:
    text, line, date, source, steps = LOGS[name]
    (tmp_path / "some.log").write_bytes(text.encode())
    (finding,) = scan("--logs", str(tmp_path))
    at = finding["location"]
    assert (at["path"], at["line"], at["date"], at["record"]) == ("some.log", line, date, source)
    assert [step.partition("@")[0] for step in at["steps"]] == steps
    assert finding["surface"] == "logs"


def pem() -> list[str]:
    need("openssl")
    done = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, text=True, check=True)
    return done.stdout.strip().split("\n")


FRAMES: Mapping[str, Callable[[list[str]], str]] = {
    "times": lambda key: "".join(f"2024-01-02T03:04:{n:02}.{n * 37}Z web: {line}\n" for n, line in enumerate(key)),
    "docker": lambda key: "".join(docker(line + "\n", f"2024-05-06T07:08:09.{n}Z") for n, line in enumerate(key)),
    "syslog": lambda key: "Oct 11 22:14:15 web1 app[12]: " + "#012".join(key) + "\n",
    "compose": lambda key: "".join(f"web-1  | {line}\n" for line in key),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_key_whose_every_line_has_a_frame_is_one_key(name: str, tmp_path: Path) -> None:
    (tmp_path / "key.log").write_text("first\n" + FRAMES[name](pem()) + "last\n")
    (finding,) = scan("--logs", str(tmp_path / "key.log"))
    assert (finding["kind"], finding["location"]["line"], finding["location"]["path"]) == ("private-key", 2, "key.log")


QUIET = {
    "words at the ends of lines": "some-ordinary-identifier-here\nanother-identifier-follows-it\n" * 200,
    "a table of one width": "".join(f"| {n:>20} | {n * n:>30} |\n" for n in range(300)),
    "hashes, one a line": "".join(f"{n:064x}\n" for n in range(200)),
    "a certificate": "2024-01-02 -----BEGIN CERTIFICATE-----\n" + "".join(f"2024-01-02 {'MIIB' * 16}\n" for _ in range(20)),
}


@pytest.mark.parametrize("name", QUIET)
def test_a_log_without_secrets_stays_quiet(name: str, tmp_path: Path) -> None:
    (tmp_path / "quiet.log").write_text(QUIET[name])
    assert scan("--logs", str(tmp_path)) == []


def test_a_secret_is_told_once_for_each_log_with_its_files(tmp_path: Path) -> None:
    line = f"2024-01-0{{}} {URL}\n"
    (tmp_path / "app.log").write_text(line.format(4) * 5)
    (tmp_path / "app.log.1").write_text(line.format(3) * 3)
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(line.format(2).encode()))
    (tmp_path / "other.log").write_text(line.format(5))
    one, other = scan("--logs", str(tmp_path))
    assert (one["location"]["path"], one["location"]["date"], one["occurrences"]) == ("app.log.2.gz", "2024-01-02", 9)
    assert one["paths"] == ["app.log", "app.log.1", "app.log.2.gz"]
    assert (other["location"]["path"], other["occurrences"]) == ("other.log", 1)


def test_standard_input_can_be_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    data = f"web-1  | 2024-01-02 {URL}\n".encode() * 3
    monkeypatch.setattr("scanner.cli.scan.StandardInput.pieces", lambda _: iter([data[:40], data[40:]]))
    (finding,) = scan("--logs", "-")
    assert (finding["location"]["record"], finding["occurrences"], finding["location"]["path"]) == ("web-1", 3, "-")


def test_a_truncated_compressed_log_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = gzip.compress(f"{URL}\n".encode() + base64.b64encode(grow("{alnum:24}", 5) * 900) * 20)
    (tmp_path / "app.log.1.gz").write_bytes(whole[: len(whole) // 2])
    done = CliRunner().invoke(command, ["--logs", str(tmp_path), "--format", "json", "--quiet"], standalone_mode=False)
    report = json.loads(done.stdout)
    assert [gap["reason"] for gap in report["gaps"]] == ["truncated"]
    assert len(report["findings"]) == 1


class Endless:
    """So many bytes on one line, made as they are read."""

    def __init__(self, size: int, piece: bytes, at: int, said: bytes) -> None:
        self.left, self.piece, self.at, self.said = size, piece, at, said

    def read(self, size: int, /) -> bytes:
        if self.left <= 0:
            return b""
        self.left -= len(self.piece)
        if self.left < self.at and self.said:
            said, self.said = self.said, b""
            return said
        return self.piece


@pytest.mark.parametrize("piece", [b"words and words " * 4096, b"\x1b[" * 32768, b"aGVsbG8g" * 8192, b"%41" * 20000])
def test_a_line_of_many_megabytes_is_read_in_bounded_memory(piece: bytes) -> None:
    import tracemalloc

    flow = Opened()
    tracemalloc.start()
    try:
        flowed(searcher(), Content(Endless(6 << 20, piece, 1 << 20, b"\n" + URL.encode() + b"\n"), Budget(DEFAULT)), flow, logs=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert password() in [seen.hit.value.decode() for seen in flow.found]
    assert peak < 200 << 20
    assert {one.reason for one in flow.unseen} <= {"truncated", "archive-too-large", "archive-too-deep"}


def test_what_stands_on_whole_lines_is_told_before_more_comes() -> None:
    told: list[int] = []

    def pieces() -> Any:
        yield f"first\n{URL}\nhalf a li".encode()
        yield b""
        told.append(len(found))
        yield b"ne\n"
        yield b""

    found: list[object] = []
    for seen in examine.streamed(searcher(), pieces()):
        found.append(seen)
    assert (told, len(found)) == ([1], 1)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_logs_are_read_where_their_format_is_known(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("nothing\n")
    (tmp_path / "app.log.1.packed").write_bytes(pack(f"2024-01-02 {URL}\n".encode()))
    done = CliRunner().invoke(command, ["--logs", str(tmp_path), "--format", "json", "--quiet"], standalone_mode=False)
    report = json.loads(done.stdout)
    assert len(report["findings"]) + len(report["gaps"]) >= 1  # a stored block of xz can be read as it is
