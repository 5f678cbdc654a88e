"""
The letterbox: sources, events kept once, refusals counted; by which ids the LMS's events call people and courses.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for table in ("course", "person"):
        op.add_column(table, sa.Column("lms_id", sa.String(), server_default=sa.text("''"), nullable=False))
        op.add_column(table, sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        op.create_index(f"ix_{table}_lms_id", table, ["lms_id"], unique=False, postgresql_where=sa.text("lms_id <> ''"))
    op.create_table(
        "webhook_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=True),
        sa.Column("old_secret", sa.String(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(secret is not null) = (proof in ('standard', 'token'))", name=op.f("ck_webhook_source_secret")
        ),
        sa.CheckConstraint("proof in ('standard', 'jwt', 'token', 'address')", name=op.f("ck_webhook_source_proof")),
        sa.CheckConstraint("state in ('active', 'paused')", name=op.f("ck_webhook_source_state")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name=op.f("fk_webhook_source_platform_id_platform"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_source")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webhook_source_public_id")),
    )
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "state in ('new', 'done', 'skipped', 'failed', 'dead')", name=op.f("ck_webhook_event_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_webhook_event_source_id_key")),
    )
    op.create_index(
        "ix_webhook_event_due",
        "webhook_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('new', 'failed')"),
    )
    op.create_index("ix_webhook_event_received_at", "webhook_event", ["received_at"], unique=False)
    op.create_table(
        "webhook_refusal",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["webhook_source.id"],
            name=op.f("fk_webhook_refusal_source_id_webhook_source"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", "day", "reason", name=op.f("pk_webhook_refusal")),
    )


def downgrade() -> None:
    op.drop_table("webhook_refusal")
    op.drop_table("webhook_event")
    op.drop_table("webhook_source")
    for table in ("person", "course"):
        op.drop_index(f"ix_{table}_lms_id", table_name=table)
        op.drop_column(table, "told_at")
        op.drop_column(table, "lms_id")
