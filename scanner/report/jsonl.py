"""One JSON object a line: each finding, each gap, and a summary at the end; no summary means that the output was cut short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.json_v1 import dumped, finding_document, gap_document, ordered, summary
from scanner.report.page import Page


def rendered(report: Report, page: Page) -> Iterator[str]:
    """Lines told apart by `type`; the summary counts the lines before it."""
    yield from ending(report)


def line(finding: Finding) -> str:
    """One finding."""
    found = replace(finding, parsed=tuple(sorted(dict(finding.parsed).items())))
    return dumped({"type": "finding", **finding_document(found)}) + "\n"


def ending(report: Report, told: str | None = None, findings: int = 0, opened: int = 0) -> Iterator[str]:
    """The lines of a report; of one target the findings were told already, so many of them, and so many that are open."""
    report = ordered(report)
    rest = replace(report, findings=tuple(one for one in report.findings if one.target != told))
    for finding in rest.findings:
        yield line(finding)
    for gap in report.gaps:
        yield dumped({"type": "gap", **gap_document(gap)}) + "\n"
    counts = {"findings": len(rest.findings) + findings, "open": len(rest.open) + opened, "gaps": len(report.gaps)}
    yield dumped({"type": "summary", **summary(report), **counts}) + "\n"
