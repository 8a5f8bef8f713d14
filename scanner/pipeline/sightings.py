"""Everything that was seen of one secret in one repository, and the one match that is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scanner.model.content import Origin
from scanner.model.evidence import Hit, Match
from scanner.pipeline.examine import Placed, match_at
from scanner.pipeline.gitread import NAME, Answer, Sight
from scanner.sources.git.kinds import BLOB

Key = tuple[str, bytes]  # rule id, secret's value


@dataclass(slots=True)
class Secret:
    """One rule's secret: in which objects, path components and files it stands."""

    hit: Hit
    where: dict[int, set[bytes]] = field(default_factory=dict)
    large: dict[bytes, Placed] = field(default_factory=dict)  # object -> place, where the content is not read again
    files: list[tuple[Origin, Placed]] = field(default_factory=list)  # in the work tree and in the repository's own files

    @property
    def occurrences(self) -> int:
        """Distinct contents and places."""
        return sum(map(len, self.where.values())) + len(self.files)


class Sightings:
    """Gathers the answers of all workers by secret."""

    def __init__(self) -> None:
        self.secrets: dict[Key, Secret] = {}

    def add(self, answer: Answer) -> None:
        """Take in a share's secrets in objects; its files are added with their origin by `add_file`."""
        for key, sight in answer.secrets.items():
            self._take(key, sight)
        for oid, seen in answer.large:
            self._secret(seen.hit).large.setdefault(oid, seen)

    def add_file(self, origin: Origin, seen: Placed) -> None:
        """One sighting in a file."""
        self._secret(seen.hit).files.append((origin, seen))

    def blobs(self) -> set[bytes]:
        """Every blob that holds a secret."""
        return set().union(*(secret.where.get(BLOB, set()) for secret in self.secrets.values()))

    def names(self) -> set[bytes]:
        """Every path component that holds a secret."""
        return set().union(*(secret.where.get(NAME, set()) for secret in self.secrets.values()))

    def _take(self, key: Key, sight: Sight) -> None:
        where = self.secrets.setdefault(key, Secret(sight.hit)).where
        for kind, ids in sight.where.items():
            where.setdefault(kind, set()).update(ids)

    def _secret(self, hit: Hit) -> Secret:
        return self.secrets.setdefault((hit.rule.id, hit.value), Secret(hit))


def file_match(secret: Secret) -> Match:
    """The match for a secret that stands in files only: the first of them by path and line."""
    origin, seen = min(secret.files, key=lambda item: (item[0].path or "", item[1].place.line, item[1].place.column))
    return matched(seen, origin, secret)


def matched(seen: Placed, origin: Origin, secret: Secret) -> Match:
    """A match at this place."""
    paths = sorted({where.path for where, _ in secret.files if where.path})
    return replace(match_at(seen, origin), occurrences=max(1, secret.occurrences), paths=tuple(paths)[:50])
