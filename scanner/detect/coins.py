"""Keys of wallets that prove themselves by a checksum: base58check, bech32 and Stellar's strkey."""

from __future__ import annotations

import base64
import binascii
import hashlib

_ALPHABETS = {
    "": b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",  # Bitcoin's
    "ripple": b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz",
}
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)  # BIP 173
_BECH32_ENDS = (1, 0x2BC830A3)  # BIP 173, BIP 350
_MOST = 256


def base58check(value: bytes, alphabet: str = "") -> bool:
    """Base58 whose last four bytes begin the double SHA-256 of the others."""
    letters = _ALPHABETS[alphabet]
    if not 8 <= len(value) <= _MOST:
        return False
    number = 0
    for byte in value:
        digit = letters.find(byte)
        if digit < 0:
            return False
        number = number * 58 + digit
    zeros = len(value) - len(value.lstrip(letters[:1]))
    raw = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, end = raw[:-4], raw[-4:]
    return hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == end


def bech32(value: bytes) -> bool:
    """A readable part, `1`, and data with the checksum of BIP 173 or BIP 350; in one case."""
    text = value.decode("latin-1")
    if not 8 <= len(text) <= _MOST or (text != text.lower() and text != text.upper()):
        return False
    name, _, data = text.lower().rpartition("1")
    digits = [_BECH32.find(letter) for letter in data]
    if not name or len(digits) < 6 or min(digits) < 0:
        return False
    check = 1
    for digit in (*(ord(letter) >> 5 for letter in name), 0, *(ord(letter) & 31 for letter in name), *digits):
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ digit
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check in _BECH32_ENDS


def strkey(value: bytes) -> bool:
    """Base32 without padding, ending in a CRC-16 with its low byte first: SEP 23."""
    try:
        raw = base64.b32decode(value + b"=" * (-len(value) % 8)) if len(value) <= _MOST else b""
    except binascii.Error:
        return False
    return len(raw) > 3 and binascii.crc_hqx(raw[:-2], 0).to_bytes(2, "little") == raw[-2:]
