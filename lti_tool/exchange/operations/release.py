"""
Staff show authors their feedback: to all of them or to one, and take that back while nobody has read it.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, notices, queries, rules
from lti_tool.exchange.models import Exchange, FeedbackRelease
from lti_tool.exchange.operations import acts, grading
from lti_tool.exchange.operations import options as operations_options
from lti_tool.exchange.rules import ReleaseOptions

log = logging.getLogger(__name__)


def release_feedback(
    session: Session, exchange: Exchange, *, by: int, now: datetime, person: int | None = None
) -> Collection[int]:
    """
    Show all authors their feedback, or one *person*, whatever they wait for otherwise. Doing it twice does it once.

    What protects the names of reviewers holds on. Grades that waited with the feedback go out. Returns
    who sees theirs now and did not before.
    """
    _hold(session, exchange)
    if exchange.option(ReleaseOptions).when == rules.SHOWN_AT_ONCE:
        raise errors.NothingWaits
    if person is not None and person not in {each.person_id for each in queries.authors(session, exchange, now=now)}:
        raise errors.NoSuchPerson
    before = set(queries.held_back(session, exchange, now=now))
    row = {"exchange_id": exchange.id, "person_id": person, "by_id": by, "at": now}
    session.execute(insert(FeedbackRelease).values(**row).on_conflict_do_nothing())
    shown = _show(session, exchange, before, now=now)
    acts.record(session, exchange, "feedback.released", by=by, now=now, learner_id=person)
    log.info("feedback of exchange %s released to %s authors", exchange.id, len(shown))
    return shown


def take_release_back(
    session: Session, exchange: Exchange, *, by: int, now: datetime, person: int | None = None
) -> None:
    """
    Let feedback wait again. Raises :class:`errors.FeedbackRead` once somebody has read it thanks to the release.

    Grades that went out with it stay out.
    """
    _hold(session, exchange)
    release = queries.feedback_release(session, exchange, person_id=person)
    if release is None:
        return
    persons = None if person is None else (person,)
    found = queries.authors(session, exchange, persons=persons, now=now)
    if any(each.read_at is not None and each.read_at >= release.at for each in found):
        raise errors.FeedbackRead
    session.delete(release)
    session.flush()
    waiting = queries.held_back(session, exchange, persons=persons, now=now)
    notices.take_feedback_back(session, exchange, waiting)
    acts.record(session, exchange, "feedback.release_taken_back", by=by, now=now, learner_id=person)


def set_release_rule(
    session: Session,
    exchange: Exchange,
    options: ReleaseOptions,
    *,
    by: int,
    now: datetime,
    base: str | None = None,
) -> None:
    """Choose when authors see their feedback. Who need wait no longer is told."""
    _hold(session, exchange)
    before = set(queries.held_back(session, exchange, now=now))
    operations_options.set_options(session, exchange, options, by=by, now=now, base=base)
    _show(session, exchange, before, now=now)


def _show(session: Session, exchange: Exchange, before: Collection[int], *, now: datetime) -> Collection[int]:
    """Tell those of *before* who need wait no longer, and let their grades go."""
    shown = set(before) - set(queries.held_back(session, exchange, now=now))
    if shown:
        notices.feedback_shown(session, exchange, shown, now=now)
        grading.release_if_ready(session, exchange, persons=shown, now=now)
    return shown


def _hold(session: Session, exchange: Exchange) -> None:
    """Nobody else releases or takes back until the end of the transaction."""
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
