"""The evidence manifest: every leaf of every surface's tree, one JSON line each, in the order of the trees.

It names paths, so it stays with whoever ran the scan; an assertion has only its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from scanner import canon
from scanner.attest.distrust import Distrust
from scanner.attest.merkle import encoded, root_of
from scanner.attest.strict import document
from scanner.model.evidence import Leaf

NAME = "evidence-manifest.jsonl"
_LINE_MOST = 1 << 16
_TEXTS = ("surface", "kind", "id", "status")


def order(leaf: Leaf) -> tuple[bytes, str]:
    """What lines are sorted by: that of the trees, then the path."""
    return encoded(leaf), leaf.path or ""


def line(leaf: Leaf) -> bytes:
    """A leaf as a line."""
    value = {"surface": leaf.surface, "kind": leaf.kind, "id": leaf.id, "size": leaf.size, "status": leaf.status}
    return canon.canonical(value if leaf.path is None else {**value, "path": leaf.path}) + b"\n"


def lines(leaves: Iterable[Leaf]) -> Iterator[bytes]:
    """The manifest, line by line."""
    return map(line, sorted(leaves, key=order))


def read(file: BinaryIO, digest: hashlib._Hash | None = None) -> Iterator[Leaf]:
    """The leaves of a manifest in their order, while its `digest` is made; raises Distrust for what is none."""
    before = b""
    while line := file.readline(_LINE_MOST):
        if digest is not None:
            digest.update(line)
        leaf = _leaf(document(line, "a line of the manifest", _LINE_MOST))
        here = encoded(leaf)
        if here < before:
            raise Distrust("the lines of the manifest are not in order")
        before = here
        yield leaf


def roots(leaves: Iterable[Leaf]) -> dict[str, str]:
    """The root of each surface, of leaves that come in order."""
    by_surface: dict[str, list[bytes]] = {}
    for leaf in leaves:
        by_surface.setdefault(leaf.surface, []).append(encoded(leaf))
    return {surface: root_of(sorted(listed)) for surface, listed in by_surface.items()}


def _leaf(found: dict[str, object]) -> Leaf:
    texts, size, path = [found.get(name) for name in _TEXTS], found.get("size"), found.get("path")
    known = set(found) <= {*_TEXTS, "size", "path"} and isinstance(size, int) and size >= 0 and isinstance(path, str | None)
    if not known or not all(isinstance(text, str) and "\0" not in text for text in texts):
        raise Distrust("a line of the manifest does not describe an object")
    surface, kind, id, status = map(str, texts)
    return Leaf(surface, kind, id, size if isinstance(size, int) else 0, status, path if isinstance(path, str) else None)
