"""What holds of every standing plan, whatever has happened: its tallies, and that its steps lead to it."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import queries
from lti_tool.exchange.models import Exchange

WRONG_TALLIES = text(
    """
    select s.person_id, s.begun, s.lacks, s.idle, a.begun as counted, e.reviews - a.readers as lacking,
           e.reviews - r.works as owed
      from exchange_seat s
      join exchange e on e.activity_id = s.exchange_id
     cross join lateral (select count(*) as readers, count(begun_at) as begun from exchange_pair p
                          where p.exchange_id = s.exchange_id and p.author_id = s.person_id) a
     cross join lateral (select count(*) as works from exchange_pair p
                          where p.exchange_id = s.exchange_id and p.reviewer_id = s.person_id) r
     where s.exchange_id = :exchange and s.left_at is null
       and (s.begun, s.lacks, s.idle) <> (a.begun, e.reviews - a.readers, e.reviews - r.works)
    """
)


def assert_plan_is_sound(session: Session, exchange: Exchange) -> None:
    """The tallies are what a recount says, and every pair can be derived again from the steps."""
    session.expire_all()
    assert session.execute(WRONG_TALLIES, {"exchange": exchange.id}).all() == []
    assert queries.replay(session, exchange) == ()
