"""
When a source was refused last; events of one source by state.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("webhook_refusal", sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_webhook_event_trouble",
        "webhook_event",
        ["source_id", "id"],
        postgresql_where=sa.text("state in ('failed', 'dead')"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_event_trouble", table_name="webhook_event")
    op.drop_column("webhook_refusal", "last_at")
