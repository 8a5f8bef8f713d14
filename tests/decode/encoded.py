"""The ways in which a text can be written, by name; each as the tools write it that people have."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import quopri
import urllib.parse
import zipfile
from collections.abc import Callable, Mapping

Write = Callable[[str], str]


def b64(data: bytes | str) -> str:
    """Base64 on one line."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode("ascii")


def zipped(data: bytes, name: str = "app.env") -> bytes:
    """A ZIP archive with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _json(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps(json.dumps({"url": text}))[1:-1]
    return text


def _folded(text: str, ending: str, indent: str) -> str:
    long = f"first=1\nurl={text}\n" + "".join(f"setting_{n} = {n * n}\n" for n in range(20))
    line = b64(long)
    return ending + ending.join(indent + line[at : at + 64] for at in range(0, len(line), 64)) + ending


# name -> (how it is written, the steps that undo it without their places)
WRITTEN: Mapping[str, tuple[Write, tuple[str, ...]]] = {
    "base64": (lambda text: b64(f"x={text} "), ("base64",)),
    "base64 for URLs": (lambda text: base64.urlsafe_b64encode(f"{text}?>?>~~~".encode()).decode(), ("base64",)),
    "base64 twice": (lambda text: b64(b64(f" {text}")), ("base64", "base64")),
    "base64 in lines": (lambda text: _folded(text, "\n", ""), ("base64",)),
    "base64 in indented lines of CRLF": (lambda text: _folded(text, "\r\n", "    "), ("base64",)),
    "base64 of UTF-16, as PowerShell takes it": (lambda text: b64(f"$u = '{text}'".encode("utf-16-le")), ("base64", "utf-16le")),
    "base64 of gzip": (lambda text: b64(gzip.compress(text.encode(), mtime=0)), ("base64", "gunzip")),
    "a Helm release": (lambda text: b64(b64(gzip.compress(text.encode(), mtime=0))), ("base64", "base64", "gunzip")),
    "base64 of ZIP": (lambda text: b64(zipped(text.encode())), ("base64", "unzip")),
    "hexadecimal": (lambda text: text.encode().hex(), ("hex",)),
    "capital hexadecimal": (lambda text: "0x" + text.encode().hex().upper(), ("hex",)),
    "hexadecimal of gzip": (lambda text: gzip.compress(text.encode(), mtime=0).hex(), ("hex", "gunzip")),
    "percent": (lambda text: urllib.parse.quote(text, safe=""), ("percent",)),
    "percent of percent": (lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""), ("percent", "percent")),
    r"\u": (lambda text: "".join(f"\\u{ord(c):04x}" for c in text), ("unescape",)),
    r"\u of what Go escapes": (lambda text: text.replace("/", r"\u002f").replace("@", r"\u0040"), ("unescape",)),
    r"\x": (lambda text: "".join(f"\\x{ord(c):02x}" for c in text), ("unescape",)),
    "entities": (lambda text: html.escape(text).replace(":", "&#58;").replace("/", "&#x2F;").replace("@", "&commat;"), ("html",)),
    "JSON in JSON": (lambda text: _json(text.replace("/", "\\/"), 1), ("unescape", "unescape")),
    "quoted-printable": (lambda text: quopri.encodestring(f"{'x' * 60} = {text}".encode()).decode(), ("quoted-printable",)),
    "UTF-7": (lambda text: text.replace("/", "+AC8-").replace("@", "+AEA-"), ("utf-7",)),
    "colours": (lambda text: f"\x1b[32m{text[:11]}\x1b[1;33m{text[11:30]}\x1b[0m{text[30:]}", ("ansi",)),
}
