"""An inventory is understood whole, or refused with the line that is wrong."""

from __future__ import annotations

import pytest

from scanner.errors import ConfigError
from scanner.sweep.inventory import bare, load

HEAD = "version: 1\nrepositories:\n"


def read(tmp_path, text):
    path = tmp_path / "inventory.yaml"
    path.write_text(text)
    return load(path)


@pytest.mark.parametrize(("text", "line", "said"), [
    ("", 1, "keys and values"),
    ("version: 2\nrepositories: []\n", 1, "1"),
    ("version: 1\n", 1, "one of `repositories` and `forges` is missing"),
    (HEAD + "  - url: https://h/a\n    ownr: x\n", 4, "did you mean `owner`"),
    (HEAD + "  - owner: x\n", 3, "one of `url` and `path`"),
    (HEAD + "  - {url: https://h/a, path: b}\n", 3, "one of `url` and `path`"),
    (HEAD + "  - url: ext::sh -c touch% /tmp/x\n", 3, "no URL"),
    (HEAD + "  - url: --upload-pack=x\n", 3, "no URL"),
    (HEAD + "  - url: git://h/a\n", 3, "not fetched by this protocol"),
    (HEAD + "  - url: https://u:pass@h/a\n", 3, "a password stands in this URL"),
    (HEAD + "  - url: https://h/a\n  - url: https://h/a.git\n", 4, "same name"),
    (HEAD + "  - {url: https://h/a, every: often}\n", 3, "a time such as"),
    (HEAD + "  - {url: https://h/a, trust-owner: maybe}\n", 3, "`true` or `false`"),
    (HEAD + "  - {url: https://h/a, suppressions: none.yaml}\n", 3, "no file of this name"),
    (HEAD + "  - {url: https://h/a, token-env: 'ab cd'}\n", 3, "environment variable"),
    ("version: 1\nprotocols: [ext]\nrepositories: []\n", 2, "one of https"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, line, said):
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)
    assert f"inventory.yaml:{line}:" in raised.value.message
    assert said in f"{raised.value.message} {raised.value.hint}"


def test_a_url_with_a_password_is_never_repeated(tmp_path):
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, HEAD + "  - url: https://u:pass%20word@h/a\n")
    assert "word" not in raised.value.message.replace("password", "")


def test_defaults_groups_and_entries_say_more_and_more(tmp_path):
    found = read(tmp_path, """version: 1
defaults: {owner: ops, every: 1d, timeout: 60}
groups:
  web: {owner: web-team, full: 4w}
repositories:
  - url: https://forge.example/web/app.git
    groups: [web]
  - url: git@forge.example:ops/tool.git
  - url: https://forge.example/web/site
    groups: [web]
    owner: ana
    name: site
""")  # fmt: skip
    assert [(one.name, one.owner, one.every, one.full, one.timeout) for one in found.repositories] == [
        ("forge.example/ops/tool", "ops", 24, 0, 60), ("forge.example/web/app", "web-team", 24, 672, 60), ("site", "ana", 24, 672, 60),
    ]  # fmt: skip
    assert [one.name for one in found.chosen(("web",), ())] == ["forge.example/web/app", "site"]
    assert [one.name for one in found.chosen((), ("site",))] == ["site"]


def test_a_pattern_finds_folders_and_says_so_if_there_are_none(tmp_path):
    for name in ("b", "a"):
        (tmp_path / "srv" / name).mkdir(parents=True)
    (tmp_path / "srv" / "file").touch()
    found = read(tmp_path, HEAD + "  - path: srv/*\n  - path: other/*\n  - path: one\n")
    assert [one.path.name for one in found.repositories] == ["one", "a", "b"]
    assert [where.rpartition(":")[2] for where in found.empty] == ["4"]


@pytest.mark.parametrize(("url", "said"), [
    ("https://user@h:8443/a/b?x=1#y", "https://h:8443/a/b"),
    ("git@h:a/b.git", "h:a/b.git"),
    ("ssh://git@h/a", "ssh://h/a"),
])  # fmt: skip
def test_of_a_url_only_host_and_path_are_said(url, said):
    assert bare(url) == said
