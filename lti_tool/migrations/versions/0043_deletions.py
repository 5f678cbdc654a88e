"""
Whom the LMS has deleted is forgotten some days later, unless somebody stops it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

BEFORE = "state in ('waiting', 'done', 'failed')"
AFTER = "state in ('waiting', 'done', 'failed', 'stopped')"


def upgrade() -> None:
    op.add_column("admin_request", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    _allow(AFTER)


def downgrade() -> None:
    # Without a date they would be carried out at once.
    op.execute("delete from admin_request where due_at is not null and state in ('waiting', 'stopped')")
    _allow(BEFORE)
    op.drop_column("admin_request", "due_at")


def _allow(what: str) -> None:
    op.drop_constraint(op.f("ck_admin_request_state"), "admin_request")
    op.create_check_constraint(op.f("ck_admin_request_state"), "admin_request", what)
