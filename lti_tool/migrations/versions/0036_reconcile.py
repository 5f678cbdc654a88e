"""
Comparisons of a course with its LMS, what they found, and which grades the gradebook took before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column(
        "grade_passback", sa.Column("sent_shares", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    )
    op.create_table(
        "reconcile_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("columns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("grades", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_link_id", sa.Integer(), nullable=True),
        *_foreign_keys("reconcile_run", course_id=("course.id", "CASCADE"), asked_by_id=("person.id", "SET NULL")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconcile_run")),
    )
    op.create_index("ix_reconcile_run_course_id", "reconcile_run", ["course_id", "id"])
    op.create_index(op.f("ix_reconcile_run_asked_by_id"), "reconcile_run", ["asked_by_id"])
    op.create_table(
        "reconcile_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("facts", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.CheckConstraint("outcome in ('mended', 'left')", name=op.f("ck_reconcile_finding_outcome")),
        *_foreign_keys(
            "reconcile_finding",
            run_id=("reconcile_run.id", "CASCADE"),
            person_id=("person.id", "CASCADE"),
            activity_id=("activity.id", "CASCADE"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconcile_finding")),
    )
    op.create_index("ix_reconcile_finding_run_id", "reconcile_finding", ["run_id", "id"])
    op.create_index(op.f("ix_reconcile_finding_person_id"), "reconcile_finding", ["person_id"])
    op.create_index(op.f("ix_reconcile_finding_activity_id"), "reconcile_finding", ["activity_id"])


def downgrade() -> None:
    op.drop_table("reconcile_finding")
    op.drop_table("reconcile_run")
    op.drop_column("grade_passback", "sent_shares")


def _foreign_keys(table: str, **columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [name], [target], name=op.f(f"fk_{table}_{name}_{target.partition('.')[0]}"), ondelete=ondelete
        )
        for name, (target, ondelete) in columns.items()
    ]
