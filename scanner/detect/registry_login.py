"""Registry passwords on a command line: docker login -p, --creds, kubectl create secret docker-registry."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanner.detect.candidate import Candidate
from scanner.detect.password import is_secret_password, public_parts
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_WORD = re.compile(rb"(?:[ \t]|\\\r?\n)*((?:'[^'\n]{0,1024}'|\"(?:[^\"\\\n]|\\.){0,1024}\"|\\[^\n]|[^\s'\"\\;&|()<>`]){1,1024})", re.DOTALL)
_ECHOED = re.compile(
    rb"(?:echo|printf)(?:[ \t]+-[neE]+)?[ \t]+"
    rb"(?:'([^'\n]{1,512})'|\"([^\"\n]{1,512})\"|([^\s'\"|;&]{1,512}))[ \t]*\|[ \t]*(?:sudo[ \t]+)?\Z"
)
_VALUED = frozenset({b"-u", b"--username", b"-p", b"--password", b"--authfile", b"--cert-dir", b"--config", b"--registry-config"})
_IMAGE = re.compile(rb"docker://([A-Za-z0-9.\-]{1,255}(?::\d{1,5})?)/")
_SHORT = 2  # "-p"


@dataclass(frozen=True, slots=True)
class Word:
    """One shell word with its quotes removed, and where its inside stands."""

    value: bytes = field(repr=False)
    span: Span
    literal: bool  # the shell would leave it as it is


def words(data: bytes, start: int, limit: int = 64) -> list[Word]:
    """The shell words from `start` to the end of the command."""
    found: list[Word] = []
    while len(found) < limit and (match := _WORD.match(data, start)):
        raw, (first, last) = match[1], match.span(1)
        quote = raw[:1] if raw[:1] in (b"'", b'"') and raw[-1:] == raw[:1] and len(raw) >= _SHORT else b""
        span = Span(first + len(quote), last - len(quote))
        value = data[span.start : span.end] if quote == b"'" else re.sub(rb"[\"']|\\(.)", rb"\1", data[span.start : span.end])
        found.append(Word(value, span, quote == b"'" or not re.search(rb"[$`]", raw)))
        start = match.end()
    return found


def options(found: list[Word]) -> tuple[dict[bytes, Word], list[Word]]:
    """Options by name, from `--name value`, `--name=value` and `-pvalue`; and the words that are neither."""
    named: dict[bytes, Word] = {}
    plain: list[Word] = []
    waiting: bytes | None = None
    for word in found:
        if waiting is not None:
            named[waiting], waiting = word, None
        elif word.value.startswith(b"--") and b"=" in word.value:
            name, _, value = word.value.partition(b"=")
            raw_start = word.span.start + len(name) + 1
            named[name] = _inside_quotes(Word(value, Span(min(raw_start, word.span.end), word.span.end), word.literal))
        elif word.value in _VALUED or word.value.startswith(b"--docker-"):
            waiting = word.value
        elif word.value[:_SHORT] in (b"-p", b"-u") and len(word.value) > _SHORT:
            value = word.value[_SHORT:].removeprefix(b"=")
            named[word.value[:_SHORT]] = _inside_quotes(Word(value, Span(word.span.end - len(value), word.span.end), word.literal))
        elif not word.value.startswith(b"-"):
            plain.append(word)
    return named, plain


def _inside_quotes(word: Word) -> Word:
    """`--password='x'`: the word's own span began before the quote."""
    if word.span.end - word.span.start == len(word.value) + _SHORT:
        return Word(word.value, Span(word.span.start + 1, word.span.end - 1), word.literal)
    return word


def login(candidate: Candidate) -> Parsed | None:
    """`docker login -u user -p password registry` and its relatives; also `echo password | docker login --password-stdin`."""
    data = candidate.window
    named, plain = options(words(data, candidate.secret.end))
    user = named.get(b"-u") or named.get(b"--username")
    password = named.get(b"-p") or named.get(b"--password") or _echoed(data, candidate.span.start)
    if password is None or not password.literal or not is_secret_password(password.value):
        return None
    registry = plain[0].value if plain and plain[0].literal and _may_be_registry(plain[0].value) else b"docker.io"
    parts = public_parts([("registry", registry), ("user", user.value if user and user.literal else None)], password.value)
    span = Span(min(candidate.span.start, password.span.start), max(candidate.span.end, password.span.end))
    return Parsed(password.span, password.value, parts, span)


def _may_be_registry(value: bytes) -> bool:
    return re.fullmatch(rb"(?:https?://|oci://)?[A-Za-z0-9.\-]{1,255}(?::\d{1,5})?(?:/[\w./\-]{0,255})?", value) is not None


def _echoed(data: bytes, at: int) -> Word | None:
    """What is piped into the command that begins at `at`."""
    start = max(data.rfind(b"\n", 0, at) + 1, at - 600)
    piped = _ECHOED.search(data, start, at)
    if piped is None:
        return None
    group = next(i for i in (1, 2, 3) if piped[i] is not None)
    return Word(piped[group], Span(piped.start(group), piped.end(group)), group == 1 or not re.search(rb"[$`]", piped[group]))


def creds(candidate: Candidate) -> Parsed | None:
    """`--creds user:password` of skopeo, podman and their relatives."""
    word = next(iter(words(candidate.window, candidate.secret.start, 1)), None)
    user, colon, password = word.value.partition(b":") if word else (b"", b"", b"")
    if word is None or not colon or not word.literal or not is_secret_password(password):
        return None
    start = min(word.span.start + len(user) + 1, word.span.end)
    image = _IMAGE.search(candidate.window[word.span.end : word.span.end + 512].split(b"\n")[0])
    parts = public_parts([("registry", image[1] if image else None), ("user", user)], password)
    return Parsed(Span(start, word.span.end), password, parts, Span(candidate.span.start, max(candidate.span.end, word.span.end)))


def kubectl(candidate: Candidate) -> Parsed | None:
    """`kubectl create secret docker-registry … --docker-password=…`."""
    data = candidate.window
    named, _ = options(words(data, _command_start(data, candidate.span.start)))
    password = named.get(b"--docker-password")
    if password is None or not password.literal or not is_secret_password(password.value):
        return None
    shown = [(label, word.value if (word := named.get(flag)) and word.literal else None)
             for label, flag in (("registry", b"--docker-server"), ("user", b"--docker-username"))]  # fmt: skip
    span = Span(min(candidate.span.start, password.span.start), max(candidate.span.end, password.span.end))
    return Parsed(password.span, password.value, public_parts(shown, password.value), span)


def _command_start(data: bytes, at: int) -> int:
    """Where the command begins: back over lines that end in a backslash."""
    start = data.rfind(b"\n", 0, at) + 1
    while start > 1 and data[: start - 1].rstrip(b"\r").endswith(b"\\"):
        start = data.rfind(b"\n", 0, start - 1) + 1
    found = re.search(rb"kubectl|oc ", data[start:at])
    return start + found.start() if found else start
