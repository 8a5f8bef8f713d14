"""Whether what is there now is what a statement speaks of: by its objects alone, or by a scan."""

from __future__ import annotations

from pathlib import Path

from scanner.attest.merkle import root
from scanner.attest.statement import GIT_KINDS
from scanner.attest.strict import Document
from scanner.model.evidence import Leaf
from scanner.release.attesting import attest
from scanner.release.surfaces import Release, files, opened, repository, requests
from scanner.sources.git import facts
from scanner.sources.git.environ import GitFailed


def by_objects(found: Document, release: Release) -> str:
    """Why what is there now makes other roots than the statement has, or nothing; no content is searched."""
    wanted = requests(release)
    for said in found["predicate"]["surfaces"]:
        name = said["surface"]
        if name == "git" and "git" in said:
            place = repository(wanted)
            problem = _other_objects(said["git"], place, release) if place else "the policy names no repository"
            if problem:
                return problem
        elif name != "git" and root(files(release, name, wanted)) != said.get("fileRoot", said["merkleRoot"])["sha256"]:
            return f"the files of the surface {name} make another root"
    return ""


def _other_objects(said: Document, place: Path, release: Release) -> str:
    layout, env = opened(place, release)
    try:
        apart = facts.apart(layout, env)
        there = [Leaf("git", kind, oid, size) for kind, oid, size in facts.objects(layout, env) if oid not in apart]
    except GitFailed:
        return "Git cannot list the repository's objects"
    if len(there) != said["objectCount"]:
        return f"the repository has {len(there):,} objects, and the statement speaks of {said['objectCount']:,}"
    return "" if root(there) == said["objectRoot"]["sha256"] else "the repository's objects make another root"


def by_rescan(found: Document, release: Release) -> str:
    """Why a scan of what is there finds something else than the statement says, or nothing."""
    evidence = attest(release, dict)
    mine = {one.fingerprint for one in evidence.report.findings if one.disposition != "example"}
    said = found["predicate"]
    if not said["findings"]["entriesOmitted"] and mine != {one["fingerprint"] for one in said["findings"]["entries"]}:
        return "a scan finds other secrets than the statement lists"
    apart = evidence.git.apart if evidence.git else frozenset()
    for one in said["surfaces"]:
        listed = [leaf for leaf in evidence.leaves if leaf.surface == one["surface"]]
        kinds = one["surface"] == "git" and "git" in one
        here = root(leaf for leaf in listed if leaf.kind in GIT_KINDS and leaf.id not in apart) if kinds else root(listed)
        if here != (one["git"]["objectRoot"] if kinds else one["merkleRoot"])["sha256"]:
            return f"a scan of the surface {one['surface']} makes another root"
    return ""
