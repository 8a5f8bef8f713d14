"""Progress: silent where nobody looks, no threads, and the items pass untouched."""

from __future__ import annotations

import io
import threading

import pytest

from scanner.report.page import PIPED, Page
from scanner.report.progress import Meter, watched

TERMINAL = Page(80, escapes=True, color=True)


class Clock:
    """Half a second passes whenever somebody looks."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


@pytest.mark.parametrize(("page", "quiet"), [(PIPED, False), (Page(80), False), (TERMINAL, True)], ids=["piped", "dumb", "quiet"])
def test_stays_silent(page, quiet):
    stream = io.StringIO()
    with Meter(stream, page, quiet=quiet) as meter:
        meter.start("git", 3)
        meter.advance(1, 10)
    assert stream.getvalue() == ""


def test_the_items_pass_and_are_announced_after_use():
    order = []
    for item in watched("ab", lambda item: order.append(f"done {item}")):
        order.append(f"use {item}")
    assert order == ["use a", "done a", "use b", "done b"]


def test_objects_bytes_and_speed_are_shown_without_a_thread():
    stream = io.StringIO()
    before = threading.active_count()
    with Meter(stream, TERMINAL, clock=Clock()) as meter:
        meter.start("git [red]\x1b", 4)
        list(watched([b"x" * 1000, b"y" * 2000], lambda data: meter.advance(1, len(data))))
        assert threading.active_count() == before
    said = stream.getvalue()
    assert "2 of 4 objects, 3.0 kB" in said
    assert "B/s" in said
    assert "git [red]\\x1b" in said
    assert said.endswith(("\x1b[2K", "\x1b[?25h"))


def test_a_new_stretch_replaces_the_one_before():
    stream = io.StringIO()
    with Meter(stream, TERMINAL, clock=Clock()) as meter:
        meter.start("git", 4)
        meter.advance(4)
        meter.start("logs")
        meter.advance(1)
    assert "1 object, 0 B" in stream.getvalue()


def test_painting_is_rare():
    stream = io.StringIO()
    with Meter(stream, TERMINAL, clock=lambda: 1.0) as meter:
        meter.start("git", 10_000)
        started = len(stream.getvalue())
        for _ in range(10_000):
            meter.advance(1, 1)
        assert len(stream.getvalue()) == started
