"""Where a rule's samples are put when they are tried: in a setting, in a document, in code."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.rulepack.sample import grow

SEEDS = range(5)
# A sample without quotes, spaces or assignments is a bare token: it stands in each of these. Others are lines, and bring their own place.
_TOKEN_PLACES = {"a setting": b"TOKEN_VALUE=%s\n", "a document": b"service:\n  value: %s\nnext: 1\n", "code": b'  open_it("%s");\n'}
_LINE_PLACES = {"a file of its own": b"%s", "a document": b"# deploy\n    %s\nREGION=eu\n", "a file with CRLF": b"a: 1\r\n%s\r\nb: 2\r\n"}
# What no rule may take for a secret where nothing says whose it is.
COMMON: Mapping[str, str] = {
    "a UUID": "{uuid}", "a commit's id": "{hex:40}", "an MD5": "{hex:32}", "a SHA-256": "{hex:64}", "32 bytes in base64": "{base64:43}=",
    "an integrity string": "sha512-{base64:86}==", "a word": "{lower:24}", "a number": "{digit:18}",
}  # fmt: skip
_COMMON_PLACES = b'id: %s\n  "id": "%s",\n  open_it("%s");\nhttps://files.example.org/%s\n%s  archive.tar.gz\n'
_OF_A_LINE = frozenset(b" \"'=:\n")


def bare(sample: bytes) -> bool:
    """Whether a grown sample is a token and nothing else."""
    return _OF_A_LINE.isdisjoint(sample)


def common(shape: str, seed: int) -> bytes:
    """A text in which a common value stands as such values do."""
    return _COMMON_PLACES.replace(b"%s", grow(shape, seed))


def placed(shape: str, seed: int) -> Mapping[str, bytes]:
    """The texts in which a sample stands, by the name of the place; what `grow` raises is raised."""
    sample = grow(shape, seed)
    shapes = _TOKEN_PLACES if bare(sample) else _LINE_PLACES
    return {place: text.replace(b"%s", sample) for place, text in shapes.items()}
