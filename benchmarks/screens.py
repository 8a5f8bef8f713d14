"""Pictures of the pages for the documentation, from made-up reports, in Chromium: `python -m benchmarks.screens docs/img`."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from scanner.model.content import Gap, Origin, Target
from scanner.model.evidence import Finding, Location
from scanner.model.report import Coverage, Report, Run
from scanner.report.html import rendered
from scanner.report.html.sweep import rendered as swept
from scanner.report.html.swept import Night, Sweep, SweptFinding, SweptRepository
from scanner.report.page import PIPED
from tests.browser import opened, sized, started

# rule, kind, title, severity, masked preview
KINDS = (
    ("postgres-dsn", "dsn", "PostgreSQL URL with a password", "critical", "postgresql://vergabe:********@apps-pg-rw.databases:5432/vergabe_db"),
    ("github-token", "token", "GitHub token", "critical", "GITHUB_TOKEN=ghp_********"),
    ("docker-config-auth", "pull-secret", "Registry credentials of Docker", "high", '"registry.example.org": {"auth": "********"}'),
    ("private-key", "private-key", "Private key", "high", "-----BEGIN PRIVATE KEY----- ********"),
    ("generic-password", "password", "Password in a setting", "medium", "smtp_password: ********"),
)
PATHS = ("deploy/app.env", "ci/release.sh", "charts/web/values.yaml", "docs/setup.md", "backup.tar.gz!etc/app.conf", "src/settings.py")
AUTHORS = ("Ana Kovač <ana@example.org>", "Ben Okoro <ben@example.org>", "ci-bot")
REPOSITORIES = ("shop/api", "shop/web", "shop/jobs", "shop/legacy", "platform/charts", "platform/images")
TEAMS = ("payments", "web", "platform")
RESULTS = ("leaks", "leaks", "leaks", "not-read", "incomplete", "clean")
LAST = "2025-09-30T02:00:00Z"
COLOURS = 64  # of a picture, so that it stays small


def finding(number: int) -> Finding:
    """The made-up finding of this number."""
    rule, kind, title, severity, preview = KINDS[number * 3 % 5]
    at = Location(
        path=PATHS[number % 6], line=number * 7 % 90 + 1, column=number % 9 + 1,
        commit=f"{(number + 1) * 0x9E3779B97F4A7C15**3:040x}"[-40:],
        author=AUTHORS[number % 3],
        date=f"2025-{number % 9 + 1:02}-1{number % 9}T08:30:00Z", reachable=number % 5 != 4,
    )  # fmt: skip
    closed = number % 8 == 7
    return Finding(
        f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}", rule, kind, title, severity, 0.97, f"hmac-sha256:team:{number:064x}",
        "git", "t1", at, number % 4 + 1, 1, (), (), preview, "accepted" if closed else "open", "Rotate it, then take it out of the file.",
        "ana: a fixture of the tests" if closed else None,
    )  # fmt: skip


def report() -> Report:
    """A run over a repository, its logs and screenshots, with findings and gaps."""
    gaps = (
        Gap(Origin("t1", "git", "vendor/tools.zip!keys.bin"), "encrypted-archive", "it needs a password"),
        Gap(Origin("t1", "git", "data/orders.csv"), "truncated", "read up to 64 MiB"),
        *(Gap(Origin("t3", "screenshots", f"shots/{n:02}.png"), "illegible-image", "the text is too small") for n in range(3)),
    )
    return Report(
        (Target("t1", "git", "/srv/shop", "3f2a91c0" * 5), Target("t2", "logs", "/var/log/shop", scope="files"),
         Target("t3", "screenshots", "shots", scope="files")),
        "sha256:" + "5e" * 32, 431, tuple(map(finding, range(14))),
        (("git", Coverage(92_114, 3_812_345_678, 92_112, 0, 0, 1, 1)), ("logs", Coverage(48, 912_345_678, 46, 2)),
         ("screenshots", Coverage(21, 14_800_000, 18, 0, 0, 0, 3))),
        gaps, Run("leakseal 0.1.0", "2025-10-02T03:04:05Z", "2025-10-02T03:05:17Z", 72.4),
    )  # fmt: skip


def sweep() -> Sweep:
    """Thirty nights over six repositories."""
    found = tuple(_kept(n) for n in range(14) if finding(n).disposition == "open")
    nights = tuple(
        Night(f"2025-09-{n + 1:02}T02:00:00Z", "done", 48.0 + n * 7 % 11, 1, 6, int(n % 11 == 10 or n == 29), 19 - n // 5 + n * n % 3,
              int(n % 4 == 1), 6 + n % 3)
        for n in range(30)
    )  # fmt: skip
    each = tuple(_repository(n, name, sum(one.repository == name for one in found)) for n, name in enumerate(REPOSITORIES))
    encrypted, truncated = report().gaps[:2]
    gaps = tuple((REPOSITORIES[n], gap) for n, gap in ((1, encrypted), (2, encrypted), (2, truncated), (4, truncated)))
    return Sweep("leakseal 0.1.0", "sha256:" + "5e" * 32, nights, each, found, gaps)


def _kept(number: int) -> SweptFinding:
    first = f"2025-0{9 - number % 6}-{30 - number}T02:00:00Z"
    return SweptFinding(REPOSITORIES[number % 3], TEAMS[number % 3], finding(number), first, LAST, number in (0, 6))


def _repository(number: int, name: str, open: int) -> SweptRepository:
    closed, much = number == 3, 9000 * (number + 1)
    coverage = () if closed else (("git", Coverage(much, 10**8, much - number % 3, 0, number % 3)),)
    return SweptRepository(
        name, f"https://forge.example/{name}.git", TEAMS[number % 3], ("shop",), RESULTS[number], "not-read" if closed else "new",
        "it asks for a password" if closed else "", LAST, "2025-09-01T02:00:00Z", 9.1 / (number + 1), 1.2 / (number + 1), 10**7,
        open, number % 3, coverage,
    )  # fmt: skip


def main(folder: Path) -> None:
    """Write the pictures into the folder."""
    pages = {"report": "".join(rendered(report(), PIPED)), "sweep": "".join(swept(sweep()))}
    with tempfile.TemporaryDirectory() as place, started() as browser:
        for name, value in pages.items():
            file = Path(place) / f"{name}.html"
            file.write_text(value)
            sized(browser, 1200, 1150)
            opened(browser, file)
            browser.execute_script("document.querySelector('.entry details').open = true")
            shot = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
            shot.quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
