"""A Sigstore of our own, without a network: who certifies identities (Fulcio), who logs that (CT), and who logs signatures (Rekor)."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from scanner.attest.envelope import PAYLOAD_TYPE, encoding
from scanner.canon import canonical

if TYPE_CHECKING:
    from sigstore.sign import SigningContext

_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
Key, Public = ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _spki(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _id(key: Key) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _signed(key: Key, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _usage(**given: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
        "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


@dataclass(frozen=True)
class Sigstore:
    """The three, and what others must know of them."""

    now: datetime
    fulcio: Key = field(default_factory=_key)
    ct: Key = field(default_factory=_key)
    rekor: Key = field(default_factory=_key)

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", self._root())

    root: x509.Certificate = field(init=False)

    @property
    def trusted_root(self) -> bytes:
        """The trusted root as Sigstore's clients read it."""
        start = {"start": f"{self.now - timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}"}

        def log(name: str, key: Key) -> dict[str, Any]:
            public = {"rawBytes": _b64(_spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": start}
            about = {"baseUrl": f"https://{name}.invalid", "hashAlgorithm": "SHA2_256", "logId": {"keyId": _b64(_id(key))}}
            return {**about, "publicKey": public}

        chain = {"certificates": [{"rawBytes": _b64(self.root.public_bytes(Encoding.DER))}]}
        subject = {"organization": "leakseal", "commonName": "fulcio"}
        value = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log("rekor", self.rekor)], "ctlogs": [log("ct", self.ct)], "timestampAuthorities": [],
            "certificateAuthorities": [{"subject": subject, "uri": "https://fulcio.invalid", "certChain": chain, "validFor": start}],
        }  # fmt: skip
        return json.dumps(value).encode()

    def bundle(self, payload: bytes, identity: str, issuer: str, **other: Any) -> bytes:
        """A statement that this identity signed, with everything that verifies it; `other` is what is wrong with it."""
        key = _key()
        certificate = self._certificate(key.public_key(), identity, issuer, other)
        signature = _signed(key, encoding(PAYLOAD_TYPE, payload))
        entry = self._entry(payload, signature, certificate, other.get("logged", self.now))
        envelope = {"payloadType": PAYLOAD_TYPE, "payload": _b64(payload), "signatures": [{"sig": _b64(signature)}]}
        material = {"certificate": {"rawBytes": _b64(certificate.public_bytes(Encoding.DER))}, "tlogEntries": [entry]}
        kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
        return canonical({"mediaType": kind, "verificationMaterial": material, "dsseEnvelope": envelope})

    def context(self) -> SigningContext:
        """What sigstore signs with, asking these instead of servers."""
        from sigstore.models import TransparencyLogEntry, TrustedRoot
        from sigstore.sign import SigningContext
        from sigstore_models.rekor.v1 import TransparencyLogEntry as Inner
        from sigstore_models.trustroot.v1 import TrustedRoot as Root

        def post(request: x509.CertificateSigningRequest, token: Any) -> Any:
            certificate = self._certificate(request.public_key(), token.identity, token.issuer, {})  # type: ignore[arg-type]
            return SimpleNamespace(cert=certificate, chain=[self.root])

        def log(asked: Any) -> Any:
            envelope, certificate = asked
            entry = self._entry(envelope._inner.payload, envelope.signature, certificate, self.now)
            return TransparencyLogEntry(Inner.from_json(json.dumps(entry)))

        fulcio = SimpleNamespace(signing_cert=SimpleNamespace(post=post))
        rekor = SimpleNamespace(_build_dsse_request=lambda envelope, certificate: (envelope, certificate), create_entry=log)
        trusted = TrustedRoot(Root.from_json(self.trusted_root))
        return SigningContext(fulcio=fulcio, rekor=rekor, trusted_root=trusted)  # type: ignore[arg-type]

    def _root(self) -> x509.Certificate:
        made = self._builder("fulcio", self.fulcio.public_key(), "fulcio", timedelta(days=365))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        return made.sign(self.fulcio, hashes.SHA256())

    def _certificate(self, key: Public, identity: str, issuer: str, other: dict[str, Any]) -> x509.Certificate:
        made = self._builder("", key, "fulcio", timedelta(minutes=10))
        made = made.add_extension(_usage(digital_signature=True), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        made = made.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), critical=True)
        made = made.add_extension(x509.UnrecognizedExtension(_ISSUER, issuer.encode()), critical=False)
        signer: Key = other.get("fulcio", self.fulcio)
        before = made.sign(signer, hashes.SHA256())  # as it is logged
        scts = self._sct(before.tbs_certificate_bytes, other.get("ct", self.ct))
        octets = b"\x04" + (bytes([len(scts)]) if len(scts) < 128 else b"\x81" + bytes([len(scts)])) + scts
        return made.add_extension(x509.UnrecognizedExtension(_SCTS, octets), critical=False).sign(signer, hashes.SHA256())

    def _builder(self, name: str, key: Public, issuer: str, valid: timedelta) -> x509.CertificateBuilder:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])

        made = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key)
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(self.now - timedelta(minutes=1)).not_valid_after(self.now + valid)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        return made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.fulcio.public_key()), critical=False)

    def _sct(self, logged: bytes, key: Key) -> bytes:
        """A list of one signed certificate timestamp (RFC 6962, 3.2 and 3.3)."""
        time = int(self.now.timestamp() * 1000)
        length = len(logged).to_bytes(3, "big")
        signature = _signed(key, struct.pack("!BBQH", 0, 0, time, 1) + _id(self.fulcio) + length + logged + b"\0\0")
        one = b"\0" + _id(self.ct) + struct.pack("!QHBBH", time, 0, 4, 3, len(signature)) + signature
        return struct.pack("!HH", len(one) + 2, len(one)) + one

    def _entry(self, payload: bytes, signature: bytes, certificate: x509.Certificate, logged: datetime) -> dict[str, Any]:
        """The log's only entry, that it is in, and the log's promise."""
        pem = certificate.public_bytes(Encoding.PEM)
        root = {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": _b64(signature), "verifier": _b64(pem)}],
        }
        body = canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": root})
        head = hashlib.sha256(b"\0" + body).digest()
        note = f"rekor.invalid - 1\n1\n{_b64(head)}\n"
        checkpoint = f"{note}\n\u2014 rekor.invalid {_b64(_id(self.rekor)[:4] + _signed(self.rekor, note.encode()))}\n"
        time = int(logged.timestamp())
        promise = {"body": _b64(body), "integratedTime": time, "logID": _id(self.rekor).hex(), "logIndex": 0}
        proof = {"logIndex": "0", "rootHash": _b64(head), "treeSize": "1", "hashes": [], "checkpoint": {"envelope": checkpoint}}
        return {
            "logIndex": "0", "logId": {"keyId": _b64(_id(self.rekor))}, "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(time), "inclusionPromise": {"signedEntryTimestamp": _b64(_signed(self.rekor, canonical(promise)))},
            "inclusionProof": proof, "canonicalizedBody": _b64(body),
        }  # fmt: skip


def now() -> datetime:
    """The time as certificates have it."""
    return datetime.now(UTC).replace(microsecond=0)
