"""
Sessions remember which origin of the LMS frames them: a hosted LMS may share one issuer among many hosts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("web_session", sa.Column("frame_origin", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("web_session", "frame_origin")
