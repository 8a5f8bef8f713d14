"""Private keys, told from public, encrypted and merely mentioned ones by what their body decodes to."""

from __future__ import annotations

import base64
import binascii
import re

from scanner.detect import der, pgp
from scanner.detect.armor import Armor, armored
from scanner.detect.candidate import Candidate
from scanner.model.content import Span
from scanner.model.evidence import Parsed

BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{0,30}?)PRIVATE KEY( BLOCK)?-----")
SHORTEST = 40  # an Ed25519 key has 64
SUBSTANTIAL = 200  # base64 characters of a key that was cut short, which still give most of it away
_OPENSSH = b"openssh-key-v1\0"
_SSH2, _SSH2_LEAST = b"\x3f\x6f\xf9\xeb", 200  # the magic number; bytes of the shortest key
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]{16,}(?:\s{1,40}[A-Za-z0-9+/]{2,}){0,400}={0,2}")
_GAP = rb"[ \t]{0,16}(?:\r?\n|(?:\\r)?\\n)[ \t\r\n]{0,40}"  # the end of a line, as it is or escaped, and the next one's indent
_PPK = re.compile(
    rb"PuTTY-User-Key-File-([23]): ([\w\-@.]{3,64})" + _GAP + rb"Encryption: none" + _GAP + rb"(?:Comment: [^\n\\]{0,200}" + _GAP + rb")?"
    rb"Public-Lines: \d{1,4}" + _GAP + rb"(?:[A-Za-z0-9+/=]{4,128}" + _GAP + rb"){1,100}?Private-Lines: (\d{1,4})" + _GAP
)
_PPK_LINE = re.compile(rb"([A-Za-z0-9+/]{1,128}={0,2})(?:" + _GAP + rb"|\Z)")
_JWK_OBJECT = 8192
_JWK_SECRET = re.compile(rb"\\{0,3}\"(d|k)\\{0,3}\"\s{0,8}:\s{0,8}\\{0,3}\"([A-Za-z0-9_\-]{16,2048})={0,2}\\{0,3}\"")
_JWK_TYPE = re.compile(rb"\\{0,3}\"kty\\{0,3}\"\s{0,8}:\s{0,8}\\{0,3}\"(RSA|EC|OKP|oct)\\{0,3}\"")


def pem(candidate: Candidate) -> Parsed | None:
    """A PEM block, however it was indented, quoted, escaped or commented out; also one whose end is missing."""
    begin = BEGIN.search(candidate.window, candidate.span.start)
    if begin is None or begin.start() > candidate.span.end:
        return None
    label = begin[1].decode().strip()
    body = armored(candidate.window, begin.start(), begin.end())
    found = _private(label, body)
    if found is None:
        return None
    value, parts = found
    return Parsed(body.span, value, parts, Span(begin.start(), body.end))


def _private(label: str, body: Armor) -> tuple[bytes, tuple[tuple[str, str | int], ...]] | None:
    """The decoded key and its type, or None if it is encrypted, empty or no key."""
    long = len(body.text) > SUBSTANTIAL
    if "ENCRYPTED" in label or body.encrypted or len(body.text) < SHORTEST or not (body.closed or long):
        return None
    data = decoded(body.text)
    if data is None:
        return None
    if label.startswith("PGP"):
        return (data, (("type", "PGP"),)) if pgp.unprotected(data) else None
    if data.startswith(_OPENSSH):
        return _openssh(data)
    whole = der.private_key(data)
    if whole is False or (whole is None and not long):
        return None
    algorithm = der.algorithm(data)
    return data, (("type", label or "PKCS8"), *((("algorithm", algorithm),) if algorithm else ()))


