"""Is what stands under a key of a Secret a secret? Half of it is user names, addresses, certificates and settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanner import examples
from scanner.detect.kubernetes import content
from scanner.detect.password import is_secret_password
from scanner.detect.spoken import spoken
from scanner.detect.words import strength

_CAMEL = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])")
_SECRET_KEY = re.compile(
    rb"pass(?:word|wd|phrase|code)?|passwort|pwd|(?:^|-)pw\b|secret|token|cred|(?<![a-z])auth(?!or)|key(?!space|cloak|stone)|private|cookie|salt"
    rb"|pepper|signing|license|(?:^|-)(?:psk|pin|pat|sas|dsn|hmac|jwt|otp|seed)\b|mnemonic|bearer|webhook|conn(?:ection)?-?str|kubeconfig"
)
_PLAIN_KEY = re.compile(
    rb"(?:^|-)(?:user|username|login|e?-?mail|from|to|host|hostname|hosts|port|name|ids?|client-?id|uuid|ur[il]s?|endpoints?|addr|address|path|file"
    rb"|filename|dir|folder|type|kind|mode|method|region|zone|bucket|database|db|dbname|schema|realm|issuer|audience|scopes?|ttl|expiry|expires"
    rb"|expiration|length|size|algorithm|alg|enabled?|disabled?|version|level|namespace|provider|domain|server|protocol|scheme|driver|timeout|interval"
    rb"|count|locale|timezone|tz|language|account|organi[sz]ation|org|tenant|project|groups?|roles?|policy|public|description|ca|crt|cert|certificate"
    rb"|pub|fingerprint|thumbprint|kid|fqdn|mechanisms?|key-?\d{1,2}|(?:host|user|app|client|key|tenant|account|project|org)id|mtime|date|time|url-?prefix|registry|repository|repo|branch|environment|env|release)\Z"
)
_NOTHING = re.compile(
    rb"(?i)(?:\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,18}(?:Z|[+-]\d\d:?\d\d)?)?"
    rb"|true|false|yes|no|on|off|null|none|nil|enabled|disabled|default|info|debug|warn|error"
    rb"|[-+]?\d{1,4}|\d+(?:\.\d+)?(?:ms|[smhdwy]|[kmgt]i?b?))\Z"
)
_HOST = (
    rb"[A-Za-z][A-Za-z0-9-]{0,62}:\d{2,5}"
    rb"|(?:[A-Za-z0-9_*](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.){1,8}(?:[A-Za-z]{2,24}|\d{1,3})(?::\d{1,5})?"
)
_ADDRESS = re.compile(
    rb"(?:" + _HOST + rb")(?:,(?:" + _HOST + rb")){0,16}\.?\Z"
    rb"|[A-Za-z][A-Za-z0-9+.-]{1,30}:(?://)?[^\s@]*\Z"  # an address without a login, urn:x:y
    rb"|(?:[\w.+-]{1,64}@)(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\Z"
    rb"|(?:/|\./|~/)[\w./@-]*\Z|[A-Za-z]:\\[\w.\\ -]*\Z|\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\Z|[0-9a-f:]*::[0-9a-f:/]*\Z"
    rb"|v?\d+(?:\.\d+){1,3}(?:-[\w.]{1,24})?\Z"
)
_TEMPLATED = re.compile(
    rb"\(\([\w./-]{1,80}\)\)|@@\w{1,60}@@|__[A-Z_]{3,60}__|\A%[\w-]{1,60}%\Z|\A~[\w-]{1,60}~\Z|\Abase64(?:encoded)?[-_ ]|\A\[\[|\]\]\Z"
    rb"|<[a-z][\w -]{2,40}>"
    rb"|\A`|\A[\"'] ?\+|\+ ?[`\"']\Z|\A\*\*[^*]*\*\*\Z|(?:\A|[-_ ])x{3,}\Z|\A(?-i:[A-Z]{2,24}(?:_[A-Z0-9]{2,24}){1,8})\Z",
    re.IGNORECASE,
)
_HASH = re.compile(
    rb"(?:[\w.@-]{1,64}:)?"
    rb"(?:\$apr1\$|\$2[abxy]?\$|\$[156y]\$|\$argon2|\{SHA\}|\{SSHA\}|\$pbkdf2|SCRAM-SHA-\d+\$|md5[0-9a-f]{32}\Z)"
)
# A UUID, a path.
_NAMED = re.compile(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z|[a-z][a-z0-9_.-]*(?:/[a-z][a-z0-9_.-]*){2,}\Z")
_WEAK, _STRONG, _DRAWN = 25.0, 40.0, 52.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """That a value is a secret: what of it to remember, what it holds, and how sure that is."""

    value: bytes = field(repr=False)
    confidence: float
    parts: tuple[tuple[str, str | int], ...] = ()
    severity: str | None = None


def judged(key: bytes, value: bytes) -> Verdict | None:
    """What a decoded value of a Secret is, or None if it is no secret."""
    value = value.strip(b" \t\r\n")
    if not value or key.startswith(b".docker"):  # pull secrets have rules of their own
        return None
    name = _CAMEL.sub(b"-", key).lower().translate(bytes.maketrans(b"_./ ", b"----"))
    plain = _PLAIN_KEY.search(name) is not None
    told = not plain and _SECRET_KEY.search(name) is not None
    if not content.is_text(value):
        return _of_bytes(name, value, told)
    if content.public(value):
        return None
    if found := content.holds(value):
        return Verdict(found.value, found.confidence, found.parts)
    if value.startswith(b"-----BEGIN "):
        return None  # encrypted, or cut out
    if plain or b"\n" in value or value[:1] in b"{[<" or content.is_document(value):
        return None  # a user's name, an address, or a file in which nothing was found
    return _of_word(value, told)


def _of_word(value: bytes, told: bool) -> Verdict | None:
    """A single value, under a key that is called a secret or not."""
    if examples.known(value):
        return Verdict(value, 0.9)
    if _NOTHING.match(value) or _TEMPLATED.search(value) or spoken(value):
        return None
    if _HASH.match(value):
        return Verdict(value, 0.8, (("holds", "password hash"),), "low")
    if not is_secret_password(value):
        return None
    if _ADDRESS.match(value) and (not told or b"/" in value or b"@" in value):
        return None
    bits = strength(value)
    if told:
        return Verdict(value, 0.95 if bits >= _STRONG else 0.85 if bits >= _WEAK else 0.7)
    drawn = bits >= _DRAWN and b" " not in value and not _NAMED.match(value) and any(48 <= c <= 57 for c in value)
    return Verdict(value, 0.6) if drawn else None


def _of_bytes(name: bytes, value: bytes, told: bool) -> Verdict | None:
    """What is no text: a key store, or a key as it was drawn."""
    if content.is_keystore(value):
        return None if b"trust" in name else Verdict(value, 0.9, (("holds", "key store"),))
    if content.is_certificate(value) or content.is_packed(value):
        return None
    return Verdict(value, 0.8, (("holds", "bytes"),)) if told and len(value) >= 8 else None
