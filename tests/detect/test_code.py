"""Pieces of a program beside words such as `token`: regular expressions, paths and lists of words are no credentials."""

from __future__ import annotations

import pytest

from scanner.rulepack.sample import grow

QUIET = [
    r'("GitHub token", re.compile(rb"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})")),',
    r'("Slack token", re.compile(rb"\bxox[abeoprs]-[0-9A-Za-z-]{20,}")),',
    r'_TOKEN = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|[^x]{0,9}")',
    r'var secret = regexp.MustCompile("sk-acme-api03-....")',
    r'const token = new RegExp("acme-(live|test)-....")',
    r'TOKEN_SHAPE = "(?P<head>acme)_[a-z0-9]{20}"',
    r'secret_pattern: "(?:acme|emca)_\\w{32}"',
    r'(r"(?P<secret>sk-acme-api03-[\w-]{93})", (b"sk-acme-",)),',
    '_LIBRARIES = ("cryptography", "detect-secrets", "dulwich", "gitpython", "hyperscan")',
    'WORDS = ["sample", "secret", "snip", "tbd", "todo", "token", "undefined", "user"]',
    '("ldapsearch", "ldapdelete", "ldappasswd", "ldapwhoami", "ldapcompare")',
    'names = ["../../etc/passwd", "/etc/passwd", "./b//c"]',
    'changes = (lambda token: token * 2, lambda token: b"0x3080" * 20_000)',
    '("Rotate the role and its password.", "2026-11-24", "low")',
    'told == [("slack-token", "leakseal.yaml:4:13"), ("gitlab-feed-token", "app/settings.py:26")]',
    r'red, plain, token = "\x1b[31m", "\x1b[0m", secrets["coloured"]',
    """"client_secret = os.environ['CLIENT_SECRET']", "etag: weak-and-long-enough",""",
    '("rabbitmqctl add_user", "rabbitmqctl change_password", "rabbitmqctl authenticate_user")',
    'f"postgresql://apps:{password(seed)}@db.corp.lan:5432/orders"',
    'f"docker login -u {u} -p {shlex.quote(p)} {h}\\n"',
    '"<server><username>robot</username><password>" + secret + "</password></server>"',
    r'rb"\A(?:vault:|op://|sm://|ssm:|akv:|ref\+|secretref:|secretKeyRef|keyvault|@Microsoft\.KeyVault|arn:aws:"',
]
LOUD = [
    ('setenv("API_TOKEN", "{alnum:31}7")', "{alnum:31}7"),
    ('("user", "password", "{password:14}", "db")', "{password:14}"),
    ('secret = "{alnum:12}[{alnum:12}"', "{alnum:12}[{alnum:12}"),
    ("token = '({alnum:20}7'", "({alnum:20}7"),
    ('"poetry config http-basic.corp robot {alnum:13}7\\n"', "{alnum:13}7"),
    ('run("docker login -u robot -p {alnum:13}7\\n")', "{alnum:13}7"),
    ('"cqlsh db.corp.lan 9042 -u app -p {alnum:13}7\\n"', "{alnum:13}7"),
]


@pytest.mark.parametrize("line", QUIET)
def test_a_piece_of_a_program_is_no_credential(search, line):
    assert [hit.rule.id for hit in search(line.encode())] == []


@pytest.mark.parametrize(("shape", "secret"), LOUD)
def test_a_secret_in_a_program_is_found_and_nothing_of_the_program_with_it(search, shape, secret):
    (found,) = search(grow(shape, 7))
    assert len(found.value) == len(grow(secret, 7))
