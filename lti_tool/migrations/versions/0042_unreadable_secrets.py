"""
An endpoint whose secret cannot be read is paused, and says so.
"""

from alembic import op

revision = "0042"
down_revision = "0041"

BEFORE = "why in ('', 'gone', 'failing')"
AFTER = "why in ('', 'gone', 'failing', 'unreadable')"


def upgrade() -> None:
    _allow(AFTER)


def downgrade() -> None:
    op.execute("update webhook_endpoint set why = '' where why = 'unreadable'")
    _allow(BEFORE)


def _allow(what: str) -> None:
    op.drop_constraint(op.f("ck_webhook_endpoint_why"), "webhook_endpoint")
    op.create_check_constraint(op.f("ck_webhook_endpoint_why"), "webhook_endpoint", what)
