"""
One grade's way to the gradebook, in three steps: take it, deliver it, settle what came of it.

Only the first and the last touch the database, each in a short transaction; none is open
while the platform is spoken to. ``next_attempt_at`` is the lease: who has taken a grade has
until then, and a grade whose job died is due again afterwards.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.courses.models import Course, Deployment, Person, Platform, ResourceLink
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import (
    MOST_ATTEMPTS,
    Problem,
    as_detail,
    next_timestamp,
    wait_before,
    what_refusal_means,
    with_share,
)
from lti_tool.lms import for_family
from lti_tool.lms.port import Grade
from lti_tool.lti.errors import NotGranted, Rejected, ServiceError, Throttled
from lti_tool.lti.services import open_client
from lti_tool.lti.vocabulary import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_SCORE

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
"""Longer than a token, a score and their timeouts can take."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A grade taken for sending."""

    passback_id: int
    version: int
    attempt: int
    platform_id: int
    family: str
    line_item_url: str
    grade: Grade


@dataclass(frozen=True, kw_only=True)
class ColumnWanted:
    """A grade that cannot be sent before its column is found or made."""

    resource_link_id: int
    column: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a delivery. No problem: the gradebook has it."""

    problem: Problem | None = None
    detail: str | None = None
    retry_after: float | None = None


def take(session: Session, passback_id: int, *, now: datetime) -> Turn | ColumnWanted | None:
    """
    Take a grade for sending, if it is due; nobody else takes it before the lease ends.

    Waits for whoever is changing the grade, so that the latest version is the one sent.
    """
    row = session.get(Passback, passback_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != State.WAITING or row.next_attempt_at > now:
        return None
    place = _place(session, row)
    url = _column_url(session, row, place.link)
    problem = _obstacle(place, url)
    if row.attempts >= MOST_ATTEMPTS:
        problem = Problem.GAVE_UP
    if problem is not None:
        _fail(row, problem, None, now=now)
        return None
    row.next_attempt_at = now + LEASE
    if url is None:
        return ColumnWanted(resource_link_id=row.resource_link_id, column=row.column)
    row.attempts += 1
    row.problem = None
    row.detail = None
    # Written before it is sent: whatever happens in between, the next one is later.
    row.last_timestamp = next_timestamp(row.last_timestamp, now=now)
    return Turn(
        passback_id=row.id,
        version=row.version,
        attempt=row.attempts,
        platform_id=place.platform.id,
        family=place.platform.family,
        line_item_url=url,
        grade=Grade(
            subject=place.subject,
            score_given=row.score_given,
            score_maximum=row.score_maximum,
            comment=row.comment,
            timestamp=row.last_timestamp,
            submitted_at=row.submitted_at,
            first=row.sent_at is None,
        ),
    )


def deliver(turn: Turn) -> Outcome:
    """Speak to the platform. Opens no transaction of its own but the client's short one for tokens."""
    lms = for_family(turn.family)
    payload = lms.score_payload(turn.grade)
    if payload is None:
        return Outcome(problem=Problem.CANNOT_CLEAR)
    try:
        with db.transaction() as session:
            client = open_client(session, turn.platform_id)
        client.post_score(turn.line_item_url, payload)
    except ServiceError as err:
        if isinstance(err, Rejected) and lms.score_was_kept(err.answered):
            return Outcome()
        return _failure(err)
    return Outcome()


