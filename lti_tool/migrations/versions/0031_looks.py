"""
How the LMS looks to somebody, for as long as their session lasts: its colour, and whether they need more contrast.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("web_session", sa.Column("brand_colour", sa.String(), nullable=True))
    op.add_column(
        "web_session",
        sa.Column("more_contrast", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("web_session", "more_contrast")
    op.drop_column("web_session", "brand_colour")
