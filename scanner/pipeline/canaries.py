"""Made-up secrets put before every reader: a run that misses one must not say that it would have seen a real one."""

from __future__ import annotations

import random
import shutil
import string
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from scanner.decode.canaries import CANARIES, TEXTS, Maker
from scanner.decode.formats import FORMATS, Format, missing, recognise
from scanner.decode.limits import Looking
from scanner.decode.notes.canaries import CANARIES as NOTES
from scanner.decode.notes.canaries import RECORD
from scanner.decode.ocr import code_engine, text_engine
from scanner.decode.picturecanaries import code, screenshot
from scanner.detect.engine import Engine
from scanner.model.evidence import Hit, Match
from scanner.pipeline.engines import engine
from scanner.pipeline.opened import examined
from scanner.pipeline.settings import Settings, Silent
from scanner.sources.git.environ import environment, git

FOUND, MISSED, LACKING, UNTRIED = "found", "missed", "lacking", "untried"
_LEGIBLE = "ACDEFHKMNPRTUWXY34679"  # letters that look like no other
_SURE_ENOUGH = 0.8
GIT: Mapping[str, str] = {
    "git-pack": "a packed Git object",
    "git-deleted": "a file that Git's history has and the newest commit has not",
    "git-loose": "a loose Git object",
    "git-message": "the message of a commit",
    "git-unreachable": "a Git object that nothing leads to",
}


class Canary(NamedTuple):
    """One reader, and whether it found what was put before it."""

    reader: str  # "unzip", "git-pack", "notes-json"
    outcome: str  # found | missed | lacking (something is not installed) | untried (it has no self-test)
    title: str  # for a person: "a ZIP archive"
    detail: str = ""


def canaries(settings: Settings, seed: int | None = None) -> Iterator[Canary]:
    """Every reader that this machine has, tried; the same seed makes the same secrets, without one they are new each time."""
    quiet = replace(settings, progress=Silent(), workers=1, leaves=False, meanwhile=lambda: None, foresee=lambda values: None)
    trial = _Trial(quiet, random.SystemRandom() if seed is None else random.Random(seed))  # noqa: S311 they open nothing
    for name, (title, make) in TEXTS.items():
        yield trial.one(name, title, lambda secret, make=make: trial.in_content(secret, make))  # type: ignore[misc]
    for form in FORMATS:
        if form.reader:
            yield _format(form, trial)
    yield from _shown(trial)
    yield from _git(trial)
    for name, (file, make) in NOTES.items():
        title = f"notes in {name.replace('-', ' ')}"
        yield trial.one(f"notes-{name}", title, lambda secret, file=file, make=make: trial.in_notes(secret, file, make))  # type: ignore[misc]


def _format(form: Format, trial: _Trial) -> Canary:
    if any(missing(name) for name in form.needs):
        return Canary(form.name, LACKING, form.title, f"install leakseal[{form.extra}]")
    if form.program and shutil.which(form.program) is None:
        return Canary(form.name, LACKING, form.title, f"install {form.program}")
    make = CANARIES.get(form.name)
    if make is None:
        return Canary(form.name, UNTRIED, form.title, "it has no self-test")
    return trial.one(form.name, form.title, lambda secret: trial.in_format(secret, form, make))


def _shown(trial: _Trial) -> Iterator[Canary]:
    """What pictures show: text, and codes."""
    looking = trial.looking
    texts, codes = "text that a picture shows", "a QR code that a picture shows"
    if looking.mode == "never":
        yield from (Canary(name, LACKING, title, "reading pictures is switched off") for name, title in (("ocr", texts), ("codes", codes)))
        return
    if missing("PIL") or text_engine(looking) is None:
        yield Canary("ocr", LACKING, texts, "install leakseal[ocr], or leakseal[pictures] and tesseract")
    else:
        yield trial.one("ocr", texts, lambda secret: trial.in_picture(screenshot, "ocr", _SURE_ENOUGH))
    if missing("PIL") or code_engine(looking) is None:
        yield Canary("codes", LACKING, codes, "install leakseal[pictures]")
    else:
        yield trial.one("codes", codes, lambda secret: trial.in_picture(code, "qrcode", 1))


def _git(trial: _Trial) -> Iterator[Canary]:
    if shutil.which("git") is None:
        yield from (Canary(name, LACKING, title, "install git") for name, title in GIT.items())
        return
    planted = {name: trial.secret() for name in GIT}
    try:
        found = trial.in_repository(planted)
    except Exception as problem:  # a sentence of Git's may quote what it read
        yield from (_missed(name, title, type(problem).__name__) for name, title in GIT.items())
        return
    for name, title in GIT.items():
        yield Canary(name, FOUND, title) if planted[name] in found else _missed(name, title)


def _missed(reader: str, title: str, problem: str = "") -> Canary:
    detail = f"the reader failed with {problem}" if problem else "it did not find the secret that was put before it"
    return Canary(reader, MISSED, title, detail)


