"""Kubernetes Secrets by the shipped rules: what stays quiet, and every value by namespace, name and key."""



from __future__ import annotations

import json
from textwrap import dedent

import pytest

from scanner import examples
from scanner.pipeline import examine
from tests.detect.parsing import ROW
from tests.detect.reading import b64, covered, searcher, seen, told, words

RULE = "kubernetes-secret-value"
HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: prod\n"
DB = {"namespace": "prod", "name": "db"}


def secret(data: str, head: str = HEAD) -> str:
    return head + dedent(data)


PUBLIC = "-----BEGIN CERTIFICATE-----\nMIIB" + "Y" * 60 + "\n-----END CERTIFICATE-----\n"
SEALED = "AgBy3i4OJSWK" + "PiTySYZZA9rO43cGDEq" * 9
QUIET_VALUES = [
    "username: " + b64("admin"), "user: app", "password: " + b64("changeme"), "password: changeme", "password: " + b64("password"),
    "password: ''", "password:", "password: null", "password: ~", "password: \"\"", "password: " + b64("<your-password>"),
    "password: <your-password>", "password: ${DB_PASSWORD}", "password: $(DB_PASSWORD)", "password: {{ .Values.password | b64enc | quote }}",
    "password: {{ include \"app.password\" . }}", "password: [[ .Password ]]", "password: ENC[AES256_GCM,data:x8Kd92Lm3Q==,iv:a,tag:b,type:str]",
    "password: __DB_PASSWORD__", "password: DB_PASSWORD", "password: ref+vault://secret/db#/password", "password: vault:secret/data/db#password",
    "password: <path:secret/data/db#password>", "password: ((db-password))", "password: " + b64("REPLACE_ME"), "password: '**SOPS**'",
    "password: " + b64("**SOPS**"), "password: xxxxxxxx", "password: " + b64("your-password-here"), "password: *db", "password: !vault x8Kd92Lm3Q",
    "host: " + b64("db.internal"), "port: " + b64("5432"), "endpoint: " + b64("https://api.corp.lan/v1"), "url: https://api.corp.lan/v1",
    "DEBUG: " + b64("true"), "enabled: 'true'", "timeout: " + b64("30s"), "LOG_LEVEL: info", "email: " + b64("robot@corp.lan"),
    "ca.crt: " + b64(PUBLIC), "tls.crt: " + b64(PUBLIC), "id_rsa.pub: " + b64("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2 robot"),
    "known_hosts: git.corp.lan ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2", "config.yaml: " + b64("server:\n  port: 8080\n  log: info\n"),
    "path: " + b64("/var/run/app"), "REGION: " + b64("eu-central-1"), "client-id: 0a4f9c1e-7d2b-4c6a-8f3e-5b9d2e7c1a40", "version: 1.2.3",
    "sshKey: " + b64("-----BEGIN OPENSSH PRIVATE KEY-----\n...\n-----END OPENSSH PRIVATE KEY-----\n"), "expires: " + b64("2030-01-01T00:00:00Z"),
    "client_secret: my-client-secret", "passwordMtime: 2019-03-20T17:54:53Z", "token: " + b64("test-token"), "slack: " + b64("#general"),
    "sasl.mechanism: SCRAM-SHA-512", "key1: val1", "hostid: host/data/app1/host001", "conjur: host/data/app1/host0042",
]
QUIET_TEXTS = [
    "spec:\n  imagePullSecrets:\n  - name: regcred\n",
    "env:\n- name: PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password\n",
    "auth:\n  existingSecret: db-credentials\n  existingSecretPasswordKey: password\n",
    "valuesFrom:\n- kind: Secret\n  name: app-values\n  valuesKey: values.yaml\n",
    "rules:\n- apiGroups: ['']\n  resources: [secrets]\n  verbs: [get]\n",
    f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: {SEALED}\n",
    f'{{"kind": "SealedSecret", "spec": {{"encryptedData": {{"password": "{SEALED}"}}}}}}',
    "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: password\n    remoteRef:\n      key: prod/db\n      property: password\n",
    "kind: SecretStore\nspec:\n  provider:\n    vault:\n      server: https://vault.corp.lan\n",
    "kind: VaultStaticSecret\nspec:\n  path: prod/db\n  destination:\n    name: db\n",
    "kind: SecretProviderClass\nspec:\n  parameters:\n    objects: |\n      - objectName: db-password\n",
    "apiVersion: v1\nkind: ConfigMap\ndata:\n  log: info\n",
    '{"apiVersion": "v1", "kind": "Secret", "data": null}',
    '{"apiVersion": "v1", "kind": "Secret", "data": {"password": null}}',
    "const s = {kind: 'Secret', stringData: {password: process.env.DB_PASSWORD}};",
    'resource "kubernetes_manifest" "s" {\n manifest = { kind = "Secret", data = { password = var.password } }\n}',
    'resource "kubernetes_secret" "s" {\n  data = {\n    password = random_password.db.result\n  }\n}',
    'resource "kubernetes_secret" "s" {\n  data = {\n    password = "${var.password}"\n  }\n}',
    'data "kubernetes_secret" "s" {\n  metadata {\n    name = "db"\n  }\n}',
    "secretGenerator:\n- name: db\n  envs: [db.env]\n  literals:\n  - username=app\n  - password=changeme\n",
    "secretGenerator:\n- name: db\n  files:\n  - password.txt\n",
    'kubectl create secret generic db --from-literal=password="$DB_PASSWORD"',
    "kubectl create secret generic db --from-literal=username=app --from-literal=password=<password>",
    "kubectl create configmap app --from-literal=level=info",
    "kubectl get secret db -o jsonpath='{.data.password}' | base64 -d",
    "kind: Secret\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  theme: dark\n",
    "creation_rules:\n- encrypted_regex: ^(data|stringData)$\n",
]


