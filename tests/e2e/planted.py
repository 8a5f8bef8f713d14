"""Secrets of every kind, grown at run time, and the places where they are planted."""

from __future__ import annotations

import base64
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from scanner import shipped
from scanner.cli.options import named
from scanner.detect.engine import Engine, engine
from scanner.findings.public import public_prefix
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow
from tests.e2e.dragnet import ORDINARY, PART, Secret

SEED = 4
_OTHERS = range(50, 56)  # seeds of siblings: what they share is format


@dataclass(frozen=True, slots=True)
class Plant:
    """A text and the secrets in it."""

    name: str
    text: bytes = field(repr=False)
    secrets: tuple[Secret, ...]


@cache
def searcher() -> Engine:
    """All shipped rules."""
    return engine(load([Path(shipped.shipped("rules"))], known=named()), None)


@cache
def plants() -> tuple[Plant, ...]:
    """A hit of every rule, in one context or another, and what a person would write by hand."""
    return (*_grown(), *_written())


def _grown() -> Iterator[Plant]:
    for turn, rule in enumerate(searcher().rules.rules):
        number = turn % len(rule.hits)
        shape, name = rule.hits[number].shape, f"{rule.id}-{number}"
        text = grow(shape, SEED)
        shared = Counter(part for seed in _OTHERS for part in _in_all_forms(grow(shape, seed)))
        plain = frozenset(part for part, times in shared.items() if times > 1)
        secrets = []
        for hit in searcher().find(text):
            public = len(public_prefix(hit.rule, hit.value))
            secrets.append(Secret(name, hit.value, public, plain))
            raw = text[hit.secret.start : hit.secret.end]
            if raw != hit.value:
                secrets.append(Secret(f"{name} as written", raw, 0, plain))
            secrets += [Secret(f"{name} partner", partner.hidden, 0, plain) for partner in hit.partners if partner.hidden]
        yield Plant(name, text, tuple(secrets))


def _in_all_forms(text: bytes) -> set[bytes]:
    """The parts of a text, and of what is found in it, decoded."""
    return _parts(text).union(*(_parts(hit.value) for hit in searcher().find(text)))


def _parts(text: bytes) -> set[bytes]:
    return {text[at : at + PART] for at in range(len(text) - PART + 1)}


def _written() -> Iterator[Plant]:
    """Passwords that are known here without asking a rule."""
    for name, shape, text in (
        ("strong", "{alnum:22}", "DATABASE_URL=postgresql://orders:%s@db.shop.internal:5432/orders"),
        ("signs", "{password:18}", 'url = "mysql://writer:%s@db.shop.internal/shop"'),
        ("weak", "{word:7}{digit:3}", "mongodb://writer:%s@db.shop.internal/shop"),
        ("short", "{word:4}{digit:2}", "redis://:%s@cache.shop.internal:6379/0"),
        ("same", "{word:6}{digit:4}", "amqp://%s:%s@queue.shop.internal:5672/"),
        ("libpq", "{alnum:20}", "host=db.shop.internal port=5432 user=writer password=%s dbname=shop"),
        ("setting", "{alnum:24}", "SMTP_PASSWORD=%s"),
    ):
        value = grow(shape, SEED)
        yield Plant(name, text.encode().replace(b"%s", value), (Secret(name, value),))
    login = b"robot:" + grow("{alnum:20}", SEED + 1)
    auth = base64.b64encode(login)
    text = b'{"auths": {"registry.shop.internal": {"auth": "' + auth + b'"}}}'
    yield Plant("pull-secret", text, (Secret("pull-secret", login[6:]), Secret("pull-secret as written", auth[8:])))


def tokens(count: int) -> list[Plant]:
    """Plants that are one bare word, good for a name of anything."""
    bare = [plant for plant in plants() if plant.secrets and plant.text.replace(b"_", b"").isalnum() and len(plant.text) >= 20]
    return random.Random(SEED).sample(bare, count)


@dataclass(slots=True)
class Ground:
    """Where everything is planted: a repository, a bare copy with damage, a folder, a program called git that keeps its words."""

    home: Path
    words: list[bytes] = field(repr=False)

    @property
    def repo(self) -> Path:
        return self.home / "repo"

    @property
    def bare(self) -> Path:
        return self.home / "bare.git"

    @property
    def tree(self) -> Path:
        return self.home / "tree"

    def git(self, *words: str | bytes, data: bytes | None = None) -> bytes:
        """One git command in the repository."""
        return subprocess.run(["git", "-C", str(self.repo), *words], input=data, capture_output=True, check=True).stdout


