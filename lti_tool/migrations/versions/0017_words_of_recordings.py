"""
What is said in recordings that are handed in.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "exchange_file_words",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('captions', 'transcript')", name=op.f("ck_exchange_file_words_kind")),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["exchange_submission_file.id"],
            name=op.f("fk_exchange_file_words_file_id_exchange_submission_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_exchange_file_words")),
    )


def downgrade() -> None:
    op.drop_table("exchange_file_words")
