"""Night after night: only what is new, nothing lost, nothing twice, whatever happens in between."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from scanner.ledger import leases, read
from scanner.ledger.book import Ledger
from scanner.sweep import mirror
from scanner.sweep.holder import is_dead, this_process
from scanner.sweep.mirror import octets
from tests.gitrepo import ROOT, git, packs, scan
from tests.sweep.conftest import Sweeps

KILLS = int(os.environ.get("LEAKSEAL_KILLS", "5"))
LOCAL = "repositories:\n  - path: repos/*\n    owner: ana\n"


def names(said):
    return [repository.rpartition("/")[2] for repository, _ in said.places]


def test_an_unchanged_night_is_quiet_and_a_changed_one_says_what_is_new(live, sweeps):
    one, _ = live("one").start(), live("two").start()
    sweeps.inventory(LOCAL)
    first, second = sweeps(), sweeps()
    assert (first.code, first.statuses, names(first)) == (1, {"full": 2}, ["one", "two"])
    assert (second.code, second.statuses, second.places, second.document["older"]) == (0, {"unchanged": 2}, [], 2)
    one.commit({"new.env": one.secret()})
    third = sweeps()
    assert (third.code, third.statuses, names(third)) == (1, {"new": 1, "unchanged": 1}, ["one"])
    assert len(sweeps("--all").places) == 3
    assert third.document["objects"]["fresh"] == 3


def test_the_report_of_each_repository_is_that_of_a_scan(live, sweeps, tmp_path):
    one = live("one").start()
    sweeps.inventory(LOCAL)
    sweeps()
    one.commit({"new.env": one.secret(), "x": one.text()})
    sweeps("-o", str(tmp_path / "reports"))
    (path,) = (tmp_path / "reports").glob("*.json")
    written, scanned = json.loads(path.read_text()), scan(one.at).report
    roots = [surface.pop("root") for surface in written["coverage"]["surfaces"].values()]
    assert all(root.startswith("sha256:") for root in roots)
    assert {key: written[key] for key in ("findings", "gaps", "result", "rules")} == {
        key: scanned[key] for key in ("findings", "gaps", "result", "rules")
    }
    assert [line for line in (tmp_path / "reports").iterdir() if line.suffix == ".sarif"]


def test_an_object_that_forks_share_is_read_once(live, sweeps):
    one = live("one").start()
    for _ in range(5):
        one.commit({"c.txt": one.text()})
    sweeps.inventory(LOCAL)
    sweeps()
    subprocess.run(["git", "clone", "--quiet", "--bare", "--no-hardlinks", str(one.at), str(one.at.parent / "fork.git")], check=True)
    said = sweeps()
    assert said.statuses == {"new": 1, "unchanged": 1}
    assert said.document["objects"]["fresh"] == 0
    assert names(said) == ["fork.git"]


def test_what_a_forced_push_takes_away_is_read_and_kept(live, sweeps, tmp_path):
    one = live("one").start()
    sweeps.inventory(f"repositories:\n  - url: file://{one.at}\n    name: app\n")
    sweeps()
    git(one.at, "checkout", "--quiet", "-b", "side")
    lost = one.commit({"side.env": one.secret()})
    assert sweeps().places == [("app", "side.env")]
    git(one.at, "checkout", "--quiet", "main")
    git(one.at, "branch", "--quiet", "-D", "side")
    one.commit({"more.txt": "x\n"})
    assert [path for _, path in sweeps("--all").places] == ["app.env", "side.env"]
    (at,) = (tmp_path / "mirrors").glob("*.git")
    assert git(at, "rev-parse", f"{mirror.KEPT}{lost}").decode() == lost
    one.commit({"yet.txt": "more\n"})
    sweeps()
    assert git(at, "rev-parse", f"{mirror.KEPT}{lost}").decode() == lost
    assert "side" not in git(at, "for-each-ref", "refs/heads").decode()


def test_mirrors_take_no_more_room_than_they_may(live, sweeps, tmp_path):
    for name in ("one", "two", "three"):
        live(name).start()
    urls = "".join(f"  - {{url: 'file://{tmp_path}/repos/{name}', name: {name}}}\n" for name in ("one", "two", "three"))
    sweeps.inventory("repositories:\n" + urls)
    sweeps("--only", "one")
    (first,) = (tmp_path / "mirrors").glob("*.git")
    room = str(int(2.5 * octets(first)))
    assert sweeps("--max-cache", room, "--jobs", "1", "--full").statuses == {"full": 3}
    left = list((tmp_path / "mirrors").glob("*.git"))
    assert len(left) == 2
    assert sweeps("--max-cache", room).not_read == {}


class _Asks(BaseHTTPRequestHandler):
    """A forge that asks for a password, or is not there, by the path."""

    def do_GET(self):
        self.send_response(401 if "/private" in self.path else 404)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.end_headers()

    def log_message(self, *_words):
        pass


def test_each_that_cannot_be_read_is_told_with_its_reason(live, sweeps, tmp_path):
    good, bad, gone = live("good").start(), live("bad").start(), live("gone").start()
    forge = HTTPServer(("127.0.0.1", 0), _Asks)
    threading.Thread(target=forge.serve_forever, daemon=True).start()
    silent = socket.create_server(("127.0.0.1", 0))
    sweeps.inventory(f"""repositories:
  - path: {good.at}
  - path: {gone.at}
  - url: http://127.0.0.1:{forge.server_port}/private
    name: private
  - url: http://127.0.0.1:{forge.server_port}/nothing
    name: nothing
  - {{url: 'http://127.0.0.1:{silent.getsockname()[1]}/', name: silent, timeout: 1}}
  - {{url: 'file://{bad.at}', name: bad}}
