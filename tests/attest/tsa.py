"""A time-stamp authority on loopback: `openssl ts` behind a small server, with certificates that are made here."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """\
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
Alter = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Tsa:
    """A folder with the authority's key and certificates: `ca.pem` is what others trust."""

    folder: Path

    @property
    def trusted(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def trusted_root(self) -> bytes:
        """The same as Sigstore's clients read it."""
        certificates = [x509.load_pem_x509_certificate((self.folder / name).read_bytes()) for name in ("tsa.pem", "ca.pem")]
        chain = [{"rawBytes": base64.b64encode(one.public_bytes(Encoding.DER)).decode()} for one in certificates]
        authority = {
            "subject": {"organization": "leakseal", "commonName": "tsa"}, "uri": "https://tsa.invalid",
            "certChain": {"certificates": chain}, "validFor": {"start": "2020-01-01T00:00:00Z"},
        }  # fmt: skip
        kind = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
        none: dict[str, list[str]] = {"tlogs": [], "ctlogs": [], "certificateAuthorities": []}
        return json.dumps({"mediaType": kind, **none, "timestampAuthorities": [authority]}).encode()

    def reply(self, query: bytes) -> bytes:
        """What it answers."""
        (self.folder / "query").write_bytes(query)
        words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "own", "-queryfile", "query"]
        words += ["-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "ca.pem"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, check=True).stdout

    def signed_by(self, other: Tsa, reply: bytes) -> bytes:
        """The same answer, signed by another certificate without a look at what that may be used for, as `openssl ts` has."""

        def openssl(*words: str) -> None:
            subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)

        (self.folder / "reply").write_bytes(reply)
        openssl("ts", "-reply", "-in", "reply", "-token_out", "-out", "token")
        openssl("cms", "-verify", "-noverify", "-inform", "DER", "-in", "token", "-binary", "-out", "info")
        kind = ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-binary", "-nodetach", "-outform", "DER"]
        signer = ["-signer", str(other.folder / "tsa.pem"), "-inkey", str(other.folder / "tsa.key")]
        openssl("cms", "-sign", "-in", "info", *kind, *signer, "-md", "sha256", "-out", "token")
        inner = bytes.fromhex("3003020100") + (self.folder / "token").read_bytes()  # PKIStatusInfo granted, and the token
        return b"\x30\x82" + len(inner).to_bytes(2, "big") + inner

    def verifies(self, token: bytes, data: bytes) -> bool:
        """Whether OpenSSL believes the token."""
        (self.folder / "token").write_bytes(token)
        (self.folder / "data").write_bytes(data)
        words = ["openssl", "ts", "-verify", "-in", "token", "-data", "data", "-CAfile", "ca.pem"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, check=False).returncode == 0

    @contextmanager
    def serving(self, alter: Alter = lambda reply: reply) -> Iterator[str]:
        """Its URL, as long as it is asked."""
        tsa = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Answer a query."""
                reply = alter(tsa.reply(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsr"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def made(folder: Path, *, valid: tuple[int, int] = (-1, 3650), purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING) -> Tsa:
    """An authority whose own certificate is valid between these days from now on, and has that purpose."""
    folder.mkdir()
    root_key, root = _certificate("Root of time", None, (-4000, 4000), None)
    key, own = _certificate("Time", (root_key, root), valid, purpose)
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "tsa.pem").write_bytes(own.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    return Tsa(folder)


Issuer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _certificate(name: str, by: Issuer | None, days: tuple[int, int], purpose: x509.ObjectIdentifier | None) -> Issuer:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = by[0] if by else key
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(by[1].subject if by else subject).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number())
    built = built.not_valid_before(now + timedelta(days[0])).not_valid_after(now + timedelta(days[1]))
    built = built.add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    built = built.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    if purpose is not None:
        built = built.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    else:
        others = "digital_signature content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
        usage = dict.fromkeys(others.split(), False)
        built = built.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    return key, built.sign(signer, hashes.SHA256())
