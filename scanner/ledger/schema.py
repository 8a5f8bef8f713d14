"""The tables of a ledger; `migrations` makes them, and a test holds the two to each other.

Times are texts in ISO 8601, UTC, to the second; object ids stand in binary, sorted, one behind the other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)  # fmt: skip

meta = MetaData(naming_convention={
    "pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
})  # fmt: skip
_WIDE = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER numbers itself there
_NAME, _ID, _WORD, _TIME = String(500), String(80), String(40), String(20)


def _of(table: str) -> ForeignKey:
    return ForeignKey(f"{table}.id", ondelete="CASCADE")


runs = Table(
    "runs", meta,
    Column("id", _WIDE, primary_key=True),
    Column("token", _ID, nullable=False, unique=True),  # of the process that began it, so that beginning it twice is one run
    Column("started_on", _TIME, nullable=False, index=True),
    Column("finished_on", _TIME),
    Column("status", _WORD, nullable=False),  # running | done | interrupted
    Column("exit_code", Integer),
    Column("tool", _ID, nullable=False),
    Column("ruleset_id", _WIDE, ForeignKey("rulesets.id"), nullable=False),
    Column("seconds", Float),
)  # fmt: skip

rulesets = Table(
    "rulesets", meta,
    Column("id", _WIDE, primary_key=True),
    Column("digest", _ID, nullable=False, unique=True),  # of all rules
)  # fmt: skip

rules = Table(
    "rules", meta,
    Column("ruleset_id", _WIDE, _of("rulesets"), primary_key=True),
    Column("rule", String(120), primary_key=True),
    Column("digest", _ID, nullable=False),  # of what decides about a match
)  # fmt: skip

repositories = Table(
    "repositories", meta,
    Column("id", _WIDE, primary_key=True),
    Column("name", _NAME, nullable=False, unique=True),
    Column("identity", String(300), unique=True),  # what its forge knows it by, whatever its name is
    Column("uri", Text, nullable=False),  # masked
    Column("owner", _NAME),
    Column("groups", Text, nullable=False),  # JSON list
    Column("listed", Integer, nullable=False),  # 1 while the inventory has it
    Column("first_seen_on", _TIME, nullable=False),
    Column("read_on", _TIME),  # when it was last read, or seen to be as it was
    Column("full_on", _TIME),  # when every object was last read
    Column("run_id", _WIDE, ForeignKey("runs.id", ondelete="SET NULL")),
    Column("ruleset_id", _WIDE, ForeignKey("rulesets.id")),  # what everything in it was read with
    Column("reader", _ID),  # digest of what else decides about a report: version, readers, limits, key
    Column("state", _ID),  # digest of refs, metadata and object store when it was read
    Column("result", _WORD),  # clean | leaks | incomplete
    Column("head", Text),  # the report without findings and gaps, JSON
    Column("memory", LargeBinary),  # what the next night needs to know besides the objects
    Column("seconds", Float),  # that the last reading took
    Column("octets", BigInteger, nullable=False),  # of the mirror on disk
)  # fmt: skip

visits = Table(
    "visits", meta,
    Column("run_id", _WIDE, _of("runs"), primary_key=True),
    Column("repository_id", _WIDE, _of("repositories"), primary_key=True),
    Column("status", _WORD, nullable=False),  # full | new | rules | unchanged | not-read | absent
    Column("reason", _WORD),  # of what was not read: vanished | password | corrupt | timeout | disk | …
    Column("detail", Text),
    Column("started_on", _TIME, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("fetch_seconds", Float, nullable=False),
    Column("objects", BigInteger, nullable=False),  # counted
    Column("fresh", BigInteger, nullable=False),  # of them read for the first time
    Column("octets", BigInteger, nullable=False),
    Column("open", Integer, nullable=False),  # findings
    Column("opened", Integer, nullable=False),  # of them new in this run
    Column("gaps", Integer, nullable=False),
    Column("root", _ID),  # Merkle root of the Git surface
    Column("worker", _NAME),
    Index("ix_visits_repository_id_run_id", "repository_id", "run_id"),
)  # fmt: skip

tips = Table(
    "tips", meta,
    Column("repository_id", _WIDE, _of("repositories"), primary_key=True),
    Column("ref", Text, primary_key=True),  # printable and masked
    Column("object", _ID, nullable=False),
)  # fmt: skip

findings = Table(
    "findings", meta,
    Column("id", _WIDE, primary_key=True),
    Column("repository_id", _WIDE, _of("repositories"), nullable=False),
    Column("surface", _WORD, nullable=False),
    Column("finding", _ID, nullable=False),  # the report's id of a secret under a rule
    Column("ordinal", Integer, nullable=False),  # where one report has it more than once
    Column("rule", String(120), nullable=False, index=True),
    Column("severity", _WORD, nullable=False),
    Column("fingerprint", String(120), nullable=False, index=True),
    Column("disposition", _WORD, nullable=False),
    Column("owner", _NAME),
    Column("path", Text),
    Column("preview", Text, nullable=False),
    Column("document", Text, nullable=False),  # the sealed finding, JSON
    Column("first_seen_on", _TIME, nullable=False),
    Column("last_seen_on", _TIME, nullable=False),
    Column("gone_on", _TIME),  # when it was first missed
    Column("opened_run_id", _WIDE, ForeignKey("runs.id", ondelete="SET NULL"), index=True),  # when it last became open
    UniqueConstraint("repository_id", "surface", "finding", "ordinal", name="uq_findings_place"),
)  # fmt: skip

gaps = Table(
    "gaps", meta,
    Column("repository_id", _WIDE, _of("repositories"), primary_key=True),
    Column("gap", _ID, primary_key=True),  # digest of the document, with a number where one report has it more than once
    Column("reason", _WORD, nullable=False),
    Column("document", Text, nullable=False),
    Column("first_seen_on", _TIME, nullable=False),
    Column("last_seen_on", _TIME, nullable=False),
)  # fmt: skip

segments = Table(
    "segments", meta,  # the objects of a repository that were read, by the nights that brought them
    Column("repository_id", _WIDE, _of("repositories"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("width", Integer, nullable=False),  # bytes of an id
    Column("ids", LargeBinary, nullable=False),
    Column("kinds", LargeBinary, nullable=False),  # one byte each: kind, and 8 if it must be read every time; deflated
    Column("sizes", LargeBinary, nullable=False),  # 64-bit little-endian; deflated
)  # fmt: skip

sketches = Table(
    "sketches", meta,  # the smallest ids of a repository: two that share them share most objects
    Column("repository_id", _WIDE, _of("repositories"), primary_key=True),
    Column("mark", _ID, primary_key=True),
    Index("ix_sketches_mark", "mark"),
)  # fmt: skip

leases = Table(
    "leases", meta,
    Column("name", _NAME, primary_key=True),  # of a repository
    Column("holder", _NAME, nullable=False),
    Column("until", Float, nullable=False),  # seconds since 1970
)  # fmt: skip
