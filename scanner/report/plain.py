"""Names, places and numbers as a person reads them, with nothing in them that a terminal would obey."""

from __future__ import annotations

from scanner import canon
from scanner.model.content import Gap, Origin, Target
from scanner.model.evidence import Finding, Location
from scanner.model.report import Report
from scanner.model.rule import SEVERITIES

SHORT = 10  # digits of a commit or object id that a person is shown


def printable(value: str) -> str:
    """Control characters, bidirectional overrides and undecodable bytes become visible escapes."""
    if value.isprintable():
        return value
    try:
        data = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = value.encode("utf-8", "surrogatepass")
    return canon.text(data)


def place(finding: Finding) -> str:
    """`deploy/app.env:3:14`, `commit-message of 3f2a91c0de:2`, `shot.png (box 10,20 300x40)`."""
    at = finding.location
    name = printable(at.path) if at.path is not None else ""
    if at.field:
        owner = name or _short(at.commit or at.object)
        name = f"{printable(at.field)} of {owner}" if owner else printable(at.field)
    if not name:
        name = f"object {_short(at.object)}" if at.object else finding.surface
    numbers = "".join(f":{n}" for n in ((at.line, at.column) if at.line is not None else ()) if n is not None)
    return name + numbers + _inside(at)


def gap_place(gap: Gap) -> str:
    """Where something was not read."""
    at = gap.origin
    name = printable(at.path) if at.path is not None else f"object {_short(at.object)}" if at.object else at.surface
    return (f"{printable(at.field)} of {name}" if at.field else name) + _inside(at)


def _inside(at: Location | Origin) -> str:
    """` (record T-7, page 3)`: the parts of a place that are no path and no line."""
    extra = []
    if at.record is not None:
        extra.append(f"record {printable(at.record)}")
    if at.page is not None:
        extra.append(f"page {at.page}")
    if at.box is not None:
        extra.append("box {},{} {}x{}".format(*at.box))
    return f" ({', '.join(extra)})" if extra else ""


def target_name(target: Target) -> str:
    """`git /srv/app at 3f2a91c0de (staged)`."""
    head = f" at {_short(target.head)}" if target.head else ""
    return f"{target.surface} {printable(target.uri)}{head} ({printable(target.scope)})"


def _short(id: str | None) -> str:
    return printable(id or "").removeprefix("sha256:")[:SHORT]


def size(octets: int) -> str:
    """`512 B`, `3.8 GB`: powers of a thousand, one decimal place."""
    amount = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.95 or (unit == "B" and octets < 1000):  # 999.95 would be shown as 1000.0
            return f"{octets} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def count(number: int, noun: str, many: str = "") -> str:
    """`1 finding`, `4,812 findings`; `many` where that is not the noun and an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {many or noun + 's'}"


def rank(severity: str) -> int:
    """0 for the worst."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """By severity, then by place; stable, so that the report's own order decides the rest."""
    return sorted(findings, key=lambda f: (rank(f.severity), f.surface, f.target, f.location.path or "", f.location.line or 0))


def verdict(report: Report) -> str:
    """One line: what the run says."""
    missing = shortfall(report)
    if report.open:
        return count(len(report.open), "open finding") + (f"; also incomplete: {missing}" if missing else "")
    if report.complete:
        return "clean: everything in scope was read, and nothing is open"
    return f"incomplete: {missing}" + (", allowed by --allow-gaps" if report.gaps_allowed else "") + "; nothing is open in what was read"


def shortfall(report: Report) -> str:
    """What stands between this report and `complete`; empty if nothing does."""
    parts = [f"{count(len(report.gaps), 'gap')}"] if report.gaps else []
    parts += [f"the numbers of {surface} do not add up" for surface, seen in report.coverage if not seen.balanced]
    return ", ".join(parts)
