"""NATS keys (nkeys): base 32 of a prefix, 32 bytes and a CRC-16; what begins with S is a seed, all others are public."""

from __future__ import annotations

import base64
import binascii

from scanner.detect.candidate import Candidate
from scanner.model.evidence import Parsed

_PUBLIC, _SEED = 56, 58  # characters
_ROLES = {b"A": "account", b"C": "cluster", b"N": "server", b"O": "operator", b"U": "user", b"X": "curve"}
_UNSURE = 0.6


def genuine(value: bytes) -> bool:
    """Whether the checksum fits; see github.com/nats-io/nkeys."""
    if len(value) not in (_PUBLIC, _SEED):
        return False
    try:
        raw = base64.b32decode(value + b"=" * (-len(value) % 8))
    except (binascii.Error, ValueError):
        return False
    return binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")


def public(value: bytes) -> bool:
    """A public nkey, which may be shown to everybody."""
    return len(value) == _PUBLIC and value[:1] in _ROLES and genuine(value)


def seed(candidate: Candidate) -> Parsed | None:
    """A seed; one whose checksum does not fit opens nothing as it is written, and is less sure and less severe."""
    value = candidate.value
    if len(value) != _SEED or value[:1] != b"S" or value[1:2] not in _ROLES:
        return None
    parts = (("role", _ROLES[value[1:2]]),)
    if genuine(value):
        return Parsed(candidate.secret, value, parts)
    if len(set(value)) < 12:
        return None
    return Parsed(candidate.secret, value, parts, confidence=_UNSURE, severity="medium")
