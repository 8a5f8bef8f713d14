"""Whether a finding is open: it may be accepted, beside it in the file or in the suppressions, or a vendor's own example."""

from __future__ import annotations

import re
from datetime import date

from scanner.findings.suppressions import NO_TICKET, Suppression

OPEN, ACCEPTED, EXPIRED, EXAMPLE = "open", "accepted", "expired-acceptance", "example"
_ALLOW = re.compile(r"leakseal:[ \t]{0,8}allow[ \t]{1,8}([A-Za-z0-9._*-]{1,120})(?:[ \t]{1,8}([^\r\n]{0,400}))?")
_CLOSERS = ("*/", "-->", "#}", "%>", "--}}", "}}", '"', "'")


def judge(inline: str | None, entry: Suppression | None, today: date, *, example: bool = False) -> tuple[str, str | None]:
    """The disposition and who accepted it why, from a reason given inline, an entry that covers the finding, and whether all know it."""
    if inline is not None:
        return ACCEPTED, f"inline: {inline}"
    if example and (entry is None or entry.expires < today):
        return EXAMPLE, None
    if entry is None:
        return OPEN, None
    told = "" if entry.verdict == ACCEPTED else f"{entry.verdict.replace('-', ' ')}, "
    ticket = "" if entry.ticket == NO_TICKET else f"{entry.ticket}, "
    why = f"{told}{entry.owner}: {entry.reason} ({ticket}until {entry.expires.isoformat()})"
    return (EXPIRED if entry.expires < today else ACCEPTED), why


def allowance(rule: str, line: str) -> str | None:
    """The reason given in `leakseal: allow RULE reason` on this line; without at least three words or ten characters it does not count."""
    for part in re.split("(?=leakseal:)", line):
        allow = _ALLOW.match(part)
        if allow and allow[1] in ("*", rule):
            reason = _reason(allow[2] or "")
            if len(reason) >= 10 or len(reason.split()) >= 3:
                return reason
    return None


def _reason(text: str) -> str:
    text = " ".join(text.split())
    for _ in range(3):
        for closer in _CLOSERS:
            text = text.removesuffix(closer).rstrip(" ,;#/-")
    return text[:200]
