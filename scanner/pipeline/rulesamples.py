"""Where a rule's samples are put when they are tried: in a setting, in a document, in code."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.rulepack.sample import grow

SEEDS = range(5)
# A sample without quotes, spaces or assignments is a bare token: it stands in each of these. Others are lines, and bring their own place.
_TOKEN_PLACES = {"a setting": b"TOKEN_VALUE=%s\n", "a document": b"service:\n  value: %s\nnext: 1\n", "code": b'  open_it("%s");\n'}
_LINE_PLACES = {"a file of its own": b"%s", "a document": b"# deploy\n    %s\nREGION=eu\n", "a file with CRLF": b"a: 1\r\n%s\r\nb: 2\r\n"}
_OF_A_LINE = frozenset(b" \"'=:\n")


def bare(sample: bytes) -> bool:
    """Whether a grown sample is a token and nothing else."""
    return _OF_A_LINE.isdisjoint(sample)


def placed(shape: str, seed: int) -> Mapping[str, bytes]:
    """The texts in which a sample stands, by the name of the place; what `grow` raises is raised."""
    sample = grow(shape, seed)
    shapes = _TOKEN_PLACES if bare(sample) else _LINE_PLACES
    return {place: text.replace(b"%s", sample) for place, text in shapes.items()}
