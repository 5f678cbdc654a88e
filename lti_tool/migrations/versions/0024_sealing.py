"""
Sealed exchanges, and staff who give a reason before they learn who wrote a feedback.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

BEFORE = "anonymity in ('masked', 'reviewer_hidden', 'author_hidden', 'named')"
AFTER = "anonymity in ('masked', 'reviewer_hidden', 'author_hidden', 'named', 'sealed')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_exchange_anonymity"), "exchange")
    op.create_check_constraint(op.f("ck_exchange_anonymity"), "exchange", AFTER)
    op.create_table(
        "exchange_sealing",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_sealing_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchange_sealing")),
    )
    op.create_table(
        "exchange_sealed_giving",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_sealed_giving_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_exchange_sealed_giving_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", "person_id", name=op.f("pk_exchange_sealed_giving")),
    )
    op.create_index("ix_exchange_sealed_giving_person_id", "exchange_sealed_giving", ["person_id"])
    op.create_table(
        "exchange_unmasking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_unmasking_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_unmasking_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_unmasking")),
        sa.UniqueConstraint("feedback_id", "by_id", name=op.f("uq_exchange_unmasking_feedback_id_by_id")),
    )
    op.create_index("ix_exchange_unmasking_by_id", "exchange_unmasking", ["by_id"])


def downgrade() -> None:
    op.drop_table("exchange_unmasking")
    op.drop_table("exchange_sealed_giving")
    op.drop_table("exchange_sealing")
    # What is sealed cannot be opened; what goes on goes on masked.
    op.execute("update exchange set anonymity = 'masked' where anonymity = 'sealed'")
    op.drop_constraint(op.f("ck_exchange_anonymity"), "exchange")
    op.create_check_constraint(op.f("ck_exchange_anonymity"), "exchange", BEFORE)
