"""The parsers that a rule can name; each module is loaded when a rule first needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from scanner.detect.candidate import Candidate
from scanner.model.evidence import Parsed

Parser = Callable[[Candidate], Parsed | tuple[Parsed, ...] | None]  # several, where one construct holds several secrets


def _later(module: str, name: str) -> Parser:
    """A parser that loads its module at its first call, so that the hook does not pay for what it does not need."""
    loaded: list[Parser] = []

    def parse(candidate: Candidate) -> Parsed | tuple[Parsed, ...] | None:
        if not loaded:
            loaded.append(getattr(import_module(f"scanner.detect.{module}"), name))
        return loaded[0](candidate)

    return parse


PARSERS: Mapping[str, Parser] = {
    "basic-auth": _later("http_auth", "basic"),
    "bearer": _later("http_auth", "bearer"),
    "docker-auth": _later("pull_secret", "auth_entry"),
    "docker-config": _later("pull_secret", "encoded_config"),
    "docker-login": _later("registry_login", "login"),
    "jdbc": _later("keywords", "jdbc"),
    "jwk": _later("keys", "jwk"),
    "jwt": _later("jwt", "jwt"),
    "jwt-base64": _later("jwt", "encoded"),
    "jwt-kubernetes": _later("jwt", "kubernetes"),
    "kubernetes-from-literal": _later("kubernetes.generator", "from_literal"),
    "kubernetes-generator": _later("kubernetes.generator", "literals"),
    "kubernetes-secret": _later("kubernetes.secret", "values"),
    "kubernetes-terraform": _later("kubernetes.generator", "terraform"),
    "labelled": _later("password", "labelled"),
    "libpq": _later("keywords", "libpq"),
    "odbc": _later("keywords", "odbc"),
    "pem": _later("keys", "pem"),
    "pem-base64": _later("keys", "pem_base64"),
    "ppk": _later("keys", "ppk"),
    "registry-creds": _later("registry_login", "creds"),
    "registry-flags": _later("registry_login", "kubectl"),
    "url": _later("dsn", "url"),
    "user-password": _later("http_auth", "user_password"),
}
