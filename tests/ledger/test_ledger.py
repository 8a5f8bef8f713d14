"""A ledger takes in what nights bring, and says it again; in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.cli import main
from scanner.errors import LeaksealError, UsageError
from scanner.ledger import keep, leases, read, write
from scanner.ledger.book import Ledger, LedgerError
from scanner.ledger.known import AGAIN, known, packed, sketch
from scanner.ledger.rows import Reading, Visit, finding_of, gap_of, head_of, report_of, text_of
from scanner.ledger.schema import meta
from scanner.report.json_v1 import document, ordered
from tests.report.samples import finding, report

ROOT = Path(__file__).parent.parent.parent
NIGHTS = [f"2026-03-0{day}T02:00:00Z" for day in range(1, 8)]
OBJECTS = [(bytes([n]) * 20, 3, 100 + n) for n in range(5)]


def reading(said=None, **changes):
    values = {
        "report": said or ordered(report()), "state": "s1", "reader": "r1", "tips": (("refs/heads/main", "ab" * 20),), "memory": b"{}",
        "segments": (packed(0, OBJECTS),), "drop": True, "sketch": sketch(id for id, _, _ in OBJECTS), "octets": 12, "full": True,
    }  # fmt: skip
    return Reading(**{**values, **changes})


def night(ledger: Ledger, number: int, said=None, **changes) -> tuple[int, int]:
    """(run, how many findings became open) of a night with one repository."""
    now = NIGHTS[number]
    run = write.begin(ledger, token=f"run {number}", now=now, tool="leakseal 1", digest="d1", known={"a": "1", "b": "2"})
    write.enlist(ledger, [("app", "https://forge/app", "ana", ["web"])], now)
    opened = write.record(ledger, run, Visit("app", "full", now, objects=5, worker="w"), reading(said, **changes))
    write.end(ledger, run, now=now, seconds=1.5, code=0)
    return run, opened


def test_a_report_comes_back_as_it_was(ledger):
    night(ledger, 0)
    back = read.report(ledger, "app")
    assert document(back) == document(report())


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 50), st.booleans())
def test_findings_gaps_and_heads_survive_json(column, reachable):
    said = report()
    one = replace(said.findings[0], location=replace(said.findings[0].location, column=column, reachable=reachable, box=(1, 2, 3, 4)))
    assert finding_of(text_of(one)) == one
    assert [gap_of(text_of(gap)) for gap in said.gaps] == list(said.gaps)
    assert report_of(head_of(said), said.findings, said.gaps) == said


def test_a_finding_keeps_its_first_night_and_moves_its_last(ledger):
    night(ledger, 0)
    night(ledger, 1)
    (kept,) = [one for one in read.findings_of(ledger, repository="app") if one.finding.id == finding().id]
    assert (kept.first_seen_on, kept.last_seen_on, kept.gone_on, kept.opened_run_id) == (NIGHTS[0], NIGHTS[1], None, 1)


def test_only_what_became_open_is_new_and_what_left_comes_back_as_new(ledger):
    everything, nothing = ordered(report()), ordered(report(findings=()))
    all_open = len(everything.open)
    assert all_open
    assert [night(ledger, n, said)[1] for n, said in enumerate((everything, everything, nothing, everything))] == [all_open, 0, 0, all_open]
    assert {one.opened_run_id for one in read.findings_of(ledger, only_open=True)} == {4}


def test_what_is_missed_is_gone_and_not_forgotten(ledger):
    night(ledger, 0)
    night(ledger, 1, ordered(report(findings=(), gaps=())))
    assert not read.findings_of(ledger)
    assert not read.gaps_of(ledger)
    assert {one.gone_on for one in read.findings_of(ledger, gone=True)} == {NIGHTS[1]}
    assert len(read.findings_of(ledger, gone=True)) == len(report().findings)


def test_an_accepted_finding_whose_acceptance_ends_is_new(ledger):
    waived = replace(finding(), disposition="accepted", acceptance="ana: known")
    night(ledger, 0, ordered(report(findings=(waived,))))
    _, opened = night(ledger, 1, ordered(report(findings=(replace(waived, disposition="expired-acceptance"),))))
    assert opened == 1


def test_to_record_twice_is_to_record_once(ledger):
    run, first = night(ledger, 0)
    before = list(keep.lines(ledger))
    second = write.record(ledger, run, Visit("app", "full", NIGHTS[0], objects=5, worker="w"), reading())
    assert (second, list(keep.lines(ledger))) == (first, before)
    assert write.begin(ledger, token="run 0", now=NIGHTS[1], tool="x", digest="d2", known={}) == run


def test_an_unchanged_repository_is_seen_again_with_all_that_is_in_it(ledger):
    night(ledger, 0)
    run = write.begin(ledger, token="later", now=NIGHTS[1], tool="leakseal 1", digest="d1", known={})
    write.unchanged(ledger, run, [Visit("app", "unchanged", NIGHTS[1])])
    assert {one.last_seen_on for one in read.findings_of(ledger)} == {NIGHTS[1]}
    assert {one.last_seen_on for one in read.gaps_of(ledger)} == {NIGHTS[1]}
    assert [visit.status for visit in read.visits_of(ledger)] == ["full", "unchanged"]
    assert read.all_repositories(ledger)[0].read_on == NIGHTS[1]


def test_a_repository_that_leaves_the_inventory_is_kept_and_marked(ledger):
    night(ledger, 0)
    write.enlist(ledger, [("other", "/srv/other", None, [])], NIGHTS[1])
    assert [one.name for one in read.all_repositories(ledger)] == ["other"]
    assert [(one.name, one.listed) for one in read.all_repositories(ledger, listed=None)] == [("app", False), ("other", True)]
    assert read.findings_of(ledger, repository="app")


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.binary(min_size=20, max_size=20), st.tuples(st.integers(1, 15), st.integers(0, 1 << 31)), max_size=40))
def test_objects_survive_packing(objects):
    found = known([packed(0, [(id, kind, size) for id, (kind, size) in objects.items()])])
    assert found.of == objects
    assert found.clean() == {id for id, (kind, _) in objects.items() if not kind & AGAIN}


def test_a_damaged_list_of_objects_is_refused():
    whole = packed(0, OBJECTS)
    for bad in (replace(whole, ids=whole.ids[:-1]), replace(whole, kinds=b"x"), replace(whole, sizes=whole.kinds), replace(whole, count=4)):
        with pytest.raises(LeaksealError):
            known([bad])


def test_repositories_that_share_objects_are_alike(ledger):
    night(ledger, 0)
    marks = sketch([*(id for id, _, _ in OBJECTS[:3]), b"z" * 20])
    assert read.alike(ledger, marks, ruleset=1, reader="r1") == ["app"]
    assert not read.alike(ledger, marks, ruleset=1, reader="another")
    assert not read.alike(ledger, [(b"z" * 20).hex()], ruleset=1, reader="r1")


def test_a_lease_is_one_sweeps_until_its_time_is_up(ledger):
    assert leases.take(ledger, "app", "a", now=100, seconds=10) is None
    assert leases.take(ledger, "app", "b", now=105, seconds=10) == "a"
    assert leases.renew(ledger, ["app"], "a", now=109, seconds=10) == 1
    assert leases.take(ledger, "app", "b", now=115, seconds=10) == "a"
    assert leases.take(ledger, "app", "b", now=120, seconds=10) is None
    assert leases.renew(ledger, ["app"], "a", now=121, seconds=10) == 0
    leases.release(ledger, "a")
    assert leases.held(ledger) == {"app": ("b", 130)}


def test_the_lease_of_a_sweep_that_is_dead_can_be_had_at_once(ledger):
    assert leases.take(ledger, "app", "a", now=100, seconds=1000) is None
    assert leases.take(ledger, "app", "b", now=101, seconds=10, dead=lambda holder: holder == "a") is None


def test_pruning_forgets_the_old_and_keeps_the_open(ledger):
    gone = replace(finding(), id="0" * 16)
    night(ledger, 0, ordered(report(findings=(finding(), gone))))
    night(ledger, 1, ordered(report(findings=(finding(),))))
    write.enlist(ledger, [("other", "/x", None, [])], NIGHTS[2])
    assert keep.prune(ledger, NIGHTS[0]) == (0, 0, 0)
    assert keep.prune(ledger, NIGHTS[5]) == (1, 1, 1)
    assert [run.id for run in read.all_runs(ledger)] == [2]
    assert not read.findings_of(ledger, gone=True)


def test_the_tables_are_those_that_the_migrations_make(ledger):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with ledger.engine.connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), meta)


def test_a_ledger_of_a_newer_version_is_refused(where, open_ledger):
    open_ledger(where).write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer version"):
        open_ledger(where)


def test_two_that_open_a_new_ledger_at_once_make_one(where):
    imports = "import sys; from scanner.ledger.book import Ledger; from scanner.ledger.read import all_runs"
    code = f"{imports}; print(all_runs(Ledger(sys.argv[1])))"
    both = [subprocess.Popen([sys.executable, "-c", code, where], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    assert [(one.communicate()[0], one.returncode) for one in both] == [(b"[]\n", 0)] * 2


# -- SQLite alone ----------------------------------------------------------------------------------------------------------------------


def test_the_file_is_ours_alone(tmp_path, open_ledger):
    old = os.umask(0)
    try:
        night(open_ledger(str(tmp_path / "l.db")), 0)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert modes and set(modes.values()) == {0o600}


@pytest.mark.parametrize("where", ["mysql://root@localhost/x", "sqlite://", "/nowhere/at/all.db", "/dev/null"])
def test_what_is_no_place_for_a_ledger_is_said_so(where):
    with pytest.raises(UsageError):
        Ledger(where)


def test_a_password_in_a_url_is_never_said():
    with pytest.raises(LedgerError) as raised:
        Ledger("postgresql://user:hunter2hunter2@127.0.0.1:1/x", patience=0)
    assert "hunter2" not in f"{raised.value.message} {raised.value.hint}"


def test_a_file_that_is_no_ledger_is_said_so(tmp_path):
    (tmp_path / "l.db").write_bytes(b"something else entirely, and long enough to be looked at" * 40)
    with pytest.raises(LedgerError, match="no ledger"):
        Ledger(str(tmp_path / "l.db"), patience=0)


_WRITER = """
import sys
from tests.ledger.test_ledger import night
from scanner.ledger.book import Ledger
ledger = Ledger(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    night(ledger, number % 7)
    number += 1
"""


def test_a_writer_that_is_killed_leaves_a_sound_ledger(tmp_path, open_ledger):
    path = str(tmp_path / "l.db")
    for pause in (0.0, 0.03, 0.11):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, path], cwd=ROOT, stdout=subprocess.PIPE)
        assert writer.stdout and writer.stdout.readline() == b"ready\n"
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    ledger = open_ledger(path)
    assert all(check.well for check in keep.examined(ledger, time.time()) if "no end" not in check.said)
    night(ledger, 0)
    assert document(read.report(ledger, "app")) == document(report())


def test_the_doctor_tells_damage(tmp_path, open_ledger, capsys):
    path = tmp_path / "l.db"
    ledger = open_ledger(str(path))
    night(ledger, 0)
    assert main(["ledger", "doctor", str(path)]) == 0
    ledger.write(lambda connection: connection.exec_driver_sql("UPDATE segments SET kinds = x'00'"))
    path.chmod(0o644)
    capsys.readouterr()
    assert main(["ledger", "doctor", str(path)]) == 3
    said = capsys.readouterr().out
    assert "bad  what is known of app" in said and "bad  the file's mode is 0644" in said


def test_export_and_prune_by_the_command_line(tmp_path, open_ledger, capsys):
    import json

    path = str(tmp_path / "l.db")
    night(open_ledger(path), 0)
    capsys.readouterr()
    assert main(["ledger", "export", path]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [line["kind"] for line in lines]
    assert {"ledger", "run", "repository", "tip", "finding", "gap", "visit"} == set(kinds)
    assert kinds.count("finding") == len(report().findings)
    assert main(["ledger", "prune", path, "--keep-days", "1"]) == 0
    assert main(["ledger", "export", str(tmp_path / "none.db")]) == 2


def test_sqlite_and_postgresql_export_the_same(tmp_path, postgresql, open_ledger):
    both = [open_ledger(str(tmp_path / "l.db")), open_ledger(postgresql)]
    for number in range(3):
        for ledger in both:
            night(ledger, number, ordered(report(findings=report().findings[number:])))
    one, other = (list(keep.lines(ledger)) for ledger in both)
    assert one == other
