"""What a setting's name says about a password: `DB_PASSWORD_PROD` is that of `DB_`, and its neighbours end in `_PROD`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.detect.dsn.services import SERVICES, words

_WORD = re.compile(
    r"(?:pass(?:w(?:or)?d|phrase)?|pwd|pw|passwort|authtok|rediscli_auth|(?<=minio)_?secret_?key|(?<=s3)[_.]?secret_?(?:access_?)?key"
    r"|(?<=minio.)secret_?key|(?<=minio_access_)secret|secret_?key)"
    r"(?P<tail>(?:[_.\-]?(?:prod|production|dev|devel|development|test|testing|staging|stage|live|local|qa|uat|int|ro|rw|read|write|primary|replica"
    r"|master|slave|main|default|backup|old|new|plain|plaintext|db|database|mysql|postgres|postgresql|pg|redis|mongo|mongodb|smtp|mail|ldap|root|admin|user"
    r"|[a-z]?\d{1,3}|\d{4}))?)\Z",
    re.IGNORECASE,
)
_GLUED = frozenset(SERVICES) | {
    "root", "admin", "adm", "user", "login", "my", "default", "bind", "owner", "app", "host", "auth", "conn", "connection",
}  # fmt: skip
# Passphrases of key files, and passwords that are asked for, wrong, or none.
_NOT_A_LOGIN = frozenset(
    {
        "keystore",
        "truststore",
        "ssl",
        "tls",
        "pfx",
        "p12",
        "jks",
        "pem",
        "certificate",
        "cert",
        "sslkey",
        "invalid",
        "wrong",
        "incorrect",
        "bad",
    }
    | {"missing", "empty", "forgot", "reset", "change", "confirm", "show", "hide", "no", "without", "require", "requires", "min", "max"}
)
_SEPARATORS = "_.-"
_LAST = re.compile(r"(?:[A-Z]?[a-z0-9]+|[A-Z0-9]+)[^A-Za-z0-9]?\Z")
_DROPS = 2
_REDIS = "rediscli_auth"


@dataclass(frozen=True, slots=True)
class SecretName:
    """The name of a password's setting, in what stands before and after the word for it."""

    stem: str
    tail: str


def secret_name(name: str) -> SecretName | None:
    """None if the name is not that of a password: `bypass`, `password_hash`, `PASSWORD_FILE`."""
    word = _WORD.search(name)
    if word is None:
        return None
    stem, said = name[: word.start()], word[0].lower()
    if said.startswith(_REDIS):
        return SecretName("redis_", word["tail"])
    if _NOT_A_LOGIN & set(words(stem)):
        return None
    camel = word[0][0].isupper() and stem[-1:].islower()
    last = re.split(r"[_.\-]", stem.lower())[-1]
    if last + said == "pgpass":
        return None  # the passfile
    whole = not last or camel or last in _GLUED or (said.startswith(("password", "passwd")) and last != "no")
    return SecretName(stem, word["tail"]) if whole else None


def beside(name: str, stem: str, tail: str) -> str | None:
    """What is left of a neighbour's name without a stem and a tail, all in small letters; None if it has another."""
    if not name.startswith(stem) or not name.endswith(tail):
        return None
    return name[len(stem) : len(name) - len(tail)].strip(_SEPARATORS) or None


def stems(secret: SecretName) -> list[str]:
    """The stem in small letters, and without its last word and last two: EMAIL_HOST_PASSWORD stands beside EMAIL_PORT."""
    stem, found = secret.stem, []
    for _ in range(_DROPS + 1):
        if stem:
            found.append(stem.lower())
        stem = _LAST.sub("", stem.rstrip(_SEPARATORS))
    return found
