"""Pages in Debian's Chromium: filter, sort, keys, light and dark, phone, paper, without a script, and what axe-core says of them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.model.evidence import Location
from scanner.model.report import Report
from scanner.model.rule import SEVERITIES
from scanner.report import render
from scanner.report.html.sweep import rendered
from scanner.report.html.swept import Sweep
from tests.browser import axe_source, judged, opened, sized, started, system
from tests.report.samples import clean, finding, report
from tests.report.sweeps import quiet, swept
from tests.report.test_html import worded

RULES = (("postgres-dsn", "PostgreSQL URL with a password"), ("github-token", "GitHub token"), ("private-key", "Private key"))
AUTHORS = ("Ana Kovač <ana@example.org>", "bot", "Ben")


def many(number: int) -> Report:
    """So many findings of three rules, four severities and three authors; every ninth is accepted."""
    found = []
    for n in range(number):
        rule, title = RULES[n % 3]
        closed = n % 9 == 0
        at = Location(path=f"services/app{n % 97:02}/env.{n:05}.yaml", line=n + 1, column=5, author=AUTHORS[n % 3], commit=f"{n:040x}",
                      date=f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}T08:30:00Z")  # fmt: skip
        found.append(finding(
            id=f"{n:016x}", rule=rule, title=title, severity=SEVERITIES[n // 3 % 4], location=at, occurrences=n % 7 + 1,
            disposition="accepted" if closed else "open", acceptance="ben: a fixture" if closed else None, paths=(),
        ))  # fmt: skip
    return report(findings=tuple(found))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as chromium:
        yield chromium


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Opens the page of a report in a window of that width; nothing may have complained in it."""

    def shown(value: Report | Sweep, width: int = 1280) -> Any:
        file = tmp_path / "page.html"
        if isinstance(value, Sweep):
            file.write_text("".join(rendered(value)))
        else:
            with file.open("wb") as stream:
                render(value, "html", stream)
        sized(browser, width)
        system(browser, "light")
        opened(browser, file)
        assert browser.get_log("browser") == []
        return browser

    return shown


def places(browser: Any) -> list[str]:
    """The places of the entries that are shown, in order."""
    shown = "[...document.querySelectorAll('#findings .place')].filter(e => e.checkVisibility())"
    return browser.execute_script(f"return {shown}.map(e => e.textContent)")


