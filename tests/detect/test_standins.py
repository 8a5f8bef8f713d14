"""Values that stand in for a secret, and names of keys that open nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner import examples
from scanner.rulepack.sample import grow
from scanner.shipped import shipped

QUIET = [
    "SNYK_TOKEN=12345678-1234-1234-1234-123456789abc",
    "MAILTRAP_API_TOKEN=0123456789abcdef0123456789abcdef",
    'secret_key = "0123456789ABCDEF0123456789ABCDEF"',
    'token: "hvb.AAAAAQ{base64url:140}7"',
    'f"access_token=EAAC{digits:>170}"',
    "WHATSAPP_TOKEN=EAAC{alnum:170}",
    "git clone https://{token:40}@git.corp.lan/team/app.git",
    "https://{token:40}:x-oauth-basic@git.corp.lan/team/app",
    "DATABASE_URL=postgresql://app:{password:14-20}@pg.corp.lan/app",
]
FOUND_BY = '<OSPropertyEntry id="10000" propertyKey="LAST_RUN_{hex:12}" type="5"/>', '"@propertyKey": "{hex:31}7",', "pluginKey={alnum:31}7"
LOUD = [
    ('client_secret = "{alnum:23}7"', "{alnum:23}7"),
    ('consumerKey = "{alnum:31}7"', "{alnum:31}7"),
    ("API_TOKEN=1234{alnum:27}7", "1234{alnum:27}7"),
    ("git clone https://deploy:{alnum:23}7@git.corp.lan/team/app.git", "{alnum:23}7"),
]


@pytest.mark.parametrize("line", QUIET)
def test_what_stands_in_for_a_secret_is_none(search, line: str) -> None:
    assert [hit.rule.id for hit in search(line.encode())] == []


@pytest.mark.parametrize("shape", FOUND_BY)
def test_a_key_by_which_something_is_found_is_none(search, shape: str) -> None:
    assert [hit.rule.id for seed in range(8) for hit in search(grow(shape, seed))] == []


@pytest.mark.parametrize(("shape", "secret"), LOUD)
def test_a_secret_is_found(search, shape: str, secret: str) -> None:
    (found,) = search(grow(shape, 7))
    assert len(found.value) == len(grow(secret, 7))


@pytest.mark.parametrize("pack", sorted(Path(shipped("rules")).rglob("*.yaml")), ids=lambda pack: pack.stem)
def test_our_own_rules_find_nothing_in_our_own_packs(search, pack: Path) -> None:
    seen = [(hit.rule.id, hit.span.start) for hit in search(pack.read_bytes()) if not examples.known(hit.value)]
    assert seen == []
