"""A match becomes a finding: after this, nothing holds plaintext."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from scanner import canon, examples
from scanner.findings.judge import allowance, judge
from scanner.findings.mask import LEAST, Mask
from scanner.findings.preview import preview, without
from scanner.findings.public import public_prefix
from scanner.findings.seal import Seal, finding_id
from scanner.findings.suppressions import Suppression
from scanner.model.content import Span
from scanner.model.evidence import Finding, Hit, Location, Match

_GIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})?)?")
_UNREVIEWED = frozenset({"logs", "screenshots"})  # written by machines: nobody reviewed what they allow
_PART_MOST = 256
_EPOCH = date(1970, 1, 1)
_NOTHING = "Nothing: this is the example of the vendor's own documentation, which opens nothing."


def learn(match: Match, mask: Mask) -> None:
    """Tell the mask this match's secret; do so for all matches of a run before the first is established."""
    hit = match.hit
    public = len(public_prefix(hit.rule, hit.value))
    mask.learn(hit.value, public)
    raw = _raw(match)
    mask.learn(raw, public if raw[:public] == hit.value[:public] else 0)
    for partner in hit.partners:
        mask.learn(partner.hidden)


def establish(
    match: Match, seal: Seal, mask: Mask, suppressions: Mapping[str, Suppression], today: date, *, inline: bool = True
) -> Finding:
    """What may be said about a match: where it is, which secret by fingerprint, and whether it is accepted, also `inline` beside it."""
    learn(match, mask)
    hit, rule, raw = match.hit, match.hit.rule, _raw(match)

    def hide(text: str) -> str:
        return mask.text(without(text, raw, hit.value) if len(hit.value) < LEAST else text)

    fingerprint = seal.fingerprint(hit.value)
    id = finding_id(rule.id, fingerprint)
    location = _location(match, mask)
    paths = tuple(sorted({mask.text(path) for path in match.paths}))
    everywhere = tuple(sorted({*match.paths, *([match.origin.path] if match.origin.path else [])}))
    entry = suppressions.get(id)
    covering = entry if entry is not None and entry.covers(rule.id, fingerprint, everywhere) else None
    example = examples.known(hit.value)
    disposition, acceptance = judge(allowance(rule.id, _line(match, raw)) if inline else None, covering, today, example=example)
    return Finding(
        id=id,
        rule=rule.id,
        kind=rule.kind,
        title=rule.title,
        severity="low" if example or _ended(hit, today) else hit.severity or rule.severity,
        confidence=hit.confidence,
        fingerprint=fingerprint,
        surface=match.origin.surface,
        target=match.origin.target,
        location=location,
        occurrences=match.occurrences,
        commits=match.commits,
        paths=paths,
        parsed=tuple((hide(name), _part(part, hide)) for name, part in hit.parts),
        preview=hide(preview(match.text, _relative(match), hit.value, public_prefix(rule, hit.value))),
        disposition=disposition,
        advice=_NOTHING if example else rule.advice,
        acceptance=None if acceptance is None else hide(acceptance),
    )


def _ended(hit: Hit, today: date) -> bool:
    """Whether the secret says itself (`exp`, seconds since 1970) that it ended before this day."""
    end = dict(hit.parts).get("exp")
    return isinstance(end, int) and end < (today - _EPOCH).total_seconds()


def _relative(match: Match) -> Span:
    """The secret's place in the construct's text; empty when it lies outside, so that everything is masked."""
    if match.hit.text is not None:
        return match.hit.inner or Span(0, 0)
    start = match.hit.secret.start - match.hit.span.start
    end = match.hit.secret.end - match.hit.span.start
    return Span(start, end) if 0 <= start <= end <= len(match.text) else Span(0, 0)


def _raw(match: Match) -> bytes:
    """The secret as it is written in the content."""
    place = _relative(match)
    return match.text[place.start : place.end]


def _line(match: Match, raw: bytes) -> str:
    """The line that may carry an allowance, without the secret: a secret cannot allow itself."""
    if match.origin.field is not None or match.origin.surface in _UNREVIEWED:
        return ""
    line, first = match.line_text, raw.splitlines()[0] if raw.splitlines() else b""
    return canon.text((line.replace(first, b" ") if first else line).replace(b"\t", b" "))


def _location(match: Match, mask: Mask) -> Location:
    origin = match.origin
    return Location(
        path=mask.maybe(origin.path),
        line=match.line,
        end_line=match.end_line,
        column=match.column,
        end_column=match.end_column,
        object=_git_id(origin.object, mask),
        commit=_git_id(match.commit, mask),
        author=mask.maybe(match.author),
        date=match.date if match.date and _DATE.fullmatch(match.date) else mask.maybe(match.date),
        field=mask.maybe(origin.field),
        reachable=match.reachable,
        record=mask.maybe(origin.record),
        page=origin.page,
        box=origin.box,
        steps=tuple(mask.text(step) for step in match.hit.steps),
    )


def _git_id(id: str | None, mask: Mask) -> str | None:
    """Git's own ids are left alone: a part of a hexadecimal secret may stand in one by chance."""
    return id if id is None or _GIT_ID.fullmatch(id) else mask.text(id)


def _part(part: str | int, hide: Callable[[str], str]) -> str | int:
    """A parsed part, masked; a number stays a number unless it is the secret."""
    if isinstance(part, int):
        return part if hide(str(part)) == str(part) else hide(str(part))
    return hide(canon.text(part.encode("utf-8", "surrogatepass")))[:_PART_MOST]
