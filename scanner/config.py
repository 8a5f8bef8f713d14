"""What a project says about its own scans: `leakseal.yaml`, read once into frozen values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scanner import globs
from scanner.errors import ConfigError
from scanner.model.rule import KINDS

if TYPE_CHECKING:
    from scanner.notemaps import NoteMap
    from scanner.yamlnodes import Node

NAME = "leakseal.yaml"
SCHEMA = Path(__file__).with_name("config.schema.json")
KEY_LEAST = 16
OCR_MODES = ("auto", "always", "never")
OCR_ENGINES = ("rapidocr", "tesseract")
_RULE_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,119}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Paths that are left out, and why; they count as skipped."""

    glob: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an acceptance may be: days until its end, and paths that one without a path as its scope may stand on."""

    days: int = 731
    places: int = 20


@dataclass(frozen=True, slots=True)
class Config:
    """The project's choices."""

    file: Path | None = None
    packs: tuple[Path, ...] = ()  # rule packs besides our own
    disabled: tuple[str, ...] = ()  # rule ids
    changed: tuple[str, ...] = ()  # rule ids
    least: tuple[tuple[str, float], ...] = ()  # kind of secret -> what is less sure is not reported
    says_rules: bool = False  # the file adds, changes or disables rules; `rulepack.project` reads which and how
    key_env: str | None = None
    key_file: Path | None = None
    salt: str = field(default="leakseal", repr=False)
    exclusions: tuple[Exclusion, ...] = ()
    bounds: Bounds = Bounds()
    mappings: tuple[NoteMap, ...] = ()  # layouts of note exports besides our own
    insecure_registries: tuple[str, ...] = ()  # hosts that need no TLS
    ocr: str = "auto"  # one of OCR_MODES
    ocr_engine: str = ""  # one of OCR_ENGINES; empty: the first that is there
    ocr_command: tuple[str, ...] = ()  # an engine of the user's own
    ocr_seconds: int = 120  # for one page

    @property
    def project(self) -> Path | None:
        """The file, if it says something about single rules."""
        return self.file if self.says_rules else None

    def excluded(self, path: str) -> Exclusion | None:
        """The first exclusion that covers this path (as named in reports, with `/`)."""
        return next((e for e in self.exclusions if globs.covers(e.glob, path)), None)

    def why_excluded(self, path: str) -> str | None:
        """The reason why this path is left out, or None."""
        exclusion = self.excluded(path)
        return exclusion.reason if exclusion else None


def find(start: Path) -> Path | None:
    """The configuration in this very folder; never one further up, which another project may have put there."""
    path = start / NAME
    return path if path.is_file() else None


def load(path: Path | None) -> Config:
    """The configuration of this file; without one, what everybody gets."""
    if path is None:
        return Config()
    from scanner import yamlnodes

    return _read(yamlnodes.load(path), path)


def salt_in(root: Node) -> str:
    """Only the salt of a configuration that a stranger wrote: no path in it is looked at."""
    return _read(root, Path(NAME)).salt


def read_key(config: Config, environ: Mapping[str, str]) -> bytes | None:
    """The project's fingerprint key, if it has one: from the environment variable or the file that the configuration names."""
    if config.key_env is not None:
        text = environ.get(config.key_env, "").strip()
        if not text:
            raise ConfigError(
                f"the environment variable {config.key_env} with the fingerprint key is not set",
                hint=f"set {config.key_env}, or take `key-env` out of {NAME}",
            )
        return _long_enough(text.encode("utf-8", "surrogateescape"), f"the fingerprint key in {config.key_env}")
    return _key_from(config.key_file) if config.key_file is not None else None


