"""
Notices that platforms send by themselves (LTI-PNS 1.0): where they are to be had, and a way for them to be proven.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"

TABLE, NAME = "webhook_source", "ck_webhook_source_proof"


def upgrade() -> None:
    op.create_table(
        "lti_notice_service",
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listens_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("state in ('wanted', 'listening', 'refused')", name=op.f("ck_lti_notice_service_state")),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            ondelete="CASCADE",
            name=op.f("fk_lti_notice_service_deployment_id_deployment"),
        ),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_lti_notice_service")),
    )
    op.create_index(
        "ix_lti_notice_service_due",
        "lti_notice_service",
        ["next_attempt_at"],
        postgresql_where=sa.text("state = 'wanted'"),
    )
    op.drop_constraint(op.f(NAME), TABLE)
    op.create_check_constraint(op.f(NAME), TABLE, "proof in ('standard', 'jwt', 'token', 'address', 'notice')")


def downgrade() -> None:
    op.execute("delete from webhook_source where proof = 'notice'")
    op.drop_constraint(op.f(NAME), TABLE)
    op.create_check_constraint(op.f(NAME), TABLE, "proof in ('standard', 'jwt', 'token', 'address')")
    op.drop_index("ix_lti_notice_service_due", "lti_notice_service")
    op.drop_table("lti_notice_service")
