"""Signing keys: ECDSA on P-256, as PEM files that every other program reads too.

Ed25519 is avoided: cosign takes such keys for Ed25519ph, and its signatures would not verify elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

_FILE_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies, and its id."""

    id: str  # as `ssh-keygen -lf` prints it: any other form is skipped by the DSSE library of Go
    key: EllipticCurvePublicKey = field(repr=False)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made that signature (ASN.1 DER) over the SHA-256 of the data."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

        try:
            self.key.verify(signature, data, ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    def verifies_digest(self, signature: bytes, sha256: bytes) -> bool:
        """The same where only the SHA-256 of the data is at hand."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

        try:
            self.key.verify(signature, sha256, ECDSA(Prehashed(hashes.SHA256())))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs."""

    public: PublicKey
    key: EllipticCurvePrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """An ECDSA signature, ASN.1 DER, over the SHA-256 of the data."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

        return self.key.sign(data, ECDSA(hashes.SHA256()))


def generate(private: Path, public: Path, passphrase: bytes | None) -> PublicKey:
    """Make a pair of files: PKCS #8, readable by its owner alone, and SubjectPublicKeyInfo; raises UsageError if one is there."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    _create(private, key.private_bytes(pem, pkcs8, locked), 0o600)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    try:
        _create(public, key.public_key().public_bytes(pem, spki), 0o644)
    except UsageError:
        private.unlink()
        raise
    return PublicKey(keyid(key.public_key()), key.public_key())


def write_public(path: Path, pem: bytes) -> PublicKey:
    """A public key from elsewhere as a file of ours; raises UsageError if one is there, or for another kind of key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    found = parse_public(pem, "the public key")
    _create(path, found.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return found


def load_private(path: Path, passphrase: bytes | None) -> PrivateKey:
    """The key in a PEM file; raises UsageError, with nothing of the file in it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data, mode = _bytes(path, "signing key")
    if mode & 0o077:
        raise UsageError(f"the signing key {path} can be read by others", hint=f"run `chmod 600 {path}`")
    try:
        key = load_pem_private_key(data, passphrase)
    except TypeError:
        missing = "has a passphrase, and none was given" if passphrase is None else "has no passphrase, and one was given"
        raise UsageError(f"the signing key {path} {missing}", hint="set LEAKSEAL_PASSPHRASE for this key, or take it away") from None
    except (ValueError, UnsupportedAlgorithm):
        hint = "check the passphrase, or make a key with `leakseal keygen`"
        raise UsageError(f"the signing key {path} cannot be opened", hint=hint) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(f"the signing key {path} is not an ECDSA key on P-256", hint="make one with `leakseal keygen`")
    public = key.public_key()
    return PrivateKey(PublicKey(keyid(public), public), key)


def load_public(path: Path) -> PublicKey:
    """The key in a PEM file (`PUBLIC KEY`); raises UsageError."""
    data, _ = _bytes(path, "public key")
    if b"PRIVATE KEY" in data:
        raise UsageError(f"{path} is a private key where a public one belongs", hint="name the .pub file, and keep this one to yourself")
    return parse_public(data, str(path))


def parse_public(data: bytes, shown: str) -> PublicKey:
    """The key in PEM text; raises UsageError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{shown} is not a public key in PEM", hint="`leakseal keygen` writes one beside each signing key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(f"{shown} is not an ECDSA key on P-256", hint="make a pair with `leakseal keygen`")
    return PublicKey(keyid(key), key)


def keyid(key: EllipticCurvePublicKey) -> str:
    """`SHA256:` and the unpadded base64 of the digest over the key as OpenSSH writes it (RFC 4253, 6.6; RFC 5656, 3.1)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    wire = base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(wire).digest()).decode().rstrip("=")


def _bytes(path: Path, what: str) -> tuple[bytes, int]:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            return file.read(_FILE_MOST), os.fstat(file.fileno()).st_mode
    except OSError as problem:
        hint = "name a PEM file; `leakseal keygen` makes one"
        raise UsageError(f"the {what} {path} cannot be read: {problem.strerror}", hint=hint) from None


def _create(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    except FileExistsError:
        raise UsageError(f"{path} is there already", hint="choose another name; a key is never overwritten") from None
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
