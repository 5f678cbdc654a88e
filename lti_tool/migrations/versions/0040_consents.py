"""
The key that a consent was asked for waits beside the one that is in use.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.add_column("calendar_account", sa.Column("asked_key", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("calendar_account", "asked_key")
