"""Connection strings that are no URLs, each through the real engine."""

from __future__ import annotations

import base64

import pytest

from scanner.rulepack.sample import grow
from tests.detect.dsn.through import PLACE, ROW, Row, expected, found, grown, told

KEYWORDS: list[Row] = [
    ("libpq-keywords", '"host=db.x port=5433 user=u1 password=¤ dbname=a"', "postgresql u1 db.x 5433 a"),
    ("libpq-keywords", "psql \"host=db.x user=u1 password='¤' sslmode=require\"", "postgresql u1 db.x"),
    ("libpq-keywords", "dsn = 'password=¤ host=db.x user=u1'", "postgresql u1 db.x"),
    ("libpq-keywords", "primary_conninfo = 'host=db.x user=repl password=¤'", "postgresql repl db.x"),
    ("libpq-keywords", "ogr2ogr 'PG:host=db.x user=u1 dbname=a password=¤'", "postgresql u1 db.x - a"),
    ("pgpass-line", "db.x:5432:a:u1:¤\n", "postgresql u1 db.x 5432 a"),
    ("pgpass-line", "*:*:*:u1:¤", "postgresql u1"),
    ("pgpass-line", "# main\ndb.x:*:a:u1:¤\n", "postgresql u1 db.x - a"),
    ("pgpass-line", "echo 'db.x:6432:a:u1:¤' >> ~/.pgpass", "postgresql u1 db.x 6432 a"),
    ("pgpass-line", 'write("db.x:5432:a:u1:¤\\n")', "postgresql u1 db.x 5432 a"),
    ("odbc-dsn", "Server=tcp:db.x,1433;Database=a;User Id=u1;Password=¤;", "ado.net u1 db.x 1433 a"),
    ("odbc-dsn", 'c = "Password=¤;User ID=u1;Data Source=db.x"', "ado.net u1 db.x"),
    ("odbc-dsn", '"Default": "Host=db.x;Port=5432;Username=u1;Password=¤;Database=a"', "ado.net u1 db.x 5432 a"),
    ("odbc-dsn", "Driver={ODBC Driver 18};Server=db.x;Uid=u1;Pwd=¤;", "odbc u1 db.x"),
    ("odbc-dsn", "DSN=mydsn;UID=u1;PWD=¤", "odbc u1 mydsn"),
    ("odbc-dsn", '<add name="A" connectionString="Data Source=db.x;User ID=u1;Password=¤"/>', "ado.net u1 db.x"),
    ("odbc-dsn", "<c>Server=db.x;User=u1;Password=¤</c>", "ado.net u1 db.x"),
    ("odbc-dsn", "Data Source=db.x:1521/ORCL;User Id=u1;Password=¤;", "ado.net u1 db.x 1521 ORCL"),
    ("odbc-dsn", "$env:C='Server=db.x\\SQL2019;Initial Catalog=a;User Id=u1;Password=¤'", "ado.net u1 db.x\\SQL2019 - a"),
    ("odbc-dsn", "'pgsql:host=db.x;port=5432;dbname=a;user=u1;password=¤'", "pgsql u1 db.x 5432 a"),
    ("odbc-dsn", "rabbit: host=mq.x;virtualHost=vh;username=u1;password=¤", "ado.net u1 mq.x - vh"),
    ("odbc-dsn", '"C": "account=xy123;user=u1;password=¤;db=a"', "ado.net u1 xy123 - a"),
    ("odbc-dsn", '"Server=db.x;Database=a;User Id=u1;Password=\\"¤\\";"', "ado.net u1 db.x - a"),
    ("redis-options", '"Redis": "c.redis.cache.windows.net:6380,password=¤,ssl=True"', "redis - c.redis.cache.windows.net 6380"),
    ("redis-options", "REDIS=cache.x:6379,defaultDatabase=2,password=¤", "redis - cache.x 6379 2"),
    ("go-mysql-dsn", 'dsn := "u1:¤@tcp(db.x:3306)/a?parseTime=true"', "mysql u1 db.x 3306 a"),
    ("go-mysql-dsn", "MYSQL_DSN=u1:¤@tcp(10.0.0.4)/a", "mysql u1 10.0.0.4 - a"),
    ("go-mysql-dsn", "`u1:¤@unix(/run/mysqld/mysqld.sock)/a`", "mysql u1 /run/mysqld/mysqld.sock - a"),
    ("go-mysql-dsn", '"u1:¤@(db.x:3306)/a"', "mysql u1 db.x 3306 a"),
    ("go-mysql-dsn", '"u1:¤@/a?charset=utf8mb4"', "mysql u1 - - a"),
    ("go-mysql-dsn", '"u1:¤@cloudsql(p:r:i)/a"', "mysql u1 p:r:i - a"),
]
JDBC: list[Row] = [
    ("jdbc-dsn", "jdbc:postgresql://db.x:5432/a?user=u1&password=¤", "jdbc:postgresql u1 db.x 5432 a"),
    ("jdbc-dsn", "jdbc:mysql://db.x:3306/a?user=u1&amp;password=¤&amp;x=1", "jdbc:mysql u1 db.x 3306 a"),
    ("jdbc-dsn", "jdbc:mysql://u1:¤@db.x:3306/a", "jdbc:mysql u1 db.x 3306 a"),
    ("jdbc-dsn", "jdbc:mysql://(host=db.x,port=3306,user=u1,password=¤)/a", "jdbc:mysql u1 db.x 3306"),
    ("jdbc-dsn", "jdbc:mysql://address=(host=db.x)(port=3306)(user=u1)(password=¤)/a", "jdbc:mysql u1 db.x 3306"),
    ("jdbc-dsn", "jdbc:mariadb://db.x/a?user=u1&password=¤", "jdbc:mariadb u1 db.x - a"),
    ("jdbc-dsn", "jdbc:sqlserver://db.x:1433;databaseName=a;user=u1;password=¤;", "jdbc:sqlserver u1 db.x 1433 a"),
    ("jdbc-dsn", "jdbc:sqlserver://db.x\\\\I1;user=u1;password=¤", "jdbc:sqlserver u1 db.x"),
    ("jdbc-dsn", "jdbc:sqlserver://;serverName=db.x;user=u1;password=¤", "jdbc:sqlserver u1 db.x"),
    ("jdbc-dsn", "jdbc:jtds:sqlserver://db.x:1433/a;user=u1;password=¤", "jdbc:jtds:sqlserver u1 db.x 1433 a"),
    ("jdbc-dsn", "jdbc:oracle:thin:u1/¤@//db.x:1521/A", "jdbc:oracle:thin u1 db.x 1521 A"),
    ("jdbc-dsn", "jdbc:oracle:thin:u1/¤@db.x:1521:A", "jdbc:oracle:thin u1 db.x 1521 A"),
    ("jdbc-dsn", "jdbc:oracle:thin:u1/¤@ORCL", "jdbc:oracle:thin u1 - - ORCL"),
    ("jdbc-dsn", "jdbc:oracle:oci:u1/¤@tcps://db.x:2484/A", "jdbc:oracle:oci u1 db.x 2484 A"),
    (
        "jdbc-dsn",
        "jdbc:oracle:thin:u1/¤@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db.x)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=A)))",
        "jdbc:oracle:thin u1 db.x 1521 A",
    ),
    ("jdbc-dsn", "jdbc:db2://db.x:50000/A:user=u1;password=¤;", "jdbc:db2 u1 db.x 50000 A"),
    ("jdbc-dsn", "jdbc:clickhouse://ch.x:8123/a?user=u1&password=¤", "jdbc:clickhouse u1 ch.x 8123 a"),
    ("jdbc-dsn", "jdbc:h2:tcp://db.x/a;USER=u1;PASSWORD=¤", "jdbc:h2:tcp u1 db.x - a"),
    ("jdbc-dsn", "jdbc:h2:~/test;USER=u1;PASSWORD=¤", "jdbc:h2 u1"),
    (
        "jdbc-dsn",
        "jdbc:snowflake://xy1.snowflakecomputing.com/?user=u1&password=¤&db=A",
        "jdbc:snowflake u1 xy1.snowflakecomputing.com - A",
    ),
    ("jdbc-dsn", "jdbc:redshift://c1.x:5439/a?user=u1&password=¤", "jdbc:redshift u1 c1.x 5439 a"),
    ("jdbc-dsn", "jdbc:hive2://h1.x:10000/a;user=u1;password=¤", "jdbc:hive2 u1 h1.x 10000 a"),
    ("jdbc-dsn", "jdbc:teradata://t1.x/USER=u1,PASSWORD=¤", "jdbc:teradata u1 t1.x"),
    ("jdbc-dsn", "jdbc:sap://h1.x:30015/?user=u1&password=¤", "jdbc:sap u1 h1.x 30015"),
    ("jdbc-dsn", "jdbc:informix-sqli://i1.x:9088/a:INFORMIXSERVER=s;user=u1;password=¤", "jdbc:informix-sqli u1 i1.x 9088 a"),
    ("jdbc-dsn", 'url="jdbc:derby://d1.x:1527/a;user=u1;password=¤"', "jdbc:derby u1 d1.x 1527 a"),
]
KAFKA: list[Row] = [
    ("kafka-jaas", 'sasl.jaas.config=o.a.k.PlainLoginModule required username="u1" password="¤";', "kafka u1"),
    (
        "kafka-jaas",
        'bootstrap.servers=k1.x:9092\nsasl.jaas.config=a.ScramLoginModule required password="¤" username="u1";',
        "kafka u1 k1.x 9092",
    ),
    ("kafka-jaas", 'x: "a.PlainLoginModule required username=\\"u1\\" password=\\"¤\\";"', "kafka u1"),
    ("kafka-jaas", 'KafkaClient {\n  a.PlainLoginModule required\n  username="u1"\n  password="¤";\n};', "kafka u1"),
    ("kafka-jaas", "a.PlainLoginModule required \\\n  username='u1' \\\n  password='¤';", "kafka u1"),
    ("kafka-jaas-user", 'KafkaServer {\n  a.PlainLoginModule required\n  user_u1="¤";\n};', "- u1"),
    ("kafka-scram", "--add-config 'SCRAM-SHA-512=[iterations=8192,password=¤]' --entity-name u1", ""),
]


