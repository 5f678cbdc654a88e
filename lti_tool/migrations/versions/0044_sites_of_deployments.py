"""
The schools that launches of a deployment came from: only their events are believed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column("deployment", sa.Column("sites", JSONB(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    op.drop_column("deployment", "sites")
