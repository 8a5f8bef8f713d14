"""Compiled programs as Python and javac make them: their strings, whatever bytes they stand between."""

from __future__ import annotations

import py_compile
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.formats import recognise
from tests.decode.conftest import need
from tests.decode.documents import seen, token, unbroken

ONE, TWO, LONG = token(110), token(111), "x" * 300


@cache
def python() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "app.py"
        lines = [f'KEY = "{ONE}{"/" * (n - 40)}"' for n in (65, 97, 122)]  # lengths that are letters
        path.write_text("\n".join([*lines, f'def f(a="{TWO}\u00fc"): return "{LONG}", b"bytes {ONE}"']), "utf-8")
        py_compile.compile(str(path), str(path) + "c", doraise=True)
        return Path(str(path) + "c").read_bytes()


@cache
def java() -> bytes:
    need("javac")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "App.java"
        text = f'class App {{ static final String DB_PASSWORD = "{ONE}"; long n = 1L << 40; String f() {{ return "\u00fc {TWO}"; }} }}'
        path.write_text(text, "utf-8")
        subprocess.run(["javac", "-encoding", "utf-8", "-d", folder, str(path)], check=True, capture_output=True)
        return (Path(folder) / "App.class").read_bytes()


@pytest.mark.parametrize("data", [b"ab\r\nmore text", b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07", b"a\r\r\nb"])
def test_what_begins_alike_is_left_alone(data: bytes) -> None:
    assert recognise(data) is None


def test_the_strings_of_python_are_read() -> None:
    lines = seen(python()).text.split("\n")
    for length in (65, 97, 122):
        assert ONE + "/" * (length - 40) in lines
    assert f"{TWO}\u00fc" in lines
    assert {LONG, f"bytes {ONE}"} <= set(lines)


def test_the_constants_of_java_have_their_names() -> None:
    found = seen(java())
    assert found.gaps == []
    assert f"DB_PASSWORD: {ONE}\n" in found.text
    assert f"\u00fc {TWO}\n" in found.text


@settings(max_examples=30)
@given(st.sampled_from([python, java]), st.integers(0, 1 << 30), st.integers(0, 20), st.sampled_from([0, 0, 1, 50]))
def test_no_damage_makes_it_fail(made: object, seed: int, flips: int, cut: int) -> None:
    unbroken(made(), seed, flips, cut)  # type: ignore[operator]
