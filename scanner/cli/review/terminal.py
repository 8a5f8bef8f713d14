"""A review in the terminal: one key for each decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import click
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scanner.cli.accept import clean, day
from scanner.errors import LeaksealError
from scanner.findings.accept import Terms, settled
from scanner.findings.review import ACCEPT, FALSE, ROTATE, SKIP, Desk, Item, verdict_of
from scanner.pipeline.context import Shown, Surroundings
from scanner.report.plain import place, printable
from scanner.report.table import STYLES

KEYS = {"a": ACCEPT, "f": FALSE, "r": ROTATE, "s": SKIP, " ": SKIP, "n": SKIP, "j": SKIP}
HELP = "a accept   f false positive   r rotate   s skip   u undo   p other places   q quit   ? help"
LONG = """a  accept it until a day: asks for owner, reason, ticket and day
f  it is no secret: accepted as a false positive
r  it must be rotated: stays open, and is listed at the end
s  skip it for now (also space, n, j)
u  take the last decision back
p  every other place that has it
q  stop; what was decided is written already"""
_PLACES = 20


def walk(
    desk: Desk, around: Surroundings, terms: Terms, *, today: date, console: Console | None = None, key: Callable[[], str] = click.getchar
) -> None:
    """Show what waits, one by one, until nothing does or the person stops."""
    out = console or Console(highlight=False)
    total = len(desk.waiting())
    while waiting := desk.waiting():
        item = waiting[0]
        out.print(card(item, around.lines(item.first), total - len(waiting) + 1, total))
        again = _decided(desk, item, terms, today, out, key)
        if again is None:
            break
        terms = again
    _farewell(desk, out)


def _decided(desk: Desk, item: Item, terms: Terms, today: date, out: Console, key: Callable[[], str]) -> Terms | None:
    """Ask until there is a decision; answers the terms, to be offered again, or nothing when the person has had enough."""
    while True:
        out.print(Text(HELP, style="dim"))
        try:
            pressed = key().lower()
        except (KeyboardInterrupt, EOFError):
            return None
        if pressed in ("q", "\x04", "\x1b"):
            return None
        if pressed == "u":
            back = desk.undo()
            out.print(Text(f"taken back: {back.id}" if back else "there is nothing to take back"))
            if back:
                return terms
        elif pressed == "p":
            _places(item, out)
        elif KEYS.get(pressed) in (ROTATE, SKIP):
            desk.decide(item, KEYS[pressed])
            return terms
        elif pressed in KEYS:
            agreed = _agreed(terms, KEYS[pressed], today, out)
            if agreed is not None:
                desk.decide(item, KEYS[pressed], agreed)
                return agreed
        else:
            out.print(Text(LONG))


def _agreed(terms: Terms, decision: str, today: date, out: Console) -> Terms | None:
    """The terms of an acceptance, as the person says them; nothing if they will not do."""
    try:
        said = replace(
            terms, owner=click.prompt("owner", default=terms.owner), reason=click.prompt("reason", default=terms.reason),
            ticket=click.prompt("ticket", default=terms.ticket),
            expires=day(click.prompt("until (YYYY-MM-DD)", default=terms.expires.isoformat() if terms.expires else None)),
            verdict=verdict_of(decision),
        )  # fmt: skip
        for name, text in (("owner", said.owner), ("reason", said.reason), ("ticket", said.ticket)):
            clean(name, text)
        return settled(said, today)
    except click.Abort:
        out.print()
        return None
    except LeaksealError as problem:
        out.print(Text(f"{problem.message}. {problem.hint}", style="yellow"))
        return None


def card(item: Item, shown: Shown, number: int, total: int) -> RenderableType:
    """One finding as it is shown."""
    first = item.first
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    at = first.location
    rows = [("where", printable(place(first))), ("shown as", printable(first.preview))]
    rows += [("rule", f"{first.rule}, {first.confidence:.0%} sure")]
    if at.commit:
        rows.append(("since", printable(f"{at.commit[:12]} {at.author or ''} {at.date or ''}")))
    more = sum(one.occurrences for one in item.findings) - 1
    if more or len(item.findings) > 1:
        rows.append(("also", f"in {more} other place{'' if more == 1 else 's'}"))
    rows.append(("advice", printable(first.advice)))
    for name, value in rows:
        facts.add_row(name, Text(value))
    head = Text.assemble((first.severity, STYLES[first.severity]), f"  {printable(first.title)}")
    body, foot = Group(facts, Text(), _lines(shown)), f"{number} of {total}"
    return Panel(body, title=head, title_align="left", subtitle=foot, subtitle_align="right")


def _lines(shown: Shown) -> RenderableType:
    if not shown.lines:
        return Text(f"no lines around it: {shown.why_not}", style="dim")
    wide = len(str(shown.lines[-1][0]))
    made = Text(no_wrap=True, overflow="ellipsis")
    for number, line, here in shown.lines:
        made.append(f"{'>' if here else ' '} {number:>{wide}}  ", style="bold" if here else "dim")
        made.append(printable(line.expandtabs(4)) + "\n", style="" if here else "dim")
    made.rstrip()
    return made


def _places(item: Item, out: Console) -> None:
    names = item.others()
    for name in names[:_PLACES]:
        out.print(Text(f"  {printable(name)}"))
    if len(names) > _PLACES or not names:
        out.print(Text(f"  and {len(names) - _PLACES} more" if names else "  nowhere else"))


def _farewell(desk: Desk, out: Console) -> None:
    counts = desk.counts()
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing decided"
    left = len(desk.waiting())
    out.print(Text(f"{said}; {f'{left} still to decide' if left else 'nothing waits'}"))
    if desk.to_rotate:
        out.print(Text(f"to rotate ({len(desk.to_rotate)}, kept in {desk.state}):"))
        for id, rule, advice in desk.rotation():
            out.print(Text(f"  {id}  {printable(rule)}: {printable(advice)}"))
