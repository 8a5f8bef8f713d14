"""The time at which a signature was there, by a real authority; and everything that only looks like its word."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from scanner.attest.distrust import Distrust
from scanner.attest.envelope import Assertion, bundle, read, sign
from scanner.attest.judges import Expected
from scanner.attest.keys import PrivateKey
from scanner.attest.policy import Policy, Trust, load
from scanner.attest.statement import draft, statement
from scanner.attest.timestamp import MOST, Authority, ask, load_certificates, time_of
from scanner.attest.verify import Verdict, verify
from scanner.errors import LeaksealError, UsageError
from tests.attest.conftest import evidence
from tests.attest.tsa import Tsa, made

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    """An honest authority."""
    return made(tmp_path_factory.mktemp("tsa") / "honest")


@pytest.fixture
def signed(policy: Policy, keys: Callable[[str], PrivateKey]) -> Assertion:
    """A statement of just now, signed."""
    return sign(statement(draft(evidence(policy)), NOW, NOW, "0" * 32), keys("scanner").public.id, keys("scanner").sign)


def _judged(signed: Assertion, policy: Policy, *authorities: Authority, now: datetime = NOW + timedelta(hours=1), **key: date) -> Verdict:
    trust = Trust((replace(policy.trust.keys[0], **key),), authorities)  # type: ignore[arg-type]
    return verify(bundle(signed), Expected(policy=policy, trust=trust, now=now))


def _stamped(signed: Assertion, tsa: Tsa, alter: Callable[[bytes], bytes] = lambda data: data) -> Assertion:
    with tsa.serving() as url:
        return replace(signed, timestamps=(alter(ask(url, signed.signatures[0].sig)),))


def _said(verdict: Verdict, name: str = "timestamp") -> tuple[bool | None, str]:
    return next((check.held, check.said) for check in verdict.checks if check.name == name)


def _authority(tsa: Tsa) -> Authority:
    return Authority(load_certificates(tsa.trusted))


def test_a_stamp_of_a_trusted_authority_gives_the_time_and_openssl_believes_it(signed: Assertion, policy: Policy, tsa: Tsa) -> None:
    stamped = _stamped(signed, tsa)
    verdict = _judged(stamped, policy, _authority(tsa))
    assert verdict.exit_code == 0
    assert _said(verdict)[0] is True
    material = json.loads(bundle(stamped))["verificationMaterial"]["timestampVerificationData"]
    assert len(material["rfc3161Timestamps"]) == 1
    assert read(bundle(stamped)) == stamped
    assert tsa.verifies(stamped.timestamps[0], signed.signatures[0].sig)
    assert not tsa.verifies(stamped.timestamps[0], signed.signatures[0].sig + b" ")


def test_without_a_stamp_or_an_authority_nothing_is_said_unless_the_policy_asks(signed: Assertion, policy: Policy, tsa: Tsa) -> None:
    strict = replace(policy, stamped=True)
    assert _said(_judged(signed, policy, _authority(tsa))) == (None, "it has no time stamp")
    assert _judged(signed, policy).exit_code == 0
    assert _said(_judged(_stamped(signed, tsa), policy)) == (None, "nobody is trusted to give the time")
    for lacking in (_judged(signed, strict, _authority(tsa)), _judged(_stamped(signed, tsa), strict)):
        assert lacking.exit_code == 4
        assert _said(lacking)[1].endswith(", and the policy requires one")


def _byte(at: int) -> Callable[[bytes], bytes]:
    return lambda token: token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]


@pytest.mark.parametrize("alter", [
    _byte(-1), _byte(-20), lambda token: token[:-1], lambda token: token[:40], lambda token: b"", lambda token: b"\x30\x03\x02\x01\x00",
    lambda token: token * 2, lambda token: b"\0" * (MOST + 1), lambda token: b"\x30\x80" * 20_000,
], ids=["its signature", "inside of it", "cut", "cut short", "empty", "status alone", "twice", "too large", "nested"])  # fmt: skip
def test_an_altered_stamp_is_none(signed: Assertion, policy: Policy, tsa: Tsa, alter: Callable[[bytes], bytes]) -> None:
    verdict = _judged(_stamped(signed, tsa, alter), policy, _authority(tsa))
    assert verdict.exit_code == 4
    assert [check.name for check in verdict.checks if check.held is False] == ["timestamp"]


def test_no_byte_can_be_changed_for_another_time_and_none_makes_it_crash(signed: Assertion, tsa: Tsa) -> None:
    token, signature, authorities = _stamped(signed, tsa).timestamps[0], signed.signatures[0].sig, [_authority(tsa)]
    honest, chance = time_of([token], signature, authorities), random.Random(1)
    for _ in range(300):
        data = bytearray(token)
        data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert time_of([bytes(data)], signature, authorities) == honest
        except Distrust:
            continue


def test_a_stamp_of_another_signature_is_none(signed: Assertion, policy: Policy, tsa: Tsa, keys: Callable[[str], PrivateKey]) -> None:
    other = _stamped(sign(signed.payload, "", keys("scanner").sign), tsa)
    verdict = _judged(replace(signed, timestamps=other.timestamps), policy, _authority(tsa))
    assert _said(verdict) == (False, "the time stamp is of something else than this signature")
    both = replace(signed, timestamps=(*other.timestamps, *_stamped(signed, tsa).timestamps))
    assert _judged(both, policy, _authority(tsa)).exit_code == 0


@pytest.mark.parametrize("valid", [None, (-400, -30), (30, 400)], ids=["unknown", "expired", "not yet valid"])
def test_who_may_not_give_the_time_is_not_believed(
    signed: Assertion, policy: Policy, tsa: Tsa, tmp_path: Path, valid: tuple[int, int] | None
) -> None:
    other = made(tmp_path / "other", valid=valid or (-1, 30))
    verdict = _judged(_stamped(signed, other), policy, _authority(other if valid else tsa))
    assert _said(verdict) == (False, "no trusted authority made the time stamp, with a certificate that was valid then")


@pytest.mark.parametrize("purpose", [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH])
def test_a_trusted_root_does_not_make_a_web_server_an_authority(
    signed: Assertion, policy: Policy, tsa: Tsa, tmp_path: Path, purpose: x509.ObjectIdentifier
) -> None:
    other = made(tmp_path / "other", purpose=purpose)
    stamped = _stamped(signed, tsa, lambda reply: tsa.signed_by(other, reply))
    held = purpose == ExtendedKeyUsageOID.TIME_STAMPING
    assert _said(_judged(stamped, policy, _authority(other)))[0] is held
    assert not _said(_judged(stamped, policy, _authority(tsa)))[0]


def test_an_authority_counts_on_its_days_alone(signed: Assertion, policy: Policy, tsa: Tsa) -> None:
    stamped, day = _stamped(signed, tsa), NOW.date()
    assert _judged(stamped, policy, replace(_authority(tsa), since=day - timedelta(1), until=day + timedelta(1))).exit_code == 0
    for days in ({"until": day - timedelta(1)}, {"since": day + timedelta(2)}):
        assert _judged(stamped, policy, replace(_authority(tsa), **days)).exit_code == 4  # type: ignore[arg-type]


def test_the_key_must_have_been_valid_at_the_time_of_the_stamp_whatever_the_statement_says(
    policy: Policy, tsa: Tsa, keys: Callable[[str], PrivateKey]
) -> None:
    ended = NOW - timedelta(days=3)  # so it says
    backdated = sign(statement(draft(evidence(policy)), ended, ended, "0" * 32), "", keys("scanner").sign)
    stolen = {"revoked": NOW.date() - timedelta(1)}
    assert _judged(backdated, policy, _authority(tsa), **stolen).exit_code == 0  # nobody knows better
    verdict = _judged(_stamped(backdated, tsa), policy, _authority(tsa), **stolen)
    assert _said(verdict, "key") == (False, "the key was revoked before that")


@pytest.mark.parametrize("away", [timedelta(hours=2), -timedelta(hours=2)])
def test_a_stamp_before_the_scan_or_in_the_future_is_refused(
    policy: Policy, tsa: Tsa, keys: Callable[[str], PrivateKey], away: timedelta
) -> None:
    time = NOW + away
    signed = _stamped(sign(statement(draft(evidence(policy)), time, time, "0" * 32), "", keys("scanner").sign), tsa)
    verdict = _judged(signed, policy, _authority(tsa), now=max(time, NOW) if away > timedelta() else NOW - timedelta(hours=1))
    assert _said(verdict) == (False, "the signature was stamped before the scan had ended, or in the future")


@pytest.mark.parametrize("alter", [lambda reply: b"", lambda reply: reply[:-1], lambda reply: b"x" * (MOST + 9), _byte(3)])
def test_an_authority_that_answers_nonsense_is_told_of(tsa: Tsa, alter: Callable[[bytes], bytes]) -> None:
    with tsa.serving(alter) as url, pytest.raises(LeaksealError, match="answer is of no use"):
        ask(url, b"signature")


def test_an_old_answer_is_not_taken_for_a_new_one(tsa: Tsa) -> None:
    kept: list[bytes] = []

    def replay(reply: bytes) -> bytes:
        kept.append(reply)
        return kept[0]

    with tsa.serving(replay) as url:
        ask(url, b"signature")
        with pytest.raises(LeaksealError, match="it is an answer to another question"):
            ask(url, b"signature")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "tsa.example.org"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(UsageError):
        ask(url, b"signature")


def test_nobody_at_the_other_end_is_told_of(tsa: Tsa) -> None:
    with tsa.serving() as url:
        pass
    with pytest.raises(LeaksealError, match="does not answer"):
        ask(url, b"signature")


def _policy(folder: Path, lines: Sequence[str]) -> Policy:
    path = folder / "gate.yaml"
    path.write_text("\n".join(["version: 1", "scope: x/app", "surfaces: {git: .}", *lines]) + "\n")
    return load(path)


def test_a_policy_names_authorities(tmp_path: Path, tsa: Tsa) -> None:
    lines = ["timestamp: required", "timestamp-authorities:", f"  - file: {tsa.trusted}", "    until: 2030-01-01"]
    said = _policy(tmp_path, lines)
    assert said.stamped
    assert said.trust.authorities == (replace(_authority(tsa), until=date(2030, 1, 1)),)
    for line in ("timestamp: maybe", f"timestamp-authorities: [{{file: {tsa.folder / 'tsa.key'}}}]", "timestamp-authorities: [{file: no}]"):
        with pytest.raises(LeaksealError):
            _policy(tmp_path, [line])
