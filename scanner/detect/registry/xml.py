"""Logins in XML: Maven's settings, NuGet's configuration, Ivy's settings."""

from __future__ import annotations

import re
from html import unescape

from scanner.detect.candidate import Candidate
from scanner.detect.registry.told import told
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_OWNERS = (b"server", b"proxy", b"auth", b"repository")
_CHILD = re.compile(rb"<([A-Za-z][\w.]{0,40})>(?:\s*<!\[CDATA\[([^\]<]{0,4096})\]\]>\s*|([^<]{0,4096}))</")
_ENCRYPTED = re.compile(rb"[^{}]{0,200}\{[A-Za-z0-9+/=]{16,}\}|\{\[")  # as `mvn --encrypt-password` writes it, perhaps behind a comment
_ADD = re.compile(rb"<add\s+key\s*=\s*[\"']([^\"'<>]{1,80})[\"']\s+value\s*=\s*(?:\"([^\"<>]{0,1024})\"|'([^'<>]{0,1024})')", re.IGNORECASE)
_REPOSITORY = rb"<id>%b</id>(?:(?!</repository>|</mirror>|</server>)[^\0]){0,400}?<url>(https?://[^\s<@]{1,300})"
_TAG = re.compile(rb"<([\w.\-]{1,200})\s*>")
_SOURCE = rb"<add\s+key\s*=\s*\"%b\"\s+value\s*=\s*\"([^\"]{1,500})\""
_ATTRIBUTE = re.compile(rb"\b(host|realm|username|passwd)\s*=\s*(?:\"([^\"<>]{0,512})\"|'([^'<>]{0,512})')")
_HEXED = re.compile(rb"_x([0-9A-Fa-f]{4})_")


def _plain(text: bytes) -> bytes:
    return unescape(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def maven(candidate: Candidate) -> Parsed | None:
    """`<server><id>nexus</id><username>…</username><password>…</password></server>`; `{…}` is encrypted."""
    data, at = candidate.window, candidate.secret.start
    opened, owner = max((data.rfind(b"<" + name + b">", 0, at), name) for name in _OWNERS)
    if opened < 0 or data.find(b"</" + owner + b">", opened, at) >= 0:
        return None
    end = data.find(b"</" + owner + b">", at)
    children = list(_CHILD.finditer(data, opened, end if end >= 0 else len(data)))
    secret = next((child for child in children if child.start() <= at <= child.end()), None)
    if secret is None or _ENCRYPTED.match(_text(secret)):
        return None
    said = {child[1]: _text(child) for child in children if _text(child) and b"${" not in _text(child)}
    place = said.get(b"host") or said.get(b"url") or _address(data, said.get(b"id")) or said.get(b"id")
    first = secret.start(2 if secret[2] is not None else 3)
    first += len(data[first : secret.end()]) - len(data[first : secret.end()].lstrip())
    text = _text(secret)
    value = text if secret[2] is not None else _plain(text)
    return told(value, Span(first, first + len(text)), Span(secret.start(), secret.end()), place, said.get(b"username"))


def _text(child: re.Match[bytes]) -> bytes:
    return (child[2] if child[2] is not None else child[3]).strip()


def _address(data: bytes, name: bytes | None) -> bytes | None:
    """The address of the repository that has the server's id, if it is not far."""
    if not name:
        return None
    beside = re.search(_REPOSITORY % re.escape(name), data)
    return beside[1] if beside else None


def nuget(candidate: Candidate) -> Parsed | None:
    """`packageSourceCredentials` of a NuGet.config: ClearTextPassword; what is called Password there is encrypted."""
    data, at = candidate.window, candidate.span.start
    start = max(0, data.rfind(b"</", 0, at))
    source = next((tag for tag in reversed(list(_TAG.finditer(data, start, at)))), None)
    end = data.find(b"</", at)
    secret, user = None, None
    for pair in _ADD.finditer(data, source.end() if source else start, end if end >= 0 else len(data)):
        group = 2 if pair[2] is not None else 3
        if pair[1].lower() == b"cleartextpassword":
            secret = (pair, group)
        elif pair[1].lower() == b"username":
            user = _plain(pair[group])
    if secret is None:
        return None
    pair, group = secret
    name = _HEXED.sub(lambda code: chr(int(code[1], 16)).encode("utf-8", "surrogatepass"), source[1]) if source else None
    place = re.search(_SOURCE % re.escape(name), data, re.IGNORECASE) if name else None
    return told(_plain(pair[group]), Span(*pair.span(group)), Span(*pair.span()), place[1] if place else name, user)


def ivy(candidate: Candidate) -> Parsed | None:
    """`<credentials host="…" realm="…" username="…" passwd="…"/>`."""
    data, at = candidate.window, candidate.secret.start
    opened, closed = data.rfind(b"<", 0, at), data.find(b">", at)
    found = {one[1]: one for one in _ATTRIBUTE.finditer(data, max(0, opened), closed if closed >= 0 else len(data))}
    said = {name: one[2] if one[2] is not None else one[3] for name, one in found.items()}
    if b"passwd" not in said or opened < 0:
        return None
    one = found[b"passwd"]
    span = Span(*one.span(2 if one[2] is not None else 3))
    return told(_plain(said[b"passwd"]), span, Span(*one.span()), said.get(b"host"), said.get(b"username"))