@pytest.mark.parametrize("line", QUIET_VALUES, ids=lambda _: ROW)
@pytest.mark.parametrize("field", ["data", "stringData"])
def test_what_is_no_secret_stays_quiet_in_a_secret(field: str, line: str) -> None:
    assert told(seen(secret(f"{field}:\n  {line}\n"))) == []


@pytest.mark.parametrize("text", QUIET_TEXTS, ids=lambda _: ROW)
def test_references_and_sealed_secrets_stay_quiet(text: str) -> None:
    assert told(seen(text)) == []


def test_the_example_of_the_documentation_is_known() -> None:
    hits = seen(secret(f"data:\n  username: {b64('admin')}\n  password: {b64('1f2d1e2e67df')}\n"))
    assert told(hits) == [(RULE, {**DB, "key": "password"})]
    assert examples.known(hits[0].value)


def test_a_hash_of_a_password_is_a_small_matter() -> None:
    hits = seen(secret("stringData:\n  admin.password: $2a$10$" + "kN3vQ8xW" * 6 + "aB\n"))
    assert [(dict(hit.parts)["holds"], hit.severity) for hit in hits] == [("password hash", "low")]


PASSWORD = [(RULE, {**DB, "key": "password"})]
JSON = {"apiVersion": "v1", "data": {"password": "@B64@"}, "kind": "Secret", "metadata": {"name": "db", "namespace": "prod"}}
LIST = {"apiVersion": "v1", "items": [JSON], "kind": "List", "metadata": {"resourceVersion": ""}}
SHAPES = [
    secret("data:\n  password: @B64@\n"),
    secret("data:\n  password: @B64LN@\n"),
    secret("data:\n  password: '@B64@'\n"),
    secret('data:\n  password: "@B64@"\n'),
    secret("data:\n  'password': @B64@  # base64\n"),
    secret("data:\n  password: |\n    @B64@\n"),
    secret("data:\n  password: |-\n    @B64@\ntype: Opaque\n"),
    secret("data:\n  password: >-\n    @B64@\n"),
    secret("data:\n  password:\n    @B64@\n"),
    secret("data:\n  password:\n    '@B64@'\n"),
    secret("data:\n  password: !!binary |\n    @B64@\n"),
    secret("data:\n  password: &pw @B64@\n"),
    secret("data: {password: @B64@}\n"),
    secret('data: {"password": "@B64@", user: YXBw}\n'),
    secret("data:\n    {password: @B64@,\n     user: YXBw}\n"),
    secret("stringData:\n  password: @PW@\n"),
    secret('stringData:\n  password: "@PW@"\n'),
    secret("stringData:\n  user: app\n  password: '@PW@'\n"),
    secret("stringData:\n  password: |\n    @PW@\n"),
    secret("stringData:\n  password: >-\n    @PW@\n"),
    secret("type: Opaque\nimmutable: true\nstringData: {password: '@PW@'}\n"),
    "data:\n  password: @B64@\napiVersion: v1\nkind: Secret\nmetadata:\n  namespace: prod\n  name: db\n",
    "kind: Secret\nstringData:\n  password: @PW@\nmetadata:\n  name: db\n  namespace: prod\n  labels: {app: x}\napiVersion: v1\n",
    '"apiVersion": "v1"\n"kind": "Secret"\n"metadata":\n  "name": "db"\n  "namespace": "prod"\n"data":\n  "password": "@B64@"\n',
    "apiVersion: v1\nkind:   Secret   # of the database\nmetadata: {name: db, namespace: prod}\ndata:\n\n  # the password\n\n  password: @B64@\n",
    "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\n---\n" + secret("data:\n  password: @B64@\n") + "---\nkind: ConfigMap\ndata:\n  c: d\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  data:\n    password: @B64@\n  kind: Secret\n  metadata:\n    name: db\n    namespace: prod\n",
    "apiVersion: v1\nkind: List\nitems:\n  - kind: Secret\n    metadata:\n      name: db\n      namespace: prod\n    data:\n      password: @B64@\n",
    "apiVersion: v1\nkind: SecretList\nitems:\n- metadata:\n    name: db\n    namespace: prod\n  data:\n    password: @B64@\n",
    "---\n# Source: app/templates/secret.yaml\n" + secret("data:\n  {{- if .Values.db }}\n  password: @B64@\n  {{- end }}\n"),
    secret('data:\n  password: {{ "@PW@" | b64enc | quote }}\n'),
    secret('data:\n  password: {{ b64enc "@PW@" }}\n'),
    "tasks:\n- kubernetes.core.k8s:\n    definition:\n      kind: Secret\n      metadata:\n        name: db\n        namespace: prod\n      data:\n        password: @B64@\n",
    "kubectl apply -f - <<EOF\n" + secret("data:\n  password: @B64@\n") + "EOF\n",
    "```yaml\n" + secret("data:\n  password: @B64@\n") + "```\n",
    "manifest = '''" + secret("data:\n  password: @B64@\n") + "'''\n",
    "s := `" + secret("data:\n  password: @B64@`\n"),
    "".join("# " + line + "\n" for line in secret("data:\n  password: @B64@").splitlines()),
    "".join("+" + line + "\n" for line in secret("data:\n  password: @B64@").splitlines()),
    'yaml := "' + secret("data:\n  password: @B64@\n").replace("\n", "\\n") + '"\n',
    secret("data:\n  password: @B64@\n").replace("\n", "\r\n"),
    json.dumps(JSON),
    json.dumps(JSON, indent=4),
    json.dumps(JSON, separators=(",", ":")),
    json.dumps(LIST, indent=2),
    json.dumps({"manifest": json.dumps(JSON)}),
    json.dumps({"manifest": json.dumps(JSON, indent=2)}),
    json.dumps({"kind": "SecretList", "items": [{key: JSON[key] for key in ("metadata", "data")}]}),
    "const s = new k8s.Secret({kind: 'Secret', metadata: {name: 'db', namespace: 'prod'}, stringData: {password: '@PW@'}});",
    'resource "kubernetes_manifest" "s" {\n  manifest = {\n    kind = "Secret"\n    metadata = { name = "db", namespace = "prod" }\n'
    '    data = {\n      password = "@B64@"\n    }\n  }\n}\n',
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda _: ROW)
@pytest.mark.parametrize("seed", range(2))
def test_finds_the_password_of_a_secret_and_nothing_else(shape: str, seed: int) -> None:
    made = words(seed)
    text = made.filled(shape)
    hits = seen(text)
    assert told(hits) == PASSWORD
    assert covered(text, hits, made)


