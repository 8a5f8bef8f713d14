"""A released result is kept: the same archive, commit and expectations give these bytes in every later version."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema

from scanner.artifacts.result import schema
from tests.artifact.conftest import looked
from tests.conftest import Repo

GOLDEN = Path(__file__).parent.parent / "golden/v1/artifact.json"


def test_the_result_of_a_fixed_archive_is_golden(make_repo: Callable[..., Repo], tmp_path: Path) -> None:
    repo = make_repo()
    commit = repo.commit({"app/main.py": "print(1)\n", "app/notes.txt": "one\n"})
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as made:
        for name, data in {"app/main.py": b"print(1)\n", "app/note.txt": b"one\n", "app/evil.py": b"import os\n", "app/empty": b""}.items():
            made.writestr(zipfile.ZipInfo(name), data)
    found = looked(tmp_path / "app.zip", source=str(repo.path), declared=("docs/*",), expect=("sha256:" + "0" * 64,), commit=commit)
    said = {**found.said, "artifact": {**found.said["artifact"], "uri": "app.zip"}}
    assert json.dumps(said, indent=2, sort_keys=True) + "\n" == GOLDEN.read_text()


def test_the_golden_result_is_as_the_schema_says() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(json.loads(GOLDEN.read_text()))
