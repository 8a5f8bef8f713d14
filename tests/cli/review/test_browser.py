"""`leakseal review --web` in Debian's Chromium: keys, forms, undo, light and dark, and what axe-core says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.findings import suppressions
from tests.browser import axe_source, judged, sized, started, system
from tests.cli.review.conftest import Begin
from tests.conftest import Repo
from tests.gitrepo import token


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_source(tmp_path_factory.mktemp("axe"))


def press(browser: Any, key: str) -> None:
    from selenium.webdriver.common.by import By

    browser.find_element(By.TAG_NAME, "body").send_keys(key)


def text(browser: Any) -> str:
    return str(browser.execute_script("return document.body.innerText"))


def sees(browser: Any, wanted: str) -> bool:
    """Whether the page comes to say that: a key leads to another page, and nobody waits for that by itself."""
    from selenium.common.exceptions import TimeoutException, WebDriverException
    from selenium.webdriver.support.ui import WebDriverWait

    try:
        return bool(WebDriverWait(browser, 30, 0.05, [WebDriverException]).until(lambda page: wanted in text(page)))
    except TimeoutException:
        return False


def test_a_review_by_keys_and_by_form(two: Repo, begin: Begin, browser: Any, axe: str) -> None:
    from selenium.webdriver.common.by import By

    visitor = begin(two.path)
    browser.get(f"http://{visitor.host}{visitor.link}")
    assert sees(browser, "1 of 2") and "The lines around it, masked" in text(browser)
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            system(browser, scheme)
            sized(browser, width)
            assert judged(browser, axe) == []
            assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    press(browser, "r")
    assert sees(browser, "2 of 2")
    assert len(json.loads((two.path / ".leakseal/review.json").read_text())["rotate"]) == 1
    press(browser, "u")
    assert sees(browser, "1 of 2") and not (two.path / ".leakseal/review.json").exists()
    for name, value in (("owner", "team-a"), ("reason", "rotated and used up"), ("ticket", "T-1")):
        browser.find_element(By.NAME, name).send_keys(value)
    later = (datetime.now(UTC).date() + timedelta(60)).isoformat()  # typed in another order in every language
    browser.execute_script("arguments[0].value = arguments[1]", browser.find_element(By.NAME, "expires"), later)
    assert sees(browser, "1 of 2"), "letters in a field are no decision"
    browser.find_element(By.CSS_SELECTOR, "button[value=accept]").click()
    assert sees(browser, "2 of 2")
    (entry,) = suppressions.load(two.path / suppressions.FILE)
    assert (entry.owner, entry.reason) == ("team-a", "rotated and used up")
    press(browser, "s")
    assert sees(browser, "Nothing waits for a decision")
    assert judged(browser, axe) == []
    press(browser, "q")
    assert sees(browser, "This page can be closed")
    assert visitor.process.wait(timeout=60) == 0
    assert [one for one in browser.get_log("browser") if one["level"] == "SEVERE"] == []


def test_no_page_has_a_secret_and_nobody_else_gets_in(two: Repo, begin: Begin, browser: Any) -> None:
    visitor = begin(two.path)
    browser.get(f"http://{visitor.host}{visitor.link}")
    source = browser.page_source
    for number in (1, 9):
        secret = token(number).removeprefix("ghp_")
        assert not any(secret[at : at + 8] in source for at in range(len(secret) - 7))
    browser.delete_all_cookies()
    browser.refresh()
    assert text(browser).startswith("No. The link works once")
