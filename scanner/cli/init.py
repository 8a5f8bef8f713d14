"""`leakseal init`: a start for a repository: configuration, hooks, a CI job, and what to do with what is found."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click

from scanner import config, globs
from scanner.cli.reports import rescan
from scanner.errors import UsageError
from scanner.findings import suppressions
from scanner.model.evidence import OFFERED
from scanner.model.report import Report
from scanner.report.plain import count, place, printable, worst_first
from scanner.shipped import shipped

HOOKS = ("pre-commit", "pre-push", "commit-msg")
SOURCE = "PATH/OR/URL/OF/YOUR/CLONE/OF/LEAKSEAL"
DRIVER = "git config merge.leakseal.driver 'leakseal suppressions merge %O %A %B'"
_ATTRIBUTE = ".leakseal/suppressions.yaml merge=leakseal\n"
_SHOWN = 5
_BASELINES = (".secrets.baseline", ".gitleaksignore")
_RULES = (".gitleaks.toml", ".betterleaks.toml")
_HOOKS_FILE = """\
default_install_hook_types: [pre-commit, pre-push, commit-msg]
repos:
  - repo: local
    hooks:
      - {id: leakseal, name: leakseal, entry: leakseal hook pre-commit, args: [--], language: system, require_serial: true}
      - {id: leakseal-push, name: leakseal (push), entry: leakseal hook pre-push, language: system, stages: [pre-push],
         pass_filenames: false, always_run: true}
      - {id: leakseal-commit-msg, name: leakseal (message), entry: leakseal hook commit-msg, args: [--], language: system,
         stages: [commit-msg]}
"""
_WORKFLOW = """\
name: Leakseal
on: [push, pull_request]
permissions: {{contents: read}}
jobs:
  secrets:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {{fetch-depth: 0}}  # the whole history
      - run: pip install {source}
      - run: leakseal scan --format github
      - run: leakseal suppressions check
"""
_GITLAB = """\
leakseal:
  stage: test
  image: python:3.12
  variables: {{GIT_DEPTH: "0"}}  # the whole history
  script:
    - pip install {source}
    - leakseal scan -o gl-secret-detection-report.json -o leakseal.xml
    - leakseal suppressions check
  artifacts:
    when: always
    reports: {{secret_detection: gl-secret-detection-report.json, junit: leakseal.xml}}
