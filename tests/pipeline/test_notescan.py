"""Exports of notes from end to end: records, fields, attachments, what is missing, and the count."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.scan import command
from scanner.pipeline import noteplace
from scanner.rulepack.sample import grow
from tests.decode.notes import exports
from tests.decode.notes.exports import Made
from tests.e2e.dragnet import Dragnet
from tests.e2e.planted import plants


@dataclass
class Said:
    """A report on a scan."""

    code: int
    report: dict[str, Any]
    text: str

    @property
    def places(self) -> list[tuple[Any, ...]]:
        """(path, record, field, line) of every finding."""
        found = [finding["location"] for finding in self.report["findings"]]
        return [(at["path"], at["record"], at["field"], at["line"]) for at in found]

    @property
    def gaps(self) -> list[tuple[str, str | None, str | None]]:
        """(reason, path, record) of every gap."""
        return [(gap["reason"], gap["path"], gap["record"]) for gap in self.report["gaps"]]

    @property
    def count(self) -> tuple[int, int]:
        """(objects, read) of the notes; they come out even."""
        seen = self.report["coverage"]["surfaces"]["notes"]
        assert seen["objects"] == sum(seen[name] for name in ("scanned", "skipped", "unreadable", "truncated", "opaque"))
        return seen["objects"], seen["scanned"]


@pytest.fixture
def scan(tmp_path: Path) -> Callable[..., Said]:
    """Scans a file of these bytes, or a folder of these files."""

    def run(content: bytes | dict[str, bytes], name: str = "export.json", *words: str, flag: bool = True) -> Said:
        target = tmp_path / name
        for path, data in content.items() if isinstance(content, dict) else [("", content)]:
            place = target / path if path else target
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        options = ["--notes", str(target)] if flag else [str(target)]
        result = CliRunner().invoke(command, [*options, "--format", "json", "--quiet", *words], standalone_mode=False)
        assert result.exception is None, result.exception
        return Said(result.return_value, json.loads(result.stdout), result.stdout)

    return run


DAY = "2024-05-06T07:08:09Z"


def secret(seed: int) -> str:
    return grow("{github-token:ghp_}", seed).decode()


def test_a_finding_names_record_field_author_and_time(scan):
    body, fields = f"first\nlogged in with {secret(1)}\n", {"api": {"token": secret(3)}}
    made = Made("T-7", "quiet", body, comments=("fine", f"or {secret(2)}"), fields=fields)
    said = scan(exports.as_json([made, Made("T-8", f"see {secret(4)}", "quiet")]))
    assert said.code == 1
    assert sorted(said.places, key=str) == sorted([
        ("export.json", "T-7", "record.body", 2), ("export.json", "T-7/2", "record.body", 1),
        ("export.json", "T-7", "record.fields.api.token", None), ("export.json", "T-8", "record.title", 1),
    ], key=str)  # fmt: skip
    who = {(at["record"], at["author"], at["date"]) for at in (finding["location"] for finding in said.report["findings"])}
    assert who == {("T-7", "Anna Beispiel", DAY), ("T-7/2", "Bo", None), ("T-8", "Anna Beispiel", DAY)}
    assert said.count == (4, 4)
    assert not any(secret(seed) in said.text for seed in range(1, 5))


def test_a_secret_in_two_records_of_one_file_is_told_of_both(scan):
    said = scan(exports.as_json([Made("T-1", "a", secret(1)), Made("T-2", "b", secret(1))]))
    assert [place[1] for place in said.places] == ["T-1", "T-2"]


def test_a_secret_that_is_split_by_tags_or_written_in_entities_is_found_in_html(scan):
    word = secret(1)
    body = f"<p>first</p><p>use <b>{word[:9]}</b>{word[9:]}</p><!-- {secret(2)} --><a href='https://h/?t={secret(3)}'>x</a>"
    said = scan(exports.as_json([Made("T-1", "a", body)]))
    assert [place[1:] for place in said.places] == [("T-1", "record.body", line) for line in (2, 4, 5)]
    assert all(finding["location"]["steps"] == ["html"] for finding in said.report["findings"])


def test_a_pair_whose_halves_stand_in_two_fields_is_found(scan):
    said = scan(exports.as_json([Made("T-1", "a", "b", fields={"auths": {"registry.example.org": {"auth": base64.b64encode(
        f"ci:{secret(1)}".encode()).decode()}}})]))  # fmt: skip
    assert [finding["kind"] for finding in said.report["findings"]] == ["pull-secret"]


FILES = {
    "hub.json": exports.as_json([
        Made("T-1", "a", "b", files={"attachments/app.log": b""}), Made("T-2", "c", f"![x](attachments/{'s' * 5}.png)"),
    ]),
    "attachments/app.log": f"line\ntoken={secret(1)}\n".encode(),
    "attachments/sssss.png": b"\x89PNG\r\n\x1a\n" + secret(2).encode(),
    "attachments/logs.zip": exports.zipped({"inner.log": secret(3).encode()}),
}  # fmt: skip


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(("name", "content"), [("hub.zip", exports.zipped(FILES)), ("hub", FILES), ("hub.tar.gz", _tar(FILES))])
def test_attachments_are_told_of_the_record_that_names_them(scan, name, content):
    outer = "" if name == "hub" else f"{name}!"
    said = scan(content, name)
    assert said.places == [
        (f"{outer}attachments/app.log", "T-1", None, 2),
        (f"{outer}attachments/logs.zip!inner.log", None, None, 1),
        (f"{outer}attachments/sssss.png", "T-2", None, 3),
    ]
    at = said.report["findings"][0]["location"]
    assert (at["author"], at["date"]) == ("Anna Beispiel", "2024-05-06T07:08:09Z")
    assert said.count[0] in (5, 6)
    assert {gap[2] for gap in said.gaps} <= {"T-2"}  # the picture is not read, or read


def test_an_attachment_that_is_not_there_or_kept_elsewhere_or_damaged_is_a_gap_of_its_record(scan):
    value = Made("T-1", "a", "b").value
    value["attachments"] = [
        {"name": "gone.log", "path": "attachments/gone.log"}, {"name": "far", "url": "https://hub.example/1"}, "../../etc/passwd",
        {"name": "bad", "data": "!!!"}, {"name": "x.gz", "data": base64.b64encode(b"\x1f\x8b\x08 damaged").decode()},
    ]  # fmt: skip
    said = scan(exports.zipped({"hub.json": json.dumps({"format": "state-hub-export", "tasks": [value]}).encode()}), "hub.zip")
    assert sorted(said.gaps) == sorted([
        *[("missing-object", "hub.zip!hub.json", "T-1")] * 3, ("unreadable", "hub.zip!hub.json", "T-1"),
        ("truncated", "hub.zip!hub.json!x.gz", "T-1"),
    ])  # fmt: skip
    assert (said.code, said.count) == (3, (6, 1))


def test_an_embedded_file_is_read_like_any_other(scan):
    inner = exports.zipped({"deep/app.env": f"a\nt={secret(1)}".encode()})
    said = scan(exports.as_enex([Made("", "note", "text", files={"bundle.zip": inner})]), "e.enex")
    assert said.places == [("e.enex!bundle.zip!deep/app.env", "note 1", None, 2)]
    assert said.report["findings"][0]["location"]["steps"] == ["base64", "unzip"]
    assert said.count == (2, 2)


def test_a_file_in_the_markup_of_a_note_is_read(scan):
    inner = base64.b64encode(exports.zipped({"a.env": f"t={secret(1)}".encode()})).decode()
    said = scan(exports.as_json([Made("T-1", "a", f'<p>x</p><img src="data:application/zip;base64,{inner}">')]))
    assert said.places == [("export.json!embedded 1!a.env", "T-1", None, 1)]


def test_what_is_encoded_in_a_note_is_found_in_its_field(scan):
    inner = base64.b64encode(f"DATABASE_URL=postgres://app:{secret(1)}@db/app".encode()).decode()
    said = scan(exports.as_json([Made("T-1", "a", f"one\ntwo {inner}\n")]))
    assert said.places == [("export.json", "T-1", "record.body", 2)]


def test_a_resource_that_the_text_shows_and_the_note_lacks_is_a_gap(scan):
    data = exports.as_enex([Made("", "note", "text", files={"a": b"1234"})]).replace(base64.b64encode(b"1234"), base64.b64encode(b"1235"))
    assert scan(data, "e.enex").gaps == [("missing-object", "e.enex", "note 1")]


DIGITS = "0a" * 16
LAYOUTS = {
    "jira": ("e.json", exports.as_jira, "T-1", "record.body"),
    "slack": ("slack.zip", exports.as_slack, "1714979289.000200", "record.body"),
    "confluence": ("c.zip", lambda made: exports.zipped({"entities.xml": exports.as_confluence(made)}), "101", "record.body"),
    "enex": ("n.enex", exports.as_enex, "note 1", "record.body"),
    "lines": ("e.jsonl", exports.as_lines, "T-1", "record.body"),
    "yaml": ("e.yaml", exports.as_yaml, "T-1", "record.body"),
    "markdown": ("t.md", lambda made: exports.as_markdown(made[0]), "T-1", "record.body"),
    "gzip": ("e.json.gz", lambda made: gzip.compress(exports.as_json(made)), "T-1", "record.body"),
    "notion": ("n.zip", lambda made: exports.zipped({f"Plan {DIGITS}.md": f"# Plan\n\n{made[0].body}\n".encode()}), DIGITS, "record.body"),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("flag", [True, False], ids=["named", "bare"])
def test_an_export_is_known_by_its_content_and_its_finding_names_the_record(scan, name, flag):
    path, write, record, field = LAYOUTS[name]
    id = record if name in ("slack", "confluence") else "T-1"
    said = scan(write([Made(id, "quiet", f"see {secret(5)}")]), path, flag=flag)
    assert [(target["surface"]) for target in said.report["targets"]] == ["notes"]
    assert [place[1:3] for place in said.places] == [(record, field)]


@pytest.mark.parametrize(
    "content",
    [
        {"package.json": b"{}", "src/app.py": b"x = 1\n", "README.md": b"# x\n"},
        {"a.md": b"# Docs\n", "b.md": b"text\n", "issues.json": b"[]"},
        {},
    ],
)
def test_a_folder_of_something_else_is_no_export(scan, tmp_path, content):
    (tmp_path / "folder").mkdir()
    assert scan(content, "folder", flag=False).report["targets"][0]["surface"] == "tree"


@pytest.mark.parametrize("pack", [bytes, lambda data: exports.zipped({"e.json": data}), gzip.compress], ids=["plain", "zip", "gzip"])
def test_an_export_can_come_from_standard_input(pack):
    data = pack(exports.as_json([Made("T-1", "a", f"x {secret(1)}"), Made("T-2", "a", "b")]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scanner.cli.scan.StandardInput.pieces", lambda _: iter([data[:40], data[40:]]))
        result = CliRunner().invoke(command, ["--notes", "-", "--format", "json", "--quiet"], standalone_mode=False)
    said = Said(result.return_value, json.loads(result.stdout), result.stdout)
    assert [place[1:] for place in said.places] == [("T-1", "record.body", 1)]
    assert said.count == (2, 2)


def test_a_body_that_is_a_mail_is_the_body_of_its_record(scan):
    mail = f"From: anna@example.org\nTo: bo@example.org\nSubject: key\n\n{secret(1)}\n"
    assert [place[1:3] for place in scan(exports.as_json([Made("T-1", "a", mail)])).places] == [("T-1", "record.body")]


def test_an_interrupted_scan_says_so(scan, monkeypatch):
    calls = []

    def told(*_):
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return noteplace.Told(octets=1)

    monkeypatch.setattr("scanner.pipeline.notescan.told", told)
    said = scan(exports.as_json([Made(f"T-{n}", "a", "b") for n in range(1, 6)]))
    assert (said.code, said.gaps, said.count) == (130, [("truncated", None, None)], (3, 2))


def test_a_vault_is_an_export_and_its_links_are_followed(scan):
    vault = {
        ".obsidian/app.json": b"{}", "daily/2024-05-06.md": f"see ![[shot.png]]\nkey {secret(1)}\n".encode(),
        "img/shot.png": f"not a picture {secret(2)}".encode(), "b.md": b"![[lost.png]]",
    }  # fmt: skip
    said = scan(vault, "vault", flag=False)
    assert said.places == [("daily/2024-05-06.md", "daily/2024-05-06", "record.body", 2), ("img/shot.png", "daily/2024-05-06", None, 1)]
    assert said.gaps == [("missing-object", "b.md", "b")]
    assert said.count == (5, 4)


def test_what_is_missing_from_the_export_is_counted(scan):
    said = scan(exports.as_json([Made(f"T-{n}", "a", "b") for n in (1, 2, 4, 5)], counts={"tasks": 7}))
    assert set(said.gaps) == {("missing-object", "export.json", "T-3"), ("missing-object", "export.json", None)}
    assert (said.code, said.count) == (3, (7, 4))


@pytest.mark.parametrize("name", ["e.json", "e.yaml", "e.zip", "e.jsonl"])
def test_a_truncated_export_is_a_gap_and_what_is_left_is_searched(scan, name):
    made = [Made("T-1", "a", "b"), Made("T-2", "c", f"x {secret(1)} " + "y" * 400), Made("T-3", "d", "e" * 300)]
    writers = {"e.yaml": exports.as_yaml, "e.jsonl": exports.as_lines}  # YAML has no end of its own: the counts tell that it is cut
    data = writers.get(name, exports.as_json)(made, **({"counts": {"tasks": 3}} if name == "e.yaml" else {}))[:-420]
    said = scan(exports.zipped({"e.json": data}) if name.endswith("zip") else data, name)
    assert {reason for reason, _, _ in said.gaps} == {"truncated"}
    assert said.count[0] == said.count[1] + len(said.gaps)
    assert len(said.places) == 1
    assert said.places[0][1] in ("T-2", None)


def test_a_damaged_export_is_searched_as_it_is(scan):
    data = exports.as_json([Made("T-1", "a", f"x {secret(1)}"), Made("T-2", "b", f"y {secret(2)}")])
    at = data.index(b'"T-2"')
    said = scan(data[:at] + b"\xff\xfe]]" + data[at:])
    assert {(place[1], place[2]) for place in said.places} == {(None, None), ("T-1", "record.body")}
    assert [reason for reason, _, _ in said.gaps] == ["unreadable"]


def test_names_that_lead_out_of_an_archive_lead_nowhere(scan):
    said = scan(exports.zipped({"../../evil.md": f"---\nid: N-1\ntype: note\n---\n{secret(1)}".encode(), "/abs.txt": b"x"}), "e.zip")
    assert said.places == [("e.zip!../../evil.md", "N-1", "record.body", 5)]
    assert said.count == (2, 2)


def test_ids_that_stand_twice_lose_nothing(scan):
    said = scan(exports.as_json([Made("T-1", "a", secret(1)), Made("T-1", "a", secret(2)), Made("T-1", "a", secret(1))]))
    assert len({finding["fingerprint"] for finding in said.report["findings"]}) == 2
    assert said.count == (3, 3)


def test_a_secret_in_an_id_or_a_key_is_masked_wherever_it_is_told(scan):
    task = {"id": secret(1), "title": secret(1), secret(2): f"x {secret(3)}", "attachments": ["gone"]}
    said = scan(json.dumps({"format": "state-hub-export", "tasks": [task]}).encode())
    assert len(said.report["findings"]) >= 3
    assert not any(secret(seed) in said.text for seed in (1, 2, 3))


def test_names_that_a_terminal_would_obey_are_told_in_print(scan):
    odd = "a\n\x1b[31m\u202e"
    said = scan(json.dumps({"format": "state-hub-export", "tasks": [{"id": odd, odd: secret(1), "attachments": ["x"]}]}).encode())
    assert len(said.places) == 1
    assert all(text.isprintable() for text in (*said.places[0][1:3], said.gaps[0][2]))


def test_a_project_describes_its_own_layout(scan, tmp_path):
    config = tmp_path / "own.yaml"
    config.write_text("""version: 1
