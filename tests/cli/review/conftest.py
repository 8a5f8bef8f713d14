"""A review that is served, and a visitor without a screen."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.cli.review.talk import ROOT
from tests.conftest import Repo
from tests.gitrepo import token


class Visitor:
    """A browser without a screen: keeps the cookie, and every byte that it was sent."""

    def __init__(self, link: str, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.host = urlsplit(link).netloc
        self.link = link.removeprefix(f"http://{self.host}")
        self.cookie, self.body, self.seen, self.headers = "", "", b"", dict[str, str]()

    def ask(self, path: str, said: dict[str, str] | None = None, **headers: str) -> int:
        """GET, or POST what is said; the status."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        sent = {"Cookie": self.cookie} | ({"Origin": f"http://{self.host}"} if said is not None else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if said is None else "POST", path, urlencode(said) if said is not None else None, sent)
        answer = connection.getresponse()
        data = answer.read()
        self.seen += str(answer.headers).encode() + data
        self.headers = dict(answer.headers)
        self.body = data.decode("utf-8", "replace")
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        connection.close()
        return answer.status

    def form(self, **said: str) -> dict[str, str]:
        """What the page's own form would send."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.body))
        return hidden | said


Begin = Callable[..., Visitor]


@pytest.fixture
def begin() -> Iterator[Begin]:
    running: list[subprocess.Popen[str]] = []

    def start(at: Path, *words: str) -> Visitor:
        process = subprocess.Popen(
            [sys.executable, "-m", "scanner", "review", "--web", *words], cwd=at, text=True,
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        running.append(process)
        assert process.stderr
        for line in process.stderr:
            if line.startswith("open "):
                return Visitor(line.split()[1], process)
        raise AssertionError("it never said where")

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def two(repo: Repo) -> Repo:
    repo.commit({"a.env": f"X={token(9)}\nGH={token(1)}\n<script>alert(1)</script>\n"})
    return repo
