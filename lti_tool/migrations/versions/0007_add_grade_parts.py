"""
Parts of grades, reviews that do not count, regrades; names of gradebook columns of our own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("grade_passback", sa.Column("label", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "exchange_grade_override", sa.Column("part", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_exchange_grade_override_part_score"),
        "exchange_grade_override",
        "part = '' or score between 0 and 1",
    )
    op.create_table(
        "exchange_exclusion",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_exclusion_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_exclusion_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_exclusion")),
    )
    op.create_table(
        "exchange_regrade",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("what", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("up", sa.Integer(), nullable=False),
        sa.Column("down", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_regrade_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_regrade_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_regrade")),
    )
    op.create_index(op.f("ix_exchange_regrade_exchange_id"), "exchange_regrade", ["exchange_id"])


def downgrade() -> None:
    op.drop_table("exchange_regrade")
    op.drop_table("exchange_exclusion")
    op.execute("delete from exchange_grade_override where part <> ''")
    op.drop_constraint(op.f("ck_exchange_grade_override_part_score"), "exchange_grade_override")
    op.drop_column("exchange_grade_override", "part")
    op.drop_column("grade_passback", "label")
