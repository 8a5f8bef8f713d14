"""A released package and its repository, a builder's key made by openssl, and what `leakseal artifact` says of them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scanner.artifacts.asked import Asked
from scanner.artifacts.look import look
from scanner.artifacts.result import document, schema
from scanner.artifacts.run import Bench
from scanner.attest.keys import load_public
from scanner.attest.policy import Trust, Trusted
from scanner.attest.timestamp import Authority
from scanner.cli import main
from scanner.findings.seal import Seal
from scanner.model.rule import Ruleset
from scanner.pipeline.run import Judging
from scanner.pipeline.settings import Settings
from tests.artifact.images import CONFIG, Built, grown
from tests.artifact.keys import Key, make_key
from tests.conftest import Repo
from tests.decode.makers import out

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SOURCE = "https://forge.example/shop/app"
BUILDER = "https://forge.example/builders/release@v1"
BUILD_TYPE = "https://forge.example/build-types/container@v1"
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "shop-app"
version = "1.4.2"
[project.scripts]
shop = "shop:main"
[tool.hatch.build.targets.wheel]
packages = ["src/shop"]
"""
FILES = {
    "pyproject.toml": PYPROJECT, "src/shop/__init__.py": "def main():\n    return 0\n", "src/shop/data/rates.txt": "one\ntwo\n",
    "src/shop/empty.py": "", "README.md": "A shop.\n", "package.json": '{"name": "@shop/app", "version": "1.4.2", "main": "index.js"}\n',
    "index.js": "module.exports = 1\n",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """The exit code, and what was said."""

    code: int
    said: Mapping[str, Any] = field(repr=False)
    out: str = ""
    err: str = ""

    @property
    def failed(self) -> dict[str, str]:
        """The checks that did not hold, and their sentences."""
        return {one["name"]: one["detail"] for one in self.said["checks"] if one["outcome"] == "failed"}

    @property
    def held(self) -> set[str]:
        """The checks that held."""
        return {one["name"] for one in self.said["checks"] if one["outcome"] == "held"}


def told(target: str | Path, *words: str | Path) -> Told:
    """`leakseal artifact TARGET WORDS --format json` in this process; what it writes is as its schema says."""
    made, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    old = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = made, err
    try:
        code = main(["artifact", str(target), *map(str, words), "--format", "json", "-q", "--jobs", "1"])
    finally:
        sys.stdout, sys.stderr = old
    made.flush()
    text = made.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "unforeseen" not in err.getvalue(), err.getvalue()
    said = json.loads(text) if text else {}
    if said:
        jsonschema.Draft202012Validator(schema()).validate(said)
        assert said["exitCode"] == code
    return Told(code, said, text, err.getvalue())


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """The builder's key."""
    return make_key(tmp_path_factory.mktemp("builder"), "builder")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """A key that nobody trusts."""
    return make_key(tmp_path_factory.mktemp("stranger"), "stranger")


@dataclass(frozen=True, slots=True)
class Released:
    """A repository with a tag, and what was built from it."""

    repo: Repo
    commit: str
    wheel: Path
    sdist: Path
    npm: Path

    @property
    def source(self) -> str:
        """The commit, as --source takes it."""
        return f"{self.repo.path}@v1.4.2"


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A package built by hatchling, pip and npm."""
    folder = tmp_path_factory.mktemp("released")
    path, dist = folder / "repo", folder / "dist"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    repo = Repo(path)
    commit = repo.commit(dict(FILES))
    repo.git("tag", "v1.4.2")
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    out(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", dist, path, cwd=folder)
    out(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", dist, cwd=path)
    out("npm", "pack", "--silent", f"--cache={folder / 'cache'}", "--pack-destination", dist, cwd=path)
    repo.git("clean", "-fdxq")
    return Released(repo, commit, next(dist.glob("*.whl")), next(dist.glob("*.tar.gz")), next(dist.glob("*.tgz")))


Statement = dict[str, Any]


def statement(digest: str, commit: str, **parameters: Any) -> Statement:
    """SLSA provenance v1 as a builder writes it."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop-app", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"source": f"git+{SOURCE}@refs/tags/v1.4.2", **parameters},
                "internalParameters": {"runner": "r7"},
                "resolvedDependencies": [
                    {"uri": f"git+{SOURCE}@refs/tags/v1.4.2", "digest": {"gitCommit": commit}},
                    {"uri": "pkg:docker/python@3.12", "digest": {"sha256": "b" * 64}},
                ],
            },
            "runDetails": {
                "builder": {"id": BUILDER}, "metadata": {"invocationId": "4711", "finishedOn": "2026-03-01T10:00:00Z"},
            },
        },
    }  # fmt: skip


