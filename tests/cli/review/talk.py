"""A conversation with a program in a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[3]


class Talk:
    """`leakseal WORDS` with a person at the keys."""

    def __init__(self, at: Path, *words: str, columns: int = 100, **env: str) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scanner", *words], cwd=at, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **env},
        )  # fmt: skip
        os.close(theirs)
        self.said = ""
        self._read_upto = 0

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def hear(self, text: str, seconds: float = 120) -> str:
        """Wait until the program says something new that has this text; answers what came since the last time."""
        end = time.monotonic() + seconds
        while text not in self.said[self._read_upto :]:
            assert time.monotonic() < end, f"never heard {text!r} in {self.said[self._read_upto :]!r}"
            if not self._more():
                raise AssertionError(f"it ended without {text!r}: {self.said[self._read_upto :]!r}")
        at = self.said.index(text, self._read_upto) + len(text)
        heard, self._read_upto = self.said[self._read_upto : at], at
        return heard

    def say(self, keys: str) -> None:
        """Press a key, or write a line, once the program listens for one: what comes too early is thrown away with the mode."""
        end = time.monotonic() + 60
        while bool(termios.tcgetattr(self._ours)[3] & termios.ICANON) != keys.endswith("\r"):
            assert time.monotonic() < end, "it does not listen"
            time.sleep(0.005)
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """Hear the rest; the exit code."""
        while self._more():
            pass
        return self.process.wait(timeout=60)

    def _more(self) -> bool:
        if not select.select([self._ours], [], [], 1)[0]:
            return self.process.poll() is None
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.said += data.decode("utf-8", "replace")
        return bool(data)
