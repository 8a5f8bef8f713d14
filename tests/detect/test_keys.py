"""Private keys in all their wrappings."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

import pytest

from scanner.detect.der import algorithm
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
        ("private-key-ssh2", "ssh2-key", "encrypted"),
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
    kind = label.removesuffix("PRIVATE KEY").strip()
    assert dict(found.parts) == ({"type": kind} if kind else {"type": "PKCS8", "algorithm": "RSA"})


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
        ("private-key-ssh2", "ssh2-key", "", {"type": "SSH2", "algorithm": "RSA"}),
        ("private-key-jwk", "jwk", "", {"type": "JWK EC"}),
        ("private-key-base64", "pem-b64", "RSA PRIVATE KEY", {"type": "RSA"}),
        ("private-key-base64", "pem-b64", "PRIVATE KEY", {"type": "PKCS8", "algorithm": "RSA"}),
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


@pytest.mark.parametrize("wrap", [
    str,
    lambda block: block.replace("\n", "\r\n"),
    lambda block: json.dumps({"key": block}),
    lambda block: "key: |\n" + "".join(f"    {line}\n" for line in block.splitlines()),
], ids=lambda _: ROW)  # fmt: skip
@pytest.mark.parametrize(("rule", "name"), [("private-key-putty", "ppk"), ("private-key-ssh2", "ssh2-key")])
def test_other_files_are_read_through_their_wrapping(rule: str, name: str, wrap: Callable[[str], str]) -> None:
    plain, wrapped = read(rule, grown(name)), read(rule, wrap(grown(name)))
    assert plain is not None
    assert wrapped is not None
    assert wrapped.value == plain.value
    assert read(rule, wrap(grown(name, "encrypted"))) is None


def test_a_key_file_of_many_lines_that_never_ends_takes_no_time() -> None:
    head = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 99\n"
    assert read("private-key-putty", head + "AAAA+\n\n\n+  \n" * 1000) is None
    assert read("private-key-ssh2", "---- BEGIN SSH2 ENCRYPTED " + "PRIVATE KEY ----\n" + "AAAA\n" * 3000) is None


@pytest.mark.parametrize(("oid", "name"), [
    ("06032b6570", "Ed25519"), ("06032b656e", "X25519"), ("06072a8648ce3d0201", "EC"), ("06022a03", None),
])  # fmt: skip
def test_a_pkcs8_key_names_its_algorithm(oid: str, name: str | None) -> None:
    inner = bytes.fromhex(oid)
    parts = b"\2\1\0" + bytes([0x30, len(inner)]) + inner + b"\4\x22\4\x20" + bytes(range(32))
    assert algorithm(bytes([0x30, len(parts)]) + parts) == name


@pytest.mark.parametrize("data", [
    b"", b"0", b"0\0", b"0\3\2\1\0", b"0\5\2\1\0\x30\0", b"0\x84\xff\xff\xff\xff\2\1\0\x30\x84\xff\xff\xff\xff\6",
])  # fmt: skip
def test_what_is_no_pkcs8_names_none(data: bytes) -> None:
    assert algorithm(data) is None
