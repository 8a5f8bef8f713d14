"""Standard input that is still written to: each finding is a line at once, memory is bounded, and an interruption is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.pipeline.live import Recent
from tests.cli.conftest import ROOT, Said
from tests.decode.encoded import b64, zipped
from tests.pipeline.test_logscan import broken
from tests.pipeline.test_reread import address

Token = Callable[[int], str]
Pipe = subprocess.Popen[bytes]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Pipe]]:
    """`leakseal scan WORDS` with pipes at both ends."""
    started: list[Pipe] = []

    def start(*words: str, command: str = "scan") -> Pipe:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        form = ("--format", "jsonl") if command == "scan" else ()
        line = [sys.executable, "-m", "scanner", command, *words, *form]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(line, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, **pipes))  # type: ignore[call-overload]
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def write(pipe: Pipe, text: str) -> None:
    assert pipe.stdin is not None
    pipe.stdin.write(text.encode())
    pipe.stdin.flush()


def line(pipe: Pipe) -> dict[str, Any]:
    assert pipe.stdout is not None
    read: dict[str, Any] = json.loads(pipe.stdout.readline())
    return read


@pytest.mark.parametrize("words", [("--logs", "-"), ("-",)])
def test_a_finding_is_told_while_the_pipe_is_open_and_an_interruption_has_a_summary(
    opened: Callable[..., Pipe], token: Token, words: tuple[str, ...]
) -> None:
    pipe = opened(*words)
    for second in (1, 2):
        now = f"2026-11-25T10:00:0{second}Z"
        write(pipe, f"{now} start\n{now} t={token(second)}\n2026-11-25T10:00:03Z t={token(1)}\n")
        found = line(pipe)
        assert (found["type"], found["rule"], found["location"]["line"]) == ("finding", "github-pat", second * 3 - 1)
        assert found["location"]["date"] == now
    write(pipe, f"2026-11-25T10:00:04Z the last line has no end: {address()}")
    pipe.send_signal(signal.SIGTERM if words == ("-",) else signal.SIGINT)
    out, err = pipe.communicate(timeout=60)
    last, gap, summary = [json.loads(text) for text in out.splitlines()]
    assert (last["rule"], gap["reason"]) == ("postgres-dsn", "truncated")
    assert (summary["findings"], summary["open"], summary["gaps"], summary["result"]) == (3, 3, 1, "leaks")
    assert pipe.returncode == 130 and b"what came before was searched" in err


def test_a_stream_that_ends_has_the_usual_codes_and_whatever_is_packed_in_it(
    leakseal: Callable[..., Said], tmp_path: Path, token: Token
) -> None:
    quiet = leakseal(tmp_path, "scan", "--logs", "-", "--format", "jsonl", data=b"2026-11-25 nothing\n" * 9)
    assert (quiet.code, [json.loads(text)["type"] for text in quiet.out.splitlines()]) == (0, ["summary"])
    packed = f"2026-11-25T01:02:03Z dump {b64(zipped(f't = {token(5)}'.encode()))}\n" * 2
    found = leakseal(tmp_path, "scan", "--logs", "-", "--format", "jsonl", "-o", "all.json", data=packed.encode())
    (only, summary) = [json.loads(text) for text in found.out.splitlines()]
    assert (found.code, only["rule"], summary["findings"]) == (1, "github-pat", 1)
    assert [one["rule"] for one in json.loads((tmp_path / "all.json").read_text())["findings"]] == ["github-pat"]
    assert token(5) not in found.out + found.err


def test_a_packed_stream_is_read_to_its_end(leakseal: Callable[..., Said], tmp_path: Path, token: Token) -> None:
    found = leakseal(tmp_path, "scan", "-", "--format", "jsonl", data=zipped(f"t = {token(6)}\n".encode()))
    assert [json.loads(text)["type"] for text in found.out.splitlines()] == ["finding", "summary"]
    assert found.code == 1


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_bare_standard_input_that_looks_like_a_log_is_read_like_one(leakseal: Callable[..., Said], tmp_path: Path, form: str) -> None:
    text = broken(f"2026-11-25T10:00:01Z {'x' * 30} {address()}", 80) + "2026-11-25T10:00:02Z end\n" * 3
    found = leakseal(tmp_path, "scan", "-", "--format", form, data=text.encode())
    (only,) = json.loads(found.out)["findings"] if form == "json" else [json.loads(found.out.splitlines()[0])]
    assert (only["surface"], only["rule"], only["location"]["date"]) == ("stdin", "postgres-dsn", "2026-11-25T10:00:01Z")
    assert [step.partition("@")[0] for step in only["location"]["steps"]] == ["wrapped"]


def test_what_is_remembered_of_secrets_is_bounded_and_the_oldest_go_first() -> None:
    known = Recent()
    for number in range(known.most + 10):
        known["rule", b"%d" % number] += 1
        known["rule", b"0"] += 1  # one that comes again and again stays
    assert len(known) == known.most and known["rule", b"0"] > 1
    assert known.gone == 10 and ("rule", b"1") not in known
    known["rule", b"x" * known.most_bytes] += 1
    assert len(known) < known.most and sum(len(value) for _, value in known) <= known.most_bytes + 16


def test_a_masked_copy_follows_its_pipe_and_holds_back_what_may_go_on(opened: Callable[..., Pipe], token: Token) -> None:
    pipe = opened("-", command="redact")
    assert pipe.stdout is not None
    for number in (1, 2):
        write(pipe, f"line {number} t={token(number)} end\n")
        assert pipe.stdout.readline() == b"line %d t=******** end\n" % number
    half = token(3)[:20]
    write(pipe, f"2016-10-06T00:17:09Z stdout F whole\n2016-10-06T00:17:09Z stdout P t={half}\n")
    assert pipe.stdout.readline() == b"2016-10-06T00:17:09Z stdout F whole\n"
    write(pipe, f"2016-10-06T00:17:09Z stdout F {token(3)[20:]}\n")
    out, err = pipe.communicate(timeout=60)
    assert half.encode() not in out and b"********" in out
    assert (pipe.returncode, err) == (0, b"")
