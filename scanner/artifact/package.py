"""What a Python or npm package says of itself: name, version, and in a wheel a digest for every file."""

from __future__ import annotations

import base64
import csv
import email
import email.policy
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanner.artifact.naming import Package, canonical

HELD = 16 << 20  # bytes of RECORD; other metadata are smaller
TEXTS_MOST = 8  # of metadata that are held; no package has as many
_MEMBERS_MOST = 200_000
_SDIST = re.compile(r".+-[^-]+\.(?:tar\.gz|zip)")
_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")  # files that RECORD cannot have a digest of


@dataclass(frozen=True, slots=True)
class Kind:
    """Which sort of artifact a file is by its name and its members."""

    name: str  # wheel | sdist | npm | archive | file
    wanted: re.Pattern[str] | None = None  # members whose content is needed to understand it


WHEEL = Kind("wheel", re.compile(r"[^/]+\.dist-info/(?:METADATA|RECORD|WHEEL)"))
SDIST = Kind("sdist", re.compile(r"[^/]+/PKG-INFO"))
NPM = Kind("npm", re.compile(r"[^/]+/package\.json"))
ARCHIVE, FILE = Kind("archive"), Kind("file")


def kind_of(name: str, first: str | None, *, archive: bool) -> Kind:
    """By the file's name, and the name of its first member."""
    if name.endswith(".whl"):
        return WHEEL
    if name.endswith(".tgz") and (first or "").startswith("package/"):
        return NPM
    if _SDIST.fullmatch(name):
        return SDIST
    return ARCHIVE if archive else FILE


@dataclass(slots=True)
class Packed:
    """What was gathered on one way through a package."""

    kind: Kind
    file: str
    texts: dict[str, bytes] = field(default_factory=dict, repr=False)  # wanted members
    digests: dict[str, tuple[str, int]] = field(default_factory=dict)  # of a wheel: member -> (sha256 in hex, size)
    twice: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    many: bool = False

    def add(self, name: str, sha256: str, size: int) -> None:
        """One member."""
        if len(self.seen) >= _MEMBERS_MOST:
            self.many = True
            return
        if name in self.seen:
            self.twice.append(name)
        self.seen.add(name)
        if name.startswith("/") or ".." in name.split("/") or "\\" in name:
            self.outside.append(name)
        if self.kind is WHEEL:
            self.digests[name] = (sha256, size)


class Untrue(Exception):
    """A package's record of itself is not whole, or not true: one sentence."""


def metadata(packed: Packed) -> Package | None:
    """Name and version out of the package's own metadata; None for what is no package. Raises Untrue."""
    if packed.kind is SDIST and not packed.texts:
        packed.kind = ARCHIVE  # named like one, as archives of tags are
    if packed.kind in (ARCHIVE, FILE):
        return None
    if packed.many:
        raise Untrue(f"it has more than {_MEMBERS_MOST:,} files, which no package has")
    if packed.outside:
        raise Untrue(f"{len(packed.outside)} members have names that lead out of the package")
    if packed.twice:
        raise Untrue(f"{len(packed.twice)} names stand twice in it, and only one of two contents is installed")
    if packed.kind is NPM:
        return _npm(packed)
    said = _python(packed)
    named = named_by(packed.file)
    if named is None:
        raise Untrue("its file is not named as such a package is")
    if canonical(named.name) != canonical(said.name) or not same_version(named.version, said.version):
        raise Untrue(f"its file is named {named.name} {named.version}, and its metadata say {said.name} {said.version}")
    if packed.kind is WHEEL:
        _record(packed)
    return said


