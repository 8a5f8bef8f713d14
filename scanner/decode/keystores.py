"""Java keystores and PKCS#12 files: private keys that nothing guards, or only an empty or well-known password.

A keystore under a password that nobody knows is no secret, and its certificates are public: it is read, and nothing is told. A key
that comes out with no password, or one of those below, is handed on as PEM text, where the rule for private keys finds it.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterator

from scanner.decode import ciphers, der
from scanner.decode.content import Content, Part, member
from scanner.decode.limits import Stop
from scanner.decode.marked import shown
from scanner.model.content import Inside, Unseen

# What tools and their documentation propose, and people keep.
PASSWORDS = ("", "changeit", "changeme", "password", "secret", "test", "123456", "keystore", "android", "notasecret", "pass", "storepass",
             "keypass", "tomcat", "default", "admin", "root", "mypassword", "passw0rd", "password1")  # fmt: skip
_BAGS = "1.2.840.113549.1.12.10.1."
_KEY, _SHROUDED, _SECRET, _NESTED = (der.oid(_BAGS + number) for number in "1256")
_DATA, _ENCRYPTED = der.oid("1.2.840.113549.1.7.1"), der.oid("1.2.840.113549.1.7.6")
_FRIENDLY = der.oid("1.2.840.113549.1.9.20")
_NESTED_MOST = 8
_ENTRIES_MOST = 10_000


def pkcs12(content: Content) -> Iterator[Part | Unseen]:
    """RFC 7292."""
    try:
        pfx = der.first(content.whole()).below
        safe = der.first(pfx[1].below[1].data).octets
        yield from _Store(content).safes(der.first(safe))
    except (der.Broken, IndexError, ValueError, RecursionError):
        yield Unseen("unreadable", "its structure is damaged")


class _Store:
    """What is tried on the keys of one keystore; the password that fitted last is tried first."""

    def __init__(self, content: Content) -> None:
        self._content, self._fitted, self._number = content, "", 0
        self.passwords: tuple[str, ...] = PASSWORDS

    def open(self, algorithm: der.Node, data: bytes) -> bytes | None:
        """What is in there, if one of the passwords fits."""
        for password in dict.fromkeys((self._fitted, *self.passwords)):
            self._content.budget.hurry()
            plain = ciphers.opened(algorithm, data, password)
            if plain is not None and _is_whole(plain):
                self._fitted = password
                return plain
        return None

    def safes(self, safes: der.Node) -> Iterator[Part | Unseen]:
        """The contents of an AuthenticatedSafe."""
        for info in safes.below:
            kind, *body = info.below
            if kind.data == _DATA and body:
                yield from self.bags(der.first(body[0].data).octets)
            elif kind.data == _ENCRYPTED and body:
                _, encrypted = der.first(body[0].data).below[:2]
                _, algorithm, sealed = encrypted.below[:3]
                plain = self.open(algorithm, sealed.octets)
                if plain is not None:
                    yield from self.bags(plain)

    def bags(self, data: bytes, depth: int = 0) -> Iterator[Part | Unseen]:
        """SafeContents: keys, secrets, and more of the same."""
        for bag in der.first(data).below:
            kind, value, *attributes = bag.below
            self._number += 1
            name = _friendly(attributes) or f"key {self._number}"
            if kind.data == _KEY:
                yield pem(value.data, name)
            elif kind.data == _SHROUDED:
                yield from self.key(value.data, name)
            elif kind.data == _SECRET:
                yield from self._secret(value.data, name)
            elif kind.data == _NESTED and depth < _NESTED_MOST:
                yield from self.bags(value.data, depth + 1)

    def key(self, data: bytes, name: str) -> Iterator[Part | Unseen]:
        """An EncryptedPrivateKeyInfo."""
        algorithm, sealed = der.first(data).below[:2]
        plain = self.open(algorithm, sealed.octets)
        if plain is not None:
            yield pem(plain, name)

    def _secret(self, data: bytes, name: str) -> Iterator[Part | Unseen]:
        """A secret key, which keytool seals as if it were a private one."""
        _, value = der.first(data).below[:2]
        inner = der.first(value.data)
        body = inner.octets if inner.tag & 0x1F == der.OCTETS else b""
        try:
            algorithm, sealed = der.first(body).below[:2]
            plain = self.open(algorithm, sealed.octets)
        except (der.Broken, ValueError, IndexError):
            plain = body
        if plain:
            key = plain
            if _is_whole(plain) and len(der.first(plain).below) > 2:
                key = der.first(plain).below[2].octets
            line = f"secret_key: {base64.b64encode(key).decode()}\n".encode()
            yield Part(line, member(name))
            yield Part(key, Inside(member=shown(name), field="secret key"))


def _is_whole(plain: bytes) -> bool:
    """Whether it is one value, from its first byte to its last: a wrong password seldom makes such a thing."""
    try:
        node = der.first(plain)
        return node.tag == der.SEQUENCE and len(node.below) > 0 and len(plain) - len(node.data) <= 6
    except der.Broken:
        return False


def _friendly(attributes: list[der.Node]) -> str:
    for attribute in attributes[0].below if attributes else ():
        name, values = attribute.below[:2]
        if name.data == _FRIENDLY and values.below:
            return values.below[0].data.decode("utf-16-be", "replace")
    return ""


def pem(key: bytes, name: str) -> Part:
    """A private key as a text that says what it is."""
    label = "PRIVATE " + "KEY"
    lines = base64.encodebytes(key).decode()
    return Part(f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n".encode(), member(f"{name}.pem"), "open")


def java(content: Content) -> Iterator[Part | Unseen]:
    """JKS and JCEKS, as Sun's KeyStore classes write them."""
    data, store, at = content.whole(), _Store(content), 12
    guarding = [password for password in PASSWORDS if _guards(password, data)]
    if data.startswith(b"\xce"):  # each try takes a tenth of a second
        store.passwords = (*guarding, *PASSWORDS[: 0 if guarding else 3])
    try:
        version, count = struct.unpack_from(">LL", data, 4)
        for _ in range(min(count, _ENTRIES_MOST)):
            tag, length = struct.unpack_from(">LH", data, at)
            name, at = data[at + 6 : at + 6 + length].decode("utf-8", "replace"), at + 6 + length + 8
            if tag == 1:
                size = int.from_bytes(data[at : at + 4], "big")
                sealed, at = data[at + 4 : at + 4 + size], at + 4 + size
                if len(sealed) < size:
                    raise Stop("truncated", "it ends too early")
                yield from store.key(sealed, name)
                chain, at = int.from_bytes(data[at : at + 4], "big"), at + 4
                for _ in range(min(chain, _ENTRIES_MOST)):
                    at = _certificate(data, at, version)
            elif tag == 2:
                at = _certificate(data, at, version)
            else:  # a Java object, which is not read: its kind says nothing of where it ends
                yield Unseen("unsupported-format", "a secret key that is stored as a Java object, and what follows it", member(name))
                return
    except (struct.error, der.Broken, IndexError, ValueError):
        yield Unseen("unreadable", "its structure is damaged")


def _guards(password: str, data: bytes) -> bool:
    """Whether this is the password that the whole store is signed with."""
    return hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + data[:-20], usedforsecurity=False).digest() == data[-20:]


def _certificate(data: bytes, at: int, version: int) -> int:
    """Behind a certificate."""
    if version > 1:
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    end = at + 4 + int.from_bytes(data[at : at + 4], "big")
    if end > len(data):
        raise Stop("truncated", "it ends too early")
    return end
