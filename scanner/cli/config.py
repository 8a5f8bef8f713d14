"""`leakseal config`: what applies here and where it was said, and the schema that editors complete by."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from scanner import cachefile, config, yamlnodes
from scanner.cli.hush import known_hidden
from scanner.errors import UsageError
from scanner.findings import suppressions
from scanner.report.plain import printable
from scanner.shipped import shipped

DEFAULT = "default"
PLUGIN = Path("detect_secrets/leakseal_plugin.py")


class Setting(NamedTuple):
    """A key of leakseal.yaml, and what a configuration says of it."""

    key: str
    value: Callable[[config.Config], object]


SETTINGS = (
    Setting("rules.packs", lambda c: [str(path) for path in c.packs]),
    Setting("rules.disable", lambda c: list(c.disabled)),
    Setting("rules.add", lambda c: []),  # said by the file alone
    Setting("rules.override", lambda c: list(c.changed)),
    Setting("rules.least", lambda c: dict(c.least)),
    Setting("fingerprint.key-env", lambda c: c.key_env),
    Setting("fingerprint.key-file", lambda c: str(c.key_file) if c.key_file else None),
    Setting("fingerprint.salt", lambda c: c.salt),
    Setting("paths", lambda c: [f"{one.glob} ({one.reason})" for one in c.exclusions]),
    Setting("suppressions.days", lambda c: c.bounds.days),
    Setting("suppressions.places", lambda c: c.bounds.places),
    Setting("notes.mappings", lambda c: [one.name for one in c.mappings]),
    Setting("registries.insecure", lambda c: list(c.insecure_registries)),
    Setting("ocr.mode", lambda c: c.ocr),
    Setting("ocr.engine", lambda c: c.ocr_engine or None),
    Setting("ocr.command", lambda c: list(c.ocr_command)),
    Setting("ocr.seconds", lambda c: c.ocr_seconds),
)


class Told(NamedTuple):
    """One line: a key, its value, and where that was said."""

    key: str
    value: Any
    origin: str


@click.group("config", short_help="Show what applies here, and the configuration's schema.")
def command() -> None:
    """The configuration: what applies, where it was said, and what may be said."""


@command.command("show")
@click.option("--config", "file", metavar="FILE", help="Instead of the leakseal.yaml in this folder.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def show(file: str | None, form: str) -> int:
    """Every setting, its value, and where that comes from: file, line and column, the environment, or the default."""
    if file and not Path(file).is_file():
        raise UsageError(f"there is no configuration at {file}", hint="check the path given with --config")
    path = Path(file) if file else config.find(Path())
    told = [*_settings(path), *_surroundings()]
    if form == "json":
        from scanner.report.json_v1 import dumped

        click.echo(dumped([one._asdict() for one in told], indent=2))
        return 0
    shown = [(one.key, known_hidden(printable(_said(one.value))), printable(one.origin)) for one in told]
    wide = [min(60, max(len(row[column]) for row in shown)) for column in (0, 1)]
    for key, value, origin in shown:
        click.echo(f"{key:<{wide[0]}}  {value:<{wide[1]}}  {origin}")
    return 0


@command.command("schema")
def schema() -> int:
    """Print the JSON Schema of leakseal.yaml, by which editors complete and check it."""
    click.echo(config.SCHEMA.read_text("utf-8"), nl=False)
    return 0


@command.command("check")
@click.argument("file", required=False, metavar="[FILE]")
def check(file: str | None) -> int:
    """Whether leakseal.yaml (or FILE) can be understood, its rules included; a mistake is told with line and column."""
    from scanner.cli.options import rules

    path = Path(file) if file else config.find(Path())
    if path is None or not path.is_file():
        raise UsageError("there is no leakseal.yaml here", hint="`leakseal init` proposes one")
    rules(config.load(path))
    click.echo(f"{printable(str(path))}: nothing is wrong", err=True)
    return 0


@command.command("plugin")
def plugin() -> int:
    """Print the path of the plugin that runs our rules in detect-secrets: `detect-secrets scan -p "$(leakseal config plugin)"`."""
    click.echo((shipped("hooks") / PLUGIN).resolve())
    return 0


def _settings(path: Path | None) -> Iterator[Told]:
    said = config.load(path)
    root = yamlnodes.load(path) if path else None
    for setting in SETTINGS:
        node = _at(root, setting.key) if root else None
        if node is None:
            yield Told(setting.key, setting.value(said), DEFAULT)
        elif node.kind == "list":
            values = setting.value(said)
            for number, item in enumerate(node.items):
                inner = dict(item.entries).get("id")
                value = values[number] if isinstance(values, list) and number < len(values) else inner.scalar if inner else "…"
                yield Told(setting.key, _own(setting.key, item, value), f"{path}:{item.line}:{item.column}")
        else:
            yield Told(setting.key, setting.value(said), f"{path}:{node.line}:{node.column}")


def _own(key: str, item: yamlnodes.Node, value: object) -> object:
    """What stands at this place of a list that is sorted when it is read."""
    return item.scalar if key == "rules.disable" else value


def _at(root: yamlnodes.Node, key: str) -> yamlnodes.Node | None:
    node: yamlnodes.Node | None = root
    for name in key.split("."):
        node = dict(node.entries).get(name) if node else None
    return node


def _surroundings() -> Iterator[Told]:
    """What is not in the file and decides as well."""
    folder = cachefile.folder()
    yield Told("cache", str(folder) if folder else None, "environment LEAKSEAL_CACHE" if "LEAKSEAL_CACHE" in os.environ else DEFAULT)
    there = suppressions.FILE.exists()
    yield Told("suppressions", str(suppressions.FILE) if there else None, "this folder" if there else DEFAULT)
    yield Told("rules", str(shipped("rules")), "installed with leakseal")


def _said(value: object) -> str:
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
