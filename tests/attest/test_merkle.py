"""The tree is that of RFC 6962, and does not depend on the order in which leaves come."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.attest.distrust import Distrust
from scanner.attest.manifest import line, lines, roots
from scanner.attest.merkle import encoded, root, root_of
from scanner.canon import canonical
from scanner.model.evidence import Leaf

# The test vectors that Certificate Transparency implementations share: eight inputs, and the root of the first n of them.
INPUTS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(9))
def test_the_root_is_that_of_the_shared_vectors(count: int) -> None:
    assert root_of(INPUTS[:count]) == ROOTS[count]


def _by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0] if leaves else b"").digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + _by_definition(leaves[:k]) + _by_definition(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=9), max_size=70))
def test_pairing_from_below_is_splitting_from_above(leaves: list[bytes]) -> None:
    assert root_of(leaves) == _by_definition(leaves).hex()


LEAVES = st.lists(st.builds(Leaf, *[st.text("abc/", max_size=3)] * 3, st.integers(0, 9), st.text("ab", max_size=2)), max_size=9)


@given(LEAVES, st.randoms())
def test_the_order_in_which_leaves_come_does_not_matter(leaves: list[Leaf], chance: object) -> None:
    other = list(leaves)
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert root(other) == root(leaves)


def test_a_path_is_no_part_of_the_tree() -> None:
    one, other = (Leaf("logs", "file", "x", 1, path=path) for path in "ab")
    assert encoded(one) == encoded(other) == b"logs\0file\0x\x001\0scanned"


WORDS = st.text("aZ09:-./ \"\\\t\u00e9\U0001f511", max_size=5)
LISTED = st.lists(st.builds(Leaf, WORDS, WORDS, WORDS, st.integers(0, 10**17), WORDS, st.none() | WORDS), max_size=9)


@given(LISTED)
def test_a_list_that_was_written_makes_the_roots_of_its_leaves(leaves: list[Leaf]) -> None:
    written, digest = b"".join(lines(leaves)), hashlib.sha256()
    made = roots(io.BytesIO(written), digest)
    assert made == {name: root([leaf for leaf in leaves if leaf.surface == name]) for name in {leaf.surface for leaf in leaves}}
    assert digest.digest() == hashlib.sha256(written).digest()


@given(LISTED)
def test_a_line_is_canonical_json(leaves: list[Leaf]) -> None:
    for leaf in leaves:
        value = {name: part for name, part in leaf._asdict().items() if part is not None}
        assert line(leaf) == canonical(value) + b"\n"


LINE = b'{"id":"x","kind":"file","size":1,"status":"scanned","surface":"logs"}\n'


@pytest.mark.parametrize("text", [
    LINE.replace(b"}", b',"surface":"git"}'), LINE.replace(b"1", b"01"), LINE.replace(b"1", b"-1"), LINE.replace(b"1", b"1.0"),
    LINE.replace(b"1", b"true"), LINE.replace(b"1", b"1" * 19), LINE.replace(b"x", b"\\u0000"), LINE.replace(b"x", b"\\ud800"),
    LINE.replace(b"x", b"\xff"), LINE.replace(b'"id":"x",', b""), LINE.replace(b"logs", b"logs\n"), b"\n", b"x" * (1 << 17),
    LINE.replace(b"}", b',"more":1}'), LINE + LINE.replace(b'"x"', b'"w"'),
])  # fmt: skip
def test_a_list_that_is_not_one_is_refused(text: bytes) -> None:
    assert list(roots(io.BytesIO(LINE), hashlib.sha256())) == ["logs"]
    with pytest.raises(Distrust):
        roots(io.BytesIO(text), hashlib.sha256())
