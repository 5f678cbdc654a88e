"""
Grades: computed from feedback, overridden by staff, released to the learner and the gradebook.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.courses import queries as courses
from lti_tool.courses.models import Membership, ResourceLink
from lti_tool.exchange import errors, notices, queries, rules
from lti_tool.exchange.models import Exchange, GradeOverride, Release, Submission
from lti_tool.exchange.operations import acts
from lti_tool.grades import operations as gradebook
from lti_tool.grades.models import Passback

log = logging.getLogger(__name__)


def set_grade_override(
    session: Session, exchange: Exchange, *, person: int, score: float, reason: str, by: int, now: datetime
) -> Release:
    """
    Set somebody's grade by hand, for a reason. It goes out at once and stays, whatever feedback still comes.
    """
    if exchange.points is None:
        raise errors.NotGraded
    if not 0 <= score <= exchange.points:
        raise errors.ScoreOutOfRange(exchange.points)
    reason = acts.clean(reason).strip()[: rules.LONGEST_COMMENT]
    if not reason:
        raise errors.ReasonMissing
    _require_member(session, exchange, person)
    session.add(GradeOverride(exchange_id=exchange.id, person_id=person, score=score, reason=reason, by_id=by, at=now))
    session.flush()
    acts.record(session, exchange, "grade.overridden", by=by, now=now, learner_id=person, score=score)
    _release(session, exchange, {person: (score, "override")}, by=by, now=now)
    return session.get_one(Release, (exchange.id, person), populate_existing=True)


def lift_grade_override(session: Session, exchange: Exchange, *, person: int, by: int, now: datetime) -> Release | None:
    """
    Take an override back: the computed grade counts again, and where there is none yet, none is shown.
    """
    overrides = queries.overrides_of(session, exchange, persons=(person,))
    if person not in overrides:
        return session.get(Release, (exchange.id, person))
    session.add(GradeOverride(exchange_id=exchange.id, person_id=person, score=None, reason="", by_id=by, at=now))
    session.flush()
    acts.record(session, exchange, "grade.override_lifted", by=by, now=now, learner_id=person)
    release_if_ready(session, exchange, persons=(person,), now=now)
    release = session.get(Release, (exchange.id, person), populate_existing=True)
    if release is not None and release.cause == "override":
        session.execute(delete(Release).where(Release.exchange_id == exchange.id, Release.person_id == person))
        session.expunge(release)
        _send(session, exchange, {person: None}, link=courses.link_of(session, exchange.id), now=now)
        return None
    return release


def release_grades(session: Session, exchange: Exchange, *, by: int, now: datetime, person: int | None = None) -> int:
    """
    Send every grade that can be told now, or that of one *person*: the teacher's "send grades".

    Returns how many went out; those already out unchanged are not sent again.
    """
    if exchange.points is None:
        raise errors.NotGraded
    persons = None if person is None else (person,)
    scores: dict[int, tuple[float, str]] = {}
    for id, computed in queries.grades_of(session, exchange, persons=persons).items():
        if computed.score is not None:
            scores[id] = (computed.score, "sent")
    for id, override in queries.overrides_of(session, exchange, persons=persons).items():
        if override.score is not None:
            scores[id] = (override.score, "override")
    count = _release(session, exchange, scores, by=by, now=now)
    acts.record(session, exchange, "grades.sent", by=by, now=now, count=count)
    return count


def release_if_ready(
    session: Session, exchange: Exchange, *, now: datetime, persons: Collection[int] | None = None
) -> int:
    """
    Release what needs wait for nothing: enough feedback came, or none more is to be expected.

    A grade already out follows its feedback; an override stands above both.
    """
    if exchange.points is None:
        return 0
    overrides = queries.overrides_of(session, exchange, persons=persons)
    released = _released(session, exchange, persons)
    scores: dict[int, tuple[float, str]] = {}
    for id, computed in queries.grades_of(session, exchange, persons=persons).items():
        cause = rules.why_release(
            computed,
            received=len(computed.shares),
            reviews=exchange.reviews,
            windows=exchange.windows,
            now=now,
        )
        if cause is None and id in released and released[id].cause != "override":
            cause = released[id].cause
        if id not in overrides and computed.score is not None and cause is not None:
            scores[id] = (computed.score, cause)
    return _release(session, exchange, scores, by=None, now=now)


def _release(
    session: Session,
    exchange: Exchange,
    scores: Mapping[int, tuple[float, str]],
    *,
    by: int | None,
    now: datetime,
) -> int:
    assert exchange.points is not None  # noqa: S101 - asked by every caller
    maximum = exchange.points
    link = courses.link_of(session, exchange.id) if scores else None
    released = _released(session, exchange, scores)
    sent = _sent(session, exchange, scores)
    changed: dict[int, float | None] = {}
    for person, (score, cause) in scores.items():
        old = released.get(person)
        is_news = old is None or (old.score, old.maximum) != (score, maximum)
        if is_news or old is None or old.cause != cause:
            _write(session, exchange, person, score=score, maximum=maximum, cause=cause, by=by, now=now)
        if is_news or (link is not None and sent.get(person) != (score, maximum)):
            changed[person] = score
    session.flush()
    _send(session, exchange, changed, link=link, now=now)
    notices.grades_out(session, exchange, changed, now=now)
    if changed:
        log.info("%s grades of exchange %s released", len(changed), exchange.id)
    return len(changed)


def _write(session: Session, exchange: Exchange, person: int, **values: object) -> None:
    row = {"by_id": values.pop("by"), "at": values.pop("now"), **values}
    session.execute(
        insert(Release)
        .values(exchange_id=exchange.id, person_id=person, **row)
        .on_conflict_do_update(index_elements=[Release.exchange_id, Release.person_id], set_=row)
    )


def _send(
    session: Session,
    exchange: Exchange,
    scores: Mapping[int, float | None],
    *,
    link: ResourceLink | None,
    now: datetime,
) -> None:
    """Hand *scores* to the gradebook, where the exchange has a place in the LMS."""
    if link is None or not scores or exchange.points is None:
        return
    dates = select(Submission.author_id, Submission.submitted_at).where(
        Submission.exchange_id == exchange.id, Submission.author_id.in_(scores)
    )
    handed_in = dict(session.execute(dates).all())
    for person, score in scores.items():
        gradebook.set_grade(
            session,
            course_id=exchange.course_id,
            activity_id=exchange.id,
            resource_link_id=link.id,
            person_id=person,
            score_given=score,
            score_maximum=exchange.points,
            comment="",
            submitted_at=handed_in.get(person),
            now=now,
        )


def _released(session: Session, exchange: Exchange, persons: Collection[int] | None) -> dict[int, Release]:
    rows = select(Release).where(Release.exchange_id == exchange.id).execution_options(populate_existing=True)
    if persons is not None:
        rows = rows.where(Release.person_id.in_(persons))
    return {row.person_id: row for row in session.scalars(rows)}


def _sent(session: Session, exchange: Exchange, persons: Collection[int]) -> dict[int, tuple[float | None, float]]:
    """What the gradebook outbox already has."""
    rows = session.execute(
        select(Passback.person_id, Passback.score_given, Passback.score_maximum).where(
            Passback.activity_id == exchange.id, Passback.column == "", Passback.person_id.in_(persons)
        )
    )
    return {row.person_id: (row.score_given, row.score_maximum) for row in rows}


def _require_member(session: Session, exchange: Exchange, person: int) -> None:
    is_member = exists().where(Membership.course_id == exchange.course_id, Membership.person_id == person)
    if not session.scalar(select(is_member)):
        raise errors.NoSuchPerson
