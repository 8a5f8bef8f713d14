"""Compare the fast walk with Git itself over whole repositories: object ids, kinds, SHA-256 of contents, and optionally reports.

python -m benchmarks.agree [--reports] [--engines] REPOSITORY...
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

from scanner.sources.git.environ import environment
from scanner.sources.git.kinds import Damaged
from scanner.sources.git.layout import discover
from scanner.sources.git.store import Large, Store, Unread

Contents = dict[bytes, tuple[int, bytes] | str]


def contents(at: Path, walk: str) -> Contents:
    """Object id -> (kind, SHA-256 of its content), or the reason why it could not be read."""
    layout = discover(at)
    store = Store(layout, environment(trust_owner=True, root=layout.root), walk=walk)
    found: Contents = {}
    for batch in store.batches(8):
        for item in store.read(batch):
            if item.oid in found:
                raise SystemExit(f"{item.oid.hex()} was dealt out twice")
            if isinstance(item, Unread):
                found[item.oid or b""] = item.reason
            elif isinstance(item.data, Large):
                made = hashlib.sha256()
                try:
                    for piece in item.data.pieces:
                        made.update(piece)
                    found[item.oid] = item.kind, made.digest()
                except Damaged:
                    found[item.oid] = "corrupt-object"
            else:
                found[item.oid] = item.kind, hashlib.sha256(item.data).digest()
    if len(found) != store.count:
        raise SystemExit(f"{store.count} objects were counted and {len(found)} read")
    return found


def report(at: Path, *options: str) -> object:
    """What `leakseal scan` says, without what depends on the clock."""
    done = subprocess.run(
        [sys.executable, "-m", "scanner", "scan", "--git", str(at), "-q", "--trust-owner", "--format", "json", *options],
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    said = json.loads(done.stdout)
    said.pop("run")
    return said


def main() -> int:
    """1 if anything differs."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("repositories", nargs="+", type=Path)
    words.add_argument("--reports", action="store_true", help="compare the reports of both walks too")
    words.add_argument("--engines", action="store_true", help="compare the reports of both prefilters too")
    asked = words.parse_args()
    differ = 0
    for at in asked.repositories:
        began = time.monotonic()
        fast = contents(at, "fast")
        middle = time.monotonic()
        slow = contents(at, "git")
        ended = time.monotonic()
        same = {"objects": fast == slow}
        if asked.reports:
            same["reports"] = report(at) == report(at, "--walk", "git")
        if asked.engines:
            same["engines"] = report(at, "--engine", "hyperscan") == report(at, "--engine", "re2")
        unread = sum(isinstance(about, str) for about in fast.values())
        verdict = ", ".join(f"{what} {'agree' if agree else 'DIFFER'}" for what, agree in same.items())
        print(
            f"{at}: {len(fast)} objects ({unread} unread), fast {middle - began:.1f} s, Git {ended - middle:.1f} s: {verdict}", flush=True
        )
        differ += not all(same.values())
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
