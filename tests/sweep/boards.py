"""What a forged repository has beside its Git, in the words of each kind of forge."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass
class Board:
    """Releases, issues and pull requests, and what was said to them."""

    kind: str
    url: str  # of the forge
    name: str = "app"
    releases: list[Row] = field(default_factory=list)  # the last first
    talks: dict[tuple[str, int], Row] = field(default_factory=dict)  # (issues | pulls, number)
    said: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    remarks: dict[int, list[Row]] = field(default_factory=dict)  # to lines of a pull request
    reviews: dict[int, list[Row]] = field(default_factory=dict)
    off: dict[str, int] = field(default_factory=dict)  # issues | pulls | releases -> status
    clock: int = 0

    def now(self) -> str:
        """A time, later than all before."""
        self.clock += 1
        return f"2026-01-{1 + self.clock // 24:02}T{self.clock % 24:02}:00:00Z"

    def release(self, tag: str, notes: str, *assets: Row) -> None:
        """A new release, with files made by `asset`."""
        number = len(self.releases) + 1
        who = {"login": "ana", "username": "ana"}
        row: Row = {"tag_name": tag, "name": f"Release {tag}", "created_at": self.now(), "author": who}
        if self.kind == "gitlab":
            row |= {"description": notes, "assets": {"count": len(assets), "sources": [], "links": list(assets)}}
        else:
            row |= {"id": number, "body": notes, "html_url": f"{self.url}/acme/{self.name}/releases/{tag}", "assets": list(assets)}
        self.releases.insert(0, row)

    def asset(self, id: int, name: str, size: int, tag: str = "v1") -> tuple[Row, str]:
        """(a file as the forge tells it, the path that it is asked for at)."""
        if self.kind == "gitlab":
            path = f"/acme/{self.name}/-/package_files/{id}/download"
            return {"id": id, "name": name, "url": f"{self.url}{path}", "link_type": "other"}, path
        path = f"/acme/{self.name}/releases/download/{tag}/{id}"
        row = {"id": id, "name": name, "size": size, "browser_download_url": f"{self.url}{path}", "download_count": id}
        if self.kind == "gitea":
            return {**row, "uuid": f"u{id}", "created_at": "2026-01-01T00:00:00Z"}, path
        return {**row, "updated_at": "2026-01-01T00:00:00Z"}, f"/api/v3/repos/acme/{self.name}/releases/assets/{id}"

    def write(self, number: int, body: str, /, *, pull: bool = False, **more: Any) -> None:
        """Write an issue or a pull request, or change one."""
        unit, when = "pulls" if pull else "issues", self.now()
        url = f"{self.url}/acme/{self.name}/{unit}/{number}"
        if self.kind == "gitlab":
            row = {"id": 900 + number, "iid": number, "title": "A title", "description": body, "state": "opened", "web_url": url,
                   "author": {"username": "bo"}, "updated_at": when, "created_at": when}  # fmt: skip
        else:
            row = {"id": 900 + number, "number": number, "title": "A title", "body": body, "state": "open", "html_url": url,
                   "user": {"login": "bo"}, "comments": 0, "updated_at": when, "created_at": when}  # fmt: skip
            row |= {"pull_request": {"merged": False}} if pull else {"pull_request": None} if self.kind == "gitea" else {}
        self.talks[unit, number] = {**row, **more}

    def say(self, number: int, id: int, body: str, /, *, pull: bool = False, **more: Any) -> None:
        """A comment, which touches what it is said to."""
        unit, when = "pulls" if pull else "issues", self.now()
        row = {"id": id, "body": body, "user": {"login": "cy"}, "author": {"username": "cy"}, "updated_at": when, "created_at": when}
        if self.kind == "github":
            row["issue_url"] = f"{self.url}/api/v3/repos/acme/{self.name}/issues/{number}"
        elif self.kind == "gitea":
            url = self.talks[unit, number]["html_url"]
            row |= {"issue_url": "" if pull else url, "pull_request_url": url if pull else ""}
        self.said.setdefault((unit, number), []).append({**row, **more})
        self.talks[unit, number]["updated_at"] = when

    def review(self, number: int, id: int, body: str, remark: str) -> None:
        """A review of a pull request, with a comment to a line."""
        when = self.now()
        url = f"{self.url}/api/v3/repos/acme/{self.name}/pulls/{number}"
        line = {"id": id + 1, "body": remark, "path": "a.py", "user": {"login": "di"}, "updated_at": when, "pull_request_url": url}
        self.remarks.setdefault(number, []).append({**line, "pull_request_review_id": id})
        self.reviews.setdefault(number, []).append(
            {"id": id, "body": body, "user": {"login": "di"}, "state": "COMMENT", "comments_count": 1}
        )
        self.talks["pulls", number]["updated_at"] = when

    # -- answering --------------------------------------------------------------------------------------------------------------

    def answer(self, path: str, query: dict[str, str]) -> list[Row] | Row | int:
        """The list or entry at a path, or a status."""
        path = re.sub(r"^.*/(?:repos/acme/[a-z]+|projects/[0-9]+)/", "", path)
        units = {"issues": "issues", "pulls": "pulls", "merge_requests": "pulls", "releases": "releases"}
        unit = units.get(path.split("/")[0], "")
        own = re.fullmatch(r"issues/([0-9]+)/comments", path)
        if own and self.kind != "gitlab" and not (self.off and self.kind == "gitea"):
            return [row for where in ("issues", "pulls") for row in self.said.get((where, int(own[1])), [])]
        if unit in self.off:
            return self.off[unit]
        if path == "releases":
            return self.releases
        if one := re.fullmatch(r"(issues|merge_requests)/([0-9]+)", path):
            keys = [(where, int(one[2])) for where in (["issues", "pulls"] if self.kind != "gitlab" else [unit])]
            return next((self._counted(key) for key in keys if key in self.talks), 404 if self.kind != "github" else 410)
        since = query.get("since") or query.get("updated_after") or ""
        rows = self._rows(path, query)
        if rows is None:
            return 404
        rows = [row for row in rows if str(row.get("updated_at", "~")) >= since]
        return sorted(rows, key=lambda row: str(row.get("updated_at")), reverse=query.get("sort") == "updated")

    def _counted(self, key: tuple[str, int]) -> Row:
        """An entry; Gitea and GitHub count what is said to it."""
        return self.talks[key] | ({} if self.kind == "gitlab" else {"comments": len(self.said.get(key, []))})

    def _rows(self, path: str, query: dict[str, str]) -> list[Row] | None:
        gitlab = self.kind == "gitlab"
        if path == "issues":
            return [self._counted(key) for key in self.talks if not gitlab or key[0] == "issues"]
        if path in ("pulls", "merge_requests"):
            return [self._counted(key) for key in self.talks if key[0] == "pulls"]
        if path == "issues/comments" and not gitlab:
            return [row for rows in self.said.values() for row in rows]
        if path == "pulls/comments" and self.kind == "github":
            return [row for rows in self.remarks.values() for row in rows]
        if gitlab and (found := re.fullmatch(r"(issues|merge_requests)/([0-9]+)/notes", path)):
            return self.said.get(("pulls" if found[1] == "merge_requests" else "issues", int(found[2])), [])
        if found := re.fullmatch(r"pulls/([0-9]+)/reviews", path):
            return self.reviews.get(int(found[1]), [])
        if self.kind == "gitea" and (found := re.fullmatch(r"pulls/([0-9]+)/reviews/([0-9]+)/comments", path)):
            return [row for row in self.remarks[int(found[1])] if row["pull_request_review_id"] == int(found[2])]
        return None
