"""What files of evidence say: CloudNativePG resources, results of checks (JUnit XML or JSON), Helm values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from scanner.errors import ConfigError

_CNPG = re.compile(r"postgresql\.cnpg\.io/v[0-9]\w*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{5,20}(?:Z|[+-][0-9:]{2,6})?)?")
Value = Any


class NoEvidence(Exception):
    """The file says nothing that can be used: one sentence."""


@dataclass(frozen=True, slots=True)
class Backup:
    """The latest completed backup of a cluster."""

    cluster: str  # namespace/name
    stopped: datetime  # UTC
    name: str


@dataclass(frozen=True, slots=True)
class Checks:
    """Results of checks: which ran, which failed, and when."""

    passed: tuple[str, ...]
    failed: tuple[str, ...] = ()
    when: datetime | None = None
    skipped: tuple[str, ...] = field(default=())


def values(data: bytes) -> Iterator[Value]:
    """The documents in YAML or JSON as plain values."""
    from scanner import yamlnodes

    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    try:
        if text.lstrip()[:1] in ("{", "["):
            yield json.loads(text)
            return
        for part in re.split(r"^---[^\n]*$", text, flags=re.MULTILINE):
            if part.strip():
                yield _plain(yamlnodes.parse(part.encode(), "it"))
    except (ConfigError, ValueError, RecursionError):
        raise NoEvidence("it is neither JSON nor plain YAML") from None


def _plain(node: Any) -> Value:
    if node.kind == "map":
        return {key: _plain(one) for key, one in node.entries}
    if node.kind == "list":
        return [_plain(one) for one in node.items]
    return None if node.kind == "none" else node.scalar


def latest_backup(data: bytes, cluster: str | None) -> Backup:
    """The newest completed backup in exported `Backup` or `Cluster` resources, of this cluster (`namespace/name`) if one is named."""
    found = [one for document in values(data) for resource in _resources(document) for one in _backups(resource)]
    if not found:
        raise NoEvidence("it has no completed CloudNativePG backup")
    mine = [one for one in found if cluster is None or one.cluster == cluster]
    if not mine:
        raise NoEvidence("its backups are of another cluster")
    return max(mine, key=lambda one: one.stopped)


def _resources(document: Value) -> Iterator[Mapping[str, Value]]:
    if isinstance(document, list):
        for one in document:
            yield from _resources(one)
    elif isinstance(document, dict):
        if isinstance(document.get("items"), list):
            yield from _resources(document["items"])
        elif _CNPG.fullmatch(str(document.get("apiVersion"))):
            yield document


def _backups(resource: Mapping[str, Value]) -> Iterator[Backup]:
    about, spec, status = (part if isinstance(part := resource.get(key), dict) else {} for key in ("metadata", "spec", "status"))
    space, name = str(about.get("namespace", "default")), str(about.get("name", ""))
    if resource.get("kind") == "Backup" and status.get("phase") == "completed":
        cluster = spec.get("cluster")
        if isinstance(cluster, dict) and (stopped := moment(status.get("stoppedAt"))):
            yield Backup(f"{space}/{cluster.get('name')}", stopped, name)
    stopped = moment(status.get("lastSuccessfulBackup")) if resource.get("kind") == "Cluster" else None
    if stopped and moment(status.get("firstRecoverabilityPoint")):
        yield Backup(f"{space}/{name}", stopped, "lastSuccessfulBackup")


def moment(text: Value) -> datetime | None:
    """A date, or a time with or without its zone, as UTC."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def checks(data: bytes) -> Checks:
    """The results in JUnit XML, or in JSON: `{"checks": [{"name": …, "status": "passed"}], "date": …}`."""
    if data.lstrip().startswith(b"<"):
        return _junit(data)
    for document in values(data):
        listed = document.get("checks") if isinstance(document, dict) else None
        if isinstance(listed, list) and all(isinstance(one, dict) and "name" in one and "status" in one for one in listed):
            named: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
            for one in listed:
                status = str(one["status"]).lower()
                kind = "passed" if status in ("passed", "pass", "ok", "success") else "skipped" if status == "skipped" else "failed"
                named[kind].append(str(one["name"])[:200])
            when = moment(document.get("date") or document.get("finishedOn"))
            return Checks(tuple(named["passed"]), tuple(named["failed"]), when, tuple(named["skipped"]))
    raise NoEvidence("it has no results of checks")


def _junit(data: bytes) -> Checks:
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise NoEvidence("it is XML with a document type, which is not read")
    from xml.etree.ElementTree import ParseError, fromstring

    try:
        root = fromstring(data)  # noqa: S314 no entities: a document type was refused
    except ParseError:
        raise NoEvidence("it is not well-formed XML") from None
    cases = list(root.iter("testcase"))
    if not cases:
        raise NoEvidence("it has no results of checks")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    off = [case for case in cases if case.find("skipped") is not None]
    fine = [case for case in cases if case not in bad and case not in off]
    stamp = next((moment(suite.get("timestamp")) for suite in root.iter("testsuite") if suite.get("timestamp")), None)
    return Checks(_named(fine), _named(bad), stamp, _named(off))


def _named(cases: list[Element]) -> tuple[str, ...]:
    return tuple(str(case.get("name", ""))[:200] for case in cases)


def helm_media(data: bytes) -> bool | None:
    """`persistence.media.enabled` of Helm values; None if they do not say."""
    for document in values(data):
        place: Value = document
        for key in ("persistence", "media", "enabled"):
            place = place.get(key) if isinstance(place, dict) else None
        if place is not None:
            return str(place).lower() == "true"
    return None
