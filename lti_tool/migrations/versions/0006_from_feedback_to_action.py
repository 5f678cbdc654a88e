"""
From feedback to action: threads in place of the one reply, marks, thanks, flags, second looks, a charter.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "exchange_charter_consent",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_charter_consent_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_charter_consent_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("exchange_id", "person_id", name=op.f("pk_exchange_charter_consent")),
    )
    op.create_index("ix_exchange_charter_consent_person_id", "exchange_charter_consent", ["person_id"], unique=False)
    op.create_table(
        "exchange_appraisal",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("ratings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_appraisal_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_appraisal")),
    )
    op.create_table(
        "exchange_feedback_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_feedback_revision_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_feedback_revision")),
    )
    op.create_index(
        "ix_exchange_feedback_revision_feedback_id", "exchange_feedback_revision", ["feedback_id"], unique=False
    )
    op.create_table(
        "exchange_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=True),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("done_version", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mark <> 'disagree' or reason <> ''", name=op.f("ck_exchange_mark_reason")),
        sa.CheckConstraint("mark in ('use', 'later', 'disagree')", name=op.f("ck_exchange_mark_mark")),
        sa.ForeignKeyConstraint(
            ["criterion_id"],
            ["exchange_criterion.id"],
            name=op.f("fk_exchange_mark_criterion_id_exchange_criterion"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_mark_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_mark")),
        sa.UniqueConstraint(
            "feedback_id",
            "criterion_id",
            name=op.f("uq_exchange_mark_feedback_id_criterion_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_exchange_mark_criterion_id", "exchange_mark", ["criterion_id"], unique=False)
    op.create_table(
        "exchange_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("writer_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("side in ('author', 'reviewer', 'staff')", name=op.f("ck_exchange_message_side")),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_message_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["writer_id"], ["person.id"], name=op.f("fk_exchange_message_writer_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_message")),
    )
    op.create_index("ix_exchange_message_feedback_id", "exchange_message", ["feedback_id"], unique=False)
    op.create_index("ix_exchange_message_writer_id", "exchange_message", ["writer_id"], unique=False)
    op.create_table(
        "exchange_rewrite_request",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_rewrite_request_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_rewrite_request_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_rewrite_request")),
    )
    op.create_table(
        "exchange_second_look",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_second_look_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_second_look")),
    )
    op.create_table(
        "exchange_thanks",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_thanks_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_exchange_thanks")),
    )
    op.create_table(
        "exchange_flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason in ('hurtful', 'off_task', 'identity', 'other')", name=op.f("ck_exchange_flag_reason")
        ),
        sa.CheckConstraint(
            "num_nonnulls(feedback_id, message_id, submission_id) = 1", name=op.f("ck_exchange_flag_one_thing")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_flag_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_flag_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_flag_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["exchange_message.id"],
            name=op.f("fk_exchange_flag_message_id_exchange_message"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_flag_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_flag")),
    )
    op.create_index("ix_exchange_flag_by_id", "exchange_flag", ["by_id"], unique=False)
    op.create_index("ix_exchange_flag_exchange_id", "exchange_flag", ["exchange_id"], unique=False)
    op.create_index("ix_exchange_flag_feedback_id", "exchange_flag", ["feedback_id"], unique=False)
    op.create_index("ix_exchange_flag_message_id", "exchange_flag", ["message_id"], unique=False)
    op.create_index("ix_exchange_flag_submission_id", "exchange_flag", ["submission_id"], unique=False)
    op.create_table(
        "exchange_hiding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(feedback_id, message_id) = 1", name=op.f("ck_exchange_hiding_one_thing")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_hiding_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["exchange_feedback.id"],
            name=op.f("fk_exchange_hiding_feedback_id_exchange_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["exchange_message.id"],
            name=op.f("fk_exchange_hiding_message_id_exchange_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_hiding")),
        sa.UniqueConstraint("feedback_id", name=op.f("uq_exchange_hiding_feedback_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_exchange_hiding_message_id")),
    )
    op.create_table(
        "exchange_flag_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flag_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act in ('looked', 'keep', 'hide', 'rewrite')", name=op.f("ck_exchange_flag_act_act")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_flag_act_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["flag_id"],
            ["exchange_flag.id"],
            name=op.f("fk_exchange_flag_act_flag_id_exchange_flag"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_flag_act")),
    )
    op.create_index("ix_exchange_flag_act_flag_id", "exchange_flag_act", ["flag_id"], unique=False)
    op.execute(
        """
        insert into exchange_message (feedback_id, side, writer_id, body, sent_at)
        select r.feedback_id, 'author', s.author_id, r.body, r.replied_at
          from exchange_reply r
          join exchange_feedback f on f.id = r.feedback_id
          join exchange_offer o on o.id = f.offer_id
          join exchange_submission s on s.id = o.submission_id
        """
    )
    op.drop_table("exchange_reply")
    op.add_column("exchange_feedback", sa.Column("author_heard_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("exchange_feedback", sa.Column("reviewer_heard_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("exchange_feedback", "reviewer_heard_at")
    op.drop_column("exchange_feedback", "author_heard_at")
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
    op.execute(
        """
        insert into exchange_reply (feedback_id, body, replied_at)
        select distinct on (feedback_id) feedback_id, body, sent_at
          from exchange_message where side = 'author' order by feedback_id, id
        """
    )
    op.drop_index("ix_exchange_flag_act_flag_id", table_name="exchange_flag_act")
    op.drop_table("exchange_flag_act")
    op.drop_table("exchange_hiding")
    op.drop_index("ix_exchange_flag_submission_id", table_name="exchange_flag")
    op.drop_index("ix_exchange_flag_message_id", table_name="exchange_flag")
    op.drop_index("ix_exchange_flag_feedback_id", table_name="exchange_flag")
    op.drop_index("ix_exchange_flag_exchange_id", table_name="exchange_flag")
    op.drop_index("ix_exchange_flag_by_id", table_name="exchange_flag")
    op.drop_table("exchange_flag")
    op.drop_table("exchange_thanks")
    op.drop_table("exchange_second_look")
    op.drop_table("exchange_rewrite_request")
    op.drop_index("ix_exchange_message_writer_id", table_name="exchange_message")
    op.drop_index("ix_exchange_message_feedback_id", table_name="exchange_message")
    op.drop_table("exchange_message")
    op.drop_index("ix_exchange_mark_criterion_id", table_name="exchange_mark")
    op.drop_table("exchange_mark")
    op.drop_index("ix_exchange_feedback_revision_feedback_id", table_name="exchange_feedback_revision")
    op.drop_table("exchange_feedback_revision")
    op.drop_table("exchange_appraisal")
    op.drop_index("ix_exchange_charter_consent_person_id", table_name="exchange_charter_consent")
    op.drop_table("exchange_charter_consent")
