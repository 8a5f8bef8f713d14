"""Text that holds no secret, grown from a seed: what the anchors of a rule should pass over."""

from __future__ import annotations

import base64
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

SIZE = 1 << 20  # of each kind
STANDARD_LIBRARY = "standard library"
_WORDS_TEXT = (
    "the of and to in is that for it as was with be by on not this are or his from at which but have an had they you were their one all we"
    " can her has there been if more when will would who so no return value list index name type data file path line text node item result"
    " error message count start end length size key token user login password secret account client server request response header body"
    " config option default write read open close parse build test module class function object string number array table field column row"
    " event state handler callback buffer stream socket thread process queue worker cache store update delete insert select query"
)
_NAMES_TEXT = (
    "name path port host image replicas region timeout level mode version enabled size limit interval label owner format endpoint retries"
    " schedule prefix namespace memory cpu log_level api_version service_name user_id"
)
_WORDS, _NAMES = _WORDS_TEXT.split(), _NAMES_TEXT.split()
_SPOKEN = ("key_prefix", "token_type", "password_policy", "secret_name", "api_key_header")  # they hold no secret and sound like one
_STATEMENTS = (
    "if ({a}.{b} === {n}) {{ return {c}; }}", "const {a} = {b}.map(({c}) => {c}.{d});",
    "def {a}({b}, {c}=None):", "    self.{a} = {b}[{n}]",
    "for {a} in range({n}):",
    "func ({a} *{B}) {C}({d} string) error {{", "  static int {a}_{b}(struct {c} *{d}, size_t len);",
    "import {{ {A}, {B} }} from './{c}/{d}';", "#define {A}_{B} 0x{x}", "    assert {a}['{b}'] == '{c}-{n}'", "// {a} {b} {c} {d} {a}",
    "public {A}<{B}> {c}(final {C} {d}) throws IOException {{", "raise ValueError(f\"{a} {b}: {{{c}!r}}\")", "var {a}={b}[{c}]||{{}};",
)  # fmt: skip
_MINIFIED = (
    "function {i}({j}){{return {j}.{a}?{i}({j}.{b}):{n}}}", "var {i}={j}[{n}],{j}=\"{a}\";", "{i}.{a}={i}.{b}||function(){{}};",
    "!function({i},{j}){{{i}.{a}=\"{b}-{c}\"}}(this,{n});", ".{a}-{b}{{margin:{n}px;color:#{x}}}", "{i}({n}),{j}.push({{key:{i},{a}:!0}}),",
)  # fmt: skip


def corpus(seed: int = 0, size: int = SIZE) -> Iterator[tuple[str, bytes]]:
    """(kind, content) for every kind: the same for the same seed, but for the standard library, which is this Python's own."""
    for name, grow in KINDS.items():
        yield name, _filled(grow, Random(f"{seed}:{name}"), size)  # noqa: S311 - text guards nothing
    yield STANDARD_LIBRARY, standard_library(4 * size)


def standard_library(most: int) -> bytes:
    """The sources of this Python's standard library, in order of path, without its tests (they hold keys); empty if they are not there."""
    folder = Path(sysconfig.get_path("stdlib") or ".")
    taken, size = [], 0
    for path in sorted(folder.glob("*.py")) + sorted(folder.glob("[a-s]*/*.py")):
        if size >= most or "test" in path.parent.name or "packages" in path.parent.name:
            continue
        try:
            taken.append(path.read_bytes()[: most - size])
        except OSError:
            continue
        size += len(taken[-1])
    return b"\n".join(taken)


def _filled(grow: Callable[[Random], str], random: Random, size: int) -> bytes:
    grown, length = [], 0
    while length < size:
        grown.append(grow(random).encode())
        length += len(grown[-1])
    return b"".join(grown)[:size]


def _parts(random: Random) -> dict[str, object]:
    a, b, c, d = random.choices(_WORDS, k=4)
    i, j = random.choices("abcdefghijklmnopqrstuvwxyz", k=2)
    number = random.randrange(1 << random.randrange(1, 16))
    titles = {"A": a.title(), "B": b.title(), "C": c.title()}
    return {"a": a, "b": b, "c": c, "d": d, "i": i, "j": j, "n": number, "x": f"{number:06x}", **titles}


def _prose(random: Random) -> str:
    sentence = " ".join(random.choices(_WORDS, k=random.randrange(5, 18)))
    return sentence[0].upper() + sentence[1:] + random.choice((". ", ".\n", ", see: ", "? "))


def _source(random: Random) -> str:
    return random.choice(_STATEMENTS).format(**_parts(random)) + "\n"


def _minified(random: Random) -> str:
    return random.choice(_MINIFIED).format(**_parts(random))


def _config(random: Random) -> str:
    name = random.choice(_NAMES if random.randrange(40) else _SPOKEN)
    word, number = random.choice(_WORDS), random.randrange(100_000)
    address = f"https://{word}.example.org:{number % 65536}/{name}"
    value = random.choice((word, str(number), f"{word}-{number}", f"/srv/{word}/{number}", address))
    shapes = ("{0}={1}\n", "  {0}: {1}\n", '    "{0}": "{1}",\n', "{2}='{1}'\n", "# {0}\n")
    return random.choice(shapes).format(name, value, name.upper())


def _log(random: Random) -> str:
    address = ".".join(str(random.randrange(256)) for _ in range(4))
    day = f"2024-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}T{random.randrange(24):02}:{random.randrange(60):02}:00Z"
    return f"{day} INFO {random.choice(_WORDS)} [{address}] GET /{'/'.join(random.choices(_WORDS, k=3))}?page={random.randrange(99)} 200\n"


def _base64(random: Random) -> str:
    return base64.b64encode(random.randbytes(57)).decode() + "\n"


def _hexadecimal(random: Random) -> str:
    size = random.choice((16, 20, 32))
    return f"{random.randbytes(size).hex()}  {random.choice(_WORDS)}.{random.choice(('c', 'py', 'tar.gz'))}\n"


def _identifiers(random: Random) -> str:
    digits = random.randbytes(16).hex()
    uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    package = f"{random.choice(_WORDS)}@^{random.randrange(30)}.{random.randrange(30)}.{random.randrange(9)}"
    whole = base64.b64encode(random.randbytes(64)).decode()
    return random.choice((f'"id": "{uuid}",\n', f'    "integrity": "sha512-{whole}",\n', f"{package}:\n", f"arn:aws:s3:::{uuid[:8]}/*\n"))


KINDS: Mapping[str, Callable[[Random], str]] = {
    "prose": _prose,
    "source": _source,
    "minified": _minified,
    "settings": _config,
    "logs": _log,
    "base64": _base64,
    "hexadecimal": _hexadecimal,
    "identifiers": _identifiers,
}
