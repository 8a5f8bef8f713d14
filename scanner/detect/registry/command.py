"""Registry passwords on a command line: docker login -p, --creds, kubectl create secret docker-registry, helm repo add."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.registry.told import told, without_login
from scanner.detect.structure.shell import Word, command_start, options, words
from scanner.model.content import Span
from scanner.model.evidence import Parsed

USERS = (b"-u", b"--username", b"--user", b"-U", b"-UserName", b"-Username", b"--login")
PASSWORDS = (
    b"-p", b"--password", b"--pass", b"-Password", b"--access-token", b"--apikey", b"--api-key", b"-k", b"--token", b"-t", b"--auth-key",
    b"--key",
)  # fmt: skip
PLACES = (
    b"--repository-url", b"--url", b"--registry", b"--server", b"--repo", b"-Source", b"--source", b"-s", b"--publish-url", b"--index-url",
    b"--artifactory-url", b"-r", b"--remote",
)  # fmt: skip
_OTHERS = (
    b"--authfile", b"--cert-dir", b"--config", b"--registry-config", b"--ca-file", b"--cert-file", b"--key-file", b"--version", b"-f",
    b"-c", b"--name", b"-n", b"-Name", b"-ConfigFile", b"--configfile", b"--valid-authentication-types", b"-H", b"--host",
)  # fmt: skip
_VALUED = frozenset((*USERS, *PASSWORDS, *PLACES, *_OTHERS))
# An option that holds a password of its own -> the options that name the user and the registry.
FLAGS = {
    b"--docker-password": (b"--docker-username", b"--docker-server"),
    b"--src-password": (b"--src-username", b""),
    b"--dest-password": (b"--dest-username", b""),
    b"--from-password": (b"--from-username", b""),
    b"--to-password": (b"--to-username", b""),
    b"--registry-password": (b"--registry-username", b"--registry-hostname"),
    b"--registry-token": (b"--registry-username", b"--registry-hostname"),
    b"--src-registry-token": (b"", b""),
    b"--dest-registry-token": (b"", b""),
}
_FLAGGED = frozenset(FLAGS) | frozenset(name for pair in FLAGS.values() for name in pair if name)
_ECHOED = re.compile(
    rb"(?:\b(?:echo|printf|Write-Output)(?:[ \t]+-[neE]+)?[ \t]+(?:[\"']?%s(?:\\+n)?[\"']?[ \t]+)?"
    rb"(?:'([^'\n]{1,512})'|\"([^\"\n]{1,512})\"|([^\s'\"|;&]{1,512}))|(?:^|[\s(=:])(?:'([^'\n]{1,512})'|\"([^\"\n]{1,512})\"))"
    rb"[ \t]*\|[ \t]*(?:sudo[ \t]+(?:-\w+[ \t]+)?)?\Z"
)
_HERE = re.compile(rb"[^\n<]{0,1024}<<<[ \t]*")
_IMAGE = re.compile(rb"(?:docker|oci)://([A-Za-z0-9.\-]{1,255}(?::\d{1,5})?)/")
_PLACE = re.compile(rb"(?:https?://|oci://|docker://)?[A-Za-z0-9.\-]{1,255}(?::\d{1,5})?(?:/[\w./\-]{0,255})?")
_HOSTLIKE = re.compile(rb"(?:https?|oci|docker)://|[\w-]+\.[\w.-]+|localhost(?::\d+)?\Z|[\w-]+:\d+")


def login(candidate: Candidate) -> Parsed | None:
    """`docker login -u user -p password registry` and its relatives; also `echo password | docker login --password-stdin`."""
    data = candidate.window
    named, plain = options(data, words(data, candidate.secret.end), _VALUED)
    password = _first(named, PASSWORDS) or _echoed(data, candidate.span.start) or _here(data, candidate.secret.end)
    if password is None or not password.literal:
        return None
    registry = next((word.value for word in plain if word.literal and _PLACE.fullmatch(word.value)), None if plain else b"docker.io")
    return told(password.value, password.span, candidate.span, registry, _literal(_first(named, USERS)))


def packages(candidate: Candidate) -> Parsed | None:
    """`helm repo add`, `dotnet nuget add source`, `twine upload`, `jf config add`: a password among a command's options."""
    data = candidate.window
    named, plain = options(data, words(data, candidate.secret.end), _VALUED)
    password = _first(named, PASSWORDS)
    if password is None or not password.literal:
        return None
    place = _literal(_first(named, PLACES)) or next((w.value for w in plain if w.literal and _HOSTLIKE.match(w.value)), None)
    shown = without_login(place) if place else None
    return told(password.value, password.span, candidate.span, shown, _literal(_first(named, USERS)))


def _first(named: dict[bytes, Word], names: tuple[bytes, ...]) -> Word | None:
    return next((named[name] for name in names if name in named), None)


def _literal(word: Word | None) -> bytes | None:
    return word.value if word and word.literal else None


def _echoed(data: bytes, at: int) -> Word | None:
    """What is piped into the command that begins at `at`."""
    start = max(data.rfind(b"\n", 0, at) + 1, at - 600)
    piped = _ECHOED.search(data, start, at)
    if piped is None:
        return None
    group = next(i for i in range(1, 6) if piped[i] is not None)
    return Word(piped[group], Span(*piped.span(group)), group in (1, 4) or not re.search(rb"[$`]", piped[group]))


def _here(data: bytes, at: int) -> Word | None:
    """`--password-stdin <<< 'password'`."""
    sign = _HERE.match(data, at)
    return next(iter(words(data, sign.end(), 1)), None) if sign else None


def creds(candidate: Candidate) -> Parsed | None:
    """`--creds user:password` of skopeo, podman and their relatives."""
    word = next(iter(words(candidate.window, candidate.secret.start, 1)), None)
    user, colon, password = word.value.partition(b":") if word else (b"", b"", b"")
    at = candidate.window.find(b":", word.span.start, word.span.end) if word else -1
    if word is None or not colon or not word.literal or at < 0:
        return None
    image = _IMAGE.search(candidate.window[word.span.end : word.span.end + 512].split(b"\n")[0])
    return told(password, Span(at + 1, word.span.end), candidate.span, image[1] if image else None, user)


def flag(candidate: Candidate) -> Parsed | None:
    """`kubectl create secret docker-registry … --docker-password=…`, `--src-password`, and the like."""
    data, name = candidate.window, candidate.value
    start = command_start(data, candidate.span.start)
    found = words(data, candidate.span.start, 2)
    own, _ = options(data, found, _FLAGGED, ())
    password = own.get(name)
    if password is None or not password.literal:
        return None
    named, _ = options(data, words(data, _command(data, start, candidate.span.start)), _FLAGGED, ())
    user, registry = (_literal(named.get(other)) for other in FLAGS.get(name, (b"", b"")))
    image = _IMAGE.search(data, start, min(len(data), password.span.end + 512))
    return told(password.value, password.span, candidate.span, registry or (image[1] if image else None), user)


def _command(data: bytes, start: int, at: int) -> int:
    """Where the command's own words begin: behind what a program or a file has before it."""
    found = re.search(rb"\b(?:kubectl|oc|skopeo|oras|imgpkg|kbld|flux|singularity|apptainer|helm)\b", data[start:at])
    return start + found.start() if found else start
