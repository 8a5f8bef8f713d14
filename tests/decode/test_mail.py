"""Mail and mailboxes as Python's own library writes them, as they are found in the wild, and as an attacker writes them."""

from __future__ import annotations

import io
import mailbox
import zipfile
from collections.abc import Callable
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.formats import recognise
from scanner.model.content import Inside
from tests.decode.conftest import LIMITS, Peeled
from tests.decode.documents import seen, token, unbroken

BODY, FILE, SUBJECT, HTML, INNER, DEEP = map(token, range(40, 46))


def message(body: str = "nothing", encoding: str | None = None, charset: str = "utf-8") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "A. Tester <a@example.org>", "b@example.org"
    made["Date"], made["Subject"] = "Tue, 02 Jan 2024 03:04:05 +0000", "Hello"
    made.set_content(body, cte=encoding, charset=charset)
    return made


def full() -> EmailMessage:
    made = message(f"The key is {BODY}, gr\u00fcn\n", "quoted-printable")
    made.replace_header("Subject", f"Schl\u00fcssel {SUBJECT} " + "w\u00f6rter " * 10)
    made.add_alternative(f"<p>KEY={HTML} \u00fc</p>", subtype="html", cte="base64")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.env", f"KEY={FILE}\n")
    made.add_attachment(out.getvalue(), maintype="application", subtype="zip", filename="b\u00fcndel.zip")
    inner = message(f"forwarded {INNER} \u00fc", "base64")
    inner.add_attachment(f"KEY={DEEP}\n".encode(), maintype="application", subtype="octet-stream", filename="deep.env")
    made.add_attachment(inner)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "key: value\nother: value\nthird: value\n",
        "from: 2024-01-01\nto: 2024-02-01\n",
        "Date: today\n\nFrom: somebody\n",
        "From here on 2024\nit is prose: all of it\n",
        "From here on 2024\nNote: all of it\n",
        "From " + "a" * 40 + " Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nDate: x\nSubject: [PATCH] y\n",
        "Content-Type: text/html\n\n<p>",
    ],
    ids=range(7),
)
def test_what_is_no_mail_is_left_alone(text: str) -> None:
    form = recognise(text.encode())
    assert form is None or form.name not in ("mail", "mbox")


@pytest.mark.parametrize("written", [policy.SMTP, policy.default], ids=["crlf", "lf"])
def test_every_part_of_a_message_is_read(written: policy.EmailPolicy) -> None:
    found = seen(full().as_bytes(policy=written))
    assert found.gaps == []
    assert found.place(BODY) == Inside(field="body")
    assert found.place(HTML).field == "body"
    assert found.place(SUBJECT) == Inside(field="header Subject")
    assert found.place(FILE) == Inside(member="b\u00fcndel.zip!app.env")
    assert [place.member for place in found.places(DEEP)][-1].endswith("!deep.env")  # type: ignore[union-attr]
    assert found.place(INNER).field == "body"


def test_a_body_that_stands_as_it_is_is_not_read_twice() -> None:
    data = message(f"The key is {BODY}\n").as_bytes()
    assert BODY.encode() in data
    assert seen(data).chunks == []


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "cp037", "made-up"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_body_in_another_alphabet_is_read(charset: str, encoding: str) -> None:
    import base64
    import quopri

    text = f"The key is {BODY}".encode(charset if charset != "made-up" else "ascii")
    written = base64.encodebytes(text) if encoding == "base64" else quopri.encodestring(text)
    head = f"From: a\nTo: b\nDate: c\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    assert seen(head.encode() + written).place(BODY) == Inside(field="body")


def test_uuencoded_bodies_are_read() -> None:
    import binascii

    lines = binascii.b2a_uu(f"key {BODY[:20]}".encode()) + binascii.b2a_uu(BODY[20:].encode())
    head = b"From: a\nTo: b\nDate: c\nContent-Transfer-Encoding: x-uuencode\nContent-Disposition: attachment; filename=a.env\n\n"
    assert seen(head + b"begin 644 a.env\n" + lines + b"`\nend\n").place(BODY) == Inside(member="a.env")


def test_a_mailbox_is_read_message_by_message(tmp_path: Path, peeled: Callable[..., Peeled]) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for number in range(3):
        made = message(f"From here on: key {token(50 + number)} f\u00fcr\n\nFrom nowhere\n", "base64" if number else "quoted-printable")
        made.add_attachment(b"x" * 100, maintype="application", subtype="octet-stream", filename=f"{number}.bin")
        box.add(made)
    box.flush()
    data = (tmp_path / "box").read_bytes()
    found = seen(data)
    assert [found.place(token(50 + n)) for n in range(3)] == [Inside(member=f"message {n + 1}", field="body") for n in range(3)]
    assert sorted(m for m in {c.at.inside.member for c in found.chunks} if m and "!" in m) == [f"message {n + 1}!{n}.bin" for n in range(3)]
    assert len(peeled(data, stream=True).chunks) == len(found.chunks)


def test_a_mailbox_is_read_in_bounded_memory(peeled: Callable[..., Peeled]) -> None:
    big = b"From a Tue Jan  2 03:04:05 2024\nFrom: a\nTo: b\nDate: c\n\n" + b"x" * 200_000 + b"\nlong\n" * 50_000 + b"\n"
    data = big * 3
    found = peeled(data, replace(LIMITS, held=100_000), stream=True)
    assert sum(len(piece) for name, _, piece in found.chunks if name) == 3 * (len(big) - big.index(b"\n") - 1)
    assert not found.unseen


def nested(depth: int) -> bytes:
    head = b"From: a\nTo: b\nDate: c\n"
    inner = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return head + inner + b"Content-Transfer-Encoding: base64\n\n" + __import__("base64").encodebytes(BODY.encode())


def test_parts_within_parts_are_bounded() -> None:
    assert seen(nested(50)).place(BODY) == Inside(field="body")
    assert ("archive-too-deep", None) in seen(nested(5000)).gaps


@pytest.mark.parametrize(
    "tail",
    [
        b"Content-Type: multipart/mixed; boundary=\n\n--\n--\n--",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x--\n--x\n\nafter",
        b"Content-Type: text/plain; charset*=utf-8'en'%ff%fe\nContent-Transfer-Encoding: base64\n\n=====A=B",
        b'Content-Disposition: attachment; filename*0*=x-none\'\'%e9; filename*1="b"\n\nabc',
        b"Subject: =?x-none?q?=ff?= =?utf-8?b?###?= =?utf-8?b?A?= =?utf-8?b??=\nX:\n y\n z\n\n",
        b"A" * 200_000 + b": b\n\nc",
        b"X: " + b"y\n " * 500_000,
        b"Subject: " + b"=?a?q?" * 170_000 + b"\n\n",
        b'Content-Type: text/plain; a="' + b";" * 900_000 + b"\n\n",
        b'Content-Type: text/plain; a="' + b";\n " * 300_000 + b"\n\n",
        b"Content-Type: text/plain" + b"; name*1=a" * 90_000 + b"\n\n",
    ],
    ids=range(11),
)
def test_headers_that_lie_end_without_failing(tail: bytes) -> None:
    assert ("tool-error", None) not in seen(b"From: a\nTo: b\nDate: c\n" + tail).gaps


@settings(max_examples=40)
@given(st.integers(0, 1 << 30), st.integers(0, 30), st.sampled_from([0, 0, 1, 300]))
def test_no_damage_makes_it_fail(seed: int, flips: int, cut: int) -> None:
    unbroken(full().as_bytes(), seed, flips, cut)
