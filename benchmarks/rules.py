"""`python -m benchmarks.rules`: what all the rules cost, beside eighty of them on the same content in the same run.

The content is what stands on every machine with a checkout: the sources of this project, of Python's standard library and of the
installed packages, and neutral text of every kind; the same files for both, in turns. `eighty.txt` stays as it is.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Timing
from benchmarks.table import EIGHTY, OURS, Row, markdown
from scanner import cachefile, shipped
from scanner.cli.options import known
from scanner.detect.checks import CHECKS
from scanner.detect.confirm import Confirmer
from scanner.detect.engine import Engine, engine
from scanner.detect.parsers import PARSERS
from scanner.detect.trace import Result
from scanner.model.rule import Ruleset
from scanner.rulepack.cache import load_cached
from scanner.rulepack.load import digest
from scanner.rulepack.neutral import corpus

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("eighty.txt")
LEAST = 100_000_000
_SUFFIXES = frozenset({".py", ".pyi", ".md", ".txt", ".yaml", ".yml", ".toml", ".json", ".js", ".css", ".html", ".c", ".h", ".rst"})
_LARGEST = 4 << 20
_SHOWN = 20


@dataclass(slots=True)
class Cost:
    """What one rule took of a search: how often it was asked, and for how long."""

    spots: int = 0
    asked: int = 0
    seconds: float = 0.0


def main(words: Sequence[str] | None = None) -> int:
    """Print the row, and which rules cost most; 0 even if the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("-n", "--times", type=int, default=5, help="runs of each")
    parser.add_argument("--least", type=int, default=LEAST, metavar="BYTES", help="how much is searched at least")
    asked = parser.parse_args(words)
    contents = list(content(asked.least))
    row = measured(contents, asked.times)
    sys.stdout.write(markdown([row], {"Content": f"{len(contents):,} files, {sum(map(len, contents)) / 1e6:,.0f} MB"}, ""))
    sys.stdout.write("\n" + dearest(contents))
    return 0


def measured(contents: Sequence[bytes], times: int) -> Row:
    """The search of everything with all rules and with eighty, in turns."""
    all_rules = load_cached([shipped.shipped("rules")], (), cachefile.folder(), known=known)
    sets = {OURS: all_rules, EIGHTY: eighty(all_rules)}
    timings = {tool: Timing(tool) for tool in sets}
    sieves = {tool: engine(rules, cachefile.folder()).sieve for tool, rules in sets.items()}  # compiled before the first is timed
    for _ in range(times):
        for tool, rules in sets.items():
            fresh = Engine(rules, CHECKS, PARSERS, sieves[tool])  # with an empty memory of windows
            begun = time.process_time()  # not by the clock on the wall: other programs may want the processor as well
            found = sum(len(fresh.find(data)) for data in contents)
            timings[tool].seconds.append(time.process_time() - begun)
            timings[tool].cpu = timings[tool].seconds
            timings[tool].said = f"{found} hits"
    size = sum(map(len, contents)) / 1e6
    return Row("rules", f"search of {size:,.0f} MB with {len(all_rules.rules)} rules", tuple(timings.values()))


def eighty(rules: Ruleset) -> Ruleset:
    """Those of the list that there still are."""
    ids = frozenset(LIST.read_text(encoding="utf-8").split())
    chosen = tuple(rule for rule in rules.rules if rule.id in ids)
    return Ruleset(chosen, digest(chosen))


def content(least: int) -> Iterator[bytes]:
    """Files and texts until there are enough bytes; over again where there is not enough."""
    size = 0
    while size < least:
        for data in _once():
            yield data
            size += len(data)
            if size >= least:
                return


def _once() -> Iterator[bytes]:
    for _, text in corpus():
        for start in range(0, len(text), 1 << 16):
            yield text[start : start + (1 << 16)]
    folders = [ROOT / name for name in ("scanner", "tests", "docs", "benchmarks")]
    for folder in (*folders, Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file() and 0 < path.stat().st_size <= _LARGEST:
                yield path.read_bytes()


def dearest(contents: Sequence[bytes]) -> str:
    """How fast the prefilter alone is, and the rules that took most of one more search, watched call by call."""
    rules = load_cached([shipped.shipped("rules")], (), cachefile.folder(), known=known)
    watched, costs = engine(rules, cachefile.folder()), {rule.id: Cost() for rule in rules.rules}
    numbered = watched._rules  # by anchor
    for confirmer in dict.fromkeys(numbered):
        _watch(confirmer, costs[confirmer.rule.id])
    size = sum(map(len, contents)) / 1e6
    begun = time.process_time()
    spots = [watched.sieve.spots(data) for data in contents]
    sieved = time.process_time() - begun
    for number, _ in (spot for some in spots for spot in some):
        costs[numbered[number].rule.id].spots += 1
    for data in contents:
        watched.find(data)
    lines = [f"{'rule':<36}{'spots per MB':>14}{'asked per MB':>14}{'us each':>10}{'ms per MB':>11}"]
    for name, cost in sorted(costs.items(), key=lambda item: -item[1].seconds)[:_SHOWN]:
        each = cost.seconds / max(1, cost.asked) * 1e6
        lines.append(f"{name:<36}{cost.spots / size:>14.2f}{cost.asked / size:>14.2f}{each:>10.1f}{cost.seconds / size * 1e3:>11.4f}")
    total = sum(cost.seconds for cost in costs.values())
    lines.append(f"all rules together: {total / size * 1e3:.3f} ms per MB; the prefilter alone: {sieved / size * 1e3:.3f}")
    return "\n".join([*lines, ""])


def _watch(confirmer: Confirmer, cost: Cost) -> None:
    confirm = confirmer.confirm

    def watched(window: bytes, end: int) -> tuple[Result, ...]:
        begun = time.process_time()
        try:
            return confirm(window, end)
        finally:
            cost.asked += 1
            cost.seconds += time.process_time() - begun

    confirmer.confirm = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main())
