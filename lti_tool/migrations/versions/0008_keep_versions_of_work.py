"""
Versions of a work, what stands beside its words, and answers to what its author asks.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    nothing = sa.text("'{}'::jsonb")
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "exchange_work_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("beside", json, server_default=nothing, nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("file_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_work_version_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_work_version")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_exchange_work_version_submission_id_number")),
    )
    op.add_column("exchange_submission", sa.Column("beside", json, server_default=nothing, nullable=False))
    op.add_column("exchange_submission_file", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("exchange_offer", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    none = sa.text("'[]'::jsonb")
    op.add_column("exchange_feedback", sa.Column("to_author", json, server_default=none, nullable=False))
    # What was handed in so far is the one version that is left of it, and the one that offers are about.
    op.execute(
        "insert into exchange_work_version (submission_id, number, body, file_ids, handed_in_at)"
        " select work.id, work.version, work.body,"
        " array(select file.id from exchange_submission_file file where file.submission_id = work.id"
        " order by file.number), work.submitted_at"
        " from exchange_submission work where work.submitted_at is not null"
    )
    op.execute(
        "update exchange_offer set version = work.version"
        " from exchange_submission work where work.id = exchange_offer.submission_id"
    )


def downgrade() -> None:
    op.drop_column("exchange_feedback", "to_author")
    op.drop_column("exchange_offer", "version")
    op.drop_column("exchange_submission_file", "removed_at")
    op.drop_column("exchange_submission", "beside")
    op.drop_table("exchange_work_version")
