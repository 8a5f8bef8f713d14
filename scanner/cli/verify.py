"""`leakseal verify`: whether an assertion may be believed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from scanner.cli import screen
from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.attest.verify import Verdict
    from scanner.release.surfaces import Release

_MOST = (2 << 20) + 1


@click.command("verify")
@click.argument("assertion", metavar="ASSERTION")
@click.option("--policy", default=".leakseal/gate.yaml", show_default=True, metavar="FILE", help="What it must say, and whose keys count.")
@click.option("--trust", metavar="FILE", help="Keys and time-stamp authorities, instead of those in the policy.")
@click.option("--key", "keys", multiple=True, metavar="FILE", help="A public key that may have signed it, instead of those in the policy.")
@click.option("--commit", metavar="ID", help="The commit that it must speak of.")
@click.option("--digest", metavar="ALGORITHM:HEX", help="Another subject that it must speak of.")
@click.option("--manifest", metavar="FILE", help="The list of objects; the one beside ASSERTION if it is there.")
@click.option("--objects", "folder", metavar="FOLDER", help="Compare with the objects and files that are there, without scanning.")
@click.option("--rescan", metavar="FOLDER", help="Scan again, and compare.")
@click.option("--at", metavar="TIME", help="As if it were that time, such as 2026-05-01T00:00:00Z.", hidden=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--insecure-registry", "insecure", multiple=True, metavar="HOST", help="A registry without TLS or a valid certificate.")
@click.option("--trust-owner", is_flag=True, help="Open repositories that belong to another user.")
def command(  # noqa: PLR0913, PLR0917 click passes every option
    assertion: str, policy: str, trust: str | None, keys: tuple[str, ...], commit: str | None, digest: str | None, manifest: str | None,
    folder: str | None, rescan: str | None, at: str | None, form: str, trust_owner: bool, insecure: tuple[str, ...],
) -> int:  # fmt: skip
    """Check ASSERTION, an envelope or a Sigstore bundle, against a policy. Nothing is asked of the network but a registry that is named.

    git-note:REPOSITORY@REVISION is what `attest --git-notes` wrote; it must speak of that commit. docker://HOST/NAME@DIGEST is what
    `attest --attach` stored beside an image; it must speak of the commit that the image is built from by its label.

    Exit codes: 0 it may be believed, 1 it says that findings are open, 3 it says that something was not read, 4 not trusted, or none.
    """
    from scanner.attest import policy as policies
    from scanner.attest.judges import Expected
    from scanner.attest.keys import load_public
    from scanner.attest.manifest import NAME
    from scanner.attest.verify import newest, told

    found, own = _assertions(assertion, trust_owner, insecure)
    wanted = policies.load(Path(policy))
    trusted = policies.load_trust(Path(trust)) if trust else wanted.trust
    if keys:
        trusted = replace(trusted, keys=tuple(policies.Trusted(load_public(Path(name)), ("scanner",)) for name in keys))
    beside = Path(assertion).parent / NAME
    listed = Path(manifest) if manifest else beside if beside.is_file() else None
    verdict = newest(found, Expected(
        policy=wanted, trust=trusted, now=moment(at), subject=f"gitCommit:{commit}" if commit else digest or own,
        manifest=partial(_opened, listed) if listed else None,
        objects=partial(_by_objects, folder, policy, trust_owner) if folder else None,
        rescan=partial(_by_rescan, rescan, policy, trust_owner) if rescan else None,
    ))  # fmt: skip
    if form == "json":
        click.echo(json.dumps(told(verdict), sort_keys=True, indent=2))
    else:
        screen.checks((check.number, check.name, check.held, check.said) for check in verdict.checks)
        screen.verdict(_sentence(verdict), good=verdict.exit_code == 0)
    return verdict.exit_code


def _sentence(verdict: Verdict) -> str:
    if verdict.doubt is not None:
        return f"is not to be believed: {verdict.doubt.name}: {verdict.doubt.said}"
    return "may be believed" + (f" until {verdict.statement['predicate']['validUntil']}" if verdict.statement else "")


def _assertions(name: str, trust_owner: bool, insecure: tuple[str, ...]) -> tuple[list[bytes], str | None]:
    """What is to be checked, newest last, and the subject that its place asks for."""
    if name.startswith("docker://"):
        from scanner.release import images

        subject, beside = images.read(name, insecure, os.environ)
        return beside, subject
    if not name.startswith("git-note:"):
        return [_bytes(name)], None
    from scanner.release import notes

    commit, found = notes.read(name, trust_owner=trust_owner)
    return found, f"gitCommit:{commit}"


def _bytes(name: str) -> bytes:
    try:
        with os.fdopen(os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            return file.read(_MOST)
    except OSError as problem:
        raise UsageError(f"{name} cannot be read: {problem.strerror}", hint="name the .intoto.json or .sigstore.json file") from None


def _opened(path: Path) -> BinaryIO:
    try:
        return cast(BinaryIO, path.open("rb"))
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}", hint="name the list of objects with --manifest") from None


def moment(at: str | None) -> datetime:
    """The time that was named, or now; UTC."""
    if at is None:
        return datetime.now(UTC)
    try:
        return datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError("--at is no time", hint="write it as 2026-05-01T00:00:00Z") from None


def _by_objects(folder: str, policy: str, trust_owner: bool, found: dict[str, Any]) -> str:
    from scanner.release.comparing import by_objects

    return by_objects(found, _release(folder, policy, trust_owner))


def _by_rescan(folder: str, policy: str, trust_owner: bool, found: dict[str, Any]) -> str:
    from scanner.release.comparing import by_rescan

    return by_rescan(found, _release(folder, policy, trust_owner))


def _release(folder: str, policy: str, trust_owner: bool) -> Release:
    from scanner.cli.attest import Asked, release

    return release(Asked(folder, policy, trust_owner=trust_owner))
