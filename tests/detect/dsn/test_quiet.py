"""What looks like a data source name with a password and has none."""

from __future__ import annotations

import base64

import pytest

from tests.detect.dsn.through import ROW, ours

FILLED_IN = (
    "${PW}", "${PW:?not set}", "$PW", "$PASSWORD", "$db_pass", "$(cat /run/pw)", "`cat /run/pw`", "{{ .Values.pw }}", "{{pw}}",
    "{% pw %}", "<%= pw %>", "#{pw}", "%(pw)s", "%s", "%v", "%PW%", "{pw}", "{0}", "{}", "@pw@", "${{ secrets.PW }}",
    "$[variables.pw]", "<password>", "<your-password>", "[PASSWORD]", "__PASSWORD__", "DB_PASSWORD", ":password", "\\(pw)", "!pw!",
)  # fmt: skip
STANDS_FOR_ONE = (
    "password", "PASSWORD", "passwd", "pass", "secret", "changeme", "change-me", "your_password", "yourpassword", "my-secret-pw",
    "mysecretpassword", "password1", "password123", "pwd2", "example", "placeholder", "redacted", "********", "xxxx", "XXXXXXXX",
    "....", "******", "aaaaaaaa", "todo", "dummy", "<hidden>", "secret_password", "db_password", "foobar",
)  # fmt: skip
ELSEWHERE = (
    "vault:kv/db", "ssm:/app/db", "op://vault/db/pw", "sm://db", "arn:aws:secretsmanager:eu-west-1:1:secret:db",
    "ENC(abcdef0123456789)", "{cipher}0123456789abcdef", "/run/secrets/db-password", "secretKeyRef",
    "@Microsoft.KeyVault(SecretUri=x)", "projects/p/secrets/db",
)  # fmt: skip
SHAPES = (
    "postgresql://u1:%s@db.x:5432/a",
    "DB_HOST=db.x\nDB_USER=u1\nDB_PASSWORD=%s\n",
    "jdbc:sqlserver://db.x;user=u1;password=%s;",
    "Server=db.x;Database=a;User Id=u1;Password=%s;",
)


@pytest.mark.parametrize("value", FILLED_IN + STANDS_FOR_ONE + ELSEWHERE, ids=lambda _: ROW)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda _: ROW)
def test_a_password_that_is_put_in_later_or_only_stands_for_one(shape: str, value: str) -> None:
    assert ours(shape % value) == []


