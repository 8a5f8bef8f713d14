"""A corpus of hiding places: for each a file with one synthetic secret, named by the place; grown when it is needed.

`python -m tests.e2e.hiding FOLDER` writes it.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import quopri
import random
import string
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_from_bytes

from scanner.decode.canaries import CANARIES, TEXTS

Maker = Callable[[bytes], bytes]
_QUOTED = b"Content-Transfer-Encoding: quoted-printable\n\n"


class Place(NamedTuple):
    """One file, the secret in it, and what its location must say."""

    name: str
    data: bytes
    secret: bytes
    member: str = ""  # what the path says behind the file's own name
    step: str = ""  # one of the location's steps begins so


def _zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _tar_gz(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def _wrapped(data: bytes) -> bytes:
    text = base64.b64encode(data * 2)
    return b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _escaped(line: bytes, form: str) -> bytes:
    return b'url = "' + "".join(form % byte for byte in line.strip()).encode() + b'"\n'


def _coloured(line: bytes) -> bytes:
    return b"\x1b[1;31m" + line[:30] + b"\x1b[0m\x1b[32m" + line[30:].strip() + b"\x1b[0m\n"


ENCODED: Mapping[str, tuple[str, Maker]] = {  # name -> (the step that undoes it, who writes it)
    "base64": ("base64", lambda line: b"blob: " + base64.b64encode(line) + b"\n"),
    "base64-url": ("base64", lambda line: b"blob: " + base64.urlsafe_b64encode(line + b"\xc3\xbf\xc3\xbf~~~") + b"\n"),
    "base64-wrapped": ("base64", lambda line: b"cert\n" + _wrapped(line) + b"\n"),
    "base64-twice": ("base64", lambda line: b"blob: " + base64.b64encode(base64.b64encode(line)) + b"\n"),
    "base64-gzip": ("base64", lambda line: b"release: " + base64.b64encode(gzip.compress(line, mtime=0)) + b"\n"),
    "helm-release": ("base64", lambda line: b"data:\n  release: " + base64.b64encode(
        base64.b64encode(gzip.compress(line, mtime=0))) + b"\n"),
    "hex": ("hex", lambda line: b"payload " + line.hex().encode() + b"\n"),
    "hex-0x": ("hex", lambda line: b"payload 0x" + line.hex().encode() + b"\n"),
    "percent": ("percent", lambda line: b"GET /?next=" + quote_from_bytes(line.strip(), safe="").encode() + b" HTTP/1.1\n"),
    "percent-twice": ("percent", lambda line: b"GET /?next=" + quote_from_bytes(
        quote_from_bytes(line.strip(), safe="").encode(), safe="").encode() + b" HTTP/1.1\n"),
    "unicode-escapes": ("", lambda line: _escaped(line, "\\u%04x")),
    "x-escapes": ("", lambda line: _escaped(line, "\\x%02x")),
    "json-in-json": ("", lambda line: json.dumps({"body": json.dumps({"text": 'say "hi"\n' + line.decode()})}).encode()),
    "html-entities": ("", lambda line: b"value: " + "".join(f"&#{byte};" for byte in line.strip()).encode() + b"\n"),
    "html-names": ("", lambda line: b"value: " + html.escape('"' + line.decode().strip() + '"').encode() + b"\n"),
    "quoted-printable": ("", lambda line: _QUOTED + quopri.encodestring(line.replace(b"=", b" = "))),
    "colours": ("", _coloured),
}  # fmt: skip
AROUND: Mapping[str, tuple[str, Callable[[str, bytes], bytes]]] = {  # name -> (the ending, who packs it)
    "zip": (".zip", _zip), "tar.gz": (".tar.gz", _tar_gz), "gzip": (".gz", lambda name, data: gzip.compress(data, mtime=0)),
}  # fmt: skip


def places(seed: int = 1) -> Iterator[Place]:
    """All of them."""
    chance = random.Random(seed)
    for kind, makers in (("format", CANARIES), ("text", {name: make for name, (_, make) in TEXTS.items()})):
        for name, make in sorted(makers.items()):
            secret = _secret(chance)
            yield Place(f"{kind}-{name}", make(_line(secret)), secret)
            for around, (ending, pack) in AROUND.items():
                secret, inner = _secret(chance), f"{kind}-{name}"
                member = f"!{inner}" if around != "gzip" else ""
                yield Place(f"{around}-of-{inner}{ending}", pack(inner, make(_line(secret))), secret, member)
    for name, (step, make) in sorted(ENCODED.items()):
        secret = _secret(chance)
        yield Place(f"encoded-{name}", make(_line(secret)), secret, step=step)
        secret = _secret(chance)
        yield Place(f"zip-of-encoded-{name}.zip", _zip(f"encoded-{name}", make(_line(secret))), secret, f"!encoded-{name}", step)


def _secret(chance: random.Random) -> bytes:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=28)).encode()


def _line(secret: bytes) -> bytes:
    return b"DATABASE_URL=postgresql://canary:%b@db.canary.internal:5432/canary\n" % secret


def write(folder: Path) -> list[Place]:
    """The corpus in a folder."""
    made = list(places())
    for place in made:
        (folder / place.name).write_bytes(place.data)
    return made


if __name__ == "__main__":
    home = Path(sys.argv[1])
    home.mkdir(parents=True, exist_ok=True)
    print(f"{len(write(home))} places in {home}")
