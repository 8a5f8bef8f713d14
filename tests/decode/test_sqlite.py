"""SQLite databases as SQLite itself writes them, what is deleted in them, and damaged ones."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.decode.sqlitenames import columns
from scanner.model.content import Inside
from scanner.pipeline.settings import Settings
from scanner.pipeline.treescan import scan_tree
from tests.decode.conftest import LIMITS
from tests.decode.documents import seen, token, unbroken

ONE, TWO, LONG, BLOB, GONE, WIDE = map(token, range(100, 106))
Make = Callable[..., bytes]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The bytes of a database in which these statements were carried out."""

    def database(*statements: str | tuple[str, Sequence[object]], before: str = "") -> bytes:
        path = tmp_path / "made.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as base:
            base.executescript(f"PRAGMA secure_delete=OFF; PRAGMA synchronous=OFF; {before}")
            for statement in statements:
                base.execute(statement) if isinstance(statement, str) else base.execute(*statement)
        base.close()
        return path.read_bytes()

    return database


LOGINS = "CREATE TABLE logins (id INTEGER PRIMARY KEY, user TEXT, password TEXT, extra)"
INTO = "INSERT INTO logins VALUES"


def test_rows_know_their_table_column_and_number(make: Make) -> None:
    many = [("INSERT INTO logins VALUES (?,?,?,?)", (n, f"user{n}", f"none{n}", n * 1.5)) for n in range(1, 900)]
    data = make(LOGINS, *many, (f"{INTO} (4711,'admin',?,NULL)", (ONE,)), (f"{INTO} (-5,'x',?,x'00')", (TWO,)))
    found = seen(data)
    assert found.gaps == []
    assert found.place(ONE) == Inside(field="logins.password", record="4711")
    assert found.place(TWO) == Inside(field="logins.password", record="-5")
    assert f"password: {ONE}\n" in found.text
    assert "password: none899\n" in found.text


def test_a_table_of_settings_names_its_values(make: Make) -> None:
    found = seen(make("CREATE TABLE settings (key TEXT, value TEXT)", ("INSERT INTO settings VALUES ('DB_PASSWORD', ?)", (ONE,))))
    assert f"DB_PASSWORD: {ONE}\n" in found.text


def test_values_that_flow_over_pages_are_joined(make: Make) -> None:
    texts = ["x" * at + " " + LONG + " y" * 5000 for at in range(4000, 4140, 10)]
    data = make(LOGINS, *(("INSERT INTO logins(user) VALUES (?)", (text,)) for text in texts))
    found = seen(data)
    assert Inside(field="logins.user", record="1") in found.places(LONG)
    assert found.text.count(LONG) == 14


def test_blobs_and_texts_of_a_format_are_opened(make: Make) -> None:
    data = make("CREATE TABLE files (name, body)", ("INSERT INTO files VALUES ('a', ?)", (gzip.compress(f"KEY={BLOB}".encode()),)),
                ("INSERT INTO files VALUES ('b', ?)", (f"<html><p>{ONE[:9]}<b>{ONE[9:]}</b></p>",)))  # fmt: skip
    found = seen(data)
    assert found.place(BLOB) == Inside(field="files.body", record="1")
    assert found.place(ONE) == Inside(field="files.body", record="2")


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be", "UTF-8"])
@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_every_encoding_and_page_size_is_read(make: Make, encoding: str, size: int) -> None:
    before = f"PRAGMA encoding='{encoding}'; PRAGMA page_size={size};"
    data = make(LOGINS, (f"{INTO} (7,'\u00fc',?,'')", (WIDE,)), before=before)
    assert seen(data).place(WIDE) == Inside(field="logins.password", record="7")


def test_tables_without_row_numbers_are_read(make: Make) -> None:
    sql = "CREATE TABLE t (value TEXT, 'the key' TEXT, [third one] INT, PRIMARY KEY (\"the key\" DESC, value)) WITHOUT ROWID"
    data = make(sql, *(("INSERT INTO t VALUES (?, ?, 1)", (ONE if n == 300 else f"none{n}", f"K{n}")) for n in range(500)))
    found = seen(data)
    assert found.gaps == []
    assert found.place(ONE).field == "t.value"
    assert len([line for line in found.text.split("\n") if line.startswith("the key: K")]) == 500


