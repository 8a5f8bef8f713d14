"""A report, written for people and for programs; reading one back is `read_v1`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO

from scanner.errors import UsageError
from scanner.model.report import Report
from scanner.report.page import PIPED, Page

Renderer = Callable[[Report, Page], Iterable[str]]


def _late(module: str) -> Renderer:
    """The module's `rendered`, imported when it is first used: rendering JSON must not pay for rich."""

    def rendered(report: Report, page: Page) -> Iterable[str]:
        found: Renderer = import_module(f"scanner.report.{module}").rendered
        return found(report, page)

    return rendered


_MODULES = {
    "csv": "csvtable", "github": "github", "gitlab": "gitlab", "html": "html", "json": "json_v1", "jsonl": "jsonl", "junit": "junit",
    "markdown": "markdown", "sarif": "sarif", "table": "table",
}  # fmt: skip
FORMATS: Mapping[str, Renderer] = {name: _late(module) for name, module in _MODULES.items()}
ENDINGS: Mapping[str, str] = {
    ".csv": "csv", ".html": "html", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".sarif": "sarif", ".xml": "junit",
}  # fmt: skip
GITLAB = "gl-secret-detection-report.json"  # the name that GitLab's own job gives it


def prepare(formats: Iterable[str]) -> None:
    """Import what rendering in these formats needs."""
    for name in formats:
        import_module(f"scanner.report.{_MODULES[name]}")


def format_of(path: str) -> str:
    """The format that a file's ending stands for; `x.sarif.json` is SARIF, `gl-secret-detection-report.json` is GitLab's."""
    name = PurePath(path).name.lower()
    if name == GITLAB:
        return "gitlab"
    if name.endswith(".sarif.json"):
        return "sarif"
    ending = PurePath(name).suffix
    if ending not in ENDINGS:
        raise UsageError(f"no format is known for the ending of {path!r}", hint=f"end the name in one of {' '.join(ENDINGS)}")
    return ENDINGS[ending]


def render(report: Report, format: str, stream: BinaryIO, page: Page = PIPED) -> None:
    """Writes the report; everything but `table` is UTF-8."""
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}", hint=f"choose one of {' '.join(FORMATS)}")
    encoding = page.encoding if format == "table" else "utf-8"
    for text in FORMATS[format](report, page):
        stream.write(text.encode(encoding, "backslashreplace"))


__all__ = ["ENDINGS", "FORMATS", "PIPED", "Page", "Renderer", "format_of", "render"]
