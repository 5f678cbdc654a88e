"""
Feedback by staff is talked about as that of classmates is; proposed rules can be flagged; drafts keep ticks.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"

MARKED = ["feedback_id", "staff_review_id", "criterion_id", "note"]


def upgrade() -> None:
    for table in ("exchange_message", "exchange_mark"):
        op.alter_column(table, "feedback_id", nullable=True)
        _refer(table, "staff_review_id", "exchange_staff_review")
        op.create_check_constraint(
            op.f(f"ck_{table}_one_thing"), table, "num_nonnulls(feedback_id, staff_review_id) = 1"
        )
        op.create_index(f"ix_{table}_staff_review_id", table, ["staff_review_id"])
    op.drop_constraint(op.f("uq_exchange_mark_feedback_id_criterion_id_note"), "exchange_mark")
    op.create_unique_constraint(
        op.f("uq_exchange_mark_feedback_id_staff_review_id_criterion_id_note"),
        "exchange_mark",
        MARKED,
        postgresql_nulls_not_distinct=True,
    )
    for name in ("author_heard_at", "staff_heard_at", "thanked_at"):
        op.add_column("exchange_staff_review", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("exchange_staff_review", sa.Column("thanked_rule", sa.String(), server_default="", nullable=False))

    op.add_column("exchange_charter_proposal", sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))
    _refer("exchange_flag", "proposal_id", "exchange_charter_proposal")
    op.create_index("ix_exchange_flag_proposal_id", "exchange_flag", ["proposal_id"])
    _one_of("exchange_flag", "feedback_id", "message_id", "submission_id", "proposal_id")
    _refer("exchange_hiding", "proposal_id", "exchange_charter_proposal")
    op.create_unique_constraint(op.f("uq_exchange_hiding_proposal_id"), "exchange_hiding", ["proposal_id"])
    _one_of("exchange_hiding", "feedback_id", "message_id", "proposal_id")

    op.add_column(
        "exchange_words_draft",
        sa.Column("beside", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("exchange_words_draft", "beside")

    for table in ("exchange_hiding", "exchange_flag"):
        op.execute(f"delete from {table} where proposal_id is not null")  # noqa: S608 - names of tables
        op.drop_constraint(op.f(f"ck_{table}_one_thing"), table)
        op.drop_column(table, "proposal_id")
    _one_of("exchange_hiding", "feedback_id", "message_id", is_new=True)
    _one_of("exchange_flag", "feedback_id", "message_id", "submission_id", is_new=True)
    op.execute("delete from exchange_charter_proposal where taken_back_at is not null")
    op.drop_column("exchange_charter_proposal", "taken_back_at")

    for name in ("thanked_rule", "thanked_at", "staff_heard_at", "author_heard_at"):
        op.drop_column("exchange_staff_review", name)
    for table in ("exchange_mark", "exchange_message"):
        op.execute(f"delete from {table} where staff_review_id is not null")  # noqa: S608 - names of tables
        op.drop_constraint(op.f(f"ck_{table}_one_thing"), table)
        op.drop_column(table, "staff_review_id")
        op.alter_column(table, "feedback_id", nullable=False)
    op.create_unique_constraint(
        op.f("uq_exchange_mark_feedback_id_criterion_id_note"),
        "exchange_mark",
        [each for each in MARKED if each != "staff_review_id"],
        postgresql_nulls_not_distinct=True,
    )


def _refer(table: str, column: str, to: str) -> None:
    op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    op.create_foreign_key(op.f(f"fk_{table}_{column}_{to}"), table, to, [column], ["id"], ondelete="CASCADE")


def _one_of(table: str, *columns: str, is_new: bool = False) -> None:
    name = op.f(f"ck_{table}_one_thing")
    if not is_new:
        op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"num_nonnulls({', '.join(columns)}) = 1")
