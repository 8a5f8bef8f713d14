"""JUnit's XML for CI services: a failure for each open finding, an error for each gap, and a test that says whether all was read."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as Tree

from scanner.model.report import Report
from scanner.report.json_v1 import ordered
from scanner.report.page import Page
from scanner.report.plain import gap_place, place, printable, target_name, verdict


def rendered(report: Report, page: Page) -> Iterator[str]:
    """One suite for each target."""
    report = ordered(report)
    top = Tree.Element("testsuites", name="leakseal")
    for target in report.targets:
        suite = Tree.SubElement(top, "testsuite", name=target_name(target))
        findings = [finding for finding in report.findings if finding.target == target.id]
        gaps = [gap for gap in report.gaps if gap.origin.target == target.id]
        for finding in findings:
            case = _case(suite, finding.rule, place(finding))
            if finding in report.open:
                expired = " (its acceptance has run out)" if finding.disposition == "expired-acceptance" else ""
                said = f"{finding.severity}: {printable(finding.title)}{expired}"
                told = Tree.SubElement(case, "failure", type=printable(finding.rule), message=said)
                told.text = f"{printable(finding.preview)}\n{printable(finding.advice)}\nid {printable(finding.id)}"
            else:
                Tree.SubElement(case, "skipped", message=printable(finding.acceptance or finding.disposition))
        for gap in gaps:
            case = _case(suite, "not read", gap_place(gap))
            Tree.SubElement(case, "error", type=gap.reason, message=printable(gap.detail) or gap.reason)
        _case(suite, "leakseal", "everything was read" if not gaps else "the rest was read")
        failed = sum(finding in report.open for finding in findings)
        suite.attrib |= {"tests": str(len(suite)), "failures": str(failed), "errors": str(len(gaps))}
        suite.attrib["skipped"] = str(len(findings) - failed)
        Tree.SubElement(suite, "system-out").text = verdict(report)
    Tree.indent(top)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n' + Tree.tostring(top, encoding="unicode") + "\n"


def _case(suite: Tree.Element, group: str, name: str) -> Tree.Element:
    return Tree.SubElement(suite, "testcase", classname=printable(group), name=name)
