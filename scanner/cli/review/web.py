"""A review in a browser: served on this machine's loopback, to whoever has the one link, and to nobody else."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from scanner.cli.accept import clean, day
from scanner.cli.review import page
from scanner.errors import LeaksealError
from scanner.findings.accept import Terms, settled
from scanner.findings.review import ACCEPT, DECISIONS, FALSE, Desk, Item, verdict_of
from scanner.pipeline.context import Surroundings

_BODY_MOST = 16 << 10
_COOKIE = "leakseal"
_SECONDS = 10  # for a request to come in
_NO = b"No. The link works once, for the browser that opens it first; `leakseal review --web` gives a new one.\n"
_TICK = 0.2  # seconds that a request is waited for
HEADERS = {
    "Content-Security-Policy": page.policy(),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with none at all, a form of our own would come from the origin `null`
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(slots=True)
class Session:
    """What the review knows, and the three words that only its own page knows."""

    desk: Desk
    around: Surroundings
    terms: Terms
    today: date
    host: str = ""
    link: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)  # opens the session, once
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    form: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)  # in every form: against forged requests
    revealed: set[str] = field(default_factory=set)  # ids whose picture was asked for
    over: bool = False
    turn: Lock = field(default_factory=Lock)

    def item(self, id: str) -> Item | None:
        """The item of an id."""
        return next((one for one in self.desk.items if one.id == id), None)


def serve(desk: Desk, around: Surroundings, terms: Terms, *, today: date, port: int, say: Callable[[str], None]) -> None:
    """Serve until the person is done, or interrupts."""
    session = Session(desk, around, terms, today)
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Answering", (_Answering,), {"session": session}))
    server.timeout = _TICK
    session.host = f"127.0.0.1:{server.server_port}"
    say(f"open http://{session.host}/open?link={session.link}")
    say("the link works once; Ctrl-C, or `Done` on the page, ends the review")
    try:
        while not session.over:
            server.handle_request()
    finally:
        server.server_close()


class _Answering(BaseHTTPRequestHandler):
    session: Session
    timeout = _SECONDS
    server_version, sys_version = "leakseal", ""

    def log_message(self, *_said: object) -> None:
        """Nothing: the link stands in a path."""

    def do_GET(self) -> None:
        with self.session.turn:  # a browser opens connections that it says nothing on, so each has a thread
            self._get()

    def do_POST(self) -> None:
        with self.session.turn:
            self._post()

    def _get(self) -> None:
        parts = urlsplit(self.path)
        if not self._is_ours():
            return self._refuse(403)
        if parts.path == "/open":
            return self._open(parse_qs(parts.query).get("link", [""])[0])
        if not self._is_known():
            return self._refuse(403)
        return self._page() if parts.path == "/" else self._refuse(404)

    def _post(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (self._is_ours() and self._is_known() and self._is_same_origin()):
            return self._refuse(403)
        if not length.isdigit() or int(length) > _BODY_MOST:
            return self._refuse(413)
        said = {name: values[-1] for name, values in parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace")).items()}
        if not _same(said.get("form", ""), self.session.form):
            return self._refuse(403)
        path = urlsplit(self.path).path
        if path == "/decide":
            return self._decide(said)
        if path == "/undo":
            self.session.desk.undo()
        elif path == "/reveal" and (item := self.session.item(said.get("id", ""))):
            self.session.revealed.add(item.id)
        elif path == "/done":
            self._say(200, page.end(self.session.desk, self.session.form, over=True))
            self.session.over = True
            return None
        else:
            return self._refuse(404)
        return self._home()

    # -- who asks ---------------------------------------------------------------------------------------------------------

    def _is_ours(self) -> bool:
        """Whether the browser was sent to this address, and not by a name that somebody points at it."""
        return self.headers.get("Host", "") == self.session.host

    def _is_known(self) -> bool:
        cookies = dict(part.strip().partition("=")[::2] for part in self.headers.get("Cookie", "").split(";"))
        return _same(cookies.get(_COOKIE, ""), self.session.cookie)

    def _is_same_origin(self) -> bool:
        return self.headers.get("Origin", "") == f"http://{self.session.host}"

    def _open(self, link: str) -> None:
        if not self.session.link or not _same(link, self.session.link):
            return self._refuse(403)
        self.session.link = ""
        self.send_response(303)
        self.send_header("Set-Cookie", f"{_COOKIE}={self.session.cookie}; HttpOnly; SameSite=Strict; Path=/")
        self.send_header("Location", "/")
        self._end(b"")
        return None

    # -- answers ----------------------------------------------------------------------------------------------------------

    def _page(self, problem: str = "") -> None:
        waiting = self.session.desk.waiting()
        if not waiting:
            return self._say(200, page.end(self.session.desk, self.session.form, over=False))
        item = waiting[0]
        around, plain = self.session.around, item.id in self.session.revealed
        picture = (around.shown if plain else around.hidden)(item.first)
        view = page.View(around.name(item.first), around.lines(item.first), picture, plain)
        made = page.item(self.session.desk, item, view, self.session.terms, self.session.form, problem)
        return self._say(422 if problem else 200, made)

    def _decide(self, said: dict[str, str]) -> None:
        item, decision = self.session.item(said.get("id", "")), said.get("decision", "")
        if item is None or decision not in DECISIONS:
            return self._refuse(404)
        terms = None
        if decision in (ACCEPT, FALSE):
            try:
                terms = self._agreed(said, decision)
            except LeaksealError as problem:
                return self._page(f"{problem.message}. {problem.hint}")
            self.session.terms = terms
        self.session.desk.decide(item, decision, terms)
        return self._home()

    def _agreed(self, said: dict[str, str], decision: str) -> Terms:
        for name in ("owner", "reason", "ticket"):
            clean(name, said.get(name))
        terms = replace(
            self.session.terms, owner=said.get("owner"), reason=said.get("reason"), ticket=said.get("ticket"),
            expires=day(said.get("expires")), verdict=verdict_of(decision),
        )  # fmt: skip
        return settled(terms, self.session.today)

    def _home(self) -> None:
        self.send_response(303)
        self.send_header("Location", "/")
        self._end(b"")

    def _refuse(self, status: int) -> None:
        self._say(status, _NO, "text/plain")

    def _say(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self._end(body)

    def _end(self, body: bytes) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
