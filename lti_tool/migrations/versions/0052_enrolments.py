"""
Which course an enrolment of the LMS's is in: some events name nothing else.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "course_enrolment",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("lms_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_enrolment_course_id_course"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", "lms_id", name=op.f("pk_course_enrolment")),
    )
    op.create_index(op.f("ix_course_enrolment_lms_id"), "course_enrolment", ["lms_id"])


def downgrade() -> None:
    op.drop_table("course_enrolment")