def digest_of(path: Path) -> str:
    """`sha256:…` of a file."""
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def bench() -> Bench:
    """Nothing is searched for: what a run costs that only looks at digests and signatures."""
    return Bench(Settings(Ruleset((), "sha256:" + "0" * 64), None), Judging(Seal(b"k" * 32, b""), (), NOW.date()))


def looked(target: Path | str, *, insecure: tuple[str, ...] = (), environ: Mapping[str, str] | None = None, **asked: Any) -> Told:
    """The checks of a target without a scan, without the command line."""
    wanted = Asked(str(target), **{"now": NOW, "scan": False, **asked})
    found, _ = look(wanted, bench(), insecure, environ or {})
    value = document(found, wanted, lambda text: text, {"tool": "t", "startedOn": None, "finishedOn": None, "seconds": None, "host": None})
    jsonschema.Draft202012Validator(schema()).validate(value)
    return Told(found.exit_code, value)


def trusting(key: Key, *authorities: Authority, **more: Any) -> Trust:
    """A builder's key, and whose time counts."""
    return Trust((Trusted(load_public(key.public), **{"roles": ("builder",), **more}),), authorities)


@pytest.fixture
def proven(released: Released, builder: Key, tmp_path: Path) -> Callable[..., Told]:
    """What is said of the wheel with a provenance that was changed before it was signed, or after."""

    def judge(
        before: Callable[[Statement], None] = lambda said: None, after: Callable[[dict[str, Any]], None] = lambda said: None, *,
        key: Key = builder, **asked: Any,
    ) -> Told:  # fmt: skip
        said = statement(digest_of(released.wheel), released.commit)
        before(said)
        envelope = key.envelope(json.dumps(said).encode())
        after(envelope)
        file = tmp_path / "provenance.intoto.json"
        file.write_text(json.dumps(envelope))
        expected = {"builders": (BUILDER,), "source_uri": SOURCE, "commit": released.commit, "trust": trusting(builder)}
        return looked(released.wheel, provenance=(str(file),), **{**expected, **asked})

    return judge


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The images."""
    folder = tmp_path_factory.mktemp("image")
    path, layout = folder / "repo", folder / "layout"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    repo = Repo(path)
    commit = repo.commit({"app/main.py": "print(1)\n", "app/static/site.css": "a{}\n"})
    out("umoci", "init", "--layout", layout)
    out("umoci", "new", "--image", f"{layout}:base")
    grown(layout, "base", {"etc/os-release": b"NAME=made\n", "etc/gone": b"x\n"}, folder / "one")
    files = {"srv/app/main.py": b"print(1)\n", "srv/app/static/site.css": b"a{}\n"}
    grown(layout, "app", files, folder / "two", "base")
    labels = {f"{CONFIG}.revision": commit, f"{CONFIG}.source": SOURCE, f"{CONFIG}.version": "1.4.2"}
    words = [word for name, value in labels.items() for word in ("--config.label", f"{name}={value}")]
    out("umoci", "config", "--no-history", "--image", f"{layout}:app", *words)
    out("umoci", "gc", "--layout", layout)
    return Built(layout, repo, commit)


@pytest.fixture
def image(made: Built, tmp_path: Path) -> Built:
    """A copy of it that a test may change."""
    shutil.copytree(made.layout, tmp_path / "layout")
    return Built(tmp_path / "layout", made.repo, made.commit)
