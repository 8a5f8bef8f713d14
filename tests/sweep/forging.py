"""A forge on loopback that speaks as Gitea, GitHub or GitLab document it, and misbehaves where it is told to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.sweep.boards import Board

ROOTS = {"gitea": "/api/v1", "github": "/api/v3", "gitlab": "/api/v4"}


@dataclass
class Forged:
    """The forge's state, and how it behaves."""

    kind: str
    names: tuple[str, ...] = ()
    owner: str = "acme"
    is_group: bool = True
    token: str = ""
    page: int = 0  # it gives so many at most, whatever is asked for
    count: int | None = None  # what it says how many there are
    faults: list[str] = field(default_factory=list)  # one for each request: half | 500 | limited | ok
    elsewhere: str = ""  # where the next page is said to be
    overrides: dict[str, Any] = field(default_factory=dict)  # of every repository
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    labels: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)  # path -> where what stands there is kept
    boards: dict[str, Board] = field(default_factory=dict)  # repository -> what it has beside its Git
    headers: dict[str, str] = field(default_factory=dict)  # with every list
    seen: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, authorization
    url: str = ""

    def repositories(self) -> list[dict[str, Any]]:
        """All, in the kind's own words."""
        return [self._repository(number, name) for number, name in enumerate(self.names, 1)]

    def _repository(self, number: int, name: str) -> dict[str, Any]:
        full, clone = f"{self.owner}/{name}", f"{self.url}/{self.owner}/{name}.git"
        if self.kind == "gitlab":
            said = {
                "id": number, "path_with_namespace": full, "http_url_to_repo": clone, "archived": name == "old",
                "empty_repo": name == "empty", "visibility": "private",
                "wiki_access_level": "enabled" if name == "wiki" else "disabled", "web_url": f"{self.url}/{full}",
            }  # fmt: skip
            said |= {"forked_from_project": {"id": 99}} if name == "fork" else {}
        else:
            said = {
                "id": number, "full_name": full, "clone_url": clone, "archived": name == "old", "fork": name == "fork",
                "private": True, "has_wiki": name == "wiki", "html_url": f"{self.url}/{full}",
            }  # fmt: skip
            said |= {"empty": name == "empty"} if self.kind == "gitea" else {"size": 0 if name == "empty" else 12}
        return said | {key: value.format(url=self.url, name=name) for key, value in self.overrides.items()}


class _Asked(BaseHTTPRequestHandler):
    forged: Forged
    protocol_version = "HTTP/1.1"

    def log_message(self, *_said: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_PATCH = do_PUT = do_POST  # noqa: N815 as the handler looks them up

    def _answer(self, body: bytes) -> None:
        forged, parts = self.forged, urlsplit(self.path)
        forged.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        fault = forged.faults.pop(0) if forged.faults else "ok"
        if fault == "500":
            return self._say(500, b"{}")
        if fault == "limited":
            return self._say(403, b"{}", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000"})
        if parts.path in forged.redirects:
            return self._say(302, b"", {"Location": forged.redirects[parts.path]})
        if parts.path in forged.files:
            return self._say(200, forged.files[parts.path], cut=fault == "half")
        if not parts.path.startswith(ROOTS[forged.kind]):
            return self._say(404, b"")
        if forged.token and self.headers.get("Authorization", "").split(" ")[-1] != forged.token:
            return self._say(401, b'{"message": "no"}')
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if self.command == "GET" and (board := self._board(unquote(parts.path))):
            found = board.answer(unquote(parts.path), query)
            if isinstance(found, int):
                return self._say(found, b'{"message": "off"}')
            if isinstance(found, dict):
                return self._say(200, json.dumps(found).encode())
            return self._list(found, parts.path, query, cut=fault == "half")
        found = self._found(parts.path.removeprefix(ROOTS[forged.kind]), query, json.loads(body) if body else {})
        if found is None:
            return self._say(404, b'{"message": "not found"}')
        if not isinstance(found, list):
            return self._say(200, json.dumps(found).encode(), cut=fault == "half")
        self._list(found, parts.path, query, cut=fault == "half")
        return None

    def _list(self, found: list[Any], path: str, query: dict[str, str], *, cut: bool) -> None:
        forged = self.forged
        size = min(forged.page or 100, int(query.get("per_page" if forged.kind != "gitea" else "limit", 30)))
        page = int(query.get("page", 1))
        headers = dict(forged.headers)
        if page * size < len(found):
            asked = "&".join(f"{key}={value}" for key, value in {**query, "page": page + 1}.items())
            headers["Link"] = f'<{forged.elsewhere or forged.url}{path}?{asked}>; rel="next", <{forged.url}{path}?page=9>; rel="last"'
        if forged.kind != "github":
            count = len(found) if forged.count is None else forged.count
            headers["X-Total-Count" if forged.kind == "gitea" else "X-Total"] = str(count)
        self._say(200, json.dumps(found[(page - 1) * size : page * size]).encode(), headers, cut=cut)

    def _board(self, path: str) -> Board | None:
        """What the repository has that a path is about."""
        found = re.match(r"/(?:repos/acme/([a-z]+)|projects/([0-9]+))/", path.removeprefix(ROOTS[self.forged.kind]))
        if not found:
            return None
        return self.forged.boards.get(found[1] or self.forged.names[int(found[2]) - 1])

    def _found(self, path: str, query: dict[str, str], sent: dict[str, Any]) -> Any:
        forged, path = self.forged, unquote(path)
        if path in (f"/orgs/{forged.owner}", f"/groups/{forged.owner}"):
            return {"id": 1} if forged.is_group else None
        group = "groups" if forged.kind == "gitlab" else "orgs"
        what = "projects" if forged.kind == "gitlab" else "repos"
        if path == f"/{group if forged.is_group else 'users'}/{forged.owner}/{what}":
            return forged.repositories()
        if path.endswith("/labels"):
            if self.command == "POST":
                forged.labels.append({"id": len(forged.labels) + 7, **sent})
                return forged.labels[-1]
            return forged.labels
        if found := re.search(r"/issues(?:/(\d+))?$", path):
            return self._issue(int(found[1] or 0), sent)
        return None

    def _issue(self, number: int, sent: dict[str, Any]) -> Any:
        forged = self.forged
        text, key = ("description", "iid") if forged.kind == "gitlab" else ("body", "number")
        if self.command == "GET":
            return list(forged.issues.values())
        if self.command == "POST":
            number = len(forged.issues) + 1
            forged.issues[number] = {"id": number + 500, key: number, "state": "opened" if forged.kind == "gitlab" else "open"}
        said = forged.issues[number]
        state = sent.get("state_event") or sent.get("state")
        names = {"close": "closed", "reopen": "opened", None: said["state"]}
        said |= {"title": sent["title"], text: sent[text], "state": names.get(state, state), "comments": 1, "user_notes_count": 1}
        return said

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


@contextmanager
def forging(forged: Forged) -> Iterator[Forged]:
    """The forge while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (_Asked,), {"forged": forged}))
    forged.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield forged
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
