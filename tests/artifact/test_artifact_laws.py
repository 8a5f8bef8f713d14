"""Laws: whatever strangers write, a sentence comes of it; every file is counted once; what is written is read again."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scanner.artifact import image, provenance
from scanner.artifact.binding import KINDS, Member, Tree, bind
from scanner.artifact.blobs import blob_name
from scanner.artifact.manifest import Descriptor
from scanner.artifact.naming import Package, checksums, locked
from scanner.artifact.package import NPM, SDIST, WHEEL, Packed, Untrue, metadata, same_version
from scanner.artifacts import trust
from scanner.attest.policy import Trust
from tests.artifact.conftest import NOW, statement

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([
        "digest", "size", "mediaType", "layers", "manifests", "config", "rootfs", "diff_ids", "Labels", "annotations", "platform", "os", "",
    ]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="/\\\u2028\u2029\x85")
NAMES = st.text(LETTERS, min_size=1, max_size=12)


class Held:
    """Blobs in memory."""

    def __init__(self, *contents: bytes) -> None:
        self._contents = {blob_name("sha256:" + hashlib.sha256(data).hexdigest()): data for data in contents}
        self.sizes = {name: len(data) for name, data in self._contents.items()}

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self._contents[name])


def _named(data: bytes, kind: str = "") -> Descriptor:
    return Descriptor(kind, "sha256:" + hashlib.sha256(data).hexdigest(), len(data))


@given(JSON, JSON)
def test_any_manifest_and_configuration_end_in_a_sentence(top: Any, config: Any) -> None:
    below = json.dumps(config).encode()
    if isinstance(top, dict) and "config" in top:
        kind = "application/vnd.oci.image.config.v1+json"
        top = {**top, "config": {**_named(below, kind).document(), "mediaType": kind}}
    data = json.dumps(top).encode()
    chain = image.follow(Held(data, below), _named(data), lambda source, size: iter([source.read(size)]))
    assert chain.digest == _named(data).digest
    assert all(said and code in (3, 4) for said, code in chain.problems)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_manifest_end_in_a_sentence(data: bytes) -> None:
    chain = image.follow(Held(data), _named(data), lambda source, size: iter([source.read(size)]))
    assert chain.problems or chain.images


PATHS = st.lists(st.sampled_from([
    "_type", "subject", "predicateType", "predicate", "buildDefinition", "runDetails", "externalParameters", "resolvedDependencies",
    "builder", "metadata", "digest", "uri", 0, "id", "finishedOn",
]), min_size=1, max_size=5)  # fmt: skip


@given(PATHS, JSON)
def test_any_change_of_a_provenance_is_read_or_refused(path: list[Any], value: Any) -> None:
    said: Any = statement("a" * 64, "b" * 40)
    place = said
    for step in path[:-1]:
        inner = place.get(step) if isinstance(place, dict) else place[step] if isinstance(place, list) and step == 0 and place else None
        place = inner if isinstance(inner, dict | list) else place
    if isinstance(place, dict):
        place[str(path[-1])] = value
    try:
        read = provenance.read(said)
    except provenance.Unfit as problem:
        assert str(problem)
        return
    expected = provenance.Expected(("sha256:" + "a" * 64,), ("x",), "https://forge.example/a/b", "b" * 40)
    names = [check.name for check in provenance.judge(read, expected)]
    assert names == ["subject", "builder", "source", "commit", "parameters", "dependencies"]


@given(st.binary(max_size=300))
def test_any_bytes_as_provenance_or_signature_are_not_believed(data: bytes) -> None:
    assert not any(check.held for check in trust.judged([data], Trust(), provenance.Expected(()), NOW).checks)
    assert not trust.file_signature([data], "a" * 64, Trust(), NOW).held
    assert not trust.signature([data], ["sha256:" + "a" * 64], Trust(), NOW).held


@given(st.sampled_from([WHEEL, SDIST, NPM]), st.dictionaries(st.sampled_from([
    "a.dist-info/METADATA", "a.dist-info/RECORD", "a-1/PKG-INFO", "package/package.json", "b.dist-info/RECORD",
]), st.binary(max_size=60) | st.sampled_from([b"Name: a\nVersion: 1\n", b'{"name": 1}', b"a,b,c\n", b'"\n'])))  # fmt: skip
def test_any_metadata_are_read_or_refused(kind: Any, texts: dict[str, bytes]) -> None:
    packed = Packed(kind, "a-1-py3-none-any.whl" if kind is WHEEL else "a-1.tar.gz", texts)
    for name, data in texts.items():
        packed.add(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        metadata(packed)
    except Untrue as problem:
        assert str(problem)


@given(st.lists(st.builds(
    Member, name=st.sampled_from(["a.py", "x/a.py", "x/__pycache__/a.cpython-311.pyc", "d-1.dist-info/RECORD", ".wh.b", "b"]),
    size=st.integers(0, 2), sha256=st.sampled_from(["", "k"]), blob=st.sampled_from(["", "1", "2", "3"]), text=st.sampled_from(["", "1"]),
    head=st.binary(max_size=20), kind=st.sampled_from(["file", "link", "hardlink", "special"]),
), max_size=20))  # fmt: skip
def test_every_member_is_of_one_kind(members: list[Member]) -> None:
    tree = Tree("c" * 40, {"1": ("src/a.py",), "2": ("b", "c")}, {"k": ("big",)})
    found = bind(members, tree, "wheel")
    assert set(found.counts) == set(KINDS)
    assert sum(found.counts.values()) == len(members)
    assert found.unbound == len(found.nowhere) + len(found.renamed)
    assert bind(list(reversed(members)), tree, "wheel").counts == found.counts


@given(st.dictionaries(NAMES, st.binary(max_size=4), min_size=1, max_size=5))
def test_a_checksum_file_names_each_file_by_its_own_digest(files: dict[str, bytes]) -> None:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    gnu = "".join(f"{value}  ./dist/{name}\n" for name, value in digests.items())
    bsd = "".join(f"SHA256 ({name}) = {value}\n" for name, value in digests.items())
    counted = Counter(name.rstrip() for name in files)
    for name, value in digests.items():
        if name == name.strip() and counted[name] == 1:
            assert checksums(gnu, name) == checksums(bsd, name) == [f"sha256:{value}"]


@given(st.text(max_size=200))
def test_any_text_as_checksum_or_lock_file_is_read(text: str) -> None:
    for package in (None, Package("pypi", "a", "1"), Package("npm", "@x/a", "1.0.0")):
        for shown in (text, "{" + text, text + " --hash=", text + " integrity"):
            assert isinstance(locked(shown, "a-1.whl", package), list)
            assert isinstance(checksums(shown, "a-1.whl"), list)


@given(st.text(max_size=12), st.text(max_size=12))
def test_sameness_of_versions_has_no_side(one: str, other: str) -> None:
    assert same_version(one, one)
    assert same_version(one, other) == same_version(other, one)
