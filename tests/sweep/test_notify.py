"""Who hears of a night: webhook, mail, issues and metrics say what a report shows, and nothing twice."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult, LoginPassword

from scanner.artifact.transport import Patience, Transport
from scanner.rulepack.sample import grow
from scanner.sweep.forge.forges import forge
from scanner.sweep.forge.hosted import Account, ForgeError
from scanner.sweep.notify import metrics, words
from scanner.sweep.notify.issues import Filed, settle
from scanner.sweep.notify.night import Night, Notice, Visited
from scanner.sweep.notify.send import Mail, NotTold, Webhook, letter, post, post_mail
from tests.sweep.forging import ROOTS, Forged, forging

KEY = grow("{alnum:24}", 11).decode()


def notice(number: int = 1, **said: str) -> Notice:
    made = Notice(
        f"f{number:03}", "acme/app", "team-a", "postgres-dsn", "PostgreSQL URL with a password", "critical", "git", "deploy/app.env:3",
        "postgresql://app:********@db:5432/app", "Rotate the role's password.", "2026-11-24",
    )  # fmt: skip
    return replace(made, **said)


def night(*opened: Notice, **said: object) -> Night:
    visited = (
        Visited("acme/app", "team-a", "new", "", 1.5, 400, 9000, 1), Visited("acme/gone", "team-b", "not-read", "vanished", 0.1, 0, 0, 0),
    )  # fmt: skip
    made = Night(
        "2026-11-25T01:00:00Z", "2026-11-25T01:02:05Z", 125.0, 1, (*opened, notice(90, severity="low", owner="team-b")), opened, visited,
        {"encrypted-archive": 2},
    )  # fmt: skip
    return replace(made, **said)  # type: ignore[arg-type]


@contextmanager
def hearing(status: int = 204) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]], Transport]]:
    """A webhook's server, and what it heard."""
    heard: list[tuple[dict[str, str], bytes]] = []

    class Ear(BaseHTTPRequestHandler):
        def log_message(self, *_said: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook/{KEY}"
        yield url, heard, Transport({urlsplit(url).netloc}, Patience(attempts=2, sleep=lambda seconds: None))
    finally:
        server.shutdown()
        server.server_close()


def test_a_webhook_hears_a_night_that_it_can_trust() -> None:
    with hearing() as (url, heard, transport):
        post(night(notice()), Webhook(url, KEY), transport)
        post(night(notice()), Webhook(url, KEY), transport)
    (headers, body), again = heard
    assert again[1] == body
    assert headers["X-Leakseal-Signature"] == "sha256=" + hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert (said["schema"], said["exitCode"], said["open"]) == ("leakseal.night/v1", 1, {"critical": 1, "low": 1})
    assert said["unread"] == [{"name": "acme/gone", "owner": "team-b", "reason": "vanished"}]
    assert [one["finding"] for one in said["opened"]] == ["f001"]


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_webhook_that_refuses_is_told_without_its_address(status: int) -> None:
    with hearing(status) as (url, _, transport), pytest.raises(NotTold, match=f"answers {status}") as found:
        post(night(), Webhook(url), transport)
    assert KEY not in str(found.value) + repr(Webhook(url)) and "/hook" not in str(found.value)


def test_a_webhook_without_a_verified_connection_is_not_asked() -> None:
    with hearing() as (url, heard, _), pytest.raises(NotTold, match="no verified connection"):
        post(night(), Webhook(url), Transport())
    assert heard == []


# -- mail ---------------------------------------------------------------------------------------------------------------------


class Box(Message):
    """A mailbox that keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[str] = []

    def handle_message(self, message: object) -> None:
        self.got.append(str(message))


@contextmanager
def mailing(**said: object) -> Iterator[tuple[Box, int]]:
    box = Box()
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **said)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


def test_a_mail_says_what_is_new_and_what_was_not_read() -> None:
    with mailing() as (box, port):
        post_mail(night(notice()), Mail("127.0.0.1", port, "leakseal@acme.example", ("team-a@acme.example",), tls="none"))
    (mail,) = box.got
    assert "Subject: Leakseal: 1 new finding, 2 open" in mail and "Auto-Submitted: auto-generated" in mail
    assert "- critical: PostgreSQL URL with a password, acme/app: deploy/app.env:3\n  postgresql://app:********@db:5432/app" in mail
    assert "Not read:\n- acme/gone: vanished" in mail


def test_a_mail_server_with_tls_is_verified_and_gets_no_password_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost "
        "-addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    tried: list[tuple[bytes, bytes]] = []

    def login(_server: object, _session: object, _envelope: object, _how: str, data: LoginPassword) -> AuthResult:
        tried.append((data.login, data.password))
        return AuthResult(success=data.password == KEY.encode(), handled=False)

    with mailing(tls_context=context, require_starttls=True, authenticator=login, auth_required=True) as (box, port):
        mail = Mail("127.0.0.1", port, "leakseal@acme.example", ("team-a@acme.example",), "leakseal", KEY)
        with pytest.raises(NotTold, match="did not take the mail"):
            post_mail(night(notice()), mail)
        assert tried == [] and box.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        post_mail(night(notice()), mail)
        assert len(box.got) == 1 and tried == [(b"leakseal", KEY.encode())]
        with pytest.raises(NotTold) as found:
            post_mail(night(notice()), replace(mail, password=KEY[::-1]))
    assert KEY[::-1] not in str(found.value) and KEY not in repr(mail)


def test_no_mail_leaves_the_machine_without_tls() -> None:
    with pytest.raises(NotTold, match="without TLS"):
        post_mail(night(), Mail("mail.acme.example", 25, "a@acme.example", ("b@acme.example",), tls="none"))


@pytest.mark.parametrize("path", ["a\r\nBcc: x@evil.example", "\u202egnp.exe", "\x1b[2J", "</table>"])
def test_names_of_strangers_stay_on_their_line(path: str) -> None:
    mail = letter(night(notice(place=path, title=path, repository=path)), Mail("h", 1, "a@b.example", ("c@d.example",)))
    assert mail["Bcc"] is None
    written = words.text(night(notice(place=path, repository=path))) + words.body(notice(place=path)) + words.title(notice(title=path))
    assert not set(written) & set("\r\x1b\u202e")
    assert len(words.title(notice(title=path)).splitlines()) == 1


# -- issues -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ROOTS)
def test_one_issue_for_each_finding_filed_changed_closed_and_opened_again(kind: str) -> None:
    with forging(Forged(kind, ("app",))) as forged:
        made = forge(Account(kind, forged.url, "acme"), Transport({urlsplit(forged.url).netloc}, Patience(sleep=lambda seconds: None)))
        first, second = notice(1), notice(2, place="a|b`c`.env:1")
        assert settle(made, "acme/app", [first, second]) == Filed(filed=2)
        assert settle(made, "acme/app", [first, second]) == Filed()
        assert settle(made, "acme/app", [replace(first, place="moved.env:9"), second]) == Filed(changed=1)
        text = "description" if kind == "gitlab" else "body"
        assert "`moved.env:9`" in forged.issues[1][text] and "| Place | `a\xa6b\u2019c\u2019.env:1` |" in forged.issues[2][text]
        assert settle(made, "acme/app", [second]) == Filed(closed=1)
        assert settle(made, "acme/app", [second]) == Filed()
        assert [issue["state"] for issue in forged.issues.values()] == ["closed", "opened" if kind == "gitlab" else "open"]
        assert settle(made, "acme/app", [first, second]) == Filed(changed=1)
        assert [issue["state"] for issue in forged.issues.values()] == ["opened" if kind == "gitlab" else "open"] * 2
        assert len(forged.labels) == (1 if kind == "gitea" else 0)


def test_issues_of_others_are_left_alone_and_a_first_night_does_not_bury_a_team() -> None:
    with forging(Forged("gitea", ("app",))) as forged:
        made = forge(Account("gitea", forged.url, "acme"), Transport({urlsplit(forged.url).netloc}))
        made.file("acme/app", "by hand", "a person wrote this", "leakseal")
        assert settle(made, "acme/app", [notice(number) for number in range(5)], most=3) == Filed(filed=3, left=2)
        assert settle(made, "acme/app", [notice(number) for number in range(5)], most=3) == Filed(filed=2)
        assert settle(made, "acme/app", []) == Filed(closed=5)
        assert forged.issues[1]["state"] == "open"


def test_an_issue_is_not_filed_twice_because_the_forge_could_not_say_that_it_was() -> None:
    with forging(Forged("github", ("app",), faults=["ok", "500"])) as forged:
        made = forge(Account("github", forged.url, "acme"), Transport({urlsplit(forged.url).netloc}, Patience(sleep=lambda seconds: None)))
        with pytest.raises(ForgeError, match="answers 500"):
            settle(made, "acme/app", [notice()])
    assert [method for method, _, _ in forged.seen] == ["GET", "POST"]


# -- metrics ------------------------------------------------------------------------------------------------------------------


def test_prometheus_reads_the_metrics_of_a_night(tmp_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    metrics.write(night(notice(), notice(2)), tmp_path / "leakseal.prom")
    written = (tmp_path / "leakseal.prom").read_text()
    samples = [one for family in text_string_to_metric_families(written) for one in family.samples]
    found = {(one.name, *sorted(one.labels.items())): one.value for one in samples}
    assert found["leakseal_findings_open", ("owner", "team-a"), ("severity", "critical")] == 2
    assert found["leakseal_sweep_repositories", ("status", "not-read")] == 1
    assert found["leakseal_gaps", ("reason", "encrypted-archive")] == 2
    assert found["leakseal_sweep_finished_timestamp_seconds",] == 1795568525
    metrics.write(night(notice(), notice(2)), tmp_path / "again.prom")
    assert (tmp_path / "again.prom").read_text() == written


def test_a_collector_of_opentelemetry_takes_the_metrics() -> None:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    with hearing(200) as (url, heard, _):
        metrics.push(night(notice()), url)
    import gzip

    headers, body = heard[0]
    sent = ExportMetricsServiceRequest.FromString(gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body)
    names = {metric.name for one in sent.resource_metrics for scope in one.scope_metrics for metric in scope.metrics}
    assert names == {metric.name for metric in metrics.measured(night(notice()))}
    with hearing(400) as (url, _, _), pytest.raises(NotTold, match="did not take them"):
        metrics.push(night(notice()), url)


def test_metrics_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotTold, match="cannot be written"):
        metrics.write(night(), tmp_path / "nowhere" / "leakseal.prom")
