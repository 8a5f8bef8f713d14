"""Reports of other scanners, finding by finding; they hold plaintext, which goes no further than the seal.

trufflehog: `--json`, a document for each finding. kingfisher: `--format json` or `jsonl`. gitleaks and betterleaks: their JSON report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import UsageError

MOST = 256 << 20
_HIDDEN = re.compile(r"(?i)redacted|[*•x.…]+|\S{0,20}(?:\.\.\.|…|\*{3,})\S{0,20}|")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding of theirs."""

    tool: str
    rule: str
    value: bytes = field(repr=False)
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a report says; `hidden` findings have their value masked, so that nothing can be compared with them."""

    tool: str
    seen: tuple[Seen, ...]
    hidden: int = 0
    odd: int = 0


def read(data: bytes) -> Foreign:
    """The report in these bytes, by whichever of the tools it is."""
    if len(data) > MOST:
        raise UsageError(f"the report is larger than {MOST >> 20} MiB", hint="split it")
    documents = list(_documents(data))
    found = [one for document in documents for one in _findings(document)]
    readers = {name for name in map(_whose, found) if name}
    if len(readers) != 1:
        hint = "give the JSON of trufflehog, kingfisher, gitleaks or betterleaks"
        raise UsageError("this is no report that can be imported", hint=hint)
    (tool,) = readers
    seen: list[Seen] = []
    hidden = odd = 0
    for one in found:
        made = _READERS[tool](one) if _whose(one) == tool else None
        if made is None:
            odd += 1
        elif _HIDDEN.fullmatch(made.value.decode("utf-8", "replace")):
            hidden += 1
        else:
            seen.append(made)
    return Foreign(tool, tuple(seen), hidden, odd)


def _documents(data: bytes) -> Iterator[Any]:
    """One JSON document, or one on each line; lines of a log between them are passed over."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("the report is not UTF-8", hint="give the file as the scanner wrote it") from None
    try:
        yield json.loads(text)
        return
    except (ValueError, RecursionError):
        pass
    for line in text.splitlines():
        try:
            if line.lstrip().startswith(("{", "[")):
                yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _findings(document: Any) -> list[Mapping[str, Any]]:
    if isinstance(document, dict) and isinstance(document.get("findings"), list):
        document = document["findings"]
    return [one for one in (document if isinstance(document, list) else [document]) if isinstance(one, dict)]


def _whose(one: Mapping[str, Any]) -> str | None:
    if "DetectorName" in one and "SourceMetadata" in one:
        return "trufflehog"
    if isinstance(one.get("rule"), dict) and isinstance(one.get("finding"), dict):
        return "kingfisher"
    return "gitleaks" if "RuleID" in one and "Secret" in one else None


def _trufflehog(one: Mapping[str, Any]) -> Seen | None:
    at = _table(_table(one["SourceMetadata"]).get("Data"))
    place: Mapping[str, Any] = next((_table(said) for _, said in sorted(at.items()) if isinstance(said, dict)), {})
    return _made("trufflehog", one["DetectorName"], one.get("Raw"), {
        "path": place.get("file") or place.get("path"), "line": place.get("line"), "commit": place.get("commit"),
        "author": place.get("email"), "date": place.get("timestamp"),
    })  # fmt: skip


def _kingfisher(one: Mapping[str, Any]) -> Seen | None:
    found = one["finding"]
    commit = _table(_table(found.get("git_metadata")).get("commit"))
    who = _table(commit.get("committer"))
    return _made("kingfisher", one["rule"].get("id") or one["rule"].get("name"), found.get("snippet"), {
        "path": found.get("path"), "line": found.get("line"), "commit": commit.get("id"), "author": who.get("email"),
        "date": commit.get("date"),
    })  # fmt: skip


def _gitleaks(one: Mapping[str, Any]) -> Seen | None:
    return _made("gitleaks", one["RuleID"], one["Secret"], {
        "path": one.get("File"), "line": one.get("StartLine"), "commit": one.get("Commit"), "author": one.get("Email"),
        "date": one.get("Date"),
    })  # fmt: skip


_READERS = {"trufflehog": _trufflehog, "kingfisher": _kingfisher, "gitleaks": _gitleaks}


def _made(tool: str, rule: Any, value: Any, at: Mapping[str, Any]) -> Seen | None:
    if not isinstance(rule, str) or not rule or not isinstance(value, str):
        return None
    line, commit = at["line"], at["commit"]
    texts = {name: str(at[name])[:4096] if isinstance(at[name], str) and at[name] else None for name in ("path", "author", "date")}
    return Seen(
        tool, rule[:200], value.encode("utf-8", "surrogatepass"), line=line if type(line) is int and 0 < line < 10**9 else None,
        commit=commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else None, **texts,
    )  # fmt: skip


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
