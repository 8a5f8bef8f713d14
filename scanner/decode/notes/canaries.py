"""For each way to write notes a small export whose only record holds a text, so that its reader can be tried."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping

from scanner.decode.canaries import zipped

RECORD = "T-1"


def _json(text: bytes) -> bytes:
    task = {"id": RECORD, "title": "canary", "body": text.decode("ascii")}
    return json.dumps({"format": "state-hub-export", "version": 1, "tasks": [task]}).encode()


def _lines(text: bytes) -> bytes:
    head, task = {"type": "export", "counts": {"tasks": 1}}, {"type": "task", "id": RECORD, "body": text.decode("ascii")}
    return b"".join(json.dumps(value).encode() + b"\n" for value in (head, task))


def _yaml(text: bytes) -> bytes:
    return b"format: state-hub-export\ntasks:\n- id: %s\n  body: |\n    %s\n" % (RECORD.encode(), text.strip())


def _markdown(text: bytes) -> bytes:
    return b"---\ntype: task\nid: %s\n---\n%s\n" % (RECORD.encode(), text)


def _csv(text: bytes) -> bytes:
    return b'Issue key,Summary,Description\n%s,canary,"%s"\n' % (RECORD.encode(), text)


def _xml(text: bytes) -> bytes:
    brought = b"<resource><data encoding='base64'>%s</data><mime>text/plain</mime></resource>" % base64.b64encode(text)
    return b"<?xml version='1.0'?><en-export><note><title>canary</title><guid>%s</guid>%s</note></en-export>" % (RECORD.encode(), brought)


def _html(text: bytes) -> bytes:
    middle = len(text) // 2
    article = b"<article id='%s'><p>%s<b></b>%s</p></article>" % (RECORD.encode(), text[:middle], text[middle:])
    return b"<!DOCTYPE html><html><body>" + article + b"</body></html>"


CANARIES: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {  # form -> (name of the file, who makes it)
    "json": ("export.json", _json),
    "json-lines": ("export.jsonl", _lines),
    "yaml": ("export.yaml", _yaml),
    "markdown": ("note.md", _markdown),
    "csv": ("issues.csv", _csv),
    "xml": ("export.enex", _xml),
    "html": ("page.html", _html),
    "bundle": ("export.zip", lambda text: zipped(_json(text))),
}
