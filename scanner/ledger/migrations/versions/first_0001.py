"""The first tables: runs, repositories and what was read of them, findings, gaps, leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("holder", sa.String(length=500), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "rulesets",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulesets")),
        sa.UniqueConstraint("digest", name=op.f("uq_rulesets_digest")),
    )
    op.create_table(
        "rules",
        sa.Column("ruleset_id", _WIDE, nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["ruleset_id"], ["rulesets.id"], name=op.f("fk_rules_ruleset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ruleset_id", "rule", name=op.f("pk_rules")),
    )
    op.create_table(
        "runs",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("token", sa.String(length=80), nullable=False),
        sa.Column("started_on", sa.String(length=20), nullable=False),
        sa.Column("finished_on", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("tool", sa.String(length=80), nullable=False),
        sa.Column("ruleset_id", _WIDE, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["ruleset_id"], ["rulesets.id"], name=op.f("fk_runs_ruleset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("token", name=op.f("uq_runs_token")),
    )
    op.create_index(op.f("ix_runs_started_on"), "runs", ["started_on"], unique=False)
    op.create_table(
        "repositories",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("identity", sa.String(length=300), nullable=True),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=500), nullable=True),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("first_seen_on", sa.String(length=20), nullable=False),
        sa.Column("read_on", sa.String(length=20), nullable=True),
        sa.Column("full_on", sa.String(length=20), nullable=True),
        sa.Column("run_id", _WIDE, nullable=True),
        sa.Column("ruleset_id", _WIDE, nullable=True),
        sa.Column("reader", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=True),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("memory", sa.LargeBinary(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ruleset_id"], ["rulesets.id"], name=op.f("fk_repositories_ruleset_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_repositories_run_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repositories")),
        sa.UniqueConstraint("identity", name=op.f("uq_repositories_identity")),
        sa.UniqueConstraint("name", name=op.f("uq_repositories_name")),
    )
    op.create_table(
        "findings",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("repository_id", _WIDE, nullable=False),
        sa.Column("surface", sa.String(length=40), nullable=False),
        sa.Column("finding", sa.String(length=80), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=120), nullable=False),
        sa.Column("disposition", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=500), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_seen_on", sa.String(length=20), nullable=False),
        sa.Column("last_seen_on", sa.String(length=20), nullable=False),
        sa.Column("gone_on", sa.String(length=20), nullable=True),
        sa.Column("opened_run_id", _WIDE, nullable=True),
        sa.ForeignKeyConstraint(["opened_run_id"], ["runs.id"], name=op.f("fk_findings_opened_run_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=op.f("fk_findings_repository_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("repository_id", "surface", "finding", "ordinal", name="uq_findings_place"),
    )
    op.create_index(op.f("ix_findings_fingerprint"), "findings", ["fingerprint"], unique=False)
    op.create_index(op.f("ix_findings_opened_run_id"), "findings", ["opened_run_id"], unique=False)
    op.create_index(op.f("ix_findings_rule"), "findings", ["rule"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("repository_id", _WIDE, nullable=False),
        sa.Column("gap", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_seen_on", sa.String(length=20), nullable=False),
        sa.Column("last_seen_on", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=op.f("fk_gaps_repository_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("repository_id", "gap", name=op.f("pk_gaps")),
    )
    op.create_table(
        "segments",
        sa.Column("repository_id", _WIDE, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", sa.LargeBinary(), nullable=False),
        sa.Column("sizes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=op.f("fk_segments_repository_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("repository_id", "number", name=op.f("pk_segments")),
    )
    op.create_table(
        "sketches",
        sa.Column("repository_id", _WIDE, nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=op.f("fk_sketches_repository_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("repository_id", "mark", name=op.f("pk_sketches")),
    )
    op.create_index("ix_sketches_mark", "sketches", ["mark"], unique=False)
    op.create_table(
        "tips",
        sa.Column("repository_id", _WIDE, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("object", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=op.f("fk_tips_repository_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("repository_id", "ref", name=op.f("pk_tips")),
    )
    op.create_table(
        "visits",
        sa.Column("run_id", _WIDE, nullable=False),
        sa.Column("repository_id", _WIDE, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("started_on", sa.String(length=20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("fetch_seconds", sa.Float(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("fresh", sa.BigInteger(), nullable=False),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=80), nullable=True),
        sa.Column("worker", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=op.f("fk_visits_repository_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_visits_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "repository_id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_repository_id_run_id", "visits", ["repository_id", "run_id"], unique=False)
