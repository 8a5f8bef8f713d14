"""Registries for tests: Debian's docker-registry on a free port, and a small server that says whatever a test wants."""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {folder}/store}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"{tls}}}
{auth}"""
_HTPASSWD = "auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}"
_TLS = ", tls: {{certificate: {folder}/cert.pem, key: {folder}/key.pem}}"


@dataclass(frozen=True, slots=True)
class Served:
    """A registry that runs; where it needs credentials, `config` is the folder of a Docker configuration that has them."""

    host: str
    config: Path | None = None
    password: str = field(default="", repr=False)

    def skopeo(self, *words: str | Path) -> str:
        """What skopeo says; TLS is not asked of this registry."""
        options = ["--insecure-policy", *map(str, words)]
        env = {**os.environ, "DOCKER_CONFIG": str(self.config)} if self.config else None
        return subprocess.run(["skopeo", *options], check=True, capture_output=True, text=True, env=env).stdout

    def push(self, layout: Path, image: str, name: str, *options: str) -> str:
        """Copies an image of a layout to `name`; its reference."""
        self.skopeo("copy", "-q", "--dest-tls-verify=false", *options, f"oci:{layout}:{image}", f"docker://{self.host}/{name}")
        return f"docker://{self.host}/{name}"


@contextmanager
def docker_registry(folder: Path, password: str = "", *, tls: bool = False) -> Iterator[Served]:
    """Debian's registry with its store in a folder; with a password only for the user `tester`, with TLS by the folder's cert.pem."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs docker-registry")
    config = _credentials(folder, password) if password else None
    process, host = _started(program, folder, _HTPASSWD if password else "", _TLS if tls else "")
    try:
        if config:
            auth = base64.b64encode(f"tester:{password}".encode()).decode()
            (config / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
        yield Served(host, config, password)
    finally:
        process.terminate()
        process.wait(10)


def _credentials(folder: Path, password: str) -> Path:
    script = 'my ($p) = <STDIN>; chomp $p; print "tester:", crypt($p, q($2b$04$abcdefghijklmnopqrstuu)), "\\n"'
    (folder / "htpasswd").write_bytes(
        subprocess.run(["perl", "-e", script], input=password.encode(), check=True, capture_output=True).stdout
    )
    (folder / "docker").mkdir()
    return folder / "docker"


def _started(program: str, folder: Path, auth: str, tls: str) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(5):  # somebody else may take the port in between
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = folder / "config.yml"
        config.write_text(_CONFIG.format(folder=folder, port=port, auth=auth.format(folder=folder), tls=tls.format(folder=folder)))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
        for _ in range(500):
            if process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process, f"localhost:{port}" if tls else f"127.0.0.1:{port}"
            time.sleep(0.02)
        process.kill()
        process.wait()
    raise AssertionError((folder / "log").read_text())


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a liar got."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """What it says; a body that is an iterator is sent as it comes, and ends with the connection."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""
    length: int | None = None  # said instead of the body's own


Script = Callable[[Asked], Answered]


@dataclass(frozen=True, slots=True)
class Liar:
    """A server in a thread: what it was asked, in order."""

    host: str
    asked: list[Asked]

    def seen(self, header: str) -> list[str]:
        """Every value of a header that it got."""
        return [value for one in self.asked for name, value in one.headers.items() if name.lower() == header.lower()]


@contextmanager
def liar(script: Script) -> Iterator[Liar]:
    """A server on a free loopback port that answers as the script says; `/v2/` itself is always fine."""
    asked: list[Asked] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            one = Asked(self.command, self.path, dict(self.headers.items()), body)
            if self.path == "/v2/":
                said = Answered()
            else:
                asked.append(one)
                said = script(one)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            pieces = iter([said.body]) if isinstance(said.body, bytes) else said.body
            if isinstance(said.body, bytes):
                self.send_header("Content-Length", str(len(said.body) if said.length is None else said.length))
            if not isinstance(said.body, bytes) or said.length is not None:
                self.close_connection = True
            self.end_headers()
            try:
                for piece in pieces if self.command != "HEAD" else ():
                    self.wfile.write(piece)
            except OSError:
                self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 as http.server names them

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is said."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Liar(f"127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
