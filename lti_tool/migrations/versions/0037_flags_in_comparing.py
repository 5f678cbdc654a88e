"""
What somebody wrote in comparing two works can be flagged, too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("exchange_flag", sa.Column("side_by_side_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_exchange_flag_side_by_side_id_exchange_side_by_side"),
        "exchange_flag",
        "exchange_side_by_side",
        ["side_by_side_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index("ix_exchange_flag_side_by_side_id", "exchange_flag", ["side_by_side_id"])
    op.create_check_constraint(
        op.f("ck_exchange_flag_compared_work"), "exchange_flag", "side_by_side_id is null or submission_id is not null"
    )


def downgrade() -> None:
    op.execute("delete from exchange_flag where side_by_side_id is not null")
    op.drop_column("exchange_flag", "side_by_side_id")
