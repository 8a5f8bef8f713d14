"""`python -m benchmarks`: measures, prints the table, keeps the samples."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import cases, machine, readme, rules, table
from benchmarks.measure import Bench
from benchmarks.peers import PEERS, installed

WORK = Path(__file__).resolve().parent / "work"
KINDS = ("history", "commit", "tree", "large", "rules")
_CORES = 2


def main(words: Sequence[str] | None = None) -> int:
    """Measure what was asked for; 0 even if a target is missed, because that is for a person to judge."""
    asked = _parser().parse_args(words)
    repositories = _repositories(asked.repo or os.environ.get("LEAKSEAL_BENCH_REPOS", "").split(os.pathsep))
    if "history" in asked.only and not repositories:
        _tell("no history is measured: name repositories with --repo or LEAKSEAL_BENCH_REPOS")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is stopped, and what was made is removed
    cores = _pin()
    peers = installed(WORK, frozenset(asked.peers), _tell)
    env = cases.environment(WORK)
    rows = []
    with tempfile.TemporaryDirectory(prefix="leakseal-bench-", ignore_cleanup_errors=True) as name:
        bench = Bench(Path(name), env, asked.times, asked.budget, asked.limit, _tell)
        for subject, path in repositories if "history" in asked.only else ():
            _tell(f"history of {subject}")
            rows.append(cases.history(bench, peers, subject, path))
        if "commit" in asked.only:
            _tell("a commit of one line")
            quick = Bench(bench.folder, env, asked.times * 4, asked.budget, asked.limit, _tell)
            rows.append(cases.commit(quick, peers, 1000))
        if "tree" in asked.only:
            _tell("a tree of small files")
            rows.append(cases.tree(bench, peers, asked.files))
        if "large" in asked.only:
            rows.append(cases.large(bench, asked.large))
        if "rules" in asked.only:
            _tell("all rules beside eighty of them")
            rows.append(rules.measured(list(rules.content(rules.LEAST)), asked.times))
    about = machine.about(peers, cores)
    block = table.markdown(rows, about, asked.date)
    hidden = {str(WORK): "WORK", name: "TEMPORARY", str(Path.home()): "HOME", sys.prefix: "VENV"}
    hidden |= {str(path): subject for subject, path in repositories}
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(table.raw(rows, about, asked.date, hidden), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(block)
    if asked.output:
        asked.output.write_text(block, encoding="utf-8")
    if asked.readme:
        asked.readme.write_text(readme.replaced(asked.readme.read_text(encoding="utf-8"), block), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Leakseal beside Git and other scanners, in one run.")
    parser.add_argument("--repo", action="append", metavar="[NAME=]PATH", help="a repository whose whole history is scanned; repeatable")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, help="kinds of measurement")
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=sorted(PEERS), help="other scanners; none if nothing follows")
    parser.add_argument("-n", "--times", type=int, default=5, help="runs of each command (a commit: four times as many)")
    parser.add_argument("--budget", type=float, default=60, help="seconds after which a command is not repeated")
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a command is stopped")
    parser.add_argument("--files", type=int, default=20_000, help="files of the tree")
    parser.add_argument("--large", type=int, default=2 << 30, metavar="BYTES", help="size of the large blob")
    parser.add_argument("--date", default=datetime.now(UTC).strftime("%Y-%m-%d"), help="the day to write into the table")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--json", type=Path, default=WORK / "bench.json", metavar="FILE", help="where the samples go")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put the table between the file's two bench comments")
    return parser


def _repositories(named: Sequence[str]) -> list[tuple[str, Path]]:
    found = []
    for one in filter(None, named):
        name, equals, rest = one.partition("=")
        path = Path(rest if equals else one).resolve()
        found.append((name if equals else _short(path), path))
    return found


def _short(path: Path) -> str:
    return path.parent.name if path.name in (".git", "repo") else path.name.removesuffix(".git")


def _pin() -> int:
    """Two cores for this process, and so for all that it starts."""
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count() or 1
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    return len(os.sched_getaffinity(0))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
