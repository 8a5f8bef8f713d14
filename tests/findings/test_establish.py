"""After this, nothing holds plaintext."""

from __future__ import annotations

import string
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from scanner.findings.establish import establish, learn
from scanner.findings.judge import allowance
from scanner.findings.mask import Mask
from scanner.findings.public import public_prefix
from scanner.findings.seal import Seal
from scanner.findings.suppressions import Suppression, by_id, render
from scanner.model.content import Origin, Span
from scanner.model.evidence import Finding, Match, Partner
from scanner.model.rule import Rule
from tests.findings.conftest import a_match, a_rule, grow

TODAY = date(2030, 6, 15)
MIDNIGHT = (TODAY - date(1970, 1, 1)).days * 86_400
REASON = "a fixture of the parser's tests"
SIGNS = string.ascii_letters + string.digits + "!$%&*+,;=@:/?#~^"

# Kind: how a secret grows from a seed, how it stands in the content, and the rule's pattern.
KINDS: dict[str, tuple[Callable[[int], str], Callable[[str], str], str]] = {
    "alnum": (grow, str, r"(?P<secret>\w+)"),
    "eight": (lambda seed: grow(seed, 8, SIGNS), str, r"(?P<secret>\S+)"),
    "hex": (lambda seed: grow(seed, 32, "0123456789abcdef"), str, r"(?P<secret>\w+)"),
    "digits": (lambda seed: grow(seed, 12, string.digits), str, r"(?P<secret>\d+)"),
    "lower": (lambda seed: grow(seed, 16, string.ascii_lowercase), str, r"(?P<secret>\w+)"),
    "prefixed": (lambda seed: "ghp_" + grow(seed, 36), str, r"(?P<secret>ghp_\w{36})"),
    "long prefix": (lambda seed: "github_pat_" + grow(seed, 60), str, r"(?P<secret>github_pat_\w+)"),
    "signs, in a URL": (lambda seed: grow(seed, 18, SIGNS), lambda s: quote(s, safe=""), r"(?P<secret>\S+)"),
    "base64": (lambda seed: grow(seed, 20, SIGNS), lambda s: b64encode(s.encode()).decode(), r"(?P<secret>\S+)"),
    "letters beyond ASCII": (lambda seed: grow(seed, 14, "äöüßéèñçøåžščЖДЯЮ"), str, r"(?P<secret>\S+)"),
    "key": (lambda seed: "\n".join(grow(seed + n, 64) for n in range(9)), str, r"(?P<secret>\S+)"),
}


def finding(match: Match, *entries: Suppression, today: date = TODAY) -> Finding:
    return establish(match, Seal(None, b"a salt"), Mask(), by_id(entries), today)


def planted(kind: str, seed: int) -> tuple[str, str, Match]:
    """A match in which every text holds the secret, as written and as meant."""
    make, write, pattern = KINDS[kind]
    value = make(seed)
    raw = write(value)
    either = f"{raw} {value}".replace("\n", " ")
    origin = Origin("t1", "git", f"dir/{value}/x-{raw}.env", f"no id but {raw}", f"exif.{value} {raw}")
    match = a_match(
        f"u://me-{value}:".encode(),
        raw.encode(),
        f"@host/{either}?again={quote(value, safe='')}".encode(),
        value.encode(),
        a_rule(pattern),
        origin=origin,
        parts=(("user", either), (f"p-{raw}", value), ("host", f"a.{raw}.b"), ("port", 5432)),
        steps=(f"unzip {either}",),
        commit=f"no id but {value}",
        author=f"A {either} <{raw}@example.org>",
        date=f"on {either}",
        paths=(f"a/{raw}", f"b/{value}"),
    )
    return value, raw, replace(match, line_text=f"{raw} # leakseal: allow * because {either} is a sample".encode())


