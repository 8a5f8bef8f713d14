"""The slow and complete way: Git itself reads the object (git-cat-file(1), --batch)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from scanner.sources.git.kinds import KINDS, Damaged

_STEP = 1 << 20


class Missing(Exception):
    """Git does not have the object."""


class CatFile:
    """A `git cat-file --batch` process, started when first asked and again when it dies of a damaged object."""

    def __init__(self, at: Path, env: Mapping[str, str]) -> None:
        self._at, self._env = at, env
        self._process: subprocess.Popen[bytes] | None = None
        self._left = 0  # bytes of the last answer that were not taken, the line end behind it included

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
                    pipe.close()
            self._process.wait()
            self._process = None
        self._left = 0

    def ask(self, name: str) -> tuple[int, int, bytes]:
        """(type, size, binary id) of the object that `name` (an id or a revision) stands for; its content comes from `pieces`.

        Raises Missing, or Damaged when Git cannot read it either.
        """
        process = self._process = self._process or subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=self._at, env=dict(self._env),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin and process.stdout  # noqa: S101 both are pipes
        for _ in self.pieces():
            pass
        try:
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline(4096).split()
        except BrokenPipeError:
            head = []
        if not head:
            self.close()
            raise Damaged
        if head[-1] == b"missing" or len(head) != 3:
            raise Missing
        size = int(head[2])
        self._left = size + 1
        return KINDS[head[1]], size, bytes.fromhex(head[0].decode())

    def pieces(self) -> Iterator[bytes]:
        """The content asked for last, in pieces; raises Damaged if Git stops in the middle."""
        if not self._left or self._process is None:
            return
        assert self._process.stdout  # noqa: S101
        while self._left > 1:
            piece = self._process.stdout.read(min(_STEP, self._left - 1))
            if not piece:
                self.close()
                raise Damaged
            self._left -= len(piece)
            yield piece
        self._process.stdout.read(1)
        self._left = 0