def choose(browser: Any, key: str, value: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(browser.find_element("css selector", f"select[data-key={key}], select.{key}")).select_by_value(value)


def counted(browser: Any) -> str:
    return browser.find_element("css selector", ".counted").text


def test_words_and_choices_narrow_the_list(show: Callable[..., Any]) -> None:
    page = show(many(900))
    assert counted(page) == "900 of 900"
    page.find_element("css selector", "input[type=search]").send_keys("App07 KOVAČ")
    narrowed = places(page)
    assert narrowed and all("/app07/" in place for place in narrowed)
    assert counted(page) == f"{len(narrowed)} of 900"
    page.find_element("css selector", "button[type=reset]").click()
    choose(page, "severity", "high")
    choose(page, "rule", "private-key")
    assert counted(page) == "75 of 900"
    choose(page, "status", "accepted")
    assert counted(page) == "0 of 900" and places(page) == []


def test_a_tally_chooses_what_it_counts(show: Callable[..., Any]) -> None:
    page = show(many(900))
    line = page.find_element("css selector", ".tally li[data-value=critical] button")
    number = line.find_element("css selector", ".n").text
    line.click()
    assert counted(page) == f"{number} of 900"
    assert line.get_attribute("aria-pressed") == "true"
    line.click()
    assert line.get_attribute("aria-pressed") == "false"


def test_the_order_is_the_one_that_was_chosen(show: Callable[..., Any]) -> None:
    page = show(many(500))
    for key, falling, number in (("path", False, str), ("rule", False, str), ("date", True, str), ("seen", True, int)):
        choose(page, "order", key)
        values = page.execute_script(f"return [...document.querySelectorAll('#findings .entry')].map(e => e.dataset.{key})")
        assert len(values) == 200 and values == sorted(values, key=number, reverse=falling), key
    page.execute_script("document.querySelector('.further').click()")
    assert len(places(page)) == 400
    page.execute_script("document.querySelector('.further').click()")
    assert len(places(page)) == 500 and not page.find_element("css selector", ".further").is_displayed()


def test_it_works_with_the_keyboard_alone(show: Callable[..., Any]) -> None:
    from selenium.webdriver.common.keys import Keys

    page = show(many(250))

    def press(*keys: str) -> Any:
        page.switch_to.active_element.send_keys(*keys)
        return page.switch_to.active_element

    for _ in range(60):
        if press(Keys.TAB).get_attribute("type") == "search":
            break
    press("private")
    first = press(Keys.ARROW_DOWN)
    assert first.tag_name == "summary" and first.text.startswith("critical")
    assert "private-key" in press(Keys.ENTER).text
    opened_entries = "return [...document.querySelectorAll('.entry details')].filter(e => e.open).length"
    assert page.execute_script(opened_entries) == 1
    assert "postgresql" in page.find_element("css selector", "details[open] .preview").text
    assert press(Keys.ARROW_DOWN) != first
    assert press("k") == first
    edge = "return [document.activeElement.getBoundingClientRect().top, document.querySelector('.controls').getBoundingClientRect().bottom]"
    for _ in range(12):
        press(Keys.ARROW_DOWN)
    for _ in range(12):
        top, bottom = page.execute_script(edge)
        assert top >= bottom, "the controls hide what has the focus"
        press(Keys.ARROW_UP)
    press(Keys.ESCAPE)
    assert page.execute_script(opened_entries) == 0
    assert press(Keys.END) != first and press(Keys.HOME) == first
    assert press("/").get_attribute("type") == "search"
    assert press(Keys.ESCAPE).get_attribute("value") == ""
    assert counted(page) == "250 of 250"
    page.execute_script("document.querySelector('#findings .entry:last-child summary').focus()")
    assert len(places(page)) == 200
    assert press(Keys.ARROW_DOWN).tag_name == "summary"
    assert len(places(page)) == 250, "walking on shows more"


def test_the_lists_of_a_sweep_are_narrowed_each_by_itself(show: Callable[..., Any]) -> None:
    page = show(swept(80))
    totals = [one.text for one in page.find_elements("css selector", ".counted")]
    assert totals == ["80 of 80", "12 of 12"]
    page.find_element("css selector", ".tally [data-key=age][data-value='more than a year'] button").click()
    page.find_element("css selector", "form[data-for=repositories] input[type=search]").send_keys("API-")
    assert [one.text for one in page.find_elements("css selector", ".counted")] == ["13 of 80", "3 of 12"]
    page.execute_script("document.querySelector('form[data-for=findings]').reset()")
    for order, falling in ((1, False), (2, True)):
        page.execute_script(f"""const order = document.querySelector('form[data-for=findings] .order');
            order.selectedIndex = {order}; order.dispatchEvent(new Event('change'))""")
        values = page.execute_script("return [...document.querySelectorAll('#findings .entry')].map(e => e.dataset.first)")
        assert len(values) == 80 and values == sorted(values, reverse=falling)
    page.execute_script("document.querySelector('#findings summary').click()")
    assert "2025-09-30T02:00:00Z (new)" in page.find_element("css selector", "#findings details[open]").text


def test_an_address_opens_its_finding(show: Callable[..., Any], tmp_path: Path) -> None:
    page = show(many(450))
    page.get((tmp_path / "page.html").as_uri() + "#f-00000000000001b0")  # the 432nd: accepted, so among the last
    assert page.find_element("css selector", "#f-00000000000001b0 dl").is_displayed()


def test_light_and_dark_follow_the_system_and_the_choice(show: Callable[..., Any]) -> None:
    page = show(report())

    def ground() -> str:
        return page.execute_script("return getComputedStyle(document.body).backgroundColor")

    light = ground()
    system(page, "dark")
    dark = ground()
    assert light != dark
    page.execute_script("document.getElementById('theme-light').click()")
    assert ground() == light
    page.execute_script("document.getElementById('theme-dark').click()")
    system(page, "light")
    assert ground() == dark
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert ground() == light, "paper is white"
    sized(page, 700)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 700
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_its_window(show: Callable[..., Any], width: int) -> None:
    for value in (report(), clean(), worded("wide" * 400), many(30), swept(30, word="wide" * 400), quiet()):
        page = show(value, width)
        page.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.execute_script("return document.documentElement.scrollWidth") <= width


NASTY = ("<script>document.title='taken'</script>", "\"><img src=x onerror=\"document.title='taken'\">", "\u202eexe.gnp\x00")


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_nothing_that_was_scanned_runs_or_is_fetched(show: Callable[..., Any], nasty: str) -> None:
    page = show(worded(nasty))
    page.find_element("css selector", "input[type=search]").send_keys(nasty.replace("\x00", "").replace("\u202e", "")[:12])
    assert "taken" not in page.execute_script("return document.title").replace("='taken'", "")
    assert page.execute_script("return document.querySelectorAll('main img, main script, main iframe, main link').length") == 0
    assert page.execute_script("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert "\u202e" not in page.find_element("css selector", "body").text
    assert page.get_log("browser") == []


def test_the_policy_stops_what_escaping_would_not(show: Callable[..., Any], tmp_path: Path, browser: Any) -> None:
    show(report())
    file = tmp_path / "page.html"
    file.write_text(file.read_text().replace("<main>", "<main><script>document.title='taken'</script><img src='http://127.0.0.1:9/x'>"))
    opened(browser, file)
    assert browser.title != "taken"
    assert len([line for line in browser.get_log("browser") if "Content Security Policy" in line["message"]]) == 2


def test_without_a_script_everything_stands_there(show: Callable[..., Any], browser: Any) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = show(many(300))
        entries = page.find_elements("css selector", "#findings .entry")
        assert len(entries) == 300
        assert not page.find_element("css selector", ".controls").is_displayed()
        entries[0].find_element("css selector", "summary").click()
        assert entries[0].find_element("css selector", ".preview").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_on_paper_everything_that_is_chosen_is_open(show: Callable[..., Any]) -> None:
    from pypdf import PdfReader

    page = show(many(60))
    choose(page, "rule", "private-key")
    pdf = PdfReader(io.BytesIO(base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {})["data"])))
    text = "".join(sheet.extract_text() for sheet in pdf.pages)
    assert text.count("Rotate the role") == 20
    assert text.count("postgresql://vergabe") == 20
    assert "Search" not in text and "encrypted-archive" in text


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    return axe_source(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize(
    ("value", "width"), [(report(), 1280), (report(), 390), (clean(gaps=report().gaps), 1280), (swept(6, 7), 1280)],
    ids=["findings", "phone", "gaps", "sweep"],
)
def test_axe_finds_nothing_in_light_and_dark(show: Callable[..., Any], axe: str, value: Report | Sweep, width: int) -> None:
    page = show(value, width)
    page.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    for theme in ("light", "dark"):
        page.execute_script(f"document.getElementById('theme-{theme}').click()")
        assert judged(page, axe) == []


def test_axe_would_say_so(show: Callable[..., Any], axe: str) -> None:
    page = show(report())
    page.execute_script("document.querySelector('.choices label').firstChild.remove(); document.querySelector('h1').style.color = '#888'")
    assert judged(page, axe)
