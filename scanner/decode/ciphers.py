"""Keys that are kept under a password: the schemes that keystores use, with bounded effort."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from scanner.decode import der
from scanner.decode.limits import Stop

ROUNDS_MOST = 2_000_000
_PBES2, _PBKDF2 = der.oid("1.2.840.113549.1.5.13"), der.oid("1.2.840.113549.1.5.12")
_PKCS12_3DES = der.oid("1.2.840.113549.1.12.1.3")
_JAVA, _JAVA_CE = der.oid("1.3.6.1.4.1.42.2.17.1.1"), der.oid("1.3.6.1.4.1.42.2.19.1")
_HASHES = {der.oid(f"1.2.840.113549.2.{number}"): name for number, name in enumerate(("sha1", "sha224", "sha256", "sha384", "sha512"), 7)}
_CIPHERS = {
    der.oid("2.16.840.1.101.3.4.1.2"): ("aes", 16), der.oid("2.16.840.1.101.3.4.1.22"): ("aes", 24),
    der.oid("2.16.840.1.101.3.4.1.42"): ("aes", 32), der.oid("1.2.840.113549.3.7"): ("3des", 24),
}  # fmt: skip


def opened(algorithm: der.Node, data: bytes, password: str) -> bytes | None:
    """What was encrypted so, if this is the password; None if it is not, or the scheme is none of a keystore's."""
    scheme, *parameters = algorithm.below
    try:
        known = _SCHEMES.get(scheme.data)
        return known(parameters, data, password) if known else None
    except (der.Broken, IndexError, ValueError, OverflowError):
        return None


def _pbes2(parameters: list[der.Node], data: bytes, password: str) -> bytes | None:
    derivation, cipher = parameters[0].below
    name, iv = cipher.below
    kind, size = _CIPHERS.get(name.data, ("", 0))
    function, how = derivation.below
    if function.data != _PBKDF2 or not kind:
        return None
    salt, rounds, *more = how.below
    digest = next((_HASHES.get(one.below[0].data, "") for one in more if one.tag == der.SEQUENCE), "sha1")
    if not digest:
        return None
    key = hashlib.pbkdf2_hmac(digest, password.encode(), salt.data, _bounded(rounds.number), size)
    return _cbc(kind, key, iv.data, data)


def _pkcs12(parameters: list[der.Node], data: bytes, password: str) -> bytes | None:
    salt, rounds = parameters[0].below
    count = _bounded(rounds.number)
    key, iv = (pkcs12_key(purpose, password, salt.data, count, size) for purpose, size in ((1, 24), (2, 8)))
    return _cbc("3des", key, iv, data)


def pkcs12_key(purpose: int, password: str, salt: bytes, rounds: int, size: int, digest: str = "sha1") -> bytes:
    """RFC 7292, appendix B.2."""
    block = 128 if digest in ("sha384", "sha512") else 64
    secret = (password + "\0").encode("utf-16-be")
    mixed = bytearray(_filled(salt, block) + _filled(secret, block))
    made = b""
    while len(made) < size:
        piece = bytes([purpose]) * block + bytes(mixed)
        for _ in range(rounds):
            piece = hashlib.new(digest, piece, usedforsecurity=False).digest()
        made += piece
        add = int.from_bytes(_filled(piece, block)[:block], "big") + 1
        for at in range(0, len(mixed), block):
            total = (int.from_bytes(mixed[at : at + block], "big") + add) % (1 << 8 * block)
            mixed[at : at + block] = total.to_bytes(block, "big")
    return made[:size]


def _filled(data: bytes, block: int) -> bytes:
    size = -(-len(data) // block) * block
    return (data * (size // max(1, len(data)) + 1))[:size]


def _java(parameters: list[der.Node], data: bytes, password: str) -> bytes | None:
    """Sun's own scheme: a stream of SHA-1 digests, each of the password and the one before."""
    del parameters
    secret = password.encode("utf-16-be")
    digest, body, check = data[:20], data[20:-20], data[-20:]
    stream = b""
    while len(stream) < len(body):
        digest = hashlib.sha1(secret + digest, usedforsecurity=False).digest()
        stream += digest
    key = bytes(one ^ other for one, other in zip(body, stream, strict=False))
    return key if hashlib.sha1(secret + key, usedforsecurity=False).digest() == check else None


def _java_ce(parameters: list[der.Node], data: bytes, password: str) -> bytes | None:
    """The scheme of JCEKS: MD5 over each half of the salt, then Triple DES."""
    salt, rounds = parameters[0].below
    halves = [salt.data[:4], salt.data[4:8]]
    if halves[0] == halves[1]:
        halves[0] = bytes([halves[0][3], halves[0][0], halves[0][1], halves[0][2]])  # as it is in Sun's code, which does not invert it
    made = b""
    for half in halves:
        piece = half
        for _ in range(_bounded(rounds.number)):
            piece = hashlib.md5(piece + password.encode(), usedforsecurity=False).digest()
        made += piece
    return _cbc("3des", made[:24], made[24:], data)


def _bounded(rounds: int) -> int:
    if rounds > ROUNDS_MOST:
        raise Stop("timeout", f"its password is stretched more than {ROUNDS_MOST:,} times")
    return max(1, rounds)


def _cbc(kind: str, key: bytes, iv: bytes, data: bytes) -> bytes | None:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    cipher = Cipher(AES(key) if kind == "aes" else TripleDES(key), CBC(iv)).decryptor()
    plain = cipher.update(data) + cipher.finalize()
    padding = plain[-1] if plain else 0
    if not 0 < padding <= 16 or plain[-padding:] != bytes([padding]) * padding:
        return None
    return plain[:-padding]


_Scheme = Callable[[list[der.Node], bytes, str], bytes | None]
_SCHEMES: Mapping[bytes, _Scheme] = {_PBES2: _pbes2, _PKCS12_3DES: _pkcs12, _JAVA: _java, _JAVA_CE: _java_ce}
