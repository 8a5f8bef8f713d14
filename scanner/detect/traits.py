"""What can be told of an assignment at a glance: small numbers about its value, its name, its sign and its line.

Every candidate of the generic rules comes by here, so each number costs a few hundred nanoseconds at most.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from scanner.detect.assignment import Assignment
from scanner.detect.prefilter import latin1

LOOKED_AT = 40  # bytes of a value
_LETTERS_MOST = 24  # of them for letters in a row
_CLASSES = bytes(
    ord("a") if 97 <= byte <= 122 else ord("A") if 65 <= byte <= 90 else ord("0") if 48 <= byte <= 57 else ord("~") if byte >= 128
    else ord("_") if byte == 32 else ord(".")
    for byte in range(256)
)  # fmt: skip
LETTERS = bytes(byte - 96 if 97 <= byte <= 122 else byte - 64 if 65 <= byte <= 90 else 0 for byte in range(256))  # a: 1 … z: 26, others 0
_PARTS = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|[0-9]+")
_SIZES = (4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 17, 20, 21, 24, 28, 32, 33, 36, 40, 41, 48, 64, 65, 100, 200)
_WORDINESS = (30, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80)
_NAME_SIZES = (4, 6, 8, 10, 13, 17, 22, 30)
_RESTS = (1, 2, 3, 6, 16)
_COLUMNS = (1, 3, 5, 9, 17, 40, 100)
_HEX, _HEX_UPPER, _BASE32 = b"0123456789abcdef", b"0123456789ABCDEF", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# Sought in one pass: words that cry "no secret", words that people use in secrets too, what is filled in later, what is code.
_SIGHTS = (
    rb"(?i)exampl|place.?holder|chang|dummy|your|redact|insert|replac|here\b|xxx|\*\*\*|\.\.\.|todo|fixme|fake|lorem|sample|mock|demo|invalid|wrong|incorrect",
    rb"(?i)test|pass|p[a@][s$5]{2}|secret|s3cr|token|user|admin|root|foo|bar|key|name|hello|world|value|string|abc|123|qwer|asdf|none|null|true|false|default"
    rb"|guest|welcome|letmein",
    rb"\$[({A-Za-z_]|\{\{|\}\}|<%|#\{|%[sdvq(]|\{[A-Za-z_0-9.:]*\}|^<|^%[A-Za-z_]+%$|^@|^&|^\*|^:[a-z]|^\\",
    rb"\(|\[|->|::|\?\.|=>|==|!=|&&|\|\||^[a-z]\w*\.[a-z]",
)
_HASHED = re.compile(
    rb"\$[0-9a-z]{1,8}\$|\{[A-Za-z0-9.-]{2,16}\}[A-Za-z0-9+/$]|(?:pbkdf2|bcrypt|scrypt|argon2|sha1|sha256|sha512|md5|phpass|crypt|SCRAM)[:$_-]|\*[0-9A-F]{40}\Z|!"
)
_LOOKUP = re.compile(
    rb"(?i)env|get|param|config|find|input|fetch|require|field|column|option|flag|arg|header|prompt|print|log|echo|throw|raise|error"
)
_ASSERTS = re.compile(rb"(?i)assert|expect|should|equal|match|contain")
_STARTS = b"$%{<&@#/.-*[(:!+=~?^"
_ENDS = b";,:)=]}>.!?/-"
_BEFORE = b" \"'./-(&?,{[:$@#*<=;`>\t"
_AFTER = b" \"'./-(&?,{[:$@#*<=;)]}+\\>|`"
_SIGNS = (b"=", b":", b"=>", b":=", b"==", b"===", b"!=", b"->", b"<-", b">", b",", b"(", b"[", b"is", b"as", b"by", b"with", b"")
_SIGN_OF = {sign: number for number, sign in enumerate(_SIGNS)}
_KEYWORDS = ("password", "secret", "token", "key", "auth", "credential")
_KEYWORD = re.compile(
    rb"(?:(pass(?:w(?:or)?d|wort|phrase|code|w)?s?|pwd|pw|(?:user|db|root)pass|identified)|(\w*secrets?)|(\w*tokens?)|(\w*keys?)"
    rb"|(\w*auth|authorization|authentication|oauth\w*)|(cred(?:ential)?s?))\Z"
)
_ASIDE = {
    "naming": (
        "id ids name names url uri path file files dir folder field fields type types label title text msg message error "
        "hint tooltip placeholder prompt description desc help comment note header param params class column table prefix "
        "suffix format pattern regex policy length size limit count min max ttl expiry expires expiration timeout version "
        "provider store manager service handler factory endpoint host port email user username login group role scope "
        "method mode action event state status index number date time algorithm alg alias ref reference location bucket "
        "region arn resource page form input button screen view"
    ),
    "public": (
        "public pub encrypted hash hashed hashes digest checksum fingerprint sha sha1 sha2 sha256 sha512 md5 crc "
        "thumbprint signature sign sig nonce salt timestamp certificate cert csrf xsrf etag integrity cache sort primary "
        "foreign partition routing license websocket resume next cursor continuation tag i18n locale"
    ),
    "saying": (
        "forgot reset change confirm repeat current new old enter invalid mandatory required show hide missing wrong "
        "incorrect must cannot expected success failed update create delete remove verify checking strength weak lost "
        "lang translation"
    ),
    "opening": (
        "private client consumer access api app db database root admin master signing encryption shared session service "
        "account bearer jwt aws azure gcp github gitlab slack stripe twilio mysql postgres pg redis mongo rabbitmq smtp "
        "mail ldap ftp ssh sudo bot webhook deploy registry docker npm nkey rpc auth oauth oauth2 basic secretkey "
        "accesskey apikey appkey authkey security"
    ),
    "trying": ("test tests mock fake example sample demo dummy expected fixture foo bar stub default"),
}
_GROUPS = tuple(_ASIDE)
_GROUP_OF = {word.encode(): number for number, words in enumerate(_ASIDE.values()) for word in words.split()}
# Every trait, and how many values it can take.
WIDTHS: Mapping[str, int] = {
    "size": len(_SIZES) + 1,
    "lower": 9,
    "upper": 9,
    "digit": 9,
    "mark": 9,
    "kind": 22,
    "words": len(_WORDINESS) + 1,
    "worst": 9,
    "distinct": 9,
    "spaces": 5,
    "dots": 5,
    "joints": 6,
    "slashes": 4,
    "brackets": 4,
    "foreign": 3,
    "loud": 2,
    "soft": 2,
    "template": 2,
    "code": 2,
    "hashed": 2,
    "same": 3,
    "starts": len(_STARTS) + 1,
    "ends": len(_ENDS) + 1,
    "keyword": 7,
    "last": 7,
    **dict.fromkeys(_GROUPS, 2),
    "parts": 7,
    "case": 4,
    "name-size": len(_NAME_SIZES) + 1,
    "member": 3,
    "sign": len(_SIGNS) + 1,
    "blanks": 4,
    "quote": 4,
    "wrapped": 2,
    "escaped": 2,
    "before": len(_BEFORE) + 2,
    "lookup": 2,
    "asserts": 2,
    "after": len(_AFTER) + 2,
    "rest": len(_RESTS) + 1,
    "comment": 3,
    "column": len(_COLUMNS) + 1,
}


def traits(found: Assignment, letters: bytes) -> tuple[int, ...]:
    """One small number for each of WIDTHS; `letters` says how usual three of them in a row are."""
    return (*_of_value(found, letters), *_of_name(found.name), *_of_place(found))


@cache
def _sights() -> Any:
    import re2

    sights = re2.Set.SearchSet(latin1(re2))
    for pattern in _SIGHTS:
        sights.Add(pattern)
    sights.Compile()
    return sights


def _of_value(found: Assignment, letters: bytes) -> Iterable[int]:
    value = found.value[:LOOKED_AT]
    size = len(value)
    count = value.translate(_CLASSES).count
    lower, upper, digit, foreign, spaces = count(b"a"), count(b"A"), count(b"0"), count(b"~"), count(b"_")
    mark = size - lower - upper - digit - foreign - spaces
    codes = b"\0" + value[:_LETTERS_MOST].translate(LETTERS) + b"\0"
    usual = [letters[a * 729 + b * 27 + c] for a, b, c in zip(codes, codes[1:], codes[2:], strict=False)]
    seen = _sights().Match(value) or ()
    name, low, has = found.name.lower(), value.lower(), value.count
    return (
        bisect_right(_SIZES, len(found.value)),
        _share(lower, size),
        _share(upper, size),
        _share(digit, size),
        _share(mark, size),
        _kind(value, lower, upper, digit, mark + foreign + spaces),
        bisect_right(_WORDINESS, sum(usual) // len(usual)),
        min(min(usual) // 6, 8),
        _share(len(set(value)), size),
        min(spaces, 4),
        min(has(b"."), 4),
        min(has(b"_") + has(b"-"), 5),
        min(has(b"/"), 3),
        min(has(b"(") + has(b"{") + has(b"[") + has(b"<"), 3),
        min(foreign, 2),
        0 in seen,
        1 in seen,
        2 in seen,
        3 in seen,
        _HASHED.match(value) is not None,
        2 if low == name else 1 if low in name or name in low else 0,
        _STARTS.find(value[:1]) + 1,
        _ENDS.find(value[-1:]) + 1,
    )


def _share(part: int, whole: int) -> int:
    """0 for none, 8 for all, and seven steps between."""
    return 0 if not part else 8 if part == whole else 1 + part * 7 // whole


def _kind(value: bytes, lower: int, upper: int, digit: int, others: int) -> int:
    """Which alphabet: 0 to 15 by the classes that occur, above that the well-known ones."""
    if others:
        if value.endswith(b"=") and not value.translate(None, _SIGNED):
            return 16
        if b"://" in value:
            return 17
        if len(value) == 36 and value.count(b"-") == 4 and not value.translate(None, _HEX + b"ABCDEF-"):
            return 18
    elif digit:
        if lower and not upper and not value.translate(None, _HEX):
            return 19
        if upper and not lower and not value.translate(None, _HEX_UPPER):
            return 20
        if upper and not lower and len(value) > 15 and not value.translate(None, _BASE32):
            return 21
    return (lower > 0) | (upper > 0) << 1 | (digit > 0) << 2 | (others > 0) << 3


_SIGNED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-"


def _of_name(name: bytes) -> Iterable[int]:
    parts = [part.lower() for part in _PARTS.findall(name)]
    keyword = last = 6
    groups = [0] * len(_GROUPS)
    for part in parts:
        word = _KEYWORD.match(part)
        last = (word.lastindex or 7) - 1 if word else 6
        keyword = min(keyword, last)
        group = _GROUP_OF.get(part)
        if group is not None:
            groups[group] = 1
    return (
        keyword,
        last,
        *groups,
        min(len(parts), 6),
        0 if name.islower() else 1 if name.isupper() else 2 if name[:1].isupper() else 3,
        bisect_right(_NAME_SIZES, len(name)),
        min(name.count(b"."), 2),
    )


def _of_place(found: Assignment) -> Iterable[int]:
    sign = found.sign.strip(b" \t\\\"'`])}")
    plain = _SIGN_OF.get(sign.lower(), -1)
    if plain < 0:  # a call, a type, or a prefix of a string stands between
        plain = next((number for number, one in enumerate(_SIGNS[:-1]) if one in sign), len(_SIGNS))
    after = found.after[len(found.quote) :]
    return (
        plain,
        min(found.sign.count(b" "), 3),
        b"\"'`".find(found.quote) + 1 if found.quote else 0,
        sign.endswith((b"(", b"{", b"[")),
        found.sign.endswith(b"\\"),
        _BEFORE.find(found.before[-1:]) + 1 if found.before else len(_BEFORE) + 1,
        _LOOKUP.search(found.before) is not None,
        _ASSERTS.search(found.before) is not None,
        _AFTER.find(after[:1]) + 1 if after else len(_AFTER) + 1,
        bisect_right(_RESTS, len(after.rstrip())),
        1 if found.lead in (b"//", b"/*", b"--", b"<!", b";;", b"# ", b"##") else 2 if found.lead[:1] in b"#*;" and found.lead else 0,
        bisect_right(_COLUMNS, found.column),
    )
