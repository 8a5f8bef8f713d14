"""Samples with structure: keys, Docker configurations and tokens that parse, and open nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random

from scanner.rulepack.minted import MINTED

_ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LINE = 64
_EXPONENT = 65537
# Object identifiers as DER content: rsaEncryption, id-ecPublicKey, prime256v1, pbes2.
_RSA, _EC, _P256, _PBES2 = "2a864886f70d010101", "2a8648ce3d0201", "2a8648ce3d030107", "2a864886f70d01050d"


def _der(tag: int, content: bytes) -> bytes:
    """One element: tag, length, content."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _sequence(*elements: bytes) -> bytes:
    return _der(0x30, b"".join(elements))


def _oid(content: str) -> bytes:
    return _der(0x06, bytes.fromhex(content))


def _number(random: Random, bits: int) -> int:
    return random.getrandbits(bits) | 1 << (bits - 1) | 1


def _rsa(random: Random, bits: int = 2048) -> bytes:
    half = bits // 2
    numbers = [_number(random, bits), _EXPONENT, _number(random, bits - 2), *(_number(random, half) for _ in range(5))]
    return _sequence(_integer(0), *map(_integer, numbers))


def _ec(random: Random) -> bytes:
    curve, public = _der(0xA0, _oid(_P256)), _der(0xA1, _der(0x03, b"\0\4" + random.randbytes(64)))
    return _sequence(_integer(1), _der(0x04, random.randbytes(32)), curve, public)


def _dsa(random: Random) -> bytes:
    return _sequence(_integer(0), *(_integer(_number(random, bits)) for bits in (1024, 160, 1024, 1024, 160)))


def _pkcs8(random: Random) -> bytes:
    return _sequence(_integer(0), _sequence(_oid(_RSA), _der(0x05, b"")), _der(0x04, _rsa(random)))


def _encrypted(random: Random) -> bytes:
    return _sequence(_sequence(_oid(_PBES2), _sequence()), _der(0x04, random.randbytes(1232)))


def _public(random: Random) -> bytes:
    numbers = _sequence(_integer(_number(random, 2048)), _integer(_EXPONENT))
    return _sequence(_sequence(_oid(_RSA), _der(0x05, b"")), _der(0x03, b"\0" + numbers))


def _certificate(random: Random) -> bytes:
    return _sequence(_sequence(_der(0xA0, _integer(2)), _public(random)), _sequence(_oid(_RSA)), _der(0x03, b"\0" + random.randbytes(256)))


_BODIES: dict[str, Callable[[Random], bytes]] = {
    "RSA PRIVATE KEY": _rsa,
    "EC PRIVATE KEY": _ec,
    "DSA PRIVATE KEY": _dsa,
    "PRIVATE KEY": _pkcs8,
    "ENCRYPTED PRIVATE KEY": _encrypted,
    "PUBLIC KEY": _public,
    "CERTIFICATE": _certificate,
}


def _lines(data: bytes, width: int = _LINE) -> list[str]:
    text = base64.b64encode(data).decode()
    return [text[i : i + width] for i in range(0, len(text), width)]


def _armor(label: str, data: bytes, width: int = _LINE, headers: tuple[str, ...] = (), tail: tuple[str, ...] = ()) -> str:
    return "\n".join([f"-----BEGIN {label}-----", *headers, *_lines(data, width), *tail, f"-----END {label}-----"]) + "\n"


def pem(random: Random, label: str) -> str:
    """`{pem:RSA PRIVATE KEY}`: a PEM block of that label; `{pem:RSA PRIVATE KEY,encrypted}` has Proc-Type headers."""
    label, _, how = label.partition(",")
    body = _BODIES[label](random)
    headers = ("Proc-Type: 4,ENCRYPTED", f"DEK-Info: AES-256-CBC,{random.randbytes(16).hex().upper()}", "")
    return _armor(label, random.randbytes(len(body)) if how else body, headers=headers if how else ())


def pem_escaped(random: Random, label: str) -> str:
    """A PEM block on one line with `\\n` for every newline, as in JSON or an .env file."""
    return pem(random, label).replace("\n", "\\n")


def pem_cut(random: Random, label: str) -> str:
    """A PEM block whose end is missing."""
    return "\n".join(pem(random, label).split("\n")[:12])


def pem_base64(random: Random, label: str) -> str:
    """Base64 of a whole PEM block, on one line."""
    return base64.b64encode(pem(random, label).encode()).decode()


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def openssh_key(random: Random, how: str) -> str:
    """`{openssh-key}` or `{openssh-key:encrypted}`: an Ed25519 key as ssh-keygen writes it."""
    public, check = random.randbytes(32), random.randbytes(4)
    name = b"ssh-ed25519"
    private = check + check + _string(name) + _string(public) + _string(random.randbytes(32) + public) + _string(b"deploy")
    private += bytes(range(1, 1 + -len(private) % 8))
    options = _string(_string(random.randbytes(16)) + (16).to_bytes(4, "big"))
    head = _string(b"aes256-ctr") + _string(b"bcrypt") + options if how else _string(b"none") + _string(b"none") + _string(b"")
    private = random.randbytes(len(private)) if how else private
    body = head + (1).to_bytes(4, "big") + _string(_string(name) + _string(public)) + _string(private)
    return _armor("OPENSSH PRIVATE KEY", b"openssh-key-v1\0" + body, width=70)


