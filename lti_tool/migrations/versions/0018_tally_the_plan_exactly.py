"""
Tallies of the standing plan that are what a recount says, who is away, and indexes for large classes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

RECOUNT = """
    update exchange_seat s
       set begun = coalesce(a.begun, 0), lacks = e.reviews - coalesce(a.readers, 0),
           idle = e.reviews - coalesce(r.works, 0)
      from exchange_seat x
      join exchange e on e.activity_id = x.exchange_id
      left join lateral (select count(*) as readers, count(begun_at) as begun from exchange_pair p
                          where p.submission_id = x.submission_id and p.author_id = x.person_id) a on true
      left join lateral (select count(*) as works from exchange_pair p
                          where p.reviewer_id = x.person_id and p.exchange_id = x.exchange_id) r on true
     where s.exchange_id = x.exchange_id and s.person_id = x.person_id and x.planned_at is not null
"""
# Plans from before steps were written down begin with what was there.
TELL_WHAT_IS_THERE = """
    insert into exchange_pairing_event (exchange_id, at, kind, facts)
    select s.exchange_id, min(s.planned_at), 'planned', jsonb_build_object(
               'people', jsonb_agg(s.person_id order by s.joined_at, s.person_id),
               'added', coalesce((select jsonb_agg(jsonb_build_array(p.reviewer_id, p.author_id))
                                    from exchange_pair p where p.exchange_id = s.exchange_id), '[]'::jsonb),
               'begun', coalesce((select jsonb_agg(jsonb_build_array(p.reviewer_id, p.author_id))
                                    from exchange_pair p
                                   where p.exchange_id = s.exchange_id and p.begun_at is not null), '[]'::jsonb))
      from exchange_seat s
     where s.planned_at is not null
       and not exists (select from exchange_pairing_event e where e.exchange_id = s.exchange_id
                          and e.kind in ('planned', 'joined'))
     group by s.exchange_id
"""


def upgrade() -> None:
    op.execute(RECOUNT)
    op.execute(TELL_WHAT_IS_THERE)
    op.create_index(
        "ix_exchange_pairing_event_begun",
        "exchange_pairing_event",
        ["exchange_id"],
        postgresql_where=sa.text("kind in ('planned', 'joined')"),
    )
    op.add_column("exchange_seat", sa.Column("away_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_column("exchange_seat", "planned_at")
    op.drop_index("ix_exchange_offer_lease_until", table_name="exchange_offer")
    op.create_index(
        "ix_exchange_offer_lease_until",
        "exchange_offer",
        ["exchange_id", "lease_until"],
        postgresql_where=sa.text("state in ('offered', 'started')"),
    )
    op.drop_index("ix_exchange_seat_lacks", table_name="exchange_seat")
    op.create_index(
        "ix_exchange_seat_lacks",
        "exchange_seat",
        ["exchange_id", sa.text("lacks desc"), "joined_at", "person_id"],
        postgresql_where=sa.text("left_at is null"),
    )
    op.drop_index("ix_exchange_seat_idle", table_name="exchange_seat")
    op.create_index(
        "ix_exchange_seat_idle",
        "exchange_seat",
        ["exchange_id", "joined_at", "person_id"],
        postgresql_where=sa.text("idle > 0 and left_at is null and away_at is null"),
    )


def downgrade() -> None:
    op.drop_index("ix_exchange_seat_idle", table_name="exchange_seat")
    op.create_index(
        "ix_exchange_seat_idle",
        "exchange_seat",
        ["exchange_id", "joined_at"],
        postgresql_where=sa.text("idle > 0 and left_at is null"),
    )
    op.drop_index("ix_exchange_offer_lease_until", table_name="exchange_offer")
    op.create_index(
        "ix_exchange_offer_lease_until",
        "exchange_offer",
        ["exchange_id", "lease_until"],
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.drop_index("ix_exchange_seat_lacks", table_name="exchange_seat")
    op.create_index(
        "ix_exchange_seat_lacks",
        "exchange_seat",
        ["exchange_id", "lacks", "joined_at"],
        postgresql_where=sa.text("left_at is null"),
    )
    op.add_column("exchange_seat", sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        update exchange_seat s set planned_at = s.joined_at
         where exists (select from exchange_pairing_event e where e.exchange_id = s.exchange_id
                          and e.kind in ('planned', 'joined'))
        """
    )
    op.drop_column("exchange_seat", "away_at")
    op.drop_index("ix_exchange_pairing_event_begun", table_name="exchange_pairing_event")
