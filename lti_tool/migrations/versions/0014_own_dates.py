"""
Time of one's own: later dates, work and reviews opened once more; and feedback released by hand.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "exchange_extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("submit_by", moment, nullable=True),
        sa.Column("review_by", moment, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", moment, nullable=False),
        _to_exchange("exchange_extension"),
        _to_person("exchange_extension", "by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_extension")),
    )
    op.create_index("ix_exchange_extension_exchange_id", "exchange_extension", ["exchange_id"])
    op.create_table(
        "exchange_extended",
        sa.Column("extension_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "leases", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("taken_back_at", moment, nullable=True),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["exchange_extension.id"],
            name=op.f("fk_exchange_extended_extension_id_exchange_extension"),
            ondelete="CASCADE",
        ),
        _to_person("exchange_extended", "person_id", "CASCADE"),
        _to_person("exchange_extended", "taken_back_by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("extension_id", "person_id", name=op.f("pk_exchange_extended")),
    )
    op.create_index(op.f("ix_exchange_extended_person_id"), "exchange_extended", ["person_id"])
    op.create_table(
        "exchange_reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=True),
        sa.Column("until", moment, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        _to_exchange("exchange_reopening"),
        _to_person("exchange_reopening", "person_id", "CASCADE"),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_reopening_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        _to_person("exchange_reopening", "by_id", "SET NULL"),
        _to_person("exchange_reopening", "ended_by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_reopening")),
    )
    op.create_index("ix_exchange_reopening_exchange_id", "exchange_reopening", ["exchange_id", "person_id"])
    op.create_index("ix_exchange_reopening_person_id", "exchange_reopening", ["person_id"])
    op.create_index("ix_exchange_reopening_feedback_id", "exchange_reopening", ["feedback_id"])
    op.create_table(
        "exchange_feedback_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", moment, nullable=False),
        _to_exchange("exchange_feedback_release"),
        _to_person("exchange_feedback_release", "person_id", "CASCADE"),
        _to_person("exchange_feedback_release", "by_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_feedback_release")),
        sa.UniqueConstraint(
            "exchange_id",
            "person_id",
            name=op.f("uq_exchange_feedback_release_exchange_id_person_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_exchange_feedback_release_person_id"), "exchange_feedback_release", ["person_id"])


def downgrade() -> None:
    op.drop_table("exchange_feedback_release")
    op.drop_table("exchange_reopening")
    op.drop_table("exchange_extended")
    op.drop_table("exchange_extension")


def _to_exchange(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["exchange_id"],
        ["exchange.activity_id"],
        name=op.f(f"fk_{table}_exchange_id_exchange"),
        ondelete="CASCADE",
    )


def _to_person(table: str, column: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{table}_{column}_person"), ondelete=ondelete)
