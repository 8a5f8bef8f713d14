"""Keystores as keytool and OpenSSL write them: a key that a well-known password opens is handed on, and nothing else is."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode import ciphers, der, keystores
from tests.decode.conftest import need
from tests.decode.documents import seen, unbroken


@cache
def keytool(kind: str, password: str, *more: str) -> bytes:
    need("keytool")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        words = ["keytool", *(more or GENERATE), "-alias", "Mine", "-keystore", str(path), "-storetype", kind]
        subprocess.run([*words, "-storepass", password, "-keypass", password], check=True, capture_output=True)
        return path.read_bytes()


GENERATE = ("-genkeypair", "-keyalg", "EC", "-dname", "CN=made.up.example")


@cache
def openssl(password: str, *options: str) -> bytes:
    need("openssl")
    with TemporaryDirectory() as folder:
        key, cert, out = (Path(folder) / name for name in ("key", "cert", "out"))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=made.up.example"]
        subprocess.run(["openssl", "req", "-x509", *curve, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
        export = ["openssl", "pkcs12", "-export", "-inkey", str(key), "-in", str(cert), "-name", "Mine", "-passout", f"pass:{password}"]
        subprocess.run([*export, "-out", str(out), *options], check=True, capture_output=True)
        return out.read_bytes()


def keys(data: bytes) -> list[str | None]:
    """The names of the keys that were handed on, each of which OpenSSL can read."""
    names = []
    for chunk in seen(data).chunks:
        subprocess.run(["openssl", "pkey", "-noout"], input=bytes(chunk.data), check=True, capture_output=True)  # type: ignore[arg-type]
        names.append(chunk.at.inside.member)
    return names


STRONG = "made up for a test, and not well known"


@pytest.mark.parametrize("kind", ["JKS", "JCEKS", "PKCS12"])
def test_a_keystore_under_a_good_password_says_nothing(kind: str) -> None:
    found = seen(keytool(kind, STRONG))
    assert (found.chunks, found.gaps) == ([], [])


@pytest.mark.parametrize("kind", ["JKS", "JCEKS", "PKCS12"])
@pytest.mark.parametrize("password", ["changeit", "android", "123456"])
def test_a_key_of_keytool_under_a_well_known_password_is_handed_on(kind: str, password: str) -> None:
    data = keytool(kind, password)
    assert [name and name.lower() for name in keys(data)] == ["mine.pem"]
    assert seen(data).gaps == []


OPTIONS = [(), ("-legacy",), ("-certpbe", "NONE"), ("-keypbe", "NONE"), ("-nomac",), ("-keypbe", "PBE-SHA1-3DES")]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("password", ["", "notasecret"])
def test_a_key_of_openssl_under_a_well_known_password_is_handed_on(password: str, options: tuple[str, ...]) -> None:
    assert keys(openssl(password, *options)) == ["Mine.pem"]


def test_a_key_under_no_password_is_handed_on_whatever_guards_the_rest() -> None:
    assert seen(openssl(STRONG)).chunks == []
    assert keys(openssl(STRONG, "-keypbe", "NONE", "-certpbe", "NONE")) == ["Mine.pem"]


def test_certificates_alone_say_nothing() -> None:
    data = keytool("PKCS12", "changeit")
    assert all("cert" not in (chunk.at.inside.member or "") for chunk in seen(data).chunks)
    assert seen(openssl(STRONG, "-nokeys")).chunks == seen(openssl("changeit", "-nokeys")).chunks == []


def test_a_secret_key_is_handed_on() -> None:
    found = seen(keytool("PKCS12", "changeit", "-genseckey", "-keyalg", "AES", "-keysize", "256"))
    assert b"secret_key: " in b"".join(bytes(chunk.data) for chunk in found.chunks)  # type: ignore[arg-type]
    assert ("unsupported-format", "mine") in seen(keytool("JCEKS", "changeit", "-genseckey", "-keyalg", "AES", "-keysize", "256")).gaps


def test_a_password_that_is_stretched_absurdly_often_is_a_gap() -> None:
    data = openssl("changeit", "-iter", "2048", "-certpbe", "NONE")
    rounds = b"\x02\x02\x08\x00"
    assert data.count(rounds) >= 1
    count = ciphers.ROUNDS_MOST
    assert count > 1_000_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ciphers, "ROUNDS_MOST", 2000)
        assert seen(data).gaps == [("timeout", None)]


def test_the_password_is_turned_into_keys_as_pkcs12_says() -> None:
    """Against the library's own reading of the file that OpenSSL has written, which the tests above read."""
    key = ciphers.pkcs12_key(1, "smeg", bytes.fromhex("0a58cf64530d823f"), 1, 24)
    assert key.hex() == "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"


def test_oids_are_written_as_they_should_be() -> None:
    assert der.oid("1.2.840.113549.1.7.1").hex() == "2a864886f70d010701"


@given(st.binary(max_size=80))
def test_no_bytes_make_der_fail_in_another_way(data: bytes) -> None:
    try:
        for node in der.nodes(data):
            assert len(node.data) <= len(data)
            node.octets  # noqa: B018 it must not fail in another way
    except der.Broken:
        pass


@settings(max_examples=30)
@given(st.sampled_from(["JKS", "JCEKS", "PKCS12"]), st.integers(0, 1 << 30), st.integers(1, 20), st.sampled_from([0, 0, 1, 100]))
def test_no_damage_makes_it_fail(kind: str, seed: int, flips: int, cut: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ciphers, "ROUNDS_MOST", 20_000)
        patch.setattr(keystores, "PASSWORDS", ("changeit",))
        unbroken(keytool(kind, "changeit"), seed, flips, cut)
