"""`leakseal attest`: the no-secret-leak assertion, signed."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner import cachefile, canon, config
from scanner.cli import complain
from scanner.cli.keygen import passphrase
from scanner.cli.options import looking, project, workers
from scanner.decode.limits import Limits
from scanner.errors import UsageError
from scanner.pipeline.settings import Settings
from scanner.release.surfaces import Release
from scanner.wholefile import whole

if TYPE_CHECKING:
    from scanner.attest.keyless import Certified
    from scanner.attest.policy import Policy
    from scanner.attest.signers import Signer
    from scanner.attest.statement import Draft, Tool
    from scanner.release.images import Place
    from scanner.release.surfaces import Stand

NAME = "no-secret-leak"


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that `attest` and `verify` share."""

    folder: str
    policy: str | None = None
    config: str | None = None
    packs: tuple[str, ...] = ()
    suppressions: str | None = None
    trust_owner: bool = False
    jobs: int | None = None
    quiet: bool = True
    no_color: bool = True


def release(asked: Asked) -> Release:
    """What the options mean together."""
    from scanner.attest import policy as policies
    from scanner.report.page import page_of
    from scanner.report.progress import Meter

    chosen = project(asked.folder, file=asked.config, packs=asked.packs, suppressed=asked.suppressions)
    said, folder = chosen.config.file, Path(asked.folder)
    look = replace(looking(chosen, named=asked.config is not None), cache=None)  # what is signed was read now
    settings = Settings(
        chosen.rules, cachefile.folder(), verify=True, workers=workers(asked.jobs), trust_owner=asked.trust_owner, leaves=True,
        limits=Limits(looking=look), mappings=chosen.config.mappings,
        progress=Meter(sys.stderr, page_of(sys.stderr, os.environ, no_color=asked.no_color), quiet=asked.quiet),
    )  # fmt: skip
    policy = policies.load(Path(asked.policy) if asked.policy else folder / policies.FILE)
    return Release(folder, policy, settings, chosen.judging, chosen.config.why_excluded, canon.digest(said.read_bytes()) if said else None)


