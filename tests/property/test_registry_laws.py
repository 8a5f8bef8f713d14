"""A login rendered in any format is read back: the same registry, user and password, and the span is exactly what was written."""

from __future__ import annotations

import base64
import json
import shlex
import string
from collections.abc import Callable
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner import examples
from scanner.detect.kubernetes.judge import judged
from scanner.detect.password import is_secret_password
from scanner.detect.spoken import spoken
from tests.detect.reading import seen

HOSTS = st.builds("{}.{}.lan".format, *[st.from_regex(r"[a-z][a-z0-9]{2,10}", fullmatch=True)] * 2)
USERS = st.from_regex(r"[a-z][a-z0-9_]{2,12}[a-z]", fullmatch=True).filter(lambda user: user not in ("username",))
ANY = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=10, max_size=40)
SIMPLE = st.text(string.ascii_letters + string.digits + "_-.", min_size=10, max_size=40)


def secret(password: str, user: str, host: str) -> bool:
    """Whether the password could open something, and is not a part of what may be shown."""
    data = password.encode()
    return is_secret_password(data) and not spoken(data) and not examples.known(data) and not any(password in part for part in (user, host))


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(host: str, user: str, password: str) -> str:
    return json.dumps({"auths": {host: {"auth": b64(f"{user}:{password}")}}})


Format = tuple[Callable[[str, str, str], str], Callable[[str, str, str], str], str]  # the text, what is written in it, the rule
YAML = {
    "plain": {}, "double": {"default_style": '"'}, "single": {"default_style": "'"},
    "flow": {"default_flow_style": True}, "narrow": {"width": 20},
}  # fmt: skip
SECRETS: dict[str, Callable[[str, str, str], str]] = {
    style: lambda host, user, password, how=how: yaml.safe_dump(
        {"kind": "Secret", "metadata": {"name": user}, "data": {"password": b64(password)}}, **how
    )
    for style, how in YAML.items()
} | {
    f"json-{indent}": lambda host, user, password, indent=indent: json.dumps(
        {"kind": "Secret", "metadata": {"name": user}, "data": {"password": b64(password)}}, indent=indent
    )
    for indent in (None, 2)
}
EXACT: dict[str, Format] = {
    "config.json": (config, lambda h, u, p: b64(f"{u}:{p}"), "docker-config-auth"),
    "config.json fields": (
        lambda h, u, p: json.dumps({"auths": {h: {"username": u, "password": p}}}),
        lambda h, u, p: json.dumps(p)[1:-1],
        "docker-config-password",
    ),
    "dockerconfigjson": (
        lambda h, u, p: "data:\n  .dockerconfigjson: " + b64(config(h, u, p)) + "\n",
        lambda h, u, p: b64(config(h, u, p)),
        "dockerconfigjson",
    ),
    "auth.toml": (
        lambda h, u, p: f"[http-basic.{u}]\nusername = {json.dumps(u)}\npassword = {json.dumps(p)}\n",
        lambda h, u, p: json.dumps(p)[1:-1],
        "registry-table",
    ),
    "settings.xml": (
        lambda h, u, p: f"<proxy><host>{h}</host><username>{u}</username><password>{escape(p)}</password></proxy>",
        lambda h, u, p: escape(p),
        "maven-settings-password",
    ),
    "auth.json": (
        lambda h, u, p: json.dumps({"http-basic": {h: {"username": u, "password": p}}}),
        lambda h, u, p: json.dumps(p)[1:-1],
        "composer-auth",
    ),
    "pip.conf": (
        lambda h, u, p: f"[global]\nindex-url = https://{u}:{quote(p, safe='')}@{h}/simple\n",
        lambda h, u, p: quote(p, safe=""),
        "package-index-url",
    ),
    ".npmrc": (lambda h, u, p: f"//{h}/:_auth={b64(f'{u}:{p}')}\n", lambda h, u, p: b64(f"{u}:{p}"), "npmrc-auth"),
    "Credentials": (
        lambda h, u, p: f'credentials += Credentials("Nexus", "{h}", "{u}", "{p}")',
        lambda h, u, p: p,
        "sbt-credentials",
    ),
    "imageCredentials": (
        lambda h, u, p: yaml.safe_dump({"imageCredentials": {"registry": h, "username": u, "password": p}}, width=1000),
        lambda h, u, p: "",
        "registry-login-mapping",
    ),
    "docker login": (
        lambda h, u, p: f"docker login -u {u} -p {shlex.quote(p)} {h}\n",
        lambda h, u, p: p,
        "docker-login",
    ),
    "docker-server": (
        lambda h, u, p: f"kubectl create secret docker-registry r --docker-server={h} --docker-username={u} --docker-password='{p}'\n",
        lambda h, u, p: p,
        "kubectl-docker-registry",
    ),
}
UNQUOTED = {"docker login": "'", "docker-server": "'", "Credentials": '"\\', "pip.conf": "", "settings.xml": "{"}


@pytest.mark.parametrize("name", sorted(EXACT))
@settings(max_examples=80)
@given(host=HOSTS, user=USERS, password=ANY | SIMPLE)
def test_a_rendered_login_is_read_back(name: str, host: str, user: str, password: str) -> None:
    assume(secret(password, user, host) and not any(sign in password for sign in UNQUOTED.get(name, "")))
    text, written, rule = EXACT[name]
    rendered = text(host, user, password)
    hits = [hit for hit in seen(rendered) if hit.rule.id == rule]
    assert len(hits) == 1
    parts = dict(hits[0].parts)
    assert hits[0].value == password.encode()
    assert parts["user"] == user
    assert host in str(parts["registry"]) or name == "auth.toml"
    if form := written(host, user, password):
        assert rendered.encode()[hits[0].secret.start : hits[0].secret.end] == form.encode()


@pytest.mark.parametrize("style", sorted(SECRETS))
@settings(max_examples=50)
@given(name=USERS, password=SIMPLE)
def test_a_value_of_a_secret_is_read_back_in_every_style(style: str, name: str, password: str) -> None:
    assume(secret(password, name, "") and judged(b"password", password.encode()))
    rendered = SECRETS[style]("", name, password)
    hits = [hit for hit in seen(rendered) if hit.rule.id == "kubernetes-secret-value"]
    assert [(dict(hit.parts).get("key"), dict(hit.parts).get("name"), hit.value) for hit in hits] == [("password", name, password.encode())]
    assert rendered[hits[0].secret.start : hits[0].secret.end] == b64(password)


@pytest.mark.parametrize("style", sorted(YAML))
@settings(max_examples=50)
@given(password=ANY)
def test_a_plain_value_of_a_secret_is_read_back_in_every_style(style: str, password: str) -> None:
    assume(secret(password, "", "") and "\\" not in password and len(password) < 20)
    rendered = yaml.safe_dump({"kind": "Secret", "stringData": {"db_password": password}}, **{**YAML[style], "width": 1000})
    hits = [hit for hit in seen(rendered) if hit.rule.id == "kubernetes-secret-value"]
    assert all(hit.value == password.encode() for hit in hits)
