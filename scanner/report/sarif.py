"""SARIF 2.1.0 for code scanning and IDEs; the masked preview is in it, the source line is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from scanner.model.content import Gap, Target
from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.json_v1 import dumped, ordered
from scanner.report.page import Page
from scanner.report.plain import gap_place, place, printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Mapping[str, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
SCORES: Mapping[str, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}  # read as CVSS bands by code scanning
_EXAMPLE = "the example of the vendor's own documentation"
Document = dict[str, Any]


def rendered(report: Report, page: Page) -> Iterator[str]:
    """One log with one run."""
    yield dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(ordered(report))]}, indent=2) + "\n"


def _run(report: Report) -> Document:
    # The first one of each rule describes it, but an example only where there is nothing else.
    described = sorted(report.findings, key=lambda finding: finding.disposition == "example")
    rules = {finding.rule: finding for finding in reversed(described)}
    index = {rule: number for number, rule in enumerate(sorted(rules))}
    name, _, version = report.run.tool.partition(" ")
    driver: Document = {"name": name or "leakseal", "rules": [_rule(rules[rule]) for rule in index]}
    if version:
        driver["version"] = version
    several = len(report.targets) > 1
    run: Document = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, several)],
        "results": [_result(finding, index[finding.rule], several) for finding in report.findings],
        "properties": {"result": report.result, "rulesDigest": report.rules_digest, "notes": list(report.notes)},
    }
    # The same repository scanned twice would be the same entry twice, which the schema refuses.
    provenance = {dumped(entry): entry for target in report.targets if (entry := _provenance(target))}
    if provenance:
        run["versionControlProvenance"] = list(provenance.values())
    if several:
        run["originalUriBaseIds"] = {target.id: {"description": _message(f"{target.surface} {target.uri}")} for target in report.targets}
    return run


def _rule(finding: Finding) -> Document:
    title = printable(finding.title)
    return {
        "id": finding.rule,
        "name": "".join(word[:1].upper() + word[1:] for word in re.split("[-._]", finding.rule)),
        "shortDescription": {"text": title},
        "help": {"text": printable(finding.advice) or title},
        "defaultConfiguration": {"level": LEVELS.get(finding.severity, "error")},
        "properties": {"security-severity": SCORES.get(finding.severity, "9.5"), "tags": sorted({"secret", "security", finding.kind})},
    }


def _result(finding: Finding, rule_index: int, several: bool) -> Document:
    at = finding.location
    result: Document = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": LEVELS.get(finding.severity, "error"),
        "message": _message(f"{finding.title}: {finding.preview} at {place(finding)}"),
        "locations": [_location(finding, several)],
        # GitHub's primaryLocationLineHash is a hash of the line, which is a plain hash of the secret; ours survives line moves without one.
        "partialFingerprints": {"leaksealFinding/v1": finding.id},
        "properties": {
            "confidence": finding.confidence,
            "disposition": finding.disposition,
            "severity": finding.severity,
            "surface": finding.surface,
            "occurrences": finding.occurrences,
            "commit": at.commit,
            "reachable": at.reachable,
            "steps": list(at.steps),
        },
    }
    if finding.disposition in ("accepted", "example"):
        reason = _EXAMPLE if finding.disposition == "example" else finding.acceptance or ""
        kind = "inSource" if reason.partition(":")[0] == "inline" else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": printable(reason)}]
    return result


def _location(finding: Finding, several: bool) -> Document:
    at = finding.location
    if at.path is None or at.field is not None:  # a commit message, a ref name: there is no line of a file to point at
        return {"logicalLocations": [{"name": at.field or at.object or finding.surface, "fullyQualifiedName": place(finding)}]}
    physical: Document = {"artifactLocation": _artifact(at.path, finding.target if several else None)}
    if at.line is not None:
        numbers = {"startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column}
        physical["region"] = {name: number for name, number in numbers.items() if number is not None}
    return {"physicalLocation": physical}


def _artifact(path: str, base: str | None) -> Document:
    uri = _quoted(path)
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": base} if base is not None else {"uri": uri}


def _quoted(path: str) -> str:
    try:
        return quote(path, safe="/", errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, safe="/", errors="surrogatepass")


def _invocation(report: Report, several: bool) -> Document:
    level = "warning" if report.gaps_allowed else "error"
    notes = [_notification(gap, level, several) for gap in report.gaps]
    for surface, seen in report.coverage:
        if not seen.balanced:
            text = f"{surface}: {seen.objects} objects were counted, but those read and not read do not add up to it"
            notes.append({"descriptor": {"id": "count-mismatch"}, "level": level, "message": _message(text)})
    invocation: Document = {"executionSuccessful": report.complete, "exitCode": report.exit_code, "toolExecutionNotifications": notes}
    times = {"startTimeUtc": report.run.started_on, "endTimeUtc": report.run.finished_on}
    return {**invocation, **{name: time for name, time in times.items() if time}}


def _notification(gap: Gap, level: str, several: bool) -> Document:
    at = gap.origin
    text = f"not read: {gap_place(gap)}: {gap.reason}" + (f": {gap.detail}" if gap.detail else "")
    note: Document = {"descriptor": {"id": gap.reason}, "level": level, "message": _message(text)}
    if at.path is not None and at.field is None:
        note["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(at.path, at.target if several else None)}}]
    return note


def _provenance(target: Target) -> Document | None:
    """Which commit was scanned; nothing for a relative path, because SARIF wants an absolute address."""
    uri = target.uri if _addressed(target.uri) else f"file://{_quoted(target.uri)}" if target.uri.startswith("/") else None
    return {"repositoryUri": uri, "revisionId": target.head} if target.head and uri and target.surface == "git" else None


def _addressed(uri: str) -> bool:
    try:
        return "://" in uri and bool(urlsplit(uri).scheme) and uri.isascii() and uri.isprintable() and " " not in uri
    except ValueError:
        return False


def _message(text: str) -> Document:
    """Plain text; `[a](b)` would be shown as a link to b."""
    return {"text": printable(text).replace("](", "] (")}