@pytest.mark.parametrize("row", KEYWORDS + JDBC + KAFKA, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_a_connection_string_is_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)


ENCODED: list[Row] = [
    ("dsn-base64", "postgresql://u1:¤@pg-rw.x:5432/a", "postgresql u1 pg-rw.x 5432 a"),
    ("dsn-base64", "jdbc:postgresql://pg-rw.x:5432/a?password=¤&user=u1", "jdbc:postgresql u1 pg-rw.x 5432 a"),
    ("pgpass-base64", "pg-rw:5432:a:u1:¤\n", "postgresql u1 pg-rw 5432 a"),
    ("dsn-base64", "amqps://u1:¤@mq.x/vh", "amqps u1 mq.x - vh"),
    ("dsn-base64", "mongodb+srv://u1:¤@c0.x/a", "mongodb+srv u1 c0.x - a"),
    ("dsn-base64", "redis://:¤@cache.x:6379/0", "redis - cache.x 6379 0"),
]


@pytest.mark.parametrize("row", ENCODED, ids=lambda _: ROW)
@pytest.mark.parametrize("line", ["  %s: %s\n", '{"%s": "%s"}', "  %s: '%s'\r\n"])
def test_a_connection_string_in_base64_is_one_finding_and_its_value_the_password(row: Row, line: str) -> None:
    password = grown(5)
    encoded = base64.b64encode(row[1].replace(PLACE, password).encode()).decode()
    text = line % ("pgpass" if row[0] == "pgpass-base64" else "uri", encoded)
    (hit,) = found(text)
    assert (hit.rule.id, hit.value.decode() == password, text[hit.secret.start : hit.secret.end] == encoded) == (row[0], True, True)
    assert dict(hit.parts) == expected(row)[0][1]