@pytest.mark.parametrize("vacuum", ["NONE", "FULL", "INCREMENTAL"])
def test_what_was_deleted_is_read(make: Make, vacuum: str) -> None:
    rows = [("INSERT INTO logins VALUES (?,'admin',?,NULL)", (n, GONE if n == 2 else token(1000 + n))) for n in range(1, 6)]
    data = make(LOGINS, *rows, "DELETE FROM logins WHERE id = 2", before=f"PRAGMA auto_vacuum={vacuum};")
    found = seen(data)
    assert found.gaps == []
    (place,) = set(found.places(GONE))
    assert (place.field, place.record and place.record[:4]) == ("deleted", "page")
    assert f"\n{GONE}\n" in "\n" + found.text or f": {GONE}\n" in found.text


def test_a_table_that_was_dropped_is_read(make: Make) -> None:
    data = make(LOGINS, "CREATE TABLE other (a, b, c, d)", (f"{INTO} (1, 'admin', ?, NULL)", (GONE,)), "DROP TABLE logins")
    assert {place.field for place in seen(data).places(GONE)} == {"deleted"}


def test_a_write_ahead_log_and_a_journal_are_read(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    base.executescript(f"PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; {LOGINS};")
    base.execute("INSERT INTO logins VALUES (1,'admin',?,NULL)", (ONE,))
    log = (tmp_path / "a.db-wal").read_bytes()
    base.close()
    assert ONE.encode() in log
    assert seen(log).place(ONE) == Inside(field="logins.password", record="1")
    base = sqlite3.connect(tmp_path / "b.db", isolation_level=None)
    base.executescript(f"PRAGMA journal_mode=DELETE; PRAGMA cache_size=1; {LOGINS};")
    base.execute("INSERT INTO logins VALUES (1,'admin',?,NULL)", (TWO,))
    base.execute("BEGIN")
    base.execute("UPDATE logins SET password = 'new'")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 2000)"
    base.execute(f"CREATE TABLE filler AS {numbers} SELECT i, hex(randomblob(99)) FROM n")
    log = (tmp_path / "b.db-journal").read_bytes()
    base.rollback()
    base.close()
    if log.startswith(b"\xd9\xd5\x05\xf9"):
        assert seen(log).place(TWO).field == "page"


def test_nothing_of_the_schema_is_run(make: Make) -> None:
    table = "CREATE TABLE t (a DEFAULT (abs(-1)), b AS (a) STORED CHECK (b > 0))"
    data = make(table, "CREATE VIEW v AS SELECT * FROM t", "INSERT INTO t VALUES (7)")
    data = data.replace(b"CREATE VIEW v AS SELECT * FROM t", b"CREATE VIEW v AS SELECT ((((((( ")
    found = seen(data)
    assert "a: 7\n7\n" in found.text
    assert found.gaps == []


NAMES = ["a,b", "c d", "e"]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("CREATE TABLE t (a, b)", ["a", "b"]),
        ('CREATE TABLE "t(x" (-- c,\n "a,b" DECIMAL(1,2) DEFAULT (1), `c d`, [e], CONSTRAINT x UNIQUE (e), CHECK (e > 1))', NAMES),
        ("CREATE TABLE t (a, b, PRIMARY KEY (b)) WITHOUT ROWID", ["b", "a"]),
        ("CREATE TABLE", []),
        ("((((", []),
    ],
)  # fmt: skip
def test_columns_are_named_as_the_statement_names_them(sql: str, names: list[str]) -> None:
    assert columns(sql) == names or sql.startswith("((")


def test_a_truncated_database_is_a_gap_and_the_rest_is_read(make: Make) -> None:
    data = make(LOGINS, ("INSERT INTO logins VALUES (1,'a',?,NULL)", (ONE,)), "CREATE TABLE b AS SELECT hex(randomblob(30000)) x")
    found = seen(data[: 3 * 4096])
    assert ("truncated", None) in found.gaps
    assert found.place(ONE) == Inside(field="logins.password", record="1")


