"""Findings that another scanner was told to pass over: where they stand, and what somebody said of them.

detect-secrets: `.secrets.baseline`, read by detect-secrets itself; its plugins and filters are not loaded, as they may be programs of
whoever wrote it.
gitleaks: a report that is used as a baseline, and `.gitleaksignore` (`commit:file:rule:line` or `file:rule:line`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from scanner.errors import UsageError

MOST = 64 << 20
ACCEPTED, FALSE, CONFIRMED, UNAUDITED = "accepted", "false-positive", "confirmed", "unaudited"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_IGNORED = re.compile(r"(?:(?P<commit>[0-9a-f]{40,64}):)?(?P<path>.{1,4096}):(?P<rule>[^:]{1,200}):(?P<line>[0-9]{1,9})")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_LINE_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Told:
    """One finding of theirs: the file as it stands now, or in a commit, and the verdict."""

    path: str
    rule: str  # their name for it
    verdict: str  # accepted | false-positive | confirmed | unaudited
    line: int | None = None  # from 1
    end_line: int | None = None
    commit: str | None = None
    digest: str | None = field(default=None, repr=False)  # SHA-1 of the value


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a file says, and what in it could not be understood."""

    tool: str
    told: tuple[Told, ...]
    odd: tuple[str, ...] = ()


def read(data: bytes, name: str) -> Baseline:
    """The baseline in a file, whichever of the three it is."""
    if len(data) > MOST:
        raise UsageError(f"the baseline is larger than {MOST >> 20} MiB", hint="split it")
    if name.endswith(".gitleaksignore"):
        return _ignored(data)
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _unknown() from None
    if isinstance(document, dict) and isinstance(document.get("results"), dict):
        return _detect_secrets(document)
    if isinstance(document, list) and all(isinstance(item, dict) and "RuleID" in item for item in document):
        return _gitleaks(document)
    raise _unknown()


def digests(line: str) -> frozenset[str]:
    """The SHA-1 of everything that detect-secrets' own plugins take for a secret in the first 4096 characters of a line."""
    from detect_secrets.core.potential_secret import PotentialSecret

    values: set[str] = set()
    for plugin in _plugins():
        try:
            values.update(plugin.analyze_string(line[:4096]))
        except Exception:  # noqa: S112 - one of their plugins is at a loss; what it would have found stays unknown, and is told as such
            continue
    return frozenset(PotentialSecret.hash_secret(value) for value in values)


@cache
def _plugins() -> tuple[Any, ...]:
    """Those that come with detect-secrets, and no others."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    kinds: dict[str, Any] = dict(get_mapping_from_secret_type_to_class())
    return tuple(kinds[name]() for name in sorted(kinds) if kinds[name].__module__.startswith("detect_secrets.plugins."))


def _unknown() -> UsageError:
    hint = "give a .secrets.baseline, a gitleaks report in JSON, or a .gitleaksignore"
    return UsageError("this is no baseline that can be imported", hint=hint)


def _detect_secrets(document: Mapping[str, Any]) -> Baseline:
    from detect_secrets.core.secrets_collection import SecretsCollection

    try:
        collection = SecretsCollection.load_from_baseline({"results": document["results"]})
        found = [secret for _, secret in collection]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError("the baseline of detect-secrets is damaged", hint="write it anew: `detect-secrets scan --baseline …`") from None
    told, odd = [], []
    verdicts = {True: CONFIRMED, False: FALSE, None: UNAUDITED}
    for secret in found:
        line = secret.line_number if type(secret.line_number) is int and 0 < secret.line_number < _LINE_MOST else None
        if not _SHA1.fullmatch(secret.secret_hash) or not (secret.is_secret is None or isinstance(secret.is_secret, bool)):
            odd.append(f"{secret.filename}: an entry without a hash or with a verdict that is none")
            continue
        told.append(Told(secret.filename, secret.type, verdicts[secret.is_secret], line, line, digest=secret.secret_hash))
    own = [one for one in document.get("plugins_used", ()) if isinstance(one, dict) and "path" in one]
    if own:
        odd.append(f"{len(own)} plugins of one's own are not run; what only they find is not reported by Leakseal either")
    return Baseline("detect-secrets", tuple(sorted(told, key=_order)), tuple(sorted(odd)))


def _gitleaks(document: list[dict[str, Any]]) -> Baseline:
    told, odd = [], []
    for number, item in enumerate(document, 1):
        path, rule, commit = (item.get(key) for key in ("File", "RuleID", "Commit"))
        lines = [item.get(key) for key in ("StartLine", "EndLine")]
        if not isinstance(path, str) or not path or not isinstance(rule, str) or not all(type(line) is int for line in lines):
            odd.append(f"finding {number}: without file, rule or line")
            continue
        at = commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else None
        first, last = sorted(max(1, min(int(line or 1), _LINE_MOST)) for line in lines)
        told.append(Told(path, rule, ACCEPTED, first, last, at))
    return Baseline("gitleaks", tuple(sorted(told, key=_order)), tuple(odd))


def _ignored(data: bytes) -> Baseline:
    told, odd = [], []
    for number, text in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        found = _IGNORED.fullmatch(line)
        if found is None:
            odd.append(f"line {number}: neither commit:file:rule:line nor file:rule:line")
            continue
        at = int(found["line"]) or None
        told.append(Told(found["path"], found["rule"], ACCEPTED, at, at, found["commit"]))
    return Baseline("gitleaks", tuple(sorted(set(told), key=_order)), tuple(odd))


def _order(told: Told) -> tuple[str, str, int, str, str]:
    return (told.path, told.commit or "", told.line or 0, told.rule, told.digest or "")
