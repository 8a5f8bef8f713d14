"""`python -m benchmarks.pictures`: what is found in drawn screenshots, how many false alarms there are, and how long it takes."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.shots import Shot, shot
from scanner import cachefile, shipped
from scanner.cli.options import known
from scanner.decode import ocr
from scanner.decode.limits import Limits, Looking
from scanner.pipeline.engines import engine
from scanner.pipeline.opened import Opened, examined
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow

SECRETS = (
    "github-pat", "gitlab-pat", "aws-access-key-id", "npm-token", "slack-bot-token", "sendgrid-key", "digitalocean-token", "postgres-dsn",
    "mysql-dsn", "redis-dsn", "amqp-dsn", "huggingface-token", "openai-key", "stripe-live-key", "github-oauth-token", "mongodb-dsn",
)  # fmt: skip


class Answer(NamedTuple):
    """What came of one picture."""

    name: str
    rule: str  # of the secret in it; empty: there is none
    found: tuple[str, ...]
    right: bool  # found in its place, with its value, or nothing found where nothing is
    exact: bool  # the value was read letter by letter
    seconds: float
    model: float


class Work:
    """Reads one picture in a process of its own; made once in each."""

    def __init__(self, looking: Looking) -> None:
        self.rules = load([shipped.shipped("rules")], known=known())
        self.samples = {rule.id: rule.hits for rule in self.rules.rules}
        self.engine = engine(self.rules, cachefile.folder())
        self.limits = replace(Limits(), looking=looking)
        self.model = 0.0
        read = ocr.Engine.read

        def timed(this: ocr.Engine, picture: bytes, page: int = 1) -> ocr.Page:
            begun = time.perf_counter()
            try:
                return read(this, picture, page)
            finally:
                self.model += time.perf_counter() - begun

        ocr.Engine.read = timed  # type: ignore[method-assign]

    def __call__(self, seed: int, secret: bool) -> Answer:
        rule = SECRETS[seed % len(SECRETS)] if secret else ""
        said = self._secret(rule, seed) if rule else None
        made = shot(seed, said)
        self.model, begun = 0.0, time.perf_counter()
        done = examined(self.engine, made.data, self.limits)
        seconds = time.perf_counter() - begun
        found = tuple(sorted(seen.hit.rule.id for seen in done.found))
        right = _hit(made, done) if rule else not found
        exact = said is not None and any(seen.hit.value.decode("utf-8", "replace") in said for seen in done.found)
        return Answer(made.name, rule, found, right, exact, seconds, self.model)

    def _secret(self, rule: str, seed: int) -> str:
        lines = [grow(sample.shape, seed).decode() for sample in self.samples[rule]]
        short = [line for line in lines if "\n" not in line and len(line) < 130]
        named = [line for line in short if "=" in line or ": " in line]
        return (named or short)[0]


def _hit(made: Shot, done: Opened) -> bool:
    box = made.box
    return box is not None and any(seen.inside.box and _meet(seen.inside.box, box) for seen in done.found)


def _meet(one: Sequence[int], other: Sequence[int]) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > 0 and down > 0.3 * min(one[3], other[3])


_WORK: list[Work] = []


def _begin(looking: Looking) -> None:
    _WORK.append(Work(looking))


def _one(task: tuple[int, bool]) -> Answer:
    return _WORK[0](*task)


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0 even if a target is missed, because that is for a person to judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--secrets", type=int, default=126, help="pictures with a secret")
    parser.add_argument("--clean", type=int, default=80, help="pictures without one")
    parser.add_argument("--first", type=int, default=0, help="number of the first; others than those that were looked at")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--engine", choices=["rapidocr", "tesseract"], default="rapidocr")
    parser.add_argument("--keep", type=Path, help="write what was answered there, as JSON, without any secret")
    asked = parser.parse_args(words)
    first = asked.first
    tasks = [(seed, True) for seed in range(first, first + asked.secrets)]
    tasks += [(seed, False) for seed in range(first + 1000, first + 1000 + asked.clean)]
    begun = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(asked.jobs, _begin, (Looking("auto", engine=asked.engine),)) as pool:
        answers: list[Answer] = []
        for answer in pool.imap_unordered(_one, tasks):
            answers.append(answer)
            sys.stderr.write(f"\r{len(answers)} of {len(tasks)}")
    sys.stderr.write("\n")
    report(sorted(answers), time.perf_counter() - begun, asked.jobs)
    if asked.keep:
        asked.keep.write_text(json.dumps([answer._asdict() for answer in sorted(answers)], indent=1) + "\n")
    return 0


def report(answers: Sequence[Answer], elapsed: float, jobs: int) -> None:
    """The figures, and what was missed."""
    held, clean = [a for a in answers if a.rule], [a for a in answers if not a.rule]
    found, exact, alarms = sum(a.right for a in held), sum(a.exact for a in held), sum(not a.right for a in clean)
    total, model = sum(a.seconds for a in answers), sum(a.model for a in answers)
    say: Any = print
    say(f"found         {found} of {len(held)} ({100 * found / max(1, len(held)):.1f} %), letter by letter {exact}")
    say(f"false alarms  {alarms} in {len(clean)} clean pictures")
    one, several = total / max(1, len(answers)), elapsed / max(1, len(answers))
    say(f"seconds       {one:.2f} for a picture in a process, {several:.2f} with {jobs} processes")
    say(f"in the model  {100 * model / max(total, 0.001):.0f} %")
    for answer in answers:
        if not answer.right:
            say(f"  {'missed' if answer.rule else 'alarm'}  {answer.name}  {answer.rule or ', '.join(answer.found)}")


if __name__ == "__main__":
    sys.exit(main())
