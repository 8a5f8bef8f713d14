"""Repositories and trees that are made for a measurement: the same bytes each time."""

from __future__ import annotations

import random
import shutil
import string
import subprocess
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

_TEXT = (
    "account address buffer cache channel client column config count cursor data default delay depth digest driver entry error event "
    "field filter format frame group handler header height index input item key label layer length limit line list lock mode module "
    "name node number object offset option order owner packet page parent path pattern payload point port prefix queue range reader "
    "record region request response result retry route rule sample scale schema score session shape size source stack state status "
    "step stream string table target task text thread time title token tree type unit user value vector version view weight width writer"
)
_WORDS = _TEXT.split()
_LANGUAGES = ("py", "go", "js", "c", "java", "yaml", "md", "txt")
_BLOCK = 8192  # lines


def token(seed: int) -> str:
    """A token as GitHub's published format has it, with its checksum; nobody's."""
    letters = string.digits + string.ascii_uppercase + string.ascii_lowercase
    body = "".join(random.Random(seed).choices(letters, k=30))
    rest, check = zlib.crc32(body.encode()), ""
    while rest:
        rest, digit = divmod(rest, 62)
        check = letters[digit] + check
    return "ghp" + "_" + body + check.rjust(6, "0")


def source(chance: random.Random) -> str:
    """A text that looks like a source file, of some kilobytes."""
    lines = []
    for _ in range(chance.randint(10, 110)):
        a, b, c = chance.choices(_WORDS, k=3)
        number = chance.randint(0, 4096)
        indent = "    " * chance.randint(0, 3)
        lines.append(
            indent
            + chance.choice(
                (
                    f"{a}_{b} = {c}.{a}({number})",
                    f"if {a} > {number} and {b} != {c}: return {b}",
                    f"// the {a} of a {b} is its {c}, see {a}/{b}.{c}",
                    f'log.info("{a} of {b}: %s", {c}_{a})',
                    f'{a}: "{b}-{c}"',
                    f"def {a}_{b}({c}, {b}_{number}):",
                    f"for ({a} = 0; {a} < {number}; {a}++) {b}[{a}] = {c};",
                    "",
                )
            )
        )
    return "\n".join(lines) + "\n"


def tree(folder: Path, files: int, seed: int = 1) -> int:
    """So many small files in folders of a hundred, and a token in the last; their size in bytes."""
    chance = random.Random(seed)
    size = 0
    for number in range(files):
        place = folder / f"{_WORDS[number // 100 % len(_WORDS)]}{number // 100:03}"
        if number % 100 == 0:
            place.mkdir(parents=True)
        text = source(chance)
        if number == files - 1:
            text += f'github = "{token(seed)}"\n'
        octets = text.encode()
        (place / f"{chance.choice(_WORDS)}{number % 100:02}.{_LANGUAGES[number % len(_LANGUAGES)]}").write_bytes(octets)
        size += len(octets)
    return size


def commit(folder: Path, files: int, env: Mapping[str, str]) -> tuple[Path, str]:
    """A repository of so many files in which one harmless line of one file is staged; its folder, and the file."""
    repository = folder / "commit"
    tree(repository, files, seed=2)
    git(repository, env, "init", "--quiet")
    git(repository, env, "add", "--all")
    git(repository, env, "commit", "--quiet", "--message", "all of it")
    git(repository, env, "gc", "--quiet")
    name = sorted(path for path in repository.rglob("*.py") if ".git" not in path.parts)[0].relative_to(repository)
    append(repository, env, str(name), "retry_limit = 3\n")
    return repository, str(name)


def append(repository: Path, env: Mapping[str, str], name: str, line: str) -> None:
    """Add a line to a file, and stage it."""
    with (repository / name).open("a", encoding="utf-8") as file:
        file.write(line)
    git(repository, env, "add", name)


def git(folder: Path, env: Mapping[str, str], *words: str) -> bytes:
    """What git says there."""
    return subprocess.run(("git", "-C", str(folder), *words), env=env, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout


def completed(folder: Path, repository: Path, env: Mapping[str, str]) -> tuple[Path, int]:
    """The repository itself, or, if blobs are missing from it, a copy that replaces them by an empty one; and how many it lacks.

    `git log --patch`, which other scanners read, stops at the first blob that is missing.
    """
    words = ("git", "-C", str(repository), "rev-list", "--objects", "--all", "--missing=print")
    walked = subprocess.run(words, env=env, check=True, capture_output=True).stdout
    missing = [line[1:].decode() for line in walked.splitlines() if line.startswith(b"?")]
    if not missing:
        return repository, 0
    copy = folder / "completed.git"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(_git_dir(repository, env), copy)
    git(copy, env, "config", "core.bare", "true")
    empty = git(copy, env, "hash-object", "-w", "--stdin").decode().strip()
    for oid in missing:
        git(copy, env, "update-ref", f"refs/replace/{oid}", empty)
    return copy, len(missing)


def _git_dir(repository: Path, env: Mapping[str, str]) -> Path:
    return Path(git(repository, env, "rev-parse", "--absolute-git-dir").decode().rstrip("\n"))


def big(folder: Path, octets: int, env: Mapping[str, str]) -> Path:
    """A bare repository whose one commit holds one blob of that size, written without ever being held."""
    repository = folder / "big.git"
    repository.mkdir()
    git(repository, env, "init", "--quiet", "--bare")
    words = ("git", "-C", str(repository), "-c", "core.compression=1", "fast-import", "--quiet", "--big-file-threshold=1m")
    with subprocess.Popen(words, env=env, stdin=subprocess.PIPE) as importer:
        assert importer.stdin
        importer.stdin.write(b"blob\nmark :1\ndata %d\n" % octets)
        for part in counted(octets):
            importer.stdin.write(part)
        importer.stdin.write(
            b"\ncommit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 9\none blob\n\nM 100644 :1 big.log\n\ndone\n"
        )
        importer.stdin.close()
    if importer.returncode:
        raise RuntimeError("git fast-import failed")
    return repository


def counted(octets: int) -> Iterator[bytes]:
    """Lines of a log with a counter, so many bytes in all."""
    line = "%012d INFO worker: took the next batch from the queue, its size is within the limit, nothing else to be done here\n"
    block = line * _BLOCK
    number = 0
    while octets > 0:
        part = (block % tuple(range(number, number + _BLOCK))).encode()[:octets]
        number += _BLOCK
        octets -= len(part)
        yield part
