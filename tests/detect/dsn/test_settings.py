"""Settings whose parts stand on separate lines, each through the real engine."""

from __future__ import annotations

import pytest

from tests.detect.dsn.through import ROW, Row, expected, grown, told

S = "connection-settings"
ENVIRONMENT: list[Row] = [
    (S, "DB_CONNECTION=mysql\nDB_HOST=db.x\nDB_PORT=3306\nDB_DATABASE=a\nDB_USERNAME=u1\nDB_PASSWORD=¤\n", "scheme=mysql user=u1 host=db.x port=3306 database=a"),
    (S, "export PGHOST=db.x PGPORT=5433 PGUSER=u1 PGPASSWORD=¤ PGDATABASE=a", "scheme=postgresql user=u1 host=db.x port=5433 database=a"),
    (S, "export PGPASSWORD='¤'\n", "scheme=postgresql"),
    (S, "PGPASSWORD=¤ psql -h db.x -p 5433 -U u1 -d a\n", "scheme=postgresql user=u1 host=db.x port=5433 database=a"),
    (S, 'PGPASSWORD="¤" pg_dump --host=db.x --username=u1 a > x.sql', "scheme=postgresql user=u1 host=db.x database=a"),
    (S, "MYSQL_PWD=¤ mysqldump -h db.x -u u1 a", "scheme=mysql user=u1 host=db.x database=a"),
    (S, "REDISCLI_AUTH=¤ redis-cli -h cache.x -p 6380 ping", "scheme=redis host=cache.x port=6380"),
    (S, "POSTGRES_USER=u1\nPOSTGRES_PASSWORD=¤\nPOSTGRES_DB=a\n", "scheme=postgresql user=u1 database=a"),
    (S, "MONGO_INITDB_ROOT_USERNAME=u1\nMONGO_INITDB_ROOT_PASSWORD=¤\n", "scheme=mongodb user=u1"),
    (S, "RABBITMQ_DEFAULT_USER=u1\nRABBITMQ_DEFAULT_PASS=¤\nRABBITMQ_DEFAULT_VHOST=vh\n", "scheme=amqp user=u1 database=vh"),
    (S, "MSSQL_SA_PASSWORD=¤\n", "scheme=sqlserver user=sa"),
    (S, "MYSQL_ROOT_PASSWORD=¤\nMYSQL_DATABASE=a\n", "scheme=mysql user=root database=a"),
    (S, "MAIL_HOST=mail.x\nMAIL_PORT=587\nMAIL_USERNAME=u1\nMAIL_PASSWORD=¤\n", "scheme=smtp user=u1 host=mail.x port=587"),
    (S, "EMAIL_HOST = 'mail.x'\nEMAIL_PORT = 587\nEMAIL_HOST_USER = 'u1'\nEMAIL_HOST_PASSWORD = '¤'\n", "scheme=smtp user=u1 host=mail.x port=587"),
    (S, "AUTH_LDAP_SERVER_URI = 'ldaps://dc1.x'\nAUTH_LDAP_BIND_DN = 'cn=svc,dc=corp'\nAUTH_LDAP_BIND_PASSWORD = '¤'\n", "scheme=ldaps user=cn=svc,dc=corp host=dc1.x"),
    (S, "MINIO_ROOT_USER=AKUSER1\nMINIO_ROOT_PASSWORD=¤\n", "scheme=minio user=AKUSER1"),
    (S, "ELASTIC_PASSWORD=¤\n", "scheme=elasticsearch"),
    (S, "# DB_HOST=db.x\n# DB_PASSWORD=¤\n", "host=db.x"),
    (S, "DB_HOST_PROD=db.x\nDB_USER_PROD=u1\nDB_PASSWORD_PROD=¤\nDB_HOST_DEV=localhost\n", "user=u1 host=db.x"),
    (S, "DB_HOST=db.x\r\nDB_USER=u1\r\nDB_PASSWORD=¤\r\n", "user=u1 host=db.x"),
    (S, "LDAP_BIND_DN=cn=svc\nLDAP_BIND_PW=¤\n", "scheme=ldap user=cn=svc"),
    (S, "set DB_HOST=db.x\r\nset DB_PASSWORD=¤\r\n", "host=db.x"),
    (S, "$env:PGPASSWORD = '¤'", "scheme=postgresql"),
    (S, "spring.datasource.password=${DB_PASSWORD:¤}\n", ""),
    (S, "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-¤}\n", "scheme=postgresql"),
]
CONTAINERS: list[Row] = [
    (S, "FROM x\nENV POSTGRES_USER u1\nENV POSTGRES_PASSWORD ¤\n", "scheme=postgresql user=u1"),
    (S, "FROM x\nENV POSTGRES_USER=u1 \\\n    POSTGRES_PASSWORD=¤ \\\n    POSTGRES_DB=a\n", "scheme=postgresql user=u1 database=a"),
    (S, "ARG DB_PASSWORD=¤\n", ""),
    (S, "services:\n  db:\n    environment:\n      MYSQL_USER: u1\n      MYSQL_PASSWORD: ¤\n      MYSQL_DATABASE: a\n", "scheme=mysql user=u1 database=a"),
    (S, "    environment:\n      - POSTGRES_USER=u1\n      - POSTGRES_PASSWORD=¤\n      - POSTGRES_DB=a\n", "scheme=postgresql user=u1 database=a"),
    (S, '    environment:\n      - "DB_HOST=db.x"\n      - "DB_PASSWORD=¤"\n', "host=db.x"),
    (S, 'environment: ["DB_HOST=db.x", "DB_PASSWORD=¤"]', "host=db.x"),
    (S, "docker run -d -e MYSQL_USER=u1 -e MYSQL_PASSWORD=¤ -p 3306:3306 mysql:8", "scheme=mysql user=u1"),
    (S, 'docker run --env "POSTGRES_PASSWORD=¤" postgres', "scheme=postgresql"),
    (S, "env:\n- name: DB_HOST\n  value: db.x\n- name: DB_PASSWORD\n  value: ¤\n", "host=db.x"),
    (S, 'env:\n  - name: PGPASSWORD\n    value: "¤"\n', "scheme=postgresql"),
    (S, '{"environment": [{"name": "DB_HOST", "value": "db.x"}, {"name": "DB_PASSWORD", "value": "¤"}]}', "host=db.x"),
    (S, "[Service]\nEnvironment=DB_HOST=db.x\nEnvironment=DB_PASSWORD=¤\n", "host=db.x"),
    (S, '[Service]\nEnvironment="DB_HOST=db.x" "DB_PASSWORD=¤"\n', "host=db.x"),
    (S, "postgresql:\n  auth:\n    username: u1\n    password: ¤\n    database: a\n", "scheme=postgresql user=u1 database=a"),
    (S, "postgresql:\n  auth:\n    postgresPassword: ¤\n", "scheme=postgresql"),
    (S, "redis:\n  auth:\n    enabled: true\n    password: ¤\n  host: cache.x\n", "scheme=redis host=cache.x"),
    (S, "mariadb:\n  rootUser:\n    password: ¤\n    user: root\n", "scheme=mariadb user=root"),
    (S, "externalDatabase:\n  host: db.x\n  port: 5432\n  user: u1\n  password: ¤\n  database: a\n", "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    (S, "helm install x y --set postgresql.auth.username=u1,postgresql.auth.password=¤", "scheme=postgresql user=u1"),
    (S, "helm upgrade x y --set redis.password=¤ --wait", "scheme=redis"),
]
FRAMEWORKS: list[Row] = [
    (S, "DATABASES = {\n  'default': {\n    'ENGINE': 'django.db.backends.postgresql',\n    'NAME': 'a',\n    'USER': 'u1',\n    'PASSWORD': '¤',\n    'HOST': 'db.x',\n    'PORT': '5432',\n  }\n}\n",
     "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    (S, "production:\n  adapter: mysql2\n  database: a\n  username: u1\n  password: ¤\n  host: db.x\n", "scheme=mysql user=u1 host=db.x database=a"),
    (S, "default: &default\n  adapter: postgresql\nproduction:\n  adapter: postgresql\n  database: a\n  username: u1\n  password: \"¤\"\n", "scheme=postgresql user=u1 database=a"),
    (S, "spring.datasource.url=jdbc:postgresql://db.x:5432/a\nspring.datasource.username=u1\nspring.datasource.password=¤\n",
     "scheme=jdbc:postgresql user=u1 host=db.x port=5432 database=a"),
    (S, "spring:\n  datasource:\n    url: jdbc:mysql://db.x:3306/a\n    username: u1\n    password: ¤\n", "scheme=jdbc:mysql user=u1 host=db.x port=3306 database=a"),
    (S, "spring:\n  data:\n    redis:\n      host: cache.x\n      port: 6379\n      password: ¤\n", "scheme=redis host=cache.x port=6379"),
    (S, "spring.rabbitmq.host=mq.x\nspring.rabbitmq.username=u1\nspring.rabbitmq.password=¤\n", "scheme=amqp user=u1 host=mq.x"),
    (S, "spring:\n  mail:\n    host: mail.x\n    username: u1\n    password: ¤ # relay\n", "scheme=smtp user=u1 host=mail.x"),
    (S, "quarkus.datasource.db-kind=postgresql\nquarkus.datasource.username=u1\nquarkus.datasource.password=¤\nquarkus.datasource.jdbc.url=jdbc:postgresql://db.x/a\n",
     "scheme=jdbc:postgresql user=u1 host=db.x database=a"),
    (S, "java -Dspring.datasource.username=u1 -Dspring.datasource.password=¤ -jar a.jar", "user=u1"),
    (S, "    'mysql' => [\n        'driver' => 'mysql',\n        'host' => 'db.x',\n        'database' => 'a',\n        'username' => 'u1',\n        'password' => '¤',\n    ],\n",
     "scheme=mysql user=u1 host=db.x database=a"),
    (S, "        'password' => env('DB_PASSWORD', '¤'),\n", ""),
    (S, "doctrine:\n  dbal:\n    driver: pdo_pgsql\n    host: db.x\n    dbname: a\n    user: u1\n    password: ¤\n", "scheme=postgresql user=u1 host=db.x database=a"),
    (S, "define('DB_NAME', 'a');\ndefine('DB_USER', 'u1');\ndefine('DB_PASSWORD', '¤');\ndefine('DB_HOST', 'db.x');\n", "user=u1 host=db.x database=a"),
    (S, "'dsn' => 'mysql:host=db.x;dbname=a',\n'username' => 'u1',\n'password' => '¤',\n", "scheme=mysql user=u1 host=db.x database=a"),
    (S, '{"Smtp": {"Host": "mail.x", "Port": 587, "Username": "u1", "Password": "¤"}}', "scheme=smtp user=u1 host=mail.x port=587"),
    (S, '"RabbitMQ": {\n  "HostName": "mq.x",\n  "UserName": "u1",\n  "Password": "¤"\n}', "scheme=amqp user=u1 host=mq.x"),
    (S, '<property name="hibernate.connection.url">jdbc:mysql://db.x/a</property>\n<property name="hibernate.connection.username">u1</property>\n<property name="hibernate.connection.password">¤</property>\n',
     "scheme=jdbc:mysql user=u1 host=db.x database=a"),
    (S, '<property name="url" value="jdbc:mysql://db.x/a"/>\n<property name="username" value="u1"/>\n<property name="password" value="¤"/>\n', "scheme=jdbc:mysql user=u1 host=db.x database=a"),
    (S, '<Resource name="jdbc/a" username="u1" password="¤" url="jdbc:postgresql://db.x/a"/>', "scheme=jdbc:postgresql user=u1 host=db.x database=a"),
    (S, "<dataSource><url>jdbc:h2:tcp://db.x/a</url><user>u1</user>\n<password>¤</password></dataSource>", "scheme=jdbc:h2:tcp user=u1 host=db.x database=a"),
    (S, "jdbc.url=jdbc:oracle:thin:@//db.x:1521/A\njdbc.username=u1\njdbc.password=¤\n", "scheme=jdbc:oracle:thin user=u1 host=db.x port=1521 database=A"),
    (S, "[client]\nuser = u1\npassword = \"¤\"\nhost = db.x\n", "scheme=mysql user=u1 host=db.x"),
    (S, "[client]\nuser=u1\npassword=¤\nport=3307\n", "scheme=mysql user=u1 port=3307"),
    (S, "[database]\ntype = postgres\nhost = db.x:5432\nname = a\nuser = u1\npassword = ¤\n", "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    (S, "bootstrap.servers=k1.x:9092\nsasl.username=u1\nsasl.password=¤\n", "scheme=kafka user=u1 host=k1.x port=9092"),
    (S, "conf = {'bootstrap.servers': 'k1.x:9092', 'sasl.username': 'u1', 'sasl.password': '¤'}", "scheme=kafka user=u1 host=k1.x port=9092"),
    (S, "output.elasticsearch:\n  hosts: [\"https://es.x:9200\"]\n  username: \"u1\"\n  password: \"¤\"\n", "scheme=elasticsearch user=u1"),
    (S, "elasticsearch.username: \"u1\"\nelasticsearch.password: \"¤\"\n", "scheme=elasticsearch user=u1"),
]  # fmt: skip
CODE: list[Row] = [
    (S, 'psycopg2.connect(host="db.x", port=5432, user="u1", password="¤", dbname="a")', "scheme=postgresql user=u1 host=db.x port=5432 database=a"),
    (S, "mysql.createConnection({host: 'db.x', user: 'u1', password: '¤', database: 'a'})", "scheme=mysql user=u1 host=db.x database=a"),
    (S, "new Redis({ host: 'cache.x', port: 6379, password: '¤' })", "scheme=redis host=cache.x port=6379"),
    (S, "nodemailer.createTransport({host: 'mail.x', port: 587, auth: {user: 'u1', pass: '¤'}})", "scheme=smtp user=u1 host=mail.x port=587"),
    (S, 'redis.NewClient(&redis.Options{Addr: "cache.x:6379", Password: "¤", DB: 0})', "scheme=redis host=cache.x port=6379 database=0"),
    (S, 'ds.setUrl("jdbc:postgresql://db.x/a");\nds.setUsername("u1");\nds.setPassword("¤");\n', "scheme=jdbc:postgresql user=u1 host=db.x database=a"),
    (S, 'DataSourceBuilder.create().url("jdbc:mysql://db.x/a").username("u1").password("¤").build();', "scheme=jdbc:mysql user=u1 host=db.x database=a"),
    (S, "PG.connect(:host => 'db.x', :user => 'u1', :password => '¤', :dbname => 'a')", "scheme=postgresql user=u1 host=db.x database=a"),
    (S, 'container.withEnv("POSTGRES_USER", "u1").withEnv("POSTGRES_PASSWORD", "¤")', "scheme=postgresql user=u1"),
    (S, 'sqlsrv_connect($h, array("Database"=>"a", "UID"=>"u1", "PWD"=>"¤", "server"=>"db.x"));', "scheme=sqlserver user=u1 host=db.x database=a"),
    (S, 'resource "aws_db_instance" "a" {\n  engine   = "mysql"\n  username = "u1"\n  password = "¤"\n}\n', "scheme=mysql user=u1"),
    (S, 'provider "postgresql" {\n  host     = "db.x"\n  username = "u1"\n  password = "¤"\n}\n', "scheme=postgresql user=u1 host=db.x"),
    (S, 'db_username = "u1"\ndb_password = "¤"\n', "user=u1"),
    ("terraform-variable", 'variable "db_password" {\n  type    = string\n  default = "¤"\n}\n', ""),
    (S, "- community.postgresql.postgresql_db:\n    name: a\n    login_host: db.x\n    login_user: u1\n    login_password: ¤\n", "scheme=postgresql user=u1 host=db.x"),
    (S, "mysql_root_password: ¤\nmysql_databases: []\n", "scheme=mysql user=root"),
    (S, "web1 ansible_host=10.0.0.8 ansible_user=u1 ansible_ssh_pass=¤\n", "scheme=ssh user=u1 host=10.0.0.8"),
    (S, 'CREATE SERVER s OPTIONS (host "db.x", dbname "a"); -- db_host="db.x" db_user="u1" db_password="¤"', "user=u1 host=db.x"),
]  # fmt: skip
SECRETS: list[Row] = [
    (S, "kind: Secret\nstringData:\n  username: u1\n  password: ¤\n  dbname: a\n  host: pg-rw.x\n  port: \"5432\"\n", "scheme=postgresql user=u1 host=pg-rw.x port=5432 database=a"),
    ("postgres-dsn", "kind: Secret\nstringData:\n  uri: postgresql://u1:¤@pg-rw.x:5432/a\n", "scheme=postgresql user=u1 host=pg-rw.x port=5432 database=a"),
    ("pgpass-line", 'kind: Secret\nstringData:\n  pgpass: "pg-rw.x:5432:a:u1:¤"\n', "scheme=postgresql user=u1 host=pg-rw.x port=5432 database=a"),
    ("jdbc-dsn", "stringData:\n  jdbc-uri: jdbc:postgresql://pg-rw.x:5432/a?password=¤&user=u1\n", "scheme=jdbc:postgresql user=u1 host=pg-rw.x port=5432 database=a"),
]  # fmt: skip


@pytest.mark.parametrize("row", ENVIRONMENT + CONTAINERS + FRAMEWORKS + CODE + SECRETS, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_settings_on_separate_lines_are_one_finding_with_its_parts(row: Row, seed: int) -> None:
    assert told(row[1], grown(seed)) == expected(row)
