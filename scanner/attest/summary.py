"""The assertion for a runbook, in Markdown: what a person pastes beside the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.attest.strict import Document


def summary(found: Document, keyid: str, digest: str, objections: Sequence[str]) -> str:
    """One page; `digest` is that of the statement's bytes."""
    return "\n".join(_lines(found, keyid, digest, objections)) + "\n"


def _lines(found: Document, keyid: str, digest: str, objections: Sequence[str]) -> Iterator[str]:
    said = found["predicate"]
    yield f"# No-secret-leak assertion: {said['result']}"
    yield ""
    if said["result"] == "PASSED":
        yield "No secret was detected in the listed objects under the named rules, and everything in scope was read."
    else:
        yield "It does not say PASSED, because:"
        yield ""
        yield from (f"- {sentence}" for sentence in objections)
    yield ""
    yield "| what | value |"
    yield "| --- | --- |"
    yield f"| scope | `{said['scope']['id']}` |"
    for one in found["subject"]:
        for algorithm, value in sorted(one["digest"].items()):
            yield f"| {algorithm} | `{value}` |"
    rules = next(one for one in said["configuration"] if one["name"] == "rules")
    about, seen, tried = rules["annotations"], said["findings"], said["selfTest"]
    yield f"| rules | {about['ruleCount']:,}, version {about['version']}, `sha256:{rules['digest']['sha256'][:16]}…` |"
    yield f"| findings | {seen['open']} open, {seen['accepted']} accepted, {seen['examples']} known examples |"
    yield f"| readers tried | {tried['detected']} of {tried['canaries']} found what was planted for them |"
    yield f"| scanned | {said['startedOn']} to {said['finishedOn']} by leakseal {said['scanner']['version']} |"
    yield f"| valid until | {said['validUntil']} |"
    yield f"| key | `{keyid}` |"
    yield f"| statement | `{digest}` |"
    yield ""
    yield "| surface | required | status | objects | bytes | left out | not read | root |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |"
    for one in said["surfaces"]:
        seen = one["coverage"]
        unread = seen["unreadable"] + seen["truncated"] + seen["opaque"]
        required = "yes" if one["required"] else "no"
        yield (
            f"| {one['surface']} | {required} | {one['status']} | {one['objectCount']:,} | {one['byteCount']:,} | {seen['skipped']:,}"
            f" | {unread:,} | `{one['merkleRoot']['sha256'][:16]}…` |"
        )
    yield ""
    yield "Verify with `leakseal verify no-secret-leak.intoto.json --policy .leakseal/gate.yaml`."
