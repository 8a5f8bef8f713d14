"""What every page stands in: templates that escape by themselves, the style, the script, and the policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scanner.report.html.parts import shown
from scanner.report.plain import count, size

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Dress:
    """What a page wears: its style, its script, and the policy that allows these and nothing from anywhere else."""

    style: Markup
    script: Markup
    policy: str  # Content Security Policy Level 3


def page(template: str, dress: Dress | None = None, **values: Any) -> str:
    """The page that a template of this folder makes of the values; every value is escaped."""
    return _environment().get_template(template).render(values, dress=dress or report()) + "\n"


@cache
def report() -> Dress:
    """Of a page that is a file: it has no forms."""
    return _dress(("style.css",), "script.js", forms="'none'")


@cache
def review() -> Dress:
    """Of a page that is served and answered."""
    return _dress(("style.css", "review.css"), "review.js", forms="'self'")


def _dress(styles: tuple[str, ...], script: str, *, forms: str) -> Dress:
    style, code = "".join(map(_asset, styles)), _asset(script)
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(code)}; img-src data:; "
        f"base-uri 'none'; form-action {forms}; require-trusted-types-for 'script'"
    )
    return Dress(Markup(style), Markup(code), policy)  # noqa: S704 our own files


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    made.filters.update(shown=shown, size=size, count=count, number="{:,}".format, base64=_base64)
    return made


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
