"""What `leakseal artifact` says: the checks, and what they rest on, as `leakseal.artifact/v1` and as lines for a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from scanner.artifact import check as checks
from scanner.artifact.binding import Binding, folders
from scanner.artifact.check import Check
from scanner.artifact.image import REVISION, SOURCE, VERSION, Chain
from scanner.artifact.provenance import Provenance
from scanner.artifacts.asked import Asked
from scanner.model.report import Report
from scanner.report import json_v1, plain

SCHEMA = "leakseal.artifact/v1"
_LISTED_MOST = 20
_TEXT_MOST = 1000
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """All of it; the texts in it may hold what stood in the artifact, until they are veiled."""

    uri: str
    kind: str  # image | wheel | sdist | npm | archive | file
    digest: str
    size: int
    checks: tuple[Check, ...]
    name: str | None = None
    version: str | None = None
    chain: Chain | None = None
    base_layers: Mapping[str, int] = field(default_factory=dict)  # manifest's digest -> how many
    binding: Binding | None = None
    provenance: Provenance | None = None
    signer: str | None = None
    report: Report | None = field(default=None, repr=False)

    @property
    def exit_code(self) -> int:
        """0, or 4 before 1 before 3."""
        return checks.exit_code(self.checks)


def document(result: Result, asked: Asked, veil: Callable[[str], str], run: Document) -> Document:
    """As plain values, without secrets; everything that depends on the clock is under `run`."""
    made = {
        "schema": SCHEMA,
        "run": run,
        "artifact": {
            "uri": result.uri, "kind": result.kind, "digest": result.digest, "size": result.size, "name": result.name,
            "version": result.version,
        },
        "asked": {
            "allowTag": asked.allow_tag, "built": sorted(set(asked.declared)), "nowhereMost": asked.nowhere_most,
            "builders": sorted(asked.builders), "parameters": dict(asked.parameters),
        },
        "trusted": result.exit_code == 0,
        "exitCode": result.exit_code,
        "checks": [
            {"number": one.number, "name": one.name, "outcome": checks.WORDS[one.held], "detail": one.said} for one in result.checks
        ],
        "images": _images(result),
        "binding": _binding(result.binding),
        "provenance": _provenance(result),
    }  # fmt: skip
    veiled: Document = _veiled(made, veil)
    return {**veiled, "scan": None if result.report is None else _scan(result.report)}


def _scan(report: Report) -> Document:
    """The report, without what a clock says."""
    return {key: value for key, value in json_v1.document(report).items() if key != "run"}


def _images(result: Result) -> list[Document]:
    found = []
    for image in result.chain.images if result.chain else ():
        said = {**image.notes, **image.labels}
        layers = [
            {"digest": one.digest, "size": one.size, "unpacked": one.unpacked, "base": number < result.base_layers.get(image.digest, 0)}
            for number, one in enumerate(image.layers)
        ]
        labels = {name: said.get(key) for name, key in (("revision", REVISION), ("source", SOURCE), ("version", VERSION))}
        found.append({"digest": image.digest, "platform": image.platform, "config": image.config, "layers": layers, "labels": labels})
    return found


def _binding(binding: Binding | None) -> Document | None:
    if binding is None:
        return None
    return {
        "commit": binding.commit, "counts": dict(binding.counts), "nowhere": binding.nowhere, "renamed": binding.renamed,
        "omitted": binding.unbound - len(binding.nowhere) - len(binding.renamed),
    }  # fmt: skip


def _provenance(result: Result) -> Document | None:
    said = result.provenance
    if said is None:
        return None
    return {
        "builder": said.builder, "buildType": said.build_type, "signer": result.signer,
        "sources": [{"uri": uri, "commit": commit} for uri, commit in said.sources],
        "dependencies": [{"uri": uri, "digest": digest or None} for uri, digest in said.dependencies],
        "parameters": [name for name, _ in said.parameters],
    }  # fmt: skip


def _veiled(value: Any, veil: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _veiled(inner, veil) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_veiled(inner, veil) for inner in value]
    return veil(value)[:_TEXT_MOST] if isinstance(value, str) else value


def texts(result: Result, asked: Asked) -> Iterator[str]:
    """Every text in it that may come from the artifact, or from a person."""
    yield from _texts(document(result, asked, lambda text: text, {}))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def dumped(value: Document) -> str:
    """As it is written: sorted keys, safe to print."""
    return json_v1.dumped(value, indent=2) + "\n"


def lines(value: Document) -> Iterator[str]:
    """What a person is told besides the checks, out of the same plain values."""
    binding = value["binding"]
    if binding is not None:
        yield "files: " + ", ".join(f"{count:,} {kind}" for kind, count in binding["counts"].items() if count)
        for kind in ("nowhere", "renamed"):
            yield from _listed(kind, binding[kind])
    scan = value["scan"]
    if scan is not None:
        found = [one for one in scan["findings"] if one["disposition"] not in ("accepted", "example")]
        yield f"scan: {scan['result']}, {plain.count(len(found), 'open finding')}, {plain.count(len(scan['gaps']), 'gap')}"
        yield from _some(map(_finding, found), len(found))
        yield from _some((f"  gap: {one['path'] or one['object'] or ''}: {one['detail'] or one['reason']}" for one in scan["gaps"]),
                         len(scan["gaps"]))  # fmt: skip


def sentence(value: Document) -> str:
    """What it comes to."""
    told = value["artifact"]
    failed = next((f": {one['name']}: {one['detail']}" for one in value["checks"] if one["outcome"] == "failed"), "")
    return f"{told['kind']} {told['digest']}: " + ("may be released" if value["exitCode"] == 0 else f"is not to be released{failed}")


def _some(made: Iterable[str], count: int) -> Iterator[str]:
    yield from islice(made, _LISTED_MOST)
    if count > _LISTED_MOST:
        yield f"  and {count - _LISTED_MOST:,} more, which -o FILE lists"


def _listed(kind: str, names: list[str]) -> Iterator[str]:
    if len(names) > _LISTED_MOST:
        yield from (f"  {kind}: {folder}/ ({count:,} files)" for folder, count in list(folders(names))[:_LISTED_MOST])
    else:
        yield from (f"  {kind}: {name}" for name in names)


def _finding(one: Document) -> str:
    at = one["location"]
    return f"  {one['severity']} {one['rule']}: {at['path'] or ''}:{at['line'] or ''} {one['preview']}"


@cache
def schema() -> Document:
    """The JSON Schema of a result."""
    found: Document = json.loads(Path(__file__).with_name("artifact-v1.schema.json").read_bytes())
    return found
