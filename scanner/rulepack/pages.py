"""Rules -> pages of documentation in Markdown, one for each pack, and an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from scanner.model.rule import SEVERITIES, Rule

INDEX = "index.md"
MARK = "<!-- made by `leakseal rules docs` from the rule packs; change those -->"


def pages(rules: Iterable[Rule]) -> dict[str, str]:
    """Each page by its file's name."""
    packs: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        packs[PurePosixPath(rule.file).stem].append(rule)
    by_file = {f"{name}.md": sorted(packs[name], key=lambda rule: rule.line) for name in sorted(packs)}
    return {INDEX: _index(by_file), **{file: _page(found) for file, found in by_file.items()}}


def _index(by_file: dict[str, list[Rule]]) -> str:
    total = sum(map(len, by_file.values()))
    rows = [_row([f"[{_text(found[0].family)}]({file})", str(len(found)), *_counts(found)]) for file, found in _by_family(by_file)]
    return "\n".join([
        MARK, "", "# The rules", "",
        f"{total} rules in {len(by_file)} packs. A page for each pack says what its rules find, how severe that is, and how to revoke and",
        "replace it. How to add, change and leave out rules stands in [configuration](../configuration.md#rules-of-ones-own), how to write",
        "them in [writing rules](../rules.md).", "",
        _row(["family", "rules", *SEVERITIES]), _row(["---", "---:", *["---:"] * len(SEVERITIES)]), *rows, "",
    ])  # fmt: skip


def _by_family(by_file: dict[str, list[Rule]]) -> list[tuple[str, list[Rule]]]:
    return sorted(by_file.items(), key=lambda item: (item[1][0].family.lower(), item[0]))


def _counts(rules: Sequence[Rule]) -> list[str]:
    return [str(count) if (count := sum(rule.severity == severity for rule in rules)) else "" for severity in SEVERITIES]


def _page(rules: Sequence[Rule]) -> str:
    rows = [_row([f"[`{rule.id}`](#{rule.id})", _text(rule.title), rule.severity]) for rule in rules]
    head = [MARK, "", f"# {_text(rules[0].family)}", "", _row(["rule", "finds", "severity"]), _row(["---"] * 3), *rows, ""]
    return "\n".join([*head, *(line for rule in rules for line in _section(rule))])


def _section(rule: Rule) -> list[str]:
    links = ", ".join(f"<{address}>" for address in rule.references)
    return [
        f"## {rule.id} {{#{rule.id}}}", "",
        f"{_text(rule.title)}. Kind `{rule.kind}`, severity {rule.severity}.{_near(rule)}", "",
        f"**What to do.** {_text(rule.advice)}", "",
        *([f"Documented at {links}.", ""] if links else []),
    ]  # fmt: skip


def _near(rule: Rule) -> str:
    """What must stand nearby."""
    words = ", ".join(f"`{need}`" for need in rule.needs)
    pair = " Only beside its other half." if rule.requires else ""
    return (f" Only where {'one of ' if len(rule.needs) > 1 else ''}{words} stands near." if words else "") + pair


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _text(text: str) -> str:
    """Text that Markdown leaves as it is, but for what stands in backquotes."""
    parts = " ".join(text.split()).split("`")
    for number in range(0, len(parts), 2 if len(parts) % 2 else 1):
        for sign in "\\`*_{}[]<|":
            parts[number] = parts[number].replace(sign, "&lt;" if sign == "<" else "\\" + sign)
    return ("`" if len(parts) % 2 else "\\`").join(parts)
