"""`python -m benchmarks.profile REPOSITORY`: where the time of a whole scan goes, by stage.

One process under cProfile, which makes calls dear and loops inside libraries cheap: shares are hints, not measurements.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import os
import pstats
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Function = tuple[str, int, str]  # as pstats names one: file, line, name
Entry = tuple[int, int, float, float, Mapping[Function, tuple[int, int, float, float]]]  # calls, calls, own time, whole time, callers

# (stage, file below scanner/, function): the first that fits
_STAGES = tuple(
    (stage, re.compile(file), re.compile(function))
    for stage, file, function in (
        ("inflate", r"sources/git/(pack|loose)\.py", r"_inflate|stream|intact|crc|read_loose|stream_loose|_start|_rest"),
        ("delta", r"sources/git/pack\.py", r"_made"),
        ("delta", r"sources/git/delta\.py", r".*"),
        ("walk", r"sources/git/pack\.py", r"walk|_try|_below|children|content|members|roots|oid"),
        ("walk", r"sources/git/store\.py", r"read|_read_.*|_ask|_hash.*|_verified|ids"),
        ("walk", r"sources/git/packindex\.py", r"oid"),
        ("open pack", r"sources/git/(pack|packindex|store|layout|loose)\.py", r".*"),
        ("trees", r"sources/git/references\.py", r".*"),
        ("prefilter", r"detect/prefilter\.py", r".*"),
        ("inherit", r"detect/trace\.py", r".*"),
        ("inherit", r"detect/engine\.py", r"trace|_moved|keeps"),
        ("confirm", r"detect/", r".*"),
        ("history", r"sources/git/(history|people|catfile)\.py", r".*"),
        ("history", r"pipeline/(attribute|sightings)\.py", r".*"),
        ("fingerprints", r"findings/seal\.py", r".*"),
        ("findings", r"findings/", r".*"),
        ("report", r"report/", r".*"),
        ("texts", r"decode/", r".*"),
        ("pipeline", r"pipeline/", r".*"),
        ("start", r"(cli|rulepack|config|cachefile|shipped|yamlnodes|model)", r".*"),
    )
)
OTHER = "other"
_SCANNER = "/scanner/"


class Spent(NamedTuple):
    """A stage's own time and its calls of our functions."""

    stage: str
    seconds: float
    calls: int


def stage_of(function: Function) -> str | None:
    """The stage of one of our functions; None for what belongs to whoever called it."""
    path = function[0].replace(os.sep, "/")
    if _SCANNER not in path or "/site-packages/" in path:
        return None
    name = path.rpartition(_SCANNER)[2]
    return next((stage for stage, file, wanted in _STAGES if file.match(name) and wanted.fullmatch(function[2])), OTHER)


def spent(stats: Mapping[Function, Entry]) -> list[Spent]:
    """Each stage's own time, the largest first; a library's time is its caller's."""
    seconds: dict[str, float] = {}
    calls: dict[str, int] = {}
    shares: dict[Function, dict[str, float]] = {}
    for function, (_, called, own, _, callers) in stats.items():
        stage = stage_of(function)
        if stage is not None:
            seconds[stage] = seconds.get(stage, 0.0) + own
            calls[stage] = calls.get(stage, 0) + called
            continue
        left = own
        for caller, (_, _, part, _) in callers.items():
            left -= part
            for owner, share in _owners(caller, stats, shares).items():
                seconds[owner] = seconds.get(owner, 0.0) + part * share
        seconds[OTHER] = seconds.get(OTHER, 0.0) + left
    found = [Spent(stage, time, calls.get(stage, 0)) for stage, time in seconds.items()]
    return sorted((one for one in found if one.seconds > 1e-9 or one.calls), key=lambda one: (-one.seconds, one.stage))


def _owners(function: Function, stats: Mapping[Function, Entry], shares: dict[Function, dict[str, float]]) -> dict[str, float]:
    """The stages on whose behalf a function runs, as parts of one."""
    stage = stage_of(function)
    if stage is not None:
        return {stage: 1.0}
    if function in shares:
        return shares[function]
    shares[function] = {OTHER: 1.0}  # the answer inside a cycle, and where nobody calls
    callers = stats[function][4] if function in stats else {}
    whole = sum(entry[3] for entry in callers.values())
    if whole > 0:
        owned: dict[str, float] = {}
        for caller, entry in callers.items():
            for owner, share in _owners(caller, stats, shares).items():
                owned[owner] = owned.get(owner, 0.0) + share * entry[3] / whole
        shares[function] = owned
    return shares[function]


def table(found: Sequence[Spent]) -> str:
    """The stages as a Markdown table."""
    whole = sum(one.seconds for one in found)
    lines = ["| stage | seconds | share | calls |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {one.stage} | {one.seconds:.2f} | {one.seconds / (whole or 1.0):.0%} | {one.calls} |" for one in found]
    return "\n".join([*lines, f"| all | {whole:.2f} | 100% | {sum(one.calls for one in found)} |"]) + "\n"


def main(words: Sequence[str] | None = None) -> int:
    """Scan under the profiler, and print the stages and the dearest functions."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="Where the time of a whole scan goes.")
    parser.add_argument("target", metavar="REPOSITORY")
    parser.add_argument("--functions", type=int, default=20, help="how many functions to print")
    asked = parser.parse_args(words)
    profiler = cProfile.Profile()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123 the null device is no path
        code = profiler.runcall(_scan, asked.target)
    stats = pstats.Stats(profiler)
    functions: Mapping[Function, Entry] = stats.stats  # type: ignore[attr-defined]
    sys.stdout.write(f"exit code {code}\n\n{table(spent(functions))}\n")
    for (file, line, name), (_, called, own, whole, _) in sorted(functions.items(), key=lambda item: -item[1][2])[: asked.functions]:
        sys.stdout.write(f"{own:8.2f} s own {whole:8.2f} s whole {called:10} calls  {_short(file)}:{line} {name}\n")
    return 0


def _short(file: str) -> str:
    return "/".join(file.replace(os.sep, "/").split("/")[-3:])


def _scan(target: str) -> int:
    from scanner.cli import main as leakseal

    return leakseal(["scan", "--quiet", "--jobs", "1", "--format", "json", target])


if __name__ == "__main__":
    sys.exit(main())
