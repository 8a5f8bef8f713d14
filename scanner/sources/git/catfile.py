"""The slow and complete way: Git itself reads the object (git-cat-file(1), --batch)."""

from __future__ import annotations

import hashlib
import os
import select
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from scanner.sources.git.environ import bounded
from scanner.sources.git.kinds import KINDS, Damaged
from scanner.unbroken import unbroken

_STEP = 1 << 20
_SILENCE = 0.5  # seconds after which we ask whether more will come
_HEAD = 4096


class Missing(Exception):
    """Git does not have the object."""


class CatFile:
    """A `git cat-file --batch` process, started when first asked and again when it dies of a damaged object.

    A loose object whose header lies makes Git write less, or more, than it announces. Neither may hang us nor pass for the answer to
    another question: silence ends with the end of Git's input, and every content is hashed.
    """

    def __init__(self, at: Path, env: Mapping[str, str]) -> None:
        self._at, self._env = at, env
        self._process: subprocess.Popen[bytes] | None = None
        self._out = -1
        self._buffer = b""
        self._left = 0  # bytes of the last answer that were not taken
        self._due = False  # whether the line end behind them is still to come
        self._made = hashlib.sha1(usedforsecurity=False)
        self._oid = b""

    def __enter__(self) -> CatFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    with suppress(OSError):  # what was not written cannot be written any more
                        pipe.close()
            self._process.wait()
            self._process = None
        self._buffer, self._left, self._due = b"", 0, False

    def ask(self, name: str) -> tuple[int, int, bytes]:
        """(type, size, binary id) of the object that `name` (an id or a revision) stands for; its content comes from `pieces`.

        Raises Missing, or Damaged when Git cannot read it either.
        """
        try:
            for _ in self.pieces():
                pass
        except Damaged:
            self.close()
        head = self._answer(name.encode() + b"\n").split()
        if not head:
            self.close()
            raise Damaged
        if head[-1] == b"missing" or len(head) != 3 or head[1] not in KINDS or not head[2].isdigit():
            raise Missing
        kind, size = KINDS[head[1]], int(head[2])
        self._left, self._due = size, True
        self._oid = bytes.fromhex(head[0].decode())
        self._made = hashlib.new("sha1" if len(self._oid) == 20 else "sha256", b"%s %d\0" % (head[1], size), usedforsecurity=False)
        return kind, size, self._oid

    def _answer(self, question: bytes) -> bytes:
        """The line that answers; empty if the process ended."""
        for _ in range(2):  # a process may have ended, or been told to
            process = self._start()
            assert process.stdin  # noqa: S101 it is a pipe
            try:
                process.stdin.write(question)
                process.stdin.flush()
                break
            except (OSError, ValueError):
                self.close()
        else:
            return b""
        while b"\n" not in self._buffer and len(self._buffer) < _HEAD:
            more = self._read()
            if not more:
                return b""
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    @unbroken
    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        process = self._process = subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=self._at, env=dict(self._env),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout  # noqa: S101 it is a pipe
        self._out = process.stdout.fileno()
        self._buffer = b""
        bounded(process.pid)
        return process

    def _read(self, most: int = _STEP) -> bytes:
        """What Git wrote; if it stays silent its input ends, so that it ends too unless it is at work."""
        if not select.select([self._out], [], [], _SILENCE)[0] and self._process and self._process.stdin:
            self._process.stdin.close()
        return os.read(self._out, most)

    def pieces(self) -> Iterator[bytes]:
        """The content asked for last, in pieces; raises Damaged if Git stops in the middle, or if it is not what its id says."""
        while self._left:
            piece = self._buffer[: self._left] or self._read(min(_STEP, self._left))
            self._buffer = self._buffer[len(piece) :]
            if not piece:
                self.close()
                raise Damaged
            self._left -= len(piece)
            self._made.update(piece)
            yield piece
        if self._due:
            self._due = False
            end = self._buffer[:1] or self._read(1)
            self._buffer = self._buffer[1:]
            if end != b"\n" or self._made.digest() != self._oid:
                self.close()
                raise Damaged
