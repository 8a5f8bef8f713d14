"""Connection URLs of every service, each through the real engine."""

from __future__ import annotations

import pytest

from scanner.rulepack.sample import grow
from tests.detect.dsn.through import ROW, Row, expected, grown, told

KEY = "0b" * 16

SQL: list[Row] = [
    ("postgres-dsn", "DATABASE_URL=postgresql://u1:¤@db.x:5432/a", "postgresql u1 db.x 5432 a"),
    ("postgres-dsn", 'url = "postgresql+psycopg2://u1:¤@db.x/a"', "postgresql+psycopg2 u1 db.x - a"),
    ("postgres-dsn", "postgresql+asyncpg://u1:¤@db.x:5433/a", "postgresql+asyncpg u1 db.x 5433 a"),
    ("postgres-dsn", "x: postgresql+psycopg_async://u1:¤@db.x/a", "postgresql+psycopg_async u1 db.x - a"),
    ("postgres-dsn", "postgres://u1:¤@[2001:db8::1]:5432/a", "postgres u1 [2001:db8::1] 5432 a"),
    ("postgres-dsn", "postgres://u%40x:¤@db.x/a", "postgres u@x db.x - a"),
    ("postgres-dsn", "postgis://u1:¤@db.x:5432/gis", "postgis u1 db.x 5432 gis"),
    ("postgres-dsn", "'pgsql://u1:¤@10.0.0.7/a'", "pgsql u1 10.0.0.7 - a"),
    ("postgres-dsn", "cockroachdb://u1:¤@crdb.x:26257/a", "cockroachdb u1 crdb.x 26257 a"),
    ("postgres-dsn", "postgresql://db.x:5432/a?user=u1&password=¤", "postgresql u1 db.x 5432 a"),
    ("postgres-dsn", "postgresql://u1@db.x/a?password=¤&sslmode=require", "postgresql u1 db.x - a"),
    ("postgres-dsn", "postgres://u1:¤@${DB_HOST}/a", "postgres u1"),
    ("postgres-dsn", "postgres://u1:¤@h1.x:5432,h2.x:5432/a", "postgres u1 h1.x,h2.x 5432 a"),
    ("postgres-dsn", '{"url": "postgres:\\/\\/u1:¤@db.x:5432\\/a"}', "postgres u1 db.x 5432 a"),
    ("postgres-dsn", "psql postgres://u1:¤@db.x/a -c 'select 1'", "postgres u1 db.x - a"),
    ("postgres-dsn", "connect with postgres://u1:¤@db.x/a.", "postgres u1 db.x - a"),
    ("postgres-dsn", "postgres://u1:¤@/a?host=/run/postgresql", "postgres u1 - - a"),
    ("postgres-dsn", "r2dbc:postgresql://u1:¤@db.x:5432/a", "postgresql u1 db.x 5432 a"),
    ("mysql-dsn", "mysql://u1:¤@db.x:3306/a", "mysql u1 db.x 3306 a"),
    ("mysql-dsn", "SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://u1:¤@db.x/a'", "mysql+pymysql u1 db.x - a"),
    ("mysql-dsn", "DATABASE_URL=mysql2://u1:¤@db.x/a", "mysql2 u1 db.x - a"),
    ("mysql-dsn", 'DATABASE_URL="mariadb://u1:¤@db.x:3306/a?serverVersion=10"', "mariadb u1 db.x 3306 a"),
    ("mssql-dsn", "mssql+pyodbc://u1:¤@db.x:1433/a?driver=ODBC+Driver+18", "mssql+pyodbc u1 db.x 1433 a"),
    ("mssql-dsn", 'sql.Open("sqlserver", "sqlserver://sa:¤@db.x?database=a")', "sqlserver sa db.x"),
    ("oracle-dsn", "oracle+oracledb://u1:¤@db.x:1521/?service_name=A", "oracle+oracledb u1 db.x 1521"),
    ("oracle-dsn", "oracle+cx_oracle://u1:¤@db.x/A", "oracle+cx_oracle u1 db.x - A"),
    ("database-dsn", "clickhouse+native://u1:¤@ch.x:9000/a", "clickhouse+native u1 ch.x 9000 a"),
    ("database-dsn", "snowflake://u1:¤@xy123.eu-central-1/a/public", "snowflake u1 xy123.eu-central-1 - a/public"),
    ("database-dsn", "neo4j+s://neo4j:¤@n1.x:7687", "neo4j+s neo4j n1.x 7687"),
    ("database-dsn", "trino://u1:¤@trino.x:443/hive", "trino u1 trino.x 443 hive"),
    ("url-userinfo", "sqlite+pysqlcipher://:¤@/a.db", "sqlite+pysqlcipher - - - a.db"),
]
SERVICES: list[Row] = [
    ("mongodb-dsn", "mongodb://u1:¤@m1.x:27017,m2.x:27017/a?replicaSet=r", "mongodb u1 m1.x,m2.x 27017 a"),
    ("mongodb-dsn", "MONGO_URI=mongodb+srv://u1:¤@c0.mongodb.net/a", "mongodb+srv u1 c0.mongodb.net - a"),
    ("redis-dsn", "redis://:¤@cache.x:6379/0", "redis - cache.x 6379 0"),
    ("redis-dsn", 'BROKER_URL = "rediss://default:¤@cache.x:6380/1"', "rediss default cache.x 6380 1"),
    ("redis-dsn", "sentinel://:¤@s1.x:26379/1", "sentinel - s1.x 26379 1"),
    ("redis-dsn", "cache: valkey://u1:¤@cache.x", "valkey u1 cache.x"),
    ("amqp-dsn", "amqp://u1:¤@mq.x:5672/%2Fprod", "amqp u1 mq.x 5672 /prod"),
    ("amqp-dsn", "MESSENGER_TRANSPORT_DSN=amqps://u1:¤@mq.x/vh", "amqps u1 mq.x - vh"),
    ("amqp-dsn", "nats://u1:¤@n1.x:4222", "nats u1 n1.x 4222"),
    ("amqp-dsn", "--routes=nats-route://u1:¤@n1.x:6222", "nats-route u1 n1.x 6222"),
    ("amqp-dsn", 'mqtt.connect("mqtts://u1:¤@mq.x:8883")', "mqtts u1 mq.x 8883"),
    ("amqp-dsn", 'fmt.Sprintf("nats://u1:¤@127.0.0.1:%d", port)', "nats u1 127.0.0.1"),
    ("smtp-dsn", "MAILER_DSN=smtp://u1@x.dev:¤@mail.x:587", "smtp u1@x.dev mail.x 587"),
    ("smtp-dsn", "EMAIL_URL=submission://u1%40x.dev:¤@mail.x", "submission u1@x.dev mail.x"),
    ("smtp-dsn", "imaps://u1:¤@imap.x:993", "imaps u1 imap.x 993"),
    ("ldap-dsn", "ldaps://cn=svc,dc=corp:¤@dc1.x:636", "ldaps cn=svc,dc=corp dc1.x 636"),
    ("file-server-dsn", "sftp://u1:¤@files.x/in", "sftp u1 files.x - in"),
    ("file-server-dsn", "ftp://u1:¤@10.0.0.9:21/", "ftp u1 10.0.0.9 21"),
    ("file-server-dsn", "webdavs://u1:¤@dav.x/remote.php", "webdavs u1 dav.x - remote.php"),
    ("file-server-dsn", "mount: smb://u1:¤@fs1.x/data", "smb u1 fs1.x - data"),
    ("file-server-dsn", "rtsp://u1:¤@10.0.0.9:554/stream", "rtsp u1 10.0.0.9 554 stream"),
]
WEB: list[Row] = [
    ("url-userinfo", "git clone https://bot:¤@git.x.dev/a/b.git", "https bot git.x.dev - a/b.git"),
    ("url-userinfo", "\turl = https://u1:¤@git.x.dev/a/b.git\n", "https u1 git.x.dev - a/b.git"),
    ("url-userinfo", "git+https://u1:¤@git.x.dev/a/b.git@v1#egg=b", "git+https u1 git.x.dev - a/b.git"),
    ("url-userinfo", "https://oauth2:¤@gitlab.x.dev/a/b", "https oauth2 gitlab.x.dev - a/b"),
    ("url-userinfo", "export HTTPS_PROXY=http://u1:¤@proxy.x:3128", "http u1 proxy.x 3128"),
    ("url-userinfo", 'Acquire::http::Proxy "http://u1:¤@proxy.x:3128/";', "http u1 proxy.x 3128"),
    ("url-userinfo", "all_proxy=socks5://u1:¤@proxy.x:1080", "socks5 u1 proxy.x 1080"),
    ("url-userinfo", 'ELASTICSEARCH_HOSTS: "https://elastic:¤@es.x:9200"', "https elastic es.x 9200"),
    ("url-userinfo", "MC_HOST_prod=https://AKUSER1:¤@s3.x:9000", "https AKUSER1 s3.x 9000"),
    ("url-userinfo", "s3://AKUSER1:¤@s3.x:9000/bucket", "s3 AKUSER1 s3.x 9000 bucket"),
    ("url-userinfo", "defaultZone: http://u1:¤@eureka.x:8761/eureka/", "http u1 eureka.x 8761 eureka/"),
    ("url-userinfo", "ecto://u1:¤@db.x/a", "ecto u1 db.x - a"),
    ("url-userinfo", '{"href":"https:\\/\\/u1:¤@api.x\\/v1"}', "https u1 api.x - v1"),
    ("proxy-login", "http_proxy=u1:¤@proxy.x:3128", "http u1 proxy.x 3128"),
    ("proxy-login", 'HTTPS_PROXY: "u1:¤@10.0.0.3:8080"', "http u1 10.0.0.3 8080"),
]


@pytest.mark.parametrize("row", SQL + SERVICES + WEB, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_a_url_is_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)


@pytest.mark.parametrize(
    "row",
    [
        ("url-token", "git clone https://¤@git.x.dev/a/b.git", "https - git.x.dev - a/b.git"),
        ("url-userinfo", "https://¤:x-oauth-basic@git.x.dev/a/b.git", "https - git.x.dev - a/b.git"),
    ],
    ids=lambda _: ROW,
)
def test_a_token_in_a_users_place_is_one_finding(row: Row) -> None:
    assert told(row[1], grown(3) + grown(4)) == expected(row)


def test_the_secret_of_an_old_sentry_dsn_is_one_finding() -> None:
    row = ("sentry-dsn", f"SENTRY_DSN=https://{KEY}:¤@sentry.x.dev/42", f"https {KEY} sentry.x.dev - 42")
    assert told(row[1], grow("{hex:32}", 1).decode()) == expected(row)
