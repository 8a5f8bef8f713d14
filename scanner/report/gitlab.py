"""GitLab's secret detection report (gitlab.com/gitlab-org/security-products/security-report-schemas, version 15.0)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.json_v1 import dumped, ordered
from scanner.report.page import Page
from scanner.report.plain import gap_place, place, printable

VERSION = "15.0.7"
SCHEMA = f"https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{VERSION}/dist/secret-detection-report-format.json"
_NAMESPACE = uuid.UUID("b3a5c1de-6d0b-5c0e-9a57-3f1c7a4e2d90")
_NO_COMMIT = "0" * 40
_NO_TIME = "1970-01-01T00:00:00"
_NAME_MOST, _TEXT_MOST, _MESSAGES_MOST = 255, 7000, 100


def rendered(report: Report, page: Page) -> Iterator[str]:
    """What is open as vulnerabilities, and what was not read as messages; a scan that is not complete has failed."""
    report = ordered(report)
    heads = {target.id: target.head for target in report.targets}
    yield dumped({
        "version": VERSION, "schema": SCHEMA, "scan": _scan(report),
        "vulnerabilities": [_vulnerability(finding, heads.get(finding.target)) for finding in report.open],
    }, indent=2) + "\n"  # fmt: skip


def _scan(report: Report) -> dict[str, Any]:
    name, _, version = report.run.tool.partition(" ")
    tool = {"id": name or "leakseal", "name": "Leakseal", "version": version or "0", "vendor": {"name": "Leakseal"}}
    messages = [f"not read: {gap_place(gap)}: {gap.reason}" + (f": {printable(gap.detail)}" if gap.detail else "") for gap in report.gaps]
    more = len(messages) - _MESSAGES_MOST
    messages = messages[:_MESSAGES_MOST] + ([f"and {more} more that were not read"] if more > 0 else [])
    return {
        "analyzer": tool, "scanner": tool, "type": "secret_detection", "status": "success" if report.complete else "failure",
        "start_time": _time(report.run.started_on), "end_time": _time(report.run.finished_on),
        "messages": [{"level": "warn", "value": message} for message in messages],
    }  # fmt: skip


def _vulnerability(finding: Finding, head: str | None) -> dict[str, Any]:
    at = finding.location
    commit = {"sha": printable(at.commit or head or "") or _NO_COMMIT}
    commit |= {name: printable(said) for name, said in (("author", at.author), ("date", at.date)) if said}
    location: dict[str, Any] = {"commit": commit}
    location |= {"file": printable(at.path)} if at.path is not None else {}
    location |= {name: line for name, line in (("start_line", at.line), ("end_line", at.end_line)) if line is not None}
    rule = printable(finding.rule) or "unknown"
    return {
        "id": uuid.uuid5(_NAMESPACE, f"{finding.id} {finding.target} {place(finding)}".encode("utf-8", "backslashreplace").decode()).hex,
        "name": printable(finding.title)[:_NAME_MOST],
        "description": f"{printable(finding.title)}: {printable(finding.preview)} at {place(finding)}",
        "severity": finding.severity.capitalize(),
        "solution": printable(finding.advice)[:_TEXT_MOST],
        "identifiers": [{"type": "leakseal_rule_id", "name": f"Leakseal rule {rule}", "value": rule}],
        "location": location,
        "raw_source_code_extract": printable(finding.preview),  # which is masked
    }


def _time(stamp: str | None) -> str:
    return stamp[:19] if stamp and len(stamp) >= 19 else _NO_TIME
