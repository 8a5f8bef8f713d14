"""HTML as the text that a reader sees, and what else stands in it: addresses, alternative texts, comments, scripts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

# A name, then a value in quotes or bare; each part excludes what ends it, so that nothing is tried twice.
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]{1,100})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:_-]{0,40})")
_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark", "q", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
})  # fmt: skip
_NAMES_FILE = frozenset({"src", "href", "ri:filename", "data"})
_DULL = frozenset({"class", "style", "id", "dir", "lang", "rel", "target", "width", "height", "colspan", "rowspan", "align", "type"})


@dataclass(slots=True)
class Read:
    """What an HTML text says."""

    text: str = field(repr=False)
    title: str | None = None
    links: list[str] = field(default_factory=list)  # files and addresses that it names
    media: list[str] = field(default_factory=list)  # hashes of resources that it shows (ENML)
    embedded: list[str] = field(default_factory=list, repr=False)  # files in base64, as data: URIs
    id: str | None = None  # of the <article>, as Notion writes it


def is_html(text: str) -> bool:
    """Whether a text is written in HTML rather than being about it."""
    start = text.lstrip()[:200]
    if not start.startswith("<") or not text.rstrip().endswith(">") or "</" not in text:
        return False
    return _NAME.match(start, 2 if start[1:2] in ("?", "!") else 1) is not None


def read_html(text: str) -> Read:
    """The text, line by line as blocks end, then a line for each attribute that can hold something, then the comments."""
    found = Read("")
    parts: list[str] = []
    attributes: list[str] = []
    comments: list[str] = []
    at, close, title = 0, -1, -1
    while 0 <= at < len(text):
        begin = text.find("<", at)
        parts.append(html.unescape(text[at:] if begin < 0 else text[at:begin]))
        if begin < 0:
            break
        for opening, closing, kept in (("<!--", "-->", comments), ("<![CDATA[", "]]>", parts)):  # Confluence keeps code in the latter
            if text.startswith(opening, begin):
                end = text.find(closing, begin)
                kept.append(text[begin + len(opening) : end if end >= 0 else len(text)])
                at = end + 3 if end >= 0 else -1
                break
        else:
            name = _NAME.match(text, begin + 1)
            if close < begin:
                close = text.find(">", begin)
                close = len(text) if close < 0 else close
            if close == len(text) or (name is None and text[begin + 1 : begin + 2] not in ("!", "?")):
                parts.append("<")
                at = begin + 1
                continue
            tag = name[1].lower() if name else ""
            if tag not in _INLINE:
                parts.append("\n")
            if tag == "title" and found.title is None:
                if text[begin + 1] != "/":
                    title = len(parts)
                elif title >= 0:
                    found.title = " ".join("".join(parts[title:]).split())[:500] or None
            if text[begin + 1] != "/":
                _attributes(text[begin:close], tag, found, attributes)
            at = close + 1
    lines = (line.rstrip() for line in "".join(parts).split("\n"))  # what is indented stays so: it may be YAML
    found.text = "\n".join(part for part in (*lines, *attributes, *comments) if part)
    return found


def _attributes(tag_text: str, tag: str, found: Read, told: list[str]) -> None:
    for match in _ATTRIBUTE.finditer(tag_text):
        name, value = match[1].lower(), html.unescape(match[2] or match[3] or match[4] or "")
        if not value:
            continue
        if value[:5].lower() == "data:" and ";base64," in value[:200]:
            found.embedded.append(value)
            continue
        if name in _NAMES_FILE:
            found.links.append(value)
        elif tag == "en-media" and name == "hash":
            found.media.append(value.lower())
        elif tag == "article" and name == "id" and found.id is None:
            found.id = value[:200]
        if name not in _DULL:
            told.append(f"{name}: {value}")
