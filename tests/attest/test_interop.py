"""Programs that we did not write verify what we sign, and refuse what was altered."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from scanner.attest.envelope import PAYLOAD_TYPE, bundle, encoding, envelope, read, sign
from scanner.attest.keys import PrivateKey, generate, load_private
from scanner.attest.timestamp import ask
from scanner.canon import canonical
from tests.attest import tsa
from tests.attest.sigstore import Sigstore, now

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Signed:
    """The files of one assertion, and the pair of keys."""

    folder: Path
    key: PrivateKey
    payload: bytes

    @property
    def public(self) -> Path:
        return self.folder / "scanner.pub"

    def altered(self, name: str) -> Path:
        """The same file, with another payload under the same signature."""
        found = json.loads((self.folder / name).read_bytes())
        inner = found.get("dsseEnvelope", found)
        inner["payload"] = base64.b64encode(self.payload.replace(b"PASSED", b"FAILED")).decode()
        path = self.folder / f"altered-{name}"
        path.write_text(json.dumps(found))
        return path


@pytest.fixture
def signed(tmp_path: Path, said: dict[str, Any]) -> Signed:
    """The honest statement, signed by a key with a passphrase."""
    generate(tmp_path / "scanner.key", tmp_path / "scanner.pub", b"open sesame")
    key = load_private(tmp_path / "scanner.key", b"open sesame")
    made = sign(canonical(said), key.public.id, key.sign)
    (tmp_path / "x.intoto.json").write_bytes(envelope(made))
    (tmp_path / "x.sigstore.json").write_bytes(bundle(made))
    return Signed(tmp_path, key, made.payload)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}")
    return found


def test_openssl_verifies_the_signature_over_the_encoding(signed: Signed) -> None:
    found = json.loads((signed.folder / "x.intoto.json").read_bytes())
    (signed.folder / "sig").write_bytes(base64.b64decode(found["signatures"][0]["sig"]))
    for payload, code in ((signed.payload, 0), (signed.payload + b" ", 1)):
        words = [_tool("openssl"), "dgst", "-sha256", "-verify", str(signed.public), "-signature", str(signed.folder / "sig")]
        done = subprocess.run(words, input=encoding(PAYLOAD_TYPE, payload), capture_output=True, check=False)
        assert done.returncode == code


def test_openssl_opens_the_key_with_its_passphrase_and_finds_the_curve(signed: Signed) -> None:
    words = [_tool("openssl"), "pkey", "-in", str(signed.folder / "scanner.key"), "-passin", "pass:open sesame", "-noout", "-text"]
    assert b"prime256v1" in subprocess.run(words, capture_output=True, check=True).stdout
    assert (signed.folder / "scanner.key").stat().st_mode & 0o777 == 0o600


def test_the_id_of_a_key_is_what_ssh_keygen_prints(signed: Signed) -> None:
    tool = _tool("ssh-keygen")
    line = subprocess.run([tool, "-i", "-m", "PKCS8", "-f", str(signed.public)], capture_output=True, check=True).stdout
    (signed.folder / "line").write_bytes(line)
    said = subprocess.run([tool, "-lf", str(signed.folder / "line")], capture_output=True, check=True, text=True).stdout
    assert said.split()[1] == signed.key.public.id


def test_securesystemslib_verifies_the_envelope(signed: Signed) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(signed.key.public.key, keyid=signed.key.public.id)
    for name, fine in ((signed.folder / "x.intoto.json", True), (signed.altered("x.intoto.json"), False)):
        found = json.loads(name.read_bytes())
        for one in found["signatures"]:  # it wants hexadecimal in its own signatures, base64 in envelopes
            assert base64.b64decode(one["sig"])
        opened = Envelope.from_dict(found)
        if fine:
            assert signed.key.public.id in opened.verify([key], 1)
        else:
            with pytest.raises(VerificationError):
                opened.verify([key], 1)


def test_in_toto_attestation_reads_the_statement(signed: Signed) -> None:
    from google.protobuf.json_format import ParseDict
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    found = ParseDict(json.loads(signed.payload), Message())
    Statement.copy_from_pb(found).validate()
    assert found.predicate["result"] == "PASSED"


@pytest.fixture(scope="session")
def sigstore_js(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """`verify.mjs` with @sigstore/verify beside it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("needs npm and node")
    folder = tmp_path_factory.mktemp("js")
    for name in ("package.json", "verify.mjs"):
        shutil.copy(HERE / name, folder / name)
    words = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("needs npm's packages @sigstore/verify and @sigstore/bundle, which could not be installed")
    yield lambda *words: subprocess.run(
        ["node", str(folder / "verify.mjs"), *map(str, words)], capture_output=True, check=False, text=True
    )


def test_sigstore_js_verifies_the_bundle(signed: Signed, sigstore_js: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = sigstore_js(signed.folder / "x.sigstore.json", signed.public)
    assert (done.returncode, done.stdout.strip()) == (0, PAYLOAD_TYPE), done.stderr
    refused = sigstore_js(signed.altered("x.sigstore.json"), signed.public)
    assert refused.returncode == 1
    assert "signature" in refused.stderr.lower()


def test_sigstore_js_believes_the_time_stamp(signed: Signed, sigstore_js: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    _tool("openssl")
    honest, other = tsa.made(signed.folder / "tsa"), tsa.made(signed.folder / "other")
    plain = read((signed.folder / "x.sigstore.json").read_bytes())
    with honest.serving() as url:
        stamped = replace(plain, timestamps=(ask(url, plain.signatures[0].sig),))
    (signed.folder / "stamped.sigstore.json").write_bytes(bundle(stamped))
    for authority, fine in ((honest, True), (other, False)):
        (signed.folder / "root.json").write_bytes(authority.trusted_root)
        done = sigstore_js(signed.folder / "stamped.sigstore.json", signed.public, signed.folder / "root.json")
        assert (done.returncode == 0) is fine, done.stderr
    assert sigstore_js(signed.folder / "x.sigstore.json", signed.public, signed.folder / "root.json").returncode == 1


def test_sigstore_js_believes_what_an_identity_signed(
    signed: Signed, sigstore_js: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    who, issuer = "https://forge.example/shop/app/release.yml@refs/tags/v1", "https://forge.example/oidc"
    made = Sigstore(now())
    (signed.folder / "root.json").write_bytes(made.trusted_root)
    (signed.folder / "who.sigstore.json").write_bytes(made.bundle(signed.payload, who, issuer))
    for name, code in ((who, 0), (who + "2", 1)):
        done = sigstore_js(signed.folder / "who.sigstore.json", "-", signed.folder / "root.json", name, issuer)
        assert done.returncode == code, done.stderr
