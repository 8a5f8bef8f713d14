"""Connection URLs and keyword strings."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.dsn.parts import Dsn
from scanner.detect.dsn.url import read_url
from scanner.detect.password import is_secret_password
from tests.detect.parsing import ROW, parts, read

PW = "Zq7" + "-vT9" + "rKx2"  # grown here, so that no file holds it whole


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("postgres-dsn", "postgresql://app@db/app"),
        ("postgres-dsn", "postgresql://db:5432/app?sslmode=require"),
        ("postgres-dsn", "postgresql://app:@db/app"),
        ("postgres-dsn", "postgresql://app:password@db/app"),
        ("postgres-dsn", "postgresql://app:your_db_password@db/app"),
        ("postgres-dsn", "postgresql://app:${PW}@db/app"),
        ("postgres-dsn", "postgresql://app:$PASSWORD@db/app"),
        ("postgres-dsn", "postgresql://app:$(cat /run/pw)@db/app"),
        ("postgres-dsn", "postgresql://app:{{ .Values.pw }}@db/app"),
        ("postgres-dsn", "postgresql://app:{{.Values.pw}}@db/app"),
        ("postgres-dsn", "postgresql://app:{password}@db/app"),
        ("postgres-dsn", "postgresql://app:%s@db/app"),
        ("postgres-dsn", "postgresql://app:%DB_PASS%@db/app"),
        ("postgres-dsn", "postgresql://app:<password>@db/app"),
        ("postgres-dsn", "postgresql://app:********@db/app"),
        ("postgres-dsn", "postgresql://app:xxxx@db/app"),
        ("postgres-dsn", "postgresql://app:vault:kv/db@db/app"),
        ("postgres-dsn", "postgresql://app:changeme@db/app?user=x@y"),
        ("redis-dsn", "redis://cache:6379/0"),
        ("mongodb-dsn", "mongodb+srv://<username>:<password>@cluster0.mongodb.net"),
        ("url-userinfo", "http://localhost:8080/x@y"),
        ("url-userinfo", "http://[::1]:8080/x@y.z"),
        ("url-userinfo", "see https://user:pass@example.com/"),
        ("libpq-keywords", "connect(host=h, user=u, password=" + PW + ")"),
        ("libpq-keywords", "host=db user=app password=$PGPASSWORD dbname=app"),
        ("odbc-dsn", "Server=db;Uid=app;Pwd={0};"),
        ("odbc-dsn", "Server=db;Database=erp;Password=;"),
        ("jdbc-dsn", "jdbc:postgresql://db/app?user=app&password=${PW}"),
        ("jdbc-dsn", "jdbc:oracle:thin:@//db:1521/x"),
        ("go-mysql-dsn", "user:password@tcp(localhost:3306)/db"),
        ("pgpass-line", "hostname:5432:database:username:password"),
    ],
    ids=lambda _: ROW,
)
def test_stays_quiet(rule: str, text: str) -> None:
    assert read(rule, text) is None


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("postgres-dsn", f"postgresql+psycopg://u1:{PW}@db.x:5432/a", {"user": "u1", "host": "db.x", "port": 5432, "database": "a"}),
        ("postgres-dsn", f'"postgres://u@srv:{PW}@srv.azure.com/a"', {"user": "u@srv", "host": "srv.azure.com", "database": "a"}),
        ("postgres-dsn", f"postgres://db:5432/a?user=u1&password={PW}", {"user": "u1", "host": "db", "port": 5432, "database": "a"}),
        ("postgres-dsn", f"postgres://u1:{PW}@${{HOST}}/a", {"user": "u1"}),
        (
            "postgres-dsn",
            f"postgres://u1:{PW}@[2001:db8::1]:5432/a",
            {"user": "u1", "host": "[2001:db8::1]", "port": 5432, "database": "a"},
        ),
        ("mysql-dsn", f"x=mysql+pymysql://u1:{PW}@10.0.0.1/shop?charset=utf8", {"user": "u1", "host": "10.0.0.1", "database": "shop"}),
        ("mongodb-dsn", f"mongodb://u1:{PW}@h1:27017,h2:27018/p", {"user": "u1", "host": "h1,h2", "port": 27017, "database": "p"}),
        ("redis-dsn", f"redis://:{PW}@cache:6379/0", {"host": "cache", "port": 6379, "database": "0"}),
        ("amqp-dsn", f"amqp://u1:{PW}@mq:5672/%2Fprod", {"user": "u1", "host": "mq", "port": 5672, "database": "/prod"}),
        ("amqp-dsn", "amqp://guest:guest@mq:5672//", {"host": "mq", "port": 5672, "database": "/"}),  # leakseal: allow * a known default
        ("smtp-dsn", f"smtp://a@b.dev:{PW}@mail.b.dev:587", {"user": "a@b.dev", "host": "mail.b.dev", "port": 587}),
        ("url-userinfo", f"git clone https://bot:{PW}@git.x.dev/a/b.git@v1", {"user": "bot", "host": "git.x.dev", "database": "a/b.git"}),
        ("go-mysql-dsn", f'"u1:{PW}@tcp(db:3306)/a?x=1"', {"user": "u1", "host": "db", "port": 3306, "database": "a"}),
        (
            "libpq-keywords",
            f'"host=db port=5433 user=u1 password={PW} dbname=a"',
            {"user": "u1", "host": "db", "port": 5433, "database": "a"},
        ),
        ("libpq-keywords", f"dsn = 'password={PW} host=db user=u1'", {"user": "u1", "host": "db"}),
        (
            "odbc-dsn",
            f"Server=tcp:db,1433;Database=a;User Id=u1;Password={PW};",
            {"user": "u1", "host": "db", "port": 1433, "database": "a"},
        ),
        ("odbc-dsn", f'c="Driver={{ODBC 18}};Server=db;Uid=u1;Pwd={{{PW};x}};"', {"user": "u1", "host": "db"}),
        ("odbc-dsn", f'c="Password={PW};User ID=u1;Data Source=db"', {"user": "u1", "host": "db"}),
        ("jdbc-dsn", f"jdbc:postgresql://db:5432/a?user=u1&password={PW}", {"user": "u1", "host": "db", "port": 5432, "database": "a"}),
        ("jdbc-dsn", f"jdbc:mysql://u1:{PW}@db:3306/a", {"user": "u1", "host": "db", "port": 3306, "database": "a"}),
        (
            "jdbc-dsn",
            f"jdbc:sqlserver://db:1433;databaseName=a;user=u1;password={PW};",
            {"user": "u1", "host": "db", "port": 1433, "database": "a"},
        ),
        ("jdbc-dsn", f"jdbc:oracle:thin:u1/{PW}@//db:1521/a", {"user": "u1", "host": "db", "port": 1521, "database": "a"}),
        ("jdbc-dsn", f"jdbc:oracle:thin:u1/{PW}@db:1521:a", {"user": "u1", "host": "db", "port": 1521, "database": "a"}),
        ("pgpass-line", f"db:5432:a:u1:{PW}\n", {"user": "u1", "host": "db", "port": 5432, "database": "a"}),
    ],
    ids=lambda _: ROW,
)
def test_names_its_parts(rule: str, text: str, expected: dict[str, str | int]) -> None:
    found = parts(rule, text)
    assert found is not None
    found.pop("scheme", None)
    assert found == expected


@pytest.mark.parametrize(
    "password", [PW + "@x", PW + ":x", PW + "/x", "a/" + PW, PW + "#x", PW + "?x", "9/" + PW + "@b", PW + "%"], ids=lambda _: ROW
)
def test_a_raw_password_ends_at_the_last_at_before_the_host(password: str) -> None:
    found = read("postgres-dsn", f"url=postgres://app:{password}@db.internal:5432/app?x=1")
    assert found is not None
    assert found.value.decode() == password
    assert dict(found.parts)["host"] == "db.internal"


@pytest.mark.parametrize("raw", [f"'{PW}''x'", f"'{PW}\\'x'"], ids=lambda _: ROW)
def test_a_quoted_keyword_is_unquoted(raw: str) -> None:
    found = read("libpq-keywords", f'"host=db user=app password={raw} dbname=app"')
    assert found is not None
    assert found.value.decode() == PW + "'x"


def test_a_braced_odbc_password_may_hold_a_semicolon() -> None:
    found = read("odbc-dsn", f"Driver={{x}};Server=db;Uid=app;Pwd={{{PW};x}}}}y}};Encrypt=yes")
    assert found is not None
    assert found.value.decode() == PW + ";x}y"


def test_a_part_that_holds_the_secret_is_not_shown() -> None:
    found = parts("postgres-dsn", "postgres://postgres:postgres@db/postgres")  # leakseal: allow * a name that repeats itself
    assert found == {"host": "db"}  # neither user, database nor scheme


def test_the_token_in_a_users_place_is_the_secret() -> None:
    token = "a1B2" * 10
    found = read("url-userinfo", f"https://{token}:x-oauth-basic@git.x.dev/a")  # leakseal: allow url-userinfo a word of the documentation
    assert found is not None
    assert found.value.decode() == token
    assert "user" not in dict(found.parts)


def test_one_dsn_does_not_run_into_the_next() -> None:
    found = read("postgres-dsn", f"postgres://u1:{PW}@h1/d,postgres://u2:{PW}@h2/d")
    assert found is not None
    assert (dict(found.parts)["user"], found.value.decode()) == ("u1", PW)


@pytest.mark.parametrize(
    "value", ["guest", "postgres", "root", "admin", "hunter42", "secur3Pass", "$ecret9", "Passw0rd", "test1234"], ids=lambda _: ROW
)
def test_weak_is_still_a_password(value: str) -> None:
    assert is_secret_password(value.encode())


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=("Cc", "Cs")), min_size=1, max_size=24)
HOSTS = st.from_regex(r"[a-z][a-z0-9\-]{0,10}(\.[a-z]{2,5}){0,2}", fullmatch=True)


def render(dsn: Dsn) -> bytes:
    port = "" if dsn.port is None else f":{dsn.port}"
    login = f"{quote(dsn.user, safe='')}:{quote(dsn.password, safe='')}"
    return f"{dsn.scheme}://{login}@{dsn.host.decode()}{port}/{quote(dsn.database, safe='')}".encode()


@given(st.sampled_from(["postgresql+psycopg", "mysql", "https", "redis"]), WORDS, WORDS, HOSTS, st.none() | st.integers(1, 65535), WORDS)
def test_what_is_rendered_reads_back(scheme: str, user: str, password: str, host: str, port: int | None, database: str) -> None:
    dsn = Dsn(scheme, user.encode(), password.encode(), host.encode(), port, database.encode())
    text = render(dsn)
    found = read_url(text)
    assert found is not None
    assert found[0] == dsn
    assert found[1].span.end == len(text)
