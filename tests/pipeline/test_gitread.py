"""One process that reads shares of a repository, one after the other."""

from __future__ import annotations

import random

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.pipeline.gitread import GitReader
from scanner.pipeline.settings import Settings
from scanner.sources.git.environ import environment
from scanner.sources.git.layout import discover
from scanner.sources.git.store import Store
from tests.conftest import Repo
from tests.gitrepo import token

SIZE = 40_000  # bytes, so that what a delta copies is worth not to be searched again


def test_what_is_known_of_one_pack_says_nothing_about_another(repo: Repo) -> None:
    plain, secret = _pack(repo, "plain", ""), _pack(repo, "secret", token(1))
    store = Store(discover(repo.path), environment(root=repo.path))
    first, second = (_pack_of(store, ids[0]) for ids in (plain, secret))
    roots = [_root(store, place, ids) for place, ids in ((first, plain), (second, secret))]
    assert roots[0][0] == roots[1][0], "both packs have their base at the same rank"
    store.leave({roots[1][1]})  # it was read in another night; what is made of it was not
    reader = GitReader(store, Settings(rules(Config()), cachefile.folder()), [])
    batches = sorted(store.batches(1), key=lambda batch: batch.place != first)
    found = [oid for batch in batches for sight in reader(batch).secrets.values() for ids in sight.where.values() for oid in ids]
    assert found == [next(oid for oid in secret if oid != roots[1][1])]


def _pack(repo: Repo, name: str, text: str) -> list[bytes]:
    """Two versions of a file in a pack of their own."""
    body = random.Random(name).randbytes(SIZE // 2).hex()
    lines = "\n".join(body[at : at + 60] for at in range(0, len(body), 60))
    ids = []
    for end in ("", "one more line\n" * 3):
        repo.commit({f"{name}.txt": f"{lines[: SIZE // 2]}\n{text}\n{lines[SIZE // 2 :]}\n{end}"})
        ids.append(bytes.fromhex(repo.git("rev-parse", f"HEAD:{name}.txt")))
    repo.git("repack", "-dq", "--depth=10", "--window=10")
    return ids


def _pack_of(store: Store, oid: bytes) -> int:
    return next(place for place, pack in enumerate(store.packs) if pack.index.find(oid) is not None)


def _root(store: Store, place: int, ids: list[bytes]) -> tuple[int, bytes]:
    """Rank and id of the version that stands whole."""
    pack = store.packs[place]
    return next((rank, pack.oid(rank)) for rank in range(len(pack)) if pack.oid(rank) in ids and pack.base[rank] < 0)
