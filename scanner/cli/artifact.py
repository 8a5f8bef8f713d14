"""`leakseal artifact`: whether what is released is what it should be, and where it comes from."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner import __version__, cachefile
from scanner.cli import screen
from scanner.cli.options import insecure_registries, looking, project, workers
from scanner.cli.verify import moment
from scanner.config import OCR_MODES
from scanner.decode.limits import Limits
from scanner.errors import UsageError
from scanner.pipeline.settings import Settings
from scanner.report.plain import printable

if TYPE_CHECKING:
    from scanner.artifacts.asked import Asked
    from scanner.artifacts.run import Bench

_POLICY = Path(".leakseal/gate.yaml")


@click.command("artifact")
@click.argument("target", metavar="IMAGE|FILE")
@click.option("--expect", multiple=True, metavar="DIGEST", help="The digest that it must have, as sha256:…")
@click.option("--sums", multiple=True, metavar="FILE", help="A checksum file that must name it, such as SHA256SUMS.")
@click.option("--lock", "locks", multiple=True, metavar="FILE", help="A lock file that must name it with its hash.")
@click.option("--runbook", metavar="FILE", help="A runbook whose image, source commit and version it must have.")
@click.option("--version", metavar="VERSION", help="The version that it must have.")
@click.option("--tag", metavar="TAG", help="The Git tag that it is released under.")
@click.option("--commit", metavar="ID", help="The commit that it must be built from.")
@click.option("--source-uri", metavar="URI", help="The repository that it must be built from; else the policy's.")
@click.option("--source", metavar="REPO@REV", help="A repository here: every file in the artifact must come from this commit.")
@click.option("--base", metavar="IMAGE", help="The base image, whose layers need not come from the commit.")
@click.option("--built", "declared", multiple=True, metavar="PATTERN", help="Files that the build makes, such as 'app/static/*'.")
@click.option("--nowhere-most", type=click.IntRange(0), default=0, show_default=True, help="Files that may come from nowhere.")
@click.option("--platform", metavar="OS/ARCH", help="Of an image for several platforms, only this one.")
@click.option("--provenance", multiple=True, metavar="FILE", help="SLSA provenance: an envelope, a Sigstore bundle, or lines of them.")
@click.option("--signature", "signatures", multiple=True, metavar="FILE", help="A signature of the artifact.")
@click.option("--require", "required", multiple=True, type=click.Choice(["provenance", "signature"]), help="What must lie beside an image.")
@click.option("--builder", "builders", multiple=True, metavar="ID", help="Who may have built it; else the policy's.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter that the build may have been given.")
@click.option("--policy", metavar="FILE", help="Instead of .leakseal/gate.yaml, where there is one.")
@click.option("--trust", metavar="FILE", help="Keys, instead of those in the policy.")
@click.option("--key", "keys", multiple=True, metavar="FILE", help="A builder's public key, instead of those in the policy.")
@click.option("--allow-tag", is_flag=True, help="Look at an image that is named by a tag alone, which can be moved.")
@click.option("--insecure-registry", "insecure", multiple=True, metavar="HOST", help="A registry without TLS or a valid certificate.")
@click.option("--no-scan", is_flag=True, help="Do not look for secrets in it.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write the result as JSON too; the gate takes it as evidence.")
@click.option("--config", "file", metavar="FILE", help="Configuration instead of leakseal.yaml in this folder.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
@click.option("--suppressions", "suppressed", metavar="FILE", help="Instead of .leakseal/suppressions.yaml in this folder.")
@click.option("--trust-owner", is_flag=True, help="Open repositories that belong to another user.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; one for each core if not given.")
@click.option("--ocr", type=click.Choice(OCR_MODES), help="Read what pictures show: where an engine is installed, always, or never.")
@click.option("--at", metavar="TIME", help="As if it were that time.", hidden=True)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("--no-color", is_flag=True, help="No colour.")
def command(**said: Any) -> int:
    """Check IMAGE or FILE: digests, provenance, where its files come from, and whether secrets stand in it.

    A file, an OCI layout (PATH, PATH:TAG), a `docker save` archive, or docker://HOST/NAME:TAG@sha256:… in a registry.

    Exit codes: 0 it may be released, 1 secrets stand in it, 3 something could not be looked at, 4 it is not to be trusted.
    """
    from scanner.artifacts import result as results
    from scanner.artifacts.look import look
    from scanner.artifacts.run import veiling

    asked, (bench, insecure) = _asked(said), _bench(said)
    begun = datetime.now(UTC)
    found, done = look(asked, bench, insecure, os.environ)
    value = results.document(found, asked, veiling(results.texts(found, asked), done, bench), _run(begun))
    del done
    if said["output"] is not None:
        from scanner.cli.output import saved

        saved(Path(said["output"]), results.dumped(value).encode())
    if said["form"] == "json":
        click.echo(results.dumped(value), nl=False)
    else:
        held = {"held": True, "failed": False}
        screen.checks((one["number"], one["name"], held.get(one["outcome"]), one["detail"]) for one in value["checks"])
        for line in results.lines(value):
            click.echo(printable(line))
        screen.verdict(results.sentence(value), good=value["exitCode"] == 0)
    sys.stdout.flush()
    return found.exit_code


def _asked(said: dict[str, Any]) -> Asked:
    from scanner.artifact.naming import is_digest
    from scanner.artifacts.asked import Asked, with_policy, with_runbook

    if not all(map(is_digest, said["expect"])):
        raise UsageError("what --expect names is no digest", hint="write sha256: and 64 digits, in small letters")
    same = ("target", "expect", "sums", "locks", "version", "tag", "commit", "source_uri", "source", "base", "declared", "nowhere_most",
            "platform", "provenance", "signatures", "builders", "allow_tag", "trust_owner")  # fmt: skip
    asked = Asked(
        now=moment(said["at"]), required=frozenset(said["required"]), parameters=dict(map(_parameter, said["parameters"])),
        scan=not said["no_scan"], **{name: said[name] for name in same},
    )  # fmt: skip
    if said["runbook"] is not None:
        asked = with_runbook(asked, Path(said["runbook"]))
    policy = Path(said["policy"]) if said["policy"] else _POLICY if _POLICY.is_file() else None
    return with_policy(asked, policy, Path(said["trust"]) if said["trust"] else None, said["keys"])


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError("--parameter has no value", hint="write NAME=VALUE, or NAME=* for any value")
    return name, value


def _bench(said: dict[str, Any]) -> tuple[Bench, tuple[str, ...]]:
    from scanner.artifacts.run import Bench
    from scanner.report.page import page_of
    from scanner.report.progress import Meter

    chosen = project(None, file=said["file"], packs=said["packs"], suppressed=said["suppressed"])
    look = looking(chosen, named=said["file"] is not None, mode=said["ocr"])
    settings = Settings(
        chosen.rules, cachefile.folder(), workers=workers(said["jobs"]), trust_owner=said["trust_owner"], mappings=chosen.config.mappings,
        limits=replace(Limits(), looking=look),
        progress=Meter(sys.stderr, page_of(sys.stderr, os.environ, no_color=said["no_color"]), quiet=said["quiet"]),
    )  # fmt: skip
    insecure: tuple[str, ...] = ()
    if any((name or "").startswith("docker://") for name in (said["target"], said["base"])):
        insecure = insecure_registries(chosen, named=said["file"] is not None, given=said["insecure"])
    return Bench(settings, chosen.judging, chosen.config.why_excluded), insecure


def _run(begun: datetime) -> dict[str, Any]:
    shape, ended = "%Y-%m-%dT%H:%M:%SZ", datetime.now(UTC)
    return {
        "tool": f"leakseal {__version__}", "startedOn": begun.strftime(shape), "finishedOn": ended.strftime(shape),
        "seconds": round((ended - begun).total_seconds(), 3), "host": socket.gethostname() if os.environ.get("LEAKSEAL_HOST") else None,
    }  # fmt: skip
