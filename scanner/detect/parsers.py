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
    "composer-auth": _later("registry.composer", "auth"),
    "credential": _later("credential", "credential"),
    "docker-auth": _later("registry.docker_config", "auth_entry"),
    "docker-auths": _later("registry.docker_config", "auths"),
    "docker-config": _later("registry.docker_config", "encoded_config"),
    "docker-login": _later("registry.command", "login"),
    "gitlab-token": _later("forge", "gitlab"),
    "gradle-credentials": _later("registry.gradle", "credentials"),
    "ivy-credentials": _later("registry.xml", "ivy"),
    "jdbc": _later("keywords", "jdbc"),
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
    "libpq": _later("keywords", "libpq"),
    "maven-settings": _later("registry.xml", "maven"),
    "mnemonic": _later("bip39", "mnemonic"),
    "nkey-seed": _later("nkeys", "seed"),
    "npmrc": _later("registry.npm", "npmrc"),
    "nuget-config": _later("registry.xml", "nuget"),
    "odbc": _later("keywords", "odbc"),
    "package-command": _later("registry.command", "packages"),
    "package-index": _later("registry.address", "index"),
    "package-settings": _later("registry.settings", "command"),
    "pem": _later("keys", "pem"),
    "pem-base64": _later("keys", "pem_base64"),
    "ppk": _later("keys", "ppk"),
    "pypirc": _later("registry.ini", "pypirc"),
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
    "url": _later("dsn", "url"),
    "user-password": _later("http_auth", "user_password"),
    "yarnrc": _later("registry.npm", "yarnrc"),
}
