"""Texts with places for a password that is grown for them, and what the shipped rules see in them."""

from __future__ import annotations

import base64
import json
import textwrap
from dataclasses import dataclass, field
from functools import cache

from scanner import shipped
from scanner.cli.options import named
from scanner.detect.engine import Engine, engine
from scanner.model.evidence import Hit
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow

USER, REGISTRY = "robot", "registry.corp.lan"
ROBOT = {"registry": REGISTRY, "user": USER}


@cache
def searcher() -> Engine:
    return engine(load([shipped.shipped("rules")], known=named()), None)


@dataclass(frozen=True, slots=True)
class Words:
    """A password and everything that is made of it."""

    password: str = field(repr=False)

    @property
    def forms(self) -> dict[str, str]:
        """What stands in a text for each place."""
        auth = b64(f"{USER}:{self.password}")
        config = {"auths": {REGISTRY: {"username": USER, "password": self.password, "auth": auth}}}
        legacy = {f"https://{REGISTRY}/v1/": {"auth": auth, "email": "robot@corp.lan"}}
        return {
            "@PW@": self.password,
            "@B64@": b64(self.password),
            "@B64LN@": b64(self.password + "\n"),
            "@AUTH@": auth,
            "@IDENT@": b64(f"{USER}:{self.password}"),
            "@CONFIG@": json.dumps(config),
            "@CONFIG64@": b64(json.dumps(config)),
            "@PRETTY64@": b64(json.dumps(config, indent="\t")),
            "@CFG64@": b64(json.dumps(legacy)),
            "@CFG@": json.dumps(legacy),
            "@WRAPPED@": wrapped(b64(json.dumps(config)), "    "),
            "@URL64@": b64(f"postgresql://app:{self.password}@db.internal:5432/shop"),
        }

    def filled(self, text: str) -> str:
        """The text with its places filled."""
        for place, form in self.forms.items():
            text = text.replace(place, form)
        return text


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def wrapped(text: str, lead: str, width: int = 70) -> str:
    return ("\n" + lead).join(textwrap.wrap(text, width))


def words(seed: int = 1) -> Words:
    """A password with letters and digits."""
    return Words(grow("{alnum:19}7", seed).decode())


def seen(text: str) -> list[Hit]:
    """Every hit of the shipped rules."""
    return list(searcher().find(text.encode()))


def told(hits: list[Hit]) -> list[tuple[str, dict[str, str | int]]]:
    """What may be said of hits."""
    return [(hit.rule.id, dict(hit.parts)) for hit in hits]


def covered(text: str, hits: list[Hit], made: Words) -> bool:
    """Whether each hit covers one of the forms exactly (however it is wrapped), and is worth the password alone."""
    data = text.encode()
    forms = set(made.forms.values())
    for hit in hits:
        written = data[hit.secret.start : hit.secret.end].decode()
        if written not in forms and "".join(written.replace("\\n", "").replace("\\", "").split()) not in forms:
            return False
        if made.password not in hit.value.decode():
            return False
    return True