def leaks(said: str, hidden: str) -> list[int]:
    return [at for at in range(max(1, len(hidden) - 7)) if hidden[at : at + 8].strip("-\n ") in said]


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_a_finding_holds_a_part_of_the_secret(kind: str) -> None:
    for seed in range(25):
        value, raw, match = planted(kind, seed)
        seal, mask = Seal(None, b"a salt"), Mask()
        for origin in (match.origin, replace(match.origin, field=None)):  # the second may be allowed inline, and quotes its reason
            found = establish(replace(match, origin=origin), seal, mask, {}, TODAY)
            said = " ".join(map(repr, (found, seal, mask)))
            public = len(public_prefix(match.hit.rule, value.encode()))
            for hidden in (value[public:], raw[public:]):
                hides = not leaks(said, hidden)
                assert hides, (kind, seed)  # never the text itself: a failing test must not print it


@pytest.mark.parametrize("kind", KINDS)
def test_other_findings_of_the_run_do_not_hold_it_either(kind: str) -> None:
    value, raw, match = planted(kind, 7)
    other = a_match(b"key=", grow(99).encode(), origin=match.origin, author=match.author, paths=match.paths, parts=match.hit.parts)
    mask = Mask()
    learn(match, mask)
    said = repr(establish(other, Seal(None, b"a salt"), mask, {}, TODAY))
    public = len(public_prefix(match.hit.rule, value.encode()))
    hides = not leaks(said, value[public:]) and not leaks(said, raw[public:])
    assert hides, kind


def test_a_match_does_not_print_its_secret() -> None:
    assert grow(1)[:8] not in repr(a_match(b"key=", grow(1).encode()))


def test_a_short_secret_is_masked_where_it_was_found() -> None:
    found = finding(
        a_match(b"postgresql://x7Kp2:", b"x7Kp2", b"@db/x7Kp2", parts=(("user", "x7Kp2"), ("database", "x7Kp2"), ("port", 5432)))
    )
    assert "x7Kp2" not in repr(found)
    assert ("port", 5432) in found.parsed


def test_a_number_that_is_the_secret_is_masked() -> None:
    assert finding(a_match(b"pin ", b"83920174", parts=(("pin", 83920174),))).parsed == (("pin", "********"),)


def test_places_and_counts_are_carried_over() -> None:
    match = a_match(b"key=", grow(1).encode(), commit="cd" * 20, date="2024-01-02T03:04:05Z", reachable=False, occurrences=4, commits=2)
    found = finding(match)
    assert (found.location.path, found.location.line, found.location.object) == ("app/settings.env", 3, "ab" * 20)
    assert (found.location.commit, found.location.date, found.location.reachable) == ("cd" * 20, "2024-01-02T03:04:05Z", False)
    assert (found.occurrences, found.commits, found.preview, found.advice) == (4, 2, "key=********", "Rotate it.")


def test_the_id_survives_moves_and_renames_and_tells_rules_and_secrets_apart() -> None:
    value = grow(1).encode()
    first = finding(a_match(b"key=", value))
    moved = finding(a_match(b"other: '", value, b"'", line=90, origin=Origin("t2", "logs", "b.log"), commit="ef" * 20))
    assert first.id == moved.id
    assert first.fingerprint == finding(a_match(b"key=", value, rule=a_rule(id="other"))).fingerprint
    assert (
        len({first.id, finding(a_match(b"key=", value, rule=a_rule(id="other"))).id, finding(a_match(b"key=", grow(2).encode())).id}) == 3
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# leakseal: allow acme-key",
        "# leakseal: allow acme-key ok",
        "# leakseal: allow other-rule a fixture of the tests",
        "# leakseal: allow because it is a fixture",
        "# leakseal allow acme-key a fixture of the tests",
        "# leakseal: allow acme-key */",
        "# leakseal: allow other a, leakseal: allow acme-key no",
    ],
)
def test_these_lines_allow_nothing(line: str) -> None:
    assert allowance("acme-key", line) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x # leakseal: allow acme-key a b c", "a b c"),
        ("x # leakseal: allow * documentation", "documentation"),
        ("x /* leakseal:allow acme-key  a test   fixture */", "a test fixture"),
        ("<!-- leakseal: allow acme-key a test fixture -->", "a test fixture"),
        ("# leakseal: allow other for that reason; leakseal: allow acme-key for this reason", "for this reason"),
    ],
)
def test_these_lines_allow_it(line: str, reason: str) -> None:
    assert allowance("acme-key", line) == reason


def allowed(**changes: Any) -> Finding:
    value = grow(1).encode()
    return finding(a_match(b"key=", value, **{"line_text": b"key=" + value + b" # leakseal: allow acme-key " + REASON.encode(), **changes}))


