"""Learn the score of generic credentials: `python -m training.train --labelled LINES.jsonl --translations DIR --sources DIR …`.

Writes scanner/detect/score.json and training/report.md. The same inputs and seed give the same bytes. Needs `pip install .[train]`.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from scanner.detect.score import parse
from scanner.detect.traits import WIDTHS, traits
from training import letters
from training.collect import Collector
from training.data import Line, labelled, made, sources, translated
from training.fit import fit

SEED, FOLDS, PAIRS = 20261125, 7, 45
OUT, REPORT = Path("scanner/detect/score.json"), Path("training/report.md")


def main() -> None:
    """Read, judge by leaving repositories out, then learn from everything."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--labelled", type=Path, required=True)
    ap.add_argument("--translations", type=Path, required=True)
    ap.add_argument("--sources", type=Path, nargs="+", required=True)
    args = ap.parse_args()
    begun = time.time()
    quiet = [*translated(args.translations, SEED, 6000), *sources(args.sources, SEED, 30000)]
    words = letters.count(line.text for line in quiet)
    table = letters.table(words)
    lines = [*labelled(args.labelled), *made(SEED, 12000), *quiet]
    x, y, weight, owner, others = read(lines, table)
    print(f"{len(lines)} lines, {len(y)} candidates, {int(y.sum())} true ({time.time() - begun:.0f} s)", flush=True)
    judged = judge(lines, x, y, weight, owner, others, table)
    document = write(x, y, weight, table)
    OUT.write_text(document, encoding="utf-8")
    REPORT.write_text(report(lines, y, owner, judged, document), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


def read(lines: list[Line], table: bytes) -> tuple[Any, ...]:
    """Every candidate's traits, whether it is true, its weight and its line; and the lines where other rules find something."""
    collector = Collector()
    x, y, weight, owner, others = [], [], [], [], set()
    for number, line in enumerate(lines):
        if line.counted and collector.others(line.text):
            others.add(number)
        for one in collector.candidates(line.text):
            meets = line.start is not None and line.end is not None and one.span.start < line.end and line.start < one.span.end
            if line.true and not meets and line.start is not None:
                continue  # something else on the line of a secret: nobody said what it is
            x.append(traits(one.found, table))
            y.append(line.true)
            weight.append(line.weight)
            owner.append(number)
    return np.array(x, dtype=np.int64), np.array(y), np.array(weight), np.array(owner), others


def judge(lines: list[Line], x: Any, y: Any, weight: Any, owner: Any, others: set[int], table: bytes) -> list[tuple[float, ...]]:
    """Recall and precision by threshold on repositories that were left out, by line, with what the other rules find."""
    groups = sorted({lines[number].group for number in owner})
    order = np.random.default_rng(SEED).permutation(len(groups))
    fold = {groups[at]: place % FOLDS for place, at in enumerate(order)}
    folds = np.array([fold[lines[number].group] for number in owner])
    chance = np.zeros(len(y))
    for part in range(FOLDS):
        learn, test = folds != part, folds == part
        model = parse(write(x[learn], y[learn], weight[learn], table).encode())
        chance[test] = [model.confidence(tuple(map(int, one))) for one in x[test]]
        print(f"fold {part + 1} of {FOLDS}", flush=True)
    best: dict[int, float] = {}
    for number, one in zip(owner, chance, strict=True):
        best[int(number)] = max(best.get(int(number), 0.0), float(one))
    secret = {(line.group, line.title, line.text) for line in lines if line.true}  # a line may have a row for each of its values
    rows = []
    for least in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        flagged = {n for n, line in enumerate(lines) if line.counted and (n in others or best.get(n, 0.0) >= least)}
        flagged = {n for n in flagged if lines[n].true or (lines[n].group, lines[n].title, lines[n].text) not in secret}
        true = sum(lines[n].true for n in flagged)
        every = sum(line.true and line.counted for line in lines)
        recall, precision = true / every, true / max(1, len(flagged))
        rows.append((least, recall, precision, 2 * recall * precision / (recall + precision), true, len(flagged) - true))
    return rows


def write(x: Any, y: Any, weight: Any, table: bytes) -> str:
    """The data file of a model that was fitted to these candidates."""
    sizes = list(WIDTHS.values())
    tables = fit(x, y, weight, sizes, pairs=PAIRS, seed=SEED)
    packed = [[a, b, _packed(_bytes(a, b, values))] for (a, b), values in sorted(tables.items())]
    document = {
        "format": "leakseal.score/v1",
        "seed": SEED,
        "traits": WIDTHS,
        "tables": packed,
        "letters": _packed(table),
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _bytes(a: int, b: int, values: Any) -> bytes:
    """A table as bytes, row by row; of a trait with itself only the diagonal."""
    flat = np.diag(values) if a == b else values
    return np.clip(np.rint(flat * 32) + 128, 0, 255).astype(np.uint8).tobytes()


def _packed(data: bytes) -> str:
    return b64encode(zlib.compress(data, 9)).decode()


def report(lines: list[Line], y: Any, owner: Any, judged: list[tuple[float, ...]], document: str) -> str:
    """What was learned from, and how well."""
    kinds = Counter(line.title if line.title in ("made", "translated", "source") else "labelled" for line in lines)
    share = Counter(
        (lines[n].title if lines[n].title in ("made", "translated", "source") else "labelled", bool(one))
        for n, one in zip(owner, y, strict=True)
    )
    rows = [f"| {k} | {kinds[k]:,} | {share[k, True]:,} | {share[k, False]:,} |" for k in sorted(kinds)]
    marks = [
        f"| {least:.1f} | {recall:.3f} | {precision:.3f} | {f1:.3f} | {true:,} | {false:,} |"
        for least, recall, precision, f1, true, false in judged
    ]
    groups = len({line.group for line in lines if line.counted})
    return "\n".join(
        [
            "# How the score was learned",
            "",
            f"Made by `python -m training.train` with seed {SEED}. The labelled lines are those of a public benchmark (CredData, 98 repositories) and are not part of",
            "this repository; the others are made by the script. Candidates are the assignments that the rules with the parser `credential` read.",
            "",
            "| lines | number | true candidates | false candidates |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            f"Judged on labelled lines of repositories that were left out ({FOLDS} parts of {groups} repositories), by line, with what all other rules find; rows that are",
            "only UUIDs, nonces or salts are left out, and a line is false only if none of its rows is true:",
            "",
            "| least | recall | precision | F1 | true lines | false lines |",
            "| ---: | ---: | ---: | ---: | ---: | ---: |",
            *marks,
            "",
            f"Model: {len(json.loads(document)['tables'])} tables of pairs of {len(WIDTHS)} traits, {len(document):,} bytes.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