def settle(session: Session, turn: Turn, outcome: Outcome, *, now: datetime) -> bool:
    """
    Write down what came of it. Returns whether to send once more at once: the grade was changed meanwhile.
    """
    row = session.get(Passback, turn.passback_id, with_for_update=True, populate_existing=True)
    if row is None:
        return False
    changed = row.version != turn.version
    if outcome.problem is None:
        row.sent_at = now
        row.sent_shares = with_share(row.sent_shares, turn.grade.score_given, turn.grade.score_maximum)
        row.problem = row.detail = None
        log.info("grade %s sent", row.id)
    elif outcome.problem.passes and (changed or turn.attempt < MOST_ATTEMPTS):
        row.attempts = 0 if changed else turn.attempt
        row.problem = outcome.problem
        row.detail = as_detail(outcome.detail)
        row.next_attempt_at = now + wait_before(turn.attempt, asked_for=outcome.retry_after)
        log.info("grade %s waits: %s", row.id, outcome.problem)
        if outcome.problem is Problem.THROTTLED:
            _let_others_wait(session, turn, until=row.next_attempt_at)
        return False
    elif not changed:
        _fail(row, Problem.GAVE_UP if outcome.problem.passes else outcome.problem, outcome.detail, now=now)
        return False
    row.attempts = 0
    row.next_attempt_at = now
    row.state = State.WAITING if changed else State.SENT
    return changed


def _failure(err: ServiceError) -> Outcome:
    if isinstance(err, Throttled):
        return Outcome(problem=Problem.THROTTLED, retry_after=err.retry_after)
    if isinstance(err, NotGranted):
        return Outcome(problem=Problem.NOT_GRANTED)
    if isinstance(err, Rejected):
        return Outcome(problem=what_refusal_means(err.answered, err.reason), detail=err.reason)
    return Outcome(problem=Problem.UNAVAILABLE if err.retryable else Problem.REFUSED, detail=err.detail)


@dataclass(frozen=True, kw_only=True)
class _Place:
    course: Course
    platform: Platform
    link: ResourceLink
    subject: str


def _place(session: Session, row: Passback) -> _Place:
    course, platform, link, subject = session.execute(
        select(Course, Platform, ResourceLink, Person.sub)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        # The person and the link must be of the same tenant and course: a grade never crosses over.
        .join(ResourceLink, ResourceLink.course_id == Course.id)
        .join(Person, Person.deployment_id == Course.deployment_id)
        .where(Course.id == row.course_id, ResourceLink.id == row.resource_link_id, Person.id == row.person_id)
    ).one()
    return _Place(course=course, platform=platform, link=link, subject=subject)


def _column_url(session: Session, row: Passback, link: ResourceLink) -> str | None:
    if row.column == "":
        return link.line_item_url
    if row.line_item_url is None:
        row.line_item_url = session.scalars(
            select(Passback.line_item_url)
            .where(
                Passback.resource_link_id == row.resource_link_id,
                Passback.column == row.column,
                Passback.line_item_url.is_not(None),
            )
            .limit(1)
        ).one_or_none()
    return row.line_item_url


def _obstacle(place: _Place, url: str | None) -> Problem | None:
    """What makes sending hopeless before it is tried: a missing scope or address means "not allowed"."""
    scopes = place.course.scopes
    if place.platform.state == "disabled":
        return Problem.PLATFORM_OFF
    if url is None and place.course.line_items_url is None:
        return Problem.NO_COLUMN if scopes else Problem.NO_GRADEBOOK
    if SCOPE_SCORE not in scopes:
        return Problem.NOT_GRANTED
    if url is None and SCOPE_LINE_ITEM not in scopes and SCOPE_LINE_ITEM_READ not in scopes:
        return Problem.NO_COLUMN
    return None


def _fail(row: Passback, problem: Problem, detail: str | None, *, now: datetime) -> None:
    row.state = State.FAILED
    row.problem = problem
    row.detail = as_detail(detail)
    row.next_attempt_at = now
    log.warning("grade %s cannot be sent: %s", row.id, problem)


def _let_others_wait(session: Session, turn: Turn, *, until: datetime) -> None:
    """A platform that is asked too often is left alone, for all grades of all its courses."""
    its_courses = select(Course.id).join(Deployment).where(Deployment.platform_id == turn.platform_id)
    session.execute(
        update(Passback)
        .where(
            Passback.course_id.in_(its_courses),
            Passback.state == State.WAITING,
            Passback.next_attempt_at < until,
            Passback.id != turn.passback_id,
        )
        .values(next_attempt_at=until),
        execution_options={"synchronize_session": False},
    )
