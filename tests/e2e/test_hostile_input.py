"""Contents that are made to hurt: bounded memory and time, a gap for each, and the file behind them is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import pytest

from scanner.rulepack.sample import grow
from tests.decode.drawn import drawn, saved
from tests.e2e.hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 500 << 20  # bytes that may be resident; 230 MiB of them are the rules
# The real limits allow each content a GiB, which takes seconds; these are a sixteenth of them. The kernel ends what takes two minutes.
PROGRAM = """
import functools, os, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from scanner.decode import limits
limits.Limits = functools.partial(limits.Limits, least=64 << 20, part=16 << 20, seconds=60)
from scanner.cli import main
code = main()
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM:")).split()[1]
with open(os.environ["PEAK"], "w") as file:
    file.write(peak)
sys.exit(code)
"""


class Ran(NamedTuple):
    """What came of a run, and what it took."""

    code: int
    report: dict[str, Any]
    said: str
    resident: int

    def gaps(self) -> dict[str, set[str]]:
        """The reasons for each file of the first level."""
        told: dict[str, set[str]] = {}
        for gap in self.report["gaps"]:
            told.setdefault(gap["path"].split("!")[0], set()).add(gap["reason"])
        return told


def _run(at: Path, words: Sequence[str], feed: Sequence[bytes] = ()) -> Ran:
    with NamedTemporaryFile() as peak:  # getrusage(2) would begin with the highest mark of the process that started it
        running = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "scan", "--format", "json", "-q", *words], cwd=at, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT), "PEAK": peak.name},
        )  # fmt: skip
        assert running.stdin and running.stdout and running.stderr

        def fed() -> None:
            assert running.stdin
            for piece in feed:
                running.stdin.write(piece)
            running.stdin.close()

        feeder = threading.Thread(target=fed)
        feeder.start()
        said, problems = running.stdout.read(), running.stderr.read()
        feeder.join()
        running.wait()
        running.stdout.close()
        running.stderr.close()
        return Ran(running.returncode, json.loads(said or b"{}"), (said + problems).decode(), int(peak.read() or 0) * 1024)


def _findings(ran: Ran) -> list[tuple[str, str]]:
    return [(one["surface"], one["location"]["path"]) for one in ran.report["findings"]]


def test_a_folder_of_bombs_costs_little_and_hides_nothing(tmp_path: Path) -> None:
    home = tmp_path / "in" / "home"
    home.mkdir(parents=True)
    for name, (make, _) in HOSTILE.items():
        (home / name).write_bytes(make())
    token = grow("{github-token:ghp_}", 1).decode()
    (home / "zz.env").write_text(f"TOKEN={token}\n")
    ran = _run(tmp_path / "in", ["home", "--jobs", "1"])
    assert (ran.code, _findings(ran)) == (1, [("tree", "zz.env")])
    told = ran.gaps()
    for name, (_, reasons) in HOSTILE.items():
        assert told.get(name, set()) & reasons if reasons else name not in told, name
    assert 1 << 20 < ran.resident < MEMORY
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted([*HOSTILE, "zz.env"])  # no path led out


def test_yaml_that_laughs_in_an_export_is_a_gap_or_is_read_once(tmp_path: Path) -> None:
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10))
    token = grow("{github-token:ghp_}", 2).decode()
    task = f"{{id: T-1, body: {token}, more: *l9}}"
    (tmp_path / "export.yaml").write_text(f"format: state-hub-export\nl0: &l0 ha\n{laughs}tasks:\n- {task}\n")
    ran = _run(tmp_path, ["--notes", "export.yaml"])
    assert (ran.code, _findings(ran)) == (1, [("notes", "export.yaml")])
    assert 1 << 20 < ran.resident < MEMORY


def test_a_line_without_an_end_is_searched_in_bounded_memory(tmp_path: Path) -> None:
    token = grow("{github-token:ghp_}", 3).decode().encode()
    ran = _run(tmp_path, ["--logs", "-"], [b"x" * (1 << 20)] * 150 + [b" token=" + token + b" "] + [b"y" * (1 << 20)] * 50)
    (found,) = ran.report["findings"]
    assert (found["location"]["line"], found["location"]["column"]) == (1, 150 * (1 << 20) + 8)
    assert 1 << 20 < ran.resident < 300 << 20


@pytest.mark.parametrize(("way", "reason"), [("import time; time.sleep(999)", "timeout"), ("os._exit(3)", "tool-error")])
def test_an_engine_that_hangs_or_crashes_costs_only_its_pictures(tmp_path: Path, way: str, reason: str) -> None:
    engine = tmp_path / "engine.py"
    engine.write_text("\n".join([
        f"#!{sys.executable}", "import json, os, sys", f"open({str(tmp_path / 'pids')!r}, 'a').write(str(os.getpid()) + ' ')",
        "for line in sys.stdin:", "    if 'picture' in line:", f"        {way}",
        "    print(json.dumps({'id': json.loads(line)['id']}), flush=True)",
    ]))  # fmt: skip
    engine.chmod(0o755)
    (tmp_path / "chosen.yaml").write_text(f"version: 1\nocr: {{command: [{engine}], seconds: 1}}\n")
    home = tmp_path / "home"
    home.mkdir()
    for name in ("a.png", "b.png"):
        (home / name).write_bytes(saved(drawn([name])))
    (home / "c.env").write_text(f"TOKEN={grow('{github-token:ghp_}', 4).decode()}\n")
    ran = _run(tmp_path, ["--config", "chosen.yaml", "home"])
    assert (ran.code, _findings(ran)) == (1, [("tree", "c.env")])
    assert ran.gaps() == {"a.png": {reason}, "b.png": {reason}}
    assert not [pid for pid in (tmp_path / "pids").read_text().split() if Path(f"/proc/{pid}").exists()]
