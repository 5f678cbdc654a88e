"""
Works compared two at a time.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    empty = sa.text("'{}'::jsonb")
    op.create_table(
        "exchange_comparing_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("begun_by_id", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_comparing_round_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["begun_by_id"],
            ["person.id"],
            name=op.f("fk_exchange_comparing_round_begun_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_comparing_round")),
    )
    op.create_index("ix_exchange_comparing_round_exchange_id", "exchange_comparing_round", ["exchange_id"])
    op.create_table(
        "exchange_side_by_side",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("left_id", sa.Integer(), nullable=False),
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("left_version", sa.Integer(), nullable=False),
        sa.Column("right_version", sa.Integer(), nullable=False),
        sa.Column("picks", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False),
        sa.Column("left_words", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False),
        sa.Column("right_words", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("left_id <> right_id", name=op.f("ck_exchange_side_by_side_two_works")),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["exchange_comparing_round.id"],
            name=op.f("fk_exchange_side_by_side_round_id_exchange_comparing_round"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["person.id"],
            name=op.f("fk_exchange_side_by_side_reviewer_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["left_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_side_by_side_left_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["right_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_side_by_side_right_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_side_by_side")),
        sa.UniqueConstraint(
            "round_id",
            "reviewer_id",
            "left_id",
            "right_id",
            name=op.f("uq_exchange_side_by_side_round_id_reviewer_id_left_id_right_id"),
        ),
    )
    for column in ("reviewer_id", "left_id", "right_id"):
        op.create_index(f"ix_exchange_side_by_side_{column}", "exchange_side_by_side", [column])


def downgrade() -> None:
    op.drop_table("exchange_side_by_side")
    op.drop_table("exchange_comparing_round")
