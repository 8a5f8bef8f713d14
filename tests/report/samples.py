"""One fixed report, and strategies for random ones; the masked previews are typed by hand, so no secret was ever behind them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from scanner.model.content import REASONS, Gap, Origin, Target
from scanner.model.evidence import Finding, Location
from scanner.model.report import Coverage, Report, Run, Suppressions
from scanner.model.rule import KINDS, SEVERITIES

SURFACES = ("git", "tree", "logs", "screenshots", "notes", "oci", "stdin")


def finding(**changes: Any) -> Finding:
    """An open finding in a Git repository."""
    values: dict[str, Any] = {
        "id": "f3a1c09d7e5b4a20",
        "rule": "postgres-dsn",
        "kind": "dsn",
        "title": "PostgreSQL URL with a password",
        "severity": "critical",
        "confidence": 0.97,
        "fingerprint": "hmac-sha256:k1:" + "0a" * 32,
        "surface": "git",
        "target": "t1",
        "location": Location(
            path="deploy/app.env", line=3, end_line=3, column=14, end_column=71, object="b" * 40, commit="9c0ffee1" * 5,
            author="Ana Kovač <ana@example.org>", date="2024-03-01T08:30:00Z", reachable=True,
        ),
        "occurrences": 4,
        "commits": 2,
        "paths": ("deploy/app.env", "deploy/old.env"),
        "parsed": (
            ("database", "vergabe_db"), ("host", "apps-pg-rw.databases"), ("port", 5432), ("scheme", "postgresql"), ("user", "vergabe"),
        ),
        "preview": "postgresql://vergabe:********@apps-pg-rw.databases:5432/vergabe_db",
        "disposition": "open",
        "advice": "Rotate the role's password, then update the secret that the application reads.",
    }  # fmt: skip
    return Finding(**{**values, **changes})


def report(**changes: Any) -> Report:
    """Every kind of thing once: two targets, all severities, all dispositions, gaps, notes."""
    token = {"rule": "github-token", "kind": "token", "title": "GitHub token", "preview": "ghp_********", "parsed": ()}
    values: dict[str, Any] = {
        "targets": (
            Target("t1", "git", "/srv/app", head="3f2a91c0" * 5),
            Target("t2", "screenshots", "shots", scope="files"),
        ),
        "rules_digest": "sha256:" + "5e" * 32,
        "rules_count": 431,
        "findings": (
            finding(),
            finding(**token, id="aa11", severity="high", occurrences=1, commits=1, paths=("ci/run.sh",), advice="Revoke it.",
                    location=Location(path="ci/run.sh", line=12, column=8, commit="77aa" * 10, author="bot", date="2023-11-05T00:00:00Z",
                                      reachable=False, steps=("base64@120-480", "gunzip"))),
            finding(**token, id="bb22", severity="medium", occurrences=1, commits=None, paths=(), advice="Revoke it.",
                    disposition="expired-acceptance", acceptance="ana: fixture, gone soon",
                    location=Location(object="cc" * 20, commit="cc" * 20, field="commit-message", line=2, column=1)),
            finding(**token, id="cc33", severity="low", surface="screenshots", target="t2", occurrences=1, commits=None,
                    paths=("login.png",), advice="Revoke it.",
                    location=Location(path="login.png", box=(10, 20, 300, 40), steps=("ocr",))),
            finding(**token, id="dd44", disposition="accepted", acceptance="ben: documented example value", advice="Revoke it.",
                    location=Location(path="docs/example.md", line=40, column=3)),
            finding(**token, id="ee55", disposition="accepted", acceptance="inline", advice="Revoke it.",
                    location=Location(path="tests/fake.py", line=7, column=3)),
            finding(**token, id="ff66", severity="low", disposition="example", advice="Nothing.", occurrences=1, commits=1, paths=(),
                    location=Location(path="docs/setup.md", line=9, column=5)),
        ),
        "coverage": (
            ("git", Coverage(92_114, 3_812_345_678, 92_110, 0, 2, 1, 1, "sha256:" + "ab" * 32)),
            ("screenshots", Coverage(3, 48_000, 1, 1, 0, 0, 1)),
        ),
        "gaps": (
            Gap(Origin("t1", "git", "vendor.zip!inner.bin", "d" * 40), "encrypted-archive", "needs a password"),
            Gap(Origin("t1", "git", None, "e" * 40), "missing-object"),
            Gap(Origin("t1", "git", None, "f" * 40), "missing-object"),
            Gap(Origin("t1", "git", "data/big.csv", "1" * 40), "truncated", "read up to 64 MiB"),
            Gap(Origin("t2", "screenshots", "blurred.png"), "illegible-image", "too small to read"),
        ),
        "run": Run("leakseal 0.1.0", "2025-01-02T03:04:05Z", "2025-01-02T03:04:06Z", 1.25, "builder"),
        "suppressions": Suppressions(1, 2, 1, "sha256:" + "cd" * 32),
        "notes": ("2 replace refs were counted as objects of their own",),
    }  # fmt: skip
    return Report(**{**values, **changes})


def clean(**changes: Any) -> Report:
    """Everything was read, and nothing is open."""
    quiet = {
        "targets": (Target("t1", "git", "/srv/app", head="3f2a91c0" * 5),), "findings": (), "gaps": (), "notes": (),
        "coverage": (("git", Coverage(92_114, 3_812_345_678, 92_114)),),
    }  # fmt: skip
    return report(**{**quiet, "coverage": (("git", Coverage(92_114, 3_812_345_678, 92_114)),), **changes})


HOSTILE = (
    "a\nb", "a\rb", "\x1b[31mred\x1b[0m", "[red]x[/red]", "a\"b'c", "100%", "a,b:c", "\\xff", "\udcff", "\ud800", "\x9b31m",
    "\u202egnp.exe", "::error::x", "[a](http://x)", "\x1b]8;;http://x\x1b\\", "\x7f", "\x00", "a|b`c", " lead", "漢字", "",
)  # fmt: skip

text = st.sampled_from(HOSTILE) | st.text(max_size=12)
line = st.none() | st.integers(1, 10**6)
name = st.none() | text
boxes = st.none() | st.tuples(*[st.integers(0, 10_000)] * 4)
some_text = st.lists(text, max_size=3).map(tuple)
whole = st.integers(0, 10**12)
targets = st.builds(Target, id=st.sampled_from(("t1", "t2", "t3")), surface=st.sampled_from(SURFACES), uri=text, head=name, scope=text)
locations = st.builds(
    Location, path=name, line=line, end_line=line, column=line, end_column=line, object=name, commit=name, author=name, date=name,
    field=name, reachable=st.none() | st.booleans(), record=name, page=line, box=boxes, steps=some_text,
)  # fmt: skip
findings = st.builds(
    Finding, id=text, rule=text, kind=st.sampled_from(KINDS), title=text, severity=st.sampled_from(SEVERITIES), confidence=st.floats(0, 1),
    fingerprint=text, surface=st.sampled_from(SURFACES), target=st.sampled_from(("t1", "t2", "t3")), location=locations,
    occurrences=st.integers(1, 10**6), commits=st.none() | st.integers(0, 10**6), paths=some_text,
    parsed=st.dictionaries(text, text | st.integers(-10, 10**6), max_size=3).map(lambda parts: tuple(parts.items())),
    preview=text, disposition=st.sampled_from(("open", "accepted", "expired-acceptance", "example")), advice=text, acceptance=name,
)  # fmt: skip
origins = st.builds(Origin, target=text, surface=st.sampled_from(SURFACES), path=name, object=name, field=name)
gaps = st.builds(Gap, origin=origins, reason=st.sampled_from(sorted(REASONS)), detail=text)
coverages = st.builds(Coverage, **{f.name: name if f.name == "root" else whole for f in fields(Coverage)})
seconds = st.none() | st.floats(0, 1e6)
reports = st.builds(
    Report, targets=st.lists(targets, max_size=3).map(tuple), rules_digest=text, rules_count=whole,
    findings=st.lists(findings, max_size=4).map(tuple),
    coverage=st.dictionaries(st.sampled_from(SURFACES), coverages, max_size=3).map(lambda seen: tuple(seen.items())),
    gaps=st.lists(gaps, max_size=4).map(tuple),
    run=st.builds(Run, tool=text, started_on=name, finished_on=name, seconds=seconds, host=name),
    suppressions=st.builds(Suppressions, used=whole, unused=whole, expired=whole, digest=name), gaps_allowed=st.booleans(), notes=some_text,
)  # fmt: skip
