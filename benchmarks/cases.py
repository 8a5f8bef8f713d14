"""What is measured: the commands of every tool for a history, a commit, a tree and one large blob."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import made, proof
from benchmarks.measure import Bench, Command, Timing, Unproven
from benchmarks.peers import Installed
from benchmarks.table import GIT, OURS, Row

_US = str(Path(sys.executable).with_name("leakseal"))
# Peers do no more than we do: no network, no archives. --redact: their reports of real histories are nobody's business.
_LEAKS = ("--redact", "--no-banner", "--no-color")
_KINGFISHER = ("--no-validate", "--no-update-check", "--redact", "--no-extract-archives", "--format", "json", "--jobs", "2")


def history(bench: Bench, peers: Mapping[str, Installed], subject: str, repository: Path) -> Row:
    """All of a repository's history."""
    repository, lacking = made.completed(bench.folder, repository, bench.env)
    subject += f" (of its blobs, {lacking} missing)" if lacking else ""
    path = str(repository)
    commands = [*_git(bench, repository), _ours(repository.parent, path, 0, 1, 3)]
    for name, words, check in (
        ("betterleaks", ("git", *_LEAKS, "--silent", "--max-archive-depth=0", path), proof.leaks(0, 1)),
        ("gitleaks", ("git", *_LEAKS, path), proof.leaks(0, 1)),
        ("kingfisher", ("scan", path, *_KINGFISHER), proof.kingfisher(0, 200)),
    ):
        if name in peers:
            commands.append(Command(name, (str(peers[name].program), *words), bench.folder, check))
    return Row("history", f"history of {subject}", tuple(bench.turns(commands)))


def _git(bench: Bench, repository: Path) -> list[Command]:
    """`git cat-file` of all blobs, in the orders in which one may ask for them; what the lists cost is not counted."""
    commands = []
    for name, blobs in zip(GIT, _orders(bench.env, repository), strict=True):
        names = bench.folder / f"{name}.blobs"
        names.write_bytes(b"".join(blob + b"\n" for blob in blobs))
        shell = 'exec git -C "$1" cat-file --batch --buffer >/dev/null'  # the null device, as in the target, and not a file
        commands.append(Command(name, ("sh", "-c", shell, "sh", str(repository)), bench.folder, proof.code(0), stdin=names))
    return commands


def _orders(env: Mapping[str, str], repository: Path) -> tuple[list[bytes], list[bytes], list[bytes]]:
    form = "--batch-check=%(objectname) %(objecttype)"
    stored = _said(env, repository, "cat-file", "--batch-all-objects", "--unordered", form).splitlines()
    by_pack = [line.split()[0] for line in stored if line.endswith(b" blob")]
    kept = set(by_pack)
    walked = _said(env, repository, "rev-list", "--objects", "--all", "--missing=allow-any").splitlines()
    return sorted(by_pack), by_pack, [line[:64].split()[0] for line in walked if line[:64].split()[0] in kept]


def _said(env: Mapping[str, str], repository: Path, *words: str) -> bytes:
    return made.git(repository, env, *words)


def _ours(cwd: Path, path: str, *good: int) -> Command:
    return Command(OURS, (_US, "scan", "--quiet", "--jobs", "2", "--ocr", "never", "--format", "json", path), cwd, proof.leakseal(*good))


def large(bench: Bench, octets: int) -> Row:
    """One blob of that size; only ours, for its memory."""
    bench.tell(f"making a blob of {octets} bytes")
    repository = made.big(bench.folder, octets, bench.env)
    return Row("large", f"one blob of {octets / (1 << 30):.1f} GiB", tuple(bench.turns([_ours(bench.folder, str(repository), 0, 3)])))


def commit(bench: Bench, peers: Mapping[str, Installed], files: int) -> Row:
    """A commit of one line, as a hook sees it: each tool must stop a token, and is timed on a line that is harmless."""
    repository, name = made.commit(bench.folder, files, bench.env)
    commands = _hooks(peers, repository, name)
    refused = _blind(bench, commands, repository, name)
    usable = [command for command in commands if command.tool not in refused]
    timings = [*bench.turns(usable), *(Timing(tool, problem=problem) for tool, problem in refused.items())]
    return Row("commit", f"one-line commit among {files} files", tuple(timings))


def _hooks(peers: Mapping[str, Installed], repository: Path, name: str) -> list[Command]:
    commands = [Command(OURS, (_US, "hook", "pre-commit"), repository, proof.code(0))]
    words: dict[str, Sequence[str]] = {
        "betterleaks": ("git", "--staged", *_LEAKS, "--silent", "."),
        "gitleaks": ("git", "--pre-commit", "--staged", *_LEAKS, "."),
        "kingfisher": ("scan", ".", "--staged", *_KINGFISHER),
    }
    for tool, rest in words.items():
        if tool in peers:
            commands.append(Command(tool, (str(peers[tool].program), *rest), repository, proof.code(0)))
    if "betterleaks" in peers:
        packaged = (str(peers["betterleaks"].wrapper), *words["betterleaks"])
        commands.append(Command("betterleaks (its Python wrapper)", packaged, repository, proof.code(0)))
    if "detect-secrets" in peers:
        hook = peers["detect-secrets"].program.with_name("detect-secrets-hook")
        commands.append(Command("detect-secrets", (str(hook), "--no-verify", name), repository, proof.code(0)))
    return commands


def _blind(bench: Bench, commands: Sequence[Command], repository: Path, name: str) -> dict[str, str]:
    """The tools that let a staged token pass, or that fail at it, and what they said."""
    before = (repository / name).read_bytes()
    made.append(repository, bench.env, name, f'github = "{made.token(7)}"\n')
    refused = {}
    for command in commands:
        try:
            said = proof.code(*((200,) if command.tool == "kingfisher" else (1,)))(bench.once(command))
            bench.tell(f"  {command.tool} stops a token: {said}")
        except Unproven as problem:
            refused[command.tool] = f"a staged token was not refused: {problem}"
            bench.tell(f"  {command.tool}: {refused[command.tool]}")
    (repository / name).write_bytes(before)
    made.git(repository, bench.env, "add", name)
    return refused


def tree(bench: Bench, peers: Mapping[str, Installed], files: int) -> Row:
    """A folder of small files; the last one holds a token, which each tool must find."""
    folder = bench.folder / "tree"
    size = made.tree(folder, files)
    bench.tell(f"{files} files, {size / 1e6:.1f} MB")
    commands = [_ours(bench.folder, str(folder), 1)]
    for name, words, check in (
        ("betterleaks", ("fs", *_LEAKS, "--silent", "--max-archive-depth=0", str(folder)), proof.leaks(1)),
        ("gitleaks", ("dir", *_LEAKS, str(folder)), proof.leaks(1)),
        ("kingfisher", ("scan", str(folder), *_KINGFISHER), proof.kingfisher(200)),
        ("detect-secrets", ("-c", "2", "scan", "--all-files", "--no-verify", "."), proof.detect_secrets),
    ):
        if name in peers:
            commands.append(Command(name, (str(peers[name].program), *words), folder if name == "detect-secrets" else bench.folder, check))
    return Row("tree", f"tree of {files} small files", tuple(bench.turns(commands)))


def environment(work: Path) -> dict[str, str]:
    """What every program runs in: a home of its own with warm caches, and nobody's Git configuration."""
    home = work / "home"
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text("[user]\n\tname = bench\n\temail = bench@example.org\n[safe]\n\tdirectory = *\n", encoding="utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
