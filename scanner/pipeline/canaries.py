"""Self-tests: a known secret, made up, in front of every reader, through the same way that scanned content goes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from scanner.decode.canaries import CANARIES, ENCODINGS, Maker
from scanner.decode.formats import FORMATS, Format, recognise
from scanner.decode.notes.canaries import CANARIES as NOTES
from scanner.decode.notes.canaries import RECORD
from scanner.detect.engine import Engine
from scanner.model.evidence import Match
from scanner.pipeline.engines import engine
from scanner.pipeline.opened import examined
from scanner.pipeline.settings import Settings, Silent
from scanner.rulepack.sample import grow
from scanner.sources.git.environ import environment, git

FOUND, MISSED, LACKING, UNTRIED = "found", "missed", "lacking", "untried"
# The first of these rules that is in force is what canaries are made for: rule -> shape of its secrets.
_SHAPES = {"github-pat": "{github-token:ghp_}", "npm-token": "{github-token:npm_}", "jwt": "{jwt:5}"}


class Canary(NamedTuple):
    """One reader, and whether it found what was put before it."""

    reader: str  # "unzip", "git-pack", "notes-json"
    outcome: str  # found | missed | lacking (something is not installed) | untried (it has no self-test)
    title: str  # for a person: "a ZIP archive"
    detail: str = ""


def canaries(settings: Settings, seed: int = 1) -> Iterator[Canary]:
    """Every reader that this machine has, tried; the same seed makes the same canaries."""
    quiet = replace(settings, progress=Silent(), workers=1, meanwhile=lambda: None, foresee=lambda values: None)
    known = {rule.id for rule in settings.rules.rules}
    rule = next((id for id in _SHAPES if id in known), None)
    trial = _Trial(quiet, rule, seed)
    for name, make in ENCODINGS.items():
        yield trial.run(f"text-{name}", f"text in {name.upper()}", lambda text, make=make: trial.encoded(text, make))  # type: ignore[misc]
    for form in FORMATS:
        if form.reader:
            yield _format(form, trial)
    for name in ("loose", "pack"):
        yield _git(name, trial)
    for name, (file, make) in NOTES.items():
        told = f"notes in {name.replace('-', ' ')}"
        yield trial.run(f"notes-{name}", told, lambda text, file=file, make=make: trial.noted(text, file, make))  # type: ignore[misc]


def _format(form: Format, trial: _Trial) -> Canary:
    if any(find_spec(name) is None for name in form.needs):
        return Canary(form.name, LACKING, form.title, f"install leakseal[{form.extra}]")
    make = CANARIES.get(form.name)
    if make is None:
        return Canary(form.name, UNTRIED, form.title, "it has no self-test")
    return trial.run(form.name, form.title, lambda text: trial.peeled(text, form, make))


def _git(name: str, trial: _Trial) -> Canary:
    title = "a packed Git object" if name == "pack" else "a loose Git object"
    if shutil.which("git") is None:
        return Canary(f"git-{name}", LACKING, title, "install git")
    return trial.run(f"git-{name}", title, lambda text: trial.stored(text, packed=name == "pack"))


class _Trial:
    """Makes canaries and looks whether they are found."""

    def __init__(self, settings: Settings, rule: str | None, seed: int) -> None:
        self._settings, self._rule, self._seed = settings, rule, seed
        self._engine: Engine = engine(settings.rules, settings.cache, settings.engine)
        self._value = b""

    def run(self, reader: str, title: str, seen: Callable[[bytes], bool]) -> Canary:
        """One reader, with a secret of its own."""
        if self._rule is None:
            return Canary(reader, UNTRIED, title, "no rule is in force that a canary can be made for")
        self._seed += 1
        self._value = grow(_SHAPES[self._rule], self._seed)
        try:
            found = seen(b"token = " + self._value + b"\n")
        except Exception as problem:  # the sentence is ours: what a reader says may quote what it read
            return Canary(reader, MISSED, title, f"the reader failed with {type(problem).__name__}")
        if not found:
            return Canary(reader, MISSED, title, "the reader did not find the secret that was put before it")
        return Canary(reader, FOUND, title)

    def encoded(self, text: bytes, make: Maker) -> bool:
        """A text in another encoding."""
        return any(seen.hit.value == self._value for seen in examined(self._engine, make(text), self._settings.limits).found)

    def peeled(self, text: bytes, form: Format, make: Maker) -> bool:
        """A file of a format, found by its reader and not by chance in its bytes."""
        data = make(text)
        if (known := recognise(data)) is None or known.name != form.name:
            return False
        found = examined(self._engine, data, self._settings.limits).found
        return any(seen.hit.value == self._value and (seen.hit.steps or seen.inside.member) for seen in found)

    def stored(self, text: bytes, *, packed: bool) -> bool:
        """A file that was committed to a repository and deleted again."""
        from scanner.pipeline.gitscan import GitScan

        with tempfile.TemporaryDirectory(prefix="leakseal-") as folder:
            _repository(Path(folder), text, packed=packed)
            return self._in(GitScan("t1", Path(folder), self._settings).run("canary").matches)

    def noted(self, text: bytes, file: str, make: Maker) -> bool:
        """An export of notes, found in its record."""
        from scanner.pipeline.notescan import NoteScan

        with tempfile.TemporaryDirectory(prefix="leakseal-") as folder:
            path = Path(folder) / file
            path.write_bytes(make(text))
            matches = NoteScan("t1", self._settings).run(path, "canary", lambda path: None).matches
        return self._in([match for match in matches if match.origin.record == RECORD])

    def _in(self, matches: list[Match]) -> bool:
        return any(match.hit.value == self._value for match in matches)


def _repository(folder: Path, text: bytes, *, packed: bool) -> None:
    """A bare repository with two commits, of which the second has no file any more."""
    env = {**environment(trust_owner=True, root=folder)}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "canary", f"GIT_{who}_EMAIL": "canary@localhost", f"GIT_{who}_DATE": "2024-01-01T00:00:00Z"}

    def said(*words: str, data: bytes | None = None) -> str:
        return git(words, folder, env, data=data).decode("ascii").strip()

    said("init", "--quiet", "--bare", "--initial-branch=main", "--template=", os.fspath(folder))
    blob = said("hash-object", "-w", "--stdin", data=text)
    first = said("commit-tree", "-m", "a", said("mktree", data=f"100644 blob {blob}\tapp.env\n".encode()))
    second = said("commit-tree", "-m", "b", "-p", first, said("mktree", data=b""))
    said("update-ref", "refs/heads/main", second)
    if packed:
        said("repack", "-a", "-d", "-q")
