"""One JSON object a line: each finding, each gap, and a summary at the end; no summary means that the output was cut short."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.report import Report
from scanner.report.json_v1 import dumped, finding_document, gap_document, ordered, summary
from scanner.report.page import Page


def rendered(report: Report, page: Page) -> Iterator[str]:
    """Lines told apart by `type`; the summary counts the lines before it."""
    report = ordered(report)
    for finding in report.findings:
        yield dumped({"type": "finding", **finding_document(finding)}) + "\n"
    for gap in report.gaps:
        yield dumped({"type": "gap", **gap_document(gap)}) + "\n"
    counts = {"findings": len(report.findings), "open": len(report.open), "gaps": len(report.gaps)}
    yield dumped({"type": "summary", **summary(report), **counts}) + "\n"
