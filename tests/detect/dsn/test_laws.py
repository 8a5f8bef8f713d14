"""What is rendered in any syntax, quoted or encoded as it asks for, reads back: the same parts, and the span of the password as it was written."""

from __future__ import annotations

import base64
import json
import shlex
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner.detect.password import fallback, is_secret_password
from tests.detect.dsn.through import found


@dataclass(frozen=True, slots=True)
class Login:
    """What is rendered."""

    user: str
    host: str
    port: int
    database: str
    password: str = field(repr=False)


Render = Callable[[Login, str], str]  # the login and its password as written -> the text
Write = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a login is written, which signs its password cannot have, and which parts it names."""

    render: Render
    write: Write = str
    without: str = ""
    names: str = "user host port database"


def percent(text: str) -> str:
    return quote(text, safe="")


def doubled(sign: str) -> Write:
    return lambda text: text.replace(sign, sign * 2)


def escaped(*signs: str) -> Write:
    def write(text: str) -> str:
        for sign in ("\\", *signs):
            text = text.replace(sign, "\\" + sign)
        return text

    return write


def url(scheme: str) -> Syntax:
    return Syntax(lambda of, pw: f"X={scheme}://{percent(of.user)}:{pw}@{of.host}:{of.port}/{of.database}", percent)


BARE = "\"'`<>\\ "  # what ends a value without quotes nearly everywhere
SYNTAXES: dict[str, Syntax] = {
    **{scheme: url(scheme) for scheme in ("postgresql+psycopg", "mysql", "mongodb", "amqp", "redis", "ldaps", "https", "sftp", "clickhouse")},
    "raw url": Syntax(lambda of, pw: f"mysql://{of.user}:{pw}@{of.host}:{of.port}/{of.database}", without=BARE + "%?${}"),
    "libpq": Syntax(
        lambda of, pw: f'"host={of.host} port={of.port} user={of.user} dbname={of.database} password=\'{pw}\'"', escaped("'"), '"`'
    ),
    "passfile": Syntax(lambda of, pw: f"{of.host}:5432:{of.database}:{of.user}:{pw}\n", escaped(":"), "\"'`= ", "user host database"),
    "odbc in braces": Syntax(lambda of, pw: f"Driver={{x}};Server={of.host},{of.port};Database={of.database};Uid={of.user};Pwd={{{pw}}};", doubled("}")),
    "ado.net in quotes": Syntax(
        lambda of, pw: f"Server={of.host},{of.port};Database={of.database};User Id={of.user};Password='{pw}';", doubled("'")
    ),
    "ado.net": Syntax(lambda of, pw: f"Password={pw};Server={of.host},{of.port};Database={of.database};User Id={of.user}", without=BARE + ";{"),
    "jdbc query": Syntax(lambda of, pw: f"jdbc:postgresql://{of.host}:{of.port}/{of.database}?user={of.user}&password={pw}", percent),
    "jdbc braces": Syntax(
        lambda of, pw: f"jdbc:sqlserver://{of.host}:{of.port};databaseName={of.database};user={of.user};password={{{pw}}};", doubled("}"), '"{'
    ),
    "jdbc oracle": Syntax(lambda of, pw: f'jdbc:oracle:thin:{of.user}/"{pw}"@//{of.host}:{of.port}/{of.database}', without='"\\'),
    "go": Syntax(lambda of, pw: f'dsn := "{of.user}:{pw}@tcp({of.host}:{of.port})/{of.database}"', without="\"'`\\"),
    "redis options": Syntax(lambda of, pw: f"R={of.host}:{of.port},password={pw},ssl=True", without=BARE + ",", names="host port"),
    "shell": Syntax(
        lambda of, pw: f"DB_HOST={of.host}\nDB_PORT={of.port}\nDB_USER={of.user}\nDB_NAME={of.database}\nDB_PASSWORD='{pw}'\n", without="'"
    ),
    "properties": Syntax(
        lambda of, pw: f"db.host={of.host}\ndb.port={of.port}\ndb.user={of.user}\ndb.password={pw}\ndb.name={of.database}\n",
        without=BARE + "$&|;,(){}[]",
    ),
    "yaml": Syntax(
        lambda of, pw: f"db:\n  host: {of.host}\n  port: {of.port}\n  user: {of.user}\n  password: '{pw}'\n  database: {of.database}\n",
        doubled("'"), "\\",
    ),
    "json": Syntax(
        lambda of, pw: f'{{"db": {{"host": "{of.host}", "port": {of.port}, "user": "{of.user}", "password": "{pw}", "database": "{of.database}"}}}}',
        lambda text: json.dumps(text)[1:-1],
    ),
    "python": Syntax(
        lambda of, pw: f"connect(host='{of.host}', port={of.port}, user='{of.user}', password='{pw}', dbname='{of.database}')", escaped("'")
    ),
    "mysql client": Syntax(lambda of, pw: f"mysql -h {of.host} -P {of.port} -u {of.user} -p'{pw}' {of.database}", without="'"),
    "netrc": Syntax(lambda of, pw: f'machine {of.host} login {of.user} password "{pw}"\n', escaped('"'), names="user host"),
    "jaas": Syntax(lambda of, pw: f'PlainLoginModule required username="{of.user}" password="{pw}";', without="\"'\\; ", names="user"),
}  # fmt: skip
SIGNS = "!#$%&()*+,-./:;<=>?@[]^_`{|}~\"'\\"
NAMES = st.from_regex(r"[a-z][a-z0-9_]{2,9}", fullmatch=True)
HOSTS = st.from_regex(r"[a-z][a-z0-9\-]{1,8}[a-z0-9]\.[a-z]{2,5}\.lan", fullmatch=True)


def passwords(without: str) -> st.SearchStrategy[str]:
    signs = [sign for sign in string.ascii_letters + string.digits + SIGNS if sign not in without]
    return st.tuples(st.sampled_from("bcdfghjkQRTZ"), st.text(st.sampled_from(signs), min_size=8, max_size=24), st.sampled_from("27")).map("".join)


def logins(syntax: Syntax) -> st.SearchStrategy[Login]:
    return st.builds(Login, NAMES, HOSTS, st.integers(1, 65535), NAMES, passwords(syntax.without))


def usable(text: str) -> bool:
    return is_secret_password(text.encode()) and fallback(text.encode()) is None and "://" not in text


@pytest.mark.parametrize("name", SYNTAXES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_rendered_reads_back(name: str, data: st.DataObject) -> None:
    syntax = SYNTAXES[name]
    login = data.draw(logins(syntax))
    written = syntax.write(login.password)
    assume(usable(login.password) and usable(written))
    text = syntax.render(login, written)
    (hit,) = found(text)
    assert (text[hit.secret.start : hit.secret.end] == written, hit.value.decode() == login.password) == (True, True)
    shown = dict(hit.parts)
    expected = {part: getattr(login, part) for part in syntax.names.split()}
    assert {part: shown.get(part) for part in expected} == expected


@settings(max_examples=60, deadline=None)
@given(login=logins(Syntax(lambda of, pw: "")))
def test_a_url_in_base64_reads_back(login: Login) -> None:
    assume(usable(login.password) and usable(percent(login.password)))
    plain = f"postgresql://{login.user}:{percent(login.password)}@{login.host}:{login.port}/{login.database}"
    encoded = base64.b64encode(plain.encode()).decode()
    (hit,) = found(f"  uri: {encoded}\n")
    assert hit.value.decode() == login.password
    assert [dict(hit.parts)[part] for part in ("user", "host", "port", "database")] == [login.user, login.host, login.port, login.database]


@settings(max_examples=60, deadline=None)
@given(login=logins(Syntax(lambda of, pw: "", without="\\")))
def test_what_a_shell_would_read_is_what_is_read(login: Login) -> None:
    assume(usable(login.password))
    for command in (f"curl -u {shlex.quote(f'{login.user}:{login.password}')} https://{login.host}/", f"redis-cli -a {shlex.quote(login.password)} ping"):
        (hit,) = found(command)
        assert hit.value.decode() == login.password
