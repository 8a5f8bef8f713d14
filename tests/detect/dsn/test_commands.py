"""Logins on command lines, in option files and in calls, each through the real engine."""

from __future__ import annotations

import pytest

from tests.detect.dsn.through import ROW, Row, expected, grown, told

COMMANDS: list[Row] = [
    ("mysql-command", "mysql -h db.x -P 3307 -u u1 -p¤ a", "mysql u1 db.x 3307 a"),
    ("mysql-command", "mysql -uu1 -p¤ -D a < x.sql", "mysql u1 - - a"),
    ("mysql-command", "docker exec -i db mysqldump --user=u1 --password=¤ --host=db.x a | gzip", "mysql u1 db.x - a"),
    ("mysql-command", "mysqladmin -u root -p'¤' ping", "mysql root - - ping"),
    ("mysql-command", 'test: ["CMD", "mysqladmin", "-uroot", "-p¤", "ping"]', "mysql root - - ping"),
    ("mysql-command", "mariadb-dump \\\n  --user=u1 \\\n  --password='¤' \\\n  a", "mysql u1 - - a"),
    ("mongodb-command", "mongosh --host m1.x --port 27018 -u u1 -p ¤ --authenticationDatabase admin", "mongodb u1 m1.x 27018"),
    ("mongodb-command", "mongosh m1.x/a -u u1 -p ¤", "mongodb u1"),
    ("mongodb-command", "mongodump --username=u1 --password=¤ --db a --out /b", "mongodb u1 - - a"),
    ("redis-command", "redis-cli -h cache.x -p 6380 -a ¤ -n 2 ping", "redis - cache.x 6380 2"),
    ("redis-command", "redis-cli --user u1 --pass '¤' info", "redis u1"),
    ("redis-command", 'test: ["CMD", "redis-cli", "-a", "¤", "ping"]', "redis"),
    ("sqlserver-command", "sqlcmd -S db.x,1434 -U sa -P '¤' -d a -Q 'SELECT 1'", "sqlserver sa db.x 1434 a"),
    ("sqlserver-command", "/opt/mssql-tools18/bin/sqlcmd -C -S localhost -U sa -P ¤", "sqlserver sa localhost"),
    ("sqlserver-command", "bcp a.dbo.t out t.bcp -S db.x -U u1 -P ¤ -c", "sqlserver u1 db.x"),
    ("oracle-command", "sqlplus -S u1/¤@//db.x:1521/A @x.sql", "oracle u1 db.x 1521 A"),
    ("oracle-command", "expdp u1/¤@A directory=D dumpfile=a.dmp", "oracle u1 - - A"),
    ("oracle-command", "sqlldr userid=u1/¤@db.x:1521/A control=a.ctl", "oracle u1 db.x 1521 A"),
    ("oracle-command", "rman target sys/¤@A", "oracle sys - - A"),
    ("ldap-command", "ldapsearch -x -H ldaps://dc1.x:636 -D 'cn=svc,dc=corp' -w ¤ -b dc=corp", "ldap cn=svc,dc=corp dc1.x 636 dc=corp"),
    ("ldap-command", "ldapadd -x -h dc1.x -D cn=admin,dc=corp -w '¤' -f a.ldif", "ldap cn=admin,dc=corp dc1.x"),
    ("smb-command", "smbclient //fs1.x/data -U u1%¤ -c ls", "smb u1 fs1.x - data"),
    ("smb-command", "smbclient //fs1.x/data -U 'CORP/u1%¤'", "smb CORP/u1 fs1.x - data"),
    ("ssh-command", "sshpass -p '¤' ssh root@10.0.0.8 uptime", "ssh root 10.0.0.8"),
    ("ssh-command", "sshpass -p¤ scp a.tgz u1@web1.x:/srv", "ssh"),
    ("ssh-command", "plink -ssh -pw ¤ u1@web1.x uptime", "ssh u1 web1.x"),
    ("broker-command", "mosquitto_pub -h mq.x -u u1 -P ¤ -t a -m 1", "mqtt u1 mq.x"),
    ("broker-command", "rabbitmqctl add_user u1 ¤", "amqp u1"),
    ("broker-command", "rabbitmqadmin -H mq.x -u u1 -p ¤ list queues", "amqp u1 mq.x"),
    ("database-command", "clickhouse-client --host ch.x --user u1 --password ¤ -q 'SELECT 1'", "clickhouse u1 ch.x"),
    ("database-command", "cqlsh c1.x 9042 -u u1 -p ¤", "cassandra u1 c1.x 9042"),
    ("database-command", "cypher-shell -a neo4j://n1.x:7687 -u neo4j -p ¤", "neo4j neo4j n1.x 7687"),
    ("database-command", "influx -host i1.x -username u1 -password ¤", "influxdb u1 i1.x"),
    ("database-command", "db2 connect to A user u1 using ¤", "db2 u1 - - A"),
    ("database-command", "etcdctl --endpoints=https://e1.x:2379 --user root:¤ get /a", "etcd root e1.x 2379"),
    ("database-command", "lftp -u u1,¤ ftp.x", "ftp u1 ftp.x"),
    ("database-command", "xfreerdp /v:rdp1.x /u:u1 /p:¤", "rdp u1 rdp1.x"),
    ("object-store-command", "mc alias set prod https://s3.x:9000 AKUSER1 ¤", "s3 AKUSER1 s3.x 9000"),
    ("curl-user", "curl -s -u u1:¤ https://api.x.dev/a", "- u1 api.x.dev"),
    ("curl-user", "curl https://api.x.dev/a --user 'u1:¤'", "- u1 api.x.dev"),
    ("curl-user", "curl -fsSu elastic:¤ http://localhost:9200/_cat", "- elastic localhost"),
    ("curl-user", "curl --proxy-user u1:¤ https://api.x.dev/a", "- u1 api.x.dev"),
    ("curl-user", 'run(["curl", "-u", "u1:¤", "https://api.x.dev/"])', "- u1 api.x.dev"),
    ("wget-password", "wget --http-user=u1 --http-password=¤ https://x.dev/a", "- u1"),
]
FILES: list[Row] = [
    ("netrc", "machine git.x.dev login u1 password ¤\n", "- u1 git.x.dev"),
    ("netrc", "machine git.x.dev\n\tpassword ¤\n\tlogin u1\n", "- u1 git.x.dev"),
    ("netrc", 'machine git.x.dev login u1 password "¤"\n', "- u1 git.x.dev"),
    ("netrc", "default login u1 password ¤\n", "- u1"),
    ("netrc", 'echo "machine git.x.dev login u1 password ¤" >> ~/.netrc', "- u1 git.x.dev"),
    ("netrc", 'poll imap.x proto imap user "u1" there with password "¤" is me here\n', "imap u1 imap.x"),
    ("connection-directive", "bind 127.0.0.1\nport 6380\nrequirepass ¤\n", "redis - 127.0.0.1 6380"),
    ("connection-directive", "command: redis-server --requirepass ¤ --appendonly yes", "redis"),
    ("connection-directive", 'command: ["redis-server", "--requirepass", "¤"]', "redis"),
    ("connection-directive", 'masterauth "¤"\n', "redis"),
    ("connection-directive", "uri ldaps://dc1.x\nbase dc=corp\nbinddn cn=svc,dc=corp\nbindpw ¤\n", "ldaps cn=svc,dc=corp dc1.x"),
    ("connection-directive", 'suffix "dc=corp"\nrootdn "cn=admin,dc=corp"\nrootpw ¤\n', "ldap cn=admin,dc=corp"),
    ("mail-settings", "account a\nhost mail.x\nport 587\nuser u1\npassword ¤\n", "smtp u1 mail.x 587"),
    ("postfix-sasl", "[mail.x.dev]:587 u1@x.dev:¤\n", "- u1@x.dev mail.x.dev 587"),
    ("cifs-mount", "mount -t cifs -o username=u1,password=¤,vers=3.0 //fs1.x/data /mnt", "smb u1 fs1.x - data"),
    ("cifs-mount", "//fs1.x/data /mnt cifs rw,username=u1,password=¤ 0 0\n", "smb u1 fs1.x - data"),
]
CALLS: list[Row] = [
    ("connection-call", 'DriverManager.getConnection("jdbc:mysql://db.x:3306/a", "u1", "¤")', "jdbc:mysql u1 db.x 3306 a"),
    (
        "connection-call",
        'DriverManager.getConnection(\n    "jdbc:oracle:thin:@//db.x:1521/A",\n    "u1",\n    "¤")',
        "jdbc:oracle:thin u1 db.x 1521 A",
    ),
    ("connection-call", 'DriverManager.getConnection(url, "u1", "¤")', "- u1"),
    ("connection-call", "new PDO('mysql:host=db.x;port=3307;dbname=a', 'u1', '¤')", "mysql u1 db.x 3307 a"),
    ("connection-call", 'mysqli_connect("db.x", "u1", "¤", "a")', "mysql u1 db.x - a"),
    ("connection-call", "new mysqli('db.x:3307', 'u1', '¤', 'a')", "mysql u1 db.x 3307 a"),
    ("connection-call", 'DBI->connect("dbi:Pg:dbname=a;host=db.x", "u1", "¤")', "postgresql u1 db.x - a"),
    ("connection-call", "oci_connect('u1', '¤', 'db.x/A')", "oracle u1 - - db.x/A"),
    ("connection-call", 'MySQLdb.connect("db.x", "u1", "¤", "a")', "mysql u1 db.x - a"),
    ("connection-call", "new Sequelize('a', 'u1', '¤', {host: 'db.x', dialect: 'postgres'})", "postgresql u1 db.x - a"),
    ("connection-call", "ftp_login($c, 'u1', '¤')", "ftp u1"),
    ("connection-call", "ldap_bind($c, 'cn=svc,dc=corp', '¤')", "ldap cn=svc,dc=corp"),
    ("mail-login-call", 's = smtplib.SMTP("mail.x", 587)\ns.login("u1@x.dev", "¤")', "smtp u1@x.dev"),
    ("mail-login-call", "m = imaplib.IMAP4_SSL('imap.x')\nm.login('u1', '¤')", "imap u1"),
    ("login-object", 'new NetworkCredential("u1", "¤")', "- u1"),
    ("login-object", 'requests.get(url, auth=HTTPBasicAuth("u1", "¤"))', "- u1"),
]


@pytest.mark.parametrize("row", COMMANDS, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_a_login_on_a_command_line_is_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)


@pytest.mark.parametrize("row", FILES, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_a_login_in_a_file_of_its_own_kind_is_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)


@pytest.mark.parametrize("row", CALLS, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_a_login_in_a_call_is_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)
