"""Tokens of forges and clouds: what they prove, and whose they are."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect import forge
from scanner.detect.candidate import Candidate
from scanner.detect.checksums import base36
from scanner.model.content import Span
from scanner.model.evidence import Parsed
from scanner.rulepack.sample import grow
from tests.detect.parsing import ROW

RANDOM = bytes(range(100, 116))


def candidate(text: bytes, start: int = 0) -> Candidate:
    return Candidate(text, Span(start, len(text)), Span(start, len(text)), {"secret": text[start:]})


def routable(routing: str, prefix: str = "glpat-", version: str = ".01", random: bytes = RANDOM) -> bytes:
    payload = base64.urlsafe_b64encode(routing.encode() + random + bytes([len(random)])).decode().rstrip("=")
    whole = f"{prefix}{payload}{version}.{base36(len(payload), 2)}"
    return f"{whole}{base36(zlib.crc32(whole.encode()), 7)}".encode()


def read(text: bytes) -> Parsed:
    parsed = forge.gitlab(candidate(text))
    assert parsed is not None
    assert (parsed.value, parsed.secret) == (text, Span(0, len(text)))
    return parsed


@given(st.integers(0, 60), st.integers(0, 255))
def test_a_changed_routable_token_stays_quiet(at: int, to: int) -> None:
    token = bytearray(routable("o:1\nu:2s"))
    at %= len(token)
    if token[at] != to and ord(".") not in (token[at], to):
        token[at] = to
        assert forge.gitlab(candidate(bytes(token))) is None


@pytest.mark.parametrize(("routing", "parts"), [
    ("o:1\nu:2s", {"organization": 1, "user": 100}),
    ("c:1\ng:3\no:1\np:z", {"group": 3, "organization": 1, "project": 35}),
    ("", {}),
    ("nothing", {}),
])  # fmt: skip
def test_a_routable_token_says_whose_it_is(routing: str, parts: dict[str, int]) -> None:
    parsed = read(routable(routing))
    assert dict(parsed.parts) == parts
    assert parsed.confidence == 0.99


def test_random_bytes_are_never_shown_as_routing() -> None:
    assert dict(read(routable("o:1", random=b"u:7\nu:7\nu:7\nu:7\n")).parts) == {"organization": 1}


def test_both_versions_and_an_instances_own_prefix() -> None:
    assert read(routable("o:1\nu:1", version="")).confidence == 0.99
    text = routable("o:1\nu:1", prefix="acme-glpat-")
    assert forge.gitlab(candidate(text[5:])) is None
    parsed = forge.gitlab(candidate(text, 5))
    assert parsed is not None
    assert parsed.value == text[5:]


def test_a_token_of_the_older_form_proves_nothing() -> None:
    parsed = read(b"glpat-" + b"k3J9dQz7bN5xW1pLc8Rt")
    assert (parsed.parts, parsed.confidence) == ((), None)


@pytest.mark.parametrize("tail", ["", ".", ".eyJ", ".e30.abc", ".{}." + "x" * 43], ids=lambda _: ROW)
def test_no_jwt_behind_the_prefix(tail: str) -> None:
    assert forge.prefixed_jwt(candidate(b"ghs_123_eyJhbGciOiJIUzI1NiJ9" + tail.encode())) is None


def test_the_prefix_belongs_to_the_token_and_the_claims_are_read() -> None:
    token = b"ghs_123_" + grow("{jwt-session}", 5)
    text = b"token=" + token + b"\n"
    parsed = forge.prefixed_jwt(Candidate(text, Span(6, 60), Span(6, 60), {"secret": text[6:60]}))
    assert parsed is not None
    assert (parsed.value, parsed.span) == (token, Span(6, 6 + len(token)))
    assert {"iss", "exp"} <= set(dict(parsed.parts))


def test_an_aws_key_id_names_its_account() -> None:
    key = grow("{aws-key-id}", 3)
    parsed = forge.aws_key_id(candidate(key))
    assert parsed is not None
    ((name, account),) = parsed.parts
    assert (name, len(str(account))) == ("account", 12)
    assert forge.aws_key_id(candidate(b"AKIA" + b"IBCD" * 4)) == Parsed(Span(0, 20), b"AKIA" + b"IBCD" * 4)
    assert forge.aws_key_id(candidate(b"AKIA" + b"7" * 16)) is None
