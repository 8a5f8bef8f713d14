"""Debian's Chromium, headless and without a network, driven by selenium."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,1000")  # fmt: skip


@contextmanager
def started() -> Iterator[Any]:
    """A browser with a profile of its own; skips where there is none."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("needs chromium and chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory(prefix="leakseal-browser-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        browser = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield browser
        finally:
            browser.quit()


def sized(browser: Any, width: int, height: int = 1000) -> None:
    """Look through a window of that many CSS pixels."""
    shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)


def system(browser: Any, scheme: str) -> None:
    """Have the system ask for `light` or `dark`."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def opened(browser: Any, file: Path) -> None:
    """Load the file, as new."""
    browser.get("about:blank")
    browser.get(file.as_uri())


def axe_source(folder: Path) -> str:
    """The source of axe-core, an independent judge of accessibility; skips where it cannot be had."""
    if shutil.which("npm") is None:
        pytest.skip("needs npm")
    words = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), "axe-core@4"]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("needs npm's package axe-core, which could not be installed")
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


def judged(browser: Any, axe: str) -> list[str]:
    """What axe-core finds wrong, by rule and place."""
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run(document).then(arguments[arguments.length - 1])")
    assert len(found["passes"]) > 15, "it looked at nothing"
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]
