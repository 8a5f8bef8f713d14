"""What only means something together is one finding; a half alone keeps its own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from scanner import shipped
from scanner.cli.options import named
from scanner.detect.engine import Engine, engine
from scanner.detect.trace import Trace
from scanner.model.evidence import Hit
from scanner.model.rule import Rule, Ruleset
from scanner.pipeline import examine
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow

SECRET = Rule(
    "acme-secret", "Acme", "", "token", "high", r"secret=(?P<secret>[a-z0-9]{8})", ("secret=[a-z0-9]{8}",), before=200, after=200,
    requires=(r"id=(?P<id>[0-9]{3})",), beside=(r"pin=(?P<_pin>[0-9]{4})",), specificity=80,
)  # fmt: skip
ID = Rule("acme-id", "Acme", "", "token", "low", r"id=(?P<secret>[0-9]{3})", ("id=[0-9]{3}",), specificity=70)


def found(text: bytes, *rules: Rule) -> list[tuple[str, dict[str, str | int]]]:
    return [(hit.rule.id, dict(hit.parts)) for hit in engine(Ruleset(rules or (ID, SECRET), ""), None).find(text)]


@cache
def ours() -> Engine:
    return engine(load([shipped.shipped("rules")], known=named()), None)


def aws(text: bytes) -> list[Hit]:
    return [hit for hit in examine.hits(ours(), text) if hit.rule.family == "AWS"]


@pytest.mark.parametrize("text", [
    b"secret=abcd1234", b"secret=abcd1234 id=77", b"secret=abcd1234" + b" " * 200 + b"id=777", b"id=777", b"",
])  # fmt: skip
def test_a_half_alone_is_no_pair(text: bytes) -> None:
    assert found(text, SECRET) == []


def test_a_half_alone_keeps_its_own_rule() -> None:
    assert found(b"id=777\nsecret=short") == [("acme-id", {})]


ONE, TWO = "id=111", "id=222"
OURS = "secret=abcd1234"


@pytest.mark.parametrize(("text", "id"), [
    (f"{ONE} {OURS}", "111"),
    (f"{OURS} {TWO}", "222"),
    (f"{ONE} {OURS} {TWO}", "111"),
    (f"{ONE}\n{OURS}\n{TWO}\nsecret=efgh5678", "111"),
    (f"{ONE}\n{OURS} {TWO}", "222"),
    (f"secret=efgh5678\n{ONE}\n\n{OURS}\n{TWO}", "222"),
    (f"{ONE}\n[two]\n{OURS}\n\n{TWO}", "111"),
    (f"[x]\nsecret=efgh5678\n{ONE}\n[two]\n{OURS}\n{TWO}", "222"),
    (f"- secret=efgh5678\n  {ONE}\n- {OURS}\n  {TWO}", "222"),
    (f"- {ONE}\n  {OURS}\n- {TWO}", "111"),
    (f"{{{OURS}, {ONE}}}, {{secret=efgh5678, {TWO}}}", "111"),
    (f"{{secret=efgh5678, {ONE}}}, {{{OURS}, {TWO}}}", "222"),
    (f"{ONE} {TWO} {OURS}", "222"),
    (f"{OURS} {ONE} {TWO}", "111"),
    ("secret=id=333aa " + ONE, "111"),
])  # fmt: skip
def test_each_secret_has_the_half_that_stands_with_it(text: str, id: str) -> None:
    rule = replace(SECRET, pattern=r"secret=(?P<secret>abcd1234|id=333aa)", anchors=("secret=(?:abcd1234|id=333aa)",))
    assert [parts for _, parts in found(text.encode(), rule)] == [{"id": id}]


def test_a_pair_is_one_finding_and_others_halves_stay() -> None:
    assert found(b"id=111 secret=abcd1234\nid=222") == [("acme-secret", {"id": "111"}), ("acme-id", {})]


def test_every_secret_has_its_own_half() -> None:
    text = b"id=111\nsecret=abcd1234\n\nid=222\nsecret=efgh5678\n"
    assert found(text) == [("acme-secret", {"id": "111"}), ("acme-secret", {"id": "222"})]


def test_what_is_beside_may_be_missing_and_what_is_hidden_is_not_shown() -> None:
    (hit,) = engine(Ruleset((SECRET,), ""), None).find(b"id=111 secret=abcd1234 pin=9876")
    assert dict(hit.parts) == {"id": "111"}
    assert [(partner.span.start, partner.hidden) for partner in hit.partners] == [(27, b"9876"), (3, b"")]
    assert "9876" not in repr(hit)


def test_a_part_that_repeats_the_secret_is_not_shown() -> None:
    rule = replace(SECRET, requires=(r"user=(?P<user>\w+)",))
    assert found(b"user=xabcd1234 secret=abcd1234", rule) == [("acme-secret", {})]


PAIR = "[prod]\naws_access_key_id = {aws-key-id}\naws_secret_access_key = {base64:39}7\n"
TURNED = '{{"secretKey": "{base64:39}7", "accessKey": "{aws-key-id}"}}'


@pytest.mark.parametrize("shape", [PAIR, TURNED, 'client("{aws-key-id}", "{base64:39}7")'], ids=["profile", "turned", "call"])
def test_an_aws_key_and_its_id_are_one_finding_that_names_the_account(shape: str) -> None:
    for seed in range(5):
        (hit,) = aws(grow(shape, seed))
        assert hit.rule.severity == "critical"
        assert [(name, len(str(value))) for name, value in hit.parts] == [("account", 12)]
        assert [partner.hidden[:4] for partner in hit.partners] == [b"AKIA"]


def test_profiles_of_two_accounts_are_two_findings() -> None:
    first, second = aws(grow(PAIR, 1) + grow(PAIR, 2))
    assert first.parts != second.parts
    assert [(hit.parts,) for hit in aws(grow(PAIR, 1))] == [(first.parts,)]


def test_an_aws_key_id_alone_and_a_secret_alone_are_found() -> None:
    assert [hit.rule.id for hit in aws(grow("AWS_ACCESS_KEY_ID={aws-key-id}", 1))] == ["aws-access-key-id"]
    assert [(hit.rule.id, hit.parts) for hit in aws(grow("AWS_SECRET_ACCESS_KEY={base64:39}7", 1))] == [("aws-secret-access-key", ())]


def test_a_pair_in_wide_text_is_one_finding() -> None:
    text = grow(PAIR, 4)
    (hit,) = aws(b"\xff\xfe" + text.decode().encode("utf-16le"))
    (plain,) = aws(text)
    assert [partner.span.start for partner in hit.partners] == [2 + 2 * partner.span.start for partner in plain.partners]


@pytest.mark.parametrize("shift", range(0, 160, 16))
def test_a_pair_across_the_edge_of_a_window_is_one_finding(shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    size = ours().margin * 2
    monkeypatch.setattr(examine, "WINDOW", size)
    pair = grow(PAIR, 4)
    data = b"\n" * (size - shift) + pair + b"\n" * (2 * size)
    assert [hit.rule.id for hit in aws(data)] == ["aws-secret-access-key"]
    for pieces in ([data], [data[:size], data[size:]]):
        assert [seen.hit.rule.id for seen in examine.streamed(ours(), pieces)] == ["aws-secret-access-key"]


def test_a_pair_in_what_a_delta_copies_is_one_finding() -> None:
    base = b"x" * 9000 + grow(PAIR, 4) + b"y" * 9000
    searcher = ours()
    first: Trace = searcher.trace(base)
    data = b"new\n" + base
    again = searcher.trace(data, first, [(4, len(base), 0)])
    (was,), (now,) = searcher.hits(first), searcher.hits(again)
    assert [partner.span.start for partner in now.partners] == [partner.span.start + 4 for partner in was.partners]
