"""Samples with a checksum: wallets' keys, mnemonic phrases, Matrix tokens; all drawn at random, and none holds anything."""

from __future__ import annotations

import base64
import binascii
import hashlib
import string
import zlib
from collections.abc import Callable
from random import Random

from scanner.errors import RuleError

_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ALNUM = string.ascii_letters + string.digits
# A few words of BIP 39 and their numbers.
_WORDS = {
    "able": 2, "actor": 21, "afford": 35, "ask": 106, "assume": 111, "blanket": 186, "capital": 272, "category": 289,
    "certain": 301, "coyote": 397, "crazy": 406, "dance": 442, "easily": 556, "flame": 706, "forget": 730, "gate": 770,
    "glow": 798, "ill": 903, "joy": 964, "list": 1043, "long": 1054, "lumber": 1063, "master": 1093, "mouse": 1157,
    "neck": 1181, "notable": 1204, "observe": 1219, "offer": 1227, "parrot": 1283, "picnic": 1313, "rare": 1424,
    "recipe": 1437, "rent": 1458, "romance": 1500, "seek": 1560, "shed": 1578, "shoe": 1587, "silk": 1604, "skin": 1620,
    "slice": 1627, "subway": 1729, "suit": 1736, "symptom": 1764, "tackle": 1768, "twist": 1884, "vivid": 1961,
    "wagon": 1970,
}  # fmt: skip


def base58check(random: Random, argument: str) -> str:
    """`{base58check:80+32+01}`: these bytes in hexadecimal, so many at random, these bytes; then the checksum."""
    return _base58(random, argument, _BITCOIN)


def ripple(random: Random, argument: str) -> str:
    """The same in the alphabet of the XRP Ledger."""
    return _base58(random, argument, _RIPPLE)


def _base58(random: Random, argument: str, alphabet: str) -> str:
    first, count, last = (argument + "++").split("+")[:3]
    body = bytes.fromhex(first) + random.randbytes(_number(count)) + bytes.fromhex(last)
    raw = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return alphabet[0] * (len(raw) - len(raw.lstrip(b"\0"))) + text


def bech32(random: Random, argument: str) -> str:
    """`{bech32:nsec+32}`: the readable part, so many bytes at random, the checksum."""
    name, _, count = argument.partition("+")
    size = _number(count)
    bits = int.from_bytes(random.randbytes(size), "big") << (-size * 8 % 5)
    data = [bits >> 5 * place & 31 for place in range((size * 8 + 4) // 5 - 1, -1, -1)]
    spread = [*(ord(letter) >> 5 for letter in name), 0, *(ord(letter) & 31 for letter in name), *data]
    check = 1
    for digit in (*spread, 0, 0, 0, 0, 0, 0):
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ digit
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator * (top >> bit & 1)
    data += [(check ^ 1) >> 5 * place & 31 for place in range(5, -1, -1)]
    return f"{name}1" + "".join(_BECH32[digit] for digit in data)


def strkey(random: Random, argument: str) -> str:
    """`{strkey:90+32}`: Stellar's version byte in hexadecimal, so many bytes at random, the CRC."""
    version, _, count = argument.partition("+")
    body = bytes.fromhex(version) + random.randbytes(_number(count))
    return base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little")).decode().rstrip("=")


def mnemonic(random: Random, argument: str) -> str:
    """`{mnemonic:12}`: so many words, the last of which makes the checksum right."""
    size = _number(argument)
    if size not in (12, 15, 18, 21, 24):
        raise RuleError("`mnemonic` in a sample takes 12, 15, 18, 21 or 24 words")
    while True:
        words = random.sample(sorted(_WORDS), size)
        value = 0
        for word in words:
            value = value << 11 | _WORDS[word]
        check = size // 3
        first = hashlib.sha256((value >> check).to_bytes(size * 4 // 3, "big")).digest()[0]
        if value & (1 << check) - 1 == first >> (8 - check):
            return " ".join(words)


def matrix_token(random: Random, prefix: str) -> str:
    """`{matrix-token:syt}` as Synapse, `{matrix-token:mat}` as the Matrix Authentication Service makes it."""
    if prefix.startswith("sy"):
        name = base64.b64encode(random.randbytes(6)).decode()
        body = f"{prefix}_{name}_" + "".join(random.choices(string.ascii_letters, k=20))
    else:
        body = f"{prefix}_" + "".join(random.choices(_ALNUM, k=30))
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits += _BASE62[digit]
    return f"{body}_" + (digits[::-1] if prefix.startswith("sy") else digits).rjust(6, "0")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > 128:
        raise RuleError("this shape needs a small number")
    return int(text)


MINTED: dict[str, Callable[[Random, str], str]] = {
    "base58check": base58check,
    "bech32": bech32,
    "matrix-token": matrix_token,
    "mnemonic": mnemonic,
    "ripple": ripple,
    "strkey": strkey,
}
