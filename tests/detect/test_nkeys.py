"""NATS keys: seeds are found, public keys are not, a wrong checksum makes less sure."""

from __future__ import annotations

import pytest

from scanner.detect.nkeys import genuine, public
from scanner.rulepack.sample import grow


@pytest.mark.parametrize("role", "ACNOUX")
def test_a_public_key_is_no_secret(role, search):
    key = grow(f"{{nkey:{role}}}", 3)
    assert public(key)
    assert search(b'nkey = "' + key + b'"') == []


def test_a_seed_is_found_with_its_role(search):
    (hit,) = search(b"seed: " + grow("{nkey:SA}", 1))
    assert (hit.rule.id, hit.parts, hit.severity) == ("nats-nkey-seed", (("role", "account"),), None)


def test_a_seed_with_a_wrong_checksum_is_less_sure(search):
    seed = grow("{nkey:SU}", 1)
    broken = seed[:20] + (b"A" if seed[20:21] != b"A" else b"B") + seed[21:]
    assert not genuine(broken)
    (hit,) = search(b"seed: " + broken)
    assert (hit.severity, hit.confidence) == ("medium", 0.6)
