"""Report v1 read back, strictly: every key, no other key, every type, and numbers that agree."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from scanner.errors import UsageError
from scanner.model.content import REASONS, Gap, Origin, Target
from scanner.model.evidence import Finding, Location
from scanner.model.report import Coverage, Report, Run, Suppressions
from scanner.model.rule import KINDS, SEVERITIES
from scanner.report.json_v1 import SCHEMA, TALLY, coverage_document

SURFACES = ("git", "tree", "logs", "screenshots", "notes", "oci", "stdin")
DISPOSITIONS = ("open", "accepted", "expired-acceptance", "example")
RESULTS = ("clean", "leaks", "incomplete")
T = TypeVar("T")
Check = Callable[[object, str], T]  # a value and where it stands -> the value, or UsageError


def read_report(data: bytes) -> Report:
    """The report in these bytes; a key that stands twice is refused."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise UsageError("the report is not JSON", hint="give the file that `leakseal scan -o report.json` wrote") from error
    return report_of(value)


def report_of(document: object) -> Report:
    """The report that a document says, or UsageError with the place in it that is wrong."""
    top = _keys(document, "report", _TOP)
    report = Report(
        targets=top["targets"],
        rules_digest=top["rules"]["digest"],
        rules_count=top["rules"]["count"],
        findings=top["findings"],
        coverage=top["coverage"],
        gaps=top["gaps"],
        run=top["run"],
        suppressions=top["suppressions"],
        gaps_allowed=top["gapsAllowed"],
        notes=top["notes"],
    )
    if top["result"] != report.result:
        raise _wrong("result", f"{report.result!r}, which is what the rest of the report amounts to")
    return report


def _wrong(where: str, wanted: str) -> UsageError:
    # What stands there instead is not repeated: a document from elsewhere may hold anything.
    return UsageError(f"not a report v1: {where} must be {wanted}", hint="give the file that `leakseal scan -o report.json` wrote")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refused(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _keys(value: object, where: str, checks: Mapping[str, Check[Any]]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "an object")
    if set(value) != set(checks):
        raise _wrong(where, f"an object with exactly the keys {', '.join(sorted(checks))}")
    return {name: check(value[name], f"{where}.{name}") for name, check in checks.items()}


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, "text")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, "true or false")
    return value


