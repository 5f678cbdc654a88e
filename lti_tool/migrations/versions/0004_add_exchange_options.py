"""
Further settings of an exchange, by topic.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    empty = sa.text("'{}'::jsonb")
    op.add_column(
        "exchange", sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), server_default=empty, nullable=False)
    )


def downgrade() -> None:
    op.drop_column("exchange", "options")
