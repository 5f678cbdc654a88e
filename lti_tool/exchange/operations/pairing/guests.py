"""
A guest reads a work that nobody of the plan will: one that no-shows left without a reader.

Guests have no seat. The work they read lacks one reader less, and nobody owes anything because of them.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import queries, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations.pairing import scene, seats, taking
from lti_tool.exchange.operations.pairing.scene import scene_of
from lti_tool.exchange.rules.pairs import Change

IN_NEED = text(
    """
    select s.person_id, s.lacks, case when s.away_at is null then s.idle else 0 end as idle
      from exchange_seat s
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.left_at is null and (s.lacks > 0 or s.idle > 0 and s.away_at is null)
     order by s.joined_at, s.person_id
    """
)
"""Who did not come is not waited for: they get what needs a reader when they come after all."""


def next_for_guest(session: Session, exchange: Exchange, *, guest: int, now: datetime) -> bool:
    """Offer *guest* a work that the plan can spare, once no further work is expected. False where there is none."""
    if queries.is_more_expected(session, exchange, now=now) or not seats.has_begun(session, exchange):
        return False
    scene.hold(session, exchange)
    if session.execute(taking.IS_BUSY, {"exchange": exchange.id, "reviewer": guest}).scalar_one():
        # Another tab of theirs took a work in the same moment: that one it is.
        return True
    rows = session.execute(IN_NEED, {"exchange": exchange.id, "course": exchange.course_id}).all()
    here = scene_of(session, exchange, {guest, *(row.person_id for row in rows)})
    author = rules.work_for_guest(
        guest,
        {row.person_id: row.lacks for row in rows if row.lacks > 0},
        {row.person_id: row.idle for row in rows if row.idle > 0},
        allows=here.allows,
        seed=exchange.seed,
    )
    if author is None:
        return False
    scene.write(session, exchange, Change(added=((guest, author),)), kind="rescued", now=now)
    return taking.begin(session, exchange, guest, author, now=now)
