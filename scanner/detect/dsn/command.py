"""Logins on the command lines of database clients and their like."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanner.detect.candidate import Candidate
from scanner.detect.dsn import oracle
from scanner.detect.dsn.clients import CLIENTS, Client
from scanner.detect.dsn.location import locate
from scanner.detect.dsn.parts import Dsn, Place, host_and_port, number, told
from scanner.detect.dsn.shell import Word, words
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_NAME = re.compile(
    rb"(?<![\w.\-])(%s)(?:\.exe)?(?=[ \t\"'\\])"
    % b"|".join(re.escape(name.encode()).replace(rb"\ ", rb"[ \t]+") for name in sorted(CLIENTS, key=len, reverse=True))
)
_PARTS = ("password", "user", "host", "port", "database")
_SHARE = re.compile(rb"(?://|\\\\)([\w.\-]{1,255})[/\\]([\w.\-$]{1,128})")
_REMOTE = re.compile(rb"([\w.\-]{1,64})@([\w.\-]{1,255})")


@dataclass(slots=True)
class Login:
    """What a command line says, part by part."""

    scheme: str
    parts: dict[str, Word] = field(default_factory=dict, repr=False)

    def text(self, part: str) -> bytes:
        """A part that is written out."""
        word = self.parts.get(part)
        return word.value if word and word.literal else b""

    def dsn(self) -> Dsn:
        """The whole."""
        address = locate(self.text("url") or self.text("host"))
        host, port = host_and_port(self.text("host")) if address is None else (address.host, address.port)
        scheme = self.scheme if address is None or self.scheme else address.scheme
        database = self.text("database") or (address.database if address else b"")
        return Dsn(scheme, self.text("user"), self.text("password"), host, number(self.text("port")) or port, database)


def command(candidate: Candidate) -> Parsed | None:
    """`mysql -u app -pSECRET -h db`, and whatever else takes a password so."""
    data = candidate.window
    name = _NAME.search(data, max(0, candidate.span.start - 1), candidate.span.end + 1)
    if name is None:
        return None
    client = CLIENTS[b" ".join(name[1].split()).decode()]
    found = words(data, name.end())
    if client.scheme == "oracle":
        return _oracle(data, name, found)
    login = read(client, found)
    password = login.parts.get("password")
    if password is None or not password.literal or password.value.startswith(name[1].split()[0] + b" "):  # the next of a list of commands
        return None
    span = Span(name.start(1), max(password.span.end, name.end()))
    return told(login.dsn(), Place(password.span, span), data)


def client_at(data: bytes, start: int, end: int) -> Dsn | None:
    """What the client program that begins in data[start:end] is told: PGPASSWORD=… psql -h db -U app."""
    name = _NAME.search(data, start, end)
    return read(CLIENTS[b" ".join(name[1].split()).decode()], words(data, name.end())).dsn() if name else None


def read(client: Client, found: list[Word]) -> Login:
    """The options of one command."""
    login = Login(client.scheme)
    plain = list(client.plain)
    waiting: str | None = None
    unknown = False
    for word in found:
        if waiting is not None:
            _take(login, client, waiting, word)
            waiting = None
            continue
        option = _option(client, word)
        if option is None:
            if plain and not unknown and not word.value.startswith(b"-"):
                _plain(login, plain.pop(0), word)
            unknown = word.value.startswith(b"-") and not word.value.startswith(b"--")
            continue
        part, value = option
        unknown = False
        if value is None:
            waiting = None if client.attached and part == "password" and word.value == b"-p" else part
        else:
            _take(login, client, part, value)
    return login


def _option(client: Client, word: Word) -> tuple[str, Word | None] | None:
    """Which part a word sets, and to what; None as the value where the next word is it."""
    for part in (*_PARTS, *(option for option, _ in client.both)):
        for name in getattr(client, part) if part in _PARTS else (part,):
            option = name.encode()
            if word.value == option:
                return part, None
            if not word.value.startswith(option):
                continue
            after = word.value[len(option) : len(option) + 1]
            if option.startswith(b"--"):
                if after == b"=":
                    return part, word.rest(len(option) + 1)
            elif len(option) == 2 or option.endswith(b":"):
                return part, word.rest(len(option) + (after == b"=" and not client.attached))
    return None


def _take(login: Login, client: Client, part: str, word: Word) -> None:
    sign = dict(client.both).get(part)
    if sign is None:
        login.parts.setdefault(part, word)
        return
    user, found, _ = word.value.partition(sign.encode())
    login.parts.setdefault("user", Word(user, word.span, word.literal))
    if found:
        login.parts.setdefault("password", word.rest(len(user) + 1))


def _plain(login: Login, part: str, word: Word) -> None:
    """A word without an option: a share, user@host, a URL, a database."""
    if part == "share" and (share := _SHARE.match(word.value)):
        login.parts.setdefault("host", Word(share[1], word.span, word.literal))
        login.parts.setdefault("database", Word(share[2], word.span, word.literal))
    elif part == "login" and (remote := _REMOTE.search(word.value)):
        login.parts.setdefault("user", Word(remote[1], word.span, word.literal))
        login.parts.setdefault("host", Word(remote[2], word.span, word.literal))
    elif part not in ("share", "login"):
        login.parts.setdefault(part, word)


def _oracle(data: bytes, name: re.Match[bytes], found: list[Word]) -> Parsed | None:
    """`sqlplus user/password@//host:1521/service`: the first word that is a login."""
    for word in found:
        start = word.span.start + len(b"userid=") * word.value.lower().startswith(b"userid=")
        read_login = oracle.read(data, start, word.span.end) if word.literal else None
        if read_login:
            dsn, place = read_login
            return told(dsn, Place(place.secret, Span(name.start(1), max(place.span.end, name.end()))), data)
    return None