def test_an_inline_allowance_accepts() -> None:
    assert (allowed().disposition, allowed().acceptance) == ("accepted", f"inline: {REASON}")


@pytest.mark.parametrize(
    "origin", [Origin("t", "git", "x", field="commit-message"), Origin("t", "logs", "x"), Origin("t", "screenshots", "x")]
)
def test_only_reviewed_content_can_allow(origin: Origin) -> None:
    assert allowed(origin=origin).disposition == "open"


def test_a_secret_cannot_allow_itself() -> None:
    raw = b"x leakseal: allow * because I say so"
    assert finding(a_match(b"key=", raw)).disposition == "open"


def entry(found: Finding, **changes: Any) -> Suppression:
    return replace(Suppression(found.id, found.fingerprint, found.rule, "team-a", REASON, TODAY), **changes)


@pytest.mark.parametrize(
    ("changes", "disposition"),
    [
        ({}, "accepted"),
        ({"expires": TODAY + timedelta(1)}, "accepted"),
        ({"scope": "app/settings.env"}, "accepted"),
        ({"expires": TODAY - timedelta(1)}, "expired-acceptance"),
        ({"scope": "tests/settings.env"}, "open"),
        ({"fingerprint": "scrypt-v1:" + "0" * 32}, "open"),
        ({"rule": "other"}, "open"),
    ],
)
def test_entries_accept_until_their_last_day(changes: dict[str, Any], disposition: str) -> None:
    match = a_match(b"key=", grow(1).encode())
    assert finding(match, entry(finding(match), **changes)).disposition == disposition


@pytest.mark.parametrize(("end", "severity"), [
    (0, "low"), (MIDNIGHT - 1, "low"), (MIDNIGHT, None), (4_102_444_800, None), ("0", None),
])  # fmt: skip
def test_a_token_that_ended_before_the_day_of_the_scan_is_less_severe(end: int | str, severity: str | None) -> None:
    match = a_match(b"token=", grow(1).encode())
    seen = finding(replace(match, hit=replace(match.hit, parts=(("exp", end),))))
    assert seen.severity == (severity or match.hit.rule.severity) != "x"
    assert (seen.disposition, dict(seen.parsed)) == ("open", {"exp": end})


def test_the_hidden_half_of_a_pair_is_masked_wherever_it_stands() -> None:
    id, value = grow(5, 20, "ABCDEFGH234567"), grow(1).encode()
    match = a_match(f"id {id} ".encode(), value, author=f"{id} <a@b.example>")
    seen = finding(replace(match, hit=replace(match.hit, partners=(Partner(Span(0, 20), id.encode()),))))
    assert id[:8] not in repr(seen)
    assert "<a@b.example>" in str(seen.location.author)


def test_an_example_of_a_vendor_needs_no_entry_and_does_not_reopen() -> None:
    match = a_match(b"key=", b"wJalrXUtnFEMI/K7MDENG" + b"/bPxRfiCY" + b"EXAMPLEKEY")
    seen = finding(match)
    assert (seen.disposition, seen.severity, seen.acceptance) == ("example", "low", None)
    assert seen.advice.startswith("Nothing")
    assert finding(match, entry(seen)).disposition == "accepted"
    assert finding(match, entry(seen, expires=TODAY - timedelta(1))).disposition == "example"


def test_an_entry_for_one_path_does_not_cover_a_second() -> None:
    match = a_match(b"key=", grow(1).encode(), paths=("app/settings.env", "prod.env"))
    assert finding(match, entry(finding(match), scope="app/settings.env")).disposition == "open"


def test_the_acceptance_says_who_and_why() -> None:
    match = a_match(b"key=", grow(1).encode())
    assert finding(match, entry(finding(match))).acceptance == f"team-a: {REASON} (until 2030-06-15)"


def test_a_secret_in_a_reason_is_masked(rule: Callable[..., Rule]) -> None:
    match = a_match(b"key=", grow(1).encode())
    found = finding(match, entry(finding(match), reason=f"it is only {grow(1)}"))
    assert grow(1)[:8] not in repr(found)
    assert render([entry(found)]).count("- id:") == 1
