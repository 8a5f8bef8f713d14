"""A night in the words of a mail, and a finding in those of an issue."""

from __future__ import annotations

import re
import unicodedata

from scanner.model.rule import SEVERITIES
from scanner.report.plain import count
from scanner.sweep.notify.night import Night, Notice

_LISTED = 50
_MARK = re.compile(r"<!-- leakseal: ([^<>\n]{1,400}) -->")


def subject(night: Night) -> str:
    """One line."""
    if night.opened:
        return f"Leakseal: {count(len(night.opened), 'new finding')}, {len(night.open)} open"
    if night.unread:
        return f"Leakseal: {count(len(night.unread), 'repository', 'repositories')} not read"
    return f"Leakseal: nothing new, {len(night.open)} open"


def text(night: Night) -> str:
    """A mail's text."""
    counts = night.severities()
    shares = ", ".join(f"{counts[name]} {name}" for name in SEVERITIES if counts[name]) or "none"
    lines = [
        f"Sweep of {night.started}: {count(len(night.visited), 'repository', 'repositories')}, {len(night.unread)} of them not read.",
        f"Open: {len(night.open)} ({shares}); new: {len(night.opened)}.",
    ]
    if night.opened:
        lines += ["", "New:"]
        for one in night.opened[:_LISTED]:
            lines.append(f"- {one.severity}: {plain(one.title)}, {plain(one.repository)}: {plain(one.place)}")
            lines.append(f"  {plain(one.preview)}")
        lines += [f"- and {len(night.opened) - _LISTED} more"] if len(night.opened) > _LISTED else []
    if night.unread:
        lines += ["", "Not read:", *(f"- {plain(one.name)}: {one.reason}" for one in night.unread[:_LISTED])]
        lines += [f"- and {len(night.unread) - _LISTED} more"] if len(night.unread) > _LISTED else []
    return "\n".join(lines) + "\n"


def title(notice: Notice) -> str:
    """An issue's title."""
    return f"{notice.severity.capitalize()}: {plain(notice.title)} in {plain(notice.repository)}"[:200]


def body(notice: Notice) -> str:
    """An issue's text: what a report shows, and the mark by which it is known again."""
    rows = (
        ("Rule", notice.rule), ("Repository", notice.repository), ("Place", notice.place), ("Surface", notice.surface),
        ("Preview", notice.preview), ("First seen", notice.first_seen),
    )  # fmt: skip
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
    return f"| | |\n| --- | --- |\n{table}\n\n{plain(notice.advice)}\n\n{mark(notice.key)}\n"


def gone(written: str) -> str:
    """The text of an issue whose finding is no longer open."""
    said = "It is no longer open: accepted, or no longer there."
    return written if said in written else f"{said}\n\n{written}"


def mark(key: str) -> str:
    """What an issue carries to be known again; no reader sees it."""
    return f"<!-- leakseal: {plain(key).replace('--', '- -').replace('<', '').replace('>', '')[:400]} -->"


def marked(written: str) -> str:
    """The mark in an issue's text, or nothing."""
    found = _MARK.search(written)
    return found[0] if found else ""


def plain(said: str) -> str:
    """Text of strangers on one line, without what steers a reader's terminal or turns the direction of writing."""
    return "".join(one if unicodedata.category(one)[0] not in "CZ" else " " for one in said)


def _cell(said: str) -> str:
    """As code, so that nothing in it is a link, a mention or a picture."""
    return f"`{plain(said).replace('`', chr(0x2019)).replace('|', chr(0xA6))}`"
