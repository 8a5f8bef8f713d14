"""GitHub, and GitHub Enterprise Server (REST API)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Hosted, Issue

API = "/api/v3"  # of a server of one's own; github.com has a host for it
AUTHORIZATION = "Bearer {token}"


class GitHub:
    """What GitHub is asked."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of an organisation, or of a user."""
        kind = "orgs" if self.api.one(f"/orgs/{quote(owner, safe='')}") else "users"
        for row in self.api.rows(f"/{kind}/{quote(owner, safe='')}/repos", type="all", sort="created", direction="asc"):
            yield _hosted(row)

    def issues(self, repository: str, label: str) -> Iterator[Issue]:
        """The issues with a label, open or not."""
        for row in self.api.rows(f"/repos/{repository}/issues", state="all", labels=label):
            if "pull_request" not in row:
                yield _issue(row)

    def file(self, repository: str, title: str, body: str, label: str) -> Issue:
        """A new issue; GitHub makes the label."""
        return _issue(self.api.send("POST", f"/repos/{repository}/issues", {"title": title, "body": body, "labels": [label]}))

    def change(self, repository: str, number: int, *, title: str, body: str, open_: bool) -> Issue:
        """An issue as it stands now."""
        said = {"title": title, "body": body, "state": "open" if open_ else "closed"}
        return _issue(self.api.send("PATCH", f"/repos/{repository}/issues/{number}", said))


def _hosted(row: Row) -> Hosted:
    url = str(row.get("clone_url", ""))
    wiki = url.removesuffix(".git") + ".wiki.git" if row.get("has_wiki") and url else ""
    return Hosted(
        str(row.get("id", "")), str(row.get("full_name", "")), url, bool(row.get("archived")), bool(row.get("fork")), row.get("size") == 0,
        bool(row.get("private", True)), wiki, str(row.get("html_url", "")),
    )  # fmt: skip


def _issue(row: Row) -> Issue:
    return Issue(int(row.get("number") or 0), row.get("state") == "open", str(row.get("title") or ""), str(row.get("body") or ""))
