"""Commits, heads and remotes, where convenience counts and speed does not: by gitpython."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scanner.sources.git.layout import Layout


class People:
    """Who made a commit or tag, and where HEAD stands; answers None for what cannot be read."""

    def __init__(self, layout: Layout, env: Mapping[str, str]) -> None:
        self._repo: Any = None
        try:
            import git  # what is left of an import that an interruption cut short may raise anything

            self._repo = git.Repo(str(layout.root), search_parent_directories=False)
            # gitpython adds to this process's environment, in which a hook has words of its own
            self._repo.git.update_environment(**env, GIT_DIR=str(layout.git_dir), GIT_OBJECT_DIRECTORY=str(layout.object_dirs[0]))
        except Exception:
            return

    def close(self) -> None:
        """End the Git processes that gitpython holds."""
        if self._repo is not None:
            self._repo.close()

    def head(self) -> str | None:
        """The commit that HEAD resolves to."""
        try:
            return str(self._repo.head.commit.hexsha)
        except Exception:
            return None

    def commit(self, id: str) -> tuple[str, str] | None:
        """(author, date in ISO 8601 UTC) of a commit."""
        try:
            found = self._repo.commit(id)
            author = f"{found.author.name} <{found.author.email}>"
            return author, datetime.fromtimestamp(found.authored_date, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except Exception:
            return None

    def submodules(self) -> dict[str, str]:
        """Path -> address, as `.gitmodules` of HEAD says."""
        try:
            return {str(module.path): str(module.url) for module in self._repo.submodules}
        except Exception:
            return {}
