"""
Whether somebody reads somebody's work is told by an index alone: who joins a plan asks it of fifty pairs.
"""

from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    _index(["reviewer_id", "exchange_id", "author_id"])


def downgrade() -> None:
    _index(["reviewer_id", "exchange_id"])


def _index(columns: list[str]) -> None:
    op.drop_index("ix_exchange_pair_reviewer_id", table_name="exchange_pair")
    op.create_index("ix_exchange_pair_reviewer_id", "exchange_pair", columns)
