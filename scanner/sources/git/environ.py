"""Running Git on a stranger's repository: nothing of the repository's own runs, nothing leaves the machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from scanner.errors import LeaksealError, UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

# Command-scope configuration wins over the repository's own; each line switches off something that could run a program.
_OVERRIDES = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.multiPackIndex": "false",  # every pack has its own index, and a damaged common one is fatal to Git
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.untrackedCache": "false",
    "credential.helper": "",
    "color.ui": "false",
    "diff.external": "",
    "diff.ignoreSubmodules": "all",
    "diff.orderFile": os.devnull,
    "gc.auto": "0",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "uploadpack.packObjectsHook": "",
    "core.quotePath": "false",
    "log.diffMerges": "off",
    "diff.renames": "false",
}
_MEMORY = 3 << 30
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")


def environment(
    *, trust_owner: bool = False, quarantine: bool = False, index: str | None = None, root: Path | None = None
) -> dict[str, str]:
    """The whole environment for a Git process; `quarantine` keeps what a forge's pre-receive hook is told.

    Git, run in a `root` that it cannot open, does not look for another repository above it.
    """
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env |= {
        "LC_ALL": "C",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        # Git before 2.45 fetches what a partial clone lacks whatever that says, and a repository's own
        # protocol.ext.allow beats protocol.allow: only this list is stronger than both.
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
    }
    if quarantine:
        env |= {name: os.environ[name] for name in _QUARANTINE if name in os.environ}
    if index:
        env["GIT_INDEX_FILE"] = index
    if root is not None:
        env["GIT_CEILING_DIRECTORIES"] = os.path.dirname(os.path.realpath(root))
    settings = dict(_OVERRIDES)
    if trust_owner:
        settings["safe.directory"] = "*"
    env["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (name, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = name
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def bounded(pid: int) -> None:
    """Hold a Git process to some gigabytes: a delta of a few bytes can ask for any size, and deltas that go in circles for all there is."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


class GitFailed(LeaksealError):
    """A Git command ended with an error; its own words are kept out of the message because they may quote content."""


def git(arguments: Sequence[str], at: str | Path, env: Mapping[str, str], *, data: bytes | None = None, timeout: float = 600) -> bytes:
    """Standard output of `git ARGUMENTS` run in `at`; raises GitFailed or, where Git refuses the owner, UnreadableError."""
    import subprocess

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
