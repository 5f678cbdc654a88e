"""
Groups that make one work together.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "exchange_team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lms_group", sa.String(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_team_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_team_submission_id_exchange_submission"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_team")),
        sa.UniqueConstraint("exchange_id", "name", name=op.f("uq_exchange_team_exchange_id_name")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_exchange_team_submission_id")),
    )
    op.create_table(
        "exchange_team_member",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_team_member_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_team_member_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["exchange_team.id"],
            name=op.f("fk_exchange_team_member_team_id_exchange_team"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", "person_id", name=op.f("pk_exchange_team_member")),
    )
    op.create_index(op.f("ix_exchange_team_member_person_id"), "exchange_team_member", ["person_id"])
    op.create_index(op.f("ix_exchange_team_member_team_id"), "exchange_team_member", ["team_id"])


def downgrade() -> None:
    op.drop_table("exchange_team_member")
    op.drop_table("exchange_team")
