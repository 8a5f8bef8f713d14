"""Keys that openssl makes, and what is signed with them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.decode.makers import out


@dataclass(frozen=True, slots=True)
class Key:
    """A pair of keys that openssl made."""

    private: Path
    public: Path

    def sign(self, data: bytes) -> bytes:
        """An ECDSA signature over SHA-256, by openssl."""
        return out("openssl", "dgst", "-sha256", "-sign", self.private, data=data)

    def envelope(self, payload: bytes, kind: str = "application/vnd.in-toto+json") -> dict[str, Any]:
        """A DSSE envelope around a payload."""
        encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
        signature = base64.b64encode(self.sign(encoded)).decode()
        return {"payloadType": kind, "payload": base64.b64encode(payload).decode(), "signatures": [{"keyid": "", "sig": signature}]}


def make_key(folder: Path, name: str) -> Key:
    """A key on P-256."""
    key = Key(folder / f"{name}.pem", folder / f"{name}.pub")
    out("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key.private)
    out("openssl", "pkey", "-in", key.private, "-pubout", "-out", key.public)
    return key
