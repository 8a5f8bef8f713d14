"""Fingerprints say "the same secret" and nothing else."""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Callable

import pytest

from scanner.errors import ConfigError
from scanner.findings.seal import Seal, finding_id

KEY = bytes(range(32))


@pytest.fixture(params=["key", "salt"])
def seal(request: pytest.FixtureRequest) -> Seal:
    return Seal(KEY if request.param == "key" else None, b"a salt")


@pytest.mark.parametrize(
    ("key", "number", "scheme"), [(KEY, 0, r"hmac-sha256:[0-9a-f]{8}:[0-9a-f]{64}"), (None, 0, r"salted-hmac-v1:[0-9a-f]{64}")]
)
def test_strong_secrets_get_a_keyed_hash(key: bytes | None, number: int, scheme: str, secret: Callable[..., str]) -> None:
    assert re.fullmatch(scheme, Seal(key, b"a salt").fingerprint(secret(number, 40).encode()))


def test_weak_secrets_without_a_key_get_a_slow_hash() -> None:
    assert re.fullmatch(r"scrypt-v1:[0-9a-f]{32}", Seal(None, b"a salt").fingerprint(b"Summer2024"))


def test_the_same_secret_has_the_same_fingerprint_in_another_run(seal: Seal, secret: Callable[..., str]) -> None:
    value = secret(1).encode()
    again = Seal(seal._key, seal._salt)
    assert seal.fingerprint(value) == again.fingerprint(value)
    assert seal.fingerprint(b"a\r\n" + value) == seal.fingerprint(b"a\n" + value)


def test_keys_salts_and_values_make_a_difference(secret: Callable[..., str]) -> None:
    values = [secret(1).encode(), secret(2).encode(), b"weak-one", b"weak-two"]
    seals = [Seal(None, b"one"), Seal(None, b"two"), Seal(KEY, b"one"), Seal(KEY[::-1], b"one")]
    assert len({seal.fingerprint(value) for seal in seals for value in values}) == len(seals) * len(values)


def test_many_at_once_agree_with_one_by_one(seal: Seal, secret: Callable[..., str]) -> None:
    values = [b"weak-%d" % n for n in range(12)] + [secret(n).encode() for n in range(12)] + [b"weak-3"]
    assert Seal(seal._key, seal._salt).fingerprints(iter(values)) == tuple(seal.fingerprint(v) for v in values)


def test_no_plain_hash_of_a_secret_is_shown(seal: Seal) -> None:
    value = b"Summer2024"
    shown = seal.fingerprint(value)
    for name in ("md5", "sha1", "sha224", "sha256", "sha512", "blake2b", "blake2s"):
        assert hashlib.new(name, value).hexdigest()[:16] not in shown


def test_a_seal_neither_prints_nor_travels(seal: Seal, secret: Callable[..., str]) -> None:
    value = secret(5)
    seal.fingerprint(value.encode())
    assert value[:8] not in repr(seal)
    assert KEY.hex()[:8] not in repr(seal)
    with pytest.raises(TypeError):
        pickle.dumps(seal)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="16 bytes"):
        Seal(b"short", b"a salt")


def test_an_id_depends_on_rule_and_fingerprint_alone() -> None:
    assert finding_id("a", "f") == finding_id("a", "f")
    assert len({finding_id("a", "f"), finding_id("b", "f"), finding_id("a", "g"), finding_id("ab", ""), finding_id("a", "b")}) == 5
    assert re.fullmatch("[0-9a-f]{16}", finding_id("a", "f"))
