"""Is a parsed password a secret, or does it only stand for one?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanner import canon
from scanner.detect.candidate import Candidate
from scanner.model.evidence import Parsed

# Values made of nothing but these words, in any order and with any punctuation between them, are placeholders:
# `your_db_password`, `change-me`, `mysecretpassword`. At least one must be from TELLING. Words that are real default
# passwords somewhere (guest, postgres, root, admin, test) do not count as telling, so that guest:guest is reported.
TELLING = (
    "bar", "baz", "changeit", "changeme", "changethis", "credential", "credentials", "dummy", "example", "fake", "fixme", "foo",
    "foobar", "hidden", "insert", "key", "masked", "missing", "nil", "none", "null", "pass", "passphrase", "passwd", "password",
    "placeholder", "pw", "pwd", "redacted", "removed", "replace", "sample", "secret", "snip", "tbd", "todo", "token", "undefined",
    "user", "username", "value", "xxx",
)  # fmt: skip
FILLING = (
    "a", "access", "actual", "admin", "an", "and", "api", "app", "application", "auth", "bad", "basic", "bind", "change", "client",
    "code", "database", "db", "encoded", "enter", "goes", "here", "in", "is", "it", "ldap", "login", "me", "mongo", "mongodb", "my",
    "mysql", "name", "new", "of", "or", "other", "pg", "postgres", "rabbitmq", "real", "redis", "root", "some", "stored", "string",
    "strong", "super", "test", "the", "this", "to", "top", "url", "very", "with", "word", "wrong", "your", "yours",
)  # fmt: skip
_WORDS = frozenset(TELLING + FILLING)
_TELLING = frozenset(TELLING)
_LONGEST = max(map(len, _WORDS))

# Something else is put here later: a shell, template or format expression, or a name in a secret store.
_FILLED_IN = re.compile(
    rb"""\$\{ | \{\{ | \$\( | \#\{ | \{% | <% | \$\[ | \$\$\{ | @\{                   # ${PW} {{ .Values.x }} $(cat f) #{x} {% x %}
    | \A\$[A-Z_][A-Z0-9_]*\Z | \A\$\w*(?i:pass|pwd|secret|token|key|cred)\w*\Z | \A\$\d\Z  # $PASSWORD, $dbPass, $1
    | \{[A-Za-z_][\w.-]*(?:[!:][^{}\s]{0,40})?\} | \{\d?\}                                # {password}, {pw:>8}, {}, {0}
    | \A%[A-Za-z_]\w*%\Z | \A%[svdq]\Z | %\(\w+\)[sd] | \A@[A-Za-z_.]\w*@\Z                # %PASS%, %s, %(password)s, @pass@
    | \A:[A-Za-z_]+\Z | \A\[[A-Za-z_ .-]*\]\Z | \A<.*>?\Z | \A_+[A-Z_]+_+\Z               # :password, [PASSWORD], <pw, __PASSWORD__
    | \A[A-Z]+(?:_[A-Z]+){0,6}_(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|KEY)\Z           # DOCKER_PASSWORD, a variable's name
    | \b(?:os\.environ|process\.env|getenv|environ\.get|env\.[A-Z_]+)""",
    re.VERBOSE | re.DOTALL,
)
_STORED_ELSEWHERE = re.compile(
    rb"\A(?:vault:|ssm:|awssm:|gcpsm:|akv:|ref\+|secretref:|secretKeyRef|keyvault|@Microsoft\.KeyVault|arn:aws:|ENC\[|ENC\(|op://|sm://|"
    rb"\{cipher\}|\{vault\}|!vault|AgA[A-Za-z0-9+/]{200})",
    re.IGNORECASE,
)
_UNMISTAKABLE = re.compile(
    rb"example|placeholder|change.?me|redacted|insert.?your|your[-_. ]|[-_. ]here\Z|\*\*\*|xxxx|\.\.\.|\xe2\x80\xa6", re.IGNORECASE
)
SHORTEST, LONGEST = 3, 4096  # `u:p@host` stands in prose, not in front of anything
_MASK = frozenset(b"*xX.-_#?~")


def is_secret_password(value: bytes) -> bool:
    """Whether a password that was read out of a construct could open something."""
    value = value.strip()
    if not SHORTEST <= len(value) <= LONGEST or _masked(value):
        return False
    if _FILLED_IN.search(value) or _STORED_ELSEWHERE.match(value) or _UNMISTAKABLE.search(value):
        return False
    return not _only_words(value)


def _masked(value: bytes) -> bool:
    """Nothing but masking characters, or bullets in UTF-8."""
    return set(value) <= _MASK or not value.replace(b"\xe2\x80\xa2", b"").replace(b"\xe2\x97\x8f", b"")


def _only_words(value: bytes) -> bool:
    """Whether the letters split into known words, one of them telling; linear in the length."""
    text = "".join(map(chr, value)).lower()
    if len(text) > 64:
        return False
    letters = "".join(c for c in text if c.isalnum())
    reached: dict[int, bool] = {0: False}  # end of a word -> whether a telling one was met on some way there
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST), end):
            word = letters[start:end]
            if start in reached and word in _WORDS:
                reached[end] = reached.get(end, False) or reached[start] or word in _TELLING
    return reached.get(len(letters), False) if letters else False


def public_parts(pairs: Iterable[tuple[str, bytes | str | int | None]], secret: bytes) -> tuple[tuple[str, str | int], ...]:
    """The parts that may be shown: those that are known, and that do not hold the secret (guest:guest shows no user)."""
    shown: list[tuple[str, str | int]] = []
    hidden = canon.text(secret)
    for name, part in pairs:
        if isinstance(part, int):
            shown.append((name, part))
        elif part:
            text = canon.text(part.encode() if isinstance(part, str) else part)[:256]
            if not hidden or hidden not in text:
                shown.append((name, text))
    return tuple(shown)


LABELS = ("scheme", "registry", "user", "host", "port", "database")


def labelled(candidate: Candidate) -> Parsed | None:
    """A pattern that names its own parts in groups (user, host, port, database): only the password is judged."""
    value = candidate.value
    if not is_secret_password(value):
        return None
    pairs: list[tuple[str, bytes | str | int | None]] = []
    for name in LABELS:
        part = candidate.groups.get(name)
        if name != "port":
            pairs.append((name, part))
        elif part and part.isdigit() and len(part) <= 5:
            pairs.append((name, int(part)))
    return Parsed(candidate.secret, value, public_parts(pairs, value))
