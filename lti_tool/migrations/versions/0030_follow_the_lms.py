"""
What events of the LMS tell of a course that is over, and of who is in which group.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("course", sa.Column("over_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("course", sa.Column("over_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "membership", sa.Column("groups_told", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("membership", "groups_told")
    op.drop_column("course", "over_told_at")
    op.drop_column("course", "over_at")
