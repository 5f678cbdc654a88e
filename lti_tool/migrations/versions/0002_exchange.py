"""
The exchange room, and the files people hand in.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "file_blob",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_file_blob")),
    )
    op.create_table(
        "exchange",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("instructions", sa.String(), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submit_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anonymity", sa.String(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("anonymity in ('named', 'masked')", name=op.f("ck_exchange_anonymity")),
        sa.CheckConstraint("points > 0", name=op.f("ck_exchange_points")),
        sa.CheckConstraint("reviews between 1 and 10", name=op.f("ck_exchange_reviews")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_exchange_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_exchange")),
    )
    op.create_table(
        "exchange_closure",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["person.id"], name=op.f("fk_exchange_closure_closed_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_closure_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchange_closure")),
    )
    op.create_table(
        "exchange_criterion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_criterion_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_criterion")),
    )
    op.create_index("ix_exchange_criterion_exchange_id", "exchange_criterion", ["exchange_id"], unique=False)
    op.create_table(
        "exchange_grade_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_grade_override_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_grade_override_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_grade_override_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_grade_override")),
    )
    op.create_index(
        "ix_exchange_grade_override_exchange_id", "exchange_grade_override", ["exchange_id", "person_id"], unique=False
    )
    op.create_index(
        op.f("ix_exchange_grade_override_person_id"), "exchange_grade_override", ["person_id"], unique=False
    )
    op.create_table(
        "exchange_publication",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_publication_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["person.id"],
            name=op.f("fk_exchange_publication_published_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchange_publication")),
    )
    op.create_table(
        "exchange_release",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("maximum", sa.Double(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_release_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_release_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_release_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("exchange_id", "person_id", name=op.f("pk_exchange_release")),
    )
    op.create_index(op.f("ix_exchange_release_person_id"), "exchange_release", ["person_id"], unique=False)
    op.create_table(
        "exchange_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("draft", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_exchange_submission_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_submission_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_submission")),
        sa.UniqueConstraint("exchange_id", "author_id", name=op.f("uq_exchange_submission_exchange_id_author_id")),
    )
    op.create_index("ix_exchange_submission_author_id", "exchange_submission", ["author_id"], unique=False)
    op.create_table(
        "exchange_level",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_exchange_level_points")),
        sa.ForeignKeyConstraint(
            ["criterion_id"],
            ["exchange_criterion.id"],
            name=op.f("fk_exchange_level_criterion_id_exchange_criterion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_level")),
    )
    op.create_index("ix_exchange_level_criterion_id", "exchange_level", ["criterion_id"], unique=False)
    op.create_table(
        "exchange_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('offered', 'started', 'submitted', 'declined', 'expired')", name=op.f("ck_exchange_offer_state")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_offer_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_exchange_offer_reviewer_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_offer_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_offer")),
        sa.UniqueConstraint("submission_id", "reviewer_id", name=op.f("uq_exchange_offer_submission_id_reviewer_id")),
    )
    op.create_index("ix_exchange_offer_exchange_id", "exchange_offer", ["exchange_id", "submission_id"], unique=False)
    op.create_index("ix_exchange_offer_reviewer_id", "exchange_offer", ["reviewer_id"], unique=False)
    op.create_index(
        "uq_exchange_offer_open",
        "exchange_offer",
        ["exchange_id", "reviewer_id"],
        unique=True,
        postgresql_where=sa.text("state in ('offered', 'started')"),
    )
    op.create_table(
        "exchange_submission_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_submission_file_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_submission_file")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_exchange_submission_file_submission_id_number")),
    )
    op.create_table(
        "exchange_draft_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(submission_id, offer_id) = 1", name=op.f("ck_exchange_draft_copy_one_owner")),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["exchange_offer.id"],
            name=op.f("fk_exchange_draft_copy_offer_id_exchange_offer"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_draft_copy_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_draft_copy")),
    )
    op.create_index("ix_exchange_draft_copy_offer_id", "exchange_draft_copy", ["offer_id"], unique=False)
    op.create_index("ix_exchange_draft_copy_submission_id", "exchange_draft_copy", ["submission_id"], unique=False)
    op.create_table(
        "exchange_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["exchange_offer.id"],
            name=op.f("fk_exchange_feedback_offer_id_exchange_offer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_feedback")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_exchange_feedback_offer_id")),
    )
    op.create_table(
        "exchange_feedback_draft",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["exchange_offer.id"],
            name=op.f("fk_exchange_feedback_draft_offer_id_exchange_offer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_exchange_feedback_draft")),
    )
    op.create_table(
        "exchange_answer",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["criterion_id"],
            ["exchange_criterion.id"],
            name=op.f("fk_exchange_answer_criterion_id_exchange_criterion"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_answer_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["exchange_level.id"],
            name=op.f("fk_exchange_answer_level_id_exchange_level"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("feedback_id", "criterion_id", name=op.f("pk_exchange_answer")),
    )
    op.create_index("ix_exchange_answer_criterion_id", "exchange_answer", ["criterion_id"], unique=False)
    op.create_index("ix_exchange_answer_level_id", "exchange_answer", ["level_id"], unique=False)
    op.create_table(
        "exchange_reply",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_reply_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_reply")),
    )


def downgrade() -> None:
    op.drop_table("exchange_reply")
    op.drop_index("ix_exchange_answer_level_id", table_name="exchange_answer")
    op.drop_index("ix_exchange_answer_criterion_id", table_name="exchange_answer")
    op.drop_table("exchange_answer")
    op.drop_table("exchange_feedback_draft")
    op.drop_table("exchange_feedback")
    op.drop_index("ix_exchange_draft_copy_submission_id", table_name="exchange_draft_copy")
    op.drop_index("ix_exchange_draft_copy_offer_id", table_name="exchange_draft_copy")
    op.drop_table("exchange_draft_copy")
    op.drop_table("exchange_submission_file")
    op.drop_index(
        "uq_exchange_offer_open",
        table_name="exchange_offer",
        postgresql_where=sa.text("state in ('offered', 'started')"),
    )
    op.drop_index("ix_exchange_offer_reviewer_id", table_name="exchange_offer")
    op.drop_index("ix_exchange_offer_exchange_id", table_name="exchange_offer")
    op.drop_table("exchange_offer")
    op.drop_index("ix_exchange_level_criterion_id", table_name="exchange_level")
    op.drop_table("exchange_level")
    op.drop_index("ix_exchange_submission_author_id", table_name="exchange_submission")
    op.drop_table("exchange_submission")
    op.drop_index(op.f("ix_exchange_release_person_id"), table_name="exchange_release")
    op.drop_table("exchange_release")
    op.drop_table("exchange_publication")
    op.drop_index(op.f("ix_exchange_grade_override_person_id"), table_name="exchange_grade_override")
    op.drop_index("ix_exchange_grade_override_exchange_id", table_name="exchange_grade_override")
    op.drop_table("exchange_grade_override")
    op.drop_index("ix_exchange_criterion_exchange_id", table_name="exchange_criterion")
    op.drop_table("exchange_criterion")
    op.drop_table("exchange_closure")
    op.drop_table("exchange")
    op.drop_table("file_blob")
