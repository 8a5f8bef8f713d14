"""Gitea and Forgejo (API v1)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from scanner.sweep.forge.api import Row
from scanner.sweep.forge.hosted import Asset, Hosted, Issue, Talk, Talks
from scanner.sweep.forge.likegithub import LikeGitHub, hosted, issue, number_of, rows_of, size_of, talk

API = "/api/v1"
AUTHORIZATION = "token {token}"


class Gitea(LikeGitHub):
    """What a Gitea or Forgejo is asked."""

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of an organisation, or of a user."""
        kind = "orgs" if self.api.one(f"/orgs/{quote(owner, safe='')}") else "users"
        for row in self.api.rows(f"/{kind}/{quote(owner, safe='')}/repos"):
            yield hosted(row, empty=bool(row.get("empty")))

    def asset(self, one: Hosted, row: Row) -> Asset:
        """A file; Forgejo lets releases name files elsewhere, and those are not asked for."""
        url = str(row.get("browser_download_url") or "")
        own = url if self.api.is_home(url) else ""
        id, size = number_of(row, "id"), size_of(row)
        return Asset(str(id), str(row.get("name") or ""), own, size, f"{row.get('uuid')} {row.get('created_at')} {size}")

    def talks(self, one: Hosted) -> tuple[Talks, ...]:
        """Issues and pull requests, and what is said to them; what is turned off is not among them."""
        unit = "issues" if one.on("issues") is not False or one.on("pulls") is None else "pulls"
        return Talks(unit, lambda since: self._talks(one, since)), Talks("comments", self._list(one, "issues", "comments"))

    def _talks(self, one: Hosted, since: str) -> Iterator[Talk]:
        for row in self.api.rows(f"/repos/{one.name}/issues", state="all", **({"since": since} if since else {})):
            yield talk(row, pull=bool(row.get("pull_request")))

    def more(self, one: Hosted, kind: str, number: int) -> dict[str, list[Row]]:
        """The reviews of a pull request, each with its comments."""
        if kind != "pulls":
            return {}
        where, found = f"/repos/{one.name}/pulls/{number}/reviews", []
        for row in self.api.rows(where):
            said = self.api.rows(f"{where}/{number_of(row, 'id')}/comments") if row.get("comments_count") else ()
            found.append({**row, "comments": [entry for entry in said if number_of(entry, "id")]})
        return {"reviews": found}

    def attached(self, one: Hosted, said: Row) -> list[Asset]:
        """The files that hang on an issue or a comment."""
        return [self.asset(one, row) for row in rows_of(said.get("assets"))]

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
