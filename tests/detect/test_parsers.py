"""Laws of every parser: no input makes it raise, its spans stay in the window, and its time is linear."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.detect.candidate import Candidate
from scanner.detect.parsers import PARSERS
from scanner.model.content import Span
from scanner.rulepack.structured import STRUCTURED
from tests.detect.parsing import ROW, candidates, parsed, rules
from tests.effort import costs_at_most

CRUMBS = [
    b"postgres://",
    b"jdbc:oracle:thin:",
    b"jdbc:sqlserver://",
    b";password=",
    b"password='",
    b"host=",
    b"u:p",
    b"@",
    b":",
    b"/",
    b"{",
    b"}",
    b'"',
    b"'",
    b"\\",
    b"\\n",
    b"\n",
    b" ",
    b"=",
    b"-----BEGIN RSA PRIVATE KEY-----",
    b"-----BEGIN PGP PRIVATE KEY BLOCK-----",
    b"-----END ",
    b"MIIE",
    b"xYYE",
    b"b3BlbnNzaC1rZXktdjEA",
    b"eyJhbGciOiJIUzI1NiJ9",
    b".",
    b"eyJhdXRocyI6",
    b"docker login",
    b" -p ",
    b"--creds=",
    b'"auth":"',
    b'"auths"',
    b"dTpw",
    b"PuTTY-User-Key-File-2: a",
    b'"kty":"EC"',
    b'"d":"',
    b"\xff",
    b"\x00",
    b"%",
    b"%zz",
    b"?password=",
    b"$",
    b"ZXlK",
    b"LS0tLS1CRUdJTiB",
]
TEXTS = st.lists(st.sampled_from(CRUMBS) | st.binary(max_size=12), max_size=30).map(b"".join)


@pytest.mark.parametrize("name", sorted(PARSERS))
@settings(max_examples=150, deadline=None)
@given(data=TEXTS, cuts=st.tuples(*[st.integers(0, 400)] * 4))
def test_no_bytes_make_a_parser_raise(name: str, data: bytes, cuts: tuple[int, int, int, int]) -> None:
    a, b, c, d = sorted(min(cut, len(data)) for cut in cuts)
    groups = {"secret": data[b:c], "user": data[a:b], "port": data[c:d], "field": b"auth"}
    parsed(name, Candidate(data, Span(a, d), Span(b, c), groups))


@pytest.mark.parametrize("rule", ["private-key-pem", "private-key-base64", "dockerconfigjson", "jwt", "private-key-putty"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_secret_does_not_make_its_parser_raise(rule: str, data: st.DataObject) -> None:
    name, argument = {
        "private-key-pem": ("pgp-key", ""),
        "private-key-base64": ("pem-b64", "PRIVATE KEY"),
        "jwt": ("jwt-session", ""),
        "dockerconfigjson": ("docker-config-b64", ""),
        "private-key-putty": ("ppk", ""),
    }[rule]
    text = bytearray(b".dockerconfigjson: " + STRUCTURED[name](random.Random(1), argument).encode())
    for _ in range(data.draw(st.integers(0, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    for candidate in candidates(rule, bytes(text[: data.draw(st.integers(0, len(text)))])):
        parsed(rules()[rule]["parser"], candidate)


HOSTILE = [
    unit * (16384 // len(unit))
    for unit in (
        b"a",
        b"/",
        b"@",
        b":",
        b"a:@",
        b"://",
        b"a=",
        b"=a;",
        b" a=b",
        b"password=",
        b"';",
        b'"',
        b"'",
        b"{",
        b"{}",
        b"\\n",
        b"\\",
        b"\n",
        b" ",
        b"A ",
        b"QUJD\n",
        b"eyJ",
        b"eyJhIjoxfQ.",
        b'"auth":"',
        b'"a":{',
        b'{"a":',
        b"%41",
        b"a\n ",
        b"= ",
        b"passpassword",
        b"-----BEGIN RSA PRIVATE KEY-----",
        b"a,b:1",
        b"x@y:1,",
        b"? password=",
        b"?password=",
        b"&user=",
        b"'a' ",
        b"\\\n",
        b"A\n",
        b"AA \n",
        b"W1tb",
        b"eyJhIjp7",
    )
]


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize(
    "prefix",
    [
        b"",
        b"postgres://u:",
        b"jdbc:mysql://",
        b"jdbc:oracle:thin:",
        b"-----BEGIN RSA PRIVATE KEY-----\n",
        b"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n",
        b"eyJhbGciOiJIUzI1NiJ9.",
    ],
    ids=lambda _: ROW,
)
def test_a_hostile_window_costs_a_bounded_number_of_looks_at_each_byte(name: str, prefix: bytes) -> None:
    for text in HOSTILE:
        data = prefix + text
        for at in (len(prefix), len(data) // 2):
            groups = {"secret": data[at:], "user": b"", "field": b"auth"}
            candidate = Candidate(data, Span(0, len(data)), Span(at, len(data)), groups)
            assert costs_at_most(500 * len(data), lambda candidate=candidate: PARSERS[name](candidate)), (name, text[:16], at)


def test_every_rule_names_a_parser_that_exists() -> None:
    assert {rule["parser"] for rule in rules().values() if "parser" in rule} <= set(PARSERS)
    for parse in PARSERS.values():
        parse(Candidate(b"", Span(0, 0), Span(0, 0), {"secret": b""}))


def test_naming_the_parsers_loads_none_of_them() -> None:
    code = "import sys, scanner.detect.parsers; print([m for m in sys.modules if m.startswith('scanner.detect.')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "jwt" not in shown
    assert "keys" not in shown
