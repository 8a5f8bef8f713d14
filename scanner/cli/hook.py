"""`leakseal hook`: what is about to be committed or pushed. It answers in a tenth of a second, so it imports little and late."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from scanner.errors import LeaksealError, UnreadableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from scanner.config import Config
    from scanner.detect.engine import Engine
    from scanner.pipeline.glance import Glance
    from scanner.rulepack.build import Known
    from scanner.sources.git.narrow import Entry

_SCISSORS = rb"(?m)^\S{1,8} -{24} >8 -{24}$"  # git-commit(1), --cleanup=scissors and --verbose


class Asked(NamedTuple):
    """The words after the hook's name."""

    strict: bool
    config: str | None
    words: tuple[str, ...]


def run(words: list[str]) -> int:
    """The exit code of a hook; raises LeaksealError."""
    if not words or words[0] in ("-h", "--help") or (words[0] in HOOKS and words[1:2] in (["-h"], ["--help"])):
        from scanner.cli.root import run as explain

        explain(["hook", "--help"])
        # A file of that name must not let a commit pass: only a person who asks is answered with 0.
        return 0 if words and "PRE_COMMIT" not in os.environ else UsageError.exit_code
    if words[0] not in HOOKS:
        raise UsageError("there is no such hook", hint="the hooks are " + ", ".join(HOOKS))
    return HOOKS[words[0]](_asked(words[1:]))


def _asked(words: list[str]) -> Asked:
    """Options stand before the first other word; `--` ends them, so that a file's name is never taken for one."""
    strict, config = False, None
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        name, given, value = word.partition("=")
        if word == "--":
            break
        if word == "--strict":
            strict = True
        elif name == "--config" and (given or words):
            config = value if given else words.pop(0)
        else:
            raise UsageError("an option that the hooks do not have", hint="see `leakseal hook --help`; put `--` before file names")
    return Asked(strict, config, tuple(words))


def settle(root: Path | None, asked: Asked, glance: Glance | None = None) -> tuple[Config, Engine]:
    """Configuration and engine, by the caches: no YAML is read unless the project has some; the rules may be those of a glance."""
    from pathlib import Path

    from scanner import cachefile, config, shipped
    from scanner.pipeline.engines import engine
    from scanner.rulepack.cache import load_cached

    if asked.config and not Path(asked.config).is_file():
        raise UsageError("there is no configuration at the path given with --config", hint="check the path")
    settings = config.load(Path(asked.config) if asked.config else config.find(root) if root else None)
    folders = [shipped.shipped("rules"), *settings.packs]
    rules = glance.rules() if glance else None
    if rules is None:
        rules = load_cached(folders, settings.disabled, cachefile.folder(), project=settings.project, known=_named)
    return settings, engine(rules, cachefile.folder(), at_hand=glance.sieve if glance else None)


def _named() -> Known:
    from scanner.cli.options import named

    return named()


def _pre_commit(asked: Asked) -> int:
    from scanner import cachefile
    from scanner.pipeline.glance import Glance
    from scanner.sources.git import narrow

    gc.disable()  # what a glance loads stays
    env = narrow.told()
    top, objects = narrow.places(".", env)
    files = [narrow.from_top(os.fsencode(word), top) for word in asked.words]
    glance = Glance(top, asked.config, cachefile.place())
    entries = narrow.staged(".", env) if glance.sieve else None
    if entries is not None and glance.quiet(entries, files, objects):
        return 0
    gc.enable()
    return _scanned(asked, env, top, files, glance, entries)


def _scanned(
    asked: Asked, env: Mapping[str, str], top: bytes, files: list[bytes], glance: Glance, entries: Sequence[Entry] | None
) -> int:  # fmt: skip
    """The exit code of a commit in which there may be something."""
    from pathlib import Path

    from scanner.pipeline.staged import FileScan

    settings, engine = settle(Path(os.fsdecode(top)), asked, glance)
    glance.note(settings, engine)
    scan = FileScan("t1", Path(), env, engine, settings.why_excluded, entries=entries)
    try:
        scanned = scan.chosen(".", files) if files else scan.staged(".")
        known = scan.known(scanned.matches)
    finally:
        scan.slow.close()
    lost = bool(files) and scan.unread()
    if scanned.tally.even and not scanned.matches and not scanned.tally.gaps:
        return 0
    from scanner.cli.hook_say import Speech, say

    code = say(Speech("the commit", "take it out of the file and stage the file again"), asked, settings, engine, top, [scanned], known)
    if lost and code != 1:
        message = "none of the files that were named could be read, so nothing was checked"
        raise UnreadableError(message, hint="name files of this repository")
    return code


def _commit_msg(asked: Asked) -> int:
    if len(asked.words) != 1:
        raise UsageError("commit-msg takes the file with the message", hint="Git passes it: `leakseal hook commit-msg FILE`")
    import re
    from pathlib import Path

    from scanner.model.content import Origin, Target
    from scanner.pipeline.examine import match_at, placed
    from scanner.pipeline.scanned import Scanned
    from scanner.pipeline.tally import Tally
    from scanner.sources.files import Changed, Oversize, read_file
    from scanner.sources.git import narrow

    try:
        data = read_file(os.fsencode(asked.words[0]))
    except (OSError, Changed, Oversize):
        data = None
    if data is None:
        raise UnreadableError("the commit message cannot be read, so nothing was checked", hint="check the path after `commit-msg`")
    try:
        top = narrow.top(Path(), narrow.told())
    except UnreadableError:
        top = os.fsencode(Path.cwd())
    settings, engine = settle(Path(os.fsdecode(top)), asked)
    below = re.search(_SCISSORS, data)  # Git cuts the message there; what follows is the diff, which pre-commit has seen
    found = placed(engine, data[: below.start()] if below else data)
    if not found:
        return 0
    from scanner.cli.hook_say import Speech, say

    tally = Tally("t1", "git")
    tally.expected = 1
    tally.read(1, len(data))
    origin = Origin("t1", "git", field="commit-message")
    scanned = Scanned(Target("t1", "git", ".", None, "commit message"), tally, [match_at(seen, origin) for seen in found])
    return say(Speech("the commit", "take it out of the message"), asked, settings, engine, top, [scanned], [])


def _pre_push(asked: Asked) -> int:
    from scanner.cli.hook_refs import pre_push

    return pre_push(asked, os.environ, lines)


def _pre_receive(asked: Asked) -> int:
    from scanner.cli.hook_refs import pre_receive

    return pre_receive(asked, lines)


def lines() -> list[bytes]:
    """What Git tells a hook on standard input."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("this hook reads from standard input what is pushed", hint="Git runs it: see docs/pre-commit.md")
    data = sys.stdin.buffer.read(_INPUT + 1)
    if len(data) > _INPUT:
        raise LeaksealError("more refs are pushed at once than the hook reads", hint="push fewer at a time")
    return data.splitlines()


_INPUT = 64 << 20
HOOKS: Mapping[str, Callable[[Asked], int]] = {
    "pre-commit": _pre_commit,
    "pre-push": _pre_push,
    "pre-receive": _pre_receive,
    "commit-msg": _commit_msg,
}
