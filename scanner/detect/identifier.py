"""Values that are code, a name, a type or a path rather than a secret."""

from __future__ import annotations

import re

from scanner.detect.words import LONGEST, wordlike

_CALL = re.compile(r"[$&*]?([A-Za-z_][\w.:]{2,})(?:->\w+)?\((?:[^)].*\)[;,]?|\)[;,]?)?\Z", re.S)
_INDEX = re.compile(r"[A-Za-z_$][\w$.]*\[[\"'\w$.]*\]?[\"']?\]?[;,]?\Z")
_TYPE = re.compile(r"[A-Za-z_][\w.:]*[<\[][\w\s,.:<>\[\]|?&*]*[>\]]\??\Z")
_MEMBER = re.compile(r"[$@&*]?[A-Za-z_]\w*(?:(?:\.|->|::|\?\.)[A-Za-z_]\w*)+[;,]?\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^@]*\Z")
_ARROW = re.compile(r"->|\?\.|::")
_SHAPE = re.compile(r"[$@&*~]?[A-Za-z0-9_./:\\-]+\Z")
_BREAKS = re.compile(r"[_./:\\$@&*~-]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|[0-9]+")
_DIGITS = 2
_USUAL = 2.7  # letters a word; less is random case: kQzWbT
_KEBAB_WORDS = 3  # more words with hyphens are a passphrase


def identifier(value: bytes) -> bool:
    """Is this a name, a path, a call, a type or an address without credentials?"""
    text = value[:LONGEST].decode("latin-1").strip()
    if not text:
        return True
    call = _CALL.match(text)
    if call and all(map(wordlike, _CAMEL.findall(call[1]))):
        return True
    if _INDEX.match(text) or _TYPE.match(text) or _URL.match(text):
        return True
    if _MEMBER.match(text):
        text = _ARROW.sub(".", text).rstrip(";,")
    if not _SHAPE.match(text) or text.strip("-").count("-") >= _KEBAB_WORDS:
        return False
    return _names([chunk for chunk in _BREAKS.split(text) if chunk])


def _names(chunks: list[str]) -> bool:
    """Words in camelCase, in all at most two digits, and those only where there are several names."""
    parts = [part for chunk in chunks for part in _CAMEL.findall(chunk)]
    letters = [part for part in parts if part.isalpha()]
    digits = sum(len(part) for part in parts if part.isdigit())
    if not letters or digits > (_DIGITS if len(chunks) > 1 else 0):
        return False
    if len(letters) > 2 and sum(map(len, letters)) < _USUAL * len(letters):
        return False
    return all(map(wordlike, letters))
