"""A cluster says what processes say, though workers come and go."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.gitrepo import ROOT
from tests.sweep.conftest import Sweeps

pytest.importorskip("distributed")
LOCAL = "repositories:\n  - path: repos/*\n"


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """(the scheduler's address, hire a worker)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    folder, started = tmp_path_factory.mktemp("dask"), []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        started.append(process)
        return process

    def worker():
        words = ("--nthreads", "2", "--no-dashboard", "--local-directory", str(folder), "--no-nanny")
        return start("distributed.cli.dask_worker", address, *words)

    start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard")
    yield address, worker
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_cluster_says_what_processes_say_even_if_a_worker_is_killed(live, sweeps, dask, tmp_path):
    address, worker = dask
    for number in range(6):
        live(f"r{number}").start()
    sweeps.inventory(LOCAL)
    calm = Sweeps(tmp_path, str(tmp_path / "calm.db"))
    calm()
    victim, _ = worker(), worker()
    process = sweeps.apart("--scheduler", address, cwd=ROOT)
    deadline = time.monotonic() + 120
    while not sweeps_has(sweeps) and time.monotonic() < deadline:
        time.sleep(0.1)
    victim.kill()
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1, err
    assert b'"notRead": 0' in out
    assert sweeps.known() == calm.known()
    live("late").start()
    second = sweeps("--scheduler", address)  # a file of SQLite: the workers are sent what they must know
    assert second.statuses == {"full": 1, "unchanged": 6}


def sweeps_has(sweeps: Sweeps) -> bool:
    """Whether anything was written down yet."""
    return os.path.exists(sweeps.where) and any(line["kind"] == "repository" and line["result"] for line in sweeps.known())  # noqa: PTH110


def test_without_a_scheduler_it_says_so(live, sweeps):
    live("one")
    sweeps.inventory(LOCAL)
    said = sweeps("--scheduler", "tcp://127.0.0.1:1")
    assert said.code == 3
    assert "no Dask scheduler answers" in said.complaint
