"""
Deployments of one registration that belong to one institution, as the operator says.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.add_column("deployment", sa.Column("is_joined", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("deployment", "is_joined")
