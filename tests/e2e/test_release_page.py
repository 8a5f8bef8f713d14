"""docs/release.md is one script, from keys to the gate's signed verdict."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/release.md"
TOOLS = ("git", "openssl", "docker-registry", "umoci", "skopeo")


def script() -> str:
    """The page's shell blocks in order."""
    return "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```$", PAGE.read_text()))


def test_the_page_from_keys_to_the_verdict_is_a_script_that_works(tmp_path: Path) -> None:
    if lacking := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"needs {', '.join(lacking)}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        registry = f"127.0.0.1:{free.getsockname()[1]}"
    env = {**os.environ, "REGISTRY": registry, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-eu"], input=script(), cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert sum(line.startswith("PASSED: signed by SHA256:") for line in said) == 1
    assert sum(line.startswith("may be believed until ") for line in said) == 3
    out = tmp_path / "shop/attestation"
    statement = json.loads(base64.b64decode(json.loads((out / "no-secret-leak.intoto.json").read_bytes())["payload"]))
    assert [one["surface"] for one in statement["predicate"]["surfaces"]] == ["git", "logs", "notes", "screenshots"]
    checks = json.loads((tmp_path / "shop/verdict.json").read_bytes())["checks"]
    assert {one["name"] for one in checks if one["outcome"] == "held"} >= {"manifest", "objects"}
    verdict = json.loads(base64.b64decode(json.loads((out / "gate.vsa.intoto.json").read_bytes())["payload"]))
    assert verdict["predicate"]["verificationResult"] == "PASSED"
    assert "NO_SECRET_LEAK" in verdict["predicate"]["verifiedLevels"]
