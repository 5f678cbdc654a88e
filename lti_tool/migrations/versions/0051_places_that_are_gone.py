"""
When a place in an LMS was changed there, and when it went.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("resource_link", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("resource_link", sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("resource_link", "gone_at")
    op.drop_column("resource_link", "changed_at")
