"""An interruption ends a command, but breaks nothing off in the middle: imports, what cleans up, what starts programs, files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.gitrepo import token

ROOT = Path(__file__).resolve().parents[2]
HEARING = "import signal; signal.signal(2, signal.default_int_handler)\n"  # a background job of a shell would not hear it
HALF = """
import os, signal, time
os.kill(os.getpid(), signal.{signal})
time.sleep(0.05)
WHOLE = True
"""
PROGRAM = """
import time
from scanner.cli import interruption
interruption.heed()
try:
    import half
    time.sleep(10)
except KeyboardInterrupt:
    import half
    print(half.WHOLE)
"""


@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_an_import_comes_to_its_end_before_it_is_interrupted(tmp_path: Path, signal: str) -> None:
    (tmp_path / "half.py").write_text(HALF.format(signal=signal))
    assert _said(PROGRAM, tmp_path) == "True\n"


def test_an_import_that_hangs_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text(HALF.format(signal="SIGTERM").replace("0.05", "3600"))
    assert _said(PROGRAM.replace("    import half\n    print", "    print").replace("half.WHOLE", "'hung'"), tmp_path) == "hung\n"


def test_an_interruption_that_its_starter_ignores_stays_ignored(tmp_path: Path) -> None:
    program = "import os, signal; signal.signal(2, signal.SIG_IGN)\n" + PROGRAM.replace("time.sleep(10)", "print('on')")
    (tmp_path / "half.py").write_text(HALF.format(signal="SIGINT"))
    assert _said(program, tmp_path) == "on\n"


BEGUN = """
import os, signal, subprocess, sys, time
from scanner.cli import interruption
from scanner.unbroken import unbroken
interruption.heed()
def interrupt(number=signal.SIGINT):
    os.kill(os.getpid(), number)
    time.sleep(0.03)
"""


@pytest.mark.parametrize(
    "body",
    [
        """
@unbroken
def whole():
    interrupt()
    print("whole")
""",
        """
class Cleaner:
    def __enter__(self): ...
    def __exit__(self, *raised):
        interrupt(signal.SIGTERM)
        print("whole")
def whole():
    with Cleaner():
        pass
""",
    ],
    ids=["marked", "cleaning up"],
)
def test_what_must_not_be_broken_comes_to_its_end_first(tmp_path: Path, body: str) -> None:
    after = """
try:
    whole()
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert _said(BEGUN + body + after, tmp_path) == "whole\ninterrupted\n"


def test_a_second_signal_in_the_same_moment_does_not_break_what_answers_the_first(tmp_path: Path) -> None:
    program = """
try:
    interrupt()
except KeyboardInterrupt:
    interrupt(signal.SIGTERM)
    print("answered")
    interruption._AGAIN = 0  # as if a second had passed
    try:
        interrupt()
    except KeyboardInterrupt:
        print("insisted")
"""
    assert _said(BEGUN + program, tmp_path) == "answered\ninsisted\n"


def test_somebody_who_insists_does_not_wait_for_what_hangs(tmp_path: Path) -> None:
    program = """
@unbroken
def hanging():
    interrupt()
    interruption._AGAIN = 0
    interrupt()
    time.sleep(3600)
try:
    hanging()
except KeyboardInterrupt:
    print("ended")
"""
    assert _said(BEGUN + program, tmp_path) == "ended\n"


def test_an_interruption_that_python_cannot_raise_comes_again(tmp_path: Path) -> None:
    program = """
import weakref
class Held: pass
held = Held()
kept = weakref.ref(held, lambda gone: interrupt())
try:
    del held
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert _said(BEGUN + program, tmp_path) == "interrupted\n"


def test_how_a_command_ends_stands_fixed_once_it_is_over(tmp_path: Path) -> None:
    program = """
interruption.over()
interrupt()
interrupt(signal.SIGTERM)
print("as it was")
"""
    assert _said(BEGUN + program, tmp_path) == "as it was\n"


def test_what_was_started_ends_with_an_interrupted_command(tmp_path: Path) -> None:
    program = """
running = subprocess.Popen(["sleep", "3600"])
interruption.end_children()
print(running.wait())
"""
    assert _said(BEGUN + program, tmp_path) == "-9\n"


def test_a_worker_is_not_interrupted_in_its_parents_way(tmp_path: Path) -> None:
    """Its first moments are those in which it still has what its parent does about signals."""
    program = """
from scanner.pipeline import workers
def late(do, connection, others):
    interrupt(signal.SIGTERM)
    work(do, connection, others)
work, workers._work = workers._work, late
print(sorted(answer for _, answer in workers.Pool(abs, [-1, -2], 2).results() if isinstance(answer, int)))
"""
    assert _said(BEGUN + program, tmp_path) == "[]\n"


@pytest.mark.parametrize("to", ["-o", "--format"])
def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, to: str) -> None:
    (tmp_path / "app.env").write_text(f"token = {token(1)}\n")
    program = """
import scanner.report.json_v1 as form
def rendered(report, page, real=form.rendered):
    for number, text in enumerate(real(report, page)):
        yield text
        if number == 0:
            interrupt()
form.rendered = rendered
from scanner.cli import main
sys.argv[1:] = ["scan", "app.env", "-q"] + WORDS
sys.exit(main())
"""
    words = ["-o", "report.json", "--format", "table"] if to == "-o" else ["--format", "json"]
    said = _said(BEGUN + f"WORDS = {words}\n" + program, tmp_path)
    assert said == "leakseal: interrupted\n  next: run the command again\n"
    assert not (tmp_path / "report.json").exists()


def _said(program: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", HEARING + program],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{folder}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr
