"""A text with a password in it, through the real engine with the shipped rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from scanner import shipped
from scanner.detect.checks import CHECKS, flaw
from scanner.detect.engine import Engine, engine
from scanner.detect.parsers import PARSERS
from scanner.model.evidence import Hit
from scanner.pipeline.examine import hits
from scanner.rulepack.load import Known, load
from scanner.rulepack.sample import grow

PLACE = "¤"  # where a row wants the password; grown when the test runs, so that no file holds one
ROW = "row"  # an id for table rows: a test's name never holds a secret
Row = tuple[str, str, str]  # rule, text, and its scheme, user, host, port and database with blanks between; `-` for none
PARTS = ("scheme", "user", "host", "port", "database")


@cache
def searcher() -> Engine:
    return engine(load([shipped.shipped("rules")], known=Known(CHECKS, PARSERS, flaw)), None)


def found(text: str | bytes) -> tuple[Hit, ...]:
    """Everything that any rule finds."""
    return hits(searcher(), text.encode() if isinstance(text, str) else text)


def ours(text: str) -> list[str]:
    """The rules about data source names, clients and HTTP that find something; what is only called a password is another matter."""
    return [hit.rule.id for hit in found(text) if Path(hit.rule.file).name.startswith(("dsn-", "http."))]


Told = list[tuple[str, dict[str, str | int], bool]]  # rule, parts, and whether the secret is the password


def told(text: str, password: str) -> Told:
    """What is found in a row's text; nothing in it may be shown but the password's place."""
    data = text.replace(PLACE, password).encode()
    secrets = ((hit, data[hit.secret.start : hit.secret.end].decode()) for hit in found(data))
    return [(hit.rule.id, dict(hit.parts), secret == password == hit.value.decode()) for hit, secret in secrets]


def expected(row: Row) -> Told:
    """Exactly one finding: of this rule, with these parts, and its secret is the password from its first to its last byte."""
    rule, _, parts = row
    pairs = zip(PARTS, parts.split(), strict=False)
    return [(rule, {name: int(value) if name == "port" else value for name, value in pairs if value != "-"}, True)]


def grown(seed: int) -> str:
    """A password without signs that any syntax would have to encode."""
    return grow("{alnum:15}7", seed).decode()
