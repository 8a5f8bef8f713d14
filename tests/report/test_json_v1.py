"""Report v1: written, described by its schema, read back."""

from __future__ import annotations

import copy
import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

import scanner.report
from scanner.errors import UsageError
from scanner.model.evidence import Location
from scanner.report import render
from scanner.report.json_v1 import document, dumped, ordered
from scanner.report.read_v1 import read_report, report_of
from tests.effort import costs_at_most
from tests.report.samples import clean, finding, report, reports

SCHEMA = json.loads((Path(scanner.report.__file__).parent / "report-v1.schema.json").read_bytes())
VALID = jsonschema.Draft202012Validator(SCHEMA)


def written(value: Any, format: str = "json") -> bytes:
    stream = io.BytesIO()
    render(value, format, stream)
    return stream.getvalue()


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(reports)
def test_any_report_satisfies_the_schema_and_reads_back_as_it_was(value):
    data = written(value)
    VALID.validate(json.loads(data))
    assert read_report(data) == ordered(value)
    assert written(read_report(data)) == data


@given(reports)
def test_json_holds_nothing_that_a_terminal_would_obey(value):
    text = written(value).decode("utf-8")
    assert all(c == "\n" or c >= " " for c in text)
    assert not set(text) & set("\x7f\x9b\u202e\u2066")


def test_the_order_of_findings_and_gaps_does_not_reach_the_output():
    value = report()
    mixed = list(value.findings), list(value.gaps)
    for items in mixed:
        random.Random(7).shuffle(items)
    shuffled = replace(value, findings=tuple(mixed[0]), gaps=tuple(mixed[1]), coverage=value.coverage[::-1])
    for format in scanner.report.FORMATS:
        assert written(shuffled, format) == written(value, format)


def test_findings_are_sorted_by_line_as_a_number():
    lines = [10, 9, 100, None]
    value = report(findings=tuple(finding(location=Location(path="a", line=n)) for n in lines))
    assert [f["location"]["line"] for f in document(value)["findings"]] == [None, 9, 10, 100]


def test_the_numbers_of_all_surfaces_are_added_up():
    coverage = document(report())["coverage"]
    assert (coverage["objects"], coverage["scanned"], coverage["skipped"]) == (92_117, 92_111, 1)


def test_each_of_five_thousand_findings_costs_little():
    many = report(findings=tuple(finding(id=f"{n:016x}") for n in range(5000)))
    assert costs_at_most(5000 * 40_000, lambda: written(many))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*at, key)
        yield from places(item, (*at, key))


def holder(value: Any, at: tuple[Any, ...]) -> Any:
    """What holds the value at the end of the way."""
    for key in at[:-1]:
        value = value[key]
    return value


FREE = ("parsed", "surfaces")  # their keys are data
FIXED = [at for at in places(document(report())) if isinstance(at[-1], str) and at[-2:-1] not in [(name,) for name in FREE]]


def refused(value: Any) -> bool:
    """Whether both the schema and the reader refuse; a disagreement fails."""
    try:
        report_of(value)
    except UsageError:
        assert not VALID.is_valid(value)
        return True
    assert VALID.is_valid(value)
    return False


def test_the_untouched_document_is_accepted():
    assert not refused(document(report()))
    assert not refused(document(clean()))


def test_a_missing_or_an_extra_key_is_refused_anywhere():
    for at in FIXED:
        broken = document(report())
        holder(broken, at)["another"] = holder(broken, at)[at[-1]]
        assert refused(broken), at
        broken = document(report())
        del holder(broken, at)[at[-1]]
        assert refused(broken), at


@pytest.mark.parametrize("wrong", [[[]], True, -1, {"a": []}, "no such word"], ids=str)
def test_a_value_of_the_wrong_type_is_refused_by_both_or_neither(wrong):
    agreed = 0
    for at in FIXED:
        if at[0] in ("result", "coverage"):  # what must agree with the rest is beyond a schema
            continue
        broken = document(report())
        holder(broken, at)[at[-1]] = copy.deepcopy(wrong)
        if at[-1] == "disposition" or not isinstance(wrong, str):
            agreed += refused(broken)
        else:
            refused(broken)
    assert agreed


def broken(*way: Any, to: Any) -> Any:
    value = document(report())
    holder(value, way)[way[-1]] = to
    return value


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (broken("result", to="clean"), "result"),
        (broken("coverage", "objects", to=1), "report.coverage.objects"),
        (broken("findings", 2, "location", "line", to=0), "report.findings[2].location.line"),
        (broken("findings", 0, "location", "box", to=[1, 2, 3]), "report.findings[0].location.box"),
        (broken("gaps", 1, "reason", to="tired"), "report.gaps[1].reason"),
        (broken("schema", to="leakseal.report/v2"), "report.schema"),
        ([], "report"),
    ],
    ids=["result", "sum", "line", "box", "reason", "schema", "list"],
)
def test_what_does_not_agree_is_named(value, place):
    with pytest.raises(UsageError, match="not a report v1") as caught:
        report_of(value)
    assert f" {place} must be " in caught.value.message


def test_an_error_does_not_repeat_what_it_found():
    with pytest.raises(UsageError) as caught:
        report_of(broken("findings", 0, "kind", to="hunter2"))
    assert "hunter2" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"{", b"[" * 100_000, dumped(document(clean())).replace('"seconds":1.25', '"seconds":NaN').encode(),
     dumped(document(clean())).replace('"notes":[]', '"notes":[],"notes":[]').encode()],
    ids=["empty", "latin", "cut", "deep", "nan", "twice"],
)  # fmt: skip
def test_what_is_not_json_is_refused(data):
    with pytest.raises(UsageError):
        read_report(data)


def test_jsonl_says_the_same_as_json_and_ends_with_a_summary():
    whole = json.loads(written(report()))
    lines = [json.loads(line) for line in written(report(), "jsonl").splitlines()]
    kinds = [line.pop("type") for line in lines]
    assert kinds == ["finding"] * 7 + ["gap"] * 5 + ["summary"]
    assert lines[:7] == whole["findings"]
    assert lines[7:12] == whole["gaps"]
    assert lines[12].items() >= {key: whole[key] for key in whole if key not in ("findings", "gaps")}.items()
    assert (lines[12]["findings"], lines[12]["open"], lines[12]["gaps"]) == (7, 4, 5)


@given(reports)
def test_a_line_of_jsonl_is_one_line(value):
    assert len(written(value, "jsonl").decode().splitlines()) == len(value.findings) + len(value.gaps) + 1
