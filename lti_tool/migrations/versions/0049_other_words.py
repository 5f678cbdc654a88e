"""
Words that other tabs replaced: all of them, and when each was saved.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"

DRAFTS = "exchange_words_draft"


def upgrade() -> None:
    op.add_column(
        DRAFTS,
        sa.Column(
            "others",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    op.execute(
        """
        update exchange_words_draft
           set others = jsonb_build_array(jsonb_build_object('revision', 0, 'words', other, 'saved_at', saved_at))
         where other is not null and other <> 'null'
        """
    )
    op.drop_column(DRAFTS, "other")


def downgrade() -> None:
    op.add_column(DRAFTS, sa.Column("other", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute("update exchange_words_draft set other = others -> 0 -> 'words' where others <> '[]'")
    op.drop_column(DRAFTS, "others")