def named_by(file: str) -> Package | None:
    """Name and version that a Python package's file name has (PEP 427, PEP 625)."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    try:
        name, version = parse_wheel_filename(file)[:2] if file.endswith(".whl") else parse_sdist_filename(file)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
    return Package("pypi", str(name), str(version))


def _python(packed: Packed) -> Package:
    wanted = r"[^/]+\.dist-info/METADATA" if packed.kind is WHEEL else r"[^/]+/PKG-INFO"
    found = [name for name in packed.texts if re.fullmatch(wanted, name)]
    if len(found) != 1:
        raise Untrue("it has no metadata" if not found else "it has more than one set of metadata")
    said = email.message_from_bytes(packed.texts[found[0]], policy=email.policy.compat32)
    names, versions = said.get_all("Name", []), said.get_all("Version", [])
    if len(names) != 1 or len(versions) != 1:
        raise Untrue("its metadata do not say name and version once")
    name, version = str(names[0]).strip(), str(versions[0]).strip()
    if packed.kind is WHEEL:
        folder = found[0].partition(".dist-info/")[0]
        if canonical(folder) != canonical(f"{name}-{version}") and not folder.lower().startswith(canonical(name).replace("-", "_") + "-"):
            raise Untrue("the folder of its metadata is of another package")
    return Package("pypi", name, version)


def _npm(packed: Packed) -> Package:
    found = [name for name in packed.texts if name == "package/package.json"]
    if len(found) != 1:
        raise Untrue("it has no package.json")
    try:
        said = json.loads(packed.texts[found[0]], object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Untrue("its package.json is no JSON, or has a key twice") from None
    name, version = (said.get(key) if isinstance(said, dict) else None for key in ("name", "version"))
    if not isinstance(name, str) or not isinstance(version, str):
        raise Untrue("its package.json does not say name and version")
    file = f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if packed.file != file:
        raise Untrue(f"its file is named {packed.file}, and its metadata say {name} {version}")
    return Package("npm", name, version)


def _once(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _record(packed: Packed) -> None:
    """Every file of a wheel stands in RECORD with its digest and size, and nothing else does."""
    found = [name for name in packed.texts if name.endswith(".dist-info/RECORD")]
    if len(found) != 1:
        raise Untrue("it has no RECORD, which names the digest of every file")
    rows = dict(_rows(packed.texts[found[0]]))
    free = {found[0].removesuffix("RECORD") + name for name in _UNSIGNED}
    unlisted = sorted(set(packed.digests) - set(rows) - free)
    if unlisted:
        raise Untrue(f"{len(unlisted)} files are in it that its RECORD does not list")
    missing = sorted(set(rows) - set(packed.digests))
    if missing:
        raise Untrue(f"its RECORD lists {len(missing)} files that are not in it")
    for name, (digest, size) in sorted(rows.items()):
        if name in free:
            continue
        made, length = packed.digests[name]
        wanted = "sha256=" + base64.urlsafe_b64encode(bytes.fromhex(made)).decode().rstrip("=")
        if not digest.startswith("sha256="):
            raise Untrue("its RECORD has a file without a SHA-256")
        if digest.rstrip("=") != wanted or (size and size != str(length)):
            raise Untrue("a file in it is not what its RECORD says")


def _rows(data: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    seen: set[str] = set()
    try:
        for row in csv.reader(io.StringIO(data.decode("utf-8"), newline="")):
            if not row:
                continue
            if len(row) != 3 or row[0] in seen:
                raise Untrue("its RECORD has a line that is none, or a file twice")
            seen.add(row[0])
            yield row[0], (row[1], row[2])
    except (csv.Error, UnicodeDecodeError):
        raise Untrue("its RECORD cannot be read") from None


def same_version(one: str, other: str) -> bool:
    """Whether two versions are the same: as written, or as PEP 440 compares them, which also lets a `v` lead."""
    from packaging.version import InvalidVersion, Version

    try:
        return one == other or Version(one) == Version(other)
    except InvalidVersion:
        return one.removeprefix("v") == other.removeprefix("v")


def version_of_tag(tag: str, version: str) -> bool:
    """Whether a Git tag names this version: `1.2.3`, `v1.2.3`, or `name-1.2.3`, `name/v1.2.3`, `name@1.2.3`."""
    return any(same_version(part, version) for part in {tag, re.split(r"[/@]", tag)[-1], re.sub(r"^.*?-(?=v?[0-9])", "", tag)})
