"""The block between two comments in a Markdown file."""

from __future__ import annotations

START, END = "<!-- bench -->", "<!-- /bench -->"


class NoBlock(Exception):
    """The text does not hold the two comments once each, in their order."""


def replaced(text: str, block: str) -> str:
    """The text with another block between the comments, which stay."""
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise NoBlock(f"the file must hold {START} and, after it, {END}, once each")
    if START in block or END in block:
        raise NoBlock("the block must not hold the comments itself")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{block.strip()}\n\n{END}{after}"
