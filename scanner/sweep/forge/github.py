"""GitHub, and GitHub Enterprise Server (REST API)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from scanner.sweep.forge.hosted import Hosted, Issue
from scanner.sweep.forge.likegithub import LikeGitHub, hosted, issue

API = "/api/v3"  # of a server of one's own; github.com has a host for it
AUTHORIZATION = "Bearer {token}"


class GitHub(LikeGitHub):
    """What GitHub is asked."""

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of an organisation, or of a user."""
        kind = "orgs" if self.api.one(f"/orgs/{quote(owner, safe='')}") else "users"
        for row in self.api.rows(f"/{kind}/{quote(owner, safe='')}/repos", type="all", sort="created", direction="asc"):
            yield hosted(row, empty=row.get("size") == 0)

    def issues(self, repository: str, label: str) -> Iterator[Issue]:
        """The issues with a label, open or not."""
        for row in self.api.rows(f"/repos/{repository}/issues", state="all", labels=label):
            if "pull_request" not in row:
                yield issue(row)

    def file(self, repository: str, title: str, body: str, label: str) -> Issue:
        """A new issue; GitHub makes the label."""
        return issue(self.api.send("POST", f"/repos/{repository}/issues", {"title": title, "body": body, "labels": [label]}))
