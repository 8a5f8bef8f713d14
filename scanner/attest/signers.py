"""Keys that sign without leaving where they are: a token, or a key service, by securesystemslib's URIs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from scanner.attest.keys import PublicKey, load_private, load_public, write_public
from scanner.errors import LeaksealError, UsageError

if TYPE_CHECKING:
    from securesystemslib.signer import Key

SCHEMES = ("awskms", "azurekms", "file2", "gcpkms", "hsm", "hv")
T = TypeVar("T")
_LACKING = "run `pip install 'leakseal[kms]'`; key services need more of securesystemslib, such as `securesystemslib[gcpkms]`"


class Signer(Protocol):
    """What signs an assertion."""

    @property
    def public(self) -> PublicKey: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Remote:
    """A key that is somewhere else."""

    public: PublicKey
    _sign: Callable[[bytes], Any] = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """An ECDSA signature, ASN.1 DER, over the SHA-256 of the data; raises LeaksealError unless the public key verifies it."""
        signature = bytes.fromhex(_careful(lambda: self._sign(data).signature))
        if not self.public.verifies(signature, data):
            raise LeaksealError("the key that signed is not the one that --public names", hint="export its public key again")
        return signature


def is_uri(key: str) -> bool:
    """Whether it names a key by a URI, and not by a file."""
    return key.partition(":")[0] in SCHEMES and ":" in key


def load(key: str, public: str | None, passphrase: bytes | None) -> Signer:
    """The key in a PEM file, or the one that a URI stands for, whose public key is in the file `public`; raises UsageError."""
    if not is_uri(key):
        if public:
            raise UsageError("--public goes with a key that is named by a URI", hint="leave it out: the key's file has both")
        return load_private(Path(key), passphrase)
    if public is None:
        raise UsageError("a key that is named by a URI needs its public key", hint="add --public FILE.pub")
    known = load_public(Path(public))
    return Remote(known, _careful(lambda: _of(key, _known(known), passphrase)))


def export(uri: str, path: Path, passphrase: bytes | None) -> PublicKey:
    """Write the public key of a key on a token (`hsm:ID?label=TOKEN`) to a file; raises UsageError."""
    if not uri.startswith("hsm:"):
        hint = "a key service gives it by its own command, such as `gcloud kms keys versions get-public-key`"
        raise UsageError("only a token's public key can be read", hint=hint)
    return write_public(path, _careful(lambda: _imported(uri, passphrase)))


def _imported(uri: str, passphrase: bytes | None) -> bytes:
    from urllib.parse import parse_qs, urlparse

    from securesystemslib.signer import HSMSigner

    said = urlparse(uri)
    label = parse_qs(said.query).get("label", [None])[0]
    _, key = HSMSigner.import_(int(said.path) if said.path else None, label, _handler(passphrase))
    return str(key.keyval["public"]).encode()


def _of(uri: str, public: Key, passphrase: bytes | None) -> Callable[[bytes], Any]:
    from securesystemslib.signer import Signer as Theirs

    return Theirs.from_priv_key_uri(uri, public, _handler(passphrase)).sign


def _known(public: PublicKey) -> Key:
    try:
        from securesystemslib.signer import SSlibKey
    except ModuleNotFoundError:
        raise UsageError("keys by URI need the package securesystemslib", hint=_LACKING) from None
    return SSlibKey.from_crypto(public.key, keyid=public.id, scheme="ecdsa-sha2-nistp256")


def _handler(passphrase: bytes | None) -> Callable[[str], str]:
    """Asked for a PIN or a passphrase, answers with the one of the environment."""
    return lambda wanted: (passphrase or b"").decode("utf-8", "surrogateescape")


def _careful(ask: Callable[[], T]) -> T:
    """What is asked of a library: its own words may quote a PIN or an address, so only their kind is told."""
    try:
        return ask()
    except LeaksealError:
        raise
    except Exception as problem:
        name = type(problem).__name__
        lacking = name == "UnsupportedLibraryError" or isinstance(problem, ModuleNotFoundError)
        hint = _LACKING if lacking else "check the URI, --public, LEAKSEAL_PASSPHRASE, and for a token PYKCS11LIB"
        raise UsageError(f"the key cannot be used: {name}", hint=hint) from None
