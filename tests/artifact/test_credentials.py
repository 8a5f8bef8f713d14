"""Credentials as Docker and podman keep them, and as helpers give them."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from scanner.artifact.credentials import Credential, Credentials
from scanner.errors import LeaksealError

SECRET = secrets.token_hex(12)


def auth(user: str, password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def known(folder: Path, config: Any, **more: str) -> Credentials:
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    return Credentials.of({"DOCKER_CONFIG": str(folder), "PATH": str(folder), **more})


def helper(folder: Path, name: str, script: str) -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


@pytest.mark.parametrize("config", [
    {}, {"auths": {}}, {"auths": {"other.example": auth("u")}}, {"auths": {"host.example": {}}}, {"auths": []},
    {"auths": {"host.example": 7}},
    {"auths": {"host.example.org": auth("u")}}, {"auths": {"host.example/other": auth("u")}},
])  # fmt: skip
def test_without_an_entry_for_the_host_there_are_none(tmp_path: Path, config: Any) -> None:
    assert known(tmp_path, config).find("host.example", "shop/app") is None


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert Credentials.of({"HOME": str(tmp_path)}).find("host.example") is None


@pytest.mark.parametrize(("key", "host"), [
    ("host.example", "host.example"), ("https://host.example", "host.example"), ("https://host.example/v1/", "host.example"),
    ("host.example:5000", "host.example:5000"), ("https://index.docker.io/v1/", "docker.io"), ("docker.io", "docker.io"),
])  # fmt: skip
def test_an_entry_is_found_by_its_host(tmp_path: Path, key: str, host: str) -> None:
    assert known(tmp_path, {"auths": {key: auth("user")}}).find(host, "shop/app") == Credential("user", SECRET)


def test_the_most_special_entry_counts(tmp_path: Path) -> None:
    entries = {"host.example": auth("host"), "host.example/shop": auth("shop"), "host.example/shop/app": auth("app")}
    found = known(tmp_path, {"auths": entries})
    users = [found.find("host.example", name) for name in ("shop/app", "shop/other", "else/app")]
    assert [user.user for user in users if user] == ["app", "shop", "host"]


def test_tokens_are_told_from_passwords(tmp_path: Path) -> None:
    entries = {"a.example": {"identitytoken": SECRET, **auth("00", "")}, "b.example": {"registrytoken": SECRET}}
    found = known(tmp_path, {"auths": entries})
    assert found.find("a.example") == Credential(identity=SECRET)
    assert found.find("b.example") == Credential(bearer=SECRET)


def test_podmans_file_is_read_before_dockers(tmp_path: Path) -> None:
    other = tmp_path / "auth.json"
    other.write_text(json.dumps({"auths": {"host.example": auth("podman")}}))
    found = known(tmp_path, {"auths": {"host.example": auth("docker")}}, REGISTRY_AUTH_FILE=str(other)).find("host.example")
    assert found is not None
    assert found.user == "podman"


def test_a_helper_is_asked_for_its_host_and_the_store_for_all_others(tmp_path: Path) -> None:
    for name in ("one", "two"):
        helper(tmp_path, name, f"""read server; echo "{{\\"Username\\": \\"{name} $server\\", \\"Secret\\": \\"{SECRET}\\"}}" """)
    found = known(tmp_path, {"credHelpers": {"host.example": "one"}, "credsStore": "two", "auths": {"other.example": {}}})
    assert found.find("host.example", "app") == Credential("one host.example", SECRET)
    assert found.find("other.example", "app") == Credential("two other.example", SECRET)
    assert found.find("docker.io", "library/a") == Credential("two https://index.docker.io/v1/", SECRET)


def test_a_helper_may_give_a_token_or_nothing(tmp_path: Path) -> None:
    helper(tmp_path, "token", f"""echo '{{"Username": "<token>", "Secret": "{SECRET}"}}'""")
    helper(tmp_path, "empty", "echo credentials not found in native keychain; exit 1")
    found = known(tmp_path, {"credHelpers": {"a.example": "token", "b.example": "empty"}})
    assert found.find("a.example") == Credential(identity=SECRET)
    assert found.find("b.example") is None


@pytest.mark.parametrize("config", [
    "{", "[]", "null", "[" * 100_000, {"auths": {"host.example": {"auth": SECRET + "%"}}}, {"credsStore": "missing"},
    {"auths": {"host.example": {"auth": "/////w=="}}}, {"credsStore": "../../bin/sh"}, {"credHelpers": {"host.example": "bad"}},
    {"credHelpers": {"host.example": "odd"}},
])  # fmt: skip
def test_what_cannot_be_read_stops_with_a_sentence_that_gives_nothing_away(tmp_path: Path, config: Any) -> None:
    helper(tmp_path, "bad", f"echo {SECRET}; echo {SECRET} >&2; exit 3")
    helper(tmp_path, "odd", f'echo "[\\"{SECRET}\\"]"')
    with pytest.raises(LeaksealError) as said:
        known(tmp_path, config).find("host.example", "app")
    assert said.value.hint
    assert SECRET not in said.value.message + said.value.hint


def test_a_credential_does_not_print() -> None:
    assert SECRET not in repr(Credential(SECRET, SECRET, SECRET, SECRET))
