"""`leakseal sweep`: every repository of an inventory, only what is new, into a ledger."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner import cachefile
from scanner.cli import complain
from scanner.cli.hush import hushed
from scanner.cli.keygen import passphrase
from scanner.cli.ledger import opened
from scanner.cli.options import looking, project, workers
from scanner.decode.limits import Limits
from scanner.errors import UsageError
from scanner.findings.seal import Seal
from scanner.pipeline.run import veil
from scanner.pipeline.settings import Settings

if TYPE_CHECKING:
    from scanner.artifact.transport import Transport
    from scanner.attest.keys import PrivateKey
    from scanner.ledger.rows import Visit
    from scanner.sweep.hearers import Hearers
    from scanner.sweep.inventory import Inventory
    from scanner.sweep.night import Hire
    from scanner.sweep.summary import Summary


@click.command("sweep")
@click.argument("inventory", metavar="INVENTORY")
@click.option(
    "--ledger", "where", default="leakseal-ledger.db", envvar="LEAKSEAL_LEDGER", show_default=True, show_envvar=True, metavar="LEDGER",
    help="A file, or postgresql://…; one with a password belongs into the variable: everybody sees what a program is called with.",
)
@click.option("--cache", "folder", metavar="FOLDER", help="Where mirrors are kept; the user's cache folder if not given.")
@click.option("--max-cache", metavar="SIZE", help="Bytes that mirrors may take, such as 50G; those not wanted for longest go first.")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="Only repositories of this group.")
@click.option("--only", "names", multiple=True, metavar="NAME", help="Only the repository of this name.")
@click.option("--full", is_flag=True, help="Read every object again.")
@click.option("--all", "everything", is_flag=True, help="Say all open findings, not only new ones.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; one for each core if not given.")
@click.option("--scheduler", metavar="URL", help="Read on the workers of this Dask scheduler, tcp://host:8786.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="On standard output.")
@click.option("-o", "--output", metavar="FOLDER", help="Write SARIF and JSON reports there, one of each for a repository.")
@click.option("--key", metavar="FILE", help="Sign a statement of what was covered with this key; LEAKSEAL_PASSPHRASE opens it.")
@click.option("--statement", metavar="FOLDER", help="Where the statement and its list are written; with --key.")
@click.option("--list", "only_list", is_flag=True, help="Only say which repositories are meant; nothing is read or fetched.")
@click.option("--config", "file", metavar="FILE", help="Configuration instead of leakseal.yaml in this folder.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(  # noqa: PLR0913, PLR0917 click passes every option
    inventory: str, where: str, folder: str | None, max_cache: str | None, groups: tuple[str, ...], names: tuple[str, ...],
    full: bool, everything: bool, jobs: int | None, scheduler: str | None, form: str, output: str | None, file: str | None,
    packs: tuple[str, ...], quiet: bool, only_list: bool, key: str | None, statement: str | None,
) -> int:  # fmt: skip
    """Read every repository of INVENTORY, and of each only what is new since the last night.

    Exit codes: 0 all was read and nothing new is open, 1 new open findings (with --all: any), 3 a repository was not read.
    """
    from scanner import canon
    from scanner.artifact.transport import Transport
    from scanner.attest.keys import load_private
    from scanner.ledger import read
    from scanner.report.json_v1 import dumped
    from scanner.sweep import inventory as listing
    from scanner.sweep.accounts import expanded
    from scanner.sweep.mirror import Room
    from scanner.sweep.night import processes, sweep
    from scanner.sweep.summary import document, summary, text, write_reports
    from scanner.sweep.task import Ways

    if (key is None) != (statement is None):
        raise UsageError("--key and --statement belong together", hint="give both to sign what was covered, or none")
    signer = load_private(Path(key), passphrase()) if key else None
    listed = listing.load(Path(inventory))
    transport = Transport(listed.insecure, environ=os.environ) if listed.forges or listed.hearers else None
    if listed.forges and transport:
        listed = expanded(listed, transport)
    own = project(None, file=file, packs=packs)
    look = looking(own, named=file is not None)
    settings = Settings(own.rules, cachefile.folder(), limits=Limits(looking=look), mappings=own.config.mappings)

    def mask(names: Sequence[str]) -> Callable[[str], str]:
        return veil(names, settings).text

    if only_list:
        return _listing(listing.veiled(listed, (), mask), groups, names)
    with opened(where, make=True) as ledger:
        listed = listing.veiled(listed, read.names(ledger), mask)
        chosen = listed.chosen(groups, names)
        if not chosen and not listed.empty and not listed.unlisted:
            raise UsageError("no repository of the inventory is meant", hint="check --group and --only")
        judged = canon.digest(Path(own.config.file).read_bytes()) if own.config.file else ""
        seal, today = own.judging.seal, datetime.now(UTC).date()

        def ways(ruleset: int) -> Ways:
            room = Room(Path(folder) if folder else (cachefile.folder() or Path(".cache")) / "mirrors", _size(max_cache))
            make = (lambda: seal) if scheduler is None else _Key(file)
            asked = where if scheduler is None else None
            return Ways(own.rules, ruleset, settings, room, make, today, asked, own.config.why_excluded, judged)

        hire = processes(workers(jobs)) if scheduler is None else _cluster(scheduler)
        night = sweep(listed, chosen, ledger, ways, hire, full=full, watch=_silent if quiet else _progress(), mask=mask)
        said = summary(ledger, night, everything=everything)
        click.echo(dumped(document(said), indent=2) if form == "json" else "\n".join(text(said)))
        if output:
            write_reports(ledger, night.visits, Path(output))
        if not night.interrupted:
            _after(said, signer, statement, (listed.hearers, transport))
        if night.interrupted:
            complain("the sweep was interrupted", "run it again; what it has read is written down")
        return said.exit_code


def _cluster(scheduler: str) -> Hire:
    from scanner.sweep.cluster import cluster

    return cluster(scheduler)


def _after(said: Summary, signer: PrivateKey | None, statement: str | None, telling: tuple[Hearers | None, Transport | None]) -> None:
    """Sign what was covered, and tell everybody who should hear of the night; says who could not be told."""
    from scanner.sweep import statement as state
    from scanner.sweep.hearers import night_of, tell
    from scanner.sweep.notify.issues import Filed

    hearers, transport = telling
    if signer and statement:
        state.write(said, signer, Path(statement))
    if hearers is None or transport is None:
        return
    for told in tell(night_of(said), hearers, transport):
        if isinstance(told, Filed):
            click.echo(told.sentence, err=True)
        else:
            complain(told.message, told.hint)


def _listing(listed: Inventory, groups: tuple[str, ...], names: tuple[str, ...]) -> int:
    """Say which repositories are meant."""
    for one in listed.chosen(groups, names):
        click.echo(f"{one.name}  {hushed(one.uri)}  {one.owner or '-'}  {' '.join(one.groups)}".rstrip())
    for lost in listed.unlisted:
        complain(f"{lost.name} could not be listed: {lost.detail}", "")
    for place in listed.empty:
        complain(f"nothing at {place}: the pattern found no folder", "")
    return 3 if listed.empty or listed.unlisted else 0


class _Key:
    """Makes the seal where a worker is: the key comes from that machine's own configuration, and never goes over the network."""

    def __init__(self, file: str | None) -> None:
        self._file = file

    def __call__(self) -> Seal:
        return project(None, file=self._file).judging.seal


def _size(text: str | None) -> int | None:
    from scanner.sweep.inventory import octets_of

    if text is None:
        return None
    found = octets_of(text)
    if found is None:
        raise UsageError("--max-cache is not a size", hint="write it as 500M or 50G")
    return found


def _silent(visit: Visit, left: int) -> None:
    """Nobody watches."""


def _progress() -> Callable[[Visit, int], None]:
    begun = time.monotonic()
    tty = sys.stderr.isatty() and "NO_COLOR" not in os.environ

    def watch(visit: Visit, left: int) -> None:
        line = f"{time.monotonic() - begun:7.1f} s  {visit.status:<9} {visit.repository}  ({left} left)"
        passing = tty and visit.status == "unchanged"
        click.echo(f"\r\x1b[K{line}" if passing else line, err=True, nl=not passing)

    return watch
