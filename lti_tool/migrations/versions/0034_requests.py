"""
Requests to hand out or to forget a person; when a source of events was refused last, and its events in trouble.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "admin_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('export', 'erasure')", name=op.f("ck_admin_request_kind")),
        sa.CheckConstraint("state in ('waiting', 'done', 'failed')", name=op.f("ck_admin_request_state")),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_admin_request_deployment_id_deployment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_admin_request_person_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_admin_request_asked_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_request")),
    )
    op.create_index(op.f("ix_admin_request_asked_by_id"), "admin_request", ["asked_by_id"])
    op.create_index("ix_admin_request_deployment_id", "admin_request", ["deployment_id", "id"])
    op.create_index(op.f("ix_admin_request_person_id"), "admin_request", ["person_id"])
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
    op.drop_table("admin_request")
