"""Putting a table between two comments."""

from __future__ import annotations

import pytest

from benchmarks.readme import END, START, NoBlock, replaced


@pytest.mark.parametrize(
    "text",
    ["", "no comment", START, END, f"{END}\n{START}", f"{START}\n{START}\n{END}", f"{START}\n{END}\n{END}"],
    ids=["empty", "none", "only-start", "only-end", "turned-round", "two-starts", "two-ends"],
)
def test_a_file_without_one_block_is_refused(text: str) -> None:
    with pytest.raises(NoBlock):
        replaced(text, "table")


@pytest.mark.parametrize("block", [START, END])
def test_a_block_that_could_not_be_replaced_again_is_refused(block: str) -> None:
    with pytest.raises(NoBlock):
        replaced(f"{START}{END}", block)


def test_only_what_is_between_the_comments_changes() -> None:
    text = f"# Title\n\n## Speed\n\n{START}\nold\n{END}\n\n## More\n"
    assert replaced(text, "| a |\n") == f"# Title\n\n## Speed\n\n{START}\n\n| a |\n\n{END}\n\n## More\n"


def test_the_same_table_twice_gives_the_same_bytes() -> None:
    once = replaced(f"x\n{START}\n{END}\ny\n", "| a |\n")
    assert replaced(once, "| a |\n") == once
