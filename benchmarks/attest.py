"""Signing and verifying beside `git fsck --full` of the same repository, in turns: `python -m benchmarks.attest REPOSITORY`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cases, made, proof
from benchmarks.measure import Bench, Command, Ended, Timing, Unproven

_US = str(Path(sys.executable).with_name("leakseal"))
_POLICY = """\
version: 1
scope: bench/history@release
surfaces: {{git: {repository}}}
keys: [{{file: scanner.pub, roles: [scanner]}}]
"""
_FSCK, _START = "git fsck --full", "python -c pass"


@dataclass(frozen=True, slots=True)
class Goal:
    """A command beside another, and what the ratio of their times should be at most."""

    ours: str
    theirs: str
    most: float


GOALS = (Goal("attest", _FSCK, 1.6), Goal("verify --objects", _FSCK, 0.5))
_VERIFY_MOST = 0.3  # seconds


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attest", description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("-n", "--times", type=int, default=3, help="runs of each command")
    asked = parser.parse_args(words)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with tempfile.TemporaryDirectory(prefix="leakseal-bench-") as name:
        env = cases.environment(Path(name) / "work")
        bench = Bench(Path(name), env, asked.times, 600.0, tell=lambda line: print(line, file=sys.stderr, flush=True))
        repository, _ = made.completed(bench.folder, asked.repository.resolve(), env)
        timings = {one.tool: one for one in bench.turns(_commands(bench, repository))}
    for line in _table(timings, os.getloadavg()[0]):
        print(line)
    return 0


def _commands(bench: Bench, repository: Path) -> list[Command]:
    folder = bench.folder / "release"
    (folder / ".leakseal").mkdir(parents=True)
    (folder / ".leakseal/gate.yaml").write_text(_POLICY.format(repository=repository))
    subprocess.run([_US, "keygen", "scanner"], cwd=folder, env=bench.env, check=True, capture_output=True)
    sign = (_US, "attest", ".", "--key", "scanner.key", "-o", "out", "-q", "--any-result", "--trust-owner", "--jobs", "2")
    signed = (_US, "verify", "out/no-secret-leak.intoto.json", "--trust-owner")
    subprocess.run(sign, cwd=folder, env=bench.env, check=False, capture_output=True)
    (folder / "alone").mkdir()
    (folder / "alone/x.json").write_bytes((folder / "out/no-secret-leak.intoto.json").read_bytes())
    return [
        Command(_FSCK, ("git", "-C", str(repository), "fsck", "--full", "--no-progress"), folder, proof.code(0)),
        Command("attest", sign, folder, _signed(folder)),
        Command("verify --objects", (*signed, "--objects", "."), folder, _looked_at("objects")),
        Command("verify, with the list", signed, folder, _looked_at("manifest")),
        Command("verify", (_US, "verify", "alone/x.json"), folder, _looked_at("freshness")),
        Command(_START, (sys.executable, "-c", "pass"), folder, proof.code(0)),
    ]


def _signed(folder: Path) -> proof.Proof:
    def check(ended: Ended) -> str:
        if ended.code not in (0, 1, 3) or not (listed := folder / "out/evidence-manifest.jsonl").is_file():
            raise Unproven(f"exit code {ended.code}, and nothing was signed")
        with listed.open("rb") as file:
            return f"{sum(1 for _ in file):,} things listed"

    return check


def _looked_at(name: str) -> proof.Proof:
    """That check was made; whether it held does not matter, as the statement of a foreign repository may say FAILED."""

    def check(ended: Ended) -> str:
        line = next((one for one in ended.out.read_text().splitlines() if name in one.split()[2:3]), "")
        if line.split()[1:2] not in (["ok"], ["FAILED"]):
            raise Unproven(f"the check {name} was not made")
        return line

    return check


def _table(timings: dict[str, Timing], load: float) -> list[str]:
    lines = ["| command | seconds | of processor | said |", "| --- | ---: | ---: | --- |"]
    for one in timings.values():
        if one.problem:
            lines.append(f"| {one.tool} | | | {one.problem} |")
        else:
            lines.append(f"| {one.tool} | {min(one.seconds):.2f} | {min(one.cpu):.2f} | {one.said} |")
    lines.append("")
    for goal in GOALS:
        ours, theirs = timings[goal.ours], timings[goal.theirs]
        if ours.seconds and theirs.seconds:
            ratio, cpu = min(ours.seconds) / min(theirs.seconds), min(ours.cpu) / min(theirs.cpu)
            met = "met" if ratio <= goal.most else "missed"
            lines.append(f"{goal.ours} / {goal.theirs}: {ratio:.2f} of {goal.most} ({met}); of processor time {cpu:.2f}")
    if alone := timings["verify"].seconds:
        lines.append(f"verify: {min(alone):.2f} s of {_VERIFY_MOST} s ({'met' if min(alone) <= _VERIFY_MOST else 'missed'})")
    lines.append(f"load of the machine at the end: {load:.1f}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
