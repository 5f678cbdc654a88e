"""
Templates: settings and criteria of exchanges, kept under a name.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "exchange_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("recipe", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(owner_id, course_id) = 1", name=op.f("ck_exchange_template_whose")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["person.id"], name=op.f("fk_exchange_template_owner_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_exchange_template_course_id_course"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_template_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_template")),
    )
    op.create_index("ix_exchange_template_owner_id", "exchange_template", ["owner_id"])
    op.create_index("ix_exchange_template_course_id", "exchange_template", ["course_id"])
    op.create_index("ix_exchange_template_by_id", "exchange_template", ["by_id"])


def downgrade() -> None:
    op.drop_table("exchange_template")
