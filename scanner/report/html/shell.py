"""What every page stands in: templates that escape by themselves, the style, the script, and the policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scanner.report.html.parts import shown
from scanner.report.plain import count, size

HERE = Path(__file__).parent


def page(template: str, **values: Any) -> str:
    """The page that a template of this folder makes of the values; every value is escaped."""
    return _environment().get_template(template).render(values) + "\n"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    style, script = _asset("style.css"), _asset("script.js")
    made.globals.update(style=Markup(style), script=Markup(script), policy=_policy(style, script))  # noqa: S704 our own files
    made.filters.update(shown=shown, size=size, count=count, number="{:,}".format, base64=_base64)
    return made


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Content Security Policy Level 3: this style, this script, pictures from the file itself, and nothing from anywhere else."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
