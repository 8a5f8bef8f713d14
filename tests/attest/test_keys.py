"""Keys are made once, kept to their owner, and refused with a sentence that tells what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scanner.attest.keys import generate, load_private, load_public
from scanner.errors import UsageError


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    before = (tmp_path / "a.key").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        generate(tmp_path / "a.key", tmp_path / "b.pub", None)
    with pytest.raises(UsageError, match="is there already"):
        generate(tmp_path / "b.key", tmp_path / "a.pub", None)
    assert (tmp_path / "a.key").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.key", "a.pub"]


@pytest.mark.parametrize(
    ("made_with", "opened_with", "sentence"),
    [(b"one", None, "has a passphrase, and none was given"), (None, b"one", "has no passphrase, and one was given"),
     (b"one", b"two", "cannot be opened")],
    ids=["none given", "one too many", "a wrong one"],
)  # fmt: skip
def test_a_passphrase_that_does_not_fit_is_told(tmp_path: Path, made_with: bytes | None, opened_with: bytes | None, sentence: str) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", made_with)
    with pytest.raises(UsageError, match=sentence):
        load_private(tmp_path / "a.key", opened_with)


def test_a_key_that_others_can_read_does_not_sign(tmp_path: Path) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    (tmp_path / "a.key").chmod(0o640)
    with pytest.raises(UsageError, match="can be read by others"):
        load_private(tmp_path / "a.key", None)


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    with pytest.raises(UsageError, match="is a private key where a public one belongs"):
        load_public(tmp_path / "a.key")


@pytest.mark.parametrize("algorithm", ["ED25519", "RSA", "EC -pkeyopt ec_paramgen_curve:P-384"])
def test_a_key_of_another_kind_is_refused(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "other.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", *algorithm.split(), "-out", str(path)], check=True, capture_output=True)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="is not an ECDSA key on P-256"):
        load_private(path, None)


BROKEN = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize("data", [b"", b"x", BROKEN], ids=["empty", "no PEM", "no key"])
def test_what_is_no_key_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pub").write_bytes(data)
    with pytest.raises(UsageError, match="is not a public key in PEM"):
        load_public(tmp_path / "a.pub")
