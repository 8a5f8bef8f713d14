"""`leakseal review --web`: for whoever has the one link and nobody else, and no secret in any answer."""

from __future__ import annotations

import base64
import io
import re
import signal
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from scanner.findings import suppressions
from tests.cli.review.conftest import Begin
from tests.conftest import Repo
from tests.gitrepo import token

LATER = (datetime.now(UTC).date() + timedelta(60)).isoformat()


def test_only_the_link_opens_it_and_only_once(two: Repo, begin: Begin) -> None:
    visitor = begin(two.path)
    assert visitor.ask("/") == 403
    assert visitor.ask("/open?link=guess") == 403
    assert visitor.ask("/open") == 403
    assert visitor.ask(visitor.link, Host="evil.example") == 403
    assert visitor.ask(visitor.link) == 303
    assert "HttpOnly; SameSite=Strict" in visitor.headers["Set-Cookie"]
    assert visitor.ask("/") == 200
    cookie, visitor.cookie = visitor.cookie, ""
    assert visitor.ask(visitor.link) == 403  # a second time, as somebody who saw it in a history
    visitor.cookie = cookie
    assert visitor.ask("/", Host="evil.example") == 403
    assert visitor.ask("/nowhere") == 404 and visitor.ask("/../etc/passwd") == 404
    policy = visitor.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "'unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert visitor.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("wrong", "headers"), [
    ({"form": "guess"}, {}), ({"form": ""}, {}),
    ({}, {"Origin": "http://evil.example"}), ({}, {"Origin": "null"}), ({}, {"Cookie": "leakseal=x"}),
])  # fmt: skip
def test_a_forged_request_decides_nothing(two: Repo, begin: Begin, wrong: dict[str, str], headers: dict[str, str]) -> None:
    visitor = begin(two.path)
    visitor.ask(visitor.link)
    visitor.ask("/")
    said = visitor.form(decision="rotate") | wrong
    assert visitor.ask("/decide", said, **headers) == 403
    assert not (two.path / ".leakseal" / "review.json").exists()
    assert visitor.ask("/decide", {**said, "filler": "x" * 20_000}) == 413


def test_decides_undoes_and_ends(two: Repo, begin: Begin) -> None:
    visitor = begin(two.path)
    visitor.ask(visitor.link)
    visitor.ask("/")
    assert "1 of 2" in visitor.body and "&lt;script&gt;alert(1)" in visitor.body and "<script>alert" not in visitor.body
    terms = {"owner": "team-a", "reason": "rotated", "ticket": "T-1", "expires": LATER, "decision": "accept"}
    assert visitor.ask("/decide", visitor.form(**{**terms, "expires": "2001-01-01"})) == 422
    assert "lies in the past" in visitor.body and not (two.path / suppressions.FILE).exists()
    assert visitor.ask("/decide", visitor.form(**{**terms, "reason": token(7)})) == 422
    assert "looks like a secret" in visitor.body
    assert visitor.ask("/decide", visitor.form(**terms)) == 303
    (entry,) = suppressions.load(two.path / suppressions.FILE)
    assert (entry.owner, entry.ticket) == ("team-a", "T-1")
    visitor.ask("/")
    assert "2 of 2" in visitor.body and 'value="team-a"' in visitor.body
    assert visitor.ask("/undo", visitor.form()) == 303
    assert suppressions.load(two.path / suppressions.FILE) == ()
    visitor.ask("/")
    assert visitor.ask("/decide", visitor.form(decision="rotate")) == 303
    visitor.ask("/")
    assert visitor.ask("/decide", visitor.form(decision="skip")) == 303
    visitor.ask("/")
    assert "Nothing waits for a decision" in visitor.body and "To rotate" in visitor.body
    assert visitor.ask("/done", visitor.form()) == 200
    assert visitor.process.wait(timeout=60) == 0
    for number in (1, 7, 9):
        secret = token(number).removeprefix("ghp_").encode()
        assert not any(secret[at : at + 8] in visitor.seen for at in range(len(secret) - 7))


def test_a_picture_is_painted_over_until_it_is_asked_for(tmp_path: Path, begin: Begin) -> None:
    if find_spec("rapidocr") is None:
        pytest.skip("needs leakseal[ocr]")
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", 22)
    picture = Image.new("RGB", (900, 120), "white")
    ImageDraw.Draw(picture).text((20, 40), f"GH={token(1)}", fill="black", font=font)
    picture.save(tmp_path / "shot.png")
    visitor = begin(tmp_path)
    visitor.ask(visitor.link)
    visitor.ask("/")
    hidden, (x, y, width, height) = _picture(visitor.body)
    assert hidden.crop((x + 2, y + 2, x + width - 2, y + height - 2)).getextrema() == (0, 0)
    assert visitor.ask("/reveal", visitor.form()) == 303
    visitor.ask("/")
    shown, _ = _picture(visitor.body)
    assert shown.size == (900, 120) and shown.crop((x, y, x + width, y + height)).getextrema()[1] > 200


def _picture(body: str) -> tuple[Any, tuple[int, ...]]:
    """The picture of a page, and its box."""
    from PIL import Image

    data = re.search(r'href="data:image/png;base64,([^"]+)"', body)
    box = re.search(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/>', body)
    assert data and box
    return Image.open(io.BytesIO(base64.b64decode(data[1]))).convert("L"), tuple(map(int, box.groups()))


def test_ctrl_c_ends_it(two: Repo, begin: Begin) -> None:
    visitor = begin(two.path)
    visitor.process.send_signal(signal.SIGINT)
    assert visitor.process.wait(timeout=60) == 130
