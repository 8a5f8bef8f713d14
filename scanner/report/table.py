"""The report for people: findings worst first, what was read, what was not, the verdict and the next step."""

from __future__ import annotations

import io
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import quote

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from scanner.model.content import Gap
from scanner.model.evidence import OFFERED, Finding
from scanner.model.report import Coverage, Report
from scanner.report.json_v1 import ordered
from scanner.report.page import Page
from scanner.report.plain import SHORT, count, gap_place, place, printable, size, target_name, verdict, worst_first

MOST = 200  # open findings that are shown
MOST_ACCEPTED = 20
MOST_PLACES = 3  # of one reason for a gap, of examples
LONGEST = 400  # characters of one value on a terminal; a pipe gets all of it
# Colours of the terminal's own palette, so that they fit dark and light.
STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
VERDICTS = {"clean": "bold green", "leaks": "bold red", "incomplete": "bold yellow"}
Line = tuple[int, Text]  # columns of indent, and what stands there


def rendered(report: Report, page: Page) -> Iterator[str]:
    """Blocks of lines with an empty line between them."""
    report = ordered(report)
    closed = [_accepted(report, page), _examples(report, page)]
    blocks = [_header(report), *_findings(report, page), *closed, _coverage(report), _gaps(report, page), _end(report)]
    yield _painted([block for block in blocks if block], page)