def _number(value: object, where: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(where, "a number")
    return value


def _share(value: object, where: str) -> int | float:
    if not 0 <= _number(value, where) <= 1:
        raise _wrong(where, "a number from 0 to 1")
    return _number(value, where)


def _whole(least: int) -> Check[int]:
    def check(value: object, where: str) -> int:
        if type(value) is not int or value < least:
            raise _wrong(where, f"a whole number, {least} or more")
        return value

    return check


def _one_of(names: tuple[str, ...]) -> Check[str]:
    def check(value: object, where: str) -> str:
        if not isinstance(value, str) or value not in names:
            raise _wrong(where, f"one of {', '.join(names)}")
        return value

    return check


def _maybe(check: Check[T]) -> Check[T | None]:
    return lambda value, where: None if value is None else check(value, where)


def _each(check: Check[T], length: int | None = None) -> Check[tuple[T, ...]]:
    def checks(value: object, where: str) -> tuple[T, ...]:
        if not isinstance(value, list) or len(value) != (len(value) if length is None else length):
            raise _wrong(where, "a list" if length is None else f"a list of {length}")
        return tuple(check(item, f"{where}[{index}]") for index, item in enumerate(value))

    return checks


def _parsed(value: object, where: str) -> tuple[tuple[str, str | int], ...]:
    if not isinstance(value, dict) or not all(type(part) in (str, int) for part in value.values()):
        raise _wrong(where, "an object of texts and whole numbers")
    return tuple(sorted(value.items()))


def _location(value: object, where: str) -> Location:
    at = _keys(value, where, _LOCATION)
    return Location(end_line=at.pop("endLine"), end_column=at.pop("endColumn"), **at)


def _finding(value: object, where: str) -> Finding:
    return Finding(**_keys(value, where, _FINDING))


def _gap(value: object, where: str) -> Gap:
    found = _keys(value, where, _GAP)
    reason, detail = found.pop("reason"), found.pop("detail")
    return Gap(Origin(**found), reason, detail)


def _run(value: object, where: str) -> Run:
    run = _keys(value, where, _RUN)
    return Run(run["tool"], run["startedOn"], run["finishedOn"], run["seconds"], run["host"])


def _coverage(value: object, where: str) -> tuple[tuple[str, Coverage], ...]:
    found = _keys(value, where, {**_TALLY, "surfaces": _surfaces})
    coverage: tuple[tuple[str, Coverage], ...] = found["surfaces"]
    wanted = coverage_document(coverage)
    for name in TALLY:
        if found[name] != wanted[name]:
            raise _wrong(f"{where}.{name}", "the sum over the surfaces")
    return coverage


def _surfaces(value: object, where: str) -> tuple[tuple[str, Coverage], ...]:
    if not isinstance(value, dict) or not set(value) <= set(SURFACES):
        raise _wrong(where, f"an object with keys among {', '.join(SURFACES)}")
    checks = {**_TALLY, "root": _maybe(_text)}
    return tuple((name, Coverage(**_keys(value[name], f"{where}.{name}", checks))) for name in sorted(value))


_TALLY: dict[str, Check[Any]] = {name: _whole(0) for name in TALLY}
_PLACE: dict[str, Check[Any]] = {"surface": _one_of(SURFACES), "target": _text}
_GAP: dict[str, Check[Any]] = {
    **_PLACE, "path": _maybe(_text), "object": _maybe(_text), "field": _maybe(_text),
    "record": _maybe(_text), "page": _maybe(_whole(1)),
    "reason": _one_of(tuple(sorted(REASONS))), "detail": _text,
}  # fmt: skip
_LOCATION: dict[str, Check[Any]] = {
    "path": _maybe(_text), "line": _maybe(_whole(1)), "endLine": _maybe(_whole(1)),
    "column": _maybe(_whole(1)), "endColumn": _maybe(_whole(1)),
    "object": _maybe(_text), "commit": _maybe(_text), "author": _maybe(_text), "date": _maybe(_text), "field": _maybe(_text),
    "reachable": _maybe(_flag), "record": _maybe(_text), "page": _maybe(_whole(1)),
    "box": _maybe(_each(_whole(0), 4)), "steps": _each(_text),
}  # fmt: skip
_FINDING: dict[str, Check[Any]] = {
    **_PLACE, "id": _text, "rule": _text, "kind": _one_of(KINDS), "title": _text,
    "severity": _one_of(SEVERITIES), "confidence": _share, "fingerprint": _text, "location": _location,
    "occurrences": _whole(1), "commits": _maybe(_whole(0)), "paths": _each(_text), "parsed": _parsed, "preview": _text,
    "disposition": _one_of(DISPOSITIONS), "advice": _text, "acceptance": _maybe(_text),
}  # fmt: skip
_RUN: dict[str, Check[Any]] = {
    "tool": _text, "startedOn": _maybe(_text), "finishedOn": _maybe(_text), "seconds": _maybe(_number), "host": _maybe(_text),
}  # fmt: skip
_TARGET: dict[str, Check[Any]] = {
    "id": _text, "surface": _one_of(SURFACES), "uri": _text, "head": _maybe(_text), "scope": _text,
}  # fmt: skip
_USED: dict[str, Check[Any]] = {"used": _whole(0), "unused": _whole(0), "expired": _whole(0), "digest": _maybe(_text)}
_RULES: dict[str, Check[Any]] = {"digest": _text, "count": _whole(0)}
_TOP: dict[str, Check[Any]] = {
    "schema": _one_of((SCHEMA,)),
    "result": _one_of(RESULTS),
    "run": _run,
    "rules": lambda value, where: _keys(value, where, _RULES),
    "targets": _each(lambda value, where: Target(**_keys(value, where, _TARGET))),
    "findings": _each(_finding),
    "suppressions": lambda value, where: Suppressions(**_keys(value, where, _USED)),
    "coverage": _coverage,
    "gaps": _each(_gap),
    "gapsAllowed": _flag,
    "notes": _each(_text),
}
