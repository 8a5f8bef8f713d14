"""Exports as their vendors write them: the secret of every field is found, in the record and the field where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.pipeline.notescan import NoteScan
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from tests.decode.notes.vendors import VENDORS, Plants


@pytest.fixture(scope="module")
def chosen() -> Settings:
    return Settings(rules(Config()), cachefile.folder())


def _scanned(chosen: Settings, path: Path, data: bytes) -> Scanned:
    path.write_bytes(data)
    done = NoteScan("t1", chosen).run(path, "x", lambda name: None)
    assert done.tally.even and done.tally.coverage().balanced
    return done


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_field_of_a_vendors_export_is_found_where_it_stands(chosen: Settings, tmp_path: Path, vendor: str) -> None:
    name, make = VENDORS[vendor]
    plants = Plants()
    done = _scanned(chosen, tmp_path / name, make(plants))
    found: dict[str, set[tuple[str | None, str | None]]] = {}
    for match in done.matches:
        found.setdefault(match.hit.value.decode(), set()).add((match.origin.record, match.origin.field))
    missed = [place for secret, place in plants.places.items() if place not in found.get(secret, set())]
    assert missed == []
    assert set(found) == set(plants.places)
    assert done.tally.gaps == []


@pytest.mark.parametrize("vendor", ["Jira, XML", "Slack", "Confluence", "Gitea, dump"])
def test_an_export_of_a_vendor_that_ends_too_early_is_told_and_searched(chosen: Settings, tmp_path: Path, vendor: str) -> None:
    name, make = VENDORS[vendor]
    data = make(Plants())
    assert _scanned(chosen, tmp_path / name, data[: len(data) * 3 // 4]).tally.gaps


@pytest.mark.parametrize("encoding", ["nonsense", "utf-7", "base64", "idna"])
def test_xml_in_an_encoding_that_nobody_knows_is_a_gap(chosen: Settings, tmp_path: Path, encoding: str) -> None:
    """One such file ended the whole scan."""
    plants = Plants()
    body = f'<?xml version="1.0" encoding="{encoding}"?><en-export><note><title>{plants(None, None)}</title></note></en-export>'
    done = _scanned(chosen, tmp_path / "a.enex", body.encode())
    assert [gap.reason for gap in done.tally.gaps] == ["unreadable"]
    assert {match.hit.value.decode() for match in done.matches} == set(plants.places)
