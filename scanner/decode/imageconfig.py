"""What the configuration of a container image says, each part as a field."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from scanner.decode.content import Content, Part
from scanner.decode.formats import Format
from scanner.decode.shelves import as_json
from scanner.model.content import Inside

CONFIG = Format("config", "the configuration of a container image", b"", "imageconfig:read")
_COMMANDS = ("Cmd", "Entrypoint", "Shell", "OnBuild")


def read(content: Content) -> Iterator[Part]:
    """Environment, labels, commands and history; what else there is stands in the document itself."""
    document = as_json(content.whole())
    if not isinstance(document, dict):
        return
    for name in ("config", "container_config"):
        if isinstance(settings := document.get(name), dict):
            yield from _settings(settings, name)
    history = document.get("history")
    for key in ("created_by", "comment", "author"):
        said = [one.get(key) for one in history if isinstance(one, dict)] if isinstance(history, list) else []
        yield from _field(f"history.{key}", [text for text in said if isinstance(text, str)])
    yield from _field("author", [document.get("author")])


def _settings(settings: dict[str, Any], name: str) -> Iterator[Part]:
    env = settings.get("Env")
    yield from _field(f"{name}.Env", env if isinstance(env, list) else [])
    labels = settings.get("Labels")
    yield from _field(f"{name}.Labels", [f"{key}={value}" for key, value in labels.items()] if isinstance(labels, dict) else [])
    for key in _COMMANDS:
        yield from _field(f"{name}.{key}", [_command(settings.get(key))])
    check = settings.get("Healthcheck")
    yield from _field(f"{name}.Healthcheck", [_command(check.get("Test")) if isinstance(check, dict) else None])


def _command(words: Any) -> str | None:
    """A command as it would be typed; what a shell is given is shown as it is."""
    if isinstance(words, str):
        return words
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    shell = len(words) < 4 and any(word in ("-c", "CMD-SHELL", "#(nop)") for word in words)
    return " ".join(words) if shell else shlex.join(words)


def _field(name: str, lines: list[Any]) -> Iterator[Part]:
    text = "\n".join(line for line in lines if isinstance(line, str))
    if text:
        yield Part(text.encode("utf-8", "surrogatepass"), Inside(field=name))
