"""The fixed repository and run of the golden assertion. `python -m tests.attest.golden` signs it: once for each version of the format.

Everything that a later version may change is given: rules and their digest, the digest of acceptances, the program's version and digest,
the self-test's outcome, clock, nonce, the key of fingerprints. What is left is what the format promises: subjects, counts, roots,
fingerprints, and how they are written.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from scanner import canon
from scanner.attest import policy
from scanner.attest.statement import Draft, Evidence, Tool, draft, statement
from scanner.cli.options import known
from scanner.findings.seal import Seal, finding_id
from scanner.findings.suppressions import Suppression
from scanner.pipeline.run import Judging
from scanner.pipeline.settings import Settings
from scanner.release.attesting import attest
from scanner.release.surfaces import Release
from scanner.rulepack.load import load

HERE = Path(__file__).parent.parent / "golden/v1/assertion"
STARTED, FINISHED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC), datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)
NONCE = "00112233445566778899aabbccddeeff"
TOOL = Tool("1.0.0", canon.digest(b"the program"), (("isal", "1.7.1"),))
CANARIES = {"git-loose": True, "git-pack": True, "notes-json": True, "text": True, "unzip": True}
ACCEPTANCES = "sha256:e0469c6a150419a2b14924907c759a29a0a57f19d34a7146ba8c56440c8c364a"  # as the file was in version 1
_RULE, _FINGERPRINT_KEY = "golden-token", b"the fingerprint key of nobody"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
_DATES = ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", "2026-01-03T00:00:00+00:00")


def secret() -> bytes:
    """The one that the repository's history has, and that is accepted."""
    return b"gldn_" + hashlib.sha256(b"golden").hexdigest()[:32].encode()


def made(folder: Path) -> None:
    """The repository and the other surfaces, the same bytes each time."""
    _repository(folder / "app.git")
    files = {
        "logs/app.log": b"2026-02-01T00:00:00Z started\n" * 40,
        "logs/app.log.1.gz": gzip.compress(b"2026-01-31T00:00:00Z stopped\n" * 30, mtime=0),
        "deploy/values.yaml": b"replicas: 2\nimage: registry.example.org/golden/app\n",
        "deploy/old/values.yaml": b"replicas: 1\n",
    }
    notes = [{"id": 1, "title": "S1", "tasks": []}, {"id": 2, "title": "S2", "tasks": []}]
    hub = {"schema": "state-hub.export/v1", "workstreams": notes, "notes": [{"id": 7, "body": "all is well"}]}
    files["hub-export.json"] = canon.canonical(hub)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _repository(folder: Path) -> None:
    """Bare, of loose objects: three commits, a tag, an object that nothing leads to."""
    env = {**os.environ, "GIT_DEFAULT_HASH": "sha1", "GIT_DEFAULT_REF_FORMAT": "files"}

    def git(*words: str, data: bytes | None = None, when: str = _DATES[0]) -> str:
        said = {"NAME": "A", "EMAIL": "a@example.org", "DATE": when}
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in said.items()}
        done = subprocess.run(["git", *words], cwd=folder, input=data, capture_output=True, check=True, env=env | who)
        return done.stdout.decode().strip()

    def tree(files: dict[str, bytes]) -> str:
        entries = ((git("hash-object", "-w", "--stdin", data=data), name) for name, data in sorted(files.items()))
        return git("mktree", data="".join(f"100644 blob {oid}\t{name}\n" for oid, name in entries).encode())

    folder.mkdir(parents=True)
    git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
    (folder / "config").write_text(_CONFIG)
    app, setting = b"print('hello')\n", b"token = " + secret() + b"\n"
    first = git("commit-tree", "-m", "One", tree({"app.py": app, "app.ini": setting}))
    second = git("commit-tree", "-m", "Take the token out", "-p", first, tree({"app.py": app}), when=_DATES[1])
    third = git("commit-tree", "-m", "Three", "-p", second, tree({"app.py": app * 2, "readme.md": b"# App\n"}), when=_DATES[2])
    git("update-ref", "refs/heads/main", third)
    tag = f"object {third}\ntype commit\ntag v1.0.0\ntagger A <a@example.org> 1767398400 +0000\n\nOne\n"
    git("update-ref", "refs/tags/v1.0.0", git("hash-object", "-t", "tag", "-w", "--stdin", data=tag.encode()))
    git("hash-object", "-w", "--stdin", data=b"nothing leads here\n")


def release(folder: Path) -> Release:
    """The run: fixed rules, a fixed key of fingerprints, the one finding accepted, and one file left out."""
    rules = replace(load([HERE / "rules.yaml"], known=known()), digest=canon.digest((HERE / "rules.yaml").read_bytes()))
    seal = Seal(_FINGERPRINT_KEY, b"")
    mark = seal.fingerprint(secret())
    accepted = Suppression(finding_id(_RULE, mark), mark, _RULE, "a@example.org", "It was rotated.", date(2026, 12, 31))
    settings = Settings(rules, None, verify=True, leaves=True)
    left_out = {"old/values.yaml": "it is old"}
    judging = Judging(seal, (accepted,), STARTED.date())
    return Release(folder, policy.load(HERE / "gate.yaml"), settings, judging, left_out.get, canon.digest(b"config"))


def evidence(folder: Path) -> Evidence:
    """What the run comes to."""
    return fixed(attest(release(folder), lambda: CANARIES))


def fixed(found: Evidence) -> Evidence:
    """The same with what a later version may say otherwise."""
    report = replace(found.report, suppressions=replace(found.report.suppressions, digest=ACCEPTANCES))
    return replace(found, tool=TOOL, report=report)


def stated(folder: Path) -> tuple[Draft, bytes]:
    """What is signed, and the statement's bytes."""
    drawn = draft(evidence(folder))
    return drawn, statement(drawn, STARTED, FINISHED, NONCE)


def main() -> None:
    """Make the files, signed by a key that is thrown away."""
    import tempfile

    from scanner.attest.envelope import bundle, envelope, sign
    from scanner.attest.keys import generate, load_private

    if (HERE / "no-secret-leak.intoto.json").exists():
        sys.exit("it is there, and is kept for ever; make a folder for another version")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "scanner.key", HERE / "scanner.pub", None)
        key = load_private(folder / "scanner.key", None)
        made(folder)
        drawn, payload = stated(folder)
        signed = sign(payload, key.public.id, key.sign)
    files = {"statement.json": payload, "evidence-manifest.jsonl": drawn.listed, "no-secret-leak.intoto.json": envelope(signed)}
    files["no-secret-leak.sigstore.json"] = bundle(signed)
    for name, data in files.items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
