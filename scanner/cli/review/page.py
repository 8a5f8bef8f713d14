"""The pages of a review in a browser: what a report's page shows of a finding, and a form for each decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scanner.findings.accept import Terms
from scanner.findings.review import Desk, Item
from scanner.pipeline.context import Shown
from scanner.report.html.run import entry
from scanner.report.html.shell import page, review
from scanner.report.page import Page, Picture
from scanner.report.plain import count

MOST = 50  # other places that are named
_DONE = {"accept": "accepted", "false-positive": "no secret", "rotate": "to rotate", "skip": "skipped"}


def policy() -> str:
    """What the browser may load and do."""
    return f"{review().policy}; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class View:
    """What may be seen of the content that a finding stands in."""

    target: str
    around: Shown
    picture: bytes | None = field(default=None, repr=False)  # PNG
    plain: bool = False  # the picture as it is: somebody asked for it


def item(desk: Desk, item: Item, view: View, terms: Terms, form: str, problem: str = "") -> bytes:
    """One finding, the lines around it or its picture, and a form for each decision."""
    first, waiting = item.first, len(desk.waiting())
    pictures = {(first.target, first.location.path or ""): Picture.png(view.picture)} if view.picture else {}
    fields = (("owner", "Owner", terms.owner), ("reason", "Reason", terms.reason), ("ticket", "Ticket", terms.ticket),
              ("expires", "Until", terms.expires.isoformat() if terms.expires else None))  # fmt: skip
    return _page(
        desk, form, one=entry(first, view.target, None, Page(pictures=pictures)), id=item.id, around=view.around, plain=view.plain,
        problem=problem,
        progress=f"{len(desk.items) - waiting + 1} of {len(desk.items)}", others=item.others(), most=MOST,
        said="The picture as it is" if view.plain else "The picture, with what was found painted over",
        fields=[(name, label, value or "") for name, label, value in fields],
    )  # fmt: skip


def end(desk: Desk, form: str, *, over: bool) -> bytes:
    """Nothing waits, or the person has stopped."""
    left = len(desk.waiting())
    counts = [f"{number:,} {_DONE[name]}" for name, number in desk.counts().items() if number]
    told = ", ".join(counts) or "nothing decided"
    title = "Nothing waits for a decision" if not left else f"Stopped with {count(left, 'finding')} still to decide"
    return _page(desk, form, one=None, title=title, told=told, left=left, over=over, rotate=desk.rotation())


def _page(desk: Desk, form: str, **values: Any) -> bytes:
    return page("review.html", review(), form=form, undo=bool(desk.done), **values).encode()
