"""What the tests of the engine share."""

from __future__ import annotations

import pytest

from scanner.cli.options import named
from scanner.detect.engine import engine
from scanner.rulepack.load import load
from scanner.shipped import shipped


@pytest.fixture(scope="session")
def search():
    """The hits of all our rules in a text."""
    searcher = engine(load([shipped("rules")], known=named()), None)
    return lambda text: list(searcher.find(text))
