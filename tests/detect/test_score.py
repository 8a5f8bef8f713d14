"""The learned score: what it says, that its file fits, and that it never stumbles."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.assignment import read
from scanner.detect.credential import unlikely
from scanner.detect.score import model, parse, score
from scanner.detect.traits import WIDTHS, traits
from scanner.rulepack.sample import grow

QUIET = [
    ('password = "', "changeme"), ('"password": "', "Passwort vergessen?"), ('password = "', "string"), ('api_key = "', "YOUR_API_KEY"),
    ('token = "', "next_token"), ('secret_name = "', "my-app-credentials"), ('"password": "', "Введите пароль"),
    ('public_key = "', "{base64:40}"),
    ('password_field = "', "password"), ('auth_url = "', "https://login.acme-corp.dev/oauth"),
]  # fmt: skip
LOUD = [
    ('password = "', "{alnum:12}"), ('db_password: "', "{password:14}"), ('client_secret = "', "{alnum:32}"), ('"apiKey": "', "{hex:32}"),
    ('AUTH_TOKEN="', "{base64url:40}"), ('passwd = "', "{lower:11}"), ('secretKey = "', "{base64:44}"),
]  # fmt: skip


def found(before: str, value: str):
    line = (before + value + '",\n').encode()
    return read(line, 0 if before[0] != '"' else 1, len(before.encode()))


@pytest.mark.parametrize(("before", "shape"), QUIET)
def test_what_stands_where_a_secret_would_is_unlikely(before, shape):
    scores = [score(found(before, grow(shape, seed).decode())) for seed in range(8)]
    assert sorted(scores)[4] < 0.4


@pytest.mark.parametrize(("before", "shape"), LOUD)
def test_a_secret_is_likely(before, shape):
    scores = [score(found(before, grow(shape, seed).decode())) for seed in range(8)]
    assert sorted(scores)[4] > 0.6


@given(
    st.binary(min_size=1, max_size=120).filter(lambda data: b"\n" not in data and b"\r" not in data),
    st.sampled_from(["password", "x", "API_KEY"]),
)
def test_whatever_the_value_every_trait_stays_within_its_width(value, name):
    line = name.encode() + b" = " + value
    one = read(line, 0, len(name) + 3)
    if one is None:
        return
    values = traits(one, model().letters)
    assert len(values) == len(WIDTHS)
    assert all(0 <= number < width for number, width in zip(values, WIDTHS.values(), strict=True))
    assert 0 <= score(one) <= 1


@pytest.mark.parametrize(
    "shape", ["$2a$10${alnum:53}", "$6${alnum:8}${alnum:40}", "0x{hex:4}", "getPassword(user)", "***", "{nkey:U}", "abc"]
)
def test_what_is_plainly_none_costs_no_score(shape):
    assert unlikely(grow(shape, 2))


def test_a_file_of_another_version_is_refused():
    document = json.loads((files("scanner.detect") / "score.json").read_bytes())
    for change in ({"format": "leakseal.score/v2"}, {"traits": {"size": 3}}):
        with pytest.raises(ValueError, match="does not fit"):
            parse(json.dumps({**document, **change}).encode())


def test_the_file_is_small():
    assert len((files("scanner.detect") / "score.json").read_bytes()) < 64 << 10
