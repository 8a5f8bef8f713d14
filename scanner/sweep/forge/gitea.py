"""Gitea and Forgejo (API v1)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from scanner.sweep.forge.hosted import Hosted, Issue
from scanner.sweep.forge.likegithub import LikeGitHub, hosted, issue

API = "/api/v1"
AUTHORIZATION = "token {token}"


class Gitea(LikeGitHub):
    """What a Gitea or Forgejo is asked."""

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of an organisation, or of a user."""
        kind = "orgs" if self.api.one(f"/orgs/{quote(owner, safe='')}") else "users"
        for row in self.api.rows(f"/{kind}/{quote(owner, safe='')}/repos"):
            yield hosted(row, empty=bool(row.get("empty")))

    def issues(self, repository: str, label: str) -> Iterator[Issue]:
        """The issues with a label, open or not."""
        for row in self.api.rows(f"/repos/{repository}/issues", state="all", type="issues", labels=label):
            yield issue(row)

    def file(self, repository: str, title: str, body: str, label: str) -> Issue:
        """A new issue."""
        labels = [self._label(repository, label)]
        return issue(self.api.send("POST", f"/repos/{repository}/issues", {"title": title, "body": body, "labels": labels}))

    def _label(self, repository: str, name: str) -> int:
        for row in self.api.rows(f"/repos/{repository}/labels"):
            if row.get("name") == name:
                return int(row["id"])
        return int(self.api.send("POST", f"/repos/{repository}/labels", {"name": name, "color": "#b60205"})["id"])
