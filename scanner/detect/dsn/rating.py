"""How sure and how bad: logins that everybody knows, and hosts that are nobody's or one's own."""

from __future__ import annotations

import re

Rating = tuple[float | None, str | None]  # confidence, severity; None: the rule's own

_UNTOLD: Rating = (None, None)
# What vendors ship or document, and what tops every list of bad passwords: it opens something, but everybody knows it.
_KNOWN = frozenset(
    b"tiger guest postgres root admin administrator sa test testing tester demo dev develop developer local docker app mysql mariadb redis"
    b" mongo mongodb rabbitmq bitnami minio minioadmin elastic foobared neo4j cassandra sysdba masterkey manager oracle system sys"
    b" nacos hunter2 hunter12 opensesame swordfish qwerty qwertz abc123 abcd1234 letmein welcome hello world master superuser db"
    b" database default keycloak 1234 12345 123456 1234567 12345678 123456789 1234567890 111111 000000 123123 654321"
    b" p@ss p@ssw0rd p@ssword passw0rd pa55word pa$$word pa$$w0rd s3cr3t s3cret secr3t super strong".split()
)
_COUNTED = re.compile(rb"[-_.]?(?:0*[0-9]{1,2}|123|1234|12345|123456)[!.]?\Z")
_TELLING = re.compile(
    rb"password|passwort|passwd|pass|pwd|secret|pw|username|user|admin|\b(?:my|the|some|new|old)(?=[a-z_-]{3})|[-_](?:db|database)\b"
)
_SIGNS = re.compile(rb"[^a-z0-9]+")
_LOCAL = re.compile(
    rb"(?:localhost(?:\.localdomain)?|127(?:\.\d{1,3}){3}|\[?::1\]?|0\.0\.0\.0|host\.(?:docker|containers)\.internal)\Z", re.IGNORECASE
)
# RFC 2606's names, and what documentation calls a host.
_NOBODY = re.compile(
    rb"(?:[\w.-]*[.@])?(?:example(?:\.(?:com|org|net|edu))?|test|invalid)\Z"
    rb"|(?:[\w.-]*\.)?(?:acme|domain|foo|bar|mydomain|yourdomain|mycompany|company|somewhere)\.(?:com|org|net|tld)\Z"
    rb"|(?:your|my|some|the)[-_.]?(?:domain|host|hostname|server|site|url|database|db|cluster)\b|(?:example|your|hostname|hostspec|host)(?:\b|\Z)",
    re.IGNORECASE,
)


def rated(password: bytes, host: bytes, *names: bytes) -> Rating:
    """Less sure and less bad for a password that everybody knows or that is made of a name, on a host that is local or made up."""
    weak = known(password) or any(made_of(name, password) for name in (*names, host.partition(b".")[0]) if name)
    hosts = host.split(b",")
    if host and all(_NOBODY.match(one) for one in hosts):
        return (0.3 if weak else 0.5), "low"
    if weak:
        private = not host or _LOCAL.match(host) or b"." not in host.strip(b".")
        return (0.5, "low") if private else (0.7, "medium")
    if host and all(_LOCAL.match(one) for one in hosts):
        return 0.8, "medium"
    return _UNTOLD


def known(password: bytes) -> bool:
    """Whether a password is a well-known one."""
    low = password.lower()
    return low in _KNOWN or _COUNTED.sub(b"", low) in _KNOWN or not _bare(low)


def made_of(name: bytes, password: bytes) -> bool:
    """connector_pwd of the user connector, pass1 of user1."""
    return bool(name) and _bare(name.lower().partition(b"@")[0]) == _bare(password.lower())


def _bare(text: bytes) -> bytes:
    """Without the words that only say what it is, and without counting."""
    return _COUNTED.sub(b"", _SIGNS.sub(b"", _TELLING.sub(b"", text)))
