"""What a line of a log says of itself: when it was written, and by whom."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from scanner.decode.ansi import ESCAPES

LOOK = 16 << 10  # bytes before and after a place in which its record begins and ends
_MOST = 128  # letters of a source's name

_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_MONTH = rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ISO = (
    rb"(?P<iso>[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?"
    rb"(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?)"
)
_WORD = rb"[A-Za-z0-9][A-Za-z0-9_.\-/]{0,127}"
# A prefix that an outer tool puts before the line: `docker compose logs`, `kubectl logs --prefix`, stern.
_OUTER = re.compile(rb"(?:\[pod/(?P<pod>%s)\] ?|(?P<service>[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}) {0,32}\| )" % _WORD)
_AT_START = re.compile(rb"(?:\xef\xbb\xbf)?[\[(<]?(?:<[0-9]{1,3}>1? ?)?[\[(]?" + _ISO)
_SYSLOG = re.compile(
    rb"(?:<[0-9]{1,3}>)?" + _MONTH + rb" {1,2}(?P<day>[0-9]{1,2})(?: (?P<year>[0-9]{4}))? "
    rb"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?) (?P<source>%s %s)?" % (_WORD, _WORD)
)
_AFTER_ISO = re.compile(rb" (?P<source>%s %s)\[[0-9]{1,10}\]: " % (_WORD, _WORD))
_RFC5424 = re.compile(rb" (?P<source>%s %s) " % (_WORD, _WORD))
_ACCESS = re.compile(
    rb"\[(?P<day>[0-9]{2})/" + _MONTH + rb"/(?P<year>[0-9]{4}):(?P<time>[0-9:]{8}) (?P<zone>[+-][0-9]{4})\]"
)
_KLOG = re.compile(rb"[IWEF](?P<month>[0-9]{2})(?P<day>[0-9]{2}) (?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}) ")
_KEY = re.compile(
    rb'"(?:@?timestamp|time|ts|date|datetime|eventTime|@t)"\s{0,4}:\s{0,4}(?:"' + _ISO + rb'"|(?P<epoch>[0-9]{9,19}(?:\.[0-9]{1,9})?))'
)
_PAIR = re.compile(rb"(?:^|[ \t])(?:time|ts|timestamp)=\"?" + _ISO)
_JOURNAL = re.compile(rb'(?m)"?__REALTIME_TIMESTAMP"?(?:=| ?: ?")(?P<micro>[0-9]{15,17})')
_NAMES = (
    re.compile(rb'(?m)"?_SYSTEMD_UNIT"?(?:=| ?: ?")(%s)' % _WORD),
    re.compile(rb'(?m)"?SYSLOG_IDENTIFIER"?(?:=| ?: ?")(%s)' % _WORD),
    re.compile(rb'"(?:container_name|pod_name|pod|service|unit|logger|app|component|hostname|host)"\s{0,4}:\s{0,4}"(%s)"' % _WORD),
    re.compile(rb"(?:^|[ \t])(?:service|logger|app|component|host)=\"?(%s)" % _WORD),
)


class Told(NamedTuple):
    """The time as ISO 8601 where it is complete, else as it is written; and the name of a host, unit, container or logger."""

    date: str | None = None
    source: str | None = None


NOTHING = Told()
_LINES, _LEAST = 100, 3  # that are looked at; that have to look like a log
_TRACE = re.compile(rb"\+{1,5} [\w./:\[]|[*<>{}] (?:[A-Za-z\[]|$)")  # bash -x, curl -v
_RECORD = re.compile(rb'\{"log":"|__(?:REALTIME_TIMESTAMP|CURSOR)|"__REALTIME_TIMESTAMP"')


def is_log(head: bytes) -> bool:
    """Whether a text that begins so is a log: half of its lines say when they were written, or they trace what a program does."""
    lines = [line for line in head[: 4 * LOOK].split(b"\n") if line.strip()][:_LINES]
    if not lines or 0 in head:
        return False
    dated = sum(_RECORD.match(line) is not None or _of_line(ESCAPES.sub(b"", line[:2048])).date is not None for line in lines)
    traced = sum(_TRACE.match(line) is not None for line in lines)
    return (dated >= min(_LEAST, (len(lines) + 1) // 2) and dated * 2 >= len(lines)) or (traced >= _LEAST and traced * 3 >= len(lines))


def told(data: bytes, at: int) -> Told:
    """What the record says in which a place is; a line without a time belongs to the last one before that has one."""
    low, high = max(0, at - LOOK), min(len(data), at + LOOK)
    start = max(data.rfind(b"\n", low, at) + 1, low)
    end = data.find(b"\n", at, high)
    line = data[start : end if end >= 0 else high]
    found = _of_line(line)
    if _JOURNAL.search(data, low, start) and (found.date is None or found.source is None):
        record = data.rfind(b"\n\n", low, start)  # journald export: a field a line, an empty line between records
        after = data.find(b"\n\n", at, high)
        found = _joined(found, _of_journal(data[record + 2 if record >= 0 else low : after if after >= 0 else high]))
    tries = 0
    while found.date is None and start > low and tries < 200:
        stop, tries = start - 1, tries + 1
        start = max(data.rfind(b"\n", low, stop) + 1, low)
        found = _joined(found, _of_line(data[start : min(stop, start + 1024)]))
    return found


def _joined(one: Told, other: Told) -> Told:
    return Told(one.date or other.date, one.source or other.source)


def _of_line(line: bytes) -> Told:
    source = None
    if (outer := _OUTER.match(line)) and (name := outer["pod"] or outer["service"]):
        source, line = _name(name), line[outer.end() :]
    if line[:1] == b"{":
        return _joined(Told(None, source), _of_object(line))
    if found := _AT_START.match(line):
        more = (_RFC5424 if line[:1] == b"<" else _AFTER_ISO).match(line, found.end())
        return Told(_iso(found["iso"]), source or (_name(more["source"]) if more else None) or _named(line))
    if found := _SYSLOG.match(line):
        name = source or (_name(found["source"]) if found["source"] else None)
        if found["year"]:
            return Told(f"{found['year'].decode()}-{_MONTHS[found['month']]:02}-{int(found['day']):02}T{found['time'].decode()}", name)
        return Told(f"{found['month'].decode()} {int(found['day']):2} {found['time'].decode()}", name)
    if found := _ACCESS.search(line[:512]):
        zone = found["zone"].decode()
        day = f"{found['year'].decode()}-{_MONTHS[found['month']]:02}-{found['day'].decode()}"
        return Told(f"{day}T{found['time'].decode()}{zone[:3]}:{zone[3:]}", source)
    if found := _KLOG.match(line):
        return Told(f"{found['month'].decode()}-{found['day'].decode()} {found['time'].decode()}", source)
    if found := _PAIR.search(line):
        return Told(_iso(found["iso"]), source or _named(line))
    return Told(None, source)


def _of_object(line: bytes) -> Told:
    if micro := _JOURNAL.search(line):
        return Told(_epoch(int(micro["micro"]) / 1e6), _named(line))
    found = _KEY.search(line)
    if found is None:
        return Told(None, _named(line))
    return Told(_iso(found["iso"]) if found["iso"] else _epoch(float(found["epoch"])), _named(line))


def _of_journal(record: bytes) -> Told:
    micro = _JOURNAL.search(record)
    return Told(_epoch(int(micro["micro"]) / 1e6) if micro else None, _named(record))


def _named(line: bytes) -> str | None:
    return next((_name(found[1]) for pattern in _NAMES if (found := pattern.search(line))), None)


def _name(name: bytes) -> str:
    return name.decode("ascii", "replace")[:_MOST]


def _iso(text: bytes) -> str:
    said = text.decode("ascii").replace("/", "-").replace(",", ".").replace(" UTC", "Z")
    day, rest = said[:10], said[10:].lstrip("T ").replace(" ", "")
    if rest and rest[-5:-4] in ("+", "-") and rest[-5:][1:].isdigit():
        rest = f"{rest[:-2]}:{rest[-2:]}"
    return f"{day}T{rest}" if rest else day


def _epoch(number: float) -> str | None:
    for unit in (1.0, 1e3, 1e6, 1e9):
        if 5e8 <= number / unit < 5e9:
            return datetime.fromtimestamp(number / unit, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None
