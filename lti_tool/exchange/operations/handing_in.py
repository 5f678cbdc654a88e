"""
What the gradebook hears of work before it has a grade.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.courses import queries as courses
from lti_tool.exchange import queries
from lti_tool.exchange.models import Exchange, Submission
from lti_tool.grades.work import keep_quiet, tell_work


def tell_handed_in(session: Session, exchange: Exchange, work: Submission, *, now: datetime) -> None:
    """
    Let the LMS know that all who made *work* have handed it in. Without grades there is no column to tell it in.

    The date is that of the work: a revised version keeps it, and is not told.
    """
    link = courses.link_of(session, exchange.id) if exchange.points is not None else None
    if link is None or exchange.points is None or work.submitted_at is None:
        return
    tell_work(
        session,
        link,
        activity_id=exchange.id,
        persons=queries.authors_of(session, exchange, work.id),
        score_maximum=exchange.points,
        submitted_at=work.submitted_at,
        now=now,
    )


def tell_taken_back(session: Session, exchange: Exchange, work: Submission) -> None:
    """Leave untold what was not told yet; no LMS lets a tool take back that work was handed in."""
    keep_quiet(session, activity_id=exchange.id, persons=queries.authors_of(session, exchange, work.id))
