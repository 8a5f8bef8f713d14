"""The evidence manifest: every leaf of every surface's tree, one JSON line each, in the order of the trees.

It names paths, so it stays with whoever ran the scan; an assertion has only its digest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from scanner import canon
from scanner.attest.distrust import Distrust
from scanner.attest.merkle import encoded, root_of
from scanner.attest.strict import document
from scanner.model.evidence import Leaf

NAME = "evidence-manifest.jsonl"
_LINE_MOST = 1 << 16
_TEXT = rb'"([ !#-\[\]-~]*)"'  # ASCII without quotes, backslashes and controls
# A line as we write it, without anything that JSON escapes: most lines are of this kind, and a parser costs ten times as much.
_PLAIN = re.compile(
    rb'\{"id":%(t)b,"kind":%(t)b,(?:"path":"[ !#-\[\]-~]*",)?"size":(0|[1-9][0-9]{0,17}),"status":%(t)b,"surface":%(t)b\}\n' % {b"t": _TEXT}
)
_UNESCAPED = re.compile(r"[ !#-\[\]-~]*")
_TEXTS = ("surface", "kind", "id", "status")


def ordered(leaves: Iterable[Leaf]) -> tuple[list[Leaf], list[bytes]]:
    """Leaves in the order of the lines, which is that of the trees and then of the paths, and each as it is in the trees."""
    listed = sorted(leaves, key=lambda leaf: leaf.path or "")
    codes = list(map(encoded, listed))
    order = sorted(range(len(listed)), key=codes.__getitem__)
    return [listed[place] for place in order], [codes[place] for place in order]


def line(leaf: Leaf) -> bytes:
    """A leaf as a line."""
    surface, kind, id, size, status, path = leaf
    if _UNESCAPED.fullmatch(f"{surface}{kind}{id}{status}{path or ''}"):  # nearly all are, and this is what they come to
        between = "" if path is None else f'"path":"{path}",'
        return f'{{"id":"{id}","kind":"{kind}",{between}"size":{size},"status":"{status}","surface":"{surface}"}}\n'.encode()
    value = {"surface": leaf.surface, "kind": leaf.kind, "id": leaf.id, "size": leaf.size, "status": leaf.status}
    return canon.canonical(value if leaf.path is None else {**value, "path": leaf.path}) + b"\n"


def lines(leaves: Iterable[Leaf]) -> Iterator[bytes]:
    """The manifest, line by line."""
    return map(line, ordered(leaves)[0])


def roots(file: BinaryIO, digest: hashlib._Hash) -> dict[str, str]:
    """The root of each surface of a manifest, while its digest is made; raises Distrust for what is none."""
    by_surface: dict[bytes, list[bytes]] = {}
    before = b""
    while text := file.readline(_LINE_MOST):
        digest.update(text)
        plain = _PLAIN.fullmatch(text)
        surface, here = (plain[5], b"\0".join(plain.group(5, 2, 1, 3, 4))) if plain else _odd(text)
        if here < before:
            raise Distrust("the lines of the manifest are not in order")
        before = here
        by_surface.setdefault(surface, []).append(here)
    return {surface.decode(): root_of(sorted(listed)) for surface, listed in by_surface.items()}


def _odd(text: bytes) -> tuple[bytes, bytes]:
    """The surface and the encoded leaf of a line that needs a parser."""
    try:
        leaf = _leaf(document(text, "a line of the manifest", _LINE_MOST))
        return leaf.surface.encode(), encoded(leaf)
    except UnicodeEncodeError:  # half of a surrogate pair
        raise Distrust("a line of the manifest is not JSON in UTF-8") from None


def _leaf(found: dict[str, object]) -> Leaf:
    texts, size, path = [found.get(name) for name in _TEXTS], found.get("size"), found.get("path")
    known = set(found) <= {*_TEXTS, "size", "path"} and type(size) is int and size >= 0 and isinstance(path, str | None)
    if not known or not all(isinstance(text, str) and "\0" not in text for text in texts):
        raise Distrust("a line of the manifest does not describe an object")
    surface, kind, id, status = map(str, texts)
    return Leaf(surface, kind, id, size if isinstance(size, int) else 0, status, path if isinstance(path, str) else None)