""")  # fmt: skip
    path = sweeps.folder / "inventory.yaml"
    path.write_text(path.read_text().replace("[file, https, ssh]", "[file, http]"))
    git(bad.at, "repack", "-a", "-d", "-q")
    (pack,) = packs(bad.at)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 255
    pack.write_bytes(data)
    shutil.rmtree(gone.at)
    said = sweeps()
    assert {name.rpartition("/")[2]: reason for name, reason in said.not_read.items()} == {
        "gone": "vanished", "private": "password", "nothing": "vanished", "silent": "timeout", "bad": "corrupt",
    }  # fmt: skip
    assert said.code == 1  # something was found in the one that could be read
    assert sweeps().code == 3
    forge.shutdown()


def test_what_is_known_of_a_repository_stays_when_it_vanishes(live, sweeps):
    one = live("one").start()
    live("two").start()
    sweeps.inventory(f"repositories:\n  - path: {one.at}\n  - path: {one.at.parent}/two\n")
    sweeps()
    shutil.rmtree(one.at)
    said = sweeps("--all")
    assert names(said) == ["one", "two"]
    assert list(said.not_read.values()) == ["vanished"]


def test_a_repository_that_is_damaged_where_it_stands_is_read_as_far_as_it_goes(live, sweeps):
    one = live("one").start()
    oid = git(one.at, "rev-parse", "HEAD:src/b.txt").decode()
    path = one.at / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(b"damage")
    sweeps.inventory(LOCAL)
    sweeps()
    said = sweeps()
    assert said.code == 3
    assert said.document["incomplete"] == [str(one.at)]


def test_a_disk_that_is_full_is_the_trouble_of_one_repository(live, sweeps, tmp_path):
    one = live("one").start()
    git(one.at, "config", "core.bigFileThreshold", "1")
    one.commit({"big.bin": "".join(random.Random(1).choices("abcdefghijklmnop", k=400_000))})
    live("two").start()
    urls = [f"  - {{url: 'file://{tmp_path}/repos/{name}', name: {name}}}\n" for name in ("one", "two")]
    sweeps.inventory("repositories:\n" + "".join(urls))
    said = sweeps("--max-cache", "100K", "--jobs", "1")
    assert said.not_read == {"one": "disk"}
    assert sweeps().not_read == {}


def test_only_what_is_due_is_read(live, sweeps):
    live("one").start()
    sweeps.inventory("repositories:\n  - path: repos/*\n    every: 7d\n")
    assert sweeps().statuses == {"full": 1}
    assert sweeps().statuses == {"notDue": 1}


def test_two_sweeps_do_not_read_the_same_repository(live, sweeps):
    one = live("one").start()
    sweeps.inventory(LOCAL)
    with Ledger(sweeps.where) as ledger:
        assert leases.take(ledger, str(one.at), "another machine 1 2 3", now=time.time(), seconds=60) is None
    assert sweeps().not_read == {str(one.at): "busy"}
    with Ledger(sweeps.where) as ledger:
        leases.release(ledger, "another machine 1 2 3")
    assert sweeps().statuses == {"full": 1}


def test_a_process_knows_whether_another_is_still_there():
    me = this_process()
    assert not is_dead(me)
    assert is_dead(" ".join([*me.split(" ")[:3], "1", "x"]))
    assert not is_dead("elsewhere x 1 2 3")


def test_acceptances_are_the_operators_and_count_at_once(live, sweeps, tmp_path):
    live("one").start()
    path = tmp_path / "accepted.yaml"
    path.write_text("version: 1\nsuppressions: []\n")
    sweeps.inventory("repositories:\n  - path: repos/*\n    suppressions: accepted.yaml\n")
    (shown,) = sweeps().document["findings"]
    found = shown["finding"]
    path.write_text(f"""version: 1
suppressions:
  - id: {found["id"]}
    fingerprint: {found["fingerprint"]}
    rule: {found["rule"]}
    owner: ana
    reason: a token of a test that was revoked
    expires: 2099-01-01
