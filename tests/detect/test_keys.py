"""Private keys in all their wrappings."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

import pytest

from scanner.rulepack.structured import STRUCTURED
from tests.detect.parsing import ROW, read


def grown(name: str, argument: str = "", seed: int = 7) -> str:
    return STRUCTURED[name](random.Random(seed), argument)


@pytest.mark.parametrize(
    ("rule", "name", "argument"),
    [
        ("private-key-pem", "pem", "PUBLIC KEY"),
        ("private-key-pem", "pem", "CERTIFICATE"),
        ("private-key-pem", "pem", "ENCRYPTED PRIVATE KEY"),
        ("private-key-pem", "pem", "RSA PRIVATE KEY,encrypted"),
        ("private-key-pem", "openssh-key", "encrypted"),
        ("private-key-pem", "pgp-key", "encrypted"),
        ("private-key-putty", "ppk", "encrypted"),
        ("private-key-jwk", "jwk", "public"),
        ("private-key-base64", "pem-b64", "CERTIFICATE"),
        ("private-key-base64", "pem-b64", "ENCRYPTED PRIVATE KEY"),
        ("private-key-base64", "pem-b64", "RSA PRIVATE KEY,encrypted"),
    ],
)
def test_public_and_encrypted_keys_stay_quiet(rule: str, name: str, argument: str) -> None:
    assert read(rule, grown(name, argument)) is None


BEGIN, END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        f'if text.startswith("{BEGIN}"):',
        f"{BEGIN}\n...\n{END}\n",
        f"{BEGIN}\nMIIEpAIBAAKCAQEA...\n{END}\n",
        f"{BEGIN}\n<your key here>\n{END}\n",
        f"{BEGIN}\n{'QUJD' * 80}\n{END}\n",
        f"{BEGIN}\n{{{{ .Values.key }}}}\n{END}\n",
        BEGIN,
    ],
    ids=lambda _: ROW,
)
def test_a_header_without_a_key_stays_quiet(text: str) -> None:
    assert read("private-key-pem", text) is None


def body(block: str) -> bytes:
    return base64.b64decode("".join(line for line in block.splitlines() if ":" not in line and "-----" not in line))


@pytest.mark.parametrize("label", ["RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "PRIVATE KEY"])
@pytest.mark.parametrize(
    "wrap",
    [
        str,
        lambda block: block.replace("\n", "\r\n"),
        lambda block: block.replace("\n", "\\n"),
        lambda block: json.dumps({"key": block}),
        lambda block: json.dumps(json.dumps({"key": block})),
        lambda block: json.dumps({"key": block}).replace("/", "\\/"),
        lambda block: "key: |\n" + "".join(f"    {line}\n" for line in block.splitlines()),
        lambda block: "key = (\n" + "".join(f'    "{line}\\n"\n' for line in block.splitlines()) + ")",
        lambda block: " +\n".join(f'  "{line}\\n"' for line in block.splitlines()) + ";",
        lambda block: "".join(f"# {line}\n" for line in block.splitlines()),
        lambda block: "".join(f"// {line}\n" for line in block.splitlines()),
        lambda block: "".join(f"+{line}\n" for line in block.splitlines()),
        lambda block: "".join(f"> {line}\n" for line in block.splitlines()),
        lambda block: block.replace("\n", " "),
        lambda block: block.replace("\n", "&#10;"),
    ],
    ids=lambda _: ROW,
)
def test_a_key_is_found_and_is_the_same_key_however_it_is_wrapped(label: str, wrap: Callable[[str], str]) -> None:
    block = grown("pem", label)
    found = read("private-key-pem", "x\n" + wrap(block) + "\ny")
    assert found is not None
    assert found.value == body(block)
    assert dict(found.parts) == {"type": label.removesuffix("PRIVATE KEY").strip() or "PKCS8"}


def test_the_secret_spans_the_body_and_the_finding_the_block() -> None:
    block = grown("pem", "RSA PRIVATE KEY").strip()
    found = read("private-key-pem", block)
    assert found is not None
    assert found.span is not None
    assert block[found.secret.start : found.secret.end] == "\n".join(block.split("\n")[1:-1])
    assert block[found.span.start : found.span.end] == block


def test_a_key_that_is_cut_short_is_found() -> None:
    found = read("private-key-pem", grown("pem-cut", "RSA PRIVATE KEY"))
    assert found is not None
    assert len(found.value) > 200


@pytest.mark.parametrize(
    ("rule", "name", "argument", "parts"),
    [
        ("private-key-pem", "openssh-key", "", {"type": "OPENSSH", "algorithm": "ssh-ed25519"}),
        ("private-key-pem", "pgp-key", "", {"type": "PGP"}),
        ("private-key-putty", "ppk", "", {"type": "PuTTY", "algorithm": "ssh-rsa"}),
        ("private-key-jwk", "jwk", "", {"type": "JWK EC"}),
        ("private-key-base64", "pem-b64", "RSA PRIVATE KEY", {"type": "RSA"}),
        ("private-key-base64", "pem-b64", "PRIVATE KEY", {"type": "PKCS8"}),
        ("private-key-base64", "pem-b64", "EC PRIVATE KEY", {"type": "EC"}),
    ],
)
def test_other_forms_of_keys_are_found(rule: str, name: str, argument: str, parts: dict[str, str]) -> None:
    found = read(rule, grown(name, argument))
    assert found is not None
    assert dict(found.parts) == parts


def test_base64_of_a_key_is_the_same_key_as_the_key() -> None:
    plain, wrapped = read("private-key-pem", grown("pem", "PRIVATE KEY")), grown("pem-b64", "PRIVATE KEY")
    lines = "\n".join("    " + wrapped[i : i + 76] for i in range(0, len(wrapped), 76))
    found = read("private-key-base64", "key: |\n" + lines)
    assert plain is not None
    assert found is not None
    assert found.value == plain.value
