"""Is a parsed password a secret, or does it only stand for one?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from scanner import canon
from scanner.detect.candidate import Candidate
from scanner.detect.dsn.rating import rated
from scanner.model.content import Span
from scanner.model.evidence import Parsed

# Values made of nothing but these words, in any order and with any punctuation between them, are placeholders:
# `your_db_password`, `change-me`, `mysecretpassword`, `password-1`. At least one must be from TELLING. Words that are real
# default passwords somewhere (guest, postgres, root, admin, test) do not count as telling, so that guest:guest is reported.
TELLING = (
    "bar", "baz", "changeit", "changeme", "changethis", "credential", "credentials", "dummy", "example", "fake", "fixme", "foo",
    "foobar", "hidden", "insert", "key", "letmein", "masked", "missing", "nil", "none", "null", "pass", "passphrase", "passwd",
    "password", "passwort", "placeholder", "pw", "pwd", "redacted", "removed", "replace", "sample", "secret", "snip", "tbd", "todo",
    "token", "undefined", "user", "username", "value", "xxx",
)  # fmt: skip
FILLING = (
    "a", "access", "account", "actual", "admin", "an", "and", "api", "app", "application", "auth", "aws", "bad", "basic", "bind",
    "broker", "cassandra", "change", "client", "code", "database", "db", "default", "elastic", "encoded", "enter", "goes", "here", "id",
    "in", "is", "it", "kafka", "ldap", "login", "mail", "mariadb", "me", "minio", "mongo", "mongodb", "my", "mysql", "name", "new",
    "of", "old", "or", "other", "pg", "postgres", "postgresql", "rabbitmq", "real", "redis", "root", "scylladb", "set", "smtp", "some",
    "stored", "string", "strong", "super", "test", "the", "this", "to", "top", "url", "very", "with", "word", "wrong", "your", "yours",
)  # fmt: skip
_WORDS = frozenset(TELLING + FILLING)
_TELLING = frozenset(TELLING)
_LONGEST = max(map(len, _WORDS))
_COUNTED = re.compile(rb"[-_.]?(?:0{0,3}[0-9]{1,2}|123|1234|12345|123456|321|4321)\Z")  # password1, pwd-02; Password1 is what people choose

# Something else is put here later: a shell, template or format expression, or a name in a program.
_FILLED_IN = re.compile(
    rb"""\$\{ | \{\{ | \$\( | \#\{ | \{% | <% | \$\[ | \$\$\{ | @\{ | \\\(\w               # ${PW} {{ .Values.x }} $(cat f) #{x} {% x %}
    | \A\$[A-Za-z_]+\Z | \A\$[A-Z_][A-Z0-9_]*(?:\Z|[/:]) | \A\$\w*(?i:pass|pwd|secret|token|key|cred)\w*\Z  # $pw, $DB1_PW, $dbPass2
    | \A\$\d\Z | \A\$[A-Za-z_]\w*(?:\[|->|\.[a-z]|::?[a-zA-Z])                             # $1, $config['x'], $this->x, $env:X
    | \{\$?[A-Za-z_][\w.-]*(?:[!:][^{}\s]{0,40})?\} | \{\d?\}                             # {password}, {pw:>8}, {}, {0}
    | \A\{[A-Za-z_][\w.]*(?:\(|\Z) | \A["'][ ]?[+.][ ]?[A-Za-z_$]                           # {quote(pw)}, " + password + "
    | \A%[A-Za-z_]\w*%\Z | \A![A-Za-z_]\w*!\Z | \A%[svdq]\Z | %\(\w+\)[sd] | \A@[A-Za-z_][\w.]*@?\Z  # %PASS%, %s, %(pw)s, @pass@
    | \A:[A-Za-z_]+\Z | \A\[[A-Za-z_ .-]*\]\Z | \A<.*>?\Z | \A_+[A-Z_]+_+\Z               # :password, [PASSWORD], <pw, __PASSWORD__
    | \A[A-Z]+(?:_[A-Z]+){0,6}_(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|KEY)\Z           # DOCKER_PASSWORD, a variable's name
    | (?:\|[\w:/+\\]{2,24}){4}                                                             # alternatives of a regular expression
    | \b(?:os\.environ|process\.env|getenv|environ\.get|env\.[A-Z_]+|ENV\[|Environment\.Get)
    | \A(?:var|local|module|data|random_password|each)\.[a-z]\w*                         # Terraform
    | \A!(?i:secret|ref|sub|getatt|env|vault|var|reference|importvalue|findinmap)\b""",
    re.VERBOSE | re.DOTALL,
)
_DEFAULT = re.compile(rb"\$\{([A-Za-z_][\w.\-]{0,100}?)(:?-|:=|:(?![-?+=]))([^${}]{1,512})\}\Z")
_STORED_ELSEWHERE = re.compile(
    rb"\A(?:vault:|ssm:|awssm:|gcpsm:|akv:|ref\+|secretref:|secretKeyRef|keyvault|@Microsoft\.KeyVault|arn:aws:|ENC\[|ENC\(|op://|sm://"
    rb"|\{cipher\}|\{vault\}|\{[A-Za-z0-9+/]{20,}={0,2}\}\Z"  # Spring Cloud, Maven
    rb"|projects/[\w.-]+/secrets/|(?:file:|secrets?:|env:|keepass:|aws-sm:|doppler:|infisical:)/?/?[A-Za-z_/.]+\Z"
    rb"|/(?:run|var|etc|mnt|vault)/[\w./-]+\Z|(?-i:/(?:[a-z._-]+/){1,8}[a-z0-9._-]+\Z)"  # a file
    rb"|Ag[A-Za-z0-9+/]{200}|vault(?:ed)?_[a-z_]+\Z)",  # a SealedSecret, Ansible's vault
    re.IGNORECASE,
)
_UNMISTAKABLE = re.compile(
    rb"example|placeholder|user(?:name)?:pass|"
    rb"change.?me|redacted|insert.?your|your[-_. ]|[-_. ]here\Z|\*\*\*|xxxx|\.\.\.|\xe2\x80\xa6",
    re.IGNORECASE,
)
# A server's own record of a password, which nobody can log in with: bcrypt, crypt, SCRAM, MySQL, PostgreSQL, LDAP.
_HASHED = re.compile(
    rb"\A(?:\$2[abxy]?\$\d\d\$|\$(?:1|5|6|y|apr1|argon2id?)\$|SCRAM-SHA-\d+\$|\*[0-9A-F]{40}\Z|md5[0-9a-f]{32}\Z|\{S?SHA\d*\}|\{SSHA|pbkdf2)"
)
_USUAL = 64  # bytes
SHORTEST, LONGEST = 3, 4096  # `u:p@host` stands in prose, not in front of anything
_MASK = frozenset(b"*xX.-_#?~")


def is_secret_password(value: bytes) -> bool:
    """Whether a password that was read out of a construct could open something."""
    value = value.strip()
    return _could_open(value) if len(value) <= _USUAL else _opens(value)


def _opens(value: bytes) -> bool:
    if not SHORTEST <= len(value) <= LONGEST or _masked(value):
        return False
    if _FILLED_IN.search(value) or _STORED_ELSEWHERE.match(value) or _UNMISTAKABLE.search(value):
        return False
    if _HASHED.match(value):
        return False
    bare = _COUNTED.sub(b"", value) if value.islower() or value.isupper() else value
    return not _only_words(bare)


_could_open = lru_cache(maxsize=1024)(_opens)  # a program's tests have the same few words in many places


def fallback(value: bytes) -> Span | None:
    """Where in `${NAME:-what is used without it}` (shell, Compose) or `${NAME:…}` (Spring) the default stands."""
    default = _DEFAULT.match(value)
    if default is None or (default[2] == b":" and default[1].isalpha() and not default[1].isupper()):
        return None  # ${vault:…} names what is elsewhere
    return Span(*default.span(3))


def _masked(value: bytes) -> bool:
    """Nothing but masking characters, one character over and over, or bullets in UTF-8."""
    return set(value) <= _MASK or len(set(value)) == 1 or not value.replace(b"\xe2\x80\xa2", b"").replace(b"\xe2\x97\x8f", b"")


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
    user, host, database = (candidate.groups.get(name, b"") for name in ("user", "host", "database"))
    confidence, severity = rated(value, host, user, database)
    return Parsed(candidate.secret, value, public_parts(pairs, value), None, confidence, severity)
