"""`leakseal gate`: whether an app may be used, item by item, and who owes what."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner import __version__, cachefile
from scanner.cli import screen
from scanner.cli.keygen import passphrase
from scanner.cli.options import insecure_registries, project
from scanner.errors import UsageError
from scanner.report.plain import printable

if TYPE_CHECKING:
    from scanner.gate.verdict import Verdict

_HEX = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,52}\b")  # digests and ids, which JSON has whole
_STYLES = {
    "PASS": "green",
    "NA": "dim",
    "WAIVED": "yellow",
    "MISSING": "yellow",
    "STALE": "yellow",
    "FAIL": "bold red",
    "UNTRUSTED": "bold red",
}


@click.command("gate")
@click.argument("runbook", required=False, metavar="[RUNBOOK]")
@click.option("--init", "app", metavar="APP", help="Print a block for a runbook to fill in, and end.")
@click.option("--level", type=click.Choice(["smoke", "trust"]), default="trust", show_default=True, help="What the app is to be used for.")
@click.option("--policy", metavar="FILE", help="Instead of .leakseal/gate.yaml beside or above the runbook.")
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option("--drafts", is_flag=True, help="Print a workplan to file for each owner upstream of whom something lacks.")
@click.option("--key", metavar="FILE|URI", help="Sign the verdict: PEM, or hsm:, gcpkms: …; it must not be a scanner's key.")
@click.option("--public", metavar="FILE", help="The public key of a key that is named by a URI.")
@click.option("-o", "--output", metavar="FILE", help="Where the signed verdict is written; with --key.")
@click.option("--ask-registry", is_flag=True, help="Ask the registry what the image's tag stands for now; the policy may say so too.")
@click.option("--insecure-registry", "insecure", multiple=True, metavar="HOST", help="A registry without TLS or a valid certificate.")
@click.option("--config", "file", metavar="FILE", help="Configuration instead of leakseal.yaml in this folder.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
@click.option("--at", metavar="TIME", help="As if it were that time.", hidden=True)
def command(  # noqa: PLR0913, PLR0917 click passes every option
    runbook: str | None, app: str | None, level: str, policy: str | None, form: str, drafts: bool, key: str | None, public: str | None,
    output: str | None, file: str | None, packs: tuple[str, ...], ask_registry: bool, insecure: tuple[str, ...], at: str | None,
) -> int:  # fmt: skip
    """Judge the thirteen items that RUNBOOK records, Markdown or YAML, against the evidence that they name.

    Exit codes: 0 passed, 1 something is wrong, 3 something lacks, 4 something is not trusted, 5 all that lacks is upstream's, and linked.
    """
    from scanner.cli.verify import moment
    from scanner.gate import policy as gatepolicy
    from scanner.gate import runbook as runbooks
    from scanner.gate.verdict import drafts as drafted
    from scanner.gate.verdict import markdown, told
    from scanner.release.gating import evaluate, verdict_statement

    if app is not None:
        click.echo(runbooks.blank(app), nl=False)
        return 0
    if runbook is None:
        raise UsageError("no runbook is named", hint="name a Markdown or YAML file, or print a block for one with --init APP")
    if (key is None) != (output is None):
        raise UsageError("--key and -o belong together", hint="give both to sign the verdict, or none")
    if public is not None and key is None:
        raise UsageError("--public goes with --key", hint="name the key by its URI, or leave it out")
    chosen = project(None, file=file, packs=packs)
    now = moment(at)
    place = _policy(Path(runbook), policy)
    registry = None
    if ask_registry or gatepolicy.load(place).ask_registry:
        registry = partial(_digest_now, insecure_registries(chosen, named=file is not None, given=insecure))
    verdict = evaluate(runbooks.load(Path(runbook)), place, level, chosen.rules, cachefile.folder(), now, registry)
    if form == "json":
        click.echo(json.dumps(told(verdict), sort_keys=True, indent=2, ensure_ascii=False))
    elif form == "markdown":
        click.echo(markdown(verdict), nl=False)
    else:
        _tell(verdict)
    if drafts:
        click.echo(drafted(verdict), nl=False)
    if key is not None and output is not None:
        from scanner.attest.envelope import envelope, sign
        from scanner.attest.signers import load

        signer = load(key, public, passphrase())
        payload = verdict_statement(verdict, place, signer.public.id, now, __version__)
        from scanner.cli.output import saved

        saved(Path(output), envelope(sign(payload, signer.public.id, signer.sign)))
    sys.stdout.flush()
    return verdict.exit_code


def _tell(verdict: Verdict) -> None:
    """The items, then what is to be done, by owner, then what it comes to."""
    from scanner.gate import verdict as verdicts

    rows = [(one.status, one.owner, one.item.id, one.said) for one in verdict.outcomes]
    work = [f"{owner}: {item}: {what}" for owner, item, what in verdicts.todo(verdict)]
    if screen.terminal():
        screen.columns([(*row, _HEX.sub(r"\g<1>…", said)) for *row, said in rows], _STYLES)
        screen.parts([("", []), *([("to do", work), ("", [])] if work else [])])
    else:
        for status, owner, item, said in rows:
            click.echo(f"{status:11} {owner:9} {item:23} {printable(said)}")
        for line in work:
            click.echo(f"to do: {printable(line)}")
    screen.verdict(verdicts.sentence(verdict), good=verdict.passed)


def _digest_now(insecure: tuple[str, ...], repository: str, tag: str) -> str | None:
    from scanner.artifacts.remote import digest_now

    return digest_now(repository, tag, insecure, os.environ)


def _policy(runbook: Path, named: str | None) -> Path:
    """The policy that was named, or the nearest above the runbook, up to the repository that it is in."""
    if named is not None:
        return Path(named)
    for folder in [runbook.absolute().parent, *runbook.absolute().parents][:12]:
        if (folder / ".leakseal/gate.yaml").is_file():
            return folder / ".leakseal/gate.yaml"
        if (folder / ".git").exists():
            break
    return runbook.absolute().parent / ".leakseal/gate.yaml"
