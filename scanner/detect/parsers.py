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
    "aws-key-id": _later("forge", "aws_key_id"),
    "aws-secret": _later("forge", "aws_secret"),
    "basic-auth": _later("http_auth", "basic"),
    "bearer": _later("http_auth", "bearer"),
    "bundler": _later("registry.settings", "bundler"),
    "cargo-login": _later("registry.settings", "cargo_login"),
    "cifs": _later("dsn.directives", "cifs"),
    "client-command": _later("dsn.command", "command"),
    "composer-auth": _later("registry.composer", "auth"),
    "connection-call": _later("dsn.calls", "call"),
    "connection-settings": _later("dsn.settings", "settings"),
    "credential": _later("credential", "credential"),
    "directive": _later("dsn.directives", "directive"),
    "docker-auth": _later("registry.docker_config", "auth_entry"),
    "docker-auths": _later("registry.docker_config", "auths"),
    "docker-config": _later("registry.docker_config", "encoded_config"),
    "docker-login": _later("registry.command", "login"),
    "dsn-base64": _later("dsn.encoded", "encoded"),
    "gitlab-token": _later("forge", "gitlab"),
    "go-mysql": _later("dsn.gomysql", "go_mysql"),
    "gradle-credentials": _later("registry.gradle", "credentials"),
    "ivy-credentials": _later("registry.xml", "ivy"),
    "jaas": _later("dsn.jaas", "jaas"),
    "jdbc": _later("dsn.jdbc", "jdbc"),
    "jwk": _later("keys", "jwk"),
    "jwt": _later("jwt", "jwt"),
    "jwt-base64": _later("jwt", "encoded"),
    "jwt-kubernetes": _later("jwt", "kubernetes"),
    "jwt-prefixed": _later("forge", "prefixed_jwt"),
    "kubernetes-from-literal": _later("kubernetes.generator", "from_literal"),
    "kubernetes-generator": _later("kubernetes.generator", "literals"),
    "kubernetes-secret": _later("kubernetes.secret", "values"),
    "kubernetes-terraform": _later("kubernetes.generator", "terraform"),
    "labelled": _later("password", "labelled"),
    "libpq": _later("dsn.libpq", "libpq"),
    "maven-settings": _later("registry.xml", "maven"),
    "mnemonic": _later("bip39", "mnemonic"),
    "netrc": _later("dsn.netrc", "netrc"),
    "nkey-seed": _later("nkeys", "seed"),
    "npmrc": _later("registry.npm", "npmrc"),
    "nuget-config": _later("registry.xml", "nuget"),
    "odbc": _later("dsn.odbc", "odbc"),
    "package-command": _later("registry.command", "packages"),
    "package-index": _later("registry.address", "index"),
    "package-settings": _later("registry.settings", "command"),
    "passfile": _later("dsn.libpq", "passfile"),
    "pem": _later("keys", "pem"),
    "pem-base64": _later("keys", "pem_base64"),
    "ppk": _later("keys", "ppk"),
    "proxy": _later("dsn.url", "proxy"),
    "pypirc": _later("registry.ini", "pypirc"),
    "redis-options": _later("dsn.odbc", "stack_exchange"),
    "registry-below": _later("registry.pairs", "value"),
    "registry-beside": _later("registry.pairs", "beside"),
    "registry-block": _later("registry.pairs", "hcl"),
    "registry-creds": _later("registry.command", "creds"),
    "registry-environment": _later("registry.settings", "environment"),
    "registry-flags": _later("registry.command", "flag"),
    "registry-step": _later("registry.pairs", "step"),
    "registry-table": _later("registry.ini", "tables"),
    "sbt-credentials": _later("registry.gradle", "sbt"),
    "sbt-properties": _later("registry.ini", "properties"),
    "ssh2": _later("keys", "ssh2"),
    "url": _later("dsn.url", "url"),
    "url-token": _later("dsn.url", "token"),
    "user-password": _later("http_auth", "user_password"),
    "yarnrc": _later("registry.npm", "yarnrc"),
}
