"""GitLab (REST API v4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from scanner import canon
from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Asset, Hosted, Issue, Release, Talk, Talks
from scanner.sweep.forge.likegithub import number_of, rows_of

API = "/api/v4"
AUTHORIZATION = "Bearer {token}"
_UNITS = {"issues": "issues", "merge_requests": "pulls", "releases": "releases"}
_UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/([^\s()<>\"'\]/?#]{1,255})")


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

    def releases(self, one: Hosted) -> Iterator[Release]:
        """All, the last first, with the files that they link to; the archives that GitLab makes of the source are its Git."""
        for row in self.api.rows(f"/projects/{one.id}/releases"):
            tag, said = str(row.get("tag_name") or ""), row.get("assets")
            links = rows_of(said.get("links") if isinstance(said, dict) else None)
            yield Release(_short(tag), tag, row, tuple(self._link(one, link) for link in links))

    def _link(self, one: Hosted, row: Row) -> Asset:
        """A file; whoever may write releases names any address, so that only what is this project's own is asked for."""
        url = str(row.get("url") or "")
        path = urlsplit(url).path if self.api.is_home(url) else ""
        projects = [f"{urlsplit(self.api.base).path}/projects/{name}/" for name in (one.id, quote(one.name, safe=""))]
        mine = (f"/{one.name}/-/", *(f"{project}{what}/" for project in projects for what in ("packages", "jobs", "uploads")))
        own = url if path.startswith(mine) and ".." not in unquote(path) else ""
        return Asset(str(number_of(row, "id")), str(row.get("name") or ""), own, None, _short(url))

    def talks(self, one: Hosted) -> tuple[Talks, ...]:
        """Issues, and merge requests."""
        return tuple(Talks(_UNITS[kind], partial(self._talks, one, kind)) for kind in ("issues", "merge_requests"))

    def _talks(self, one: Hosted, kind: str, since: str) -> Iterator[Talk]:
        query = {"scope": "all", "order_by": "updated_at", "sort": "desc"} | ({"updated_after": since} if since else {})
        for row in self.api.rows(f"/projects/{one.id}/{kind}", **query):
            yield Talk(number_of(row, "iid"), kind, row)

    def more(self, one: Hosted, kind: str, number: int) -> dict[str, list[Row]]:
        """What is said to an issue or merge request, and what GitLab says of how it was changed."""
        said = self.api.rows(f"/projects/{one.id}/{kind}/{number}/notes", sort="asc", order_by="created_at")
        return {"comments": [row for row in said if number_of(row, "id")]}

    def there(self, one: Hosted, kind: str, number: int) -> Row | None:
        """An issue or merge request as it stands now, or nothing where it is gone."""
        return self.api.one(f"/projects/{one.id}/{kind}/{number}")

    def comments(self, one: Hosted, number: int) -> list[Row]:
        """All that is said to an issue."""
        return self.more(one, "issues", number)["comments"]

    def attached(self, one: Hosted, said: Row) -> list[Asset]:
        """The files that a text shows or links to."""
        text = f"{said.get('description') or ''} {said.get('body') or ''}"
        found = dict.fromkeys(_UPLOAD.findall(text))
        base = f"{self.api.base}/projects/{one.id}/uploads"
        return [
            Asset(f"{secret}{_short(name)}", unquote(name), f"{base}/{secret}/{quote(unquote(name), safe='')}", None, "")
            for secret, name in found
        ]  # fmt: skip

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
    said = ((unit, row.get(f"{key}_access_level")) for key, unit in _UNITS.items())
    units = tuple((unit, level != "disabled") for unit, level in said if isinstance(level, str))
    return Hosted(
        str(row.get("id", "")), str(row.get("path_with_namespace", "")), url, bool(row.get("archived")), "forked_from_project" in row,
        bool(row.get("empty_repo")), row.get("visibility", "private") != "public", wiki, str(row.get("web_url", "")),
        str(row.get("default_branch") or ""), units,
    )  # fmt: skip


def _issue(row: Row) -> Issue:
    return Issue(int(row.get("iid") or 0), row.get("state") == "opened", str(row.get("title") or ""), str(row.get("description") or ""))


def _short(text: str) -> str:
    """A short name for a text."""
    return canon.digest(text.encode("utf-8", "surrogatepass"))[-16:]
