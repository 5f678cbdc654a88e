"""
Where nothing is handed in: people sign up for what they show, or staff do it for all, and say when and where.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, notices, rules
from lti_tool.exchange.models import (
    Exchange,
    Offer,
    Presentation,
    Submission,
    author_of,
    with_authors,
)
from lti_tool.exchange.operations import acts
from lti_tool.exchange.operations.work import submit_work


def sign_up(
    session: Session,
    exchange: Exchange,
    *,
    person: int,
    about: str,
    held_at: datetime | None,
    place: str,
    now: datetime,
) -> Submission:
    """Take part in the plan with something that is shown. Again: say anew what it is, when and where."""
    work = submit_work(session, exchange, author=person, body=about, base_revision=None, now=now)
    set_slot(session, exchange, work=work.id, held_at=held_at, place=place, by=person, now=now)
    return work


def sign_everybody_up(session: Session, exchange: Exchange, *, by: int, now: datetime) -> int:
    """Let every learner, or every group, who has not signed up take part. Returns how many that were."""
    there = with_authors(select(author_of(exchange)).select_from(Submission), exchange).where(
        Submission.exchange_id == exchange.id, Submission.submitted_at.is_not(None)
    )
    count = 0
    for person in sorted(notices.learners_of(session, exchange)):
        # Asked anew each time: with one of a group the others are in.
        if person in set(session.scalars(there)):
            continue
        try:
            submit_work(session, exchange, author=person, body="", base_revision=None, now=now)
        except errors.NoTeam:
            continue
        count += 1
    if count:
        acts.record(session, exchange, "presentations.all_signed_up", by=by, now=now, count=count)
    return count


def set_slot(
    session: Session,
    exchange: Exchange,
    *,
    work: int,
    held_at: datetime | None,
    place: str,
    by: int,
    now: datetime,
) -> None:
    """Say when and where it is shown."""
    place = acts.clean(place).strip()
    values = {"held_at": held_at, "place": place, "changed_at": now}
    is_changed = Presentation.held_at.is_distinct_from(held_at) | (Presentation.place != place)
    statement = insert(Presentation).values(submission_id=work, **values)
    changed = session.execute(
        statement.on_conflict_do_update(index_elements=["submission_id"], set_=values, where=is_changed).returning(
            Presentation.submission_id
        )
    ).first()
    if changed is not None:
        acts.record(session, exchange, "presentation.placed", by=by, now=now, submission_id=work)


def require_held(session: Session, exchange: Exchange, offer: Offer, *, now: datetime) -> None:
    """Raise :class:`errors.NotHeldYet` for what is shown later."""
    if not exchange.is_live:
        return
    held_at = select(Presentation.held_at).where(Presentation.submission_id == offer.submission_id)
    later = session.scalar(held_at)
    if later is not None and later > now:
        raise errors.NotHeldYet


def require_way_kept(session: Session, exchange: Exchange, options: rules.WorkOptions) -> None:
    """Whether something is handed in or shown changes only while nobody has done either."""
    if options.live == exchange.is_live:
        return
    if session.scalar(select(exists().where(Submission.exchange_id == exchange.id, Submission.version > 0))):
        raise errors.HasWork
