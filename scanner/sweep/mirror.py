"""Mirrors of repositories elsewhere: fetched by Git with nothing of theirs run, in bounded room, and with nothing lost that was there."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import LeaksealError
from scanner.sources.git.environ import GitFailed, environment, git
from scanner.sweep.fetch.shelf import folder_of
from scanner.sweep.inventory import Listed
from scanner.sweep.variables import Unset, value

KEPT = "refs/leakseal/kept/"
_USED = "leakseal-used"  # beside a mirror; its time says when the mirror was last wanted
_PACKS_MOST, _LOOSE_MOST = 40, 6000  # more are put into one pack
# Old software wrote such objects, and they hide nothing; everything else that git-fsck(1) calls an error stops a fetch.
_HARMLESS = ("zeroPaddedFilemode", "missingSpaceBeforeDate", "badTimezone", "missingSpaceBeforeEmail", "badEmail", "missingNameBeforeEmail",
             "missingEmail", "badDate", "hasDotgit", "nullSha1", "badTagName", "missingTaggerEntry")  # fmt: skip
_SIGNS = (
    ("password", rb"could not read (?:Username|Password)|terminal prompts disabled|[Aa]uthentication failed|Permission denied"
                 rb"|error: 40[13]|Host key verification failed"),
    ("disk", rb"died of signal 25|No space left|File too large|disk quota|write error"),
    ("protocol", rb"transport '[^']*' not allowed"),
    ("vanished", rb"not found|Not Found|does not appear to be a git repository|does not exist|error: 404"
                 rb"|not valid: is this a git repository"),
    ("corrupt", rb"fsck|corrupt|index-pack|unpack|bad (?:object|pack|tree)|missing (?:blob|tree|commit|object|necessary)|pack has|invalid"
                rb"|did not send all|not a valid object"),
)  # fmt: skip
_SENTENCES = {
    "password": "it asks for a password, or refuses the one that it was given",
    "disk": "there is no room for it on this machine",
    "protocol": "it wants to be fetched by a protocol that is not allowed",
    "vanished": "there is no repository any more",
    "corrupt": "what it sent is damaged",
    "timeout": "it could not be fetched in time",
    "unreachable": "it could not be reached",
}


class NotRead(LeaksealError):
    """A repository that could not be read, and why in one word and one sentence."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or _SENTENCES[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Room:
    """Where mirrors are, and how much they may take."""

    folder: Path
    most: int | None = None  # bytes


@contextlib.contextmanager
def mirrored(one: Listed, room: Room) -> Iterator[Path]:
    """The mirror of a repository, brought up to date, and nobody else's meanwhile; raises NotRead."""
    path = place(one, room)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path.parent / f"{path.name}.lock").open("w") as lock:
        _wait(lock.fileno(), one.timeout)
        try:
            _make_room(room, path)
            _fetch(one, path, room, lock.fileno())
            _make_room(room, path)
        except OSError as problem:
            raise NotRead("disk" if problem.errno in (28, 122, 27) else "unreachable", f"the mirror failed: {problem.strerror}") from None
        yield path
        if one.source is not None:
            _make_room(room, path)


def place(one: Listed, room: Room) -> Path:
    """Where a repository's mirror is."""
    return room.folder.absolute() / (hashlib.sha256((one.url or "").encode()).hexdigest()[:32] + ".git")


