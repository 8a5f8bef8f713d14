"""`leakseal scan`: what is named, read whole, and reported."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

from scanner import __version__, cachefile, report
from scanner.cli import INTERRUPTED, complain
from scanner.cli.options import Project, insecure_registries, looking, project, workers
from scanner.cli.output import filed, needs_page, printed
from scanner.cli.standard_input import StandardInput
from scanner.config import OCR_MODES
from scanner.decode.limits import Limits
from scanner.errors import UsageError
from scanner.model.evidence import Finding
from scanner.model.report import Report, Run
from scanner.pipeline.live import Live
from scanner.pipeline.narrowed import Narrow
from scanner.pipeline.run import Request, scan
from scanner.pipeline.settings import Pulling, Settings
from scanner.report import jsonl
from scanner.report.page import page_of
from scanner.report.progress import Meter


@click.command("scan")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--git", "git", multiple=True, metavar="PATH", help="A Git repository, work tree or bare.")
@click.option("--logs", multiple=True, metavar="PATH", help="Logs: a file, a folder, a pattern such as 'logs/**/*.log', or -.")
@click.option("--screenshots", multiple=True, metavar="PATH", help="Pictures: a file, a folder or a pattern.")
@click.option("--notes", multiple=True, metavar="PATH", help="Note exports: a file, a folder or a pattern.")
@click.option("--staged", is_flag=True, help="Of a repository, only what is staged.")
@click.option("--tree", is_flag=True, help="Of a repository, only the files of HEAD.")
@click.option("--range", "commits", metavar="A..B", help="Of a repository, only what these commits bring in.")
@click.option("--since", metavar="DATE", help="Of a repository, only the objects of commits since then.")
@click.option("--format", "form", type=click.Choice(sorted(report.FORMATS)), default="table", show_default=True, help="On standard output.")
@click.option("-o", "--output", multiple=True, metavar="FILE", help="Write a report there too; its ending says the format.")
@click.option("--platform", metavar="OS/ARCH", help="Of an image in a registry, only this platform, such as linux/arm64.")
@click.option("--insecure-registry", "insecure", multiple=True, metavar="HOST", help="A registry without TLS or a valid certificate.")
@click.option("--embed-pictures", "embed", is_flag=True, help="Show pictures that have findings, painted over, in an HTML report.")
@click.option("--config", "file", metavar="FILE", help="Configuration instead of the target's leakseal.yaml.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
@click.option("--suppressions", "suppressed", metavar="FILE", help="Instead of the target's .leakseal/suppressions.yaml.")
@click.option("--allow-gaps", is_flag=True, help="Exit 0 although something was not read; the report says so.")
@click.option("--verify-objects", is_flag=True, help="Recompute the id of every Git object.")
@click.option("--trust-owner", is_flag=True, help="Open repositories that belong to another user.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; one for each core if not given.")
@click.option("--ocr", type=click.Choice(OCR_MODES), help="Read what pictures show: where an engine is installed, always, or never.")
@click.option("--ocr-command", metavar="COMMAND", help="Read pictures with this program, which speaks as docs/formats/ocr.md says.")
@click.option("--engine", type=click.Choice(["auto", "hyperscan", "re2"]), default="auto", help="The prefilter.", hidden=True)
@click.option("--walk", type=click.Choice(["fast", "git"]), default="fast", help="How objects are read.", hidden=True)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("--no-color", is_flag=True, help="No colour.")
def command(  # noqa: PLR0913, PLR0917 click passes every option
    targets: tuple[str, ...], git: tuple[str, ...], logs: tuple[str, ...], notes: tuple[str, ...], screenshots: tuple[str, ...],
    staged: bool, tree: bool, commits: str | None, since: str | None,
    form: str, output: tuple[str, ...], embed: bool, file: str | None, packs: tuple[str, ...], suppressed: str | None,
    allow_gaps: bool, verify_objects: bool, trust_owner: bool, jobs: int | None,
    platform: str | None, insecure: tuple[str, ...],
    ocr: str | None, ocr_command: str | None, engine: str, walk: str, quiet: bool, no_color: bool,
) -> int:  # fmt: skip
    """Scan TARGETs: Git repositories (every object, reachable or not), folders, files, or - for standard input.

    docker://host/repository:tag, or @sha256:…, is an image in a registry. Without a TARGET the current folder is scanned.
    """
    only = _only(staged=staged, tree=tree, commits=commits, since=since)
    requests = [Request(name, only=only) for name in targets]
    for surface, names in (("git", git), ("logs", logs), ("notes", notes), ("screenshots", screenshots)):
        requests += (Request(name, surface, only if surface == "git" else None) for name in names)
    requests = requests or [Request(".", only=only)]
    forms = {name: report.format_of(name) for name in output}
    if embed:
        needs_page([form, *forms.values()])
    chosen = project(requests[0].name, file=file, packs=packs, suppressed=suppressed)
    look = looking(chosen, named=file is not None, mode=ocr, command=ocr_command)
    settings = Settings(
        chosen.rules, cachefile.folder(), engine=engine, walk=walk, verify=verify_objects, workers=workers(jobs), trust_owner=trust_owner,
        mappings=chosen.config.mappings, limits=Limits(looking=look), pulling=_pulling(requests, chosen, file, insecure, platform),
        meanwhile=lambda: report.prepare([form, *forms.values()]),
        progress=Meter(sys.stderr, page_of(sys.stderr, os.environ, no_color=no_color), quiet=quiet),
    )  # fmt: skip
    standard = StandardInput()
    if form == "jsonl" and [request.name for request in requests] == ["-"] and not notes:
        standard.watch()
        settings = replace(settings, live=Live(_tell, lambda: standard.stopped))
    begun = datetime.now(UTC)
    pieces = standard.live() if settings.live else standard.pieces()
    found, interrupted = scan(
        requests, settings, chosen.judging, Run(f"leakseal {__version__}"),
        excluded=chosen.config.why_excluded, standard_input=pieces, gaps_allowed=allow_gaps,
    )  # fmt: skip
    found = _stamped(found, begun)
    pictures = {}
    if embed:
        from scanner.cli.pictures import painted

        pictures = painted(found, chosen, named=file is not None)
    filed(found, forms, pictures)
    if settings.live:
        lines = jsonl.ending(found, settings.live.target, settings.live.findings, settings.live.open)
        sys.stdout.buffer.writelines(text.encode() for text in lines)
        sys.stdout.buffer.flush()
    else:
        printed(found, form, pictures, no_color=no_color)
    if interrupted:
        hint = "what came before was searched" if settings.live else "run it again to its end"
        complain("the scan was interrupted, so the report is not complete", hint)
        return INTERRUPTED
    return found.exit_code


def _tell(finding: Finding) -> None:
    sys.stdout.buffer.write(jsonl.line(finding).encode())
    sys.stdout.buffer.flush()


def _only(*, staged: bool, tree: bool, commits: str | None, since: str | None) -> Narrow | None:
    said = {"staged": "" if staged else None, "tree": "" if tree else None, "range": commits, "since": since}
    chosen = [Narrow(way, words) for way, words in said.items() if words is not None]
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0].way} and --{chosen[1].way} cannot both be given", hint="run twice")
    return chosen[0] if chosen else None


def _pulling(requests: list[Request], chosen: Project, file: str | None, insecure: tuple[str, ...], platform: str | None) -> Pulling:
    if not any(request.name.startswith("docker://") for request in requests):
        if platform:
            raise UsageError("--platform is for images in registries", hint="leave it out, or name docker://host/repository:tag")
        return Pulling()
    return Pulling(insecure_registries(chosen, named=file is not None, given=insecure), platform, os.environ)


def _stamped(found: Report, begun: datetime) -> Report:
    ended = datetime.now(UTC)
    shape = "%Y-%m-%dT%H:%M:%SZ"
    run = replace(
        found.run, started_on=begun.strftime(shape), finished_on=ended.strftime(shape),
        seconds=round((ended - begun).total_seconds(), 3), host=socket.gethostname() if os.environ.get("LEAKSEAL_HOST") else None,
    )  # fmt: skip
    return replace(found, run=run)