class _Trial:
    """Makes canaries and looks whether they are found."""

    def __init__(self, settings: Settings, chance: random.Random) -> None:
        self._settings, self._chance = settings, chance
        self._engine: Engine = engine(settings.rules, settings.cache, settings.engine)

    def secret(self) -> bytes:
        """A new one."""
        return "".join(self._chance.choices(string.ascii_letters + string.digits, k=28)).encode()

    def one(self, reader: str, title: str, seen: Callable[[bytes], bool]) -> Canary:
        """One reader, with a secret of its own."""
        try:
            return Canary(reader, FOUND, title) if seen(self.secret()) else _missed(reader, title)
        except Exception as problem:  # what a reader says may quote what it read
            return _missed(reader, title, type(problem).__name__)

    def in_content(self, secret: bytes, make: Maker) -> bool:
        """A content that needs no reader of its own."""
        return any(seen.hit.value == secret for seen in examined(self._engine, make(_line(secret)), self._settings.limits).found)

    def in_format(self, secret: bytes, form: Format, make: Maker) -> bool:
        """A file of a format, found by its reader and not by chance in its bytes."""
        data = make(_line(secret))
        if (known := recognise(data)) is None or known.name != form.name:
            return False
        found = examined(self._engine, data, self._settings.limits).found
        return any(_is(seen.hit, secret) and (seen.hit.steps or seen.inside.member) for seen in found)

    @property
    def looking(self) -> Looking:
        """How pictures are read."""
        return self._settings.limits.looking

    def in_picture(self, make: Maker, step: str, least: float) -> bool:
        """A picture that shows a secret; `least` is the share of its letters that must be read as they are."""
        secret = "".join(self._chance.choices(_LEGIBLE, k=20))
        limits = replace(self._settings.limits, looking=replace(self.looking, cache=None))
        found = [seen.hit for seen in examined(self._engine, make(_line(secret.encode())), limits).found]
        read = [hit.value.decode("utf-8", "replace") for hit in found if any(one.startswith(step) for one in hit.steps)]
        return any(SequenceMatcher(None, secret, value, autojunk=False).ratio() >= least for value in read)

    def in_notes(self, secret: bytes, file: str, make: Maker) -> bool:
        """An export of notes, found in its record."""
        from scanner.pipeline.notescan import NoteScan

        with tempfile.TemporaryDirectory(prefix="leakseal-") as folder:
            path = Path(folder) / file
            path.write_bytes(make(_line(secret)))
            matches = NoteScan("t1", self._settings).run(path, "canary", lambda path: None).matches
        return secret in _values([match for match in matches if match.origin.record == RECORD])

    def in_repository(self, planted: Mapping[str, bytes]) -> set[bytes]:
        """What is found of these in a repository."""
        from scanner.pipeline.gitscan import GitScan

        with tempfile.TemporaryDirectory(prefix="leakseal-") as folder:
            _repository(Path(folder), {name: _line(secret) for name, secret in planted.items()})
            return _values(GitScan("t1", Path(folder), self._settings).run("canary").matches)


def _line(secret: bytes) -> bytes:
    return b"DATABASE_URL=postgresql://canary:%b@db.canary.internal:5432/canary\n" % secret


def _is(hit: Hit, secret: bytes) -> bool:
    """Whether this is the secret that was planted; one that a keystore holds is part of a key."""
    return hit.value == secret or (hit.rule.kind == "private-key" and secret in hit.value)


def _values(matches: list[Match]) -> set[bytes]:
    return {match.hit.value for match in matches}


def _repository(folder: Path, lines: Mapping[str, bytes]) -> None:
    """A bare repository that holds each of these lines at its place."""
    who = {f"GIT_{role}_{what}": "canary" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = environment(trust_owner=True, root=folder) | who
    env |= {f"GIT_{role}_DATE": "2026-01-01T00:00:00+00:00" for role in ("AUTHOR", "COMMITTER")}

    def said(*words: str, data: bytes | None = None) -> str:
        return git(words, folder, env, data=data).decode("ascii").strip()

    def tree(*names: str) -> str:
        entries = ((said("hash-object", "-w", "--stdin", data=lines[name]), name) for name in sorted(names))
        return said("mktree", data="".join(f"100644 blob {blob}\t{name}\n" for blob, name in entries).encode())

    said("init", "--quiet", "--bare", "--template=", ".")
    first = said("commit-tree", "-m", "one", tree("git-pack", "git-deleted"))
    second = said("commit-tree", "-m", "two", "-p", first, tree("git-pack"))
    said("update-ref", "refs/heads/main", second)
    said("repack", "-q", "-a", "-d")
    third = said("commit-tree", "-F", "-", "-p", second, tree("git-pack", "git-loose"), data=lines["git-message"])
    said("update-ref", "refs/heads/main", third)
    said("hash-object", "-w", "--stdin", data=lines["git-unreachable"])