OTHERS = [
    (secret("stringData:\n  .htpasswd: @PW@\n"), [(RULE, {**DB, "key": ".htpasswd"})]),
    (secret("data:\n  API_TOKEN: @B64@\n  db-password: @B64@\n"), [(RULE, {**DB, "key": "API_TOKEN"}), (RULE, {**DB, "key": "db-password"})]),
    (
        secret("data:\n  uri: @URL64@\n"),
        [(RULE, {**DB, "key": "uri", "scheme": "postgresql", "user": "app", "host": "db.internal", "port": 5432, "database": "shop"})],
    ),
    (
        secret("stringData:\n  uri: postgresql://app:@PW@@db.internal:5432/shop\n"),
        [("postgres-dsn", {"scheme": "postgresql", "user": "app", "host": "db.internal", "port": 5432, "database": "shop"})],
    ),
    (
        "resource \"kubernetes_secret_v1\" \"db\" {\n  metadata {\n    name = \"db\"\n    namespace = \"prod\"\n  }\n  data = {\n"
        "    theme = \"dark\"\n    api-token = \"@PW@\"\n  }\n}\n",
        [("terraform-kubernetes-secret", {**DB, "key": "api-token"})],
    ),
    (
        "secretGenerator:\n- name: db\n  namespace: prod\n  literals:\n  - username=app\n  - password=@PW@\n",
        [("kustomize-secret-literal", {**DB, "key": "password"})],
    ),
    (
        "secretGenerator:\n- literals: ['password=@PW@']\n  name: db\n  namespace: prod\n  type: Opaque\n",
        [("kustomize-secret-literal", {**DB, "key": "password"})],
    ),
    (
        "kubectl create secret generic db -n prod --from-literal=user=app --from-literal=password='@PW@'\n",
        [("kubectl-secret-literal", {**DB, "key": "password"})],
    ),
    (
        "oc create secret generic db \\\n  --namespace=prod \\\n  --from-literal=password=@PW@ \\\n  --from-literal=host=db.internal\n",
        [("kubectl-secret-literal", {**DB, "key": "password"})],
    ),
]


