"""
What the database knows of works in need of a reviewer; ``rules.py`` decides among them.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange

SHORTLIST = 50
"""More works than any reviewer is tied to by reciprocity, so the best is among them."""

SERVED = """
    (select count(*) from exchange_offer o
      where o.submission_id = s.id
        and (o.state = 'submitted' or (o.state in ('offered', 'started') and o.lease_until > :now)))
"""

CANDIDATES = text(
    f"""
    with candidate as (
        select s.id, s.submitted_at, {SERVED} as served,
               exists (select from exchange_offer r join exchange_submission own on own.id = r.submission_id
                        where own.exchange_id = s.exchange_id and own.author_id = :reviewer
                          and r.reviewer_id = s.author_id
                          and r.state in ('offered', 'started', 'submitted')) as is_reciprocal
          from exchange_submission s
          join membership m on m.person_id = s.author_id and m.course_id = :course and m.left_at is null
         where s.exchange_id = :exchange and s.submitted_at is not null and s.author_id <> :reviewer
           and not exists (select from exchange_offer mine
                            where mine.submission_id = s.id and mine.reviewer_id = :reviewer
                              and mine.state <> 'expired')
    )
    select * from candidate order by served, is_reciprocal, submitted_at, id limit {SHORTLIST}
    """  # noqa: S608 - made of constants
)
LOCK = text("select id from exchange_submission where id = :id for update skip locked")
LOCK_PATIENTLY = text("select id from exchange_submission where id = :id for update")
COUNT = text(f"select {SERVED} from exchange_submission s where s.id = :id")  # noqa: S608 - made of constants
OTHERS = text(
    """
    select exists (select from exchange_submission s
                    where s.exchange_id = :exchange and s.submitted_at is not null and s.author_id <> :reviewer)
    """
)


def shortlist(session: Session, exchange: Exchange, *, reviewer: int, now: datetime) -> list[rules.Candidate]:
    """The works *reviewer* could be offered, least served first; not more than any choice needs."""
    facts = {"exchange": exchange.id, "course": exchange.course_id, "reviewer": reviewer, "now": now}
    return [
        rules.Candidate(
            submission_id=row.id, served=row.served, submitted_at=row.submitted_at, is_reciprocal=row.is_reciprocal
        )
        for row in session.execute(CANDIDATES, facts)
    ]


def lock(session: Session, work: int, *, patiently: bool) -> bool:
    """Hold a work until the transaction, or its savepoint, ends. Impatiently: False where others hold it."""
    return session.execute(LOCK_PATIENTLY if patiently else LOCK, {"id": work}).one_or_none() is not None


def served(session: Session, work: int, *, now: datetime) -> int:
    """How many reviewers a work has at this moment: feedback given, and live leases."""
    return int(session.execute(COUNT, {"id": work, "now": now}).scalar_one())


def why_none(session: Session, exchange: Exchange, *, reviewer: int, has_candidates: bool) -> str:
    """Why nothing can be offered: all_served, reviewed_all or no_work_yet."""
    if has_candidates:
        return "all_served"
    has_others = session.execute(OTHERS, {"exchange": exchange.id, "reviewer": reviewer}).scalar_one()
    return "reviewed_all" if has_others else "no_work_yet"