NONE = [
    # URLs without a password, and what only resembles one
    "postgresql://app@db.x/a",
    "postgresql://db.x:5432/a?sslmode=require",
    "postgresql://app:@db.x/a",
    "redis://cache.x:6379/0",
    "amqp://mq.x:5672/%2F",
    "mongodb+srv://<username>:<password>@c0.mongodb.net/",
    "ldap://dc1.x:389/dc=corp?uid?sub",
    "ssh://git@git.x.dev:2222/a/b.git",
    "https://git@git.x.dev/a/b.git",
    "https://oauth2:${CI_JOB_TOKEN}@git.x.dev/a/b.git",
    "http://localhost:8080/a@2x.png",
    "http://[::1]:8080/x@y.z",
    "http://localhost:@port@/repo",
    "git remote add origin https://git.x.dev:8443/a/b@v1",
    "docker://localhost:$PORT/a@${digest}",
    "see https://user:pass@example.com/",
    "ftp://anonymous:anonymous@example.com@ftp.gnu.org/",
    "SENTRY_DSN=https://" + "0b" * 16 + "@o450.ingest.sentry.io/42",
    "http_proxy=proxy.x:3128",
    "no_proxy=localhost,127.0.0.1:8080",
    "mailto:someone@x.dev",
    "x://a:b c@d",
    "postgres://u1:$DB_PASS@$DB_HOST/a",
    "sqlite:///a.db",
    # connection strings
    "host=db.x user=u1 dbname=a",
    "host= user= password= port= dbname=",
    "connect(host=host, user=user, password=password)",
    'fmt.Sprintf("host=%s user=%s password=%s dbname=%s", h, u, p, d)',
    "Server=db.x;Database=a;Integrated Security=true;",
    "Server=db.x;Uid=u1;Pwd=#{SqlPassword};",
    "Server=myServerAddress;Database=myDataBase;User Id=myUsername;Password=myPassword;",
    "jdbc:postgresql://db.x:5432/a",
    "jdbc:oracle:thin:@//db.x:1521/A",
    "jdbc:oracle:thin:@ORCL",
    "jdbc:h2:mem:test;DB_CLOSE_DELAY=-1",
    "jdbc:driver://h$01.x:5432;databaseName=a-1#t@mock+v1",
    "root@tcp(localhost:3306)/a",
    'fmt.Sprintf("%s:%s@tcp(%s)/%s", user, pass, host, name)',
    "user:password@tcp(localhost:5555)/dbname",
    "cache.x:6379,ssl=True,abortConnect=False",
    "url, password = parse(url)",
    "hostname:port:database:username:password",
    'ports: ["127.0.0.1:5432:5432"]',
    "USERNAME:*:1000:1000:Full User Name:/:/bin/sh",
    "db.x:5432:a:u1:$PGPASSWORD",
    'Krb5LoginModule required useKeyTab=true principal="a@X";',
    # settings
    "DB_PASSWORD_FILE=/run/secrets/db",
    "POSTGRES_PASSWORD:\n  valueFrom:\n    secretKeyRef: {name: db, key: password}\n",
    "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password\n",
    "existingSecret: db-credentials\nauth:\n  secretKeys:\n    userPasswordKey: password\n",
    "db:\n  host: db.x\n  password: !secret db_password\n",
    "db:\n  host: db.x\n  password: # none\n",
    "db:\n  host: db.x\n  password: ''\n",
    "db:\n  host: db.x\n  password: null\n",
    "password: process.env.DB_PASSWORD,",
    "{host: dbHost, user: dbUser, password: dbPassword}",
    "{ host: cfg.host, password: cfg.password, database: cfg.db }",
    "self.db_password = settings.db_password",
    "db_password = get_password('db')",
    "'PASSWORD': os.environ['DB_PASSWORD'], 'HOST': 'db.x'",
    "'password' => env('DB_PASSWORD'), 'host' => 'db.x'",
    "'password' => $config['password'], 'host' => 'db.x'",
    'password  = var.db_password\n  host = "db.x"',
    'password = data.vault_generic_secret.db.data["password"]',
    'variable "db_password" {\n  type      = string\n  sensitive = true\n}\n',
    "DB_PASSWORD: str = Field(description='The password of the database')",
    "db_password: str\ndb_host: str\n",
    'DB_PASSWORD = "db.password"',
    'DB_PASSWORD_KEY = "DB_PASSWORD"',
    "- `DB_PASSWORD`: the password of the database",
    "db.password=The password of the database",
    "mail.password=Passwort eingeben",
    '"db_password": {"type": "string"}',
    '"password": "string", "host": "string"',
    "password: Option<String>,\nhost: String,",
    "dbRole.password = sql.NullString{Valid: true, String: wanted}",
    "MYSQL_ALLOW_EMPTY_PASSWORD=yes",
    "MYSQL_RANDOM_ROOT_PASSWORD: 'true'",
    "spring.datasource.password=@db.password@",
    "quarkus.datasource.password=${DB_PASSWORD}",
    "database.password=${file:/opt/secrets.properties:db}",
    "<password>${db.password}</password>",
    '<property name="password" value="${db.password}"/>',
    "ENV PGPASSWORD $PGPASSWORD",
    "ARG DB_PASSWORD",
    'Environment="PGPASSFILE=/etc/pgpass"',
    'ansible_password: "{{ vault_ansible_password }}"',
    "login_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n",
    "mysql_root_password: \"{{ lookup('env', 'PW') }}\"",
    "assert errors.db_password == 'is too short to be used here'",
    # command lines, files, calls
    "mysql -u root -p a",
    'mysql -u root -p"$MYSQL_ROOT_PASSWORD" a',
    "mysql -u root --password",
    "mongosh -u root -p $MONGO_PASSWORD",
    "redis-cli -h cache.x -a $REDIS_PASSWORD ping",
    "sqlcmd -S localhost -U sa -P $MSSQL_SA_PASSWORD",
    "sqlplus / as sysdba",
    "sqlplus /nolog",
    "ldapsearch -x -D cn=admin,dc=corp -W",
    "ldapsearch -x -D cn=admin,dc=corp -y /run/secrets/ldap",
    "smbclient //fs1.x/data -U u1 -N",
    "sshpass -f /run/secrets/pw ssh root@host",
    'sshpass -e ssh root@"$HOST"',
    "rabbitmqctl add_user myuser mypassword",
    "curl -u $USER:$PASS https://api.x/",
    "curl -u user:password https://example.com/",
    "docker run -u 1000:1000 curlimages/curl",
    "mc alias set myminio http://localhost:9000 $KEY $SECRET",
    "psql -h db.x -U u1 -W a",
    "machine git.x.dev login u1 password <token>",
    "the default login of the machine",
    'If the server asks for a password (see "requirepass" configuration)',
    "rootpw {SSHA}" + "Ab3" * 10,
    "passwordeval gpg -q -d ~/.pw.gpg",
    "DriverManager.getConnection(url, user, password)",
    'DriverManager.getConnection("jdbc:h2:mem:a", "sa", "")',
    "mysqli_connect($host, $user, $pass, $db)",
    'new PDO("sqlite:a.db")',
    "new NetworkCredential(user, password)",
    'page.login("u1@x.dev", password)',
    "mount -t cifs -o username=u1,password=$PW //fs1.x/data /mnt",
]


@pytest.mark.parametrize("text", NONE, ids=lambda _: ROW)
def test_there_is_no_password(text: str) -> None:
    assert ours(text) == []


@pytest.mark.parametrize(
    "plain",
    [
        "postgresql://app@pg-rw.x:5432/a",
        "postgresql://app:password@pg-rw.x/a",
        "jdbc:postgresql://pg-rw.x/a?user=app",
        "pg-rw:5432:a:u1:password",
    ],
)
@pytest.mark.parametrize("name", ["uri", "jdbc-uri", "pgpass"])
def test_base64_without_a_password(name: str, plain: str) -> None:
    assert ours(f"  {name}: {base64.b64encode(plain.encode()).decode()}\n") == []