@pytest.mark.parametrize("sign", ["@", ":", "/", "@@", "/a@b:", "#", "?", "%"], ids=lambda _: ROW)
@pytest.mark.parametrize(
    "shape", ["postgresql://u1:¤@db.x:5432/a", "mysql://u1:¤@db.x:3306/a", "amqp://u1:¤@db.x:5672/a", "mongodb://u1:¤@db.x:27017/a"]
)
def test_a_raw_password_ends_at_the_last_at_before_the_host(shape: str, sign: str) -> None:
    password = grow("{alnum:9}", 1).decode() + sign + grow("{alnum:6}7", 2).decode()
    (hit,) = found("URL=" + shape.replace(PLACE, password))
    assert hit.value.decode() == password
    assert (dict(hit.parts)["user"], dict(hit.parts)["host"], dict(hit.parts)["database"]) == ("u1", "db.x", "a")


QUOTED = [
    ("\"host=db.x user=u1 dbname=a password='%s'\"", "it''s", "it's"),
    ("\"host=db.x user=u1 dbname=a password='%s'\"", "it\\'s", "it's"),
    ("Driver={x};Server=db.x;Uid=u1;Pwd={%s};", "a;b}}c", "a;b}c"),
    ("Server=db.x;Uid=u1;Pwd='%s';", "a;b''c", "a;b'c"),
    ("jdbc:sqlserver://db.x;user=u1;password={%s};encrypt=true", "a;b}}c d", "a;b}c d"),
    ("jdbc:postgresql://db.x/a?user=u1&password=%s", "a%26b%3Dc", "a&b=c"),
    ('jdbc:oracle:thin:u1/"%s"@//db.x:1521/A', "a@b/c", "a@b/c"),
    ("postgresql://u1:%s@db.x/a", "a%40b%2Fc%3A", "a@b/c:"),
    ("db.x:5432:a:u1:%s\n", "a\\:b\\\\c", "a:b\\c"),
    ('dsn := "u1:%s@tcp(db.x:3306)/a"', "a@b:c/d", "a@b:c/d"),
    ("DB_HOST=db.x\nDB_PASSWORD='%s'\n", "a b$c", "a b$c"),
    ('{"host": "db.x", "user": "u1", "database": "a", "password": "%s"}', 'a\\"b\\\\c', 'a"b\\c'),
    ("host: db.x\nuser: u1\ndatabase: a\npassword: '%s'\n", "it''s", "it's"),
    ("mysql -h db.x -u u1 -p'%s' a", 'a"b;c', 'a"b;c'),
    ('curl -u "u1:%s" https://api.x/', 'a\\"b', 'a"b'),
]


@pytest.mark.parametrize("shape, written, meant", QUOTED, ids=lambda _: ROW)
def test_quotes_and_escapes_are_undone(shape: str, written: str, meant: str) -> None:
    head = grow("{alnum:11}7", 6).decode()
    text = shape % (head + written)
    (hit,) = found(text)
    assert hit.value.decode() == head + meant
    assert text.encode()[hit.secret.start : hit.secret.end].decode() == head + written
