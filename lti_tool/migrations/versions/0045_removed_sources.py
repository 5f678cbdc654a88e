"""
Addresses that were taken away: whoever still sends there is told that they are gone, and is counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_table(
        "webhook_removed_source",
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["platform.id"],
            name=op.f("fk_webhook_removed_source_platform_id_platform"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_webhook_removed_source")),
    )
    op.create_index(op.f("ix_webhook_removed_source_platform_id"), "webhook_removed_source", ["platform_id"])


def downgrade() -> None:
    op.drop_table("webhook_removed_source")
