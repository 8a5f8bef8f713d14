"""What commands are interrupted at: repositories, files, logs, notes, pictures, images, and every long command with what it needs."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.decode.drawn import drawn, saved
from tests.decode.notes.exports import Made, as_json
from tests.gitrepo import token

ROOT = Path(__file__).resolve().parents[2]
_WORDS = ("ask", "begin", "count", "draw", "empty", "find", "give", "hold", "index", "join", "keep", "list", "move", "name", "open", "read")
_POLICY = """\
version: 1
scope: x/app@production
surfaces: {git: app.git, logs: logs/*.log*, notes: hub.json, tree: deploy}
validity-days: 30
max-age-days: 7
accepted-most: 1
skipped-most: 1
rules-least: "1.0"
keys: [{file: key.pub, roles: [scanner], since: 2020-01-01, until: 2090-01-01}]
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that takes a while: its words, with `{out}` for a folder of its own, and what it needs."""

    words: tuple[str, ...]
    makes: Callable[[Path], None]
    data: str = ""  # a file of the material that is its standard input
    fresh: str = ""  # a folder of the material that it changes, and is given a copy of


def text(chance: random.Random, lines: int) -> str:
    """Lines of words without a secret."""
    return "".join(f"{chance.randrange(9999):04} {' '.join(chance.choices(_WORDS, k=9))}\n" for _ in range(lines))


def repository(at: Path, *, commits: int = 120, lines: int = 2200, stained: bool = True) -> None:
    """A bare repository of some megabytes whose history has secrets."""
    chance, out = random.Random(at.name), []
    bodies = [text(chance, lines) for _ in range(6)]
    for number in range(commits):
        files = {f"src/part{number % 6}.txt": bodies[number % 6] + text(chance, 40), f"notes/{number}.md": text(chance, 4)}
        if stained and number % 20 == 7:
            files["app.env"] = f"token = {token(number)}\n"
        out.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1_700_000_000 + number} +0000\ndata 4\nMore\n")
        for name, body in files.items():
            out.append(f"M 100644 inline {name}\ndata {len(body)}\n{body}\n")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(at)], check=True, capture_output=True)
    subprocess.run(["git", "-C", str(at), "fast-import", "--quiet"], input="".join(out).encode(), check=True, capture_output=True)


def tree(at: Path) -> None:
    """Files, archives of several kinds, one that another program reads, and a picture."""
    chance = random.Random(2)
    for number in range(700):
        body = text(chance, 30) + (f"token = {token(number)}\n" if number % 100 == 3 else "")
        _put(at / f"{number % 20}" / f"{number}.txt", body.encode())
    _put(at / "more.tar.gz", gzip.compress(_tar({f"in/{number}.txt": text(chance, 200).encode() for number in range(60)})))
    if program := shutil.which("bsdtar"):
        words = [program, "-c", "-f", str(at / "more.xar"), "--format", "xar", "-C", str(at), "1"]
        subprocess.run(words, check=True, capture_output=True)


def logs(at: Path) -> None:
    """Logs, one of them packed."""
    chance = random.Random(3)
    for number in range(6):
        lines = (f"2026-01-{1 + n % 28:02}T10:00:00Z app[{number}]: {' '.join(chance.choices(_WORDS, k=8))}\n" for n in range(9000))
        body = "".join(lines) + f"2026-01-31T10:00:00Z app: token={token(number)}\n"
        _put(at / f"app{number}.log", body.encode())
    _put(at / "app.log.1.gz", gzip.compress(text(chance, 20_000).encode()))


def notes(at: Path) -> None:
    """An export of a state hub with some thousand records."""
    chance = random.Random(4)
    made = [Made(f"T-{n}", f"Task {n}", text(chance, 12) + (token(n) if n % 400 == 7 else "")) for n in range(2400)]
    _put(at / "hub.json", as_json(made))


def pictures(at: Path) -> None:
    """Screenshots, of which one shows a secret."""
    chance = random.Random(5)
    for number in range(4):
        lines = text(chance, 6).splitlines() + ([f"token {token(number)}"] if number == 2 else [])
        _put(at / f"shot{number}.png", saved(drawn(lines)))


def image(at: Path) -> None:
    """An archive of container images with one image of two layers."""
    import hashlib

    chance = random.Random(6)
    layers = [_tar({f"app/{layer}/{n}.txt": (text(chance, 300) + token(n)).encode() for n in range(40)}) for layer in range(2)]
    digests = ["sha256:" + hashlib.sha256(one).hexdigest() for one in layers]
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": digests}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["made/up:1"], "Layers": ["0/layer.tar", "1/layer.tar"]}]).encode()
    files = {"manifest.json": manifest, "config.json": config, "0/layer.tar": layers[0], "1/layer.tar": layers[1]}
    _put(at / "image.tar", _tar(files))


def stream(at: Path) -> None:
    """What comes on standard input."""
    chance = random.Random(7)
    _put(at / "stream.txt", (text(chance, 120_000) + f"token = {token(1)}\n" + text(chance, 20_000)).encode())


def released(at: Path) -> None:
    """An application with all surfaces, a policy and a key."""
    repository(at / "app.git", commits=40, stained=False)
    chance = random.Random(8)
    _put(at / "logs" / "app.log", text(chance, 9000).encode())
    _put(at / "hub.json", as_json([Made(f"T-{n}", f"Task {n}", text(chance, 5)) for n in range(300)]))
    _put(at / "deploy" / "values.yaml", b"replicas: 2\n")
    _run("keygen", str(at / "key"))
    _put(at / ".leakseal" / "gate.yaml", _POLICY.replace("key.pub", str(at / "key.pub")).encode())


def fleet(at: Path) -> None:
    """Repositories here and elsewhere, their inventory, and a configuration."""
    for name in ("one", "two", "three"):
        repository(at / f"{name}.git", commits=30)
    here = "".join(f"  - {{name: {name}, path: {at}/{name}.git}}\n" for name in ("one", "two"))
    there = f"  - {{name: three, url: 'file://{at}/three.git'}}\n"
    _put(at / "inventory.yaml", f"version: 1\nprotocols: [file]\nrepositories:\n{here}{there}".encode())


def reported(at: Path) -> None:
    """A repository and the report of a scan of it."""
    repository(at / "app.git", commits=60)
    _run("scan", "--git", str(at / "app.git"), "-q", "--format", "table", "-o", str(at / "report.json"))


def large_report(at: Path) -> None:
    """A report with some thousand findings."""
    for number in range(60):
        _put(at / "tree" / f"{number}.env", "".join(f"token = {token(100 * number + n)}\n" for n in range(60)).encode())
    _run("scan", str(at / "tree"), "-q", "--format", "table", "-o", str(at / "report.json"))


def attested(at: Path) -> None:
    """The same with an assertion."""
    released(at)
    _run("attest", str(at), "--key", str(at / "key.key"), "-q", "-o", str(at / "made"))


_FILED = ("--format", "json", "-q", "-o", "{out}/report.html", "-o", "{out}/report.sarif", "-o", "{out}/report.json")
COMMANDS: Mapping[str, Command] = {
    "scan-git": Command(("scan", "--git", "{at}/app.git", "--jobs", "2", *_FILED), lambda at: repository(at / "app.git", commits=400)),
    "scan-git-alone": Command(("scan", "--git", "{at}/app.git", "--jobs", "1", *_FILED), lambda at: repository(at / "app.git")),
    "scan-range": Command(("scan", "--git", "{at}/app.git", "--range", "main~60..main", *_FILED), lambda at: repository(at / "app.git")),
    "scan-tree": Command(("scan", "{at}/tree", "--jobs", "2", "--ocr", "never", *_FILED), lambda at: tree(at / "tree")),
    "scan-logs": Command(("scan", "--logs", "{at}/logs", *_FILED), lambda at: logs(at / "logs")),
    "scan-notes": Command(("scan", "--notes", "{at}/hub.json", *_FILED), notes),
    "scan-pictures": Command(("scan", "--screenshots", "{at}/shots", "--jobs", "2", *_FILED), lambda at: pictures(at / "shots")),
    "scan-image": Command(("scan", "{at}/image.tar", *_FILED), image),
    "scan-stdin": Command(("scan", "-", *_FILED), stream, data="stream.txt"),
    "scan-live": Command(("scan", "-", "--format", "jsonl", "-q"), stream, data="stream.txt"),
    "attest": Command(("attest", "{at}", "--key", "{at}/key.key", "-q", "-o", "{out}/attestation"), released),
    "attest-notes": Command(
        ("attest", "{fresh}", "--key", "{fresh}/key.key", "-q", "--git-notes", "-o", "{out}/attestation"), released, fresh="."
    ),
    "sweep": Command(
        (
            "sweep",
            "{at}/inventory.yaml",
            "--all",
            "--ledger",
            "{out}/ledger.db",
            "--cache",
            "{out}/mirrors",
            "--jobs",
            "2",
            "--format",
            "json",
            "-q",
            "-o",
            "{out}/reports",
        ),
        fleet,
    ),
    "artifact": Command(("artifact", "{at}/image.tar", "--allow-tag", "-q", "--format", "json", "-o", "{out}/artifact.json"), image),
    "redact-log": Command(("redact", "{at}/logs/app0.log", "-o", "{out}/app.log"), lambda at: logs(at / "logs")),
    "redact-picture": Command(("redact", "{at}/shots/shot2.png", "-o", "{out}/shot.png"), lambda at: pictures(at / "shots")),
    "remove-plan": Command(("remove-plan", "{at}/app.git", "--verify", "--report", "{at}/report.json"), reported),
    "report": Command(("report", "{at}/report.json", *[word for word in _FILED if word != "-q"]), large_report),
    "rules-check": Command(("rules", "check"), lambda at: None),
    "verify": Command(
        ("verify", "{at}/made/no-secret-leak.intoto.json", "--policy", "{at}/.leakseal/gate.yaml", "--rescan", "{at}"),
        attested,
    ),
}


def _run(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "scanner", *words], cwd=ROOT, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        pytest.skip(f"{words[0]} answered {done.returncode}: {done.stderr.decode()[:500]}")


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()
