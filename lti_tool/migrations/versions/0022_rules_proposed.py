"""
Students propose rules of feedback for their class.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "exchange_charter_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer in ('adopted', 'declined')", name=op.f("ck_exchange_charter_proposal_answer")),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null)", name=op.f("ck_exchange_charter_proposal_answered")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_charter_proposal_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_charter_proposal_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"],
            ["person.id"],
            name=op.f("fk_exchange_charter_proposal_answered_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_charter_proposal")),
    )
    op.create_index("ix_exchange_charter_proposal_exchange_id", "exchange_charter_proposal", ["exchange_id"])
    op.create_index("ix_exchange_charter_proposal_by_id", "exchange_charter_proposal", ["by_id"])
    op.create_index("ix_exchange_charter_proposal_answered_by_id", "exchange_charter_proposal", ["answered_by_id"])
    op.create_table(
        "exchange_charter_support",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["exchange_charter_proposal.id"],
            name=op.f("fk_exchange_charter_support_proposal_id_exchange_charter_proposal"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_charter_support_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("proposal_id", "person_id", name=op.f("pk_exchange_charter_support")),
    )
    op.create_index("ix_exchange_charter_support_person_id", "exchange_charter_support", ["person_id"])


def downgrade() -> None:
    op.drop_table("exchange_charter_support")
    op.drop_table("exchange_charter_proposal")
