"""Places that name a file by its digest: an option, a checksum file, a lock file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SIZES = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
STRONG = ("sha256", "sha384", "sha512")
_DIGEST = re.compile(r"(sha256|sha384|sha512):([0-9a-f]{64,128})")
# `sha256sum` writes a digest, two signs and a name; a backslash before it says that the name is escaped. The other is BSD's way.
_GNU = re.compile(r"(\\?)([0-9a-fA-F]{64,128}) [ *](.+)")
_BSD = re.compile(r"(SHA256|SHA384|SHA512) \((.+)\) = ([0-9a-fA-F]{64,128})")
_PIP = re.compile(r"--hash=(sha256|sha384|sha512):([0-9a-f]{64,128})")
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9.!+_-]+)", re.MULTILINE)
_WORD = re.compile(r"\b(sha256|sha384|sha512)[:=]([0-9a-f]{64,128})\b")
_INTEGRITY = re.compile(r"\b(sha256|sha384|sha512)-([A-Za-z0-9+/]{43,88}={0,2})")


@dataclass(frozen=True, slots=True)
class Package:
    """A package's name and version, as its file or its metadata say."""

    ecosystem: str  # pypi | npm
    name: str
    version: str


def is_digest(text: str) -> bool:
    """Whether it is `sha256:…`, `sha384:…` or `sha512:…`, in full."""
    match = _DIGEST.fullmatch(text)
    return match is not None and len(match[2]) == _SIZES[match[1]]


def checksums(text: str, name: str) -> list[str]:
    """The digests that a checksum file has for a file of that name, without folders."""
    found = []
    for line in text.splitlines():
        if match := _GNU.fullmatch(line.rstrip()):
            shown, value = match[3], match[2].lower()
            kind = next((kind for kind in STRONG if _SIZES[kind] == len(value)), None)
            shown = shown.replace("\\n", "\n").replace("\\\\", "\\") if match[1] else shown
        elif match := _BSD.fullmatch(line.rstrip()):
            kind, shown, value = match[1].lower(), match[2], match[3].lower()
        else:
            continue
        if kind and len(value) == _SIZES[kind] and shown.rpartition("/")[2] == name:
            found.append(f"{kind}:{value}")
    return found


def locked(text: str, name: str, package: Package | None) -> list[str]:
    """The digests that a lock file has for this file, or for this version of the package; nothing if it names neither.

    Requirements with hashes, `poetry.lock`, `uv.lock`, `pdm.lock`, `Pipfile.lock`, `pylock.toml`, `package-lock.json`, `yarn.lock`.
    """
    if text.lstrip().startswith("{"):
        return sorted(set(_in_json(text, package)))
    if "--hash=" in text:
        return sorted(set(_in_requirements(text, package)))
    if "integrity" in text and package is not None and package.ecosystem == "npm":
        return sorted(set(_in_yarn(text, package)))
    named = [line for line in text.splitlines() if re.search(rf"(?:^|[/\"']){re.escape(name)}(?:[\"'#?]|$)", line)]
    if named:
        return sorted({f"{kind}:{value}" for line in named for kind, value in _WORD.findall(line) if len(value) == _SIZES[kind]})
    return []


def _in_requirements(text: str, package: Package | None) -> Iterator[str]:
    if package is None:
        return
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        match = _REQUIREMENT.match(line.strip())
        if match and canonical(match[1]) == canonical(package.name) and match[2] == package.version:
            yield from (f"{kind}:{value}" for kind, value in _PIP.findall(line) if len(value) == _SIZES[kind])


def _in_json(text: str, package: Package | None) -> Iterator[str]:
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    if package is None or not isinstance(found, dict):
        return
    if package.ecosystem == "pypi":  # Pipfile.lock
        for group in found.values():
            for name, one in group.items() if isinstance(group, dict) else ():
                if canonical(name) == canonical(package.name) and isinstance(one, dict) and one.get("version") == f"=={package.version}":
                    hashes = one.get("hashes")
                    yield from (text for text in hashes if isinstance(text, str) and is_digest(text)) if isinstance(hashes, list) else ()
        return
    for key in ("packages", "dependencies"):
        listed = found.get(key)
        for path, one in listed.items() if isinstance(listed, dict) else ():
            if path.rpartition("node_modules/")[2] == package.name and isinstance(one, dict) and one.get("version") == package.version:
                yield from integrity(str(one.get("integrity", "")))


def _in_yarn(text: str, package: Package) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        head = block.strip().splitlines()[:1]
        if head and re.match(rf'"?{re.escape(package.name)}@', head[0]) and re.search(
            rf'^\s+version:?\s+"?{re.escape(package.version)}"?\s*$', block, re.MULTILINE
        ):
            yield from integrity(block)


def integrity(text: str) -> Iterator[str]:
    """The digests in Subresource Integrity strings (https://www.w3.org/TR/SRI/), as npm keeps them."""
    for kind, value in _INTEGRITY.findall(text):
        try:
            raw = base64.b64decode(value, validate=True).hex()
        except (binascii.Error, ValueError):
            continue
        if len(raw) == _SIZES[kind]:
            yield f"{kind}:{raw}"


def canonical(name: str) -> str:
    """A Python project's name as it is compared (PEP 503)."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
