"""What is found in a note, with the field, the line and the author: hops 3 to 6 for one record."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scanner.decode.limits import Limits
from scanner.decode.notes.render import Note, Section, shown
from scanner.detect.engine import Engine
from scanner.findings.locate import Lines
from scanner.model.content import Inside, Origin, Span, Unseen
from scanner.model.evidence import Match
from scanner.pipeline.examine import Placed, match_at
from scanner.pipeline.noterefs import Owner
from scanner.pipeline.opened import examined

Value = tuple[str, bytes]  # rule id, secret's value


@dataclass(slots=True)
class Told:
    """What one note came to."""

    matches: list[Match] = field(default_factory=list, repr=False)
    unseen: list[Unseen] = field(default_factory=list)
    values: set[Value] = field(default_factory=set, repr=False)
    octets: int = 0


def told(engine: Engine, note: Note, origin: Origin, inside: Inside, steps: tuple[str, ...], limits: Limits) -> Told:
    """Everything found in a note; the whole of it is searched at once, and field by field where there is something."""
    data = note.text.encode("utf-8", "replace")
    found = Told(octets=len(data))
    whole = examined(engine, data, limits)
    if not whole.found and not whole.unseen:
        return found
    for section in note.sections:
        done = examined(engine, section.text.encode("utf-8", "replace"), limits)
        found.unseen += (replace(one, inside=one.inside.within(_within(note, section, inside))) for one in done.unseen)
        known = {value for _, value in found.values} if section.again else set()
        fresh = [seen for seen in done.found if _value(seen) not in found.values and seen.hit.value not in known]
        found.values |= {_value(seen) for seen in fresh}
        found.matches += (_match(seen, note, section, origin, inside, steps) for seen in fresh)
    for seen in whole.found:  # what only makes sense together, such as an id in one field and its secret in another
        if _value(seen) not in found.values:
            found.values.add(_value(seen))
            found.matches.append(_match(*_moved(seen, note), origin, inside, steps))
    return found


def _moved(seen: Placed, note: Note) -> tuple[Placed, Note, Section]:
    section, start = note.section(seen.hit.secret.start)
    data = section.text.encode("utf-8", "replace")
    begin, end = (min(max(0, at - start), len(data)) for at in (seen.hit.span.start, seen.hit.span.end))
    return seen._replace(place=Lines(data).place(Span(begin, max(begin, end)))), note, section


def _match(seen: Placed, note: Note, section: Section, origin: Origin, inside: Inside, steps: tuple[str, ...]) -> Match:
    place = seen.place
    if section.line and seen.inside.member is None:
        place = replace(place, line=place.line + section.line, end_line=place.end_line + section.line)
    hit = replace(seen.hit, steps=(*steps, *section.steps, *seen.hit.steps))
    where = _within(note, section, inside)
    if seen.inside.member is None:
        seen = seen._replace(inside=replace(seen.inside, field=None))  # a body that is a mail is the record's body all the same
    if section.paths:
        where = replace(where, field=shown(section.at(place.line)))
    match = replace(
        match_at(seen._replace(hit=hit, place=place, inside=seen.inside.within(where)), origin), author=note.author, date=note.date
    )
    return replace(match, line=None, end_line=None, column=None, end_column=None) if section.paths and not seen.inside.member else match


def _within(note: Note, section: Section, inside: Inside) -> Inside:
    return Inside(member=inside.member, field=shown(section.field), record=note.id or None)


def _value(seen: Placed) -> Value:
    return (seen.hit.rule.id, seen.hit.value)


def in_file(found: list[Placed], origin: Origin, inside: Inside, steps: tuple[str, ...]) -> Iterator[Match]:
    """The matches in a file of an export that is no record."""
    for seen in found:
        hit = replace(seen.hit, steps=(*steps, *seen.hit.steps))
        yield match_at(seen._replace(hit=hit, inside=seen.inside.within(inside)), origin)


def owned(match: Match, owner: Owner | None) -> Match:
    """The same, told of the record that the file belongs to."""
    if owner is None:
        return match
    return replace(match, origin=replace(match.origin, record=owner.record), author=owner.author, date=owner.date)


def decoded(text: str) -> bytes | None:
    """What a base64 text or data: URI holds; None where it is none."""
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
