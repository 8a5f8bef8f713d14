"""Running Git on a stranger's repository: nothing of the repository's own runs, nothing leaves the machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scanner.errors import LeaksealError, UnreadableError

# Command-scope configuration wins over the repository's own; each line switches off something that could run a program.
_OVERRIDES = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.untrackedCache": "false",
    "diff.external": "",
    "diff.ignoreSubmodules": "all",
    "gc.auto": "0",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "uploadpack.packObjectsHook": "",
    "core.quotePath": "false",
    "log.diffMerges": "off",
    "diff.renames": "false",
}
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")


def environment(*, trust_owner: bool = False, quarantine: bool = False, index: str | None = None) -> dict[str, str]:
    """The whole environment for a Git process; `quarantine` keeps what a forge's pre-receive hook is told."""
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env |= {
        "LC_ALL": "C",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
    }
    if quarantine:
        env |= {name: os.environ[name] for name in _QUARANTINE if name in os.environ}
    if index:
        env["GIT_INDEX_FILE"] = index
    settings = dict(_OVERRIDES)
    if trust_owner:
        settings["safe.directory"] = "*"
    env["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = name
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


class GitFailed(LeaksealError):
    """A Git command ended with an error; its own words are kept out of the message because they may quote content."""


def git(arguments: Sequence[str], at: Path, env: Mapping[str, str], *, data: bytes | None = None, timeout: float = 600) -> bytes:
    """Standard output of `git ARGUMENTS` run in `at`; raises GitFailed or, where Git refuses the owner, UnreadableError."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=at, env=env, input=data, stdin=None if data is not None else subprocess.DEVNULL,
            capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip
    except FileNotFoundError as problem:
        raise LeaksealError("Git is not installed", hint="install git and put it on the PATH") from problem
    except subprocess.TimeoutExpired as problem:
        raise GitFailed(f"git {arguments[0]} did not answer within {timeout:.0f} s") from problem
    if done.returncode:
        if b"dubious ownership" in done.stderr:
            raise UnreadableError(
                "the repository belongs to another user, and Git refuses to open it",
                hint="run as its owner, or add --trust-owner if you trust whoever can write to it",
            )
        raise GitFailed(f"git {arguments[0]} failed with exit code {done.returncode}", hint="run `git fsck` in the repository")
    return done.stdout
