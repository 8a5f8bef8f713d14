"""What cosign signs beside an image: the older payload under the tag `sha256-….sig`, and the newer statement in a bundle."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
NOTE = "dev.cosignproject.cosign/signature"
SIGN_TYPE = "https://sigstore.dev/cosign/sign/v1"
_CRITICAL = "cosign container image signature"


@dataclass(frozen=True, slots=True)
class Signed:
    """A payload, a signature over exactly these bytes, and the digest that the payload speaks of."""

    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def signature_tag(digest: str) -> str:
    """The tag under which signatures of a digest stand."""
    return digest.replace(":", "-") + ".sig"


def decoded(text: str) -> bytes | None:
    """Standard base64, or None."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def spoken_of(payload: Mapping[str, Any]) -> str | None:
    """The manifest's digest that a simple signing payload speaks of; None for what is no such payload."""
    critical = payload.get("critical")
    if not isinstance(critical, dict) or critical.get("type") != _CRITICAL:
        return None
    image = critical.get("image")
    digest = image.get("docker-manifest-digest") if isinstance(image, dict) else None
    return digest if isinstance(digest, str) else None
