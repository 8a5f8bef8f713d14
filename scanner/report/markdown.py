"""Markdown for a comment on a pull or merge request: the verdict, what is open, what was not read; short enough for a forge to take it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model.report import Report
from scanner.report.json_v1 import ordered
from scanner.report.page import Page
from scanner.report.plain import count, gap_place, place, printable, target_name, verdict, worst_first

MARK = "<!-- leakseal -->"  # by which a job finds its own comment to write it anew
MOST, LONGEST = 50, 300  # rows of each table, characters of a cell
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@$])")


def rendered(report: Report, page: Page) -> Iterator[str]:
    """At most fifty findings and fifty gaps; forges refuse a comment of more than 65,536 characters."""
    report = ordered(report)
    sign = {"leaks": "🔴", "incomplete": "🟡", "clean": "🟢"}[report.result]
    yield f"{MARK}\n### {sign} Leakseal: {_text(verdict(report))}\n"
    found = worst_first(report.open)
    if found:
        yield "\n| severity | what | where | masked | id |\n| --- | --- | --- | --- | --- |\n"
        for finding in found[:MOST]:
            late = " (acceptance has run out)" if finding.disposition == "expired-acceptance" else ""
            cells = (f"{finding.severity}{late}", f"{finding.title} ({finding.rule})", place(finding), finding.preview, finding.id)
            yield "| " + " | ".join(map(_text, cells)) + " |\n"
        if len(found) > MOST:
            yield f"\nand {len(found) - MOST} more\n"
        advised = dict.fromkeys(f"{finding.rule}: {finding.advice}" for finding in found[:MOST] if finding.advice)
        yield "\n**What to do**\n\n" + "".join(f"- {_text(advice)}\n" for advice in list(advised)[:MOST])
    if report.gaps:
        yield f"\n<details><summary>Not read: {count(len(report.gaps), 'gap')}</summary>\n\n"
        for gap in report.gaps[:MOST]:
            yield f"- {_text(gap_place(gap))}: {_text(gap.reason)}" + (f", {_text(gap.detail)}" if gap.detail else "") + "\n"
        if len(report.gaps) > MOST:
            yield f"- and {len(report.gaps) - MOST} more\n"
        yield "\n</details>\n"
    read = ", ".join(f"{surface} {seen.scanned:,} of {seen.objects:,}" for surface, seen in report.coverage)
    closed = len(report.findings) - len(found)
    yield f"\n<sub>{_text('; '.join(target_name(target) for target in report.targets))}. Objects read: {_text(read) or 'none'}."
    yield f" {count(closed, 'finding')} accepted or an example. {_text(report.run.tool)}</sub>\n"


def _text(value: str) -> str:
    """Plain text on one line: nothing in it is markup, a link, a mention or a cell's end."""
    shown = printable(value)
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
    return _SPECIAL.sub(r"\\\1", shown).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;").replace("\\@", "&#64;")