def ssh2_key(random: Random, how: str) -> str:
    """`{ssh2-key}` or `{ssh2-key:encrypted}`: an RSA key in the format of ssh.com."""
    inner = _string(_string(random.randbytes(780)))
    body = _string(b"if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}") + _string(b"3des-cbc" if how else b"none") + inner
    lines = _lines(b"\x3f\x6f\xf9\xeb" + (8 + len(body)).to_bytes(4, "big") + body, width=70)
    label = "SSH2 ENCRYPTED PRIVATE KEY"
    return "\n".join([f"---- BEGIN {label} ----", 'Comment: "deploy"', *lines, f"---- END {label} ----"]) + "\n"


def ppk(random: Random, how: str) -> str:
    """`{ppk}` or `{ppk:encrypted}`: a PuTTY key file."""
    public = _lines(_string(b"ssh-rsa") + _string(b"\1\0\1") + _string(random.randbytes(257)))
    private = _lines(b"".join(_string(random.randbytes(n)) for n in (256, 128, 128, 128)))
    head = ["PuTTY-User-Key-File-2: ssh-rsa", f"Encryption: {'aes256-cbc' if how else 'none'}", "Comment: imported-openssh-key"]
    rest = [f"Public-Lines: {len(public)}", *public, f"Private-Lines: {len(private)}", *private]
    return "\n".join([*head, *rest, f"Private-MAC: {random.randbytes(20).hex()}"]) + "\n"


def _mpi(random: Random, bits: int) -> bytes:
    return bits.to_bytes(2, "big") + _number(random, bits).to_bytes(bits // 8, "big")


def pgp_key(random: Random, how: str) -> str:
    """`{pgp-key}` or `{pgp-key:encrypted}`: an RSA secret key packet in armor."""
    public = b"\4" + random.randbytes(4) + b"\1" + _mpi(random, 2048) + b"\0\x11\1\0\1"
    plain = b"\0" + b"".join(_mpi(random, bits) for bits in (2048, 1024, 1024, 1024)) + random.randbytes(2)
    body = public + (b"\xfe\x09\3\x08" + random.randbytes(9 + 16 + 660) if how else plain)
    packet = b"\x95" + len(body).to_bytes(2, "big") + body
    return _armor("PGP PRIVATE KEY BLOCK", packet, headers=("",), tail=("=" + base64.b64encode(random.randbytes(3)).decode(),))


def _text(random: Random, least: int, most: int) -> str:
    return "".join(random.choices(_ALNUM, k=random.randint(least, most))) + str(random.randrange(10, 99))


def _auth(random: Random) -> dict[str, str]:
    user = "robot-" + _text(random, 3, 6)
    return {"auth": base64.b64encode(f"{user}:{_text(random, 14, 24)}".encode()).decode()}


def docker_auth(random: Random, _: str) -> str:
    """Base64 of user:password, as an `auth` field or a Basic header holds it."""
    return _auth(random)["auth"]


def docker_config(random: Random, registry: str) -> str:
    """`{docker-config}` or `{docker-config:registry.internal:5000}`: a config.json with one registry."""
    return json.dumps({"auths": {registry or "registry.acme-corp.dev": _auth(random)}}, indent=2)


def dockercfg(random: Random, registry: str) -> str:
    """The older .dockercfg: the same without `auths`."""
    return json.dumps({registry or "https://index.docker.io/v1/": _auth(random)})


def _encoded(grow: Callable[[Random, str], str]) -> Callable[[Random, str], str]:
    return lambda random, argument: base64.b64encode(grow(random, argument).encode()).decode()


def _compact(random: Random, registry: str) -> str:
    return json.dumps(json.loads(docker_config(random, registry)), separators=(",", ":"))


def _token(random: Random, claims: dict[str, object]) -> str:
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in (*parts, random.randbytes(256)))


def jwt_kubernetes(random: Random, _: str) -> str:
    """A service account's token."""
    place = "kubernetes.io/serviceaccount/"
    claims = {f"{place}namespace": "prod", f"{place}service-account.name": "deployer-" + _text(random, 3, 3)}
    return _token(random, {"iss": "kubernetes/serviceaccount", **claims, "sub": "system:serviceaccount:prod:deployer"})


def jwt_example(random: Random, _: str) -> str:
    """The claims that every tutorial shows."""
    return _token(random, {"sub": "1234567890", "name": "John Doe", "iat": 1516239022})


def jwt_session(random: Random, _: str) -> str:
    """An ordinary signed token."""
    return _token(random, {"iss": "https://login.acme-corp.dev/", "sub": _text(random, 8, 12), "exp": random.randrange(1 << 30, 1 << 31)})


def jwk(random: Random, how: str) -> str:
    """`{jwk}` or `{jwk:public}`: a P-256 key as JSON."""
    x, y, d = (base64.urlsafe_b64encode(random.randbytes(32)).decode().rstrip("=") for _ in range(3))
    return json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y} | ({} if how else {"d": d}))


def age_key(random: Random, _: str) -> str:
    """An age identity, but for its checksum."""
    return "AGE-SECRET-KEY-1" + "".join(random.choices("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", k=58))


STRUCTURED: dict[str, Callable[[Random, str], str]] = {
    **MINTED,
    "age-key": age_key,
    "docker-auth": docker_auth,
    "docker-config": docker_config,
    "docker-config-b64": _encoded(_compact),
    "dockercfg": dockercfg,
    "dockercfg-b64": _encoded(dockercfg),
    "jwk": jwk,
    "jwt-example": jwt_example,
    "jwt-kubernetes": jwt_kubernetes,
    "jwt-kubernetes-b64": _encoded(jwt_kubernetes),
    "jwt-session": jwt_session,
    "openssh-key": openssh_key,
    "pem": pem,
    "pem-b64": pem_base64,
    "pem-cut": pem_cut,
    "pem-escaped": pem_escaped,
    "pgp-key": pgp_key,
    "ppk": ppk,
    "ssh2-key": ssh2_key,
}