def _wait(lock: int, seconds: float) -> None:
    """Until nobody else writes to a mirror: another sweep, or Git that one which was killed has left behind."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise NotRead("busy", "its mirror is being written by somebody else") from None
            time.sleep(0.2)
        else:
            return


def _fetch(one: Listed, path: Path, room: Room, lock: int) -> None:
    if not (path / "HEAD").is_file() or not (path / "objects").is_dir():
        shutil.rmtree(path, ignore_errors=True)
        _run(["init", "--bare", "--quiet", str(path)], path.parent, environment(), 60)
        for name in ("hooks", "description", "info", "branches"):
            target = path / name
            shutil.rmtree(target, ignore_errors=True) if target.is_dir() else target.unlink(missing_ok=True)
    (path.parent / f"{path.name}.{_USED}").touch()
    for left in (*path.glob("objects/pack/tmp_*"), *path.glob("objects/??/tmp_*"), *path.glob("**/*.lock")):
        left.unlink(missing_ok=True)  # of a fetch that was killed: the lock is ours, so nobody writes
    env = _outward(one)
    before = refs(path)
    words = ["fetch", "--prune", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet",
             "--force", "--", one.url or "", "+refs/*:refs/*", "^refs/leakseal/*"]  # fmt: skip
    try:
        _run(words, path, env, one.timeout, most=room.most, lock=lock)
    finally:
        _keep(path, before)
    _head(path, one.branch or (_default(one, path, env) if one.trust_suppressions else ""))
    _tidy(path, one.timeout)


def refs(path: Path) -> dict[str, str]:
    """Ref -> object, of all refs but our own."""
    listed = git(["for-each-ref", "--format=%(objectname) %(refname)"], path, environment(trust_owner=True))
    lines = (line.split(" ", 1) for line in listed.decode("utf-8", "backslashreplace").split("\n") if line)
    return {ref: oid for oid, ref in lines if not ref.startswith("refs/leakseal/")}


def _keep(path: Path, before: Mapping[str, str]) -> None:
    """Give what refs no more lead to a ref of ours: deleted branches, and what a forced push has left behind."""
    env = environment(trust_owner=True)
    lost = sorted(set(before.values()) - set(refs(path).values()))
    if not lost:
        return
    try:
        kinds = git(["cat-file", "--batch-check=%(objectname) %(objecttype)"], path, env, data=_lines(lost)).decode().split("\n")
        commits = [line.split(" ")[0] for line in kinds if line.endswith(" commit")]
        apart = set(git(["rev-list", "--stdin", "--not", "--all"], path, env, data=_lines(commits)).decode().split()) if commits else set()
    except GitFailed:
        commits, apart = [], set()
    kept = [oid for oid in lost if oid in apart or oid not in commits]
    git(["update-ref", "--stdin"], path, env, data=_lines(f"update {KEPT}{oid} {oid}" for oid in kept))


def _lines(lines: Iterator[str] | Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _default(one: Listed, path: Path, env: Mapping[str, str]) -> str:
    """The branch that a repository elsewhere stands on, if it says so."""
    said = _run(["ls-remote", "--symref", "--", one.url or "", "HEAD"], path, env, one.timeout)
    found = re.match(rb"ref: refs/heads/([^\s\0]{1,400})\tHEAD\n", said)
    return found[1].decode("utf-8", "surrogateescape") if found else ""


def _head(path: Path, default: str) -> None:
    """Let HEAD stand for a branch that is there, and for the default one if it is known."""
    env, there = environment(trust_owner=True), refs(path)
    now = (path / "HEAD").read_text(errors="replace").removeprefix("ref:").strip()
    usual = (f"refs/heads/{default}", now, "refs/heads/main", "refs/heads/master")
    wanted = next((name for name in (*usual, *sorted(there)) if name in there), now)
    if wanted != now and wanted.startswith("refs/heads/"):
        git(["symbolic-ref", "HEAD", wanted], path, env)


def _tidy(path: Path, timeout: int) -> None:
    """Many packs become one; what no ref leads to stays."""
    loose = sum(len(files) for at, _, files in os.walk(path / "objects") if len(Path(at).name) == 2)
    if len(list((path / "objects/pack").glob("*.pack"))) > _PACKS_MOST or loose > _LOOSE_MOST:
        with contextlib.suppress(NotRead):  # it is as good as it was
            _run(["repack", "-a", "-d", "-k", "-q"], path, environment(trust_owner=True), timeout)


def _make_room(room: Room, wanted: Path) -> None:
    """Remove mirrors that were not wanted for longest, until all fit; what is in use stays, but for files that can be fetched again."""
    if room.most is None:
        return
    marks = [mark for mark in room.folder.glob(f"*.git.{_USED}") if mark.name != f"{wanted.name}.{_USED}"]
    sizes = {mark: _both(room.folder / mark.name.removesuffix(f".{_USED}")) for mark in marks}
    total = sum(sizes.values()) + _both(wanted)
    for mark in sorted(marks, key=lambda one: one.stat().st_mtime_ns):
        if total <= room.most:
            return
        name = mark.name.removesuffix(f".{_USED}")
        with (room.folder / f"{name}.lock").open("w") as lock, contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(room.folder / name, ignore_errors=True)
            shutil.rmtree(folder_of(room.folder / name), ignore_errors=True)
            mark.unlink(missing_ok=True)
            total -= sizes[mark]
    if total > room.most:
        shutil.rmtree(folder_of(wanted) / "files", ignore_errors=True)


def _both(mirror: Path) -> int:
    """How much room a mirror takes, with what stands beside it."""
    return octets(mirror) + octets(folder_of(mirror))


def octets(folder: Path) -> int:
    """How much room the files of a folder take."""
    total = 0
    for at, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_blocks * 512  # noqa: PTH118
    return total


def _outward(one: Listed) -> dict[str, str]:
    """The environment for a fetch: what environ.py forbids, but for this one repository's protocol."""
    env = environment(trust_owner=True)
    for name in ("SSH_AUTH_SOCK", "https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "GIT_SSL_CAINFO"):
        if name in os.environ:
            env[name] = os.environ[name]
    env["GIT_ALLOW_PROTOCOL"] = ":".join(one.protocols)
    env["GIT_SSH_COMMAND"] = "ssh -oBatchMode=yes -oForwardAgent=no -oClearAllForwardings=yes"
    env["GIT_ASKPASS"] = env["SSH_ASKPASS"] = "false"
    more = {"transfer.fsckObjects": "true", "protocol.allow": "user", "http.followRedirects": "initial"}
    more["core.sshCommand"] = env["GIT_SSH_COMMAND"]
    more |= {f"fetch.fsck.{name}": "warn" for name in _HARMLESS}
    more |= {"http.lowSpeedLimit": "1000", "http.lowSpeedTime": "60", "core.compression": "1"}
    if one.token_env:
        try:
            token = value(one.token_env)
        except Unset as problem:
            raise NotRead(problem.reason, problem.message) from None
        pair = base64.b64encode(f"{one.token_user}:{token}".encode()).decode()
        more["http.extraHeader"] = f"Authorization: Basic {pair}"
    count = int(env["GIT_CONFIG_COUNT"])
    for number, (name, said) in enumerate(more.items(), count):
        env[f"GIT_CONFIG_KEY_{number}"], env[f"GIT_CONFIG_VALUE_{number}"] = name, said
    env["GIT_CONFIG_COUNT"] = str(count + len(more))
    return env


def _run(
    words: Sequence[str], at: Path, env: Mapping[str, str], timeout: float, *, most: int | None = None, lock: int | None = None
) -> bytes:
    """What Git answers; it and whatever it starts run to their end or to the end of the time; raises NotRead with no word of what it said.

    They have the `lock` too, so that it is not free before the last of them has ended, whatever becomes of us.
    """
    process = subprocess.Popen(
        ["git", *words], cwd=at, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, pass_fds=() if lock is None else (lock,),
    )  # fmt: skip
    if most is not None:
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
    try:
        answer, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise NotRead("timeout") from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        raise NotRead(next((reason for reason, sign in _SIGNS if re.search(sign, said)), "unreachable"))
    return answer


__all__ = ["KEPT", "NotRead", "Room", "mirrored", "octets", "place", "refs"]
