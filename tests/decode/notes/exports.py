"""Exports made at test time: the same records in every layout."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import yaml


@dataclass(frozen=True)
class Made:
    """A record to be written."""

    id: str
    title: str
    body: str
    author: str = "Anna Beispiel"
    date: str = "2024-05-06T07:08:09Z"
    kind: str = "task"
    fields: Mapping[str, Any] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def value(self) -> dict[str, Any]:
        """As State Hub writes it."""
        value: dict[str, Any] = {
            "type": self.kind, "id": self.id, "title": self.title, "body": self.body,
            "author": {"name": self.author}, "updated_at": self.date,
        }  # fmt: skip
        if self.fields:
            value["fields"] = dict(self.fields)
        if self.comments:
            value["comments"] = [{"id": str(number), "body": text, "author": "Bo"} for number, text in enumerate(self.comments, 1)]
        if self.files:
            value["attachments"] = [{"name": name.rsplit("/", 1)[-1], "path": name} for name in self.files]
        return value


def state_hub(records: Iterable[Made], **more: Any) -> dict[str, Any]:
    """The whole export as one value."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for made in records:
        lists.setdefault(f"{made.kind}s", []).append(made.value)
    return {"format": "state-hub-export", "version": 1, **more, **lists}


def as_json(records: Iterable[Made], **more: Any) -> bytes:
    """State Hub, one JSON document."""
    return json.dumps(state_hub(records, **more), ensure_ascii=False).encode("utf-8", "replace")


def as_lines(records: Iterable[Made], **more: Any) -> bytes:
    """State Hub, a record a line, with a header."""
    head = {"type": "export", "version": 1, "counts": {}, **more}
    return b"".join(json.dumps(value).encode() + b"\n" for value in (head, *(made.value for made in records)))


def as_yaml(records: Iterable[Made], **more: Any) -> bytes:
    """State Hub, one YAML document."""
    return yaml.safe_dump(state_hub(records, **more), sort_keys=False, allow_unicode=True).encode()


def as_markdown(made: Made) -> bytes:
    """One record as a Markdown file."""
    matter = {key: value for key, value in made.value.items() if key != "body"}
    return b"---\n" + yaml.safe_dump(matter, sort_keys=False).encode() + b"---\n" + made.body.encode()


def as_jira(records: Iterable[Made]) -> bytes:
    """The answer of Jira's search."""
    issues = [
        {
            "key": made.id, "fields": {
                "summary": made.title, "description": made.body, "reporter": {"displayName": made.author}, "updated": made.date,
                "comment": {"comments": [{"id": str(number), "body": text} for number, text in enumerate(made.comments, 1)]}, **made.fields,
            },
        }
        for made in records
    ]  # fmt: skip
    return json.dumps({"startAt": 0, "total": len(issues), "issues": issues}).encode()


def as_issues(records: Iterable[Made]) -> bytes:
    """What a forge's interface says about its issues."""
    return json.dumps([
        {"number": int(made.id), "title": made.title, "body": made.body, "state": "open", "html_url": "https://forge.example/1",
         "user": {"login": made.author}, "updated_at": made.date} for made in records
    ]).encode()  # fmt: skip


def as_csv(records: Iterable[Made], names: tuple[str, str, str, str, str]) -> bytes:
    """A table with these names for id, title, body, author and date."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows((made.id, made.title, made.body, made.author, made.date) for made in records)
    return out.getvalue().encode()


def as_slack(records: Iterable[Made]) -> bytes:
    """A Slack archive with one channel and one day."""
    day = [{"type": "message", "user": made.author, "text": made.body, "ts": made.id} for made in records]
    return zipped({
        "channels.json": json.dumps([{"id": "C1", "name": "general", "creator": "U1", "members": []}]).encode(),
        "general/2024-05-06.json": json.dumps(day).encode(),
    })  # fmt: skip


def as_enex(records: Iterable[Made]) -> bytes:
    """ENEX, with a record's files as resources that the text shows."""
    notes = ""
    for made in records:
        shown = "".join(f'<en-media hash="{hashlib.md5(data).hexdigest()}" type="x/y"/>' for data in made.files.values())
        brought = "".join(
            f'<resource><data encoding="base64">{base64.encodebytes(data).decode()}</data><mime>x/y</mime>'
            f"<resource-attributes><file-name>{name}</file-name></resource-attributes></resource>"
            for name, data in made.files.items()
        )
        content = f'<?xml version="1.0"?><!DOCTYPE en-note SYSTEM "x"><en-note><div>{escape(made.body)}</div>{shown}</en-note>'
        notes += (
            f"<note><title>{escape(made.title)}</title><content><![CDATA[{content}]]></content><updated>20240506T070809Z</updated>"
            f"<note-attributes><author>{escape(made.author)}</author></note-attributes>{brought}</note>"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE en-export SYSTEM "http://xml.evernote.com/pub/evernote-export4.dtd">'
    return f'{head}<en-export export-date="20240506T070809Z" application="test">{notes}</en-export>'.encode()


def as_confluence(records: Iterable[Made]) -> bytes:
    """A space: pages, and their bodies as objects of their own."""
    objects = ""
    for number, made in enumerate(records, 5000):
        objects += (
            f'<object class="Page"><id name="id">{made.id}</id><property name="title"><![CDATA[{made.title}]]></property>'
            f'<property name="lastModifierName"><![CDATA[{made.author}]]></property></object>'
            f'<object class="BodyContent"><id name="id">{number}</id>'
            f'<property name="body"><![CDATA[<p>{escape(made.body)}</p>]]></property>'
            f'<property name="content" class="Page"><id name="id">{made.id}</id></property></object>'
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<hibernate-generic datetime="2024-05-06 07:08:09">'
    return f"{head}{objects}</hibernate-generic>".encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()
