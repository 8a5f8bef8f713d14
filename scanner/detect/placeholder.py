"""Values that only stand where a secret would: templates, masks, examples, sequences."""

from __future__ import annotations

import re

from scanner.detect.words import LONGEST, entropy, runs

_NOTHING_WORDS = (
    "null none nil nan true false yes no on off undefined empty unset unknown default n/a na tbd todo fixme xxx s3cr3t p@ssw0rd p@ssword"
    " passw0rd pa$$word pa$$w0rd pa55word letmein changeit optional required string str int bool"
)
_NOTHING = frozenset(_NOTHING_WORDS.split())
# Each alternative is anchored or a few bytes long, so that the search stays linear.
_TEMPLATE = re.compile(
    r"\A(?:\$[({\[]|\{\{|<%|#\{|\\\()"
    r"|\$\{\{? ?\w|\{\{[- ]{0,3}[.$]?\w|\w[- ]{0,3}\}\}\Z|\$\(\w{2}|#\{\w|%\(\w{1,64}\)|<%[= ]|\benc\[|\benc\("
    r"|\[(?:redacted|masked|secret|hidden|filtered|removed|password|token)"
    r"|\{[a-z_][\w.-]{0,64}(?:[:!][^{}\s]{0,99})?\}"  # {name}, {name:32}: filled in when it runs
    r"|\A<[^<>]*>\Z|\A\[[a-z _-]*\]\Z|\A%[sdvq@]\Z|:%[sdv]\Z|\A%[a-z_][a-z_0-9]*%\Z|\A@[a-z_]+@\Z|\A__[a-z_]+__\Z"
    r"|\A\$[a-z_]+\Z|\A!(?:vault|secret|ref|sub|getatt|env)\b|\A(?:vault|ssm|sops|awssm|keyvault):|\A(?:secret|env|op)://|\Axox[a-z]-\.{2}"
)
_ENV = re.compile(r"\A\$[A-Z_][A-Z0-9_]*\Z")
# The last two are an ellipsis and two bullets in UTF-8, seen as Latin-1.
_MASK = re.compile(r"\*{3}|x{5}|\.{3}|#{4}|_{4}|\?{3}|%{4}|~{4}|\xe2\x80\xa6|(?:\xe2\x80\xa2){2}")
_LOUD = re.compile(
    r"change[-_. ]?(?:me|it|this|in)|place[-_]?holder|redacted|dummy|example|replace[-_. ]?(?:me|this|with)|lorem|ipsum"
    r"|not[-_. ]?(?:a[-_. ]?)?real|do[-_]?not[-_]?use|dont[-_]?use|insert[-_. ]"
    r"|[-_. ]here\b|\byour[-_. ]|(?<![a-z])your?(?=password|pass|secret|token|key|api|own)"
    r"|(?<![a-z])(?:fake|todo|fixme|mock|mocked|your|masked|hidden|invalid|removed|sanitized|censored)(?![a-z])|beispiel|platzhalter"
)
# One of these stands in whatever _LOUD finds; looking for them first is ten times quicker.
_STEMS_TEXT = (
    "change place redacted dummy example replace lorem ipsum not do dont insert here you fake todo fixme mock masked hidden invalid removed"
    " sanitized censored beispiel platzhalter"
)
_STEMS = tuple(_STEMS_TEXT.split())
_SOFT = re.compile(
    r"passwords?|passwort|passphrase|passwd|pass|pwd|secrets?|geheim|tokens?|api|keys?|test(?:ing|er|s)?|demo|sample|foobar|foo|bar|baz|qux"
    r"|my|mine|some|any|super|very|here|this|that|the|user(?:name)?|login|value|string|default|credentials?|auth|access|private|public|client"
    r"|account|basic|bearer|random|temp|strong|good|bad|fake|mock|null|none|hello|world|abc|is|deadbeef|cafebabe|a(?=[-_ ])"
)
_SEPARATORS = re.compile(r"[-_. ]+")
_SHORT = 4
_WORDY = 80  # longer values are not made of filler words alone
_REAL = 16
_REAL_BITS = 3.3


def placeholder(value: bytes) -> bool:
    """Is this no secret but a mask, a template, an example or a sequence?"""
    original = value[:LONGEST].decode("latin-1").strip("\"'` \t")
    text = original.lower()
    if not text or text in _NOTHING or _ENV.match(original):
        return True
    if _TEMPLATE.search(text) or _MASK.search(text) or _repeats(text):
        return True
    if any(stem in text for stem in _STEMS) and _LOUD.search(text) and ("EXAMPLE" in original or not _random(_LOUD.sub("", text))):
        return True
    rest = _without_runs(text)
    if len(rest) > _WORDY:
        return False
    rest = _SEPARATORS.sub("", _SOFT.sub("", rest))
    return len(rest) < _SHORT and len(rest) < len(text)


def _random(text: str) -> bool:
    """Is what is left long and mixed enough to be a secret of its own?"""
    rest = _SEPARATORS.sub("", _without_runs(text)).encode("latin-1", "replace")
    return len(rest) >= _REAL and any(48 <= c <= 57 for c in rest) and entropy(rest) >= _REAL_BITS


def _repeats(text: str) -> bool:
    """One or two characters only, one that fills half, or a short unit over and over."""
    size = len(text)
    if size < _SHORT:
        return size == text.count(text[0])
    most = max(map(text.count, set(text)))
    if len(set(text)) <= 2 or (size >= 6 and most * 5 >= size * 3):
        return True
    period = (text + text).find(text, 1)
    return period * 3 <= size or (period <= 4 and period < size)


def _without_runs(text: str) -> str:
    kept, at = "", 0
    for start, end in runs(text):
        kept += text[at:start]
        at = end
    return kept + text[at:]