""")
    said = sweeps("--all")
    assert (said.code, said.places) == (0, [])


def test_nothing_of_a_secret_is_in_ledger_mirror_marks_or_reports(live, sweeps, tmp_path):
    one = live("one")
    value = one.secret().removeprefix("token = ").strip()
    one.commit({"a.env": f"x = {value}\n", f"dir/{value}.txt": "y\n"}, f"see {value}")
    git(one.at, "branch", f"b-{value}")
    sweeps.inventory(LOCAL)
    said = sweeps("-o", str(tmp_path / "reports"))
    secret = value[8:-4]
    written = [tmp_path / "ledger.db", *(tmp_path / "reports").iterdir()]
    assert said.places and len(written) == 3
    assert secret not in json.dumps(said.document)
    assert not [path for path in written if secret.encode() in path.read_bytes()]
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


# -- killed in the middle ------------------------------------------------------------------------------------------------------------------


def _many(live, sweeps) -> None:
    for number in range(4):
        one = live(f"r{number}").start()
        for _ in range(3):
            one.commit({f"f{number}.txt": one.text(), f"s{number}.env": one.secret()})
    sweeps.inventory("repositories:\n  - path: repos/*\n" + "".join(
        f"  - {{url: 'file://{sweeps.folder}/repos/r{number}', name: mirror{number}}}\n" for number in range(2)
    ))  # fmt: skip


def _descendants(pid: int) -> list[int]:
    found = []
    for child in subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=False).stdout.split():
        found += [int(child), *_descendants(int(child))]
    return found


def test_a_sweep_killed_at_any_moment_loses_nothing_and_says_nothing_twice(live, sweeps, tmp_path):
    _many(live, sweeps)
    calm = Sweeps(sweeps.folder, str(tmp_path / "calm.db"))
    begun = time.monotonic()
    calm.apart(cwd=ROOT).communicate()
    took = time.monotonic() - begun
    shutil.rmtree(tmp_path / "mirrors")
    expected, dice = calm.known(), random.Random(7)
    told = None
    for number in range(KILLS):
        process = sweeps.apart(cwd=ROOT)
        time.sleep(dice.uniform(0.1, took))
        victims = _descendants(process.pid) if number % 2 else []
        if victims:  # a worker, or Git
            os.kill(dice.choice(victims), signal.SIGKILL)
            out, _ = process.communicate()
        else:  # everything
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
        told = told or (out and number % 2 and json.loads(out))
    last = sweeps()
    assert last.statuses.get("notRead", 0) == 0
    assert sweeps.known() == expected
    with Ledger(sweeps.where) as ledger:
        assert not leases.held(ledger)
        assert [run for run in read.all_runs(ledger) if run.status == "running"] == []
        ended = {run.id for run in read.all_runs(ledger) if run.status == "done"}
        assert {kept.opened_run_id for kept in read.findings_of(ledger)} <= ended


def test_what_a_killed_sweep_found_is_new_in_the_next(live, sweeps):
    live("one").start()
    sweeps.inventory(LOCAL)
    sweeps()
    with Ledger(sweeps.where) as ledger:  # as if it had been killed before it could say anything
        ledger.write(lambda connection: connection.exec_driver_sql("UPDATE runs SET status = 'running', finished_on = NULL"))
    said = sweeps()
    assert (said.statuses, len(said.places)) == ({"unchanged": 1}, 1)


def test_a_database_that_is_away_for_a_moment_is_waited_for(live, postgresql, tmp_path):
    """A proxy stands for the server: it cuts every connection and takes none for a while, in the middle of the night."""
    from tests.sweep.proxy import Proxy

    with Proxy("127.0.0.1", 5432) as proxy:
        sweeps = Sweeps(tmp_path, postgresql.replace(":5432", f":{proxy.port}").replace("localhost", "127.0.0.1"))
        _many(live, sweeps)
        cut = threading.Thread(target=lambda: (time.sleep(2), proxy.away(3)))
        cut.start()
        said = sweeps()
        cut.join()
        calm = Sweeps(tmp_path, str(tmp_path / "calm.db"))
        calm()
        assert proxy.cuts
        assert sum(said.statuses.values()) == 6 and not said.not_read
        assert sweeps.known() == calm.known()


def test_both_databases_say_the_same_of_three_nights(live, sweeps, postgresql, tmp_path):
    other = Sweeps(tmp_path, postgresql)
    _many(live, sweeps)
    for night in range(3):
        assert sweeps("--all").places == other("--all").places
        assert sweeps.known() == other.known()
        live(f"late{night}").start()




def test_a_ledger_that_finds_no_room_ends_the_sweep_and_loses_nothing(live, sweeps):
    _many(live, sweeps)

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = sweeps.apart(cwd=ROOT, preexec_fn=small)
    out, err = process.communicate()
    assert (process.returncode, out) == (3, b"")
    assert b"the disk" in err and b"unforeseen" not in err
    last = sweeps()
    assert last.not_read == {}
    assert len(last.places) == len(sweeps("--all").places)