def _painted(blocks: list[list[Line]], page: Page) -> str:
    paper = io.StringIO()
    console = Console(
        file=paper, width=page.width, force_terminal=page.escapes, color_system="standard" if page.escapes else None,
        no_color=not page.color, legacy_windows=False, highlight=False, markup=False, emoji=False, _environ={},
    )  # fmt: skip
    for number, block in enumerate(blocks):
        if number:
            console.print()
        for indent, text in block:
            if page.width is None or text.no_wrap:
                console.print(Text(" " * indent) + text, soft_wrap=True)
            else:
                text.overflow = "fold"
                console.print(Padding(text, (0, 0, 0, min(indent, page.width // 4)), expand=False))
    return _steady_links("".join(f"{line.rstrip()}\n" for line in paper.getvalue().split("\n")[:-1]))


def _steady_links(painted: str) -> str:
    """rich gives each link a random id; the same report must give the same bytes. No value has an escape in it, so this finds only ours."""
    numbers: dict[str, int] = {}
    return re.sub(r"\x1b\]8;id=([0-9-]+);", lambda found: f"\x1b]8;id={numbers.setdefault(found[1], len(numbers) + 1)};", painted)


def _header(report: Report) -> list[Line]:
    rules = f"{count(report.rules_count, 'rule')} ({printable(report.rules_digest)[:19]})"
    first = Text.assemble((printable(report.run.tool), "bold"), f", {rules}")
    targets = [(2, Text(f"{printable(target.id)}  {target_name(target)}")) for target in report.targets]
    return [(0, first), *targets, *((2, Text(f"note: {printable(note)}", "yellow")) for note in report.notes)]


def _findings(report: Report, page: Page) -> Iterator[list[Line]]:
    found = worst_first(report.open)
    of_severity: dict[str, int] = defaultdict(int)
    for finding in found:
        of_severity[finding.severity] += 1
    names = {target.id: printable(target.uri) for target in report.targets} if len(report.targets) > 1 else {}
    advised: set[str] = set()  # what to do is said once for each rule
    for severity, group in groupby(found[:MOST], key=lambda f: f.severity):
        style = STYLES.get(severity, "bold")
        heading: list[Line] = [(0, Text.assemble((printable(severity).upper(), style), (f"  {of_severity[severity]:,}", "bold")))]
        for finding in group:
            yield heading + _block(finding, names, page, style, "" if finding.rule in advised else finding.advice)
            advised.add(finding.rule)
            heading = []
    if len(found) > MOST:
        more = f"and {count(len(found) - MOST, 'more open finding')}; `-o report.json` or `--format json` lists every one"
        yield [(0, Text(more, "bold"))]


def _unreached(finding: Finding) -> str:
    if finding.location.reachable is not False:
        return ""
    return "no ref reaches it" if finding.surface == "git" else "no image shows it any more"


def _block(finding: Finding, names: dict[str, str], page: Page, style: str, advice: str) -> list[Line]:
    dot = f" {page.dot} "
    at = finding.location
    name = _clipped(printable(finding.title), page)
    title = Text.assemble((f"{page.dot} ", style), (name, "bold"), (f"  {printable(finding.rule)}", "dim"))
    where = Text.assemble((_clipped(place(finding), page), _linked(finding, page)))
    if finding.target in names:
        where.append(f"  in {_clipped(names[finding.target], page)}", "dim")
    steps = f"inside {' > '.join(printable(step) for step in at.steps)}" if at.steps else ""
    seen = [_since(finding, dot), _often(finding), steps, _unreached(finding)]
    lines = [
        (2, title),
        (4, where),
        (4, Text(_clipped(printable(finding.preview), page))),
        (4, Text(_clipped(dot.join(part for part in seen if part), page), "dim")),
        (4, Text(_clipped(_elsewhere(finding), page), "dim")),
        (4, Text(_expired(finding, page), "yellow")),
        (4, _whole("id ", printable(finding.id))),
        (4, Text(_clipped(printable(advice), page))),
    ]
    return [(indent, text) for indent, text in lines if text]


def _since(finding: Finding, dot: str) -> str:
    """Who brought it, and when."""
    at = finding.location
    parts = [f"commit {printable(at.commit)[:SHORT]}" if at.commit else "", printable(at.author or ""), printable(at.date or "")[:10]]
    return dot.join(part for part in parts if part)


def _often(finding: Finding) -> str:
    """`4 occurrences in 2 commits`; empty for a single one."""
    if finding.occurrences == 1:
        return ""
    return count(finding.occurrences, "occurrence") + (f" in {count(finding.commits, 'commit')}" if finding.commits else "")


def _elsewhere(finding: Finding) -> str:
    """`also in a.env, b.env and 3 more`."""
    others = [printable(path) for path in finding.paths if path != finding.location.path]
    more = f" and {len(others) - MOST_PLACES:,} more" if len(others) > MOST_PLACES else ""
    return f"also in {', '.join(others[:MOST_PLACES])}{more}" if others else ""


def _expired(finding: Finding, page: Page) -> str:
    if finding.disposition != "expired-acceptance":
        return ""
    return "acceptance has expired" + (f": {_clipped(printable(finding.acceptance), page)}" if finding.acceptance else "")


def _linked(finding: Finding, page: Page) -> str:
    """The style of a place: a link, if its target has a base."""
    at = finding.location
    base = page.links.get(finding.target)
    if not base or at.path is None or at.field is not None:
        return "bold"
    spot = f"#L{at.line}" if at.line is not None and not base.startswith("file:") else ""
    address = base.replace("{commit}", quote(at.commit or "HEAD", safe="", errors="replace")).rstrip("/")
    return f"bold link {quote(address, safe=':/?&=%@+~', errors='replace')}/{quote(at.path, safe='/', errors='replace')}{spot}"


def _accepted(report: Report, page: Page) -> list[Line]:
    accepted = [finding for finding in report.findings if finding.disposition == "accepted"]
    if not accepted:
        return []
    lines = [(0, Text.assemble(("ACCEPTED", "bold"), f"  {len(accepted):,}"))]
    for finding in accepted[:MOST_ACCEPTED]:
        why = f"  {_clipped(printable(finding.acceptance), page)}" if finding.acceptance else ""
        lines.append((2, Text(f"{_clipped(place(finding), page)}  {printable(finding.rule)}{why}", "dim")))
    if len(accepted) > MOST_ACCEPTED:
        lines.append((2, Text(f"and {len(accepted) - MOST_ACCEPTED:,} more", "dim")))
    return lines


def _examples(report: Report, page: Page) -> list[Line]:
    examples = [finding for finding in report.findings if finding.disposition == "example"]
    if not examples:
        return []
    lines = [(0, Text.assemble(("EXAMPLES", "bold"), f"  {len(examples):,}", ("  of vendors' documentation, which open nothing", "dim")))]
    lines += [(2, Text(f"{_clipped(place(finding), page)}  {printable(finding.rule)}", "dim")) for finding in examples[:MOST_PLACES]]
    if len(examples) > MOST_PLACES:
        lines.append((2, Text(f"and {len(examples) - MOST_PLACES:,} more", "dim")))
    return lines


def _coverage(report: Report) -> list[Line]:
    wide = max((len(surface) for surface, _ in report.coverage), default=0)
    lines = [(2, Text.assemble(f"{printable(surface)}:".ljust(wide + 2), _read(seen))) for surface, seen in report.coverage]
    return [(0, Text("READ", "bold")), *(lines or [(2, Text("nothing was in scope"))])]


def _read(seen: Coverage) -> Text:
    """`92,114 of 92,114 objects, 3.8 GB; not read: 0`."""
    parts = {"unreadable": seen.unreadable, "read in part": seen.truncated, "not understood": seen.opaque}
    missing = sum(parts.values())
    detail = f" ({', '.join(f'{number:,} {name}' for name, number in parts.items() if number)})" if missing else ""
    text = Text(f"{seen.scanned:,} of {count(seen.objects, 'object')}, {size(seen.bytes)}; ")
    text.append(f"not read: {missing:,}{detail}", "yellow" if missing else "")
    if seen.skipped:
        text.append(f"; left out by configuration: {seen.skipped:,}")
    if not seen.balanced:
        text.append("; these numbers do not add up", "bold yellow")
    return text


def _gaps(report: Report, page: Page) -> list[Line]:
    if not report.gaps:
        return []
    by_reason: dict[str, list[Gap]] = defaultdict(list)
    for gap in report.gaps:
        by_reason[gap.reason].append(gap)
    lines = [(0, Text.assemble(("NOT READ", "bold yellow"), f"  {len(report.gaps):,}"))]
    for reason, gaps in sorted(by_reason.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        lines.append((2, Text.assemble(printable(reason), (f"  {len(gaps):,}", "bold"))))
        for gap in gaps[:MOST_PLACES]:
            detail = f": {printable(gap.detail)}" if gap.detail else ""
            lines.append((4, Text(_clipped(gap_place(gap) + detail, page), "dim")))
        if len(gaps) > MOST_PLACES:
            lines.append((4, Text(f"and {len(gaps) - MOST_PLACES:,} more", "dim")))
    return lines


def _end(report: Report) -> list[Line]:
    return [(0, Text(verdict(report), VERDICTS[report.result])), *((0, step) for step in _steps(report))]


def _steps(report: Report) -> Iterable[Text]:
    """What to do next."""
    if report.open:
        yield Text("Rotate first: whoever has a copy has the secret, and deleting the line does not take it back.")
        yield Text("If it is no secret, or if the risk is taken, record who says so:")
        yield _whole("", _accept(worst_first(report.open)[0], report))
    elif not report.complete and not report.gaps_allowed:
        yield Text("Make what is listed above readable and scan again; --allow-gaps accepts the gaps and records that it did.")


def _whole(label: str, text: str) -> Text:
    """What is meant to be copied: never broken into lines by us."""
    return Text.assemble((label, "dim"), text, no_wrap=True)


def _accept(finding: Finding, report: Report) -> str:
    return f"leakseal accept {shlex.quote(printable(finding.id))} --owner NAME --reason WHY --ticket WHERE --expires {_expiry(report)}"


def _expiry(report: Report) -> str:
    """So many days after the run began."""
    try:
        return (date.fromisoformat((report.run.started_on or "")[:10]) + timedelta(days=OFFERED)).isoformat()
    except (ValueError, OverflowError):
        return "YYYY-MM-DD"


def _clipped(text: str, page: Page) -> str:
    if page.width is None or len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({len(text) - LONGEST:,} more characters)"
