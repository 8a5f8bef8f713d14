"""None of these is accepted, and each is told in a sentence of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.attest import manifest
from scanner.attest.envelope import PAYLOAD_TYPE, bundle, envelope, sign
from scanner.attest.judges import Expected
from scanner.attest.keys import PrivateKey
from scanner.attest.policy import Policy, Trust, Trusted
from scanner.attest.verify import Verdict, newest, verify
from scanner.canon import canonical
from tests.attest.altering import drop, put
from tests.attest.conftest import COMMIT, LEAVES, NOW

Statement = dict[str, Any]
Judge = Callable[..., Verdict]


def _failed(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.said for check in verdict.checks if check.held is False}


def test_the_honest_statement_is_believed(said: Statement, judged: Judge) -> None:
    verdict = judged(said)
    assert _failed(verdict) == {}
    assert verdict.exit_code == 0
    assert [check.number for check in verdict.checks] == list(range(1, 18))


def _all(*changes: Callable[[Statement], None]) -> Callable[[Statement], None]:
    def change(said: Statement) -> None:
        for one in changes:
            one(said)

    return change


P = "predicate"
ENTRY = {"id": "0" * 16, "fingerprint": "salted-hmac-v1:" + "0" * 64, "ruleId": "jwt", "surface": "git", "disposition": "accepted"}
# Signed by the scanner's own key, as somebody would who can make it sign: (name, change, check that fails, exit code)
LIES: list[tuple[str, Callable[[Statement], None], str, int]] = [
    ("it says FAILED", _all(put(P, "result", to="FAILED"), put(P, "findings", "open", to=1)), "result", 1),
    ("PASSED with an open finding", put(P, "findings", "open", to=1), "findings", 4),
    ("FAILED without one", put(P, "result", to="FAILED"), "findings", 4),
    ("it says INCOMPLETE", put(P, "result", to="INCOMPLETE"), "result", 3),
    ("PASSED with something unread", _all(
        put(P, "surfaces", 0, "coverage", "opaque", to=1), put(P, "surfaces", 0, "objectCount", to=5),
        put(P, "coverageTotals", "opaque", to=1), put(P, "coverageTotals", "objects", to=6),
    ), "counts", 4),
    ("totals that are no sums", put(P, "coverageTotals", "objects", to=4), "counts", 4),
    ("more counted than read", _all(put(P, "surfaces", 0, "objectCount", to=9), put(P, "coverageTotals", "objects", to=10)), "counts", 4),
    ("things left out", _all(
        put(P, "surfaces", 0, "coverage", "skipped", to=1), put(P, "surfaces", 0, "coverage", "scanned", to=3),
        put(P, "coverageTotals", "skipped", to=1), put(P, "coverageTotals", "scanned", to=4),
    ), "counts", 4),
    ("another application", put(P, "scope", "id", to="x/other@production"), "scope", 4),
    ("another commit", put("subject", 0, "digest", "gitCommit", to="4" * 40), "subject", 4),
    ("no commit", drop("subject", 0), "subject", 4),
    ("a surface dropped", drop(P, "surfaces", 1), "surfaces", 4),
    ("a surface twice", lambda said: said[P]["surfaces"].append(deepcopy(said[P]["surfaces"][0])), "surfaces", 4),
    ("a surface not complete", put(P, "surfaces", 1, "status", to="INCOMPLETE"), "surfaces", 3),
    ("a surface with nothing in it", put(P, "surfaces", 1, "objectCount", to=0), "surfaces", 4),
    ("a shallow repository", put(P, "surfaces", 0, "git", "shallow", to=True), "surfaces", 3),
    ("a partial clone", put(P, "surfaces", 0, "git", "partialClone", to=True), "surfaces", 3),
    ("a grafted one", put(P, "surfaces", 0, "git", "grafts", to=1), "surfaces", 3),
    ("a part of a repository", put(P, "surfaces", 0, "git", "allObjects", to=False), "surfaces", 3),
    ("nothing about the repository", drop(P, "surfaces", 0, "git"), "surfaces", 3),
    ("a missed canary", put(P, "selfTest", "detected", to=1), "self-test", 4),
    ("more canaries found than planted", put(P, "selfTest", "detected", to=3), "self-test", 4),
    ("no canary", put(P, "selfTest", to={"canaries": 0, "detected": 0}), "self-test", 4),
    ("old rules", put(P, "configuration", 0, "annotations", "version", to="1.0.9"), "rules", 4),
    ("rules of no version", drop(P, "configuration", 0, "annotations"), "rules", 4),
    ("no rules", put(P, "configuration", 0, "name", to="ruleset"), "rules", 4),
    ("rules twice", lambda said: said[P]["configuration"].append(said[P]["configuration"][0]), "rules", 4),
    ("too many acceptances", _all(put(P, "findings", "accepted", to=21), put(P, "findings", "entriesOmitted", to=21)), "findings", 4),
    ("acceptances that are not listed", put(P, "findings", "accepted", to=2), "findings", 4),
    ("an acceptance that has run out", _all(
        put(P, "findings", "accepted", to=1), put(P, "findings", "entries", to=[{**ENTRY, "expiresOn": "2026-02-28T23:59:59Z"}]),
    ), "findings", 4),
    ("expired", put(P, "validUntil", to="2026-03-01T12:30:00Z"), "freshness", 4),
    ("from the future", put(P, "finishedOn", to="2026-03-02T12:00:00Z"), "freshness", 4),
    ("it ends before it begins", put(P, "startedOn", to="2026-03-01T12:00:01Z"), "freshness", 4),
    ("no such day", put(P, "finishedOn", to="2026-02-30T12:00:00Z"), "statement", 4),
    ("another predicate", put("predicateType", to="https://slsa.dev/provenance/v1"), "statement", 4),
    ("another statement", put("_type", to="https://in-toto.io/Statement/v0.1"), "statement", 4),
    ("a key more", put(P, "comment", to="all is well"), "statement", 4),
    ("a key less", drop(P, "coverageTotals"), "statement", 4),
    ("a number as a text", put(P, "findings", "open", to="0"), "statement", 4),
    ("a number below nothing", put(P, "findings", "accepted", to=-1), "statement", 4),
    ("true for a number", put(P, "findings", "open", to=False), "statement", 4),
    ("no subject", put("subject", to=[]), "statement", 4),
    ("a subject without a digest", put("subject", 0, "digest", to={}), "statement", 4),
]  # fmt: skip


@pytest.mark.parametrize(("change", "check", "code"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_is_not_believed_though_it_is_signed(
    said: Statement, judged: Judge, change: Callable[[Statement], None], check: str, code: int
) -> None:
    change(said)
    verdict = judged(said)
    assert check in _failed(verdict)
    assert verdict.exit_code == code


def test_each_lie_has_a_sentence_of_its_own(said: Statement, judged: Judge) -> None:
    told = set()
    for _, change, check, _ in LIES:
        lie = deepcopy(said)
        change(lie)
        told.add(_failed(judged(lie))[check])
    assert len(told) >= 30


@pytest.mark.parametrize("by", ["gate", "stranger"])
def test_another_key_or_one_with_another_role_is_not_believed(said: Statement, judged: Judge, by: str) -> None:
    assert _failed(judged(said, by=by)) == {"signature": "no trusted key with the role scanner made the signature"}


@pytest.mark.parametrize(
    ("trust", "sentence"),
    [
        ({"revoked": date(2026, 3, 1)}, "the key was revoked before that"),
        ({"until": date(2026, 2, 28)}, "the key was not valid any more"),
        ({"since": date(2026, 3, 2)}, "the key was not valid yet"),
    ],
    ids=["revoked", "expired", "not yet"],
)
def test_a_key_out_of_its_time_is_not_believed(said: Statement, judged: Judge, policy: Policy, trust: Any, sentence: str) -> None:
    verdict = judged(said, trust=Trust((replace(policy.keys[0], **trust),)))
    assert _failed(verdict) == {"key": sentence}
    assert verdict.exit_code == 4


def test_a_key_that_was_revoked_later_still_counts_for_what_it_signed_before(said: Statement, judged: Judge, policy: Policy) -> None:
    assert judged(said, trust=Trust((replace(policy.keys[0], revoked=date(2026, 3, 2)),))).exit_code == 0


def test_it_is_not_believed_for_longer_than_the_policy_allows(said: Statement, judged: Judge) -> None:
    assert judged(said, now=NOW + timedelta(days=7)).exit_code == 0
    assert _failed(judged(said, now=NOW + timedelta(days=7, seconds=1))) == {"freshness": "it is older than 7 days"}
    assert _failed(judged(said, now=NOW + timedelta(days=31))) == {"freshness": "it has expired"}


def test_not_one_byte_of_it_can_be_altered(said: Statement, policy: Policy, keys: Callable[[str], PrivateKey]) -> None:
    whole = envelope(sign(canonical(said), "", keys("scanner").sign))
    expected = Expected(policy=policy, trust=policy.trust, now=NOW)
    assert verify(whole, expected).exit_code == 0
    for at in range(0, len(whole), 7):
        other = bytearray(whole)
        other[at] ^= 1 << (at % 8)
        verdict = verify(bytes(other), expected)
        decoded = base64.b64decode(json.loads(whole)["payload"])
        try:  # some bytes say nothing: the last bits of base64, the empty keyid
            same = base64.b64decode(json.loads(other)["payload"]) == decoded and json.loads(other)["payloadType"] == PAYLOAD_TYPE
        except (ValueError, KeyError):
            same = False
        assert verdict.exit_code == 4 or same, at


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (b"", "envelope"),
        (b"{}", "envelope"),
        (b"-----BEGIN PGP SIGNED MESSAGE-----", "envelope"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}', "envelope"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":5}]}', "envelope"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"e30=","payload":"e30=","signatures":[{"sig":""}]}', "envelope"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"e3 0=","signatures":[{"sig":""}]}', "envelope"),
        (b'{"payloadType":"text/plain","payload":"e30=","signatures":[{"sig":""}]}', "envelope"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"AAAA"}]}', "signature"),
        (b'{"mediaType":"text/plain","dsseEnvelope":{}}', "envelope"),
        (b'{"dsseEnvelope":' + b" " * (3 << 20) + b"{}}", "envelope"),
    ],
    ids=range(11),
)
def test_what_is_no_envelope_is_not_believed(policy: Policy, data: bytes, check: str) -> None:
    verdict = verify(data, Expected(policy=policy, trust=policy.trust, now=NOW))
    assert list(_failed(verdict)) == [check]
    assert verdict.exit_code == 4


@pytest.mark.parametrize("tail", [b" " * (2 << 20), b'{"_type":1}', b"\0"], ids=["padding", "a second document", "a NUL"])
def test_a_payload_with_something_behind_it_is_not_believed(said: Statement, judged: Judge, tail: bytes) -> None:
    assert judged(canonical(said) + tail).exit_code == 4


def test_keys_and_fractions_are_refused_in_what_is_signed(said: Statement, judged: Judge) -> None:
    data = canonical(said)
    assert _failed(judged(data[:-1] + b',"_type":"https://in-toto.io/Statement/v1"}')) == {"statement": "the statement has a key twice"}
    assert "statement" in _failed(judged(data.replace(b'"open":0', b'"open":0.0')))


# -- the list of objects ---------------------------------------------------------------------------------------------------------


def _listed(tmp_path: Path, lines: list[bytes]) -> Path:
    (tmp_path / manifest.NAME).write_bytes(b"".join(lines))
    return tmp_path / manifest.NAME


def test_the_list_of_objects_is_believed_as_it_was_signed(said: Statement, judged: Judge, tmp_path: Path) -> None:
    verdict = judged(said, listed=_listed(tmp_path, list(manifest.lines(LEAVES))))
    assert verdict.exit_code == 0
    assert verdict.checks[13].held is True


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[-1]],
        lambda lines: lines[::-1],
        lambda lines: [lines[0].replace(b'"size":10', b'"size":11'), *lines[1:]],
        lambda lines: [lines[0].replace(b"scanned", b"skipped"), *lines[1:]],
        lambda lines: [*lines[:-1], lines[-1].replace(b"app.log", b"sys.log")],
        lambda lines: [*lines, b"\n"],
        lambda lines: [*lines, b"x" * 100_000],
        lambda lines: [],
    ],
    ids=["one less", "one twice", "backwards", "another size", "another status", "another path", "an empty line", "a long one", "none"],
)
def test_another_list_of_objects_is_not_believed(said: Statement, judged: Judge, tmp_path: Path, change: Any) -> None:
    verdict = judged(said, listed=_listed(tmp_path, change(list(manifest.lines(LEAVES)))))
    assert "manifest" in _failed(verdict)
    assert verdict.exit_code == 4


def test_a_root_that_the_list_does_not_make_is_not_believed(said: Statement, judged: Judge, tmp_path: Path) -> None:
    said["predicate"]["surfaces"][1]["merkleRoot"]["sha256"] = "0" * 64
    verdict = judged(said, listed=_listed(tmp_path, list(manifest.lines(LEAVES))))
    assert _failed(verdict) == {"manifest": "the manifest makes other roots than the statement has"}


def test_a_bundle_says_the_same_as_its_envelope(said: Statement, policy: Policy, keys: Callable[[str], PrivateKey]) -> None:
    signed = sign(canonical(said), keys("scanner").public.id, keys("scanner").sign)
    expected = Expected(policy=policy, trust=policy.trust, now=NOW)
    assert verify(bundle(signed), expected) == verify(envelope(signed), expected)


def test_a_hint_about_the_key_is_worth_nothing(said: Statement, policy: Policy, keys: Callable[[str], PrivateKey]) -> None:
    signed = envelope(sign(canonical(said), keys("scanner").public.id, keys("stranger").sign))
    trust = Trust((Trusted(keys("scanner").public, ("scanner",)),))
    assert verify(signed, Expected(policy=policy, trust=trust, now=NOW)).exit_code == 4
    assert COMMIT in str(said)


def test_of_several_the_newest_of_the_application_counts(said: Statement, policy: Policy, keys: Callable[[str], PrivateKey]) -> None:
    def signed(*changes: Callable[[Statement], None], by: str = "scanner") -> bytes:
        value = deepcopy(said)
        for change in changes:
            change(value)
        return bundle(sign(canonical(value), keys(by).public.id, keys(by).sign))

    passed, failed = signed(), signed(put(P, "result", to="FAILED"), put(P, "findings", "open", to=1))
    foreign, other = signed(by="stranger"), signed(put(P, "scope", "id", to="y/other@production"))
    expected = Expected(policy=policy, trust=policy.trust, now=NOW)
    for assertions, code in (
        ([passed], 0), ([failed, passed], 0), ([passed, failed], 1), ([passed, foreign, other, b"{}", b"\xff"], 0),
        ([foreign, other], 4), ([failed, b"x"], 1), ([passed, *[b"x"] * 100], 4),
    ):  # fmt: skip
        assert newest(assertions, expected).exit_code == code
