"""SLSA provenance: what is believed, and what is not, each told in a sentence of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.attest.keyless import Identity
from scanner.attest.policy import Trust
from scanner.attest.timestamp import Authority, ask, load_certificates
from tests.artifact.conftest import BUILDER, SOURCE, Released, Statement, Told, digest_of, looked, statement, told, trusting
from tests.artifact.keys import Key
from tests.attest.altering import drop, put

Proven = Callable[..., Told]
CHECKS = {"envelope", "signer", "key", "statement", "subject", "builder", "source", "commit", "parameters", "dependencies"}


def _built(said: Statement) -> dict[str, Any]:
    found: dict[str, Any] = said["predicate"]["buildDefinition"]
    return found


# -- what must stay quiet -------------------------------------------------------------------------------------------------------


def test_an_honest_provenance_is_believed(proven: Proven) -> None:
    found = proven()
    assert found.code == 0, found.failed
    assert found.held >= CHECKS
    assert found.said["provenance"]["builder"] == BUILDER
    assert found.said["provenance"]["sources"] == [{"uri": f"git+{SOURCE}", "commit": found.said["provenance"]["sources"][0]["commit"]}]


LOUD = f"git+{SOURCE.replace('forge.', 'FORGE.')}@refs/heads/main"


@pytest.mark.parametrize("uri", [SOURCE, f"git+{SOURCE}.git", f"git+{SOURCE}/", LOUD])
def test_a_repository_may_be_written_in_several_ways(proven: Proven, uri: str) -> None:
    def change(said: Statement) -> None:
        _built(said)["resolvedDependencies"][0]["uri"] = uri
        _built(said)["externalParameters"]["source"] = uri

    assert proven(change).failed == {}


@pytest.mark.parametrize("parameters", [{"inputs": {}}, {"workflow": {"repository": SOURCE, "ref": None}}, {"list": []}])
def test_empty_parameters_say_nothing(proven: Proven, parameters: dict[str, Any]) -> None:
    assert proven(lambda said: _built(said)["externalParameters"].update(parameters)).failed == {}


def test_parameters_that_are_expected_are_allowed(proven: Proven) -> None:
    def change(said: Statement) -> None:
        _built(said)["externalParameters"].update({"workflow": {"path": ".ci/release.yml", "ref": "refs/tags/v1.4.2"}, "debug": False})

    found = proven(change, parameters={"workflow.path": ".ci/release.yml", "debug": "false"}, tag="v1.4.2")
    assert found.failed == {}


@pytest.mark.parametrize("form", ["bundle", "lines", "pretty"])
def test_an_envelope_may_come_in_a_bundle_or_among_others(
    released: Released, builder: Key, stranger: Key, tmp_path: Path, form: str
) -> None:
    envelope = builder.envelope(json.dumps(statement(digest_of(released.wheel), released.commit)).encode())
    other = stranger.envelope(b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://spdx.dev/Document"}')
    material = {"publicKey": {"hint": "x"}, "tlogEntries": []}
    bundle = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": material, "dsseEnvelope": envelope}
    text = {
        "bundle": json.dumps(bundle), "lines": f"{json.dumps(other)}\n{json.dumps(envelope)}\n", "pretty": json.dumps(envelope, indent=1),
    }[form]  # fmt: skip
    (tmp_path / "provenance").write_text(text)
    found = looked(
        released.wheel, provenance=(str(tmp_path / "provenance"),), trust=trusting(builder), builders=(BUILDER,), source_uri=SOURCE,
        commit=released.commit,
    )  # fmt: skip
    assert found.failed == {}
    assert found.held >= CHECKS


def test_a_provenance_that_securesystemslib_signed_is_believed(released: Released, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

    signer = CryptoSigner.generate_ecdsa()
    payload = json.dumps(statement(digest_of(released.wheel), released.commit)).encode()
    envelope = Envelope(payload, "application/vnd.in-toto+json", {})
    envelope.sign(signer)
    (tmp_path / "made.json").write_text(json.dumps(envelope.to_dict()))
    public = signer._private_key.public_key()
    (tmp_path / "made.pub").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    words = ("--key", tmp_path / "made.pub", "--builder", BUILDER, "--commit", released.commit, "--source-uri", SOURCE, "--no-scan")
    assert told(released.wheel, "--provenance", tmp_path / "made.json", *words).failed == {}


# -- what is not believed: (what is changed before it is signed, the check, a piece of its sentence) --------------------------------


_DEFINITION = ("predicate", "buildDefinition")
SIGNED = [
    (put("subject", 0, "digest", "sha256", to="c" * 64), "subject", "it speaks of something else"),
    (put("subject", to=[]), "statement", "it has no subject"),
    (put("subject", 0, "digest", to={}), "statement", "a subject in it has no digest"),
    (put("_type", to="https://in-toto.io/Statement/v0.1"), "statement", "it is not an in-toto Statement v1"),
    (put("predicateType", to="https://slsa.dev/provenance/v0.2"), "statement", "another type than SLSA provenance v1"),
    (drop("predicate"), "statement", "it has no predicate"),
    (drop("predicate", "runDetails", "builder"), "statement", "it has no builder"),
    (put("predicate", "runDetails", "builder", "id", to=""), "statement", "it does not say who built it"),
    (drop(*_DEFINITION, "buildType"), "statement", "it does not say of which type the build was"),
    (put("predicate", "runDetails", "builder", "id", to=BUILDER + "/evil"), "builder", "who is not allowed to"),
    (put(*_DEFINITION, "resolvedDependencies", 0, "uri", to="git+https://forge.example/shop/fork"), "source", "another repository"),
    (put(*_DEFINITION, "externalParameters", "source", to="git+https://forge.example/shop/fork"), "parameters", "other values"),
    (put(*_DEFINITION, "resolvedDependencies", 0, "digest", "gitCommit", to="d" * 40), "commit", "another commit than expected"),
    (drop(*_DEFINITION, "resolvedDependencies"), "source", "it does not say, with its commit"),
    (put(*_DEFINITION, "resolvedDependencies", 0, "digest", to={}), "source", "it does not say, with its commit"),
    (put(*_DEFINITION, "externalParameters", "patch", to="evil.diff"), "parameters", "nobody expects: patch"),
    (put(*_DEFINITION, "externalParameters", "a", to={"b": [1]}), "parameters", "nobody expects: a.b.0"),
    (put(*_DEFINITION, "externalParameters", "ref", to="refs/heads/evil"), "parameters", "other values than expected: ref"),
    (put("predicate", "runDetails", "metadata", "finishedOn", to="2999-01-01T00:00:00Z"), "key", "from the future"),
    (put("predicate", "runDetails", "metadata", "finishedOn", to="yesterday"), "statement", "a time in it is none"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "check", "sentence"), SIGNED, ids=[f"{row[1]}-{number}" for number, row in enumerate(SIGNED)])
def test_what_is_signed_and_wrong_is_not_believed(proven: Proven, change: Callable[[Statement], None], check: str, sentence: str) -> None:
    found = proven(change)
    assert found.code == 4
    assert sentence in found.failed[check]


def _altered(envelope: dict[str, Any]) -> None:
    payload = base64.b64decode(envelope["payload"])
    envelope["payload"] = base64.b64encode(payload.replace(b"4711", b"4712")).decode()


ENVELOPES = [
    (_altered, "signer", "no trusted key with the role builder"),
    (lambda said: said["signatures"].clear(), "envelope", "does not have 1 to 10 signatures"),
    (lambda said: said["signatures"][0].update(sig=base64.b64encode(b"none").decode()), "signer", "no trusted key"),
    (lambda said: said.update(payloadType="application/json"), "envelope", "not an in-toto statement"),
    (lambda said: said.update(payload="%"), "envelope", "base64"),
]


@pytest.mark.parametrize(("after", "check", "sentence"), ENVELOPES, ids=["altered", "unsigned", "no-signature", "other-type", "no-base64"])
def test_an_envelope_that_was_tampered_with_is_not_believed(
    proven: Proven, after: Callable[[dict[str, Any]], None], check: str, sentence: str
) -> None:
    found = proven(after=after)
    assert found.code == 4
    assert sentence in found.failed[check]
    assert "subject" not in found.held


def test_a_strangers_signature_does_not_count(proven: Proven, stranger: Key) -> None:
    found = proven(key=stranger)
    assert (found.code, set(found.failed)) == (4, {"signer"})


KEYS: list[tuple[dict[str, Any], str, str]] = [
    ({"roles": ("scanner", "gate")}, "signer", "no trusted key with the role builder"),
    ({"until": date(2026, 2, 28)}, "key", "not valid any more"),
    ({"since": date(2026, 3, 2)}, "key", "not valid yet"),
    ({"revoked": date(2026, 3, 1)}, "key", "was revoked"),
]


@pytest.mark.parametrize(("limits", "check", "sentence"), KEYS, ids=["role", "expired", "too-early", "revoked"])
def test_a_key_counts_only_in_its_role_and_days(
    proven: Proven, builder: Key, limits: dict[str, Any], check: str, sentence: str
) -> None:
    found = proven(trust=trusting(builder, **limits))
    assert found.code == 4
    assert sentence in found.failed[check]


def test_a_time_stamp_says_when_it_was_signed_whatever_the_provenance_says(
    released: Released, builder: Key, tmp_path: Path
) -> None:
    from tests.attest.tsa import made

    authority = made(tmp_path / "tsa")
    now = datetime.now(UTC).replace(microsecond=0)
    trusted = Authority(load_certificates(authority.trusted))

    def judged(finished: str, *authorities: Authority, **key: Any) -> Told:
        said = statement(digest_of(released.wheel), released.commit)
        said["predicate"]["runDetails"]["metadata"]["finishedOn"] = finished
        envelope = builder.envelope(json.dumps(said).encode())
        with authority.serving() as url:
            stamp = ask(url, base64.b64decode(envelope["signatures"][0]["sig"]))
        material = {
            "publicKey": {"hint": ""}, "tlogEntries": [],
            "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": base64.b64encode(stamp).decode()}]},
        }  # fmt: skip
        kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
        bundle = {"mediaType": kind, "verificationMaterial": material, "dsseEnvelope": envelope}
        (tmp_path / "stamped.json").write_text(json.dumps(bundle))
        files, trust = (str(tmp_path / "stamped.json"),), trusting(builder, *authorities, **key)
        return looked(released.wheel, provenance=files, trust=trust, now=now, source_uri=SOURCE)

    old, yesterday = "2026-03-01T10:00:00Z", (now - timedelta(days=1)).date()
    assert judged(old, trusted).failed == {}
    assert judged(old, until=yesterday).failed == {}, "nobody is trusted to give the time, so the statement's own counts"
    assert judged(old, trusted, until=yesterday).failed == {"key": "the key was not valid any more"}
    later = (now + timedelta(minutes=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert judged(later, trusted).failed == {}
    other = Authority(load_certificates(made(tmp_path / "other").trusted))
    assert "no trusted authority made the time stamp" in judged(old, other).failed["key"]


def test_a_builder_may_sign_by_who_it_is(released: Released, tmp_path: Path) -> None:
    from tests.attest.sigstore import Sigstore, now

    time, who, issuer = now(), "https://forge.example/shop/app/.workflows/release.yml@refs/tags/v1", "https://forge.example/oidc"
    sigstore = Sigstore(time)
    (tmp_path / "root.json").write_bytes(sigstore.trusted_root)
    identity = Identity(who, issuer, tmp_path / "root.json", ("builder",))

    def judged(identity: Identity, finished: str = "2026-03-01T10:00:00Z") -> Told:
        said = statement(digest_of(released.wheel), released.commit)
        said["predicate"]["runDetails"]["metadata"]["finishedOn"] = finished
        (tmp_path / "it.json").write_bytes(sigstore.bundle(json.dumps(said).encode(), who, issuer))
        files, trust = (str(tmp_path / "it.json"),), Trust(identities=(identity,))
        return looked(released.wheel, provenance=files, trust=trust, now=time + timedelta(hours=1), source_uri=SOURCE)

    found = judged(identity)
    assert found.failed == {}
    assert found.said["provenance"]["signer"] == who
    assert set(judged(replace(identity, roles=("scanner",))).failed) == {"signer"}
    assert set(judged(replace(identity, name=who + "2")).failed) == {"signer"}
    assert judged(replace(identity, until=(time - timedelta(days=2)).date())).failed == {"key": "the key was not valid any more"}
    later = (time + timedelta(minutes=50)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "before the build had ended" in judged(identity, later).failed["key"]


def test_a_key_twice_a_fraction_or_too_much_is_not_read(released: Released, builder: Key, tmp_path: Path) -> None:
    said = json.dumps(statement(digest_of(released.wheel), released.commit))
    for text, sentence in (
        (said[:-1] + ', "_type": "x"}', "has a key twice"), (said[:-1] + ', "x": 0.5}', "that is not a whole one"),
        (said + " " * (1 << 20), "larger than"), ("[1]", "not a JSON object"),
    ):  # fmt: skip
        (tmp_path / "it.json").write_text(json.dumps(builder.envelope(text.encode())))
        found = looked(released.wheel, provenance=(str(tmp_path / "it.json"),), trust=trusting(builder))
        assert found.code == 4
        assert sentence in found.failed["statement"]


def test_a_provenance_that_lacks_is_asked_for(released: Released, tmp_path: Path, builder: Key) -> None:
    assert told(released.wheel, "--provenance", tmp_path / "none.json", "--key", builder.public).code == 2
    (tmp_path / "empty.json").write_text("")
    found = told(released.wheel, "--provenance", tmp_path / "empty.json", "--key", builder.public, "--no-scan")
    assert (found.code, set(found.failed)) == (4, {"envelope"})
    assert looked(released.wheel, required=frozenset({"provenance"})).failed == {"envelope": "there is no provenance"}
