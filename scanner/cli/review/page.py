"""The pages of a review in a browser: plain HTML, and a script for keys alone."""

from __future__ import annotations

from html import escape
from importlib import resources

from scanner.findings.accept import Terms
from scanner.findings.review import Desk, Item
from scanner.pipeline.context import Shown
from scanner.report.plain import place, printable

_HERE = resources.files(__package__)
ASSETS = {
    "/review.css": ("text/css; charset=utf-8", (_HERE / "review.css").read_bytes()),
    "/favicon.ico": ("image/x-icon", b""),
    "/review.js": ("text/javascript; charset=utf-8", (_HERE / "review.js").read_bytes()),
}


def item(desk: Desk, item: Item, shown: Shown, terms: Terms, form: str, *, plain: bool, problem: str = "") -> bytes:
    """One finding, the lines around it or its picture, and a form for each decision."""
    first, at = item.first, item.first.location
    waiting, total = len(desk.waiting()), len(desk.items)
    rows = [("Where", place(first)), ("Shown as", first.preview), ("Rule", f"{first.rule}, {first.confidence:.0%} sure")]
    rows += [("Since", f"{at.commit[:12]} {at.author or ''} {at.date or ''}")] if at.commit else []
    others = item.others()
    rows += [("Advice", first.advice)]
    facts = "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in rows)
    also = f"<details><summary>Other places ({len(others)})</summary><ul>{''.join(f'<li>{_text(o)}' for o in others[:50])}</ul></details>"
    body = f"""
<p class="where" role="status">{total - waiting + 1} of {total}</p>
<h1><span class="severity {first.severity}">{first.severity}</span> {_text(first.title)}</h1>
<dl>{facts}</dl>
{also if others else ""}
{_picture(item, form, plain=plain) if at.box else _lines(shown)}
{f'<p class="problem" role="alert">{_text(problem)}</p>' if problem else ""}
<form method="post" action="/decide" id="accept">
{_hidden(form, item.id)}
<fieldset><legend>Accept it, or say that it is no secret</legend>
{_field("owner", "Owner", terms.owner)}{_field("reason", "Reason", terms.reason)}{_field("ticket", "Ticket", terms.ticket)}
{_field("expires", "Until", terms.expires.isoformat() if terms.expires else None, kind="date")}
<p><button name="decision" value="accept" data-key="a">Accept <kbd>a</kbd></button>
<button name="decision" value="false-positive" data-key="f">False positive <kbd>f</kbd></button></p></fieldset></form>
<div class="row">
<form method="post" action="/decide">{_hidden(form, item.id)}
<button name="decision" value="rotate" data-key="r">Rotate <kbd>r</kbd></button>
<button name="decision" value="skip" data-key="s">Skip <kbd>s</kbd></button></form>
{_ways(desk, form)}
</div>"""
    return _page(f"{first.severity}: {printable(first.title)}", body)


def empty(desk: Desk, form: str) -> bytes:
    """Nothing waits."""
    return _page("Nothing waits", f"<h1>Nothing waits for a decision</h1>{_told(desk)}<div class='row'>{_ways(desk, form)}</div>")


def farewell(desk: Desk) -> bytes:
    """The last page."""
    left = len(desk.waiting())
    return _page("Done", f"<h1>Done</h1><p>{left} still to decide.</p>{_told(desk)}<p>This page can be closed.</p>")


def _told(desk: Desk) -> str:
    counts = "".join(f"<li>{count} {name}" for name, count in desk.counts().items() if count)
    rotate = "".join(f"<li><code>{_text(id)}</code> {_text(rule)}" for id, rule in sorted(desk.to_rotate.items()))
    return f"<ul>{counts}</ul>" + (f"<h2>To rotate</h2><ul>{rotate}</ul>" if rotate else "")


def _ways(desk: Desk, form: str) -> str:
    undo = f'<form method="post" action="/undo">{_hidden(form)}<button data-key="u">Undo <kbd>u</kbd></button></form>' if desk.done else ""
    return undo + f'<form method="post" action="/done">{_hidden(form)}<button data-key="q">Done <kbd>q</kbd></button></form>'


def _lines(shown: Shown) -> str:
    if not shown.lines:
        return f"<p class='none'>No lines around it: {_text(shown.why_not)}.</p>"
    rows = "".join(
        f"<tr{' class=here' if here else ''}><td>{number}<td><code>{_text(line.expandtabs(4))}</code>" for number, line, here in shown.lines
    )
    return f"<table class='lines'><caption>The lines around it, masked</caption>{rows}</table>"


def _picture(item: Item, form: str, *, plain: bool) -> str:
    """The picture with its box; what is painted over comes as it is only if it was asked for."""
    button = '<button data-key="v">Show the picture as it is <kbd>v</kbd></button>'
    ask = f'<form method="post" action="/reveal">{_hidden(form, item.id)}{button}</form>'
    said = "The picture as it is" if plain else "The picture, with what was found painted over"
    box = ",".join(map(str, item.first.location.box or ()))
    return f"""<figure><div class="picture" data-box="{box}"><img src="/picture/{_text(item.id)}" alt="{said}"></div>
<figcaption>{said}.</figcaption></figure>{'' if plain else ask}"""


def _hidden(form: str, id: str = "") -> str:
    return f'<input type="hidden" name="form" value="{form}">' + (f'<input type="hidden" name="id" value="{_text(id)}">' if id else "")


def _field(name: str, label: str, value: str | None, kind: str = "text") -> str:
    return f'<label>{label}<input name="{name}" type="{kind}" value="{_text(value or "")}" required autocomplete="off"></label>'


def _text(value: str) -> str:
    return escape(printable(value), quote=True)


def _page(title: str, body: str) -> bytes:
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Leakseal</title><link rel="stylesheet" href="/review.css"><script src="/review.js" defer></script>
<main>{body}</main></html>""".encode()

