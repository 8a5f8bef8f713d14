"""Secrets that are made of literals: Kustomize's secretGenerator, `kubectl create secret generic --from-literal`, Terraform."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanner.detect.candidate import Candidate
from scanner.detect.kubernetes.judge import judged
from scanner.detect.password import public_parts
from scanner.detect.structure import block, flow
from scanner.detect.structure.scalar import QUOTED, Scalar, named
from scanner.detect.structure.shell import command_start, words
from scanner.model.content import Span
from scanner.model.evidence import Parsed

Parts = Iterable[tuple[str, bytes | str | int | None]]

_CREATED = re.compile(rb"secret[ \t]+generic[ \t]+([\w.-]{1,253})")
_NAMESPACE = re.compile(rb"(?:-n|--namespace)[= ][ \t]*([\w.-]{1,253})")
_OPENED = re.compile(rb"[^\n{]{0,256}\{")


def literals(candidate: Candidate) -> tuple[Parsed, ...]:
    """`literals` of a secretGenerator in a kustomization.yaml: `- password=…`."""
    scalars = block.below(candidate.window, candidate.span.start)
    known = named(scalars)
    found = []
    for scalar in scalars:
        if len(scalar.path) < 4 or scalar.path[-2] != b"literals":
            continue
        name, namespace = (known.get((*scalar.path[:-2], step)) for step in (b"name", b"namespace"))
        about: Parts = [("namespace", namespace.value if namespace else None), ("name", name.value if name else None)]
        found.append(_literal(candidate.window, scalar.value, scalar.span, about))
    return tuple(one for one in found if one)


def from_literal(candidate: Candidate) -> Parsed | None:
    """`kubectl create secret generic app --from-literal=password=…`."""
    data = candidate.window
    word = next(iter(words(data, candidate.span.end, 1)), None)
    if word is None or not word.literal:
        return None
    start = command_start(data, candidate.span.start)
    name, namespace = _CREATED.search(data, start, candidate.span.start), _NAMESPACE.search(data, start, candidate.span.start)
    if name is None:
        return None
    about: Parts = [("namespace", namespace[1] if namespace else None), ("name", name[1])]
    found = _literal(data, word.value, word.span, about)
    return found if found and found.confidence else None


def _literal(data: bytes, text: bytes, span: Span, about: Parts) -> Parsed | None:
    """One `key=value`; as it is written, the value is what stands behind the first `=`."""
    key, sign, value = text.partition(b"=")
    at = data.find(b"=", span.start, span.end)
    if not sign or at < 0:
        return None
    written = Span(at + 1, span.end)
    if span.end - at > 2 and data[at + 1 : at + 2] in (b'"', b"'") and data[at + 1] == data[span.end - 1]:
        value, written = value.strip(data[at + 1 : at + 2]), Span(at + 2, span.end - 1)
    verdict = judged(key, value)
    if verdict is None:
        return Parsed(written, value, (), Span(span.start, span.end), confidence=0.0) if value else None
    shown = public_parts([*about, ("key", key)], verdict.value)
    return Parsed(written, verdict.value, (*shown, *verdict.parts), span, verdict.confidence, verdict.severity)


def terraform(candidate: Candidate) -> tuple[Parsed, ...]:
    """`resource "kubernetes_secret" "app" { data = { … } }`; its values are plain, the provider encodes them."""
    data = candidate.window
    opened = _OPENED.match(data, candidate.secret.end)
    if opened is None:
        return ()
    scalars, _ = flow.read(data, opened.end() - 1)
    known = named(scalars)
    name, namespace = (known.get((b"metadata", step)) for step in (b"name", b"namespace"))
    about: Parts = [(label, one.value if one and one.style in QUOTED and b"${" not in one.value else None)
                    for label, one in (("namespace", namespace), ("name", name))]  # fmt: skip
    found = []
    for scalar in scalars:
        if len(scalar.path) == 2 and scalar.path[0] in (b"data", b"binary_data", b"data_wo") and scalar.style in QUOTED:
            found.append(_value(scalar, about))
    return tuple(found)


def _value(scalar: Scalar, about: Parts) -> Parsed:
    verdict = judged(scalar.key, scalar.value)
    construct = Span(min(scalar.at, scalar.span.start), scalar.span.end)
    if verdict is None:
        return Parsed(scalar.span, scalar.value or b"-", (), construct, confidence=0.0)
    shown = public_parts([*about, ("key", scalar.key)], verdict.value)
    return Parsed(scalar.span, verdict.value, (*shown, *verdict.parts), construct, verdict.confidence, verdict.severity)
