"""A night by webhook and by mail."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import urlsplit

from scanner.artifact.transport import Broken, RegistryError, Transport
from scanner.errors import LeaksealError
from scanner.sweep.notify import words
from scanner.sweep.notify.night import Night

_SECONDS = 30
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotTold(LeaksealError):
    """A message could not be delivered; the night itself is in the ledger."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a night is posted as JSON; with a key, `X-Leakseal-Signature` is `sha256=` and its HMAC in hex."""

    url: str = field(repr=False)  # some services have their secret in it
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server, and who writes to whom."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "starttls"  # starttls | tls | none, which is for this machine itself


def post(night: Night, hook: Webhook, transport: Transport) -> None:
    """Post it once; raises NotTold."""
    host = urlsplit(hook.url).netloc.rpartition("@")[2]
    data = json.dumps(night.document(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    if hook.key:
        headers["X-Leakseal-Signature"] = "sha256=" + hmac.digest(hook.key.encode(), data, hashlib.sha256).hex()
    if not transport.may(hook.url):
        raise NotTold(f"the webhook at {host} has no verified connection", hint="write https://, or name the host insecure")
    try:
        answer = transport.send("POST", hook.url, headers, body=data, once=True)
        answer.close()
    except (RegistryError, Broken):
        raise NotTold(f"the webhook at {host} does not answer", hint="check its address") from None
    if answer.status >= 300:
        raise NotTold(f"the webhook at {host} answers {answer.status}", hint="check its address and key")


def letter(night: Night, mail: Mail) -> EmailMessage:
    """The mail about a night."""
    message = EmailMessage()
    message["Subject"] = words.plain(words.subject(night))
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message.set_content(words.text(night))
    return message


def post_mail(night: Night, mail: Mail) -> None:
    """Hand it to the server; raises NotTold, also rather than speak without TLS to another machine."""
    if mail.tls == "none" and mail.host not in _LOOPBACK:
        raise NotTold(f"mail to {mail.host} would go without TLS", hint="set `tls: starttls` or `tls: tls`")
    trust = ssl.create_default_context()
    server: smtplib.SMTP | None = None
    try:
        if mail.tls == "tls":
            server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=trust)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
        if mail.tls == "starttls":
            server.starttls(context=trust)
        if mail.user:
            server.login(mail.user, mail.password)
        server.send_message(letter(night, mail))
        server.quit()
    except (smtplib.SMTPException, OSError, UnicodeError):  # what they say may quote our own words
        raise NotTold(f"the mail server {mail.host} did not take the mail", hint="check host, port, TLS, user and password") from None
    finally:
        if server is not None:
            server.close()  # `with` would say good-bye first, and wait for an answer that a failed handshake never gives
