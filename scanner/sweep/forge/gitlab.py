"""GitLab (REST API v4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Hosted, Issue

API = "/api/v4"
AUTHORIZATION = "Bearer {token}"


class GitLab:
    """What a GitLab is asked."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of a group with its subgroups, or of a user."""
        name = quote(owner, safe="")
        if self.api.one(f"/groups/{name}", with_projects="false"):
            found = self.api.rows(f"/groups/{name}/projects", include_subgroups="true", order_by="id", sort="asc")
        else:
            found = self.api.rows(f"/users/{name}/projects", order_by="id", sort="asc")
        for row in found:
            yield _hosted(row)

    def issues(self, repository: str, label: str) -> Iterator[Issue]:
        """The issues with a label, open or not."""
        for row in self.api.rows(f"/projects/{quote(repository, safe='')}/issues", scope="all", labels=label):
            yield _issue(row)

    def file(self, repository: str, title: str, body: str, label: str) -> Issue:
        """A new issue, for members only; GitLab makes the label."""
        said: dict[str, Any] = {"title": title, "description": body, "labels": label, "confidential": True}
        return _issue(self.api.send("POST", f"/projects/{quote(repository, safe='')}/issues", said))

    def change(self, repository: str, number: int, *, title: str, body: str, open_: bool) -> Issue:
        """An issue as it stands now."""
        said = {"title": title, "description": body, "state_event": "reopen" if open_ else "close"}
        return _issue(self.api.send("PUT", f"/projects/{quote(repository, safe='')}/issues/{number}", said))


def _hosted(row: Row) -> Hosted:
    url = str(row.get("http_url_to_repo", ""))
    enabled = row.get("wiki_access_level", "enabled" if row.get("wiki_enabled") else "disabled") != "disabled"
    wiki = url.removesuffix(".git") + ".wiki.git" if enabled and url else ""
    return Hosted(
        str(row.get("id", "")), str(row.get("path_with_namespace", "")), url, bool(row.get("archived")), "forked_from_project" in row,
        bool(row.get("empty_repo")), row.get("visibility", "private") != "public", wiki, str(row.get("web_url", "")),
        str(row.get("default_branch") or ""),
    )  # fmt: skip


def _issue(row: Row) -> Issue:
    return Issue(int(row.get("iid") or 0), row.get("state") == "opened", str(row.get("title") or ""), str(row.get("description") or ""))
