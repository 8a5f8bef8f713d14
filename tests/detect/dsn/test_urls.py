"""Connection URLs of every service, each through the real engine."""

from __future__ import annotations

import pytest

from scanner.rulepack.sample import grow
from tests.detect.dsn.through import ROW, Row, expected, grown, told

KEY = "0b" * 16

SQL: list[Row] = [
    ("postgres-dsn", "DATABASE_URL=postgresql://u1:¤@db.x:5432/a", "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    ("postgres-dsn", 'url = "postgresql+psycopg2://u1:¤@db.x/a"', "scheme=postgresql+psycopg2 user=u1 host=db.x database=a"),
    ("postgres-dsn", "postgresql+asyncpg://u1:¤@db.x:5433/a", "scheme=postgresql+asyncpg user=u1 host=db.x port=5433 database=a"),
    ("postgres-dsn", "x: postgresql+psycopg_async://u1:¤@db.x/a", "scheme=postgresql+psycopg_async user=u1 host=db.x database=a"),
    ("postgres-dsn", "postgres://u1:¤@[2001:db8::1]:5432/a", "scheme=postgres user=u1 host=[2001:db8::1] port=5432 database=a"),
    ("postgres-dsn", "postgres://u%40x:¤@db.x/a", "scheme=postgres user=u@x host=db.x database=a"),
    ("postgres-dsn", "postgis://u1:¤@db.x:5432/gis", "scheme=postgis user=u1 host=db.x port=5432 database=gis"),
    ("postgres-dsn", "'pgsql://u1:¤@10.0.0.7/a'", "scheme=pgsql user=u1 host=10.0.0.7 database=a"),
    ("postgres-dsn", "cockroachdb://u1:¤@crdb.x:26257/a", "scheme=cockroachdb user=u1 host=crdb.x port=26257 database=a"),
    ("postgres-dsn", "postgresql://db.x:5432/a?user=u1&password=¤", "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    ("postgres-dsn", "postgresql://u1@db.x/a?password=¤&sslmode=require", "scheme=postgresql user=u1 host=db.x database=a"),
    ("postgres-dsn", "postgres://u1:¤@${DB_HOST}/a", "scheme=postgres user=u1"),
    ("postgres-dsn", "postgres://u1:¤@h1.x:5432,h2.x:5432/a", "scheme=postgres user=u1 host=h1.x,h2.x port=5432 database=a"),
    ("postgres-dsn", '{"url": "postgres:\\/\\/u1:¤@db.x:5432\\/a"}', "scheme=postgres user=u1 host=db.x port=5432 database=a"),
    ("postgres-dsn", "psql postgres://u1:¤@db.x/a -c 'select 1'", "scheme=postgres user=u1 host=db.x database=a"),
    ("postgres-dsn", "connect with postgres://u1:¤@db.x/a.", "scheme=postgres user=u1 host=db.x database=a"),
    ("postgres-dsn", "postgres://u1:¤@/a?host=/run/postgresql", "scheme=postgres user=u1 database=a"),
    ("postgres-dsn", "r2dbc:postgresql://u1:¤@db.x:5432/a", "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    ("mysql-dsn", "mysql://u1:¤@db.x:3306/a", "scheme=mysql user=u1 host=db.x port=3306 database=a"),
    ("mysql-dsn", "SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://u1:¤@db.x/a'", "scheme=mysql+pymysql user=u1 host=db.x database=a"),
    ("mysql-dsn", "DATABASE_URL=mysql2://u1:¤@db.x/a", "scheme=mysql2 user=u1 host=db.x database=a"),
    ("mysql-dsn", 'DATABASE_URL="mariadb://u1:¤@db.x:3306/a?serverVersion=10"', "scheme=mariadb user=u1 host=db.x port=3306 database=a"),
    ("mssql-dsn", "mssql+pyodbc://u1:¤@db.x:1433/a?driver=ODBC+Driver+18", "scheme=mssql+pyodbc user=u1 host=db.x port=1433 database=a"),
    ("mssql-dsn", 'sql.Open("sqlserver", "sqlserver://sa:¤@db.x?database=a")', "scheme=sqlserver user=sa host=db.x"),
    ("oracle-dsn", "oracle+oracledb://u1:¤@db.x:1521/?service_name=A", "scheme=oracle+oracledb user=u1 host=db.x port=1521"),
    ("oracle-dsn", "oracle+cx_oracle://u1:¤@db.x/A", "scheme=oracle+cx_oracle user=u1 host=db.x database=A"),
    ("database-dsn", "clickhouse+native://u1:¤@ch.x:9000/a", "scheme=clickhouse+native user=u1 host=ch.x port=9000 database=a"),
    ("database-dsn", "snowflake://u1:¤@xy123.eu-central-1/a/public", "scheme=snowflake user=u1 host=xy123.eu-central-1 database=a/public"),
    ("database-dsn", "neo4j+s://neo4j:¤@n1.x:7687", "scheme=neo4j+s user=neo4j host=n1.x port=7687"),
    ("database-dsn", "trino://u1:¤@trino.x:443/hive", "scheme=trino user=u1 host=trino.x port=443 database=hive"),
    ("url-userinfo", "sqlite+pysqlcipher://:¤@/a.db", "scheme=sqlite+pysqlcipher database=a.db"),
]
SERVICES: list[Row] = [
    ("mongodb-dsn", "mongodb://u1:¤@m1.x:27017,m2.x:27017/a?replicaSet=r", "scheme=mongodb user=u1 host=m1.x,m2.x port=27017 database=a"),
    ("mongodb-dsn", "MONGO_URI=mongodb+srv://u1:¤@c0.mongodb.net/a", "scheme=mongodb+srv user=u1 host=c0.mongodb.net database=a"),
    ("redis-dsn", "redis://:¤@cache.x:6379/0", "scheme=redis host=cache.x port=6379 database=0"),
    ("redis-dsn", 'BROKER_URL = "rediss://default:¤@cache.x:6380/1"', "scheme=rediss user=default host=cache.x port=6380 database=1"),
    ("redis-dsn", "sentinel://:¤@s1.x:26379/1", "scheme=sentinel host=s1.x port=26379 database=1"),
    ("redis-dsn", "cache: valkey://u1:¤@cache.x", "scheme=valkey user=u1 host=cache.x"),
    ("amqp-dsn", "amqp://u1:¤@mq.x:5672/%2Fprod", "scheme=amqp user=u1 host=mq.x port=5672 database=/prod"),
    ("amqp-dsn", "MESSENGER_TRANSPORT_DSN=amqps://u1:¤@mq.x/vh", "scheme=amqps user=u1 host=mq.x database=vh"),
    ("amqp-dsn", "nats://u1:¤@n1.x:4222", "scheme=nats user=u1 host=n1.x port=4222"),
    ("amqp-dsn", "--routes=nats-route://u1:¤@n1.x:6222", "scheme=nats-route user=u1 host=n1.x port=6222"),
    ("amqp-dsn", 'mqtt.connect("mqtts://u1:¤@mq.x:8883")', "scheme=mqtts user=u1 host=mq.x port=8883"),
    ("amqp-dsn", 'fmt.Sprintf("nats://u1:¤@127.0.0.1:%d", port)', "scheme=nats user=u1 host=127.0.0.1"),
    ("smtp-dsn", "MAILER_DSN=smtp://u1@x.dev:¤@mail.x:587", "scheme=smtp user=u1@x.dev host=mail.x port=587"),
    ("smtp-dsn", "EMAIL_URL=submission://u1%40x.dev:¤@mail.x", "scheme=submission user=u1@x.dev host=mail.x"),
    ("smtp-dsn", "imaps://u1:¤@imap.x:993", "scheme=imaps user=u1 host=imap.x port=993"),
    ("ldap-dsn", "ldaps://cn=svc,dc=corp:¤@dc1.x:636", "scheme=ldaps user=cn=svc,dc=corp host=dc1.x port=636"),
    ("file-server-dsn", "sftp://u1:¤@files.x/in", "scheme=sftp user=u1 host=files.x database=in"),
    ("file-server-dsn", "ftp://u1:¤@10.0.0.9:21/", "scheme=ftp user=u1 host=10.0.0.9 port=21"),
    ("file-server-dsn", "webdavs://u1:¤@dav.x/remote.php", "scheme=webdavs user=u1 host=dav.x database=remote.php"),
    ("file-server-dsn", "mount: smb://u1:¤@fs1.x/data", "scheme=smb user=u1 host=fs1.x database=data"),
    ("file-server-dsn", "rtsp://u1:¤@10.0.0.9:554/stream", "scheme=rtsp user=u1 host=10.0.0.9 port=554 database=stream"),
]
WEB: list[Row] = [
    ("url-userinfo", "git clone https://bot:¤@git.x.dev/a/b.git", "scheme=https user=bot host=git.x.dev database=a/b.git"),
    ("url-userinfo", "\turl = https://u1:¤@git.x.dev/a/b.git\n", "scheme=https user=u1 host=git.x.dev database=a/b.git"),
    ("url-userinfo", "git+https://u1:¤@git.x.dev/a/b.git@v1#egg=b", "scheme=git+https user=u1 host=git.x.dev database=a/b.git"),
    ("url-userinfo", "https://oauth2:¤@gitlab.x.dev/a/b", "scheme=https user=oauth2 host=gitlab.x.dev database=a/b"),
    ("url-userinfo", "export HTTPS_PROXY=http://u1:¤@proxy.x:3128", "scheme=http user=u1 host=proxy.x port=3128"),
    ("url-userinfo", 'Acquire::http::Proxy "http://u1:¤@proxy.x:3128/";', "scheme=http user=u1 host=proxy.x port=3128"),
    ("url-userinfo", "all_proxy=socks5://u1:¤@proxy.x:1080", "scheme=socks5 user=u1 host=proxy.x port=1080"),
    ("url-userinfo", 'ELASTICSEARCH_HOSTS: "https://elastic:¤@es.x:9200"', "scheme=https user=elastic host=es.x port=9200"),
    ("url-userinfo", "MC_HOST_prod=https://AKUSER1:¤@s3.x:9000", "scheme=https user=AKUSER1 host=s3.x port=9000"),
    ("url-userinfo", "s3://AKUSER1:¤@s3.x:9000/bucket", "scheme=s3 user=AKUSER1 host=s3.x port=9000 database=bucket"),
    ("url-userinfo", "defaultZone: http://u1:¤@eureka.x:8761/eureka/", "scheme=http user=u1 host=eureka.x port=8761 database=eureka/"),
    ("url-userinfo", "ecto://u1:¤@db.x/a", "scheme=ecto user=u1 host=db.x database=a"),
    ("url-userinfo", '{"href":"https:\\/\\/u1:¤@api.x\\/v1"}', "scheme=https user=u1 host=api.x database=v1"),
    ("proxy-login", "http_proxy=u1:¤@proxy.x:3128", "scheme=http user=u1 host=proxy.x port=3128"),
    ("proxy-login", 'HTTPS_PROXY: "u1:¤@10.0.0.3:8080"', "scheme=http user=u1 host=10.0.0.3 port=8080"),
]


@pytest.mark.parametrize("row", SQL + SERVICES + WEB, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_a_url_is_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)


@pytest.mark.parametrize(
    "row",
    [
        ("url-token", "git clone https://¤@git.x.dev/a/b.git", "scheme=https host=git.x.dev database=a/b.git"),
        ("url-userinfo", "https://¤:x-oauth-basic@git.x.dev/a/b.git", "scheme=https host=git.x.dev database=a/b.git"),
    ],
    ids=lambda _: ROW,
)
def test_a_token_in_a_users_place_is_one_finding(row: Row) -> None:
    assert told(row[1], grown(3) + grown(4)) == expected(row)


def test_the_secret_of_an_old_sentry_dsn_is_one_finding() -> None:
    row = ("sentry-dsn", f"SENTRY_DSN=https://{KEY}:¤@sentry.x.dev/42", f"scheme=https user={KEY} host=sentry.x.dev database=42")
    assert told(row[1], grow("{hex:32}", 1).decode()) == expected(row)