def plant_all(home: Path) -> Ground:
    """A repository, a damaged copy and a folder with every plant in many places."""
    words = [plant.text for plant in tokens(14)]
    ground = Ground(home, words)
    subprocess.run(["git", "init", "-q", "-b", "main", str(ground.repo)], check=True)
    ground.tree.mkdir()
    for root in (ground.repo, ground.tree):
        _files(root, words)
    _history(ground)
    _damage(ground)
    (ground.tree / words[10].decode()).mkdir()
    (ground.tree / f"{words[11].decode()}.zip").write_bytes(b"PK\x03\x04" + bytes(60))
    os.mkfifo(ground.tree / f"pipe-{words[12].decode()}")
    return ground


def _files(root: Path, words: list[bytes]) -> None:
    (root / "each").mkdir()
    for plant in plants():
        (root / "each" / plant.name).write_bytes(plant.text + b"\n")
    (root / "alone").write_bytes(words[0])
    (root / "one-line.js").write_bytes(b"call(" + b", ".join(b'"%s"' % word for word in words) + b")\n")
    dsns = [plant.text for plant in plants() if b"://" in plant.text and b"\n" not in plant.text]
    (root / "neighbours.env").write_bytes(b" ".join(dsns[:6]) + b"\n" + b"A=" + b";".join(dsns[6:12]) + b"\n")
    (root / "utf16.txt").write_bytes(b"\n".join(words).decode().encode("utf-16"))
    (root / "inside.bin").write_bytes(b"\x7fELF" + bytes(40) + words[1].decode().encode("utf-16-le") + bytes(9))
    (root / "escaped.txt").write_bytes(b"\x1b[31m" + words[2] + b"\x1b[0m \x1b]8;;https://x/" + words[3] + b"\x1b\\ x\n")


def _history(ground: Ground) -> None:
    git, words = ground.git, ground.words
    git("add", "--force", "each", "alone", "one-line.js", "neighbours.env", "utf16.txt", "inside.bin", "escaped.txt")
    git("commit", "-qm", b"Add everything\n\nwith " + words[4] + b" for now")
    author = words[5] + b" <" + words[5] + b"@example.org>"
    (ground.repo / words[6].decode()).mkdir()
    (ground.repo / words[6].decode() / f"{words[7].decode()}.txt").write_bytes(words[8] + b"\n")
    git("add", words[6])
    git("commit", "-qm", "Rename", b"--author=" + author)
    git("branch", b"deploy/" + words[9])
    git("tag", "-a", "-m", b"release with " + words[10], b"v-" + words[11])
    git("notes", "add", "-m", b"checked with " + words[12])
    git("remote", "add", "origin", b"https://bot:" + words[13] + b"@git.shop.internal/shop.git")
    git("commit", "-q", "--allow-empty", "-m", b"dropped " + plants()[0].text)
    git("reset", "-q", "--hard", "HEAD~1")
    (ground.repo / f"staged-{words[3].decode()}").write_bytes(words[2] + b" only staged\n")
    git("add", f"staged-{words[3].decode()}")


def _damage(ground: Ground) -> None:
    subprocess.run(["git", "clone", "-q", "--mirror", str(ground.repo), str(ground.bare)], check=True, capture_output=True)
    loose = ground.bare / "objects" / "ab"
    loose.mkdir(exist_ok=True)
    (loose / ("cd" * 19)).write_bytes(b"blob 40\0" + ground.words[0])
    pack = next((ground.bare / "objects" / "pack").glob("*.pack"), None)
    if pack is not None:
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 0x55
        pack.chmod(0o600)
        pack.write_bytes(data)


def _hidden(text: bytes) -> set[bytes]:
    """Every eight characters of the secrets in a text, without what may be shown of them."""
    return set().union(*(_parts(hit.value[len(public_prefix(hit.rule, hit.value)) :]) for hit in searcher().find(text)))


def crowd(folder: Path, seeds: range = range(70, 74)) -> tuple[int, set[bytes]]:
    """Thousands of secrets of every rule in every context, by rule; how many, and every eight characters that are theirs alone."""
    count, alone = 0, set[bytes]()
    for rule in searcher().rules.rules:
        lines: list[bytes] = []
        for hit in rule.hits:
            texts = [grow(hit.shape, seed) for seed in seeds]
            lines += texts
            found = [_hidden(text) for text in texts]
            count += sum(map(bool, found))
            times = Counter(part for parts in (*found, *map(_parts, (grow(hit.shape, seed) for seed in _OTHERS))) for part in parts)
            alone |= {part for part, often in times.items() if often == 1 and any(part in parts for parts in found)}
        (folder / f"{rule.id}.txt").write_bytes(b"\n".join(lines) + b"\n")
    said = " ".join(" ".join((rule.id, rule.title, rule.advice, *rule.references)) for rule in searcher().rules.rules)
    return count, {part for part in alone - _parts(said.encode()) if not ORDINARY.fullmatch(part)}
