"""GitHub, and GitHub Enterprise Server (REST API)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Asset, ForgeError, Hosted, Issue, Talk, Talks
from scanner.sweep.forge.likegithub import LikeGitHub, hosted, issue, number_of, size_of, talk

API = "/api/v3"  # of a server of one's own; github.com has a host for it
AUTHORIZATION = "Bearer {token}"
# What changes while it is listed comes to the front, so that nothing is passed over.
_LAST_FIRST = {"sort": "updated", "direction": "desc", "per_page": "100"}


class GitHub(LikeGitHub):
    """What GitHub is asked."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._apart = False  # whether comments have to be asked for one by one

    def repositories(self, owner: str) -> Iterator[Hosted]:
        """Those of an organisation, or of a user."""
        kind = "orgs" if self.api.one(f"/orgs/{quote(owner, safe='')}") else "users"
        for row in self.api.rows(f"/{kind}/{quote(owner, safe='')}/repos", type="all", sort="created", direction="asc"):
            yield hosted(row, empty=row.get("size") == 0)

    def asset(self, one: Hosted, row: Row) -> Asset:
        """A file of a release; it is asked for by its number, and GitHub sends us on to where it is kept."""
        id, size = number_of(row, "id"), size_of(row)
        url = f"{self.api.base}/repos/{one.name}/releases/assets/{id}"
        return Asset(str(id), str(row.get("name") or ""), url, size, f"{row.get('updated_at')} {size} {row.get('digest')}")

    def talks(self, one: Hosted) -> tuple[Talks, ...]:
        """Issues with pull requests, these alone where issues are turned off, and what is said to them and to lines of code."""
        return (
            Talks("issues", lambda since: self._talks(one, since)),
            Talks("pulls", lambda since: self._pulls(one, since), instead=True),
            Talks("comments", lambda since: self._said(one, since)),
            Talks("comments", self._list(one, "pulls", "remarks", **_LAST_FIRST)),
        )

    def _talks(self, one: Hosted, since: str) -> Iterator[Talk]:
        for row in self.api.rows(f"/repos/{one.name}/issues", state="all", **_LAST_FIRST, **({"since": since} if since else {})):
            yield talk(row, pull="pull_request" in row)

    def _pulls(self, one: Hosted, since: str) -> Iterator[Talk]:
        for row in self.api.rows(f"/repos/{one.name}/pulls", state="all", **_LAST_FIRST):
            if str(row.get("updated_at") or "") < since:
                return
            yield talk(row, pull=True)

    def _said(self, one: Hosted, since: str) -> Iterator[Talk]:
        """What is said to both; where issues are turned off, to pull requests one by one."""
        try:
            yield from self._comments(one, "issues", "comments", since, **_LAST_FIRST)
        except ForgeError as problem:
            self._apart = problem.reason in ("gone", "vanished")
            if not self._apart:
                raise

    def more(self, one: Hosted, kind: str, number: int) -> dict[str, list[Row]]:
        """The reviews of a pull request; their comments to lines are in a list of their own."""
        if kind != "pulls":
            return {}
        reviews = [row for row in self.api.rows(f"/repos/{one.name}/pulls/{number}/reviews") if number_of(row, "id")]
        return {"reviews": reviews} | ({"comments": self.comments(one, number)} if self._apart else {})

    def attached(self, one: Hosted, said: Row) -> list[Asset]:
        """None: GitHub's interface does not give them."""
        return []

    def issues(self, repository: str, label: str) -> Iterator[Issue]:
        """The issues with a label, open or not."""
        for row in self.api.rows(f"/repos/{repository}/issues", state="all", labels=label):
            if "pull_request" not in row:
                yield issue(row)

    def file(self, repository: str, title: str, body: str, label: str) -> Issue:
        """A new issue; GitHub makes the label."""
        return issue(self.api.send("POST", f"/repos/{repository}/issues", {"title": title, "body": body, "labels": [label]}))
