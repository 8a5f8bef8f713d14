"""Logs as real programs write them: curl, bash, env, ps and journalctl; each finding at its place, with the log's own time and source."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.decode.conftest import need
from tests.pipeline.test_logscan import scan
from tests.pipeline.test_reread import address, password

REMOTE = "/lib/systemd/systemd-journal-remote"
URL = address()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_said: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def test_a_trace_of_curl_shows_whom_it_logs_in(tmp_path: Path) -> None:
    need("curl")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    words = ["curl", "-v", "--user", f"deploy:{password()}", f"http://127.0.0.1:{server.server_port}/api"]
    done = subprocess.run(words, capture_output=True, check=True)
    server.shutdown()
    server.server_close()
    (tmp_path / "curl.log").write_bytes(done.stderr)
    line = next(number for number, text in enumerate(done.stderr.splitlines(), 1) if b"uthorization:" in text)  # its meter ends lines by CR
    (finding,) = scan("--logs", str(tmp_path))
    assert (finding["location"]["line"], dict(finding["parsed"])["user"]) == (line, "deploy")


def test_a_trace_of_bash_shows_what_it_exports(tmp_path: Path) -> None:
    need("bash")
    script = f"PS4='+ $LINENO: '; set -x\nexport DATABASE_URL={URL}\nfor n in 1 2; do echo $n >/dev/null; done\ntrue \"$DATABASE_URL\"\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    (tmp_path / "ci.log").write_bytes(done.stderr)
    assert done.stderr.count(URL.encode()) >= 2
    (finding,) = scan("--logs", str(tmp_path))
    first = next(number for number, text in enumerate(done.stderr.split(b"\n"), 1) if URL.encode() in text)
    assert (finding["location"]["line"], finding["rule"]) == (first, "postgres-dsn")


def test_an_environment_and_a_list_of_processes(tmp_path: Path) -> None:
    need("env", "ps")
    done = subprocess.run(["env"], capture_output=True, check=True, env={"PATH": os.environ["PATH"], "A_URL": URL, "Z": "1"})
    (tmp_path / "env.log").write_bytes(done.stdout)
    with subprocess.Popen([sys.executable, "-c", "input()", URL], stdin=subprocess.PIPE) as running:
        listed = subprocess.run(["ps", "-ww", "-o", "user,pid,args", "-p", str(running.pid)], capture_output=True, check=True).stdout
        running.communicate(b"\n")
    (tmp_path / "ps.log").write_bytes(listed)
    found = {finding["location"]["path"]: finding["location"]["line"] for finding in scan("--logs", str(tmp_path))}
    assert found == {"env.log": 2, "ps.log": 2}


@pytest.mark.parametrize(("form", "date", "source"), [
    ("export", "2023-11-14T22:13:21Z", "web.service"), ("json", "2023-11-14T22:13:21Z", "web.service"),
    ("json-pretty", None, None), ("short-iso", "2023-11-14T22:13:21+00:00", "host web"), ("short", "Nov 14 22:13:21", "host web"),
    ("short-iso-precise", "2023-11-14T22:13:21.000000+00:00", "host web"), ("verbose", None, None), ("cat", None, None),
])  # fmt: skip
def test_a_journal_in_every_form_that_journalctl_writes(form: str, date: str | None, source: str | None, tmp_path: Path) -> None:
    need("journalctl")
    if not Path(REMOTE).exists():
        pytest.skip("needs systemd-journal-remote")
    entries = b"".join(
        b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n_HOSTNAME=host\nSYSLOG_IDENTIFIER=web\n"
        b"_SYSTEMD_UNIT=web.service\n_PID=12\nPRIORITY=6\nMESSAGE=%s\n\n"
        % ((1700000000 + number) * 1_000_000, number + 1, b"ab" * 16, text)
        for number, text in enumerate((b"starting", b"connecting to " + URL.encode(), b"done"))
    )  # fmt: skip
    subprocess.run([REMOTE, "-o", tmp_path / "a.journal", "-"], input=entries, capture_output=True, check=True)
    words = ["journalctl", "--file", str(tmp_path / "a.journal"), "--no-pager", "--utc", "-o", form]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/j.log").write_bytes(subprocess.run(words, capture_output=True, check=True, env={"LC_ALL": "C", "TZ": "UTC"}).stdout)
    (finding,) = scan("--logs", str(tmp_path / "logs"))
    assert finding["rule"] == "postgres-dsn"
    if date is not None:
        assert (finding["location"]["date"], finding["location"]["record"]) == (date, source)
