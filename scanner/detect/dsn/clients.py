"""How client programs take a login on their command line: which option is the password, the user, the host, the port, the database."""

from __future__ import annotations

from dataclasses import dataclass

_LONG_USER, _LONG_PASSWORD, _LONG_HOST, _LONG_PORT = ("--user", "--username"), ("--password",), ("--host", "--server"), ("--port",)


@dataclass(frozen=True, slots=True)
class Client:
    """One program's options; `plain` names its words without an option in order, `attached` asks for -pSECRET in one word."""

    scheme: str
    password: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    database: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    attached: bool = False
    both: tuple[tuple[str, str], ...] = ()  # options that take user and password at once, and the sign between the two


_MYSQL = Client("mysql", ("-p", *_LONG_PASSWORD), ("-u", *_LONG_USER), ("-h", *_LONG_HOST), ("-P", *_LONG_PORT), ("-D", "--database"),
                ("database",), attached=True)  # fmt: skip
_MONGO = Client("mongodb", ("-p", *_LONG_PASSWORD), ("-u", *_LONG_USER), ("-h", "--host"), _LONG_PORT, ("-d", "--db"), ("url",))
_REDIS = Client("redis", ("-a", "--pass"), ("--user",), ("-h",), ("-p",), ("-n",))
_TDS = Client("sqlserver", ("-P",), ("-U",), ("-S",), (), ("-d",))
_LDAP = Client("ldap", ("-w",), ("-D",), ("-H", "-h"), ("-p",), ("-b",))
_SMB = Client("smb", _LONG_PASSWORD, (), ("-I",), ("-p",), (), ("share",), both=(("-U", "%"), ("--user", "%")))
_ORACLE = Client("oracle", plain=("login",))
_PSQL = Client("postgresql", (), ("-U", "--username"), ("-h", "--host"), ("-p", "--port"), ("-d", "--dbname"), ("database",))
_MQTT = Client("mqtt", ("-P", "--pw"), ("-u", "--username"), ("-h", "--host"), ("-p", "--port"))
_COUCHBASE = Client("couchbase", ("-p", "--password"), ("-u", "--username"), ("-c", "--cluster"))
_FTP = Client("ftp", ("-p", *_LONG_PASSWORD), (), (), (), (), ("host",), both=(("-u", ","), ("--user", ",")))
_SSH = Client("ssh", ("-p",), plain=("program", "login"))

CLIENTS = {
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlshow", "mysqlcheck", "mysqlbinlog", "mysqlslap", "mariadb",
                     "mariadb-dump", "mariadb-admin", "mariadb-check", "mariadb-import", "mysqlsh", "xtrabackup", "innobackupex", "mycli",
                     "mydumper", "myloader", "mariabackup", "mariadb-backup", "pt-query-digest"), _MYSQL),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat", "mongotop", "mongofiles"),
                    _MONGO),
    **dict.fromkeys(("redis-cli", "redis-benchmark", "valkey-cli", "keydb-cli"), _REDIS),
    **dict.fromkeys(("sqlcmd", "bcp", "osql", "tsql", "mssql-cli"), _TDS),
    **dict.fromkeys(("ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd", "ldapwhoami", "ldapcompare", "ldapmodrdn"), _LDAP),
    **dict.fromkeys(("smbclient", "rpcclient", "smbget", "smbmap", "smbcacls", "winexe", "wmic", "net"), _SMB),
    **dict.fromkeys(("sqlplus", "sqlldr", "expdp", "impdp", "exp", "imp", "rman", "sqlcl"), _ORACLE),
    **dict.fromkeys(("psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "pg_isready", "createdb", "dropdb", "createuser",
                     "vacuumdb", "pgbench", "pgcli", "pg_receivewal"), _PSQL),
    **dict.fromkeys(("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"), _MQTT),
    **dict.fromkeys(("couchbase-cli", "cbq", "cbbackupmgr", "cbimport", "cbexport"), _COUCHBASE),
    **dict.fromkeys(("lftp", "ncftp", "ncftpput", "ncftpget"), _FTP),
    "sshpass": _SSH,
    **dict.fromkeys(("plink", "pscp", "psftp"), Client("ssh", ("-pw",), ("-l",), (), ("-P",), (), ("login",))),
    **dict.fromkeys(("clickhouse-client", "clickhouse"),
                    Client("clickhouse", _LONG_PASSWORD, ("-u", "--user"), ("-h", "--host"), _LONG_PORT, ("-d", "--database"))),
    "cqlsh": Client("cassandra", ("-p", *_LONG_PASSWORD), ("-u", "--username"), (), (), ("-k", "--keyspace"), ("host", "port")),
    "cypher-shell": Client("neo4j", ("-p", *_LONG_PASSWORD), ("-u", "--username"), ("-a", "--address"), (), ("-d", "--database")),
    "influx": Client("influxdb", ("-password", *_LONG_PASSWORD), ("-username", "--username"), ("-host", "--host"), ("-port",),
                     ("-database",)),
    "beeline": Client("hive", ("-p",), ("-n",), ("-u",)),
    "sqoop": Client("", _LONG_PASSWORD, ("--username",), ("--connect",)),
    "rabbitmqadmin": Client("amqp", ("-p", *_LONG_PASSWORD), ("-u", "--username"), ("-H", "--host"), ("-P", "--port"), ("-V", "--vhost")),
    **dict.fromkeys(("rabbitmqctl add_user", "rabbitmqctl change_password", "rabbitmqctl authenticate_user"),
                    Client("amqp", plain=("user", "password"))),
    "nats": Client("nats", _LONG_PASSWORD, ("--user",), ("-s", "--server")),
    "etcdctl": Client("etcd", _LONG_PASSWORD, (), ("--endpoints",), both=(("--user", ":"),)),
    **dict.fromkeys(("mc alias set", "mc config host add"), Client("s3", plain=("alias", "url", "user", "password"))),
    "db2 connect": Client("db2", ("using",), ("user",), (), (), ("to",)),
    **dict.fromkeys(("xfreerdp", "xfreerdp3", "wfreerdp"), Client("rdp", ("/p:",), ("/u:",), ("/v:",))),
    "snowsql": Client("snowflake", (), ("-u", "--username"), ("-a", "--accountname"), (), ("-d", "--dbname")),
}  # fmt: skip
