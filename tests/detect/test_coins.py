"""Keys of wallets and mnemonic phrases are known by their checksums: published examples hold, and one letter more or less does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.bip39 import mnemonic, proven
from scanner.detect.candidate import Candidate
from scanner.detect.checksums import tail_crc
from scanner.detect.coins import base58check, bech32, strkey
from scanner.errors import RuleError
from scanner.model.content import Span
from scanner.rulepack.sample import grow

# Addresses, which are public: of Bitcoin's first block, of the XRP Ledger's first account, of SEP 23.
ADDRESSES = (
    (base58check, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    (lambda value: base58check(value, "ripple"), "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    (strkey, "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"),
)
BECH32 = ("A12UEL5L", "a12uel5l", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "A1LQFN3A", "a1lqfn3a")
NO_BECH32 = ("pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8", "10a06t8", "1qzzfhee", "A12uel5l", "a12uel5m")
GROWN = (
    ("{base58check:80+32+01}", base58check),
    ("{base58check:0488ade4+74}", base58check),
    ("{ripple:21+16}", lambda value: base58check(value, "ripple")),
    ("{bech32:nsec+32}", bech32),
    ("{strkey:90+32}", strkey),
    ("{matrix-token:syt}", tail_crc),
    ("{matrix-token:mat}", tail_crc),
    ("{mnemonic:12}", lambda value: proven(value.split())),
    ("{mnemonic:24}", lambda value: proven(value.split())),
)
SEEDS = st.integers(0, 1 << 32)


@pytest.mark.parametrize("number", range(len(ADDRESSES)))
def test_a_published_address_holds_and_its_neighbours_do_not(number: int) -> None:
    check, text = ADDRESSES[number]
    assert check(text.encode())
    for at, letter in enumerate(text):
        other = "2" if letter != "2" else "3"
        assert not check((text[:at] + other + text[at + 1 :]).encode())
    assert not check(text[:-1].encode())
    assert not check((text + text[-1]).encode())


@pytest.mark.parametrize("text", BECH32)
def test_the_valid_examples_of_bip_173_and_350_hold(text: str) -> None:
    assert bech32(text.encode())


@pytest.mark.parametrize("text", NO_BECH32)
def test_the_invalid_examples_do_not(text: str) -> None:
    assert not bech32(text.encode())


@pytest.mark.parametrize("number", range(len(GROWN)), ids=[re.sub(r"\W+", "-", shape).strip("-") for shape, _ in GROWN])
@given(seed=SEEDS)
def test_what_a_sample_grows_holds_and_not_without_its_last_letter(number: int, seed: int) -> None:
    shape, check = GROWN[number]
    value = grow(shape, seed)
    held = check(value)
    assert held, "the checksum that was grown is wrong"
    assert not check(value[:-1])


@pytest.mark.parametrize("shape", ["{base58check:80}", "{bech32:x+many}", "{strkey:90+500}", "{mnemonic:13}", "{mnemonic}"])
def test_what_cannot_grow_is_an_error(shape: str) -> None:
    with pytest.raises(RuleError):
        grow(shape, 0)


@given(value=st.binary(max_size=300))
def test_no_bytes_make_a_check_raise(value: bytes) -> None:
    assert (base58check(value), base58check(value, "ripple"), bech32(value), strkey(value), tail_crc(value)).count(True) <= 1
    assert not proven(value.split())


def _read(text: bytes) -> bytes | None:
    span = Span(0, len(text))
    parsed = mnemonic(Candidate(text, span, span, {"secret": text}))
    if parsed is None:
        return None
    assert parsed.value.split() == re.findall(rb"[a-z]+", text[parsed.secret.start : parsed.secret.end])
    return parsed.value


PHRASES_FOR_ALL = (
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "test test test test test test test test test test test junk",
    "the quick brown fox jumps over the lazy dog and runs away from it all",
    "able actor afford ask assume blanket capital category certain coyote crazy dance",
)


@pytest.mark.parametrize("phrase", PHRASES_FOR_ALL)
def test_a_test_vector_prose_and_a_wrong_checksum_are_no_phrase(phrase: str) -> None:
    assert _read(phrase.encode()) is None


@given(seed=SEEDS, size=st.sampled_from([12, 15, 18, 21, 24]), between=st.sampled_from([b" ", b"\n", b", ", b'", "']))
def test_a_phrase_is_read_to_its_end_whatever_stands_between_and_behind(seed: int, size: int, between: bytes) -> None:
    phrase = grow(f"{{mnemonic:{size}}}", seed)
    found = _read(phrase.replace(b" ", between) + b" -- keep it safe")
    assert found == phrase, "the phrase was not read as it was grown"