@pytest.mark.parametrize(("shape", "expected"), OTHERS, ids=lambda _: ROW)
def test_names_the_key_of_each_value(shape: str, expected: list[tuple[str, dict[str, str | int]]]) -> None:
    made = words()
    text = made.filled(shape)
    hits = seen(text)
    assert told(hits) == expected
    assert all(hit.value == made.password.encode() for hit in hits)


def test_a_private_key_is_told_by_its_own_rule() -> None:
    from scanner.rulepack.sample import grow

    text = HEAD + "type: kubernetes.io/tls\ndata:\n  tls.crt: " + b64(PUBLIC) + "\n  tls.key: " + grow("{pem-b64:RSA PRIVATE KEY}", 1).decode()
    assert [hit.rule.id for hit in seen(text)] == ["private-key-base64"]


def test_a_file_with_a_password_is_found_by_what_is_in_it() -> None:
    made = words()
    hits = seen(secret("data:\n  app.ini: " + b64(f"[db]\nhost = db.internal\npassword = {made.password}\n") + "\n"))
    assert told(hits) == [(RULE, {**DB, "key": "app.ini", "holds": "file"})]
    assert hits[0].value == made.password.encode()


def test_each_of_many_secrets_in_one_file_is_found() -> None:
    made = words()
    text = "---\n".join(f"kind: Secret\nmetadata:\n  name: s{n}\ndata:\n  password: {made.forms['@B64@']}\n" for n in range(300))
    assert [dict(hit.parts)["name"] for hit in seen(text)] == [f"s{n}" for n in range(300)]


def test_values_are_found_though_the_beginning_of_a_long_secret_is_far_away() -> None:
    made = words()
    filler = "".join(f"  file{n}.crt: {b64(PUBLIC * 2)}\n" for n in range(60))
    text = "apiVersion: v1\ndata:\n" + filler + f"  password: {made.forms['@B64@']}\nkind: Secret\nmetadata:\n  name: db\n  namespace: prod\n"
    assert told(seen(text)) == PASSWORD


def test_a_key_beside_the_data_is_no_value() -> None:
    made = words()
    text = f"ownerReferences:\n- apiVersion: v1\n  fieldPath: {made.password}\n  kind: Secret\n  name: db\n"
    assert [hit.rule.id for hit in seen(text) if hit.rule.id == RULE] == []


@pytest.mark.parametrize("size", range(40, 200, 13))
def test_what_one_window_knows_to_be_no_secret_the_next_calls_none(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = secret(f"data:\n  api-token: {b64('xK4-replace-me-please')}\n  db-password: {b64('changeme')}\n").encode()
    monkeypatch.setattr(examine, "WINDOW", size)
    assert examine.hits(searcher(), text) == ()
    assert list(examine.streamed(searcher(), (text[at : at + 9] for at in range(0, len(text), 9)))) == []


def test_a_kind_that_ends_another_word_is_none() -> None:
    text = words().filled("mankind: Secret\ndata:\n  api-token: @B64@\n")
    assert [hit.rule.id for hit in seen(text) if hit.rule.id == RULE] == []
