"""
Who owes reviews, until when; and who waits for work to review.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from lti_tool.courses.models import Activity, Course
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Closure,
    Commitment,
    Exchange,
    Offer,
    Publication,
    Submission,
    author_of,
    has_reader,
    with_authors,
)
from lti_tool.exchange.queries.cockpit import readers_for
from lti_tool.exchange.queries.dates import calendar_of
from lti_tool.exchange.queries.pairing import in_need_of_a_reader
from lti_tool.exchange.queries.reach import READERS, who_owes
from lti_tool.exchange.rules import OfferState
from lti_tool.grades.models import Passback, State
from lti_tool.notices.models import Notice

MOST_ASKED_FOR = 20
"""Works for which helpers are looked for at a time: those most in need."""
ONE_REMINDER = timedelta(hours=24)
"""A teacher reminds each person no more often."""

SHORT_OF_READERS = text(
    f"""
    select count(*) from exchange_seat s
      join exchange e on e.activity_id = s.exchange_id
      join membership m on m.person_id = s.person_id and m.course_id = :course and m.left_at is null
     where s.exchange_id = :exchange and s.left_at is null and s.lacks > 0 and s.joined_at < :before
       and (s.lacks >= e.reviews
            or s.lacks > e.reviews - {READERS.format(exchange=":exchange", course=":course", person="s.person_id")})
    """  # noqa: S608 - made of constants
)


def running_exchanges(session: Session, *, now: datetime) -> Sequence[Exchange]:
    """Those in which people may take part now, in courses that the LMS does not call over."""
    return session.scalars(
        select(Exchange)
        .join(Publication, Publication.exchange_id == Exchange.activity_id)
        .join(Activity, Activity.id == Exchange.activity_id)
        .join(Course, Course.id == Activity.course_id)
        .where(
            Course.over_at.is_(None),
            ~exists().where(Closure.exchange_id == Exchange.activity_id),
            or_(Exchange.opens_at.is_(None), Exchange.opens_at <= now),
        )
        .order_by(Exchange.activity_id)
    ).all()


def review_due(session: Session, exchange: Exchange, people: Collection[int]) -> dict[int, datetime]:
    """By person: when their reviews are due, by their own date where they have one. Without a date: nobody."""
    calendar = calendar_of(session, exchange)
    found = {person: calendar.of(person).review_by for person in people}
    return {person: due for person, due in found.items() if due is not None}


def reminded_by_teacher(session: Session, exchange: Exchange, *, now: datetime) -> Collection[int]:
    """Whom a teacher reminded within a day."""
    return set(
        session.scalars(
            select(Notice.person_id).where(
                Notice.activity_id == exchange.id, Notice.kind == "reminder", Notice.created_at > now - ONE_REMINDER
            )
        )
    )


def commitment_of(session: Session, exchange: Exchange, person_id: int) -> Commitment | None:
    """What somebody promised themselves."""
    return session.get(Commitment, (exchange.id, person_id))


def commitments_near(session: Session, exchange: Exchange, *, after: datetime, until: datetime) -> dict[int, datetime]:
    """By person: their own date, where it nears."""
    rows = session.execute(
        select(Commitment.person_id, Commitment.by).where(
            Commitment.exchange_id == exchange.id, Commitment.by > after, Commitment.by <= until
        )
    )
    return {person: by for person, by in rows}  # noqa: C416 - a dict of rows would not be typed


def leases_ending(
    session: Session, exchange: Exchange, *, after: datetime, until: datetime
) -> Sequence[tuple[int, int, datetime]]:
    """Offer, reviewer and end of each lease of a work that nobody has begun to write about."""
    rows = session.execute(
        select(Offer.id, Offer.reviewer_id, Offer.lease_until).where(
            Offer.exchange_id == exchange.id,
            Offer.state == OfferState.OFFERED,
            Offer.reviewer_id.is_not(None),
            Offer.lease_until > after,
            Offer.lease_until <= until,
        )
    )
    return [(id, reviewer, ends) for id, reviewer, ends in rows if reviewer is not None]


def who_waited_for(session: Session, exchange: Exchange, submission_id: int, *, now: datetime) -> list[int]:
    """
    Who owes reviews, had nothing to review until this work came, and may review it: as many as it needs.

    Who waits longest is told first, so that nobody runs for a work that has its reviewers.
    """
    author = author_of(exchange)
    other = aliased(Submission)
    had_offer = aliased(Offer)
    open_offer = aliased(Offer)
    served = (
        select(func.count())
        .where(Offer.submission_id == other.id, or_(Offer.state == OfferState.SUBMITTED, has_reader(other.id, now)))
        .correlate(other)
        .scalar_subquery()
    )
    had_choice = exists().where(
        other.exchange_id == exchange.id,
        other.id != submission_id,
        other.id != Submission.id,
        other.submitted_at.is_not(None),
        served < exchange.reviews,
        ~exists().where(had_offer.submission_id == other.id, had_offer.reviewer_id == author),
    )
    owing = who_owes(session, exchange)
    waiting = session.scalars(
        with_authors(select(author).select_from(Submission), exchange)
        .where(
            Submission.exchange_id == exchange.id,
            Submission.id != submission_id,
            author.in_(owing),
            ~exists().where(
                open_offer.exchange_id == exchange.id,
                open_offer.reviewer_id == author,
                open_offer.state.in_(rules.OPEN_STATES),
            ),
            ~had_choice,
        )
        .order_by(Submission.submitted_at, Submission.id)
        .limit(exchange.reviews)
    )
    return [person for person in waiting if person is not None]


def helpers_for(session: Session, exchange: Exchange, *, now: datetime) -> dict[int, list[int]]:
    """
    By work that lacks readers: who have done their part and are to be asked for one review more.

    Of each work no more at a time than it lacks, and others once these had time. Nobody is asked about the
    same work twice, nor about another before that time has passed.
    """
    lacking = in_need_of_a_reader(session, exchange)[:MOST_ASKED_FOR]
    if not lacking:
        return {}
    rows = session.execute(
        select(Notice.person_id, Notice.key, Notice.created_at).where(
            Notice.activity_id == exchange.id, Notice.kind == "help_wanted"
        )
    ).all()
    since = now - exchange.windows.patience / 2
    asked_lately = {person for person, _key, at in rows if at > since}
    found: dict[int, list[int]] = {}
    for each in lacking:
        key = str(each.submission_id)
        waited_for = sum(at > since for _person, told, at in rows if told == key)
        spared = asked_lately | {person for person, told, _at in rows if told == key}
        able = [
            reader.person_id
            for reader in readers_for(session, exchange, each.person_id, now=now)
            if reader.has_done_their_part and reader.person_id not in spared
        ]
        found[each.submission_id] = able[: max(each.lacks - waited_for, 0)]
        asked_lately.update(found[each.submission_id])
    return {work: people for work, people in found.items() if people}


def unread_works(session: Session, exchange: Exchange, *, now: datetime) -> int:
    """
    Works for which fewer readers were found than may read them, though they were there for a while.

    Those that staff stand in for lack none, and so do works of people who left.
    """
    facts = {"exchange": exchange.id, "course": exchange.course_id, "before": now - exchange.windows.patience}
    return int(session.execute(SHORT_OF_READERS, facts).scalar_one())


def failed_grades(session: Session, *, since: datetime) -> Sequence[tuple[int, int, datetime]]:
    """Activity, how many grades failed there for good, and the latest time, where one did so since *since*."""
    latest = func.max(Passback.next_attempt_at)
    rows = session.execute(
        select(Passback.activity_id, func.count(), latest)
        .where(Passback.state == State.FAILED)
        .group_by(Passback.activity_id)
        .having(latest > since)
    )
    return [(activity, count, at) for activity, count, at in rows]
