"""When a line of a log was written, and by whom, as it says itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from scanner.decode.logline import LOOK, NOTHING, told

SAYS_NOTHING = [b"", b"\n", b"plain words", b"12:30 in the afternoon", b'{"a": 1}', b"key = 2024", b"version 1.2.3", b"{", b"| a | b |"]
LINES = [
    (b"2024-01-02T03:04:05.678Z INFO x", "2024-01-02T03:04:05.678Z", None),
    (b"2024-01-02 03:04:05,678 INFO x", "2024-01-02T03:04:05.678", None),
    (b"[2024-01-02 03:04:05 +0100] [12] x", "2024-01-02T03:04:05+01:00", None),
    (b"2024/01/02 03:04:05 [error] 1#1: x", "2024-01-02T03:04:05", None),
    (b"2024-01-02T03:04:05.1234567Z ##[group]Run x", "2024-01-02T03:04:05.1234567Z", None),
    (b"2024-01-02T03:04:05.123456Z 00O $ make", "2024-01-02T03:04:05.123456Z", None),
    (b"2016-10-06T00:17:09.669794202Z stdout F x", "2016-10-06T00:17:09.669794202Z", None),
    (b"2024-01-02T03:04:05+01:00 web1 sshd[44]: x", "2024-01-02T03:04:05+01:00", "web1 sshd"),
    (b"<34>1 2003-10-11T22:14:15.003Z web1 app - ID47 - x", "2003-10-11T22:14:15.003Z", "web1 app"),
    (b"Oct 11 22:14:15 web1 sshd[44]: x", "Oct 11 22:14:15", "web1 sshd"),
    (b"<13>Oct  1 22:14:15 web1 app: x", "Oct  1 22:14:15", "web1 app"),
    (b'10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1', "2000-10-10T13:55:36-07:00", None),
    (b"I0102 03:04:05.000006       1 main.go:3] x", "01-02 03:04:05.000006", None),
    (b"web-1  | 2024-01-02T03:04:05Z x", "2024-01-02T03:04:05Z", "web-1"),
    (b"web-1  | x", None, "web-1"),
    (b"[pod/web-7d9/app] 2024-01-02T03:04:05Z x", "2024-01-02T03:04:05Z", "web-7d9/app"),
    (b'time="2024-01-02T03:04:05Z" level=info service=orders x', "2024-01-02T03:04:05Z", "orders"),
    (b'{"log":"x\\n","stream":"stdout","time":"2024-01-02T03:04:05.6Z"}', "2024-01-02T03:04:05.6Z", None),
    (b'{"ts":1700000000.25,"logger":"orders.api","msg":"x"}', "2023-11-14T22:13:20Z", "orders.api"),
    (b'{"timestamp":1700000000000,"app":"orders"}', "2023-11-14T22:13:20Z", "orders"),
    (b'{"@timestamp":"2024-01-02T03:04:05Z","host":"web1"}', "2024-01-02T03:04:05Z", "web1"),
    (b'{"__REALTIME_TIMESTAMP":"1700000000000000","_SYSTEMD_UNIT":"a.service"}', "2023-11-14T22:13:20Z", "a.service"),
]


@pytest.mark.parametrize("line", SAYS_NOTHING)
def test_a_line_that_says_nothing(line: bytes) -> None:
    assert told(line, len(line) // 2) == NOTHING


@pytest.mark.parametrize(("line", "date", "source"), LINES)
def test_a_line_says_when_and_who(line: bytes, date: str | None, source: str | None) -> None:
    for before, after in ((b"", b""), (b"other\n", b"\nother\n"), (b"1999-01-01T00:00:00Z old\n", b"")):
        data = before + line + after
        found = told(data, len(before) + len(line) - 1)
        assert found.source == source
        assert found.date == (date or ("1999-01-01T00:00:00Z" if b"1999" in before else None))


def test_a_stack_trace_belongs_to_the_line_above_it() -> None:
    data = b"2024-01-02 03:04:05 ERROR x\nTraceback (most recent call last):\n  File 'a.py', line 3\n    call(here)\n"
    assert told(data, data.index(b"here")).date == "2024-01-02T03:04:05"


def test_a_record_of_journald_is_told_by_its_fields() -> None:
    record = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=here\n_SYSTEMD_UNIT=b.service\n\n"
    data = record.replace(b"17", b"16").replace(b"b.", b"a.") + record
    assert told(data, data.rindex(b"here")) == ("2023-11-14T22:13:20Z", "b.service")


@given(st.binary(max_size=300), st.integers(0, 300))
@bounds(max_examples=60)
def test_any_bytes_have_an_answer(data: bytes, at: int) -> None:
    found = told(data, min(at, len(data)))
    json.dumps(found)


def test_a_line_without_end_is_looked_at_near_the_place() -> None:
    data = b"2024-01-02T03:04:05Z " + b"x" * (LOOK * 3)
    assert told(data, len(data)).date is None
    assert told(data, LOOK - 1).date == "2024-01-02T03:04:05Z"
