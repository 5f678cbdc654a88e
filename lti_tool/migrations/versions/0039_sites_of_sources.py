"""
Which site of a hosted LMS a source is bound to.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("webhook_source", sa.Column("site", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("webhook_source", "site")
