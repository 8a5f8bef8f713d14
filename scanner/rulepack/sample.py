"""A sample's shape and a seed -> a synthetic secret, so that none has to stand in the repository.

A shape is text with `{name}` and `{name:argument}`; `{{` and `}}` are braces that mean themselves. The names are in GROWERS,
WRAPPERS and, if it is there, structured.STRUCTURED.
"""

from __future__ import annotations

import base64
import binascii
import json
import random
import re
import string
import zlib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import quote

from scanner.errors import RuleError

Grower = Callable[[random.Random, str], str]
MOST = 100_000  # characters from one shape
_DEEPEST = 8
_DIGITS = string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BASE32 = string.ascii_uppercase + "234567"
CLASSES: Mapping[str, str] = {
    "digit": _DIGITS,
    "hex": _DIGITS + "abcdef",
    "HEX": _DIGITS + "ABCDEF",
    "alnum": string.ascii_letters + _DIGITS,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "base32": BASE32,
    "base64": string.ascii_letters + _DIGITS + "+/",
    "base64url": string.ascii_letters + _DIGITS + "-_",
}
SYMBOLS = "!#%&*+-.=?^_~"
_SIZE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def grow(shape: str, seed: int) -> bytes:
    """The bytes that this shape and seed always grow into."""
    text, end = _grow(shape, 0, random.Random(f"{seed}:{shape}"), 0)  # noqa: S311 - samples guard nothing
    if end != len(shape):
        raise RuleError("a sample has a `}` without its `{`", hint="write `}}` for a brace")
    return text.encode("utf-8", "surrogatepass")


def _grow(shape: str, at: int, rng: random.Random, depth: int) -> tuple[str, int]:
    """Text from `at` to the end of the shape, or to the `}` that closes the shape around it."""
    if depth > _DEEPEST:
        raise RuleError(f"a sample is nested deeper than {_DEEPEST}")
    grown: list[str] = []
    size = braces = 0
    while at < len(shape):
        two = shape[at : at + 2]
        if two == "{{":
            piece, at, braces = "{", at + 2, braces + 1
        elif two == "}}" and (braces or not depth):
            piece, at, braces = "}", at + 2, braces - 1
        elif shape[at] == "}":
            break
        elif shape[at] == "{":
            piece, at = _call(shape, at + 1, rng, depth)
        else:
            piece, at = shape[at], at + 1
        grown.append(piece)
        size += len(piece)
        if size > MOST:
            raise RuleError(f"a sample grows beyond {MOST} characters")
    return "".join(grown), at


def _call(shape: str, at: int, rng: random.Random, depth: int) -> tuple[str, int]:
    match = _NAME.match(shape, at)
    if match is None:
        raise RuleError("a sample has a `{` without a name", hint="write `{{` for a brace")
    name, at = match[0], match.end()
    argument = ""
    if name in WRAPPERS:
        inner, at = _grow(shape, at + 1, rng, depth + 1) if shape[at : at + 1] == ":" else ("", at)
    elif shape[at : at + 1] == ":":
        end = shape.find("}", at)
        argument, at = shape[at + 1 : end], end if end >= 0 else len(shape)
    if shape[at : at + 1] != "}":
        raise RuleError("a `{` in a sample is not closed", hint="write {name} or {name:…}")
    if name in WRAPPERS:
        return WRAPPERS[name](inner), at + 1
    return grower(name)(rng, argument), at + 1


def grower(name: str) -> Grower:
    """The grower of that name."""
    known = {**GROWERS, **_structured()}
    if name not in known:
        close = get_close_matches(name, [*known, *WRAPPERS], n=1)
        hint = f"did you mean `{close[0]}`?" if close else "known are " + ", ".join(sorted([*known, *WRAPPERS]))
        raise RuleError("a sample names what does not grow", hint=hint)
    return known[name]


@cache
def _structured() -> Mapping[str, Grower]:
    if find_spec("scanner.rulepack.structured") is None:
        return {}
    table: Mapping[str, Grower] = import_module("scanner.rulepack.structured").STRUCTURED  # which may import this module
    return table


def _size(rng: random.Random, text: str, name: str) -> int:
    match = _SIZE.match(text)
    if match is None:
        raise RuleError(f"`{name}` in a sample needs a length", hint=f"write {{{name}:20}} or {{{name}:16-24}}")
    low, high = int(match[1]), int(match[2] or match[1])
    if low > high:
        raise RuleError(f"`{name}:{text}` in a sample: {low} is more than {high}")
    return rng.randint(low, high)


def drawn(rng: random.Random, letters: str, size: int) -> str:
    """Letters drawn at random, again if by bad luck they look like nobody's secret."""
    text = ""
    for _ in range(50):
        text = "".join(rng.choice(letters) for _ in range(size))
        if size < 8 or not _unlucky(text, letters):
            break
    return text


def _unlucky(text: str, letters: str) -> bool:
    if len(letters) > 10 and len(text) < 200 and any(a == b == c for a, b, c in zip(text, text[1:], text[2:], strict=False)):
        return True
    for kind in (str.isdigit, str.islower, str.isupper):
        if any(map(kind, letters)) and not any(map(kind, text)):
            return True
    return len(set(text)) < min(len(letters), len(text)) // 2.5


