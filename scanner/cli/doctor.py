"""`leakseal doctor`: what this machine has and lacks, and whether every reader finds what is put before it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import NamedTuple

import click

from scanner import __version__, cachefile
from scanner.cli import screen

_BROKEN = 3
_STYLES = {"ok": "green", "lacking": "yellow", "untried": "dim", "broken": "bold red"}
_ENGINES = (("rapidocr", "Python"), ("tesseract", "program"))


class Check(NamedTuple):
    """One thing that is there, or not."""

    name: str
    state: str  # ok | lacking | untried | broken
    detail: str


@click.command("doctor")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, help="Of the made-up secrets.", hidden=True)
def command(form: str, seed: int) -> int:
    """Say what this machine has and lacks, and try every reader with a made-up secret.

    Exit code 0: everything that is here works. 3: something that is here does not.
    """
    checks = list(_machine())
    checks += _readers(seed)
    if form == "json":
        print(json.dumps({"schema": "leakseal.doctor/v1", "checks": [check._asdict() for check in checks]}, indent=2, sort_keys=True))
    elif screen.terminal():
        screen.columns(((check.state, check.name, check.detail) for check in _shortened(checks)), _STYLES)
        screen.verdict(_sentence(checks), good=all(check.state != "broken" for check in checks))
    else:
        wide = max(len(check.name) for check in checks)
        for check in checks:
            print(f"{check.state:<8} {check.name:<{wide}}  {check.detail}".rstrip())
    return _BROKEN if any(check.state == "broken" for check in checks) else 0


def _shortened(checks: list[Check]) -> list[Check]:
    """For a person: readers that found what they should are one line."""
    good = [check.name.removeprefix("reader ") for check in checks if check.name.startswith("reader ") and check.state == "ok"]
    rest = [check for check in checks if not (check.name.startswith("reader ") and check.state == "ok")]
    told = f"{len(good)} found the secret that was put before them"
    return [*rest, Check("readers", "ok", told)] if good else rest


def _sentence(checks: list[Check]) -> str:
    there = {state: [check.name for check in checks if check.state == state] for state in _STYLES}
    said = f"broken: {', '.join(there['broken'])}" if there["broken"] else "everything that is here works"
    return said + (f"; lacking: {', '.join(there['lacking'])}" if there["lacking"] else "")


def _machine() -> Iterator[Check]:
    yield Check("leakseal", "ok", __version__)
    yield Check("python", "ok", f"{platform.python_version()} on {sys.platform} {platform.machine()}")
    yield _git()
    yield _engine()
    yield _cache()
    yield _ocr()
    yield from _extras()


def _git() -> Check:
    if shutil.which("git") is None:
        return Check("git", "lacking", "Git repositories cannot be read; install git")
    try:
        done = subprocess.run(["git", "--version"], capture_output=True, timeout=20, check=False, env={**os.environ, "LC_ALL": "C"})
        said = done.stdout.decode("utf-8", "replace").strip().removeprefix("git version ")
    except (OSError, subprocess.TimeoutExpired):
        return Check("git", "broken", "it does not answer")
    if done.returncode or not said.isprintable():
        return Check("git", "broken", "it does not say its version")
    return Check("git", "ok", said)


def _engine() -> Check:
    if find_spec("hyperscan"):
        return Check("search", "ok", "hyperscan")
    return Check("search", "lacking", "google-re2 searches, and more slowly; hyperscan is not installed")


def _cache() -> Check:
    folder = cachefile.folder()
    if folder is None:
        return Check("cache", "lacking", "LEAKSEAL_CACHE is set to nothing; rules are compiled at each start")
    probe = folder / "doctor.probe"
    good = cachefile.write(probe, b"probe") and cachefile.read(probe) == b"probe"
    if good:
        probe.unlink(missing_ok=True)
        return Check("cache", "ok", os.fspath(folder))
    return Check("cache", "broken", f"{folder} cannot be written, or is open to others; rules are compiled at each start")


def _ocr() -> Check:
    found = [name for name, kind in _ENGINES if (find_spec(name) if kind == "Python" else shutil.which(name))]
    if not found:
        return Check("ocr", "lacking", "what pictures show is a gap; install leakseal[ocr] or tesseract")
    return Check("ocr", "ok", ", ".join(found))


def _extras() -> Iterator[Check]:
    """What the formats need besides, by the extra that brings it."""
    from scanner.decode.formats import FORMATS, missing

    needs: dict[str, set[str]] = {}
    titles: dict[str, list[str]] = {}
    for form in FORMATS:
        if form.extra:
            needs.setdefault(form.extra, set()).update(form.needs)
            titles.setdefault(form.extra, []).append(form.title)
    for extra in sorted(needs):
        absent = sorted(filter(missing, needs[extra]))
        reads = ", ".join(dict.fromkeys(titles[extra]))
        if absent:
            yield Check(f"leakseal[{extra}]", "lacking", f"{', '.join(absent)}; reads {reads}")
        else:
            yield Check(f"leakseal[{extra}]", "ok", f"reads {reads}")


def _readers(seed: int) -> Iterator[Check]:
    """Every reader, tried with the shipped rules."""
    from scanner.cli.options import rules
    from scanner.config import Config
    from scanner.decode.limits import DEFAULT, Looking
    from scanner.pipeline.canaries import FOUND, LACKING, MISSED, UNTRIED, canaries
    from scanner.pipeline.settings import Settings

    states = {FOUND: "ok", MISSED: "broken", LACKING: "lacking", UNTRIED: "untried"}
    found = rules(Config())
    yield Check("rules", "ok", f"{len(found.rules):,}, {found.digest}")
    looking = replace(DEFAULT, looking=Looking("auto"))
    for canary in canaries(Settings(found, cachefile.folder(), limits=looking), seed):
        said = f"{canary.title}: {canary.detail or 'its self-test found the secret'}"
        yield Check(f"reader {canary.reader}", states[canary.outcome], said)
