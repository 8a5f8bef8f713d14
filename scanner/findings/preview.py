"""One printable line that shows a construct without its secret; whatever might be another secret is masked too."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from scanner import canon
from scanner.findings.mask import STARS
from scanner.findings.strength import bits, ordinary
from scanner.model.content import Span

MOST = 120
_SIDE = 50  # characters shown on each side of the secret
_PEM = re.compile(rb"\s{0,99}(-----BEGIN [A-Z0-9 ]{1,40}-----)")
_LINE_END = re.compile(rb"\r|\n|\\n|\\r")
_RANDOM = re.compile(r"[A-Za-z0-9+/=_]{16,}")
_USERINFO = re.compile(r":[^\s/@:]{1,512}@")
_URL_USERINFO = re.compile(r"(?<=:/)/?[^\s/@]{1,512}@")
_ONE_WORD = re.compile(r"[A-Za-z0-9+=]{16,}")  # unlike a path, or a name with hyphens
_RANDOM_BITS = 56
_KEYED = re.compile(
    r"""((?:pass|pwd|secret|token|api.?key|access.?key|credential|auth|sig)[a-z0-9_-]{0,20}["']?\s{0,3}[=:]\s{0,3}["']?)"""
    r"""(?!(?:bearer|basic|token)\b)[^\s"'&;,{}\[\]()*]{1,512}""",
    re.IGNORECASE,
)


def preview(text: bytes, secret: Span, value: bytes, public: bytes = b"") -> str:
    """The construct `text` with its secret as `********` behind its public prefix; at most 120 characters.

    `secret` is relative to the text, `value` the secret decoded. Around the secret nothing is shown that repeats it, looks random, or is
    named like a secret; of several lines, only what stands before the secret on the first.
    """
    pem = _PEM.match(text)
    if pem:
        return f"{pem[1].decode()} {STARS}"
    raw = text[secret.start : secret.end]
    if not raw or secret.end > len(text):
        return STARS
    before, after = text[: secret.start], text[secret.end :]
    lines = _LINE_END.split(before, maxsplit=1)
    if len(lines) > 1:
        return (_tail(_safe(lines[0][-512:], raw, value)) + " " + STARS).strip()
    if _LINE_END.search(raw) or _LINE_END.search(after):
        after = b"" if _LINE_END.search(raw) else _LINE_END.split(after, maxsplit=1)[0]
    if not after and before.endswith((b'"', b"'", b"`")):
        after = before[-1:]  # many rules match up to the closing quote
    shown = public.decode("ascii", "ignore") if public and raw.startswith(public) else ""
    return _tail(_safe(before[-512:], raw, value)) + shown + STARS + _head(_safe(after[:512], raw, value))


def without(text: str, *secrets: bytes) -> str:
    """The text without these secrets, however short; an ordinary word (`app`, `postgres`) only where it stands as a word."""
    for secret in sorted({canon.text(s) for s in secrets if len(s) > 2}, key=lambda s: (-len(s), s)):
        if secret not in text:
            continue
        if ordinary(secret.encode()):
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", STARS, text)
        else:
            text = text.replace(secret, STARS)
    return text


def _safe(context: bytes, raw: bytes, value: bytes) -> str:
    """The construct around its secret, with everything masked that might be a secret as well."""
    if len(value) > 2 and value in unquote_to_bytes(context) and value not in context:
        return ""  # the secret again, written in yet another way
    text = without(canon.text(context), raw, value, unquote_to_bytes(raw))
    text = _USERINFO.sub(f":{STARS}@", text)
    text = _KEYED.sub(rf"\g<1>{STARS}", text)
    return _RANDOM.sub(lambda run: STARS if bits(run[0].encode()) >= 40 else run[0], text)


def guarded(text: str) -> str:
    """A text of our own that names what a person typed, without what could be a secret in it; paths stay readable."""
    text = _URL_USERINFO.sub(f"{STARS}@", text)
    text = _KEYED.sub(rf"\g<1>{STARS}", text)
    return _ONE_WORD.sub(lambda run: STARS if bits(run[0].encode()) >= _RANDOM_BITS else run[0], text)


def _tail(text: str) -> str:
    return text if len(text) <= _SIDE else "…" + text[1 - _SIDE :]


def _head(text: str) -> str:
    return text if len(text) <= _SIDE else text[: _SIDE - 1] + "…"
