"""What files hold is searched on every surface, placed in the member, and counted."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.scan import command
from scanner.decode import formats
from tests.conftest import Repo
from tests.decode import madeup
from tests.gitrepo import token


def env(seed: int = 1) -> bytes:
    return f"# comment\n\nKEY = {token(seed)}\n".encode()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


NESTED = zipped({"a.txt": b"nothing", "inner.zip": zipped({"deep/app.env": env()}), "b.txt": b"nothing"})


@dataclass(frozen=True, slots=True)
class Said:
    """A report."""

    report: Mapping[str, Any]

    @property
    def places(self) -> list[tuple[Any, ...]]:
        """Path, line, column and steps of every finding."""
        places = [finding["location"] for finding in self.report["findings"]]
        return [(at["path"], at["line"], at["column"], at["steps"]) for at in places]

    @property
    def gaps(self) -> list[tuple[str, str]]:
        """Reason and path of every gap."""
        return [(gap["reason"], gap["path"]) for gap in self.report["gaps"]]

    @property
    def count(self) -> tuple[int, ...]:
        """Objects, read, not understood."""
        seen = self.report["coverage"]
        return seen["objects"], seen["scanned"], seen["opaque"] + seen["unreadable"] + seen["truncated"]


def scan(*words: str, data: bytes | None = None) -> Said:
    done = CliRunner().invoke(command, [*words, "--format", "json", "--quiet"], input=data, standalone_mode=False)
    assert done.exception is None, done.exception
    report = json.loads(done.stdout)
    assert "tool-error" not in [gap["reason"] for gap in report["gaps"]]
    return Said(report)


def test_an_archive_in_a_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "outer.bin").write_bytes(NESTED)
    (tmp_path / "y.env").write_bytes(env(2))
    said = scan(str(tmp_path))
    assert said.places == [("x/outer.bin!inner.zip!deep/app.env", 3, 7, ["unzip", "unzip"]), ("y.env", 3, 7, [])]
    assert (said.gaps, said.count) == ([], (2, 2, 0))


def test_an_archive_that_is_named_is_opened(tmp_path: Path) -> None:
    (tmp_path / "outer.zip").write_bytes(NESTED)
    assert scan(str(tmp_path / "outer.zip")).places == [("outer.zip!inner.zip!deep/app.env", 3, 7, ["unzip", "unzip"])]


def test_standard_input_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = iter([gzip.compress(NESTED)[:50], gzip.compress(NESTED)[50:], b""])
    monkeypatch.setattr("scanner.cli.scan.StandardInput.pieces", lambda _: pieces)
    said = scan("-")
    assert said.places == [("-!inner.zip!deep/app.env", 3, 7, ["gunzip", "unzip", "unzip"])]
    assert said.count == (1, 1, 0)


@pytest.mark.parametrize("options", [[], ["--walk", "git"], ["--staged"], ["--tree"], ["--range", "HEAD^..HEAD"]], ids=" ".join)
def test_an_archive_in_a_repository_is_opened(repo: Repo, options: list[str]) -> None:
    repo.commit({"README": "first\n"})
    if options == ["--staged"]:
        repo.stage({"v/outer.jar": NESTED})
    else:
        repo.commit({"v/outer.jar": NESTED})
        (repo.path / "v/outer.jar").unlink()
    said = scan("--git", str(repo.path), *options)
    assert said.places == [("v/outer.jar!inner.zip!deep/app.env", 3, 7, ["unzip", "unzip"])]
    assert said.gaps == []
    assert said.count[0] == said.count[1]


def test_a_blob_without_a_path_names_its_member(repo: Repo) -> None:
    repo.commit({"README": "first\n"})
    repo.git("hash-object", "-w", "--stdin", data=NESTED)
    (place,) = scan("--git", str(repo.path)).places
    assert place[0] == "!inner.zip!deep/app.env"


def test_a_file_that_is_too_large_to_hold_is_opened(tmp_path: Path, repo: Repo) -> None:
    filler = os.urandom(1 << 20)
    large = zipped({**{f"{n:03}": filler for n in range(34)}, "app.env": env()}, zipfile.ZIP_STORED)
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "l.zip").write_bytes(large)
    (tmp_path / "large" / "l.gz").write_bytes(gzip.compress(large, 0))
    said = scan(str(tmp_path / "large"))
    assert said.places == [("l.gz!app.env", 3, 7, ["gunzip", "unzip"]), ("l.zip!app.env", 3, 7, ["unzip"])]
    assert said.count == (2, 2, 0)
    repo.commit({"l.zip": large})
    for walk in ("fast", "git"):
        assert scan("--git", str(repo.path), "--walk", walk).places[:1] == [("l.zip!app.env", 3, 7, ["unzip"])]


def test_a_member_that_is_stored_as_it_is_is_found_once(tmp_path: Path) -> None:
    (tmp_path / "s.zip").write_bytes(zipped({"app.env": env()}, zipfile.ZIP_STORED))
    assert [place[0] for place in scan(str(tmp_path)).places] == ["s.zip!app.env"]


def test_what_stands_beside_the_members_is_found_too(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"nothing")
        archive.comment = env(4)
    (tmp_path / "c.zip").write_bytes(out.getvalue())
    assert [place[0] for place in scan(str(tmp_path)).places] == ["c.zip"]


def test_the_name_of_a_member_is_searched(tmp_path: Path) -> None:
    (tmp_path / "n.zip").write_bytes(zipped({f"dump-{token(5)}/a": b"", "b": b""}))
    said = scan(str(tmp_path))
    assert [finding["location"]["field"] for finding in said.report["findings"]] == ["path-name"]
    assert token(5) not in json.dumps(said.report)


def test_a_secret_in_a_name_is_masked_wherever_that_is_told(tmp_path: Path) -> None:
    name = f"{token(6)}/app.env"
    data = zipped({name: env(7)})
    at = data.index(b"PK\1\2") + 16
    (tmp_path / "n.zip").write_bytes(data[:at] + b"\1\2\3\4" + data[at + 4 :])
    said = scan(str(tmp_path))
    assert said.gaps and len(said.places) == 2
    assert token(6) not in json.dumps(said.report)


def test_a_container_counts_once_and_each_thing_in_it_that_was_not_read_besides(tmp_path: Path) -> None:
    data = zipped({"a": b"content", "b": env()})
    at = data.index(b"PK\1\2") + 16
    (tmp_path / "one.zip").write_bytes(data[:at] + b"\1\2\3\4" + data[at + 4 :])
    (tmp_path / "two.zip").write_bytes(zipped({"key.age": b"age-encryption.org/v1\n"}))
    (tmp_path / "three.age").write_bytes(b"age-encryption.org/v1\n")
    said = scan(str(tmp_path))
    assert said.gaps == [
        ("unreadable", "one.zip!a"), ("unsupported-format", "three.age"), ("unsupported-format", "two.zip!key.age"),
    ]  # fmt: skip
    assert said.count == (5, 2, 3)


def test_of_very_many_gaps_only_the_first_are_told_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "many.zip").write_bytes(zipped({f"{n:04}.age": b"age-encryption.org/v1\n" for n in range(300)}))
    said = scan(str(tmp_path))
    assert len(said.gaps) == 101
    assert [gap["detail"] for gap in said.report["gaps"] if gap["path"] == "many.zip!…"] == ["and 200 more in it"]


def test_a_file_on_an_excluded_path_is_left_out_with_what_it_holds(repo: Repo) -> None:
    repo.commit({"vendor/x.zip": NESTED, "leakseal.yaml": 'version: 1\npaths:\n  - exclude: "vendor/*.zip"\n    reason: not ours at all\n'})
    said = scan("--git", str(repo.path), "--config", str(repo.path / "leakseal.yaml"))
    assert [finding["disposition"] for finding in said.report["findings"]] == ["accepted"]


def test_the_same_archive_gives_the_same_report(tmp_path: Path) -> None:
    (tmp_path / "outer.zip").write_bytes(NESTED)
    said = [dict(scan(str(tmp_path)).report) for _ in range(2)]
    for report in said:
        report.pop("run")
    assert said[0] == said[1]



def test_a_new_format_is_one_file_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = (*formats.FORMATS, formats.Format("madeup", "a made-up text", b"MADE-UP\n", "madeup:read"))
    monkeypatch.setitem(sys.modules, "scanner.decode.madeup", madeup)
    monkeypatch.setattr(formats, "FORMATS", table)
    monkeypatch.setattr(formats, "_MAGIC", re.compile(b"|".join(rb"(%s)" % form.magic for form in table), re.DOTALL))
    backwards, parted = token(1).encode()[::-1], token(2).encode()
    text = b"MADE-UP\n" + backwards + b"\n  k = " + parted[:9] + b"~~" + parted[9:] + b"\n"
    (tmp_path / "m.zip").write_bytes(zipped({"m.bin": text}))
    said = scan(str(tmp_path))
    places = sorted((finding["location"] for finding in said.report["findings"]), key=lambda at: at["steps"])
    assert {at["path"] for at in places} == {"m.zip!m.bin"}
    assert [(at["line"], at["column"], at["endColumn"], at["steps"]) for at in places] == [
        (3, 1, 41, ["unzip", "reversed"]),  # counted in the reading
        (3, 7, 49, ["unzip", "tilde"]),  # counted in the text that was read
    ]
    assert [(at["record"], at["page"], at["box"], at["field"]) for at in places] == [
        ("r7", 2, [len(parted) + 10, 0, len(backwards), 9], None), (None, None, None, "body"),
    ]  # fmt: skip
    (gap,) = said.report["gaps"]
    assert (gap["reason"], gap["path"], gap["detail"]) == ("illegible-image", "m.zip!m.bin", "too dark")