def _key_from(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise ConfigError(f"the fingerprint key file {path} is not a regular file", hint="check `key-file`")
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(4097).strip()
    except OSError as error:
        raise ConfigError(f"the fingerprint key file {path} cannot be read: {error.strerror}", hint="check `key-file`") from None
    if mode & 0o007:
        raise ConfigError(f"the fingerprint key file {path} can be read by everybody on this machine", hint=f"run `chmod 600 {path}`")
    if len(data) > 4096:
        raise ConfigError(f"the fingerprint key file {path} is larger than 4 KiB", hint="keep only the key in it")
    return _long_enough(data, f"the fingerprint key in {path}")


def _long_enough(key: bytes, what: str) -> bytes:
    if len(key) < KEY_LEAST:
        raise ConfigError(f"{what} is shorter than {KEY_LEAST} bytes", hint="make one with `openssl rand -hex 32`")
    return key


def _read(root: Node, path: Path) -> Config:
    if root.kind == "none":
        raise root.error("the file is empty", "begin with `version: 1`")
    known = ("version", "rules", "fingerprint", "paths", "suppressions", "notes", "ocr", "registries")
    top = root.mapping(known, ("version",))
    top["version"].number(1, 1)
    rules = top["rules"].mapping(("packs", "disable", "add", "override", "least")) if "rules" in top else {}
    if "add" in rules:
        rules["add"].elements()
    ocr = top["ocr"].mapping(("mode", "engine", "command", "seconds")) if "ocr" in top else {}
    registries = top["registries"].mapping(("insecure",)) if "registries" in top else {}
    key_env, key_file, salt = _fingerprint(top["fingerprint"], path.parent) if "fingerprint" in top else (None, None, Config().salt)
    return Config(
        file=path,
        packs=tuple(path.parent / node.text() for node in rules["packs"].elements()) if "packs" in rules else (),
        disabled=tuple(sorted({_rule_id(node) for node in rules["disable"].elements()})) if "disable" in rules else (),
        changed=tuple(sorted(rules["override"].names())) if "override" in rules else (),
        least=tuple((kind, node.share()) for kind, node in sorted(rules["least"].mapping(KINDS).items())) if "least" in rules else (),
        says_rules=bool({"disable", "add", "override"} & set(rules)),
        key_env=key_env,
        key_file=key_file,
        salt=salt,
        exclusions=tuple(_exclusion(node) for node in top["paths"].elements()) if "paths" in top else (),
        bounds=_bounds(top["suppressions"]) if "suppressions" in top else Bounds(),
        mappings=_mappings(top["notes"]) if "notes" in top else (),
        insecure_registries=tuple(node.text(300) for node in registries["insecure"].elements()) if "insecure" in registries else (),
        ocr=_one_of(ocr["mode"], OCR_MODES) if "mode" in ocr else "auto",
        ocr_engine=_one_of(ocr["engine"], OCR_ENGINES) if "engine" in ocr else "",
        ocr_command=tuple(node.text(1000) for node in ocr["command"].elements()) if "command" in ocr else (),
        ocr_seconds=ocr["seconds"].number(1, 3600) if "seconds" in ocr else 120,
    )


def _bounds(node: Node) -> Bounds:
    keys = node.mapping(("days", "places"))
    return Bounds(**{name: keys[name].number(1, 731 if name == "days" else 1000) for name in keys})


def _mappings(node: Node) -> tuple[NoteMap, ...]:
    from scanner import notemaps

    keys = node.mapping(("mappings",))
    return notemaps.own(keys["mappings"]) if "mappings" in keys else ()


def _one_of(node: Node, words: tuple[str, ...]) -> str:
    word = node.text(100)
    if word not in words:
        raise node.error(f"one of {', '.join(words)} is expected here", "see docs/configuration.md")
    return word


def _rule_id(node: Node) -> str:
    id = node.text(120)
    if not _RULE_ID.fullmatch(id):
        raise node.error("this is no rule id", "`leakseal rules list` shows them")
    return id


def _fingerprint(node: Node, folder: Path) -> tuple[str | None, Path | None, str]:
    keys = node.mapping(("key-env", "key-file", "salt"))
    if "key-env" in keys and "key-file" in keys:
        raise keys["key-file"].error("`key-env` and `key-file` cannot both be given", "keep one of them")
    env = keys["key-env"].text(100) if "key-env" in keys else None
    if env is not None and not _VARIABLE.fullmatch(env):
        raise keys["key-env"].error("the name of an environment variable is expected here", "name the variable, not the key itself")
    file = folder / Path(keys["key-file"].text()).expanduser() if "key-file" in keys else None
    return env, file, keys["salt"].text(200) if "salt" in keys else Config().salt


def _exclusion(node: Node) -> Exclusion:
    keys = node.mapping(("exclude", "reason"), ("exclude", "reason"))
    glob, reason = keys["exclude"].text(globs.MOST).removeprefix("./"), keys["reason"].text()
    if flaw := globs.flaw(glob):
        raise keys["exclude"].error(*flaw)
    return Exclusion(glob, reason)
