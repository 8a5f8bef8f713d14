"""Gitea and Forgejo (API v1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Hosted, Issue

API = "/api/v1"
AUTHORIZATION = "token {token}"


class Gitea:
    """What a Gitea or Forgejo is asked."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of an organisation, or of a user."""
        kind = "orgs" if self.api.one(f"/orgs/{quote(owner, safe='')}") else "users"
        for row in self.api.rows(f"/{kind}/{quote(owner, safe='')}/repos"):
            yield _hosted(row)

    def issues(self, repository: str, label: str) -> Iterator[Issue]:
        """The issues with a label, open or not."""
        for row in self.api.rows(f"/repos/{repository}/issues", state="all", type="issues", labels=label):
            yield _issue(row)

    def file(self, repository: str, title: str, body: str, label: str) -> Issue:
        """A new issue."""
        labels = [self._label(repository, label)]
        return _issue(self.api.send("POST", f"/repos/{repository}/issues", {"title": title, "body": body, "labels": labels}))

    def change(self, repository: str, number: int, *, title: str, body: str, open_: bool) -> Issue:
        """An issue as it stands now."""
        said: dict[str, Any] = {"title": title, "body": body, "state": "open" if open_ else "closed"}
        return _issue(self.api.send("PATCH", f"/repos/{repository}/issues/{number}", said))

    def _label(self, repository: str, name: str) -> int:
        for row in self.api.rows(f"/repos/{repository}/labels"):
            if row.get("name") == name:
                return int(row["id"])
        return int(self.api.send("POST", f"/repos/{repository}/labels", {"name": name, "color": "#b60205"})["id"])


def _hosted(row: Row) -> Hosted:
    url = str(row.get("clone_url", ""))
    wiki = url.removesuffix(".git") + ".wiki.git" if row.get("has_wiki") and url else ""
    return Hosted(
        str(row.get("id", "")), str(row.get("full_name", "")), url, bool(row.get("archived")), bool(row.get("fork")),
        bool(row.get("empty")), bool(row.get("private", True)), wiki, str(row.get("html_url", "")),
    )  # fmt: skip


def _issue(row: Row) -> Issue:
    return Issue(int(row.get("number") or 0), row.get("state") == "open", str(row.get("title") or ""), str(row.get("body") or ""))
