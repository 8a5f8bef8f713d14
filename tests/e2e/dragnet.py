"""Looks for parts of secrets in whatever a program left behind, in every form that somebody could read back."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

PART = 8  # characters of a secret that must not be seen together
_BASE64 = 10  # letters that eight bytes decide, wherever they stand
_HEX = 2 * PART
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
# Eight of these stand by chance in a fingerprint or a sentence, where thousands of secrets are planted; of them more are looked for.
ORDINARY = re.compile(rb"[0-9a-f]+|[0-9A-F]+|[a-z ]+")


@dataclass(frozen=True, slots=True)
class Secret:
    """What was planted; `name` may be shown, `public` bytes of it too, and parts in `plain` belong to its format, not to it."""

    name: str
    value: bytes = field(repr=False)
    public: int = 0
    plain: frozenset[bytes] = field(default=frozenset(), repr=False)


class Dragnet:
    """Every part of every secret, in every form."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._parts: dict[int, dict[bytes, str]] = {PART: {}, _BASE64: {}, _HEX: {}}
        self._whole: dict[bytes, tuple[bytes, str]] = {}  # by its beginning: what has no part that is looked for
        self._clean: set[bytes] = set()
        for secret in secrets:
            for size, part, form in _forms(secret):
                self._parts[size].setdefault(part, f"{secret.name} ({form})")
            if ORDINARY.fullmatch(secret.value) and PART <= len(secret.value) < _HEX:
                self._whole[secret.value[:PART]] = secret.value, f"{secret.name} (whole)"

    def __len__(self) -> int:
        return sum(map(len, self._parts.values()))

    def catch(self, data: bytes) -> list[str]:
        """The names of the secrets that are in the data, with the form; never the secrets."""
        caught = set()
        for line in data.splitlines():
            if line not in self._clean:
                found = {parts[line[at : at + size]] for size, parts in self._parts.items() for at in _hits(line, size, parts)}
                for at in _hits(line, PART, self._whole):
                    value, name = self._whole[line[at : at + PART]]
                    found |= {name} if line.startswith(value, at) else set()
                caught |= found
                if not found:
                    self._clean.add(line)
        return sorted(caught)


def _hits(line: bytes, size: int, parts: Collection[bytes]) -> Iterator[int]:
    return (at for at in range(len(line) - size + 1) if line[at : at + size] in parts)


def _forms(secret: Secret) -> Iterator[tuple[int, bytes, str]]:
    value = secret.value
    first = max(0, secret.public - PART + 1)
    for part in _parts(value[first:], PART):
        if part not in secret.plain and not ORDINARY.fullmatch(part):
            yield PART, part, "plain"
            yield PART, part[::-1], "reversed"
            yield _HEX, part.hex().encode(), "hexadecimal"
            yield _HEX, part.hex().upper().encode(), "hexadecimal"
            for shift in range(3):
                letters = base64.b64encode(b"\0" * shift + part)[-(-shift * 8 // 6) : (shift + PART) * 8 // 6]
                yield _BASE64, letters, "base64"
                yield _BASE64, letters.translate(_URL_SAFE), "base64"
    for part in _parts(value[first:], _HEX):
        if ORDINARY.fullmatch(part):
            yield _HEX, part, "plain"
            yield _HEX, part[::-1], "reversed"
    hidden = value[secret.public :]
    for part in _parts(quote_from_bytes(hidden, safe="").encode(), _HEX):
        if b"%" in part[1:-1]:
            yield _HEX, part, "percent-encoded"
    for part in _parts("".join(f"%{byte:02X}" for byte in hidden).encode(), _HEX):
        yield _HEX, part, "percent-encoded"
    for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        for text in (value, value + b"\n"):
            digest = hashlib.new(algorithm, text).digest()
            yield _HEX, digest.hex()[:_HEX].encode(), algorithm
            yield _BASE64, base64.b64encode(digest)[:_BASE64], algorithm


def _parts(value: bytes, size: int) -> Iterator[bytes]:
    return (value[at : at + size] for at in range(len(value) - size + 1))
