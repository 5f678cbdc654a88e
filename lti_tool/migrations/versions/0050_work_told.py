"""
The gradebook hears of work before it has a grade, and Hearth knows of which work it has heard.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.add_column(
        "grade_passback", sa.Column("is_work_only", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("grade_passback", sa.Column("told_submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_grade_passback_state"), "grade_passback")
    op.create_check_constraint(
        op.f("ck_grade_passback_state"), "grade_passback", "state in ('waiting', 'sent', 'failed', 'noted')"
    )
    op.execute("update grade_passback set told_submitted_at = submitted_at where sent_at is not null")


def downgrade() -> None:
    op.execute("delete from grade_passback where is_work_only")
    op.drop_constraint(op.f("ck_grade_passback_state"), "grade_passback")
    op.create_check_constraint(
        op.f("ck_grade_passback_state"), "grade_passback", "state in ('waiting', 'sent', 'failed')"
    )
    op.drop_column("grade_passback", "told_submitted_at")
    op.drop_column("grade_passback", "is_work_only")