"""
CI = {
    "github": (".github/workflows/leakseal.yml", _WORKFLOW),
    "gitea": (".gitea/workflows/leakseal.yml", _WORKFLOW),
    "gitlab": (".gitlab-ci.yml", _GITLAB),
}


class Proposal(NamedTuple):
    """A file, what is to stand in it, and whether it can be written as it is: nothing that is there is changed."""

    path: Path
    text: str
    new: bool


@click.command("init", short_help="Propose a configuration, hooks, a CI job, and what to do with what is found.")
@click.argument("folder", required=False, default=".", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--write", is_flag=True, help="Write the files that are new; none that is there is changed.")
@click.option("--ci", type=click.Choice([*CI, "none"]), help="Which CI service; by what is there if not given.")
@click.option("--hooks", type=click.Choice(["pre-commit", "git", "none"]), help="How hooks are run; by what is there if not given.")
@click.option("--source", metavar="URL", default=SOURCE, help="Where a CI job installs Leakseal from.")
def command(folder: Path, write: bool, ci: str | None, hooks: str | None, source: str) -> int:
    """Scan FOLDER (else this one) and propose a start.

    The exit code is 0 whatever is found: this is a proposal, and not a check.
    """
    if not re.fullmatch(r"[\w./:@+~-]{1,300}", source):
        raise UsageError("--source is no path and no URL", hint="name a clone of Leakseal, or its address")
    made = list(proposals(folder, ci, hooks, source))
    for one in made:
        if one.new and write:
            _written(folder / one.path, one.text)
            click.echo(f"wrote {printable(str(one.path))}")
        else:
            click.echo(f"{'new file' if one.new else 'add to'} {printable(str(one.path))}:\n")
            click.echo("".join(f"    {line}\n" for line in one.text.splitlines()))
    salted = any(one.path.name == config.NAME for one in made)
    for line in advice(_scanned(folder, salted=salted), folder, hooks or _hooks(folder), datetime.now(UTC).date()):
        click.echo(line)
    if not write and any(one.new for one in made):
        click.echo("\n`leakseal init --write` writes the new files.")
    return 0


def proposals(folder: Path, ci: str | None, hooks: str | None, source: str) -> Iterator[Proposal]:
    """The files that a start needs and that are not there yet."""
    if not (folder / config.NAME).exists():
        yield Proposal(Path(config.NAME), _configuration(folder), True)
    if (hooks or _hooks(folder)) == "pre-commit" and "leakseal" not in _text(folder / ".pre-commit-config.yaml"):
        yield Proposal(Path(".pre-commit-config.yaml"), _HOOKS_FILE, not (folder / ".pre-commit-config.yaml").exists())
    if (hooks or _hooks(folder)) == "git" and (folder / ".git").is_dir():
        for name in HOOKS:
            if not (folder / ".git/hooks" / name).exists():
                yield Proposal(Path(".git/hooks", name), (shipped("hooks") / "git" / name).read_text("utf-8"), True)
    service = ci or _service(folder)
    if service in CI and "leakseal" not in _text(folder / CI[service][0]):
        path, text = CI[service]
        yield Proposal(Path(path), text.format(source=source), not (folder / path).exists())
    if (folder / ".git").exists() and "merge=leakseal" not in _text(folder / ".gitattributes"):
        yield Proposal(Path(".gitattributes"), _ATTRIBUTE, not (folder / ".gitattributes").exists())


def advice(report: Report, folder: Path, hooks: str, today: date) -> Iterator[str]:
    """What to do, in its order."""
    found = worst_first(report.open)
    by = Counter(one.severity for one in {one.id: one for one in found}.values())
    yield f"\nFound: {count(sum(by.values()), 'secret')}" + (f" ({', '.join(f'{n} {name}' for name, n in by.items())})" if by else "")
    yield from (f"    {one.severity:8} {printable(one.title)} {place(one)} {printable(one.preview)}" for one in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"    and {count(len(found) - _SHOWN, 'place')} more: `leakseal scan`"
    if report.gaps:
        yield f"Not read: {count(len(report.gaps), 'thing')}, named by `leakseal scan`"
    steps = list(_steps(report, folder, hooks, today))
    yield "\nNext:"
    yield from (f"{number:>3}. {step}" for number, step in enumerate(steps, 1))


def _steps(report: Report, folder: Path, hooks: str, today: date) -> Iterator[str]:
    if hooks == "pre-commit":
        yield "have the hooks run: `pre-commit install`"
    for name in _BASELINES:
        if (folder / name).is_file():
            until = (today + timedelta(OFFERED)).isoformat()
            yield f"carry {name} over: `leakseal import baseline {name} --owner NAME --reason WHY --ticket WHERE --expires {until}`"
    for name in _RULES:
        if (folder / name).is_file():
            yield f"carry {name} over: `leakseal import rules {name} -o leakseal-rules.yaml`"
    if report.open:
        yield "rotate what is real, the worst first: `leakseal review` goes through it, `leakseal explain ID` tells of one"
        if any(one.surface == "git" for one in report.open):
            yield "take it out of the history, if it must go: `leakseal remove-plan`"
        until = (today + timedelta(OFFERED)).isoformat()
        terms = f"--owner NAME --reason 'found at the start' --ticket WHERE --expires {until}"
        yield f"accept the rest for {OFFERED} days, so that only what is new stops anybody: `leakseal accept --all-current {terms}`"
    yield f"let Git merge acceptances entry by entry, in each clone: `{DRIVER}`"
    yield "commit the files"


def _scanned(folder: Path, *, salted: bool) -> Report:
    """What a scan reports once the proposed configuration is there, so that ids stay what they are."""
    from scanner.cli.options import project
    from scanner.findings.seal import Seal

    chosen = project(str(folder), file=None)
    if salted and (salt := _salt(folder)):
        chosen = replace(chosen, judging=replace(chosen.judging, seal=Seal(None, salt.encode())))
    return rescan(chosen, str(folder))


def _configuration(folder: Path) -> str:
    salt = _salt(folder)
    said = f"fingerprint:\n  salt: {json.dumps(salt)}  # keeps this project's fingerprints apart from others'; no secret\n" if salt else ""
    excluded = "# paths:\n#   - exclude: third_party/\n#     reason: why it is not looked at\n"
    return f"# How Leakseal looks at this repository; `leakseal config schema` says what may stand here.\nversion: 1\n{said}{excluded}"


def _salt(folder: Path) -> str:
    """The folder's name; none where findings were accepted already, as another salt would open them all."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-.")[:60]
    return "" if (folder / suppressions.FILE).exists() else name


def _hooks(folder: Path) -> str:
    if (folder / ".pre-commit-config.yaml").exists() or shutil.which("pre-commit"):
        return "pre-commit"
    return "git"


def _service(folder: Path) -> str:
    if (folder / ".gitlab-ci.yml").exists():
        return "gitlab"
    if (folder / ".gitea").is_dir():
        return "gitea"
    return "github" if (folder / ".github").is_dir() else "none"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1 << 20).decode("utf-8", "replace")
    except OSError:
        return ""


def _written(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # what is there is left alone, also a link to elsewhere
            file.write(text)
        if globs.covers(".git/hooks/*", "/".join(path.parts[-3:])):
            path.chmod(0o755)
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}", hint="check the folder") from None