def test_pages_that_lead_to_each_other_end(make: Make) -> None:
    data = bytearray(make(LOGINS, *(("INSERT INTO logins VALUES (?,'a',?,NULL)", (n, token(n))) for n in range(1, 400))))
    inner = next(at for at in range(4096, len(data), 4096) if data[at] == 5)
    for at in range(inner + 12, inner + 40, 2):
        data[inner + int.from_bytes(data[at : at + 2], "big")] = 0
    number = inner // 4096 + 1
    data[inner + 8 : inner + 12] = number.to_bytes(4, "big")
    data[32:36] = number.to_bytes(4, "big")
    assert ("unreadable", None) in seen(bytes(data)).gaps


@settings(max_examples=40)
@given(st.integers(0, 1 << 30), st.integers(0, 60), st.sampled_from([0, 0, 1, 512]))
def test_no_damage_makes_it_fail(seed: int, flips: int, cut: int) -> None:
    unbroken(_sample(), seed, flips, cut)


def _sample() -> bytes:
    base = sqlite3.connect(":memory:")
    base.executescript(f"PRAGMA page_size=512; {LOGINS}; CREATE INDEX i ON logins(user);")
    rng = random.Random(1)
    for n in range(60):
        base.execute("INSERT INTO logins VALUES (?,?,?,?)", (n, f"user{n}", token(n), rng.randbytes(n * 20)))
    base.execute("DELETE FROM logins WHERE id % 3 = 1")
    base.commit()
    return base.serialize()


def _logged(folder: Path, *changes: str) -> tuple[bytes, bytes]:
    """A database and its log, in which these changes stand that have not reached it."""
    base = sqlite3.connect(folder / "a.db", isolation_level=None)
    base.executescript(f"PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; {LOGINS}; PRAGMA wal_checkpoint(TRUNCATE);")
    for change in changes:
        base.execute(change)
    made = (folder / "a.db").read_bytes(), (folder / "a.db-wal").read_bytes()
    base.close()
    return made


def test_a_log_is_named_by_the_database_beside_it(tmp_path: Path) -> None:
    data, log = _logged(tmp_path, f"INSERT INTO logins VALUES (7,'admin','{ONE}',NULL)", f"UPDATE logins SET password = '{TWO}'")
    assert ONE.encode() not in data
    found = seen(log, replace(LIMITS, beside=lambda: io.BytesIO(data)))
    assert {place.field for place in found.places(ONE)} == {place.field for place in found.places(TWO)} == {"logins.password"}
    assert {place.record for place in found.places(TWO)} == {"7"}
    assert f"password: {TWO}\n" in found.text
    assert {place.field for place in seen(log).places(TWO)} == {"page"}  # alone it does not say


def test_a_log_that_has_the_schema_itself_needs_no_database(tmp_path: Path) -> None:
    _, log = _logged(tmp_path, "CREATE TABLE fresh (id, api_token)", f"INSERT INTO fresh VALUES (1, '{ONE}')")
    assert {place.field for place in seen(log).places(ONE)} == {"fresh.api_token"}


@pytest.mark.parametrize("beside", [b"", b"SQLite format 3\0" + b"\xff" * 84, b"x" * 5000])
def test_what_stands_beside_a_log_and_is_no_database_names_nothing(tmp_path: Path, beside: bytes) -> None:
    _, log = _logged(tmp_path, f"INSERT INTO logins VALUES (7,'admin','{ONE}',NULL)")
    found = seen(log, replace(LIMITS, beside=lambda: io.BytesIO(beside)))
    assert {place.field for place in found.places(ONE)} == {"page"}
    assert found.gaps == []


def test_a_password_that_only_its_column_names_is_found_in_the_log_of_a_folder(tmp_path: Path) -> None:
    word = "".join(random.Random(5).choices("abcdefghkmnpqrstuvwxyz23456789", k=18))
    home = tmp_path / "home"
    home.mkdir()
    data, log = _logged(tmp_path, f"INSERT INTO logins VALUES (7,'admin','{word}',NULL)")
    (home / "a.db").write_bytes(data)
    (home / "a.db-wal").write_bytes(log)
    done = scan_tree("t1", home, "home", "tree", Settings(rules(Config()), cachefile.folder()), lambda path: None)
    places = {(match.origin.path, match.origin.field, match.origin.record) for match in done.matches if match.hit.value == word.encode()}
    assert places == {("a.db-wal", "logins.password", "7")}
