"""`leakseal report LEDGER`: the page of nights that were really swept."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.conftest import Repo
from tests.report.test_html import Read

Leakseal = Callable[..., Said]


@pytest.fixture
def swept(leakseal: Leakseal, repo: Repo, tmp_path: Path, token: Callable[[int], str]) -> Path:
    """A folder with the ledger of two nights: one repository with a finding of the first and one of the second, one that vanished."""
    pytest.importorskip("sqlalchemy")
    folder = tmp_path / "nights"
    folder.mkdir()
    repo.commit({"app.env": f"GITHUB_TOKEN={token(1)}\n"})
    shutil.copytree(repo.path, tmp_path / "other")
    (folder / "inventory.yaml").write_text(
        "version: 1\nrepositories:\n"
        f"  - name: shop/app\n    path: {repo.path}\n    owner: payments\n"
        f"  - name: shop/gone\n    path: {tmp_path / 'other'}\n"
    )
    assert leakseal(folder, "sweep", "inventory.yaml", "--quiet").code == 1
    shutil.rmtree(tmp_path / "other")
    repo.commit({"ci.sh": f"export TOKEN={token(2)}\n"})
    leakseal(folder, "sweep", "inventory.yaml", "--quiet")
    return folder


def test_the_page_says_what_the_nights_saw(leakseal: Leakseal, swept: Path, token: Callable[[int], str]) -> None:
    said = leakseal(swept, "report", "leakseal-ledger.db", "-o", "sweep.html")
    assert (said.code, said.out, said.err) == (1, "", "")
    page = (swept / "sweep.html").read_text()
    assert token(1) not in page and token(2) not in page
    read = Read(page)
    text = " ".join(read.text)
    assert "3 open findings in 2 of 2 repositories, 1 new; 1 of 2 repositories could not be read" in text
    assert "shop/app: ci.sh:1:14" in text and "payments" in text
    nights = re.findall(r"<tr><th scope=\"row\">[^<]*</th><td class=\"n\">(\d+)</td><td class=\"n\">(\d+)</td>", page)
    assert nights == [("3", "1"), ("2", "2")], "the last night first: what is open, what is new"
    assert [values["data-result"] for tag, values in read.tags if "data-result" in values] == ["leaks", "not-read"]
    assert leakseal(swept, "report", "leakseal-ledger.db", "--format", "html").out == page


def test_a_ledger_is_a_page_only_and_must_be_there(leakseal: Leakseal, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    from scanner.ledger.book import Ledger

    Ledger(str(tmp_path / "leakseal-ledger.db")).close()
    for words, answer in (
        (("leakseal-ledger.db",), "shown as an HTML page only"),
        (("leakseal-ledger.db", "-o", "x.sarif"), "shown as an HTML page only"),
        (("leakseal-ledger.db", "-o", "no/x.html"), "cannot be written"),
        (("mysql://127.0.0.1/x", "-o", "x.html"), "SQLite or PostgreSQL"),
    ):
        said = leakseal(tmp_path, "report", *words)
        assert said.code == 2 and answer in said.err, words
