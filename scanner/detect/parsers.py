"""The parsers that a rule can name; each module is loaded when a rule first needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from scanner.detect.candidate import Candidate
from scanner.model.evidence import Parsed

Parser = Callable[[Candidate], Parsed | None]


def _later(module: str, name: str) -> Parser:
    """A parser that loads its module at its first call, so that the hook does not pay for what it does not need."""
    loaded: list[Parser] = []

    def parse(candidate: Candidate) -> Parsed | None:
        if not loaded:
            loaded.append(getattr(import_module(f"scanner.detect.{module}"), name))
        return loaded[0](candidate)

    return parse


PARSERS: Mapping[str, Parser] = {
    "basic-auth": _later("http_auth", "basic"),
    "bearer": _later("http_auth", "bearer"),
    "cifs": _later("dsn.directives", "cifs"),
    "client-command": _later("dsn.command", "command"),
    "connection-call": _later("dsn.calls", "call"),
    "connection-settings": _later("dsn.settings", "settings"),
    "directive": _later("dsn.directives", "directive"),
    "docker-auth": _later("pull_secret", "auth_entry"),
    "docker-config": _later("pull_secret", "encoded_config"),
    "docker-login": _later("registry_login", "login"),
    "dsn-base64": _later("dsn.encoded", "encoded"),
    "go-mysql": _later("dsn.gomysql", "go_mysql"),
    "jaas": _later("dsn.jaas", "jaas"),
    "jdbc": _later("dsn.jdbc", "jdbc"),
    "jwk": _later("keys", "jwk"),
    "jwt": _later("jwt", "jwt"),
    "jwt-base64": _later("jwt", "encoded"),
    "jwt-kubernetes": _later("jwt", "kubernetes"),
    "labelled": _later("password", "labelled"),
    "libpq": _later("dsn.libpq", "libpq"),
    "netrc": _later("dsn.netrc", "netrc"),
    "odbc": _later("dsn.odbc", "odbc"),
    "passfile": _later("dsn.libpq", "passfile"),
    "pem": _later("keys", "pem"),
    "pem-base64": _later("keys", "pem_base64"),
    "ppk": _later("keys", "ppk"),
    "proxy": _later("dsn.url", "proxy"),
    "redis-options": _later("dsn.odbc", "stack_exchange"),
    "registry-creds": _later("registry_login", "creds"),
    "registry-flags": _later("registry_login", "kubectl"),
    "url": _later("dsn.url", "url"),
    "url-token": _later("dsn.url", "token"),
    "user-password": _later("http_auth", "user_password"),
}
