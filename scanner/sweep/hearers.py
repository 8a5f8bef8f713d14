"""Who hears of a night, as an inventory says it, and telling them: what one does not hear keeps nobody else from hearing it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scanner.artifact.transport import Transport
from scanner.errors import LeaksealError
from scanner.ledger.rows import Kept
from scanner.report.plain import place
from scanner.sweep.forge.forges import KINDS, forge
from scanner.sweep.forge.hosted import Account
from scanner.sweep.notify import metrics
from scanner.sweep.notify.issues import MOST, Filed, settle
from scanner.sweep.notify.night import Night, Notice, Visited
from scanner.sweep.notify.send import Mail, Webhook, post, post_mail
from scanner.sweep.summary import NOBODY, Summary
from scanner.sweep.variables import value, variable
from scanner.yamlnodes import Node

TLS = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True)
class Issues:
    """Where issues are filed."""

    kind: str
    url: str
    token_env: str
    repository: str  # of the forge: owner/name
    most: int = MOST


@dataclass(frozen=True, slots=True)
class Posted:
    """A webhook by the variables that its address and key stand in."""

    url_env: str
    key_env: str | None = None


@dataclass(frozen=True, slots=True)
class Mailed:
    """Mail: one to everybody named, and to each owner about what is his."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...] = ()
    owners: tuple[tuple[str, tuple[str, ...]], ...] = ()
    user: str = ""
    password_env: str | None = None
    tls: str = TLS[0]


@dataclass(frozen=True, slots=True)
class Hearers:
    """All of them."""

    webhook: Posted | None = None
    mail: Mailed | None = None
    issues: Issues | None = None
    prometheus: Path | None = None
    otlp: str | None = None


def hearers(node: Node, folder: Path) -> Hearers:
    """What `tell:` says; raises ConfigError with the line."""
    keys = node.mapping(("webhook", "mail", "issues", "prometheus", "otlp"))
    return Hearers(
        _webhook(keys["webhook"]) if "webhook" in keys else None,
        _mail(keys["mail"]) if "mail" in keys else None,
        _issues(keys["issues"]) if "issues" in keys else None,
        folder / Path(keys["prometheus"].text(4000)).expanduser() if "prometheus" in keys else None,
        keys["otlp"].text(2000) if "otlp" in keys else None,
    )


def _webhook(node: Node) -> Posted:
    keys = node.mapping(("url-env", "key-env"), ("url-env",))
    return Posted(variable(keys["url-env"]), variable(keys["key-env"]) if "key-env" in keys else None)


def _mail(node: Node) -> Mailed:
    keys = node.mapping(("host", "port", "from", "to", "owners", "user", "password-env", "tls"), ("host", "from"))
    tls = keys["tls"].text(20) if "tls" in keys else TLS[0]
    if tls not in TLS:
        raise keys["tls"].error(f"one of {', '.join(TLS)} is expected here")
    owners: list[tuple[str, tuple[str, ...]]] = []
    if "owners" in keys:
        keys["owners"].names()
        owners = [(name, tuple(one.text(300) for one in to.elements())) for name, to in keys["owners"].entries]
    return Mailed(
        keys["host"].text(300), keys["port"].number(1, 65535) if "port" in keys else 587, keys["from"].text(300),
        tuple(one.text(300) for one in keys["to"].elements()) if "to" in keys else (), tuple(owners),
        keys["user"].text(300) if "user" in keys else "", variable(keys["password-env"]) if "password-env" in keys else None, tls,
    )  # fmt: skip


def _issues(node: Node) -> Issues:
    keys = node.mapping(("kind", "url", "token-env", "repository", "most"), ("kind", "url", "token-env", "repository"))
    kind = keys["kind"].text(20)
    if kind not in KINDS:
        raise keys["kind"].error(f"one of {', '.join(sorted(KINDS))} is expected here")
    most = keys["most"].number(0, 10_000) if "most" in keys else MOST
    return Issues(kind, keys["url"].text(2000).rstrip("/"), variable(keys["token-env"]), keys["repository"].text(300), most)


# -- telling ------------------------------------------------------------------------------------------------------------------


def night_of(said: Summary) -> Night:
    """What may be told of a night; what is open counts all repositories, also those that were not due."""
    there = [(_notice(kept), kept.opened_run_id == said.night.run) for kept in said.open]
    visited = tuple(
        Visited(v.repository, said.owners.get(v.repository, NOBODY), v.status, v.reason or "", v.seconds, v.objects, v.octets, v.gaps)
        for v in said.night.visits
    )
    gaps = Counter(kept.gap.reason for kept in said.gaps)
    run = said.run
    visited += tuple(Visited(one.name, NOBODY, "not-read", one.reason, 0.0, 0, 0, 0) for one in said.night.unlisted)
    return Night(
        run.started_on, run.finished_on or run.started_on, run.seconds or 0.0, said.exit_code, tuple(one for one, _ in there),
        tuple(one for one, new in there if new), visited, gaps,
    )  # fmt: skip


def _notice(kept: Kept) -> Notice:
    found = kept.finding
    return Notice(
        found.id, kept.repository, kept.owner or NOBODY, found.rule, found.title, found.severity, found.surface, place(found),
        found.preview, found.advice, kept.first_seen_on[:10],
    )  # fmt: skip


def tell(night: Night, who: Hearers, transport: Transport, environ: Mapping[str, str] = os.environ) -> Iterator[LeaksealError | Filed]:
    """Tell everybody; yields what went wrong, and how issues were filed."""
    for telling in _tellings(night, who, transport, environ):
        try:
            done = telling()
        except LeaksealError as problem:
            yield problem
        else:
            if done is not None:
                yield done


def _tellings(night: Night, who: Hearers, transport: Transport, environ: Mapping[str, str]) -> Iterator[Callable[[], Filed | None]]:
    if who.prometheus is not None:
        yield partial(metrics.write, night, who.prometheus)
    if who.otlp is not None:
        yield partial(metrics.push, night, who.otlp)
    if who.webhook is not None:
        yield partial(_posted, night, who.webhook, transport, environ)
    if who.mail is not None and (night.opened or night.unread):
        for part, to in _letters(night, who.mail):
            yield partial(_wrote, part, who.mail, to, environ)
    if who.issues is not None:
        yield partial(_filed, night, who.issues, transport, environ)


def _posted(night: Night, one: Posted, transport: Transport, environ: Mapping[str, str]) -> None:
    post(night, Webhook(value(one.url_env, environ), value(one.key_env, environ) if one.key_env else ""), transport)


def _letters(night: Night, mail: Mailed) -> Iterator[tuple[Night, tuple[str, ...]]]:
    if mail.to:
        yield night, mail.to
    for owner, to in mail.owners:
        part = night.of(owner)
        if part.opened or part.unread:
            yield part, to


def _wrote(night: Night, mail: Mailed, to: tuple[str, ...], environ: Mapping[str, str]) -> None:
    password = value(mail.password_env, environ) if mail.password_env else ""
    post_mail(night, Mail(mail.host, mail.port, mail.sender, to, mail.user, password, mail.tls))


def _filed(night: Night, one: Issues, transport: Transport, environ: Mapping[str, str]) -> Filed:
    made = forge(Account(one.kind, one.url, one.repository.partition("/")[0], value(one.token_env, environ)), transport)
    return settle(made, one.repository, night.open, most=one.most)
