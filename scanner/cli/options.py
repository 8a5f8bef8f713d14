"""Options that several commands share, and what they mean together."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scanner import cachefile, config, shipped
from scanner.decode.limits import Looking
from scanner.errors import ConfigError, UsageError
from scanner.findings import suppressions
from scanner.findings.seal import Seal
from scanner.model.rule import Ruleset
from scanner.pipeline.run import Judging
from scanner.rulepack.cache import load_cached
from scanner.rulepack.least import demand

if TYPE_CHECKING:
    from scanner.rulepack.build import Known


@dataclass(frozen=True, slots=True)
class Project:
    """The configuration that a run goes by."""

    config: config.Config
    judging: Judging
    rules: Ruleset


def project(target: str | None, *, file: str | None, packs: tuple[str, ...] = (), suppressed: str | None = None) -> Project:
    """Configuration, rules, key and suppressions for a run; those of the target's own folder unless others are named."""
    root = Path(target) if target and target != "-" and Path(target).is_dir() else Path()
    chosen = Path(file) if file else config.find(root)
    if file and not Path(file).is_file():
        raise UsageError(f"there is no configuration at {file}", hint="check the path given with --config")
    settings = config.load(chosen)
    given = Path(suppressed) if suppressed else root / suppressions.FILE
    entries = suppressions.load(given)
    if suppressed and not given.exists():
        raise UsageError(f"there are no suppressions at {suppressed}", hint="check the path given with --suppressions")
    seal = Seal(config.read_key(settings, os.environ), settings.salt.encode())
    judging = Judging(seal, entries, datetime.now(UTC).date())
    return Project(settings, judging, rules(settings, packs))


def rules(settings: config.Config, packs: tuple[str, ...] = ()) -> Ruleset:
    """The shipped rules and the project's own, without samples."""
    for pack in packs:
        if not Path(pack).exists():
            raise ConfigError(f"there is no rule pack at {pack}", hint="name a YAML file or a folder of them")
    folders = [shipped.shipped("rules"), *settings.packs, *map(Path, packs)]
    return demand(load_cached(folders, settings.disabled, cachefile.folder(), project=settings.project, known=named), dict(settings.least))


def looking(chosen: Project, *, named: bool, mode: str | None = None, command: str | None = None) -> Looking:
    """How pictures are read; `named` says whether the user named the configuration himself."""
    from scanner.decode import ocr

    settings = chosen.config
    if settings.ocr_command and not (named or command):
        hint = f"name the file to say that you trust it (--config {settings.file}), or give --ocr-command"
        raise ConfigError("`ocr.command` is a program, and a scanned project cannot have one run", hint=hint)
    words = tuple(shlex.split(command)) if command else settings.ocr_command
    if words and shutil.which(words[0]) is None:
        raise UsageError(f"there is no program {words[0]} to read pictures with", hint="check --ocr-command or `ocr.command`")
    way = mode or settings.ocr
    if words:
        words = (os.path.abspath(shutil.which(words[0]) or words[0]), *words[1:])  # noqa: PTH100 a link is a program's name
    if way == "always" and not words and not ocr.available():
        raise UsageError("no OCR engine is installed, and pictures are always to be read", hint="install leakseal[ocr] or tesseract-ocr")
    return Looking(way, words, settings.ocr_engine, settings.ocr_seconds, cache=cachefile.folder(), rules=chosen.rules.digest)


def insecure_registries(chosen: Project, *, named: bool, given: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The registries that need no TLS; `named` says whether the user named the configuration himself."""
    said = chosen.config.insecure_registries
    if said and not named:
        hint = f"name the file to say that you trust it (--config {chosen.config.file}), or give --insecure-registry"
        raise ConfigError("`registries.insecure` turns off TLS, and a project cannot have that done", hint=hint)
    return (*given, *said)


def known() -> Known:
    """What the shipped engine lets a rule name; every anchor is compiled by itself."""
    from scanner.detect.prefilter import anchor_flaw

    return replace(named(), anchor_flaw=anchor_flaw)


def named() -> Known:
    """The same for who compiles all anchors together anyway, and hears of a flaw then."""
    from scanner.detect.checks import CHECKS, flaw
    from scanner.detect.parsers import PARSERS
    from scanner.rulepack.build import Known

    return Known(CHECKS, PARSERS, flaw)


def workers(asked: int | None) -> int:
    """How many processes to use: as asked, else one for each core we may run on."""
    if asked is not None:
        return max(1, asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
