"""
Calendars of LMSs: with whose consent Hearth writes there, and which dates it has written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "calendar_account",
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("client_secret", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_hash", sa.String(), nullable=True),
        sa.Column("asked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_token", sa.String(), nullable=True),
        sa.Column("refresh_token", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('asked', 'connected', 'broken')", name=op.f("ck_calendar_account_state")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], ondelete="CASCADE", name=op.f("fk_calendar_account_platform_id_platform")
        ),
        sa.PrimaryKeyConstraint("platform_id", name=op.f("pk_calendar_account")),
    )
    op.create_table(
        "calendar_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("is_uncertain", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'sending', 'written', 'failed')", name=op.f("ck_calendar_entry_state")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], ondelete="CASCADE", name=op.f("fk_calendar_entry_platform_id_platform")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entry")),
        sa.UniqueConstraint("activity_id", "ref", name=op.f("uq_calendar_entry_activity_id_ref")),
    )
    op.create_index(
        "ix_calendar_entry_due",
        "calendar_entry",
        ["platform_id", "next_attempt_at"],
        postgresql_where=sa.text("state in ('waiting', 'sending')"),
    )


def downgrade() -> None:
    op.drop_table("calendar_entry")
    op.drop_table("calendar_account")
