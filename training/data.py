"""What the score learns from: labelled lines, and lines made up from shapes, translations and program sources."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanner.rulepack.sample import grow

ASIDE = frozenset({"UUID", "Nonce", "Salt"})  # credentials only by the rules of the data set


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, and whether the secret stands in it; `group` keeps together what must not be split."""

    group: str
    text: bytes
    start: int | None
    end: int | None
    true: bool
    counted: bool  # whether it counts when the score is judged
    weight: float = 1.0
    title: str = ""


def labelled(path: Path) -> Iterator[Line]:
    """The lines of a JSONL file with repo, line, label (T, F, X), categories, value_start and value_end."""
    for row in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(row)
        if one["label"] == "X":
            continue
        text, start, end = one["line"], one["value_start"], one["value_end"]
        places = [None if at is None else len(text[:at].encode("utf-8", "surrogatepass")) for at in (start, end)]
        counted = not set(one["categories"]) <= ASIDE
        yield Line(one["repo"], text.encode("utf-8", "surrogatepass"), *places, one["label"] == "T", counted, 1.0, one["file"])


NAMES = (
    "password",
    "db_password",
    "DB_PASSWORD",
    "adminPassword",
    "root_pass",
    "MYSQL_ROOT_PASSWORD",
    "user.password",
    "spring.datasource.password",
    "pwd",
    "secret",
    "client_secret",
    "clientSecret",
    "CLIENT_SECRET",
    "jwt_secret",
    "webhookSecret",
    "app.secret",
    "token",
    "access_token",
    "accessToken",
    "AUTH_TOKEN",
    "github_token",
    "bot_token",
    "api_key",
    "apiKey",
    "API_KEY",
    "secret_key",
    "SECRET_KEY",
    "private_key",
    "encryptionKey",
    "auth_key",
    "credentials",
    "smtp_password",
    "ldapBindPassword",
    "redis_password",
    "keystore.password",
    "passphrase",
)
FORMS = (
    '{n} = "{v}"',
    "{n} = '{v}'",
    "{n}={v}",
    "{n}: {v}",
    '{n}: "{v}"',
    '  "{n}": "{v}",',
    "{n} => '{v}',",
    'const {n} = "{v}";',
    "export {n}={v}",
    'set("{n}", "{v}")',
    "'{n}': '{v}',",
    '{n} := "{v}"',
    "<{n}>{v}</{n}>",
    'String {n} = "{v}";',
    "    - {n}={v}",
    'self.{n} = "{v}"',
    "# {n} = {v}",
    "CREATE USER app IDENTIFIED BY '{v}';",
    "ALTER ROLE app WITH PASSWORD '{v}';",
    "tool --{n} {v} run",
    "tool --{n}={v}",
    'run("backup --{n} {v}")',
    '{{"{n}":"{v}"}}',
    'os.environ["{n}"] = "{v}"',
    "ENV {n} {v}",
    "https://api.acme-corp.dev/v1?{n}={v}&page=2",
    '{n}("{v}")',
    "// {n}: '{v}'",
)
SHAPES = (
    "{password:8-20}",
    "{alnum:8-24}",
    "{alnum:32-44}",
    "{hex:16-40}",
    "{hex:64}",
    "{base64:24-60}",
    "{base64url:22-48}",
    "{lower:6-12}",
    "{word:4-8}{digit:1-4}",
    "{upper:1}{word:4-8}{digit:2-4}{any:!?#$%:1}",
    "{word:4-7}-{word:4-7}-{word:4-7}{digit:1-3}",
    "{base32:16-32}",
    "{word:5-8}{any:!@#:1}{digit:2-4}",
    "{lower:8-16}",
    "{digit:6-12}",
    "{uuid}",
)
QUIET = (
    "scram-sha-256",
    "scram-sha-512",
    "HMAC-SHA1",
    "SHA-256",
    "aes-256-gcm",
    "ed25519",
    "rsa-4096",
    "utf-8",
    "latin-1",
    "pg/text@1",
    "text/plain",
    "--format=v2s2",
    "--stdin",
    "magic_code",
    "oauth2",
    "x509",
    "rs256",
    "HS512",
    "es2022",
    "v1beta1",
    "ipv4",
    "base64url",
    "md5",
    "2.0",
    "tls1.2",
    "h2c",
    "changeme",
    "change-me",
    "your_{n}",
    "YOUR_{N}",
    "<{n}>",
    "<your-{n}-here>",
    "my{n}",
    "example",
    "test",
    "secret",
    "password",
    "xxxxxxxx",
    "********",
    "${{{N}}}",
    "$({N})",
    "{{{{ .Values.{n} }}}}",
    "%({n})s",
    "{{{n}}}",
    "%s",
    "null",
    "None",
    "undefined",
    "string",
    "String",
    "required",
    "TODO",
    "placeholder",
    "insert-{n}-here",
    "foo",
    "bar",
    "os.environ['{N}']",
    "process.env.{N}",
    "getenv('{N}')",
    "config.{n}",
    "self.{n}",
    "settings.{N}",
    "get_{n}()",
    "user.{n}",
    "{n}",
    "{N}",
    "secretsmanager",
    "/run/secrets/{n}",
    "vault:secret/data/app#{n}",
    "file:///etc/app/{n}",
    "{n}.txt",
    "https://login.acme-corp.dev/{n}",
    "<redacted>",
    "[REDACTED]",
    "false",
    "true",
    "optional",
    "sha256",
    "AES256",
    "basic",
    "bearer",
    "Authorization",
    "X-Auth-Token",
    "application/json",
    "text",
    "hidden",
    "varchar(255)",
    "[]",
    "{{}}",
    "...",
    "abc",
    "abc123",
    "123456",
    "12345678",
    "dummy",
    "fake-{n}",
    "test_{n}",
    "invalid",
    "wrong",
    "incorrect",
    "expired",
    "ENC[AES256_GCM,data:abc]",
    "Enter your {n}",
    "The {n} is required",
    "Invalid {n}",
    "Show {n}",
    "new {n}",
    "*.*",
    "uid=1000",
    "ctrl+c",
    "user1",
    "{n}1",
    "Bearer",
    "10s",
    "1h",
    "4096",
    "localhost",
    "UTF-8",
    "base64",
    "github.com/acme/{n}",
    "path/to/{n}",
    "a/b/c",
)


