"""A weak secret is never called strong."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable

import pytest

from scanner.findings.strength import bits, ordinary, strong

WEAK = [
    "",
    "a" * 400,
    "postgres",
    "P@ssw0rd123!Summer2024Password",
    "correct horse battery staple",
    "correcthorsebatterystaple",
    "CorrectHorseBatteryStaple-2024!",
    "the quick brown fox jumps over the lazy dog and then some more words follow until it is long",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "1234567890" * 8,
    "qwertyuiopasdfghjklzxcvbnm1234",
    "Donaudampfschifffahrtsgesellschaft2024",
    "пароль для базы данных очень длинный и понятный",
    "Sommer2024Berlin!Winter2025Bonn?",
    "admin:Summer2024!",
    "abc-abc-abc-abc-abc-abc-abc-abc-abc",
]


@pytest.mark.parametrize("number", range(len(WEAK)))
@pytest.mark.parametrize("written", [bytes, base64.b64encode, base64.urlsafe_b64encode, lambda v: v.hex().encode()])
def test_what_people_think_up_is_weak_however_it_is_written(number: int, written: Callable[[bytes], bytes]) -> None:
    assert not strong(written(WEAK[number].encode()))


@pytest.mark.parametrize("length", range(1, 13))
def test_nothing_short_is_strong(length: int, secret: Callable[..., str]) -> None:
    assert not any(strong(secret(seed, length, string.printable).encode()) for seed in range(200))


@pytest.mark.parametrize(("length", "alphabet", "share"), [(20, "b62", 0.9), (24, "b62", 0.97), (40, "b62", 1.0), (40, "hex", 0.99)])
def test_chance_is_recognised(length: int, alphabet: str, share: float, secret: Callable[..., str]) -> None:
    letters = {"b62": string.ascii_letters + string.digits, "hex": "0123456789abcdef"}[alphabet]
    found = sum(strong(secret(seed, length, letters).encode()) for seed in range(500))
    assert found >= 500 * share


def test_the_bound_never_exceeds_what_the_alphabet_allows(secret: Callable[..., str]) -> None:
    for seed in range(200):
        assert bits(secret(seed, 32, "0123456789abcdef").encode()) <= 128
        assert bits(secret(seed, 32, string.digits).encode()) <= 60


@pytest.mark.parametrize("piece", [b"postgres", b"password", b"--------", b"12345678", b"AAAAAAAA", b"producti", b"internal"])
def test_ordinary_parts_are_known(piece: bytes) -> None:
    assert ordinary(piece)


def test_random_parts_are_not_ordinary(secret: Callable[..., str]) -> None:
    assert sum(ordinary(secret(seed, 8).encode()) for seed in range(1000)) <= 30  # one in forty or so; each of its neighbours is certain
