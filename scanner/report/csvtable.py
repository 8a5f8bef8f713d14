"""Comma-separated values (RFC 4180) for spreadsheets: a row for each finding and each gap."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from scanner.model.report import Report
from scanner.report.json_v1 import ordered
from scanner.report.page import Page
from scanner.report.plain import printable

COLUMNS = (
    "what", "disposition", "severity", "rule", "title", "surface", "target", "path", "line", "column", "field", "commit", "author", "date",
    "reachable", "occurrences", "preview", "advice", "acceptance", "id", "fingerprint",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula


def rendered(report: Report, page: Page) -> Iterator[str]:
    """The header, the findings, then the gaps, with the reason as their disposition and the detail as their preview."""
    report = ordered(report)
    uris = {target.id: target.uri for target in report.targets}
    yield _row(COLUMNS)
    for finding in report.findings:
        values = {name: getattr(finding, name) for name in COLUMNS if hasattr(finding, name)}
        values |= {name: getattr(finding.location, name) for name in COLUMNS if hasattr(finding.location, name)}
        yield _row((values | {"what": "finding", "target": uris.get(finding.target, finding.target)}).get(name) for name in COLUMNS)
    for gap in report.gaps:
        at = gap.origin
        told = {"what": "gap", "disposition": gap.reason, "preview": gap.detail, "surface": at.surface, "path": at.path, "field": at.field}
        yield _row((told | {"target": uris.get(at.target, at.target), "commit": at.object}).get(name) for name in COLUMNS)


def _row(values: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_cell(value) for value in values])  # type: ignore[attr-defined]
    return line.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else printable(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
