"""What a value holds that is more than a word: an address with a login, a key, a token, a file with a password in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import unbase64
from scanner.detect.parsers import PARSERS
from scanner.detect.password import is_secret_password
from scanner.detect.placeholder import placeholder
from scanner.detect.words import strength
from scanner.model.content import Span

Parts = tuple[tuple[str, str | int], ...]

_MOST = 65536
_PRIVATE = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[23]:|AGE-SECRET-KEY-1"
    rb"|LS0tLS1CRUdJTiB(?:SU0Eg|FQyBQ|EU0Eg|PUEVO|QR1Ag|QUklW)"  # base64 of the first, as in a kubeconfig
)
_BODY = re.compile(rb"[A-Za-z0-9+/]{40}")  # of a line; what was cut out has none
_ENCRYPTED = re.compile(rb"ENCRYPTED|Encryption: aes|LS0tLS1CRUdJTiBFTkNSWVBURUQ")
_PUBLIC = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?(?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|CRL|DH PARAMETERS|EC PARAMETERS|PGP PUBLIC KEY BLOCK)"
)
_PUBLIC_LINE = re.compile(rb"(?:[^\s]{1,255} )?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-[\w-]{1,24}|sk-(?:ssh|ecdsa)-[\w@.-]{1,40}) AAAA")
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{1,30}://(?=[^\s/?#@\"']{0,128}:[^\s@\"']{1,256}@|[^\s\"']{0,256}[?&;](?:password|passwd|pwd)=)")
_JDBC = re.compile(rb"jdbc:[a-z0-9:-]{2,40}(?=[^\s\"']{3})")
_TOKENS = (
    ("GitHub token", re.compile(rb"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})")),
    ("GitLab token", re.compile(rb"\bgl(?:pat|dt|rt|cbt|ptt|ft|oas|soat)-[0-9A-Za-z_\-]{20,}")),
    ("Slack token", re.compile(rb"\bxox[abeoprs]-[0-9A-Za-z-]{20,}|\bxapp-[0-9]-[0-9A-Za-z-]{20,}")),
    ("Slack webhook", re.compile(rb"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,}")),
    ("AWS secret", re.compile(rb"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s{0,4}[=:]\s{0,4}[\"']?[A-Za-z0-9/+]{40}\b")),
    ("Google API key", re.compile(rb"\bAIza[0-9A-Za-z_\-]{35}\b")),
    ("npm token", re.compile(rb"\bnpm_[0-9A-Za-z]{36}\b")),
    ("PyPI token", re.compile(rb"\bpypi-AgE[0-9A-Za-z_\-]{60,}")),
    ("Docker Hub token", re.compile(rb"\bdckr_[po]at_[0-9A-Za-z_\-]{27,}")),
    ("Stripe key", re.compile(rb"\b[rs]k_live_[0-9A-Za-z]{20,}")),
    ("SendGrid key", re.compile(rb"\bSG\.[0-9A-Za-z_\-]{22}\.[0-9A-Za-z_\-]{43}")),
    ("HashiCorp Vault token", re.compile(rb"\bhv[sbr]\.[0-9A-Za-z_\-]{24,}")),
    ("JSON Web Token", re.compile(rb"\beyJ[0-9A-Za-z_\-]{10,}\.eyJ[0-9A-Za-z_\-]{10,}\.[0-9A-Za-z_\-]{20,}")),
)
_SETTING = re.compile(
    rb"(?i)(?:^|[\s\"'<{,;])([\w.\-]{0,40}(?:password|passwd|passphrase|pwd|secret|token|api[_\-]?key|access[_\-]?key|private[_\-]?key)[\w\-]{0,12})"
    rb"[\"']?[ \t]{0,8}[:=>][ \t]{0,8}[\"']?([^\s\"'<>,;{}\[\]]{6,200})"
)
_NOT_SETTING = re.compile(rb"(?i)(?:file|path|url|name|type|id|ttl|expiry|length|policy|enabled?|dir|ref|uri|endpoint|method|header)\Z")
_DOCUMENT = re.compile(rb"(?:[\w.-]{1,64}[=:][^\s;,]{0,200}[;, ]){3}")
_CERTIFICATE = re.compile(rb"\x30\x82..\x30\x82..\xa0\x03\x02\x01\x02", re.DOTALL)
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"BZh", b"\xfd7zXZ", b"%PDF", b"\x28\xb5\x2f\xfd")
_WEAKEST = 18.0


@dataclass(frozen=True, slots=True)
class Held:
    """A secret inside a value, and what may be shown of it."""

    value: bytes = field(repr=False)
    parts: Parts
    confidence: float = 0.9


def is_text(value: bytes) -> bool:
    """UTF-8 that a person could have typed."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\r\n\t" for c in text)


def holds(value: bytes) -> Held | None:
    """The first secret of a kind that proves itself."""
    value = value[:_MOST]
    if key := _PRIVATE.search(value):
        snipped = _BODY.search(value, key.end(), key.end() + 600) is None
        return None if snipped or _ENCRYPTED.search(value, key.start()) else Held(value, (("holds", "private key"),), 0.97)
    if login := _login(value):
        return login
    for name, pattern in _TOKENS:
        if (token := pattern.search(value)) and not placeholder(token[0]):
            return Held(token[0], (("holds", name),), 0.95)
    return _setting(value) if b"\n" in value or value[:1] == b"{" or is_document(value) else None


def _login(value: bytes) -> Held | None:
    """An address with a password."""
    for parser, pattern in (("jdbc", _JDBC), ("url", _URL)):
        for number, start in enumerate(pattern.finditer(value)):
            whole = Span(start.start(), len(value))
            read = PARSERS[parser](Candidate(value, whole, whole, {"secret": value}))
            if read is not None and not isinstance(read, tuple):
                return Held(read.value, read.parts, 0.95)
            if number >= 16:
                break
    return None


def _setting(value: bytes) -> Held | None:
    """A setting of a file that is called a password and has a value of its own."""
    for number, found in enumerate(_SETTING.finditer(value)):
        name, said = found[1], found[2]
        if not _NOT_SETTING.search(name) and is_secret_password(said) and not placeholder(said) and strength(said) >= _WEAKEST:
            decoded = unbase64(said)
            if decoded is None or not is_text(decoded) or is_secret_password(decoded):
                return Held(said, (("holds", "file"),), 0.8)
        if number >= 200:
            break
    return None


def is_document(value: bytes) -> bool:
    """Several settings on one line."""
    return b"{" in value[:1] or _DOCUMENT.match(value) is not None


def public(value: bytes) -> bool:
    """Certificates and public keys, and nothing private beside them."""
    if _PUBLIC_LINE.match(value):
        return True
    return _PUBLIC.search(value[:_MOST]) is not None and not _PRIVATE.search(value[:_MOST])


def is_keystore(value: bytes) -> bool:
    """JKS, or PKCS #12."""
    pkcs12 = value[:1] == b"\x30" and b"\x02\x01\x03\x30" in value[:12]
    return value.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")) or pkcs12


def is_certificate(value: bytes) -> bool:
    """An X.509 certificate in DER."""
    return _CERTIFICATE.match(value) is not None


def is_packed(value: bytes) -> bool:
    """An archive or a picture."""
    return value.startswith(_PACKED)
