"""Known synthetic secrets put before every reader: a run that misses one must not say that it would have seen a real one."""

from __future__ import annotations

import gzip
import io
import secrets
import string
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from scanner.errors import LeaksealError
from scanner.pipeline.settings import Settings, Silent
from scanner.sources.git.environ import environment

Maker = Callable[[bytes], bytes]  # a line with a secret -> a file that holds it


def _zipped(line: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.env", line)
    return out.getvalue()


# reader -> (file name, how a file for it is made)
FILES: Mapping[str, tuple[str, Maker]] = {
    "text": ("app.env", bytes),
    "utf-16": ("app.txt", lambda line: line.decode().encode("utf-16")),
    "binary": ("app.bin", lambda line: b"\x7fELF" + bytes(60) + line + bytes(60)),
    "log": ("app.log", lambda line: b"2026-01-01T00:00:00Z app started\n" * 40 + line),
    "gzip": ("app.log.gz", lambda line: gzip.compress(line, mtime=0)),
    "zip": ("app.zip", _zipped),
    "zip-in-gzip": ("app.zip.gz", lambda line: gzip.compress(_zipped(line), mtime=0)),
}
_GIT = ("git-pack", "git-loose", "git-message", "git-deleted", "git-unreachable")


def canaries(settings: Settings) -> dict[str, bool]:
    """For each reader whether it found the secret that was made for it, in this very moment, at random."""
    quiet = replace(settings, progress=Silent(), workers=1, leaves=False)
    planted = {name: _secret() for name in (*FILES, *_GIT)}
    with tempfile.TemporaryDirectory(prefix="leakseal-") as home:
        found = _in_files(Path(home) / "files", planted, quiet) | _in_git(Path(home) / "repo", planted, quiet)
    return {name: secret in found for name, secret in sorted(planted.items())}


def _secret() -> bytes:
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(28)).encode()


def _line(secret: bytes) -> bytes:
    return b"DATABASE_URL=postgresql://canary:%b@db.canary.internal:5432/canary\n" % secret


def _in_files(folder: Path, planted: Mapping[str, bytes], settings: Settings) -> set[bytes]:
    from scanner.pipeline.treescan import scan_tree

    folder.mkdir()
    for name, (file, make) in FILES.items():
        (folder / file).write_bytes(make(_line(planted[name])))
    done = scan_tree("canaries", folder, "canaries", "tree", settings, lambda path: None)
    return {match.hit.value for match in done.matches}


def _in_git(folder: Path, planted: Mapping[str, bytes], settings: Settings) -> set[bytes]:
    from scanner.pipeline.gitscan import GitScan

    who = {f"GIT_{role}_{what}": "canary" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = environment() | who | {f"GIT_{role}_DATE": "2026-01-01T00:00:00+00:00" for role in ("AUTHOR", "COMMITTER")}

    def git(*words: str, data: bytes | None = None) -> bytes:
        return subprocess.run(["git", *words], cwd=folder, env=env, input=data, capture_output=True, check=True).stdout.strip()

    folder.mkdir()
    try:
        git("init", "-q", "-b", "main")
        for name in ("git-pack", "git-deleted"):
            (folder / name).write_bytes(_line(planted[name]))
        git("add", ".")
        git("commit", "-q", "-m", "one")
        git("rm", "-q", "git-deleted")
        git("commit", "-q", "-m", "two")
        git("repack", "-q", "-a", "-d")
        (folder / "git-loose").write_bytes(_line(planted["git-loose"]))
        git("add", ".")
        git("commit", "-q", "-F", "-", data=_line(planted["git-message"]))
        git("hash-object", "-w", "--stdin", data=_line(planted["git-unreachable"]))
    except (OSError, subprocess.CalledProcessError):
        raise LeaksealError("a repository to try the readers with could not be made", hint="check Git and the temporary folder") from None
    done = GitScan("canaries", folder, settings).run("canaries")
    return {match.hit.value for match in done.matches}
