"""Values that prove themselves: checksums, encodings and structures."""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import re
import zlib
from typing import Any

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_AWS = re.compile(rb"[A-Z0-9]{4}[A-Z2-7]{16}\Z")
_BASE64 = re.compile(rb"[0-9A-Za-z+/_-]+={0,2}\Z")
_URLSAFE = bytes.maketrans(b"-_", b"+/")
_NUMBER = re.compile(rb"0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3}")
_MOST = 256 << 10


def base62(number: int, width: int) -> str:
    """A number in base 62, digits first, then capitals, padded with zeros."""
    return _in_base(62, number, width)


def base36(number: int, width: int) -> str:
    """A number in base 36, digits first, then small letters, padded with zeros."""
    return _in_base(36, number, width).lower()


def _in_base(base: int, number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, base)
        digits = _BASE62[rest] + digits
    return digits.rjust(width, "0")


def crc_token(value: bytes) -> bool:
    """`prefix_` + random part + the random part's CRC32 in six base-62 digits, as GitHub and npm have it."""
    body = value.partition(b"_")[2]
    return len(body) > 6 and base62(zlib.crc32(body[:-6]), 6).encode() == body[-6:]


def tail_crc(value: bytes) -> bool:
    """Any text, `_`, and its CRC32 in six base-62 digits; Synapse writes the highest first, Matrix Authentication Service the lowest."""
    body, _, end = value.rpartition(b"_")
    digits = base62(zlib.crc32(body), 0)
    return bool(body) and end in (digits.rjust(6, "0").encode(), digits[::-1].rjust(6, "0").encode())


def aws_account(value: bytes) -> str | None:
    """The account that an AWS key id holds, empty for keys made before 2019, which hold none; None for what is no key id."""
    if not _AWS.match(value):
        return None
    raw = base64.b32decode(value[4:])
    if not raw[0] & 0x80:
        return ""
    account = str((int.from_bytes(raw[:6], "big") & 0x7FFF_FFFF_FF80) >> 7).rjust(12, "0")
    return account if len(account) == 12 else None


def unbase64(value: bytes) -> bytes | None:
    """Base64 of either alphabet, padded or not, wrapped or not, decoded; None for anything else."""
    joined = b"".join(value.split()) if len(value) <= _MOST else b""
    if not _BASE64.match(joined):
        return None
    packed = joined.rstrip(b"=").translate(_URLSAFE)
    try:
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
    except binascii.Error:
        return None


def unjson(data: bytes | None) -> Any:
    """JSON read, or None for anything else."""
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return None


def jwt(value: bytes) -> bool:
    """Three or five base64url parts, the first an object with `alg`."""
    parts = value.split(b".", 5)
    if len(parts) not in (3, 5) or not parts[0] or len(parts[0]) > 16384:
        return False
    header = unjson(unbase64(parts[0]))
    return isinstance(header, dict) and isinstance(header.get("alg"), str)


def luhn(value: bytes) -> bool:
    """At least twelve digits, not all the same, whose Luhn sum ends in zero; spaces and hyphens are passed over."""
    digits = value.translate(None, b" -")
    if not digits.isdigit() or not 12 <= len(digits) <= 64 or len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * (digit - 48), 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) - 48 * len(digits[-1::-2]) + sum(doubled)) % 10 == 0


def random_bytes(value: bytes) -> bool:
    """At least eleven numbers below 256, mostly different, that do not count up or down."""
    numbers = [int(text, 16) if text[:2] in (b"0x", b"0X") else int(text) for text in _NUMBER.findall(value)]
    if len(numbers) < 11 or max(numbers) > 255 or max(numbers) < 100 or len(set(numbers)) * 2 < min(len(numbers), 64):
        return False
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    return max(map(steps.count, set(steps))) * 4 < len(steps)