notes:
  mappings:
    - name: tracker
      reads: json
      files: "*tickets*.json"
      kinds:
        ticket: {in: data.rows, id: nr, title: short, body: [long], author: by.mail, date: at, runs: true}
        remark: {in: ticket/remarks, id: n, body: says, part: true}
""")
    rows = [{"nr": n, "short": "s", "long": f"l\n{secret(n)}", "by": {"mail": "a@example.org"}, "at": "2024-05-06"} for n in (1, 2, 4)]
    rows[0]["remarks"] = [{"n": 9, "says": secret(9)}]
    said = scan(json.dumps({"data": {"rows": rows}}).encode(), "tickets-1.json", "--config", str(config))
    assert sorted(place[1:] for place in said.places) == [
        ("1", "record.body", 2), ("1/9", "record.body", 1), ("2", "record.body", 2), ("4", "record.body", 2),
    ]  # fmt: skip
    assert said.gaps == [("missing-object", "tickets-1.json", "3")]
    assert {finding["location"]["author"] for finding in said.report["findings"]} == {None, "a@example.org"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: x, kinds: {a: {in: b}}}", "nothing says for which exports this is"),
        ("- {name: x, files: a, kinds: {}}", "at least one kind"),
        ("- {name: x, files: a, kinds: {a: {inn: b}}}", "unknown key `inn`"),
        ("- {name: X!, files: a, kinds: {a: {}}}", "short name"),
        ("- {name: x, files: a, reads: docx, kinds: {a: {}}}", "none of the known words"),
        ("- {name: x, files: a, kinds: {a: {}}, counts: {total: b}}", "no kind has this name"),
    ],
)
def test_a_layout_that_is_wrong_is_told_with_its_line(tmp_path, text, message):
    config = tmp_path / "own.yaml"
    config.write_text(f"version: 1\nnotes:\n  mappings:\n    {text}\n")
    (tmp_path / "x.json").write_text("[]")
    words = ["--notes", str(tmp_path / "x.json"), "--config", str(config)]
    result = CliRunner().invoke(command, words, standalone_mode=False)
    assert type(result.exception).__name__ == "ConfigError"
    assert message in str(result.exception)
    assert "own.yaml:4" in str(result.exception)


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "body": lambda text: {"body": f"see\n{text}\n"},
    "field": lambda text: {"fields": {"value": text}},
    "markup": lambda text: {"body": f"<p>see</p><pre>{escape(text)}</pre>"},
}


@pytest.mark.parametrize("place", PLACES)
def test_what_any_rule_finds_is_found_in_a_note_and_nothing_of_it_is_shown(scan, place):
    grown = plants()
    texts = [plant.text.decode("utf-8", "replace") for plant in grown]
    tasks = [{"id": f"P{number}x", **PLACES[place](text)} for number, text in enumerate(texts)]
    said = scan(json.dumps({"format": "state-hub-export", "tasks": tasks}).encode())
    found = {record for _, record, _, _ in said.places}
    assert [plant.name for number, plant in enumerate(grown) if f"P{number}x" not in found] == []
    assert Dragnet(secret for plant in grown for secret in plant.secrets).catch(said.text.encode()) == []
    assert said.count == (len(tasks), len(tasks))
