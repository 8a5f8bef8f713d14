"""DSSE envelopes (secure-systems-lab/dsse, protocol v1.0.2) and the Sigstore bundle v0.3 around one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field

from scanner import canon
from scanner.attest.distrust import Distrust
from scanner.attest.strict import MOST, Document, document

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_FILE_MOST = 2 * MOST
_SIGNATURES_MOST = 10


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature over the pre-authentication encoding, and which key is said to have made it."""

    keyid: str
    sig: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assertion:
    """Exactly the bytes that were signed, what they are, and the signatures."""

    payload_type: str
    payload: bytes = field(repr=False)
    signatures: tuple[Signature, ...]
    timestamps: tuple[bytes, ...] = field(default=(), repr=False)  # RFC 3161, over the first signature; only a bundle has them
    certified: bool = False  # whether it is a bundle with a certificate


def encoding(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding (PAE): what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, keyid: str, signer: Callable[[bytes], bytes]) -> Assertion:
    """The payload with one signature; `signer` makes it from the encoding."""
    return Assertion(PAYLOAD_TYPE, payload, (Signature(keyid, signer(encoding(PAYLOAD_TYPE, payload))),))


def envelope(assertion: Assertion) -> bytes:
    """The bare DSSE envelope (`*.intoto.json`), one line."""
    return canon.canonical(_envelope(assertion)) + b"\n"


def bundle(assertion: Assertion) -> bytes:
    """The Sigstore bundle (`*.sigstore.json`): the envelope, and the key by its hint; no transparency log."""
    material: Document = {"publicKey": {"hint": assertion.signatures[0].keyid}, "tlogEntries": []}
    if assertion.timestamps:
        stamps = [{"signedTimestamp": base64.b64encode(one).decode()} for one in assertion.timestamps]
        material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    return canon.canonical({"mediaType": BUNDLE_TYPE, "verificationMaterial": material, "dsseEnvelope": _envelope(assertion)}) + b"\n"


def read(data: bytes) -> Assertion:
    """The assertion in an envelope or a bundle; raises Distrust for anything else."""
    found = document(data, "the file", _FILE_MOST)
    stamps: tuple[bytes, ...] = ()
    certified = False
    if "dsseEnvelope" in found:
        kind = found.get("mediaType")
        if not isinstance(kind, str) or not kind.startswith("application/vnd.dev.sigstore.bundle"):
            raise Distrust("the file has an envelope and is no Sigstore bundle")
        material = found.get("verificationMaterial")
        stamps, certified = _timestamps(material), isinstance(material, dict) and "certificate" in material
        found = found["dsseEnvelope"]
    if not isinstance(found, dict) or not isinstance(found.get("payloadType"), str) or not isinstance(found.get("payload"), str):
        raise Distrust("the file is neither a DSSE envelope nor a Sigstore bundle with one")
    listed = found.get("signatures")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _SIGNATURES_MOST:
        raise Distrust(f"the envelope does not have 1 to {_SIGNATURES_MOST} signatures")
    return Assertion(found["payloadType"], _decoded(found["payload"]), tuple(map(_signature, listed)), stamps, certified)


def _timestamps(material: object) -> tuple[bytes, ...]:
    stamped = material.get("timestampVerificationData", {}) if isinstance(material, dict) else {}
    listed = stamped.get("rfc3161Timestamps", []) if isinstance(stamped, dict) else None
    if not isinstance(listed, list) or len(listed) > _SIGNATURES_MOST:
        raise Distrust(f"the bundle does not have 0 to {_SIGNATURES_MOST} time stamps")
    texts = [one.get("signedTimestamp") if isinstance(one, dict) else None for one in listed]
    if not all(isinstance(text, str) for text in texts):
        raise Distrust("a time stamp in the bundle is not written as one")
    return tuple(_decoded(str(text)) for text in texts)


def _envelope(assertion: Assertion) -> Document:
    return {
        "payloadType": assertion.payload_type,
        "payload": base64.b64encode(assertion.payload).decode(),
        "signatures": [{"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in assertion.signatures],
    }


def _signature(value: object) -> Signature:
    if not isinstance(value, dict) or not isinstance(value.get("sig"), str) or not isinstance(value.get("keyid", ""), str):
        raise Distrust("a signature in the envelope is not written as one")
    return Signature(value.get("keyid", ""), _decoded(value["sig"]))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Distrust("what should be base64 in the envelope is not") from None
