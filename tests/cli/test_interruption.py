"""An interruption ends a command, but leaves every import whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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


def _said(program: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{folder}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr
