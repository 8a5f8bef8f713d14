"""GitHub Actions workflow commands, worst first: GitHub shows only the first ten of a step as annotations."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.content import Gap
from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.json_v1 import ordered
from scanner.report.page import Page
from scanner.report.plain import gap_place, place, printable, verdict, worst_first


def rendered(report: Report, page: Page) -> Iterator[str]:
    """An error for each open finding, a warning for each gap, and the verdict as a notice."""
    report = ordered(report)
    for finding in worst_first(report.open):
        yield _error(finding)
    for gap in report.gaps:
        yield _warning(gap)
    yield _command("notice", {"title": "leakseal"}, verdict(report))


def _error(finding: Finding) -> str:
    at = finding.location
    properties: dict[str, str | int | None] = {}
    if at.path is not None and at.field is None:
        properties = {"file": at.path, "line": at.line, "endLine": at.end_line, "col": at.column}
    expired = " (its acceptance has expired)" if finding.disposition == "expired-acceptance" else ""
    lines = [f"{printable(finding.preview)} at {place(finding)}{expired}", printable(finding.advice), f"id {printable(finding.id)}"]
    properties["title"] = f"{finding.severity}: {finding.title} ({finding.rule})"
    return _command("error", properties, "\n".join(line for line in lines if line))


def _warning(gap: Gap) -> str:
    at = gap.origin
    properties = {"file": at.path if at.field is None else None, "title": f"not read: {gap.reason}"}
    return _command("warning", properties, gap_place(gap) + (f": {printable(gap.detail)}" if gap.detail else ""))


def _command(name: str, properties: dict[str, str | int | None] | dict[str, str | None] | dict[str, str], message: str) -> str:
    shown = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::{name} {shown}::{_data(message)}\n"


def _data(text: str) -> str:
    """What GitHub undoes in a message; any other control character becomes visible."""
    kept = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(kept)


def _property(text: str) -> str:
    """What GitHub undoes in a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
