"""The client against registries that lie, stall, redirect, and never end."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.artifact.authority import challenges
from scanner.artifact.credentials import Credentials
from scanner.artifact.manifest import MANIFEST, digest_of
from scanner.artifact.reference import parse
from scanner.artifact.registry import Registry
from scanner.artifact.transport import MismatchError, Patience, RegistryError, Transport
from scanner.errors import LeaksealError
from tests.registry import Answered, Asked, Script, liar

BODY = b'{"schemaVersion": 2, "layers": []}'
DIGEST = digest_of(BODY)
SECRET = secrets.token_hex(12)
FINE = Answered(200, {"Content-Type": MANIFEST}, BODY)


class Naps:
    """Sleeps that only count."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def registry(host: str, tmp_path: Path, naps: Naps | None = None, insecure: tuple[str, ...] | None = None, **more: float) -> Registry:
    auth = base64.b64encode(f"tester:{SECRET}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    patience = Patience(attempts=3, sleep=naps or Naps(), jitter=lambda: 0.5, silence=more.pop("silence", 5), **more)
    transport = Transport(insecure or (host,), patience)
    return Registry(parse(f"docker://{host}/shop/app:1"), Credentials.of({"DOCKER_CONFIG": str(tmp_path)}), transport)


def in_turn(*said: Answered) -> Script:
    rest = iter(said)
    return lambda asked: next(rest)


BASIC = Answered(401, {"WWW-Authenticate": 'Basic realm="x"'})


@pytest.mark.parametrize("lie", [b"{}", BODY + b" ", b""])
def test_a_manifest_or_blob_that_is_not_what_its_digest_says_is_refused(tmp_path: Path, lie: bytes) -> None:
    headers = {"Content-Type": MANIFEST, "Docker-Content-Digest": DIGEST}
    with liar(lambda asked: Answered(200, headers, lie)) as server:
        client = registry(server.host, tmp_path)
        with pytest.raises(MismatchError) as said:
            client.manifest(DIGEST)
        assert said.value.exit_code == 4
        assert said.value.reason == "corrupt-object"
        with pytest.raises(MismatchError):
            list(client.blob(DIGEST))


def test_the_digest_of_a_tag_is_counted_by_us_whatever_the_registry_claims(tmp_path: Path) -> None:
    claimed = digest_of(b"something else")
    with liar(lambda asked: Answered(200, {"Docker-Content-Digest": claimed}, BODY)) as server:
        fetched = registry(server.host, tmp_path).manifest()
    assert (fetched.digest, fetched.claimed) == (DIGEST, claimed)


def test_a_body_that_is_cut_short_is_gone_on_with(tmp_path: Path) -> None:
    data = secrets.token_bytes(300_000)

    def script(asked: Asked) -> Answered:
        start = int(asked.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if start == 0:
            return Answered(200, {}, data[:100_000], length=len(data))
        return Answered(206, {}, data[start:])

    with liar(script) as server:
        pieces = list(registry(server.host, tmp_path).blob(digest_of(data), len(data)))
        assert server.seen("Range") == ["bytes=100000-"]
    assert b"".join(pieces) == data


def test_a_registry_without_ranges_sends_all_of_it_again_and_each_byte_is_given_once(tmp_path: Path) -> None:
    data = secrets.token_bytes(300_000)
    with liar(in_turn(Answered(200, {}, data[:7], length=len(data)), Answered(200, {}, data))) as server:
        assert b"".join(registry(server.host, tmp_path).blob(digest_of(data))) == data


def test_a_connection_that_ends_again_and_again_is_no_failure_while_something_comes(tmp_path: Path) -> None:
    data, share = secrets.token_bytes(9 << 20), (1 << 20) + 1

    def script(asked: Asked) -> Answered:
        start = int(asked.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return Answered(206 if start else 200, {}, data[start : start + share], length=len(data) - start)

    with liar(script) as server:
        assert b"".join(registry(server.host, tmp_path).blob(digest_of(data), len(data))) == data
        assert len(server.asked) == 9


def test_a_body_that_is_always_cut_short_is_given_up(tmp_path: Path) -> None:
    with liar(lambda asked: Answered(200, {}, BODY[:5], length=len(BODY))) as server:
        client = registry(server.host, tmp_path)
        for ask in (lambda: list(client.blob(DIGEST, len(BODY))), lambda: client.manifest(DIGEST)):
            with pytest.raises(RegistryError, match="before the end") as said:
                ask()
            assert said.value.reason == "truncated"
        assert len(server.asked) == 3 + 1


def test_a_body_without_end_is_cut_at_what_its_manifest_says(tmp_path: Path) -> None:
    with liar(lambda asked: Answered(200, {}, itertools.repeat(b"x" * 65536))) as server, pytest.raises(MismatchError, match="longer"):
        list(registry(server.host, tmp_path).blob(DIGEST, 1 << 20))


def test_a_giant_manifest_or_token_is_not_held(tmp_path: Path) -> None:
    endless = Answered(200, {}, itertools.repeat(b" " * 65536))
    with liar(lambda asked: endless) as server, pytest.raises(RegistryError, match="larger") as said:
        registry(server.host, tmp_path).manifest()
    assert said.value.reason == "archive-too-large"


def test_a_server_that_drips_or_falls_silent_is_given_up(tmp_path: Path) -> None:
    ticks = iter(range(10**6))
    with liar(lambda asked: Answered(200, {}, itertools.repeat(b"x"))) as server, pytest.raises(RegistryError, match="too slow") as said:
        list(registry(server.host, tmp_path, content=50, clock=lambda: next(ticks)).blob(DIGEST, 1 << 20))
    assert said.value.reason == "timeout"
    import threading

    stop = threading.Event()
    with liar(lambda asked: Answered(200, {}, (b"" for _ in iter(lambda: stop.wait(10), True)))) as server:
        with pytest.raises(RegistryError, match="too slow"):
            list(registry(server.host, tmp_path, silence=0.1).blob(DIGEST, 1 << 20))
        stop.set()


def test_an_ill_server_is_asked_again_later_and_later(tmp_path: Path) -> None:
    naps = Naps()
    with liar(in_turn(Answered(500), Answered(503), FINE)) as server:
        assert registry(server.host, tmp_path, naps).manifest().digest == DIGEST
    assert naps.taken == [0.75, 1.5]


def test_too_many_requests_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    naps = Naps()
    dates = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT"}
    with liar(in_turn(Answered(429, {"Retry-After": "7"}), FINE)) as server:
        registry(server.host, tmp_path, naps).manifest()
    assert naps.taken == [7]
    with liar(in_turn(Answered(429, {"Retry-After": "86400"}), FINE)) as server, pytest.raises(RegistryError, match="86400 seconds"):
        registry(server.host, tmp_path, naps).manifest()
    with liar(in_turn(Answered(429, {"Retry-After": "soon"}), Answered(429, dates), FINE)) as server:
        registry(server.host, tmp_path, naps).manifest()
    assert naps.taken[:2] == [7, 0.75]


@pytest.mark.parametrize("status", [500, 502, 429, 418, 302])
def test_a_server_that_stays_ill_is_told_with_its_status_and_none_of_its_words(tmp_path: Path, status: int) -> None:
    said = json.dumps({"errors": [{"code": "TOOMANYREQUESTS", "message": SECRET}]}).encode()
    with liar(lambda asked: Answered(status, {"Location": asked.path}, said)) as server, pytest.raises(RegistryError) as problem:
        registry(server.host, tmp_path).manifest()
    assert SECRET not in problem.value.message + problem.value.hint
    assert (str(status) in problem.value.message) == (status != 302)


def test_credentials_stay_behind_when_the_registry_redirects_to_another_host(tmp_path: Path) -> None:
    with liar(lambda asked: Answered(200, {}, BODY)) as store:

        def script(asked: Asked) -> Answered:
            if "Authorization" not in asked.headers:
                return BASIC
            return Answered(307, {"Location": f"http://{store.host}/signed?{SECRET}"})

        with liar(script) as server:
            assert b"".join(registry(server.host, tmp_path).blob(DIGEST, len(BODY))) == BODY
            assert len(server.seen("Authorization")) == 1
        assert [one.path for one in store.asked] == [f"/signed?{SECRET}"]
        assert store.seen("Authorization") == []


def test_a_challenge_of_another_host_is_not_met(tmp_path: Path) -> None:
    with (
        liar(lambda asked: BASIC) as store,
        liar(lambda asked: Answered(307, {"Location": f"http://{store.host}/{SECRET}"})) as server,
        pytest.raises(RegistryError, match="credentials") as said,
    ):
        list(registry(server.host, tmp_path).blob(DIGEST))
    assert store.seen("Authorization") == []
    assert SECRET not in said.value.message + said.value.hint


@pytest.mark.parametrize("there", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://user:pw@127.0.0.1/x", "http://[", "//"])
def test_a_redirection_to_where_no_registry_sends_is_refused(tmp_path: Path, there: str) -> None:
    with liar(lambda asked: Answered(302, {"Location": there})) as server, pytest.raises(RegistryError, match="redirects"):
        registry(server.host, tmp_path).manifest()


def test_https_does_not_lead_to_http() -> None:
    transport = Transport(["one.example"])
    assert not transport.may("http://two.example/x", from_url="https://one.example/x")
    assert not transport.may("http://two.example/x", from_url="http://two.example/x")
    assert transport.may("http://two.example/x", from_url="http://one.example/x")
    assert transport.may("https://two.example/x", from_url="https://one.example/x")


def token_service(token: str, grant: Callable[[Asked], bool]) -> Script:
    def script(asked: Asked) -> Answered:
        if asked.path.startswith("/v2/token"):
            return Answered(200, {}, json.dumps({"token": token}).encode()) if grant(asked) else Answered(401)
        if asked.headers.get("Authorization") == f"Bearer {token}":
            return FINE
        realm = f'Bearer realm="http://{asked.headers["Host"]}/v2/token",service="container_registry",scope="repository:shop/app:pull"'
        return Answered(401, {"WWW-Authenticate": realm})

    return script


def test_a_token_service_is_asked_with_basic_and_its_token_is_sent(tmp_path: Path) -> None:
    token = secrets.token_hex(20)
    with liar(token_service(token, lambda asked: "Authorization" in asked.headers)) as server:
        client = registry(server.host, tmp_path)
        assert client.manifest().digest == DIGEST
        assert client.manifest().digest == DIGEST
        asked = [one for one in server.asked if one.path.startswith("/v2/token")]
    assert len(asked) == 1
    wanted = {"service": ["container_registry"], "scope": ["repository:shop/app:pull"]}
    assert parse_qs(urlsplit(asked[0].path).query) == wanted
    assert asked[0].headers["Authorization"].startswith("Basic ")


def test_a_token_that_has_expired_is_replaced(tmp_path: Path) -> None:
    tokens = iter(["first", "second"])
    valid = ["first"]

    def script(asked: Asked) -> Answered:
        if asked.path.startswith("/v2/token"):
            return Answered(200, {}, json.dumps({"access_token": next(tokens)}).encode())
        if asked.headers.get("Authorization") == f"Bearer {valid[0]}":
            return FINE
        return Answered(401, {"WWW-Authenticate": f'Bearer realm="http://{asked.headers["Host"]}/v2/token"'})

    with liar(script) as server:
        client = registry(server.host, tmp_path)
        client.manifest()
        valid[0] = "second"
        assert client.manifest().digest == DIGEST


def test_an_identity_token_is_exchanged(tmp_path: Path) -> None:
    token = secrets.token_hex(20)
    with liar(token_service(token, lambda asked: parse_qs(asked.body.decode()).get("refresh_token") == [SECRET])) as server:
        client = registry(server.host, tmp_path)
        (tmp_path / "config.json").write_text(json.dumps({"auths": {server.host: {"identitytoken": SECRET}}}))
        assert client.manifest().digest == DIGEST
        assert server.seen("Authorization") == [f"Bearer {token}"]


@pytest.mark.parametrize("said", [
    Answered(401), Answered(200, {}, b"{"), Answered(200, {}, b"[]"), Answered(200, {}, b'{"token": 7}'), Answered(404),
    Answered(200, {}, b'{"token": "a\\nb"}'), Answered(200, {}, b"[" * 100_000),
])  # fmt: skip
def test_a_token_service_that_gives_none_is_told_in_a_sentence(tmp_path: Path, said: Answered) -> None:
    def script(asked: Asked) -> Answered:
        realm = f'Bearer realm="http://{asked.headers["Host"]}/v2/token"'
        return said if asked.path.startswith("/v2/token") else Answered(401, {"WWW-Authenticate": realm})

    with liar(script) as server, pytest.raises(RegistryError, match=r"credentials|token") as problem:
        registry(server.host, tmp_path).manifest()
    assert SECRET not in problem.value.message + problem.value.hint


def test_a_token_service_elsewhere_gets_no_credentials_without_a_verified_connection(tmp_path: Path) -> None:
    with liar(lambda asked: FINE) as service:
        realm = {"WWW-Authenticate": f'Bearer realm="http://{service.host}/token"'}
        with liar(lambda asked: Answered(401, realm)) as server, pytest.raises(RegistryError, match="token service"):
            registry(server.host, tmp_path).manifest()
        assert service.asked == []


@pytest.mark.parametrize(("header", "found"), [
    ("", []), ("=", []), ('Bearer realm="https://a/token",service="s"', [("bearer", {"realm": "https://a/token", "service": "s"})]),
    ('Basic realm="a, b"', [("basic", {"realm": "a, b"})]), ("basic", [("basic", {})]),
    ("Negotiate, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
    ('Bearer REALM="r" , Basic realm="b"', [("bearer", {"realm": "r"}), ("basic", {"realm": "b"})]),
])  # fmt: skip
def test_challenges_are_told_apart(header: str, found: list[tuple[str, dict[str, str]]]) -> None:
    assert challenges(header) == found


def test_referrers_are_read_from_the_api_page_by_page(tmp_path: Path) -> None:
    entry = {"mediaType": MANIFEST, "digest": DIGEST, "size": len(BODY), "artifactType": "application/x-test"}
    other = {**entry, "digest": digest_of(b"other"), "artifactType": "application/x-other"}
    page = lambda *entries: json.dumps({"schemaVersion": 2, "manifests": [7, {"digest": "x"}, *entries]}).encode()  # noqa: E731
    link = {"Link": '</v2/shop/app/referrers/next>; rel="next"'}
    script = in_turn(Answered(200, link, page(entry)), Answered(200, {}, page(entry, other)))
    with liar(script) as server:
        found = registry(server.host, tmp_path).referrers(DIGEST, "application/x-test")
        assert [one.path for one in server.asked] == [f"/v2/shop/app/referrers/{DIGEST}", "/v2/shop/app/referrers/next"]
    assert [one.digest for one in found] == [DIGEST]


def test_referrers_without_end_are_given_up(tmp_path: Path) -> None:
    said = Answered(200, {"Link": '</v2/shop/app/referrers/next>; rel="next"'}, b"{}")
    with liar(lambda asked: said) as server, pytest.raises(RegistryError, match="too many referrers"):
        registry(server.host, tmp_path).referrers(DIGEST)


def test_a_proxy_of_the_environment_is_used_but_not_for_who_is_excepted() -> None:
    def script(asked: Asked) -> Answered:
        return FINE if asked.path.startswith("http://registry.invalid/v2/") else Answered(404)

    with liar(script) as proxy:
        environ = {"http_proxy": f"http://user:{SECRET}@{proxy.host}"}
        reference = parse("docker://registry.invalid/shop/app:1")
        patience = Patience(attempts=1, sleep=Naps())
        assert Registry(reference, None, Transport(["registry.invalid"], patience, environ)).manifest().digest == DIGEST
        assert proxy.asked[-1].path == "http://registry.invalid/v2/shop/app/manifests/1"
        assert set(proxy.seen("Proxy-Authorization")) == {"Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode()}
        count = len(proxy.asked)
        excepted = {**environ, "no_proxy": ".invalid"}
        with pytest.raises(RegistryError, match="no registry") as said:
            Registry(reference, None, Transport(["registry.invalid"], patience, excepted)).manifest()
        with liar(lambda asked: FINE) as server:  # this machine needs no proxy
            Registry(parse(f"docker://{server.host}/app"), None, Transport([server.host], patience, environ)).manifest()
        assert len(proxy.asked) == count
    assert SECRET not in repr(said.value)


@given(st.text(st.sampled_from('Basic bearer="x,\\ \t=_;'), max_size=60))
def test_no_challenge_is_too_strange(header: str) -> None:
    assert all(scheme and all(parameters) for scheme, parameters in challenges(header))


def test_no_host_and_no_server_are_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LeaksealError) as said:
        registry("no-such-host.invalid", tmp_path, insecure=("other.example",)).manifest()
    assert "no-such-host.invalid" in said.value.message
    with liar(lambda asked: FINE) as server:
        host = server.host
    with pytest.raises(RegistryError, match="there is no registry"):
        registry(host, tmp_path).manifest()
