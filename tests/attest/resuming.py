"""A run over the golden repository that takes its time, keeps what it has read in a cache, and prints what it would sign.

`python -m tests.attest.resuming FOLDER CACHE`
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scanner.attest.statement import Tool, draft, statement
from scanner.pipeline.settings import Silent
from scanner.release.attesting import attest
from scanner.release.resume import Progress, progress
from scanner.release.surfaces import Release, Stand
from tests.attest.golden import CANARIES, FINISHED, NONCE, STARTED, TOOL, fixed, release


class Slow(Silent):
    """Takes its time with each target, so that it can be interrupted anywhere."""

    def start(self, title: str, total: int | None = None) -> None:
        """A scan begins."""
        time.sleep(0.08)

    def stop(self) -> None:
        """The scan is over."""
        time.sleep(0.04)


def main(folder: Path, cache: Path) -> None:
    """Run, and print the list and the statement; what was reused goes to standard error."""
    going: list[Progress] = []

    def resumed(asked: Release, tool: Tool, before: Stand) -> Progress | None:
        found = progress(asked, TOOL, before, datetime.now(UTC))
        going.extend([found] if found else [])
        return found

    asked = release(folder)
    asked = replace(asked, settings=replace(asked.settings, cache=cache, progress=Slow()))
    print("begun", flush=True)
    drawn = draft(fixed(attest(asked, lambda: CANARIES, resumed)))
    sys.stdout.buffer.write(drawn.listed + statement(drawn, STARTED, FINISHED, NONCE))
    print(*(one for run in going for one in run.reused), file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
