"""
A file that leaves flagged feedback before staff have decided stays, for staff alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    column: sa.Column[bool] = sa.Column("is_for_staff", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    op.add_column("exchange_feedback_file", column)


def downgrade() -> None:
    op.execute("delete from exchange_feedback_file where is_for_staff")
    op.drop_column("exchange_feedback_file", "is_for_staff")
