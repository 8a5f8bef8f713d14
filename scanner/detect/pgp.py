"""Whether an OpenPGP secret key packet (RFC 4880 5.5.3, RFC 9580) is without a passphrase."""

from __future__ import annotations

_SECRET_KEY = 5
_NEW_FORMAT = 0x40
_MPIS = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4}  # public key algorithm -> public numbers
_NATIVE = {25: 32, 26: 56, 27: 32, 28: 57}  # X25519, X448, Ed25519, Ed448
_ECDH, _ECDSA, _EDDSA = 18, 19, 22
_V4 = 4


def unprotected(data: bytes) -> bool:
    """True if the first packet is a secret key whose secret part is in the clear."""
    body = _secret_key_body(data)
    if body is None or len(body) < 8 or body[0] != _V4:
        return False
    usage = _after_public_part(body)
    return usage is not None and usage < len(body) and body[usage] == 0


def _secret_key_body(data: bytes) -> bytes | None:
    if len(data) < 4 or not data[0] & 0x80:
        return None
    if data[0] & _NEW_FORMAT:
        tag, at = data[0] & 0x3F, 2 if data[1] < 192 else 3 if data[1] < 224 else 6
    else:
        tag, at = (data[0] >> 2) & 0x0F, 1 + (1, 2, 4, 0)[data[0] & 3]
    return data[at:] if tag == _SECRET_KEY else None


def _after_public_part(body: bytes) -> int | None:
    """Where the octet stands that says how the secret part is protected."""
    algorithm, at = body[5], 6
    if algorithm in _NATIVE:
        return at + _NATIVE[algorithm]
    if algorithm in (_ECDH, _ECDSA, _EDDSA):
        at = _skip_number(body, at + 1 + body[at])
        return at + 1 + body[at] if algorithm == _ECDH and at < len(body) else at
    if algorithm not in _MPIS:
        return None
    for _ in range(_MPIS[algorithm]):
        at = _skip_number(body, at)
    return at


def _skip_number(body: bytes, at: int) -> int:
    """Over a multiprecision integer: two octets of bit length, then the number."""
    return at + 2 + (int.from_bytes(body[at : at + 2], "big") + 7) // 8
