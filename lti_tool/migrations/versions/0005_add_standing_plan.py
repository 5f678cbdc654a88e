"""
The standing plan of an exchange: seats, pairs, steps, and the teacher's rules. Works that are there get their seats.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

SEAT_THOSE_WHO_ARE_THERE = """
    insert into exchange_seat (exchange_id, person_id, submission_id, joined_at, planned_at, begun, lacks, idle)
    select w.exchange_id, w.author_id, w.id, w.submitted_at, w.submitted_at, r.count, e.reviews - r.count,
           e.reviews - g.count
      from exchange_submission w
      join exchange e on e.activity_id = w.exchange_id
      cross join lateral (select count(*) from exchange_offer o
                           where o.submission_id = w.id and o.state in ('offered', 'started', 'submitted')) r
      cross join lateral (select count(*) from exchange_offer o
                           where o.exchange_id = w.exchange_id and o.reviewer_id = w.author_id
                             and o.state in ('offered', 'started', 'submitted')) g
     where w.submitted_at is not null and w.author_id is not null
"""
PAIR_THOSE_WHO_HAVE_BEGUN = """
    insert into exchange_pair (submission_id, reviewer_id, exchange_id, author_id, draw, begun_at)
    select o.submission_id, o.reviewer_id, o.exchange_id, w.author_id, 0, o.offered_at
      from exchange_offer o join exchange_submission w on w.id = o.submission_id
     where o.state in ('offered', 'started', 'submitted') and o.reviewer_id is not null and w.author_id is not null
"""
WRITE_DOWN_WHERE_THE_PLAN_BEGINS = """
    insert into exchange_pairing_event (exchange_id, at, kind, facts)
    select s.exchange_id, now(), 'planned',
           jsonb_build_object(
               'people', jsonb_agg(s.person_id order by s.joined_at, s.person_id),
               'added', p.pairs, 'begun', p.pairs)
      from exchange_seat s
      cross join lateral (select coalesce(jsonb_agg(jsonb_build_array(reviewer_id, author_id)), '[]') as pairs
                            from exchange_pair where exchange_id = s.exchange_id) p
     group by s.exchange_id, p.pairs
"""


def upgrade() -> None:
    op.create_table(
        "exchange_pair_rule",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('must', 'never')", name=op.f("ck_exchange_pair_rule_kind")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_exchange_pair_rule_author_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_exchange_pair_rule_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_pair_rule_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_exchange_pair_rule_reviewer_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("exchange_id", "reviewer_id", "author_id", name=op.f("pk_exchange_pair_rule")),
    )
    op.create_index(op.f("ix_exchange_pair_rule_author_id"), "exchange_pair_rule", ["author_id"], unique=False)
    op.create_index(op.f("ix_exchange_pair_rule_reviewer_id"), "exchange_pair_rule", ["reviewer_id"], unique=False)
    op.create_table(
        "exchange_pairing_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_pairing_event_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_pairing_event")),
    )
    op.create_index(
        "ix_exchange_pairing_event_exchange_id", "exchange_pairing_event", ["exchange_id", "id"], unique=False
    )
    op.create_table(
        "exchange_pair",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reviewer_id <> author_id", name=op.f("ck_exchange_pair_others")),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_pair_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "reviewer_id", name=op.f("pk_exchange_pair")),
    )
    op.create_index("ix_exchange_pair_reviewer_id", "exchange_pair", ["reviewer_id", "exchange_id"], unique=False)
    op.create_index(
        "ix_exchange_pair_waiting",
        "exchange_pair",
        ["exchange_id", "draw"],
        unique=False,
        postgresql_where=sa.text("begun_at is null"),
    )
    op.create_table(
        "exchange_seat",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lacks", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("idle", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchange.activity_id"],
            name=op.f("fk_exchange_seat_exchange_id_exchange"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_seat_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["exchange_submission.id"],
            name=op.f("fk_exchange_seat_submission_id_exchange_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", "person_id", name=op.f("pk_exchange_seat")),
    )
    op.create_index(
        "ix_exchange_seat_begun",
        "exchange_seat",
        ["exchange_id", "begun", "joined_at"],
        unique=False,
        postgresql_where=sa.text("left_at is null"),
    )
    op.create_index(
        "ix_exchange_seat_idle",
        "exchange_seat",
        ["exchange_id", "joined_at"],
        unique=False,
        postgresql_where=sa.text("idle > 0 and left_at is null"),
    )
    op.create_index(
        "ix_exchange_seat_lacks",
        "exchange_seat",
        ["exchange_id", "lacks", "joined_at"],
        unique=False,
        postgresql_where=sa.text("left_at is null"),
    )
    op.create_index("ix_exchange_seat_person_id", "exchange_seat", ["person_id"], unique=False)
    op.create_index("ix_exchange_seat_submission_id", "exchange_seat", ["submission_id"], unique=False)
    op.create_index(
        "ix_exchange_offer_lease_until",
        "exchange_offer",
        ["exchange_id", "lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.execute(SEAT_THOSE_WHO_ARE_THERE)
    op.execute(PAIR_THOSE_WHO_HAVE_BEGUN)
    op.execute(WRITE_DOWN_WHERE_THE_PLAN_BEGINS)


def downgrade() -> None:
    op.drop_index("ix_exchange_offer_lease_until", table_name="exchange_offer")
    op.drop_table("exchange_seat")
    op.drop_table("exchange_pair")
    op.drop_table("exchange_pairing_event")
    op.drop_table("exchange_pair_rule")
