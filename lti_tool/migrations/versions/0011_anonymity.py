"""
Anonymity of one side alone, and names that author and reviewer show each other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_exchange_anonymity"), "exchange")
    op.create_check_constraint(
        op.f("ck_exchange_anonymity"),
        "exchange",
        "anonymity in ('masked', 'reviewer_hidden', 'author_hidden', 'named')",
    )
    op.create_table(
        "exchange_introduction",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("author_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewer_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_introduction_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_introduction")),
    )


def downgrade() -> None:
    op.drop_table("exchange_introduction")
    # What was promised is kept: where one side was hidden, both are.
    op.execute("update exchange set anonymity = 'masked' where anonymity <> 'named'")
    op.drop_constraint(op.f("ck_exchange_anonymity"), "exchange")
    op.create_check_constraint(op.f("ck_exchange_anonymity"), "exchange", "anonymity in ('named', 'masked')")
