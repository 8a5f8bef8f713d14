"""What Gitea has from GitHub: how repositories, releases and issues are written, and how an issue is changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Asset, ForgeError, Hosted, Issue, Release, Talk

_NUMBER = re.compile(r"/(?:issues|pulls?)/([0-9]{1,12})$")


class LikeGitHub:
    """A forge that is asked for issues as GitHub is."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def change(self, repository: str, number: int, *, title: str, body: str, open_: bool) -> Issue:
        """An issue as it stands now."""
        said = {"title": title, "body": body, "state": "open" if open_ else "closed"}
        return issue(self.api.send("PATCH", f"/repos/{repository}/issues/{number}", said))

    def asset(self, one: Hosted, row: Row) -> Asset:
        """A file of a release."""
        raise NotImplementedError

    def releases(self, one: Hosted) -> Iterator[Release]:
        """All, the last first."""
        for row in self.api.rows(f"/repos/{one.name}/releases"):
            assets = tuple(self.asset(one, said) for said in rows_of(row.get("assets")))
            yield Release(str(number_of(row, "id")), str(row.get("tag_name") or ""), row, assets)

    def there(self, one: Hosted, kind: str, number: int) -> Row | None:
        """An issue or pull request as it stands now, or nothing where it is gone."""
        return self.api.one(f"/repos/{one.name}/issues/{number}")

    def comments(self, one: Hosted, number: int) -> list[Row]:
        """All that is said to one of them."""
        return [row for row in self.api.rows(f"/repos/{one.name}/issues/{number}/comments") if number_of(row, "id")]

    def _comments(self, one: Hosted, where: str, name: str, since: str, **query: str) -> Iterator[Talk]:
        """Comments of the whole repository, each as a part of what it was said to."""
        for row in self.api.rows(f"/repos/{one.name}/{where}/comments", **query, **({"since": since} if since else {})):
            number_of(row, "id")
            urls = (str(row.get(key) or "") for key in ("issue_url", "pull_request_url"))
            found = next((found for url in urls if (found := _NUMBER.search(url))), None)
            if found is None:
                raise ForgeError(f"{self.api.host} gives a comment to nothing", reason="tool-error")
            yield Talk(int(found[1]), parts={name: (row,)})

    def _list(self, one: Hosted, where: str, name: str, **query: str) -> partial[Iterator[Talk]]:
        return partial(self._comments, one, where, name, **query)


def hosted(row: Row, *, empty: bool) -> Hosted:
    """A repository as it is listed."""
    url = str(row.get("clone_url", ""))
    wiki = url.removesuffix(".git") + ".wiki.git" if row.get("has_wiki") and url else ""
    keys = (("issues", "has_issues"), ("pulls", "has_pull_requests"), ("releases", "has_releases"))
    units = tuple((unit, bool(row[key])) for unit, key in keys if isinstance(row.get(key), bool))
    return Hosted(
        str(row.get("id", "")), str(row.get("full_name", "")), url, bool(row.get("archived")), bool(row.get("fork")), empty,
        bool(row.get("private", True)), wiki, str(row.get("html_url", "")), str(row.get("default_branch") or ""), units,
    )  # fmt: skip


def issue(row: Row) -> Issue:
    """An issue as it is told."""
    return Issue(int(row.get("number") or 0), row.get("state") == "open", str(row.get("title") or ""), str(row.get("body") or ""))


def talk(row: Row, *, pull: bool) -> Talk:
    """An issue or pull request as it is told."""
    number_of(row, "id")
    return Talk(number_of(row, "number"), "pulls" if pull else "issues", row)


def number_of(row: Row, key: str) -> int:
    """A number by which the forge knows something; it names files, so nothing else will do."""
    found = row.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ForgeError("the forge gives an entry without a number", reason="tool-error")
    return found


def rows_of(value: object) -> Iterable[Row]:
    """The entries of a list in an entry."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def size_of(row: Row) -> int | None:
    """Bytes, where the forge says them."""
    found = row.get("size")
    return found if isinstance(found, int) and found >= 0 else None
