"""
What is shown live instead of handed in.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "exchange_presentation",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_presentation_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_exchange_presentation")),
    )


def downgrade() -> None:
    op.drop_table("exchange_presentation")