# Names whose values look like secrets and are none.
HARMLESS = (
    "public_key",
    "publicKey",
    "PUBLIC_KEY",
    "public-key",
    "api_key_id",
    "apiKeyId",
    "access_key_id",
    "key_id",
    "keyId",
    "token_count",
    "max_tokens",
    "tokens",
    "tokenId",
    "token_id",
    "secret_name",
    "secretArn",
    "password_hash",
    "passwordHash",
    "hashed_password",
    "encrypted_password",
    "encryptedKey",
    "key_fingerprint",
    "keyFingerprint",
    "auth_id",
    "authorId",
    "cache_key",
    "cacheKey",
    "partition_key",
    "primaryKey",
    "sort_key",
    "foreign_key",
    "publicKeyToken",
    "site_key",
    "csrf_token",
    "token_sha256",
    "secret_version",
    "key_checksum",
    "recaptcha_site_key",
    "stripe_publishable_key",
    "vapid_public_key",
    "session_key_hash",
    "authorization_endpoint",
    "token_endpoint",
    "credential_id",
    "credentialsId",
    "client_id",
)


def made(seed: int, size: int) -> Iterator[Line]:
    """Secrets of many shapes, and what stands where a secret would, in the usual places."""
    rng = random.Random(seed)  # noqa: S311 the same lines for the same seed
    for number in range(size):
        name, form = rng.choice(NAMES), rng.choice(FORMS)
        true = number % 2 == 0
        harmless = number % 8 == 1
        name = rng.choice(HARMLESS) if harmless else name
        if true or harmless:
            value = grow(rng.choice(SHAPES), rng.randrange(1 << 30)).decode()
            if any(c in value for c in "\"'`\\<>&{$") or (" " in value):
                continue
        else:
            words = re.sub(r"[^a-zA-Z]+", "_", name)
            value = rng.choice(QUIET).format(n=words.lower(), N=words.upper())
        text = form.format(n=name, v=value)
        at = text.rfind(value) if form.count("{v}") == 1 else -1
        start = form.format(n=name, v="\0").index("\0")
        if at < 0:
            continue
        yield Line(f"made-{number % 40}", text.encode(), start, start + len(value), true, False, 0.3, "made")


_ENTRY = re.compile(r'^msgid (".*"(?:\n".*")*)\nmsgstr (".*"(?:\n".*")*)', re.MULTILINE)
_ASKED = re.compile(r"(?i)pass|token|secret|key|auth|credential|log")
_LABELS = (
    "LABEL_PASSWORD",
    "TITLE_CHANGE_PASSWORD",
    "password",
    "forgot_password",
    "INVALID_TOKEN",
    "MANDATORY_PASSWORD",
    "new_password",
    "authRequired",
    "passwordHint",
    "secret_key_help",
)


def translated(folder: Path, seed: int, most: int) -> Iterator[Line]:
    """Sentences in many languages where a password would stand, from the catalogues (.po) below a folder."""
    rng = random.Random(seed)  # noqa: S311 the same lines for the same seed
    lines: list[Line] = []
    for path in sorted(folder.rglob("*.po")):
        for original, text in _ENTRY.findall(path.read_text(encoding="utf-8", errors="replace")):
            said, meant = (" ".join(ast.literal_eval(piece) for piece in part.split("\n")).strip() for part in (text, original))
            if not said or len(said) > 80 or "\n" in said or '"' in said:
                continue
            if _ASKED.search(meant) or rng.random() < 0.03:
                name = rng.choice(_LABELS)
                line = rng.choice(
                    (f'    "{name}": "{said}",', f"  {name}: '{said}',", f'"{meant}": "{said}"', f"{name} = {said}", f"    {name}: {said}")
                )
                lines.append(Line(f"translated-{path.parent.parent.name}", line.encode(), None, None, False, False, 0.3, "translated"))
    rng.shuffle(lines)
    yield from lines[:most]


def sources(folders: list[Path], seed: int, most: int) -> Iterator[Line]:
    """Lines of program sources that are taken to hold no secret; tests are left out, they are full of made-up ones."""
    rng = random.Random(seed)  # noqa: S311 the same lines for the same seed
    lines: list[Line] = []
    for folder in folders:
        for path in sorted(
            p for p in folder.rglob("*") if p.suffix in {".py", ".js", ".c", ".h", ".pyi", ".yaml", ".json", ".md", ".rst", ".ts"}
        ):
            if "test" in str(path.relative_to(folder)).lower() or not path.is_file() or path.stat().st_size > 1 << 20:
                continue
            for line in path.read_bytes().splitlines():
                if len(line) < 300 and re.search(rb"(?i)pass|secret|token|key|auth|cred|pwd", line):
                    lines.append(Line(f"source-{path.parent.name}", line, None, None, False, False, 0.2, "source"))
    rng.shuffle(lines)
    yield from lines[:most]
