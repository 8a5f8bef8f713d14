"""Made-up sweeps: some nights over some repositories."""

from __future__ import annotations

from typing import Any

from scanner.model.content import Gap, Origin
from scanner.model.evidence import Location
from scanner.model.report import Coverage
from scanner.report.html.swept import Night, Sweep, SweptFinding, SweptRepository
from tests.report.samples import finding

TEAMS = ("payments", "platform", "web", "")
RULES = (("postgres-dsn", "PostgreSQL URL with a password", "critical"), ("github-token", "GitHub token", "high"),
         ("private-key", "Private key", "high"), ("generic-password", "Password in a setting", "medium"))  # fmt: skip
SEEN = tuple(f"{day}T02:00:00Z" for day in ("2025-09-30", "2025-09-27", "2025-09-10", "2025-07-15", "2025-01-02", "2023-04-05"))


def swept(number: int, repositories: int = 12, word: str = "") -> Sweep:
    """So many open findings over so many repositories, after thirty nights; `word` stands wherever a stranger could put one."""
    found = tuple(_finding(n, repositories, word) for n in range(number))
    each = tuple(_repository(n, sum(one.repository == _name(n, word) for one in found), word) for n in range(repositories))
    gaps = tuple((_name(n, word), Gap(Origin("t1", "git", word or f"vendor/{n}.zip"), "timeout", word or "too slow")) for n in range(5))
    return Sweep("leakseal 0.1.0", "sha256:" + "5e" * 32, tuple(_night(n, number) for n in range(30)), each, found, gaps)


def quiet(**changes: Any) -> Sweep:
    """One night, two repositories, everything read, nothing open."""
    changes_of_each = {"result": "clean", "visit": "unchanged", "why": "", "gaps": 0, "coverage": (("git", Coverage(9, 90, 9)),)}
    each = tuple(_repository(n, 0, "", **changes_of_each) for n in (1, 2))
    night = Night(SEEN[0], "done", 2.5, 0, 2, 0, 0, 0, 0)
    values: dict[str, Any] = {"nights": (night,), "repositories": each, "findings": (), "gaps": ()}
    return Sweep(**{"tool": "leakseal 0.1.0", "rules_digest": "sha256:x", **values, **changes})


def _name(number: int, word: str) -> str:
    return f"shop/{('api', 'web', 'jobs', 'infra')[number % 4]}-{number:02}{word}"


def _night(number: int, last: int) -> Night:
    day = f"2025-09-{number + 1:02}T02:00:00Z"
    open = max(0, last - (29 - number) // 3)
    return Night(day, "done", 60.0 + number % 7, 1, 12, int(number % 9 == 8), open, int(number % 3 == 2), 5 + number % 4)


def _finding(number: int, repositories: int, word: str) -> SweptFinding:
    rule, title, severity = RULES[number % 4]
    path = word or f"config/env.{number:04}.yaml"
    at = Location(path=path, line=number % 300 + 1, column=3, author=word or "Ana", commit=f"{number + 1:040x}")
    where = number * number % repositories
    sealed = finding(id=f"{number:016x}", rule=rule, title=title, severity=severity, location=at, preview=word or "password: ********")
    return SweptFinding(_name(where, word), word or TEAMS[where % 4], sealed, SEEN[number % 6], SEEN[0], number % 6 == 0)


def _repository(number: int, open: int, word: str, **changes: Any) -> SweptRepository:
    result = "not-read" if number % 6 == 4 else "leaks" if open else "incomplete" if number % 6 == 3 else "clean"
    coverage = (("git", Coverage(1000 * number + 7, 10**6 * number, 1000 * number + 6, 0, 1)),) if number % 6 != 4 else ()
    values: dict[str, Any] = {
        "name": _name(number, word), "uri": word or f"https://forge.example/{_name(number, word)}.git", "owner": word or TEAMS[number % 4],
        "groups": ("shop",), "result": result, "visit": "not-read" if result == "not-read" else "new",
        "why": (word or "password: it asks for one") if result == "not-read" else "", "read_on": SEEN[0], "full_on": SEEN[2],
        "seconds": number * number / 7, "fetch_seconds": number / 9, "octets": 10**6 * number,
        "open": open, "gaps": number % 3, "coverage": coverage,
    }  # fmt: skip
    return SweptRepository(**{**values, **changes})
