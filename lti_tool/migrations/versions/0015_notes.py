"""
Notes on single places of a work, and what their author decides about each.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column(
        "exchange_feedback",
        sa.Column(
            "notes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column("exchange_mark", sa.Column("note", sa.Integer(), nullable=True))
    op.drop_constraint(op.f("uq_exchange_mark_feedback_id_criterion_id"), "exchange_mark")
    op.create_unique_constraint(
        op.f("uq_exchange_mark_feedback_id_criterion_id_note"),
        "exchange_mark",
        ["feedback_id", "criterion_id", "note"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_check_constraint(
        op.f("ck_exchange_mark_one_part"), "exchange_mark", "num_nonnulls(criterion_id, note) < 2"
    )


def downgrade() -> None:
    op.execute("delete from exchange_mark where note is not null")
    op.drop_constraint(op.f("ck_exchange_mark_one_part"), "exchange_mark")
    op.drop_constraint(op.f("uq_exchange_mark_feedback_id_criterion_id_note"), "exchange_mark")
    op.create_unique_constraint(
        op.f("uq_exchange_mark_feedback_id_criterion_id"),
        "exchange_mark",
        ["feedback_id", "criterion_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_column("exchange_mark", "note")
    op.drop_column("exchange_feedback", "notes")
