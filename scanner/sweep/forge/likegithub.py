"""What Gitea has from GitHub: how repositories and issues are written, and how an issue is changed."""

from __future__ import annotations

from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Hosted, Issue


class LikeGitHub:
    """A forge that is asked for issues as GitHub is."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def change(self, repository: str, number: int, *, title: str, body: str, open_: bool) -> Issue:
        """An issue as it stands now."""
        said = {"title": title, "body": body, "state": "open" if open_ else "closed"}
        return issue(self.api.send("PATCH", f"/repos/{repository}/issues/{number}", said))


def hosted(row: Row, *, empty: bool) -> Hosted:
    """A repository as it is listed."""
    url = str(row.get("clone_url", ""))
    wiki = url.removesuffix(".git") + ".wiki.git" if row.get("has_wiki") and url else ""
    return Hosted(
        str(row.get("id", "")), str(row.get("full_name", "")), url, bool(row.get("archived")), bool(row.get("fork")), empty,
        bool(row.get("private", True)), wiki, str(row.get("html_url", "")), str(row.get("default_branch") or ""),
    )  # fmt: skip


def issue(row: Row) -> Issue:
    """An issue as it is told."""
    return Issue(int(row.get("number") or 0), row.get("state") == "open", str(row.get("title") or ""), str(row.get("body") or ""))
