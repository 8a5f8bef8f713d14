"""Headers, curl, and tokens that carry their own claims."""

from __future__ import annotations

import base64
import json
import random

import pytest

from scanner.rulepack.structured import STRUCTURED
from tests.detect.parsing import ROW, parts, read

PW = "Vb6" + "hJn3" + "Rt9w"
MIX = "k3J9" + "dQz7" * 2 + "bN5xW1pLc8"


def grown(name: str) -> str:
    return STRUCTURED[name](random.Random(3), "")


def token(claims: object, header: object = None, signature: bytes = bytes(range(64))) -> str:
    pieces = [json.dumps(header or {"alg": "HS256"}).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in pieces)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("http-basic-auth", "Authorization: Basic " + base64.b64encode(b"user:password").decode()),
        ("http-basic-auth", "Authorization: Basic " + base64.b64encode(b"user:").decode()),
        ("http-basic-auth", "a basic understanding of authorization"),
        ("http-basic-auth", "Authorization: Basic " + base64.b64encode(b"\x00\xff\x01:abcdefg").decode()),
        ("http-bearer-token", "the bearer authentication-scheme-is-described"),
        ("http-bearer-token", "Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE"),
        ("http-bearer-token", "Authorization: Bearer " + grown("jwt-example")),
        ("curl-user", "curl -u user:password https://x.dev"),
        ("curl-user", "curl -u $USER:$PASS https://x.dev"),
        ("curl-user", "docker run -u 1000:1000 curl"),
        ("netrc", "machine x.dev login me password <token>"),
        ("jwt", grown("jwt-example")),
        ("jwt", token({"sub": "x"}, {"alg": "none"})),
        ("jwt", token([1])),
        ("jwt", token({"iss": "x"}, [1])),
        ("jwt", token({"iss": "joe", "http://example.com/is_root": True})),
        ("kubernetes-service-account-token", grown("jwt-session")),
        ("jwt-base64", base64.b64encode(grown("jwt-example").encode()).decode()),
    ],
    ids=lambda _: ROW,
)
def test_stays_quiet(rule: str, text: str) -> None:
    assert read(rule, text) is None


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("http-basic-auth", "authorization: basic " + base64.b64encode(f"u1:{PW}".encode()).decode(), {"user": "u1"}),
        ("http-basic-auth", '"Proxy-Authorization": "Basic ' + base64.b64encode(f"u1:{PW}".encode()).decode() + '"', {"user": "u1"}),
        ("http-bearer-token", f"Authorization: Bearer {MIX}", {}),
        ("curl-user", f"curl -s -u u1:{PW} https://api.x.dev/a", {"user": "u1", "host": "api.x.dev"}),
        ("curl-user", f"curl https://api.x.dev/a --user 'u1:{PW}'", {"user": "u1", "host": "api.x.dev"}),
        ("wget-password", f"wget --http-password='{PW}' https://x.dev", {}),
        ("netrc", f"machine x.dev\n  login u1\n  password {PW}\n", {"host": "x.dev", "user": "u1"}),
        (
            "jwt",
            token({"iss": "https://a.dev", "exp": 1900000000, "email": "a@b.dev"}),
            {"alg": "HS256", "iss": "https://a.dev", "exp": 1900000000},
        ),
        ("jwt", "https://a.dev/?t=" + token({"iss": 5, "exp": "x", "aud": 7}), {"alg": "HS256"}),
        ("jwt", token({"aud": "api", "exp": 1900000000.5}), {"alg": "HS256", "aud": "api", "exp": 1900000000}),
        ("jwt", token({"aud": ["a", 1, "b"], "exp": True}), {"alg": "HS256", "aud": "a, b"}),
        ("kubernetes-service-account-token", grown("jwt-kubernetes"), {"alg": "RS256", "iss": "kubernetes/serviceaccount"}),
        ("jwt-base64", grown("jwt-kubernetes-b64"), {"alg": "RS256", "iss": "kubernetes/serviceaccount"}),
    ],
    ids=lambda _: ROW,
)
def test_shows_only_what_is_public(rule: str, text: str, expected: dict[str, str | int]) -> None:
    assert parts(rule, text) == expected