@click.command("attest")
@click.argument("folder", default=".", metavar="[FOLDER]")
@click.option("--policy", metavar="FILE", help="Instead of FOLDER/.leakseal/gate.yaml.")
@click.option("--key", metavar="FILE|URI", help="The signing key: PEM, or hsm:, gcpkms: …; LEAKSEAL_PASSPHRASE opens it.")
@click.option("--public", metavar="FILE", help="The public key of a key that is named by a URI.")
@click.option("--keyless", is_flag=True, help="Sign by who you are, through Sigstore; a public log is told of it.")
@click.option("--trust-config", metavar="FILE", help="Another Sigstore than the public one, with --keyless.")
@click.option("-o", "--output", default="attestation", show_default=True, metavar="FOLDER", help="Where the files are written.")
@click.option("--git-notes", is_flag=True, help="Write it as a note under refs/notes/attest on the released commit, too.")
@click.option("--attach", metavar="IMAGE", help="Store it beside this image too: docker://host/repository:tag or @sha256:…")
@click.option("--insecure-registry", "insecure", multiple=True, metavar="HOST", help="A registry without TLS or a valid certificate.")
@click.option("--tsa", metavar="URL", help="Ask this authority for a time stamp (RFC 3161).")
@click.option("--fresh", is_flag=True, help="Do not go on with a run that was interrupted.")
@click.option("--any-result", is_flag=True, help="Sign FAILED and INCOMPLETE too; the exit code stays 1 or 3.")
@click.option("--config", "file", metavar="FILE", help="Configuration instead of FOLDER/leakseal.yaml.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
@click.option("--suppressions", "suppressed", metavar="FILE", help="Instead of FOLDER/.leakseal/suppressions.yaml.")
@click.option("--trust-owner", is_flag=True, help="Open repositories that belong to another user.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; one for each core if not given.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("--no-color", is_flag=True, help="No colour.")
def command(  # noqa: PLR0913, PLR0917 click passes every option
    folder: str, policy: str | None, key: str | None, public: str | None, keyless: bool, trust_config: str | None, output: str,
    git_notes: bool, attach: str | None, insecure: tuple[str, ...], tsa: str | None, any_result: bool, fresh: bool, file: str | None,
    packs: tuple[str, ...], suppressed: str | None, trust_owner: bool, jobs: int | None, quiet: bool, no_color: bool,
) -> int:  # fmt: skip
    """Scan every surface that FOLDER's policy requires, whole, and sign what was found and what was read.

    Writes the statement as DSSE envelope and as Sigstore bundle, the list of objects, and a summary for the runbook.
    """
    from scanner.attest.timestamp import askable
    from scanner.release import images, notes

    signer = _signer(key, public, keyless, trust_config)
    asked = release(Asked(folder, policy, file, packs, suppressed, trust_owner, jobs, quiet, no_color))
    _ready(Path(output))
    if git_notes:
        notes.writable(asked)
    if tsa and keyless:
        raise UsageError("an identity's bundle has the time stamps of its Sigstore", hint="leave out --tsa")
    if tsa:
        askable(tsa)
    named = config.load(Path(file)).insecure_registries if file else ()  # a scanned project cannot turn off TLS
    image = images.writable(attach, (*insecure, *named), os.environ) if attach else None
    how = Signing(signer, Path(output), tsa, git_notes, image, any_result, fresh)
    return _attested(asked, how, quiet=quiet)


def _signer(key: str | None, public: str | None, keyless: bool, trust_config: str | None) -> Signer | Certified:
    if keyless == (key is not None):
        raise UsageError("one signer is needed", hint="name it with --key FILE, which `leakseal keygen` makes, or sign with --keyless")
    if not keyless and trust_config:
        raise UsageError("--trust-config goes with --keyless", hint="leave it out")
    if key is not None:
        from scanner.attest import signers

        return signers.load(key, public, passphrase())
    from scanner.attest.keyless import certified

    return certified(Path(trust_config) if trust_config else None, os.environ.get("LEAKSEAL_IDENTITY_TOKEN"))


@dataclass(frozen=True, slots=True)
class Signing:
    """With what, and where to."""

    signer: Signer | Certified = field(repr=False)
    output: Path
    tsa: str | None
    git_notes: bool
    image: Place | None
    any_result: bool
    fresh: bool

    @property
    def name(self) -> str:
        """Who signs, as it is told: a key's id, or an identity."""
        from scanner.attest.keyless import Certified

        return self.signer.name if isinstance(self.signer, Certified) else self.signer.public.id


def _attested(asked: Release, how: Signing, *, quiet: bool) -> int:
    from scanner.attest.statement import draft, statement
    from scanner.attest.strict import document
    from scanner.attest.summary import summary
    from scanner.pipeline.canaries import FOUND, MISSED, canaries
    from scanner.release.attesting import attest, self_scan
    from scanner.release.resume import Progress, progress

    begun, going = datetime.now(UTC).replace(microsecond=0), list[Progress]()

    def resumed(release: Release, tool: Tool, before: Stand) -> Progress | None:
        found = progress(release, tool, before, begun, fresh=how.fresh)
        going.extend([found] if found else [])
        return found

    tried = canaries(asked.settings, secrets.randbelow(1 << 48))
    evidence = attest(asked, lambda: {one.reader: one.outcome == FOUND for one in tried if one.outcome in (FOUND, MISSED)}, resumed)
    if going and going[0].reused and not quiet:
        begun_on = going[0].begun.strftime("%Y-%m-%d %H:%M:%S UTC")
        click.echo(f"leakseal: went on with the run of {begun_on}, which had read: {', '.join(going[0].reused)}", err=True)
    made = draft(evidence)
    ended = datetime.now(UTC).replace(microsecond=0)
    payload = statement(made, going[0].begun if going and going[0].reused else begun, ended, secrets.token_hex(16))
    keyid = how.name
    words = summary(document(payload, "the statement"), keyid, canon.digest(payload), made.objections).encode()
    self_scan(asked, payload, made.listed, words)
    if made.result == "PASSED" or how.any_result:
        _put(asked, how, made, payload, words, ended)
        click.echo(f"{made.result}: signed by {keyid}, in {how.output}")
        if not quiet:
            click.echo(f"check it: leakseal verify {shlex.quote(str(Path(how.output, f'{NAME}.intoto.json')))}", err=True)
    else:
        complain(f"not signed, as it would say {made.result}", "run `leakseal scan`, mend what it shows, or add --any-result")
    for one in going:
        one.over()
    for sentence in made.objections:
        click.echo(f"  {sentence}", err=True)
    return {"PASSED": 0, "FAILED": 1, "INCOMPLETE": 3}[made.result]


def _put(asked: Release, how: Signing, made: Draft, payload: bytes, words: bytes, ended: datetime) -> None:
    """Sign, and write everything where it belongs."""
    from scanner.attest.manifest import NAME as LIST
    from scanner.release import images, notes

    envelopes = _signed(payload, how.signer, how.tsa, asked.policy)
    _write(how.output, {LIST: made.listed, **envelopes, f"{NAME}.md": words})
    if how.git_notes and (git := made.evidence.git) and git.commit:
        notes.write(asked, git.commit, envelopes[f"{NAME}.sigstore.json"], ended)
    if how.image:
        commit = made.evidence.git.commit if made.evidence.git else None
        stored = images.write(how.image, commit, envelopes[f"{NAME}.sigstore.json"], ended)
        click.echo(f"attached to {how.image} as {stored}", err=True)


def _signed(payload: bytes, signer: Signer | Certified, tsa: str | None, policy: Policy) -> dict[str, bytes]:
    """The envelope and the bundle; an authority is asked for the time only if one is named."""
    from scanner.attest.envelope import bundle, envelope, read, sign
    from scanner.attest.keyless import Certified
    from scanner.attest.timestamp import ask, time_of

    if isinstance(signer, Certified):
        data = signer.bundle(payload)
        return {f"{NAME}.intoto.json": envelope(read(data)), f"{NAME}.sigstore.json": data}
    signed = sign(payload, signer.public.id, signer.sign)
    if tsa:
        signature = signed.signatures[0].sig
        signed = replace(signed, timestamps=(ask(tsa, signature),))
        if policy.trust.authorities:
            time_of(signed.timestamps, signature, policy.trust.authorities)
    return {f"{NAME}.intoto.json": envelope(signed), f"{NAME}.sigstore.json": bundle(signed)}


def _ready(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"the folder {folder} cannot be made: {problem.strerror}", hint="name another with -o") from None


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Each file whole or not at all; the envelope comes after what it speaks of."""
    for name, data in files.items():
        try:
            with whole(folder / name, 0o644) as file:
                file.write(data)
        except OSError as problem:
            raise UsageError(f"{folder / name} cannot be written: {problem.strerror}", hint="name another folder with -o") from None
