"""
What nobody does but the clock: dates that near, leases that end, grades that failed.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lti_tool.exchange import notices, queries, rules
from lti_tool.exchange.models import Exchange

BEFORE_DUE = timedelta(hours=24)
BEFORE_LEASE_ENDS = timedelta(hours=12)
BEFORE_COMMITMENT = timedelta(hours=3)
LOOK_BACK = timedelta(days=1)
"""What passed longer ago is not told: a worker that stood still for a week tells no old news."""


def tell_of_exchange(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Everything the clock has to say about one exchange that runs; what was told is not told again."""
    if exchange.opens_at is not None and now - LOOK_BACK < exchange.opens_at <= now:
        notices.tell(session, exchange, "opened", notices.learners_of(session, exchange), now=now)
    _tell_who_waits_no_more(session, exchange, now=now)
    _tell_of_work(session, exchange, now=now)
    owed = queries.all_owed(session, exchange, now=now, by_date=True)
    _tell_of_what_is_owed(session, exchange, owed, now=now)
    near = queries.commitments_near(session, exchange, after=now - LOOK_BACK, until=now + BEFORE_COMMITMENT)
    for person, by in near.items():
        if person in owed and owed[person].reviews:
            notices.tell(session, exchange, "commitment", [person], now=now, key=by.isoformat())
    soon = now + min(BEFORE_LEASE_ENDS, exchange.windows.lease_at(now) / 4)
    for offer_id, reviewer, _ends in queries.leases_ending(session, exchange, after=now, until=soon):
        notices.tell(session, exchange, "lease_ends", [reviewer], now=now, key=str(offer_id), offer_id=offer_id)
    _ask_for_help(session, exchange, now=now)
    unread = queries.unread_works(session, exchange, now=now)
    if unread:
        # Once a week is enough for something that is on the overview every day.
        staff = notices.staff_of(session, exchange)
        notices.tell(session, exchange, "no_readers", staff, now=now, key=f"{now:%G-W%V}", count=unread)


def _tell_of_work(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Who has not handed in hears of it a day before their own date, and once it has passed."""
    if exchange.submit_by is None and not exchange.has_own_dates:
        return
    people: dict[tuple[str, datetime, bool], list[int]] = defaultdict(list)
    for person, windows in queries.not_handed_in(session, exchange).items():
        due, is_refused = windows.submit_by, windows.why_not_hand_in(now) is not None
        if due is not None and now < due <= now + BEFORE_DUE and not is_refused:
            people["work_due", due, False].append(person)
        elif due is not None and now - LOOK_BACK < due <= now:
            people["work_overdue", due, is_refused].append(person)
    for (kind, due, is_refused), whom in people.items():
        facts = {"refused": True} if is_refused else {}
        facts |= {"live": True} if exchange.is_live else {}
        notices.tell(session, exchange, kind, whom, now=now, key=due.isoformat(), **facts)


def _tell_of_what_is_owed(
    session: Session, exchange: Exchange, owed: Mapping[int, rules.Owed], *, now: datetime
) -> None:
    """One notice before somebody's date and one after it, whatever of it they owe."""
    people: dict[tuple[str, datetime, rules.Owed], list[int]] = defaultdict(list)
    for person, due in queries.review_due(session, exchange, owed).items():
        if now < due <= now + BEFORE_DUE:
            people["review_due", due, owed[person]].append(person)
        elif now - LOOK_BACK < due <= now:
            people["review_overdue", due, owed[person]].append(person)
    for (kind, due, what), whom in people.items():
        notices.tell(session, exchange, kind, whom, now=now, key=due.isoformat(), **what.facts)


def tell_of_shown_feedback(session: Session, *, now: datetime) -> None:
    """Authors hear that the date has come on which they see their feedback, in exchanges that are closed too."""
    for exchange in queries.released_between(session, after=now - LOOK_BACK, until=now):
        shown = [
            each.person_id
            for each in queries.authors(session, exchange, now=now)
            if each.received and not each.waits(exchange, now=now)
        ]
        if exchange.is_published:
            notices.feedback_shown(session, exchange, shown, now=now)


def tell_of_failed_grades(session: Session, *, now: datetime) -> None:
    """Staff hear of grades that no waiting will bring to the gradebook."""
    for activity_id, count, at in queries.failed_grades(session, since=now - LOOK_BACK):
        exchange = session.get(Exchange, activity_id)
        if exchange is not None:
            staff = notices.staff_of(session, exchange)
            notices.tell(session, exchange, "grades_failed", staff, now=now, key=at.isoformat(), count=count)


def _ask_for_help(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """A few of those who have done their part hear that a work still lacks feedback; others, if these do not come."""
    if exchange.windows.why_not_review(now) is not None or exchange.is_live:
        return
    for work, people in queries.helpers_for(session, exchange, now=now).items():
        notices.tell(session, exchange, "help_wanted", people, now=now, key=str(work))


def _tell_who_waits_no_more(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Who was to give more before they see their feedback, and need not, since no more works come."""
    if exchange.option(rules.ReleaseOptions).when != rules.AFTER_GIVING:
        return
    fewer = [id for id, owes in queries.owed_counts(session, exchange, now=now).items() if owes < exchange.reviews]
    if fewer:
        found = queries.authors(session, exchange, persons=fewer, now=now)
        shown = [each.person_id for each in found if each.received and not each.waits(exchange, now=now)]
        notices.feedback_shown(session, exchange, shown, now=now)
