"""Settings whose parts stand on separate lines, each through the real engine."""

from __future__ import annotations

import pytest

from tests.detect.dsn.through import ROW, Row, expected, grown, told

S = "connection-settings"
ENVIRONMENT: list[Row] = [
    (S, "DB_CONNECTION=mysql\nDB_HOST=db.x\nDB_PORT=3306\nDB_DATABASE=a\nDB_USERNAME=u1\nDB_PASSWORD=¤\n", "mysql u1 db.x 3306 a"),
    (S, "export PGHOST=db.x PGPORT=5433 PGUSER=u1 PGPASSWORD=¤ PGDATABASE=a", "postgresql u1 db.x 5433 a"),
    (S, "export PGPASSWORD='¤'\n", "postgresql"),
    (S, "PGPASSWORD=¤ psql -h db.x -p 5433 -U u1 -d a\n", "postgresql u1 db.x 5433 a"),
    (S, 'PGPASSWORD="¤" pg_dump --host=db.x --username=u1 a > x.sql', "postgresql u1 db.x - a"),
    (S, "MYSQL_PWD=¤ mysqldump -h db.x -u u1 a", "mysql u1 db.x - a"),
    (S, "REDISCLI_AUTH=¤ redis-cli -h cache.x -p 6380 ping", "redis - cache.x 6380"),
    (S, "POSTGRES_USER=u1\nPOSTGRES_PASSWORD=¤\nPOSTGRES_DB=a\n", "postgresql u1 - - a"),
    (S, "MONGO_INITDB_ROOT_USERNAME=u1\nMONGO_INITDB_ROOT_PASSWORD=¤\n", "mongodb u1"),
    (S, "RABBITMQ_DEFAULT_USER=u1\nRABBITMQ_DEFAULT_PASS=¤\nRABBITMQ_DEFAULT_VHOST=vh\n", "amqp u1 - - vh"),
    (S, "MSSQL_SA_PASSWORD=¤\n", "sqlserver sa"),
    (S, "MYSQL_ROOT_PASSWORD=¤\nMYSQL_DATABASE=a\n", "mysql root - - a"),
    (S, "MAIL_HOST=mail.x\nMAIL_PORT=587\nMAIL_USERNAME=u1\nMAIL_PASSWORD=¤\n", "smtp u1 mail.x 587"),
    (S, "EMAIL_HOST = 'mail.x'\nEMAIL_PORT = 587\nEMAIL_HOST_USER = 'u1'\nEMAIL_HOST_PASSWORD = '¤'\n", "smtp u1 mail.x 587"),
    (
        S,
        "AUTH_LDAP_SERVER_URI = 'ldaps://dc1.x'\nAUTH_LDAP_BIND_DN = 'cn=svc,dc=corp'\nAUTH_LDAP_BIND_PASSWORD = '¤'\n",
        "ldaps cn=svc,dc=corp dc1.x",
    ),
    (S, "MINIO_ROOT_USER=AKUSER1\nMINIO_ROOT_PASSWORD=¤\n", "minio AKUSER1"),
    (S, "ELASTIC_PASSWORD=¤\n", "elasticsearch"),
    (S, "# DB_HOST=db.x\n# DB_PASSWORD=¤\n", "- - db.x"),
    (S, "DB_HOST_PROD=db.x\nDB_USER_PROD=u1\nDB_PASSWORD_PROD=¤\nDB_HOST_DEV=localhost\n", "- u1 db.x"),
    (S, "DB_HOST=db.x\r\nDB_USER=u1\r\nDB_PASSWORD=¤\r\n", "- u1 db.x"),
    (S, "LDAP_BIND_DN=cn=svc\nLDAP_BIND_PW=¤\n", "ldap cn=svc"),
    (S, "set DB_HOST=db.x\r\nset DB_PASSWORD=¤\r\n", "- - db.x"),
    (S, "$env:PGPASSWORD = '¤'", "postgresql"),
    (S, "spring.datasource.password=${DB_PASSWORD:¤}\n", ""),
    (S, "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-¤}\n", "postgresql"),
]
CONTAINERS: list[Row] = [
    (S, "FROM x\nENV POSTGRES_USER u1\nENV POSTGRES_PASSWORD ¤\n", "postgresql u1"),
    (S, "FROM x\nENV POSTGRES_USER=u1 \\\n    POSTGRES_PASSWORD=¤ \\\n    POSTGRES_DB=a\n", "postgresql u1 - - a"),
    (S, "ARG DB_PASSWORD=¤\n", ""),
    (S, "services:\n  db:\n    environment:\n      MYSQL_USER: u1\n      MYSQL_PASSWORD: ¤\n      MYSQL_DATABASE: a\n", "mysql u1 - - a"),
    (S, "    environment:\n      - POSTGRES_USER=u1\n      - POSTGRES_PASSWORD=¤\n      - POSTGRES_DB=a\n", "postgresql u1 - - a"),
    (S, '    environment:\n      - "DB_HOST=db.x"\n      - "DB_PASSWORD=¤"\n', "- - db.x"),
    (S, 'environment: ["DB_HOST=db.x", "DB_PASSWORD=¤"]', "- - db.x"),
    (S, "docker run -d -e MYSQL_USER=u1 -e MYSQL_PASSWORD=¤ -p 3306:3306 mysql:8", "mysql u1"),
    (S, 'docker run --env "POSTGRES_PASSWORD=¤" postgres', "postgresql"),
    (S, "env:\n- name: DB_HOST\n  value: db.x\n- name: DB_PASSWORD\n  value: ¤\n", "- - db.x"),
    (S, 'env:\n  - name: PGPASSWORD\n    value: "¤"\n', "postgresql"),
    (S, '{"environment": [{"name": "DB_HOST", "value": "db.x"}, {"name": "DB_PASSWORD", "value": "¤"}]}', "- - db.x"),
    (S, "[Service]\nEnvironment=DB_HOST=db.x\nEnvironment=DB_PASSWORD=¤\n", "- - db.x"),
    (S, '[Service]\nEnvironment="DB_HOST=db.x" "DB_PASSWORD=¤"\n', "- - db.x"),
    (S, "postgresql:\n  auth:\n    username: u1\n    password: ¤\n    database: a\n", "postgresql u1 - - a"),
    (S, "postgresql:\n  auth:\n    postgresPassword: ¤\n", "postgresql"),
    (S, "redis:\n  auth:\n    enabled: true\n    password: ¤\n  host: cache.x\n", "redis - cache.x"),
    (S, "mariadb:\n  rootUser:\n    password: ¤\n    user: root\n", "mariadb root"),
    (S, "externalDatabase:\n  host: db.x\n  port: 5432\n  user: u1\n  password: ¤\n  database: a\n", "postgresql u1 db.x 5432 a"),
    (S, "helm install x y --set postgresql.auth.username=u1,postgresql.auth.password=¤", "postgresql u1"),
    (S, "helm upgrade x y --set redis.password=¤ --wait", "redis"),
]
FRAMEWORKS: list[Row] = [
    (
        S,
        "DATABASES = {\n  'default': {\n    'ENGINE': 'django.db.backends.postgresql',\n    'NAME': 'a',\n    'USER': 'u1',\n"
        "    'PASSWORD': '¤',\n    'HOST': 'db.x',\n    'PORT': '5432',\n  }\n}\n",
        "postgresql u1 db.x 5432 a",
    ),
    (S, "production:\n  adapter: mysql2\n  database: a\n  username: u1\n  password: ¤\n  host: db.x\n", "mysql u1 db.x - a"),
    (
        S,
        'default: &default\n  adapter: postgresql\nproduction:\n  adapter: postgresql\n  database: a\n  username: u1\n  password: "¤"\n',
        "postgresql u1 - - a",
    ),
    (
        S,
        "spring.datasource.url=jdbc:postgresql://db.x:5432/a\nspring.datasource.username=u1\nspring.datasource.password=¤\n",
        "jdbc:postgresql u1 db.x 5432 a",
    ),
    (S, "spring:\n  datasource:\n    url: jdbc:mysql://db.x:3306/a\n    username: u1\n    password: ¤\n", "jdbc:mysql u1 db.x 3306 a"),
    (S, "spring:\n  data:\n    redis:\n      host: cache.x\n      port: 6379\n      password: ¤\n", "redis - cache.x 6379"),
    (S, "spring.rabbitmq.host=mq.x\nspring.rabbitmq.username=u1\nspring.rabbitmq.password=¤\n", "amqp u1 mq.x"),
    (S, "spring:\n  mail:\n    host: mail.x\n    username: u1\n    password: ¤ # relay\n", "smtp u1 mail.x"),
    (
        S,
        "quarkus.datasource.db-kind=postgresql\nquarkus.datasource.username=u1\nquarkus.datasource.password=¤\nquarkus.datasource.jdbc.url=jdbc:postgresql://db.x/a\n",
        "jdbc:postgresql u1 db.x - a",
    ),
    (S, "java -Dspring.datasource.username=u1 -Dspring.datasource.password=¤ -jar a.jar", "- u1"),
    (
        S,
        "    'mysql' => [\n        'driver' => 'mysql',\n        'host' => 'db.x',\n        'database' => 'a',\n"
        "        'username' => 'u1',\n        'password' => '¤',\n    ],\n",
        "mysql u1 db.x - a",
    ),
    (S, "        'password' => env('DB_PASSWORD', '¤'),\n", ""),
    (
        S,
        "doctrine:\n  dbal:\n    driver: pdo_pgsql\n    host: db.x\n    dbname: a\n    user: u1\n    password: ¤\n",
        "postgresql u1 db.x - a",
    ),
    (S, "define('DB_NAME', 'a');\ndefine('DB_USER', 'u1');\ndefine('DB_PASSWORD', '¤');\ndefine('DB_HOST', 'db.x');\n", "- u1 db.x - a"),
    (S, "'dsn' => 'mysql:host=db.x;dbname=a',\n'username' => 'u1',\n'password' => '¤',\n", "mysql u1 db.x - a"),
    (S, '{"Smtp": {"Host": "mail.x", "Port": 587, "Username": "u1", "Password": "¤"}}', "smtp u1 mail.x 587"),
    (S, '"RabbitMQ": {\n  "HostName": "mq.x",\n  "UserName": "u1",\n  "Password": "¤"\n}', "amqp u1 mq.x"),
    (
        S,
        '<property name="hibernate.connection.url">jdbc:mysql://db.x/a</property>\n'
        '<property name="hibernate.connection.username">u1</property>\n<property name="hibernate.connection.password">¤</property>\n',
        "jdbc:mysql u1 db.x - a",
    ),
    (
        S,
        '<property name="url" value="jdbc:mysql://db.x/a"/>\n<property name="username" value="u1"/>\n'
        '<property name="password" value="¤"/>\n',
        "jdbc:mysql u1 db.x - a",
    ),
    (S, '<Resource name="jdbc/a" username="u1" password="¤" url="jdbc:postgresql://db.x/a"/>', "jdbc:postgresql u1 db.x - a"),
    (S, "<dataSource><url>jdbc:h2:tcp://db.x/a</url><user>u1</user>\n<password>¤</password></dataSource>", "jdbc:h2:tcp u1 db.x - a"),
    (S, "jdbc.url=jdbc:oracle:thin:@//db.x:1521/A\njdbc.username=u1\njdbc.password=¤\n", "jdbc:oracle:thin u1 db.x 1521 A"),
    (S, '[client]\nuser = u1\npassword = "¤"\nhost = db.x\n', "mysql u1 db.x"),
    (S, "[client]\nuser=u1\npassword=¤\nport=3307\n", "mysql u1 - 3307"),
    (S, "[database]\ntype = postgres\nhost = db.x:5432\nname = a\nuser = u1\npassword = ¤\n", "postgresql u1 db.x 5432 a"),
    (S, "bootstrap.servers=k1.x:9092\nsasl.username=u1\nsasl.password=¤\n", "kafka u1 k1.x 9092"),
    (S, "conf = {'bootstrap.servers': 'k1.x:9092', 'sasl.username': 'u1', 'sasl.password': '¤'}", "kafka u1 k1.x 9092"),
    (S, 'output.elasticsearch:\n  hosts: ["https://es.x:9200"]\n  username: "u1"\n  password: "¤"\n', "elasticsearch u1"),
    (S, 'elasticsearch.username: "u1"\nelasticsearch.password: "¤"\n', "elasticsearch u1"),
]
CODE: list[Row] = [
    (S, 'psycopg2.connect(host="db.x", port=5432, user="u1", password="¤", dbname="a")', "postgresql u1 db.x 5432 a"),
    (S, "mysql.createConnection({host: 'db.x', user: 'u1', password: '¤', database: 'a'})", "mysql u1 db.x - a"),
    (S, "new Redis({ host: 'cache.x', port: 6379, password: '¤' })", "redis - cache.x 6379"),
    (S, "nodemailer.createTransport({host: 'mail.x', port: 587, auth: {user: 'u1', pass: '¤'}})", "smtp u1 mail.x 587"),
    (S, 'redis.NewClient(&redis.Options{Addr: "cache.x:6379", Password: "¤", DB: 0})', "redis - cache.x 6379 0"),
    (S, 'ds.setUrl("jdbc:postgresql://db.x/a");\nds.setUsername("u1");\nds.setPassword("¤");\n', "jdbc:postgresql u1 db.x - a"),
    (S, 'DataSourceBuilder.create().url("jdbc:mysql://db.x/a").username("u1").password("¤").build();', "jdbc:mysql u1 db.x - a"),
    (S, "PG.connect(:host => 'db.x', :user => 'u1', :password => '¤', :dbname => 'a')", "postgresql u1 db.x - a"),
    (S, 'container.withEnv("POSTGRES_USER", "u1").withEnv("POSTGRES_PASSWORD", "¤")', "postgresql u1"),
    (S, 'sqlsrv_connect($h, array("Database"=>"a", "UID"=>"u1", "PWD"=>"¤", "server"=>"db.x"));', "sqlserver u1 db.x - a"),
    (S, 'resource "aws_db_instance" "a" {\n  engine   = "mysql"\n  username = "u1"\n  password = "¤"\n}\n', "mysql u1"),
    (S, 'provider "postgresql" {\n  host     = "db.x"\n  username = "u1"\n  password = "¤"\n}\n', "postgresql u1 db.x"),
    (S, 'db_username = "u1"\ndb_password = "¤"\n', "- u1"),
    ("terraform-variable", 'variable "db_password" {\n  type    = string\n  default = "¤"\n}\n', ""),
    (
        S,
        "- community.postgresql.postgresql_db:\n    name: a\n    login_host: db.x\n    login_user: u1\n    login_password: ¤\n",
        "postgresql u1 db.x",
    ),
    (S, "mysql_root_password: ¤\nmysql_databases: []\n", "mysql root"),
    (S, "web1 ansible_host=10.0.0.8 ansible_user=u1 ansible_ssh_pass=¤\n", "ssh u1 10.0.0.8"),
    (S, 'CREATE SERVER s OPTIONS (host "db.x", dbname "a"); -- db_host="db.x" db_user="u1" db_password="¤"', "- u1 db.x"),
]
SECRETS: list[Row] = [
    (
        S,
        'kind: Secret\nstringData:\n  username: u1\n  password: ¤\n  dbname: a\n  host: pg-rw.x\n  port: "5432"\n',
        "postgresql u1 pg-rw.x 5432 a",
    ),
    ("postgres-dsn", "kind: Secret\nstringData:\n  uri: postgresql://u1:¤@pg-rw.x:5432/a\n", "postgresql u1 pg-rw.x 5432 a"),
    ("pgpass-line", 'kind: Secret\nstringData:\n  pgpass: "pg-rw.x:5432:a:u1:¤"\n', "postgresql u1 pg-rw.x 5432 a"),
    ("jdbc-dsn", "stringData:\n  jdbc-uri: jdbc:postgresql://pg-rw.x:5432/a?password=¤&user=u1\n", "jdbc:postgresql u1 pg-rw.x 5432 a"),
]


@pytest.mark.parametrize("row", ENVIRONMENT + CONTAINERS + FRAMEWORKS + CODE + SECRETS, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_settings_on_separate_lines_are_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)
