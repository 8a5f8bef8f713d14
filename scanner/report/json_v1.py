"""Report v1 as one JSON document; `report-v1.schema.json` beside this file describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from scanner.model.content import Gap
from scanner.model.evidence import Finding
from scanner.model.report import Coverage, Report
from scanner.report.page import Page

SCHEMA = "leakseal.report/v1"
TALLY = ("objects", "bytes", "scanned", "skipped", "unreadable", "truncated", "opaque")
# json.dumps leaves these as they are. A terminal may obey DEL, C1 controls and bidirectional overrides; a lone surrogate is not UTF-8.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
Document = dict[str, Any]


def rendered(report: Report, page: Page) -> Iterator[str]:
    """The document, two-space indented, with a line end."""
    yield dumped(document(report), indent=2) + "\n"


def dumped(value: Any, *, indent: int | None = None) -> str:
    """JSON with sorted keys that is safe to print."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def ordered(report: Report) -> Report:
    """The same report with everything in the order in which it is written."""
    findings = (replace(f, parsed=tuple(sorted(dict(f.parsed).items()))) for f in report.findings)
    return replace(
        report,
        findings=tuple(sorted(findings, key=finding_key)),
        gaps=tuple(sorted(report.gaps, key=gap_key)),
        coverage=tuple(sorted(report.coverage, key=lambda entry: entry[0])),
    )


def finding_key(finding: Finding) -> tuple[Any, ...]:
    """The contract's order; what is still equal is ordered by all that is written."""
    at = finding.location
    first = (finding.surface, finding.target, at.path or "", at.line or 0, at.column or 0, finding.rule, finding.id)
    return (*first, dumped(finding_document(finding)))


def gap_key(gap: Gap) -> tuple[str, ...]:
    """By surface, target, path, object, field, reason and detail."""
    at = gap.origin
    return (at.surface, at.target, at.path or "", at.object or "", at.field or "", gap.reason, gap.detail, dumped(gap_document(gap)))


def document(report: Report) -> Document:
    """The whole report as plain values."""
    report = ordered(report)
    return {
        **summary(report),
        "findings": [finding_document(f) for f in report.findings],
        "gaps": [gap_document(g) for g in report.gaps],
    }


def summary(report: Report) -> Document:
    """Everything but the findings and the gaps."""
    run, used = report.run, report.suppressions
    return {
        "schema": SCHEMA,
        "result": report.result,
        "run": {"tool": run.tool, "startedOn": run.started_on, "finishedOn": run.finished_on, "seconds": run.seconds, "host": run.host},
        "rules": {"digest": report.rules_digest, "count": report.rules_count},
        "targets": [{"id": t.id, "surface": t.surface, "uri": t.uri, "head": t.head, "scope": t.scope} for t in report.targets],
        "suppressions": {"used": used.used, "unused": used.unused, "expired": used.expired, "digest": used.digest},
        "coverage": coverage_document(report.coverage),
        "gapsAllowed": report.gaps_allowed,
        "notes": list(report.notes),
    }


def coverage_document(coverage: tuple[tuple[str, Coverage], ...]) -> Document:
    """The totals, and each surface with its root."""
    surfaces = {surface: {name: getattr(seen, name) for name in (*TALLY, "root")} for surface, seen in coverage}
    return {**{name: sum(seen[name] for seen in surfaces.values()) for name in TALLY}, "surfaces": surfaces}


_SAME = tuple(f.name for f in fields(Finding) if f.name not in ("location", "paths", "parsed"))


def finding_document(finding: Finding) -> Document:
    """One finding; what may be unknown is null, never absent."""
    at = finding.location
    location = {
        **{name: getattr(at, name) for name in ("path", "line", "column", "object", "commit", "author", "date", "field", "reachable")},
        **{"endLine": at.end_line, "endColumn": at.end_column, "record": at.record, "page": at.page},
        **{"box": None if at.box is None else list(at.box), "steps": list(at.steps)},
    }
    same = {name: getattr(finding, name) for name in _SAME}
    return {**same, "location": location, "paths": list(finding.paths), "parsed": dict(finding.parsed)}


def gap_document(gap: Gap) -> Document:
    """One gap."""
    at = gap.origin
    where = {name: getattr(at, name) for name in ("surface", "target", "path", "object", "field", "record", "page")}
    return {**where, "reason": gap.reason, "detail": gap.detail}