def _of_class(name: str, letters: str) -> Grower:
    return lambda rng, size: drawn(rng, letters, _size(rng, size, name))


def _any(rng: random.Random, argument: str) -> str:
    letters, _, size = argument.rpartition(":")
    if not letters:
        raise RuleError("`any` in a sample needs letters and a length", hint="write {any:abc:5}")
    return drawn(rng, letters, _size(rng, size, "any"))


def _word(rng: random.Random, size: str) -> str:
    length = _size(rng, size, "word")
    return "".join(rng.choice("aeiou" if at % 2 else "bdfgklmnprstvz") for at in range(length))


def _password(rng: random.Random, size: str) -> str:
    length = _size(rng, size, "password")
    parts = (string.ascii_lowercase, string.ascii_uppercase, _DIGITS, SYMBOLS)
    text = [rng.choice(part) for part in parts][:length]
    text += [rng.choice(string.ascii_letters + _DIGITS + SYMBOLS) for _ in range(length - len(text))]
    tail = text[1:]  # it begins with a letter, which no template does
    rng.shuffle(tail)
    return "".join(text[:1] + tail)


def _uuid(rng: random.Random, _: str) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{rng.choice('89ab')}{digits[17:20]}-{digits[20:]}"


def base62(number: int) -> str:
    """Six digits of base 62."""
    return "".join(BASE62[number // 62**place % 62] for place in range(5, -1, -1))


def _crc_token(rng: random.Random, prefix: str) -> str:
    body = drawn(rng, BASE62, 30)  # github.blog 2021-04-05: a 32-bit checksum in the last six digits
    return prefix + body + base62(zlib.crc32(body.encode()))


def _aws_key_id(rng: random.Random, prefix: str) -> str:
    number = 1 << 79 | rng.randrange(10**11, 10**12) << 39 | rng.getrandbits(39)
    return (prefix or "AKIA") + "".join(BASE32[number >> 5 * place & 31] for place in range(15, -1, -1))


def _nkey(rng: random.Random, argument: str) -> str:
    """`{nkey:SU}` is a user's seed, `{nkey:U}` a user's public key."""
    kind = BASE32.index(argument[-1:] or "U") << 3
    head = [18 << 3 | kind >> 5, (kind & 31) << 3] if argument.startswith("S") else [kind]
    raw = bytes(head) + rng.randbytes(32)
    return base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


def _gitlab_token(rng: random.Random, prefix: str) -> str:
    """A routable token: organization, user, 16 random bytes and their number in base64, then version, length and CRC32 in base 36."""
    payload = f"o:1\nu:{rng.randrange(36**4, 36**5):x}".encode() + rng.randbytes(16) + b"\x10"
    encoded = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    whole = f"{prefix or 'glpat-'}{encoded}.01.{_base36(len(encoded), 2)}"
    return whole + _base36(zlib.crc32(whole.encode()), 7)


def _base36(number: int, width: int) -> str:
    return "".join(BASE62[number // 36**place % 36].lower() for place in range(width - 1, -1, -1))


def _jwt(rng: random.Random, argument: str) -> str:
    if argument not in ("", "expired"):
        raise RuleError("`jwt` in a sample takes nothing or `expired`")
    issued = rng.randrange(1_400_000_000, 1_500_000_000)
    until = issued + 3600 if argument else 4_102_444_800  # 2100
    claims = {"sub": _uuid(rng, ""), "iat": issued, "exp": until}
    parts = [_compact({"alg": "HS256", "typ": "JWT"}), _compact(claims), rng.randbytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def _b64json(text: str) -> str:
    """JSON as it stands, or `user=…,password=…`, as JSON in base64."""
    if not text.startswith("{"):
        return _b64(_compact(dict(part.partition("=")[::2] for part in text.split(","))).decode())
    try:
        return _b64(_compact(json.loads(text)).decode())
    except ValueError:
        raise RuleError("`b64json` in a sample holds what is not JSON", hint='write {b64json:{{"a":"…"}}} or {b64json:a=…,b=…}') from None


WRAPPERS: Mapping[str, Callable[[str], str]] = {
    "b64": _b64,
    "b64url": lambda text: _b64(text).translate(str.maketrans("+/", "-_")).rstrip("="),
    "b64json": _b64json,
    "hexed": lambda text: binascii.hexlify(text.encode("utf-8", "surrogatepass")).decode(),
    "url": lambda text: quote(text, safe="", errors="surrogatepass"),
}
GROWERS: Mapping[str, Grower] = {
    **{name: _of_class(name, letters) for name, letters in CLASSES.items()},
    "any": _any,
    "bytes": lambda rng, size: ", ".join(str(rng.randrange(256)) for _ in range(_size(rng, size, "bytes"))),
    "aws-key-id": _aws_key_id,
    "github-token": lambda rng, prefix: _crc_token(rng, prefix or "ghp_"),
    "gitlab-token": _gitlab_token,
    "jwt": _jwt,
    "nkey": _nkey,
    "npm-token": lambda rng, _: _crc_token(rng, "npm_"),
    "password": _password,
    "uuid": _uuid,
    "word": _word,
}
