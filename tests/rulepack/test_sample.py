"""Shapes grow into what they say, always the same, and never into what is not a shape."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import RuleError
from scanner.rulepack.sample import CLASSES, GROWERS, WRAPPERS, grow, grower

SEEDS = st.integers(min_value=0, max_value=2**32)


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ("{", "without a name"),
        ("}", "without its"),
        ("{}", "without a name"),
        ("{alnum", "not closed"),
        ("{alnum:5", "not closed"),
        ("{alnum}", "needs a length"),
        ("{alnum:many}", "needs a length"),
        ("{alnum:9-3}", "9 is more than 3"),
        ("{any:5}", "needs letters"),
        ("{b64:{alnum:5}", "not closed"),
        ("{alnumm:5}", "does not grow"),
        ("{jwt:later}", "takes nothing or"),
        ("{b64json:{{oops}}}", "what is not JSON"),
        ("{b64:" * 20 + "x" + "}" * 20, "nested deeper"),
        ("{alnum:99999}{alnum:99999}", "grows beyond"),
    ],
)
def test_what_is_not_a_shape_is_an_error(shape: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        grow(shape, 0)


def test_an_unknown_name_gets_the_nearest_as_a_hint() -> None:
    with pytest.raises(RuleError) as caught:
        grow("{githubtoken}", 0)
    assert caught.value.hint == "did you mean `github-token`?"


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("", ""),
        ("plain = text", "plain = text"),
        ("{{}}", "{}"),
        ("{{{{}}}}", "{{}}"),
        ("{b64:user}", "dXNlcg=="),
        ("{b64:{{}}}", "e30="),
        ("{b64url:~~~?}", "fn5-Pw"),
        ("{hexed:ab}", "6162"),
        ("{url:p@ss/w}", "p%40ss%2Fw"),
        ("{b64:{url:a b}}", "YSUyMGI="),
        ('{b64json:{{"a": {{"b": 1}}}}}', "eyJhIjp7ImIiOjF9fQ=="),
        ("{b64json:user=me,pass=b=c}", base64.b64encode(b'{"user":"me","pass":"b=c"}').decode()),
        ("{any:a:3}", "aaa"),
        ("ü", "ü"),
    ],
)
def test_fixed_shapes(shape: str, text: str) -> None:
    assert grow(shape, 7) == text.encode()


def test_the_same_shape_and_seed_grow_the_same_and_another_seed_grows_another() -> None:
    shape = "{alnum:40} {github-token:ghp_} {jwt} {uuid} {password:16-24}"
    assert grow(shape, 1) == grow(shape, 1)
    assert len({grow(shape, seed) for seed in range(50)}) == 50


@given(name=st.sampled_from(sorted(CLASSES)), low=st.integers(0, 80), more=st.integers(0, 40), seed=SEEDS)
def test_a_class_grows_its_letters_in_its_length(name: str, low: int, more: int, seed: int) -> None:
    text = grow(f"<{{{name}:{low}-{low + more}}}>", seed).decode()
    assert text[0] + text[-1] == "<>"
    assert low <= len(text) - 2 <= low + more
    assert set(text[1:-1]) <= set(CLASSES[name])


@given(size=st.integers(12, 60), seed=SEEDS)
def test_random_letters_have_the_digits_and_letters_of_a_real_secret(size: int, seed: int) -> None:
    for name in ("alnum", "hex", "base64"):
        text = grow(f"{{{name}:{size}}}", seed).decode()
        assert re.search("[0-9]", text)
        assert re.search("[a-z]", text)
        assert not re.search(r"(.)\1\1", text)


@given(size=st.integers(4, 60), seed=SEEDS)
def test_a_password_has_every_kind_and_begins_with_a_letter(size: int, seed: int) -> None:
    text = grow(f"{{password:{size}}}", seed).decode()
    assert len(text) == size
    assert text[0].isalpha()
    assert all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))


@given(shape=st.text(alphabet="{}:ab64-urlxedhn 0123456789", max_size=60), seed=SEEDS)
def test_no_shape_does_anything_but_grow_or_say_what_is_wrong(shape: str, seed: int) -> None:
    try:
        assert isinstance(grow(shape, seed), bytes)
    except RuleError as error:
        assert error.message


def test_a_jwt_has_a_header_with_its_algorithm_and_says_when_it_ends() -> None:
    for shape, low, high in (("{jwt}", 4e9, 5e9), ("{jwt:expired}", 1e9, 1.6e9)):
        header, claims, signature = (base64.urlsafe_b64decode(part + b"==") for part in grow(shape, 3).split(b"."))
        assert json.loads(header)["alg"] == "HS256"
        assert low < json.loads(claims)["exp"] < high
        assert len(signature) == 32


def test_structured_growers_are_in_the_table_when_there_are_any() -> None:
    structured = pytest.importorskip("scanner.rulepack.structured")
    for name in structured.STRUCTURED:
        assert grower(name) is structured.STRUCTURED[name]
    assert not set(structured.STRUCTURED) & (set(WRAPPERS) | set(GROWERS)), "a name has two meanings"
