"""Whoever an identity is vouched for may sign without a key; a Sigstore that is made here stands for the public one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.attest.envelope import read
from scanner.attest.judges import Expected
from scanner.attest.keyless import Identity, certified
from scanner.attest.policy import Policy, Trust, load
from scanner.attest.statement import draft, statement
from scanner.attest.verify import Verdict, verify
from scanner.canon import canonical
from scanner.errors import ConfigError, UsageError
from tests.attest.conftest import evidence
from tests.attest.sigstore import Sigstore, now

NOW = now()
WHO, ISSUER = "https://forge.example/shop/app/.workflows/release.yml@refs/tags/v1", "https://forge.example/oidc"


@pytest.fixture(scope="module")
def sigstore() -> Sigstore:
    """Authorities that others trust."""
    return Sigstore(NOW)


@pytest.fixture
def identity(sigstore: Sigstore, tmp_path: Path) -> Identity:
    """The release job."""
    (tmp_path / "trusted_root.json").write_bytes(sigstore.trusted_root)
    return Identity(WHO, ISSUER, tmp_path / "trusted_root.json", ("scanner",))


@pytest.fixture
def payload(policy: Policy) -> bytes:
    """A statement of just now."""
    return statement(draft(evidence(policy)), NOW, NOW, "0" * 32)


def _judged(data: bytes, policy: Policy, *identities: Identity) -> Verdict:
    return verify(data, Expected(policy=policy, trust=Trust(policy.trust.keys, identities=identities), now=NOW + timedelta(hours=1)))


def _failed(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.said for check in verdict.checks if check.held is False}


NOBODY = {"signature": "no trusted key with the role scanner made the signature"}


def test_an_identity_of_the_policy_is_believed(sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy) -> None:
    data = sigstore.bundle(payload, WHO, ISSUER)
    verdict = _judged(data, policy, identity)
    assert _failed(verdict) == {}
    assert next(check.said for check in verdict.checks if check.name == "signature") == f"by {WHO}"
    assert _failed(_judged(data, policy)) == NOBODY
    assert _failed(_judged(data, policy, replace(identity, roles=("gate",)))) == NOBODY


@pytest.mark.parametrize(
    ("who", "issuer"), [(WHO + "2", ISSUER), (WHO[:-1], ISSUER), (WHO, ISSUER + "/"), ("mailto:a@example.org", ISSUER)]
)
def test_another_identity_or_issuer_is_not(
    sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy, who: str, issuer: str
) -> None:
    assert _failed(_judged(sigstore.bundle(payload, who, issuer), policy, identity)) == NOBODY


def test_nor_is_one_that_another_sigstore_vouches_for(identity: Identity, payload: bytes, policy: Policy) -> None:
    assert _failed(_judged(Sigstore(NOW).bundle(payload, WHO, ISSUER), policy, identity)) == NOBODY


@pytest.mark.parametrize("wrong", ["fulcio", "ct"])
def test_nor_one_with_a_certificate_that_was_not_given_or_not_logged(
    sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy, wrong: str
) -> None:
    data = sigstore.bundle(payload, WHO, ISSUER, **{wrong: getattr(Sigstore(NOW), wrong)})
    assert _failed(_judged(data, policy, identity)) == NOBODY


@pytest.mark.parametrize("away", [timedelta(hours=1), -timedelta(hours=1)])
def test_nor_one_that_signed_when_the_certificate_was_not_valid(
    sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy, away: timedelta
) -> None:
    assert _failed(_judged(sigstore.bundle(payload, WHO, ISSUER, logged=NOW + away), policy, identity)) == NOBODY


def _entry(found: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = found["verificationMaterial"]["tlogEntries"][0]
    return entry


def _other_payload(found: dict[str, Any]) -> None:
    found["dsseEnvelope"]["payload"] = found["dsseEnvelope"]["payload"][:-8] + "AAAAAAA="


@pytest.mark.parametrize("change", [
    _other_payload,
    lambda found: found["verificationMaterial"].update(tlogEntries=[]),
    lambda found: _entry(found).update(integratedTime=str(int(NOW.timestamp()) + 1)),
    lambda found: _entry(found).pop("inclusionPromise"),
    lambda found: _entry(found).pop("inclusionProof"),
    lambda found: _entry(found)["inclusionProof"].update(rootHash="A" * 43 + "="),
    lambda found: _entry(found)["inclusionProof"]["checkpoint"].update(envelope="x"),
    lambda found: _entry(found).update(canonicalizedBody="e30="),
    lambda found: found["verificationMaterial"]["certificate"].update(rawBytes="AAAA"),
    lambda found: found["verificationMaterial"].update(certificate="x"),
], ids=["payload", "no log", "time", "promise", "proof", "root", "checkpoint", "body", "certificate", "no certificate"])  # fmt: skip
def test_nor_anything_that_was_altered(
    sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy, change: Callable[[dict[str, Any]], object]
) -> None:
    found = json.loads(sigstore.bundle(payload, WHO, ISSUER))
    change(found)
    assert _failed(_judged(canonical(found), policy, identity)) == NOBODY


def test_the_days_of_an_identity_are_those_of_its_certificate(
    sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy
) -> None:
    data, day = sigstore.bundle(payload, WHO, ISSUER), (NOW - timedelta(minutes=1)).date()
    assert _failed(_judged(data, policy, replace(identity, since=day, until=day))) == {}
    assert _failed(_judged(data, policy, replace(identity, revoked=day))) == {"key": "the key was revoked before that"}
    assert _failed(_judged(data, policy, replace(identity, until=day - timedelta(1)))) == {"key": "the key was not valid any more"}


def test_a_certificate_from_before_the_scan_is_refused(identity: Identity, policy: Policy, sigstore: Sigstore) -> None:
    later = NOW + timedelta(hours=1)
    data = sigstore.bundle(statement(draft(evidence(policy)), later, later, "0" * 32), WHO, ISSUER)
    assert _failed(_judged(data, policy, identity)) == {"key": "the certificate had ended before the scan had"}


def test_a_policy_names_identities(tmp_path: Path, sigstore: Sigstore) -> None:
    (tmp_path / "root.json").write_bytes(sigstore.trusted_root)
    lines = ["version: 1", "scope: x/app", "surfaces: {git: .}", "identities:", f"  - identity: {WHO}", f"    issuer: {ISSUER}"]
    path = tmp_path / "gate.yaml"
    path.write_text("\n".join([*lines, "    trusted-root: root.json", "    roles: [scanner]"]) + "\n")
    assert load(path).trust.identities == (Identity(WHO, ISSUER, tmp_path / "root.json", ("scanner",)),)
    path.write_text("\n".join([*lines, "    trusted-root: nowhere.json", "    roles: [scanner]"]) + "\n")
    with pytest.raises(ConfigError, match="there is no such file"):
        load(path)


def test_a_trusted_root_that_is_none_is_the_users_to_mend(sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy) -> None:
    identity.root.write_text("{}")
    with pytest.raises(UsageError, match=r"the trusted root .* cannot be read"):
        _judged(sigstore.bundle(payload, WHO, ISSUER), policy, identity)


def _token(**claims: Any) -> str:
    import jwt

    time = int(NOW.timestamp())
    said = {"iss": ISSUER, "sub": WHO, "aud": "sigstore", "iat": time, "nbf": time - 5, "exp": time + 3600} | claims
    return jwt.encode(said, "nobody checks this here, but whoever certifies does")


def test_who_shows_a_token_signs_what_is_believed(
    sigstore: Sigstore, identity: Identity, payload: bytes, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sigstore.models import ClientTrustConfig
    from sigstore.sign import SigningContext

    monkeypatch.setattr(ClientTrustConfig, "production", lambda: None)
    monkeypatch.setattr(SigningContext, "from_trust_config", lambda config: sigstore.context())
    signer = certified(None, _token())
    assert signer.name == WHO
    data = signer.bundle(payload)
    assert read(data).payload == payload
    assert _failed(_judged(data, policy, identity)) == {}
    assert _failed(_judged(certified(None, _token(sub=WHO + "2")).bundle(payload), policy, identity)) == NOBODY


@pytest.mark.parametrize("token", ["x", "a.b.c", _token(aud="other"), _token(exp=int(NOW.timestamp()) - 60)])
def test_a_token_that_cannot_be_used_is_told_without_it(token: str) -> None:
    with pytest.raises(UsageError, match="the identity token cannot be used") as told:
        certified(None, token)
    assert token not in str(told.value) or token == "x"


def test_without_a_token_somebody_must_say_who_it_is() -> None:
    with pytest.raises(UsageError, match="nobody says who you are"):
        certified(None, None)


def test_a_trust_config_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    for name in ("config.json", "nowhere.json"):
        with pytest.raises(UsageError, match="the client trust config cannot be had"):
            certified(tmp_path / name, _token())
