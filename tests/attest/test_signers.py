"""Keys that stay where they are: on a token by PKCS #11 (SoftHSM stands for one), and behind a URI."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.attest import signers
from scanner.attest.envelope import envelope, sign
from scanner.attest.judges import Expected
from scanner.attest.keys import PrivateKey, generate, load_public
from scanner.attest.policy import Policy, Trust, Trusted
from scanner.attest.statement import draft, statement
from scanner.attest.verify import verify
from scanner.cli import main
from scanner.errors import LeaksealError, UsageError
from tests.attest.conftest import NOW, evidence

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so")
PIN, URI = b"4711", "hsm:7?label=release"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token with a key on it, made there; the folder for its public key."""
    library = next((name for name in LIBRARIES if Path(name).exists()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        pytest.skip("needs softhsm2")
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"], os.environ["PYKCS11LIB"] = str(folder / "softhsm2.conf"), library
    words = ["softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", PIN.decode(), "--so-pin", "0815"]
    subprocess.run(words, check=True, capture_output=True)
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    with pkcs11.lib(library).get_token(token_label="release").open(user_pin=PIN.decode(), rw=True) as session:
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        curve.generate_keypair(store=True, id=b"\7", label="scanner")
    return folder


def test_a_key_on_a_token_signs_what_everybody_verifies(token: Path, policy: Policy) -> None:
    made = signers.export(URI, token / "token.pub", PIN)
    assert load_public(token / "token.pub").id == made.id
    key = signers.load(URI, str(token / "token.pub"), PIN)
    signed = sign(statement(draft(evidence(policy)), NOW, NOW, "0" * 32), key.public.id, key.sign)
    expected = Expected(policy=policy, trust=Trust((Trusted(made, ("scanner",)),)), now=NOW)
    assert verify(envelope(signed), expected).exit_code == 0


@pytest.mark.parametrize(("uri", "pin"), [(URI, b"0000"), (URI, None), ("hsm:8?label=release", PIN), ("hsm:7?label=other", PIN)])
def test_a_wrong_pin_key_or_token_is_told_without_the_pin(
    token: Path, keys: Callable[[str], PrivateKey], tmp_path: Path, uri: str, pin: bytes | None
) -> None:
    public = generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    assert public.id
    with pytest.raises(UsageError) as told:
        signers.load(uri, str(tmp_path / "a.pub"), pin).sign(b"data")
    assert PIN.decode() not in str(told.value)
    assert "0000" not in str(told.value)


def test_the_public_key_must_be_the_one_of_the_key_that_signs(token: Path, tmp_path: Path) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    with pytest.raises(LeaksealError, match="not the one that --public names"):
        signers.load(URI, str(tmp_path / "a.pub"), PIN).sign(b"data")


def test_keygen_writes_the_public_key_of_a_token(
    token: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAKSEAL_PASSPHRASE", PIN.decode())
    assert main(["keygen", str(tmp_path / "scanner"), "--public-of", URI]) == 0
    assert load_public(tmp_path / "scanner.pub").id in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["scanner.pub"]
    with pytest.raises(UsageError, match="is there already"):
        signers.export(URI, tmp_path / "scanner.pub", PIN)
    with pytest.raises(UsageError, match="only a token's public key can be read"):
        signers.export("gcpkms:projects/x", tmp_path / "other.pub", PIN)


def test_a_key_file_behind_a_uri_signs_the_same_way(tmp_path: Path) -> None:
    public = generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    key = signers.load(f"file2:{tmp_path / 'a.key'}", str(tmp_path / "a.pub"), None)
    assert key.public.id == public.id
    assert public.verifies(key.sign(b"data"), b"data")


@pytest.mark.parametrize("uri", ["gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k", "file2:/nowhere/a.key", "hsm:x"])
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, uri: str) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    with pytest.raises(UsageError, match="the key cannot be used"):
        signers.load(uri, str(tmp_path / "a.pub"), None).sign(b"data")


def test_a_uri_needs_a_public_key_and_a_file_has_its_own(tmp_path: Path) -> None:
    generate(tmp_path / "a.key", tmp_path / "a.pub", None)
    with pytest.raises(UsageError, match="needs its public key"):
        signers.load(URI, None, None)
    with pytest.raises(UsageError, match="--public goes with a key that is named by a URI"):
        signers.load(str(tmp_path / "a.key"), str(tmp_path / "a.pub"), None)