def _openssh(data: bytes) -> tuple[bytes, tuple[tuple[str, str | int], ...]] | None:
    """openssh-key-v1: cipher, kdf, options, count, public key; anything but cipher `none` is encrypted."""
    fields = _strings(data, len(_OPENSSH), 3)
    at = len(_OPENSSH) + sum(4 + len(field) for field in fields)
    if len(fields) < 3 or fields[0] != b"none" or at + 16 > len(data):
        return None
    name = b"".join(_strings(data, at + 8, 1))
    parts: tuple[tuple[str, str | int], ...] = (("type", "OPENSSH"),)
    if re.fullmatch(rb"[a-z0-9\-@.]{3,64}", name):
        parts += (("algorithm", name.decode()),)
    return data, parts


def decoded(text: bytes) -> bytes | None:
    """Base64 decoded, a cut or missing tail dropped."""
    text = text.rstrip(b"=")
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def pem_base64(candidate: Candidate) -> Parsed | None:
    """A whole PEM file as base64, on one line or wrapped, as in a Kubernetes Secret's `tls.key`."""
    run = _BASE64_RUN.match(candidate.window, candidate.secret.start)
    data = decoded(b"".join(run[0].split())) if run else None
    begin = BEGIN.search(data) if data else None
    if run is None or data is None or begin is None:
        return None
    found = _private(begin[1].decode().strip(), armored(data, begin.start(), begin.end()))
    return Parsed(Span(run.start(), run.end()), found[0], found[1]) if found else None


def ppk(candidate: Candidate) -> Parsed | None:
    """A PuTTY key file without a passphrase."""
    head = _PPK.match(candidate.window, candidate.span.start)
    if head is None:
        return None
    lines: list[bytes] = []
    at = end = head.end()
    for _ in range(min(int(head[3]), 200)):
        line = _PPK_LINE.match(candidate.window, at)
        if line is None:
            break
        lines.append(line[1])
        at, end = line.end(), line.end(1)
    value = decoded(b"".join(lines))
    if not value or len(value) < 24:
        return None
    return Parsed(Span(head.end(), end), value, (("type", "PuTTY"), ("algorithm", head[2].decode())), Span(head.start(), end))


def ssh2(candidate: Candidate) -> Parsed | None:
    """A key in the format of ssh.com, whose first line says ENCRYPTED even where its cipher is `none`."""
    body = armored(candidate.window, candidate.span.start, candidate.span.end)
    data = decoded(body.text) if body.closed else None
    if data is None or not data.startswith(_SSH2):
        return None
    fields = _strings(data, 8, 2)  # what it is, and the cipher
    if len(fields) < 2 or fields[1] != b"none" or len(data) < _SSH2_LEAST:
        return None
    algorithm = "RSA" if b"rsa" in fields[0] else "DSA"
    return Parsed(body.span, data, (("type", "SSH2"), ("algorithm", algorithm)), Span(candidate.span.start, body.end))


def _strings(data: bytes, at: int, count: int) -> list[bytes]:
    """So many strings of SSH, each behind its length in four bytes; fewer where the data ends."""
    found: list[bytes] = []
    while len(found) < count and at + 4 <= len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : end])
        at = end
    return found


def jwk(candidate: Candidate) -> Parsed | None:
    """A JSON Web Key that holds its private part: `d`, or `k` of a symmetric key."""
    data, at = candidate.window, candidate.secret.start
    start = data.rfind(b"{", 0, at) + 1
    end = data.find(b"}", at)
    end = min(end if end >= 0 else len(data), start + _JWK_OBJECT)
    kind = _JWK_TYPE.search(data, start, end)
    wanted = b"k" if kind and kind[1] == b"oct" else b"d"
    secret = next((m for m in _JWK_SECRET.finditer(data, start, end) if m[1] == wanted), None)
    if kind is None or secret is None:
        return None
    value = decoded(secret[2].translate(bytes.maketrans(b"-_", b"+/")))
    if not value or len(value) < 16 or len(set(value)) < 8:
        return None
    span = Span(min(candidate.span.start, secret.start()), max(candidate.span.end, secret.end()))
    return Parsed(Span(secret.start(2), secret.end(2)), value, (("type", f"JWK {kind[1].decode()}"),), span)
