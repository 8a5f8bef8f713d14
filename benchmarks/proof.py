"""What shows that a scanner really scanned: its exit code, and the numbers that it gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from benchmarks.measure import Ended, Unproven

Proof = Callable[[Ended], str]

_BYTES = re.compile(r"scanned ~([0-9]+) bytes")
_TROUBLE = re.compile(r"(?m)^\S+ (?:ERR|FTL) .*$|^.*incomplete scan.*$")
_COMMITS = re.compile(r"([0-9]+) commits scanned")


def code(*good: int) -> Proof:
    """Ended with one of these exit codes."""

    def check(ended: Ended) -> str:
        if ended.code not in good:
            last = (ended.err.read_text("utf-8", "replace").strip().splitlines() or ["nothing said"])[-1]
            raise Unproven(f"exit code {ended.code}: {last[:120]}")
        return f"exit code {ended.code}"

    return check


def leakseal(*good: int) -> Proof:
    """The report counts objects and bytes that were read."""

    def check(ended: Ended) -> str:
        code(*good)(ended)
        found = _document(ended)
        coverage = found["coverage"]
        if not coverage["scanned"]:
            raise Unproven("nothing was scanned")
        return f"{coverage['scanned']} of {coverage['objects']} objects, {_size(coverage['bytes'])}, {len(found['findings'])} findings"

    return check


def leaks(*good: int) -> Proof:
    """gitleaks and betterleaks say on standard error how many bytes they scanned."""

    def check(ended: Ended) -> str:
        code(*good)(ended)
        text = ended.err.read_text("utf-8", "replace")
        if trouble := _TROUBLE.search(text):  # they end with the exit code of leaks even if Git failed beneath them half way
            raise Unproven(f"it did not come to its end: {trouble[0].strip()[:120]}")
        size, commits = _BYTES.search(text), _COMMITS.search(text)
        if not size or not int(size[1]):
            raise Unproven("it says nothing of bytes that it scanned")
        said = [f"{commits[1]} commits"] if commits and int(commits[1]) else []
        return ", ".join([*said, _size(int(size[1])), f"exit code {ended.code}"])

    return check


def kingfisher(*good: int) -> Proof:
    """The report counts blobs and bytes."""

    def check(ended: Ended) -> str:
        code(*good)(ended)
        found = _document(ended)
        if not found["bytes_scanned"]:
            raise Unproven("it says that it scanned 0 bytes")
        return f"{found['blobs_scanned']} blobs, {_size(found['bytes_scanned'])}, exit code {ended.code}"

    return check


def detect_secrets(ended: Ended) -> str:
    """The report has results; the tree holds a token, so that an empty one means that nothing was read."""
    code(0)(ended)
    results = _document(ended)["results"]
    if not results:
        raise Unproven("it found nothing in a tree that holds a token")
    return f"findings in {len(results)} files"


def _document(ended: Ended) -> dict[str, Any]:
    """The JSON object on standard output; one that others follow ends at its line."""
    text = ended.out.read_text("utf-8", "replace")
    documents = []
    start = text.find("{")
    while start >= 0:
        try:
            document, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            break
        documents.append(document)
        start = text.find("{", end)
    if not documents:
        raise Unproven("it printed no report")
    merged: dict[str, Any] = {}
    for document in documents:
        merged.update(document)
    return merged


def _size(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB"
