"""`leakseal remove-plan`: how to take what was found out of a history, what to rotate, and whether nothing is left."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scanner.cli import complain
from scanner.cli.options import project
from scanner.cli.reports import reported, rescan
from scanner.errors import UsageError
from scanner.model.report import Report
from scanner.report.compare import compare
from scanner.report.plain import count, place, printable
from scanner.report.removal import plan, told, written

LEFT, NOT_READ = 1, 3
_SHOWN = 20


@click.command("remove-plan", short_help="How to take secrets out of a history, and prove that they are gone.")
@click.argument("repository", required=False, default=".", metavar="[REPOSITORY]")
@click.option("--report", metavar="REPORT.json", help="The report that shows them, else the repository is scanned.")
@click.option("-o", "--output", metavar="DIR", help="Write the plan and its files there, outside of any repository.")
@click.option("--accepted", is_flag=True, help="Also plan for what was accepted.")
@click.option("--verify", is_flag=True, help="After the rewrite: prove that nothing of REPORT.json is left in any object.")
def command(repository: str, report: str | None, output: str | None, accepted: bool, verify: bool) -> int:
    """Print what to rotate, by provider, and the steps of git-filter-repo that take the rest out of the history.

    The values are for you to fill in: they stand nowhere in what is printed or written.

    With --verify, exit codes: 0 every object was read and none has a value of the report, 1 some have, 3 something could not be read.
    """
    chosen = project(repository, file=None)
    if verify:
        if report is None:
            raise UsageError("--verify needs the report of before", hint="name it with --report")
        return _verified(reported(report), rescan(chosen, repository, "git"), Path(repository), accepted=accepted)
    made = plan(reported(report, chosen, repository), accepted=accepted)
    families = {rule.id: rule.family for rule in chosen.rules.rules}
    if output is None:
        click.echo(written(made, families, "PLAN"), nl=False)
        for name, text in made.files().items():
            click.echo(f"\n`PLAN/{name}`:\n\n```text\n{text}```")
    else:
        _write(Path(output), {"PLAN.md": written(made, families, str(Path(output).resolve())), **made.files()})
    click.echo(told(made), err=True)
    return 0


def _write(folder: Path, files: dict[str, str]) -> None:
    top = folder.resolve()
    if any((parent / ".git").exists() for parent in (top, *top.parents)):
        raise UsageError("the plan's folder lies in a repository, and secrets will stand in it", hint="name a folder outside of it with -o")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in files.items():
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # never over one that is filled in
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as problem:
        raise UsageError(f"the plan cannot be written: {problem.strerror}", hint="name a folder that is new or empty") from None
    click.echo(f"{folder}: {', '.join(sorted(files))}", err=True)


def _verified(before: Report, after: Report, repository: Path, *, accepted: bool) -> int:
    wanted = {one.fingerprint for one in plan(before, accepted=accepted).rotate if one.surface == "git"}
    if not wanted:
        raise UsageError("the report of before has nothing in a history", hint="name the report that was made before the rewrite")
    compare(before, after)  # which refuses fingerprints of different keys
    left = [one for one in after.findings if one.fingerprint in wanted]
    for one in left[:_SHOWN]:
        click.echo(f"left  {printable(one.preview)} {place(one)} [{one.id}]")
    if len(left) > _SHOWN:
        click.echo(f"and {count(len(left) - _SHOWN, 'place')} more")
    known = {one.location.object for one in before.findings if one.fingerprint in wanted and one.location.object}
    there = _present(repository, sorted(name for name in known if name))
    for name in there:
        click.echo(f"left  object {name}, which had one of them")
    if left or there:
        complain("something of the report is left", "fill in every line of replacements.txt, and expire reflogs: `git gc --prune=now`")
        return LEFT
    if not after.complete:
        complain(f"nothing was seen, but {count(len(after.gaps), 'thing')} could not be read", "`leakseal scan` names what was not read")
        return NOT_READ
    objects = sum(seen.objects for _, seen in after.coverage)
    click.echo(f"none of {count(len(wanted), 'value')} is left in {objects:,} objects, and everything was read")
    return 0


def _present(repository: Path, names: list[str]) -> list[str]:
    """Which of these objects the repository still has."""
    from scanner.sources.git.environ import environment, git

    if not names:
        return []
    answers = git(["cat-file", "--batch-check=%(objectname)"], repository, environment(), data="\n".join(names).encode() + b"\n")
    return [line for line in answers.decode("ascii", "replace").splitlines() if not line.endswith(" missing")]
