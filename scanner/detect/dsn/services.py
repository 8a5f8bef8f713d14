"""What the names of settings say: which service a password is for, and which other part a setting names."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The word in a setting's name -> the scheme that it stands for; an empty one stands for some database.
SERVICES = {
    **dict.fromkeys(("postgres", "postgresql", "pg", "pgsql", "psql", "postgis", "timescaledb", "pgbouncer", "pgpool"), "postgresql"),
    **dict.fromkeys(("mysql", "mysql2", "mysqli", "pymysql"), "mysql"),
    **dict.fromkeys(("mariadb", "galera"), "mariadb"),
    **dict.fromkeys(("mssql", "sqlserver", "sqlsrv", "tds", "sybase"), "sqlserver"),
    **dict.fromkeys(("oracle", "oracledb", "ora", "oci8"), "oracle"),
    **dict.fromkeys(("mongo", "mongodb", "mongoose", "documentdb"), "mongodb"),
    **dict.fromkeys(("redis", "rediscli", "valkey", "keydb", "dragonfly", "redisson", "jedis", "lettuce"), "redis"),
    **dict.fromkeys(("rabbit", "rabbitmq", "rmq", "amqp"), "amqp"),
    **dict.fromkeys(("smtp", "mail", "mailer", "email", "smtps", "postfix", "sendmail"), "smtp"),
    **dict.fromkeys(("ldap", "ldaps", "openldap", "activedirectory"), "ldap"),
    **dict.fromkeys(("elastic", "elasticsearch", "opensearch"), "elasticsearch"),
    **dict.fromkeys(("db", "database", "databases", "datasource", "datasources", "jdbc", "r2dbc", "odbc", "sql", "hibernate", "hikari",
                     "doctrine", "sqlalchemy", "jpa", "druid", "flyway", "liquibase", "rdbms"), ""),
    **{name: name for name in ("imap", "imaps", "pop3", "nats", "kafka", "mqtt", "stomp", "activemq", "artemis", "clickhouse", "cassandra",
                               "scylla", "neo4j", "influxdb", "couchdb", "couchbase", "memcached", "arangodb", "snowflake", "db2", "h2",
                               "firebird", "cockroachdb", "redshift", "vertica", "teradata", "sap", "hana", "trino", "presto", "hive",
                               "solr", "zookeeper", "consul", "etcd", "minio", "ftp", "ftps", "sftp", "ssh", "smb", "cifs", "samba",
                               "webdav", "proxy", "clickhouse", "questdb", "tidb", "surrealdb", "dremio", "exasol", "informix")},
    "s3": "s3", "sasl": "kafka", "sshd": "ssh", "mosquitto": "mqtt", "sa": "sqlserver", "cql": "cassandra", "cache": "redis",
}  # fmt: skip
_GENERIC = frozenset({"cache", "sa", "sql", "sap", "hive", "mail", "email"})  # too common in other places than a setting's name

_PARTS = {
    "host": "host hostname hosts server servername serverhost addr address addresses hostaddr endpoint endpoints loginhost ip ipaddress"
            " bootstrapservers brokers nodes ansiblehost authority remotehost serveraddress hostport contactpoints databasehost datasource",
    "url": "url uri dsn jdbcurl connectionurl jdbcuri serveruri serverurl dburl databaseurl reactiveurl endpointurl connectionstring"
           " defaultserveruri brokerurl",
    "user": "user username usr uid login loginuser userid binddn bindn userdn managerdn account principal rootuser defaultuser"
            " saslusername rootusername accesskey accesskeyid initdbrootusername defaultbinddn ansibleuser sshuser mailaddress loginname"
            " databaseuser masterusername adminuser administratorlogin dbuser dbusername hostuser authuser jdbcuser jdbcusername smtpuser"
            " ldapuser redisuser mysqluser pguser",
    "port": "port loginport ansibleport serverport databaseport sshport",
    "database": "db database dbname databasename schema initialcatalog vhost virtualhost defaultvhost logindb defaultdb"
                " initdbdatabase catalog bucket initialdatabase defaultdatabase",
    "name": "name",  # of a database, beside an engine or after DB_
    "scheme": "engine adapter driver driverclass driverclassname dialect type dbtype databasetype dbkind connection client protocol vendor"
              " provider dbengine",
}  # fmt: skip
_MEANING = {alias: part for part, aliases in _PARTS.items() for alias in aliases.split()}
PORTS = {
    5432: "postgresql", 6432: "postgresql", 3306: "mysql", 1433: "sqlserver", 1521: "oracle", 27017: "mongodb", 6379: "redis", 5672: "amqp",
    5671: "amqps", 25: "smtp", 465: "smtps", 587: "smtp", 389: "ldap", 636: "ldaps", 9200: "elasticsearch", 9092: "kafka", 1883: "mqtt",
    4222: "nats", 9042: "cassandra", 8123: "clickhouse", 21: "ftp", 22: "ssh", 11211: "memcached", 50000: "db2", 7687: "neo4j",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_NUMBERED = re.compile(r"[0-9]+\Z")


def words(name: str) -> list[str]:
    """A name's words in lower case: `spring.datasource`, `DB_HOST`, `mysqlRootPassword`; those with digits whole as well."""
    chunks = [chunk for chunk in re.split(r"[^A-Za-z0-9]+", name) if chunk]
    parts = [part.lower() for chunk in chunks for part in _WORD.findall(chunk)]
    return [*(chunk.lower() for chunk in chunks), *parts]


def service(names: Iterable[str], *, own: bool = True) -> str | None:
    """The scheme of the first service that these names speak of, a named one before "some database"; None if there is none."""
    some: str | None = None
    for name in names:
        for word in words(name):
            scheme = SERVICES.get(word, SERVICES.get(_NUMBERED.sub("", word)))
            if scheme is None or (not own and word in _GENERIC):
                continue
            if scheme:
                return scheme
            some = scheme
    return some


def part_of(name: str) -> str | None:
    """Which part of a data source name a setting called so holds: host, url, user, port, database or scheme."""
    return _MEANING.get(_SEPARATORS.sub("", name.lower()))


def scheme_of(engine: str) -> str:
    """`django.db.backends.postgresql`, `com.mysql.cj.jdbc.Driver`, `pdo_pgsql` -> what a URL would say; else the word itself."""
    known = service([engine])
    if known:
        return known
    for word in words(engine):
        for name, scheme in SERVICES.items():
            if scheme and len(name) > 3 and name in word:
                return scheme
    return ""
