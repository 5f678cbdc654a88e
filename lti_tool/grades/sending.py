"""
Grades on their way to the gradebooks of one platform, in three steps: take some, deliver them side by side, settle
what came of them.

Only the first and the last touch the database, each in a short transaction; none is open
while the platform is spoken to. ``next_attempt_at`` is the lease: who has taken a grade has
until then, and a grade whose job died is due again afterwards.
"""

import json
import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.grades.models import State
from lti_tool.grades.rules import (
    FIRST_WAIT,
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
from lti_tool.lti.errors import NotGranted, Rejected, ServiceError, Throttled, Unavailable
from lti_tool.lti.services import PlatformClient
from lti_tool.lti.vocabulary import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_SCORE

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
"""Longer than four scores one after the other and a new token can take, with their timeouts."""
SILENT_AFTER = 4
"""Scores in a row that nobody answered: then the platform is away, and not only this score's luck."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A grade taken for sending."""

    passback_id: int
    version: int
    attempt: int
    line_item_url: str
    grade: Grade
    sent_shares: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class ColumnWanted:
    """A column that must be found or made before its grades can be sent."""

    resource_link_id: int
    column: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was found to do. Neither: nothing is due."""

    turns: Sequence[Turn] = ()
    columns: Collection[ColumnWanted] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a delivery. No problem: the gradebook has it."""

    problem: Problem | None = None
    detail: str | None = None
    retry_after: float | None = None


@dataclass
class Visit:
    """While some grades of a platform are delivered: whether it still wants to be spoken to."""

    client: PlatformClient
    trouble: Problem | None = None
    """Why no further score is begun: it asked for time, or does not answer."""
    until: datetime | None = None
    """How long it is left alone then."""
    _silences: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, err: ServiceError | None) -> None:
        """Take note of an answer, or of none."""
        is_silent = isinstance(err, Unavailable) and err.answered is None
        with self._guard:
            self._silences = self._silences + 1 if is_silent else 0
            if isinstance(err, Throttled):
                self.trouble = Problem.THROTTLED
            elif self._silences >= SILENT_AFTER and self.trouble is None:
                self.trouble = Problem.UNAVAILABLE


def take(session: Session, platform_id: int, *, limit: int, now: datetime) -> Taken:
    """
    Take up to *limit* grades that are due; nobody else takes them before the lease ends.

    Whoever is changing a grade at this moment rings once that is done, so that the latest version is the one sent.
    """
    while rows := session.execute(TAKE, {"platform": platform_id, "limit": limit, "now": now}).all():
        turns: list[Turn] = []
        written: list[_Standing] = []
        columns: set[ColumnWanted] = set()
        for row in rows:
            problem = Problem.GAVE_UP if row.attempts >= MOST_ATTEMPTS else _obstacle(row)
            if problem is not None:
                written.append(_failed(row.id, row.attempts, problem, is_graded=not row.is_work_only, now=now))
            elif row.url is None:
                columns.add(ColumnWanted(resource_link_id=row.resource_link_id, column=row.column))
            else:
                turns.append(_turn(row, now=now))
                written.append(_leased(turns[-1], is_own=row.column == "", now=now))
        _write(session, written)
        for each in columns:
            session.execute(AWAIT_COLUMN, {**vars(each), "now": now, "until": now + LEASE})
        if turns or columns:
            return Taken(turns=turns, columns=columns)
    return Taken()


def deliver(turn: Turn, visit: Visit) -> Outcome | None:
    """Speak to the platform; None where that was left for another time. Touches no database but for a new token."""
    if visit.trouble is not None or jobs.stopping.is_set():
        return None
    lms = for_family(visit.client.registration.family)
    try:
        payload = lms.score_payload(turn.grade)
        if payload is None:
            return Outcome(problem=Problem.CANNOT_CLEAR)
        visit.client.post_score(turn.line_item_url, payload)
    except ServiceError as err:
        visit.heard(err)
        if isinstance(err, Rejected) and lms.score_was_kept(err.answered):
            return Outcome()
        return _failure(err)
    except Exception:
        # The others are not held up, and this one is tried again.
        log.exception("grade %s could not be tried", turn.passback_id)
        return Outcome(problem=Problem.UNAVAILABLE)
    visit.heard(None)
    return Outcome()


def settle(session: Session, visit: Visit, done: Sequence[tuple[Turn, Outcome | None]], *, now: datetime) -> None:
    """Write down what came of each. One that was changed meanwhile is due again at once."""
    if not done:
        return
    locked = session.execute(LOCK, {"ids": [turn.passback_id for turn, _ in done]})
    versions = {row.id: row.version for row in locked}
    # A grade that is no longer there has gone with its person, or its course.
    standings = [
        _after(turn, outcome, is_changed=versions[turn.passback_id] != turn.version, now=now)
        for turn, outcome in done
        if turn.passback_id in versions
    ]
    _write(session, standings)
    _tell(standings)
    if visit.trouble is not None:
        _leave_alone(session, visit, standings, now=now)


def _turn(row: Any, *, now: datetime) -> Turn:
    return Turn(
        passback_id=row.id,
        version=row.version,
        attempt=row.attempts + 1,
        line_item_url=row.url,
        grade=Grade(
            subject=row.subject,
            score_given=row.score_given,
            score_maximum=row.score_maximum,
            comment=row.comment,
            # Written before it is sent: whatever happens in between, the next one is later.
            timestamp=next_timestamp(row.last_timestamp, now=now),
            submitted_at=row.submitted_at,
            is_graded=not row.is_work_only,
            is_new_work=row.submitted_at is not None and row.submitted_at != row.told_submitted_at,
        ),
        sent_shares=row.sent_shares,
    )


def _obstacle(row: Any) -> Problem | None:
    """What makes sending hopeless before it is tried: a missing scope or address means "not allowed"."""
    if row.platform_state == "disabled":
        return Problem.PLATFORM_OFF
    if row.url is None and (row.line_items_url is None or row.is_work_only):
        return Problem.NO_COLUMN if row.scopes else Problem.NO_GRADEBOOK
    if SCOPE_SCORE not in row.scopes:
        return Problem.NOT_GRANTED
    if row.url is None and SCOPE_LINE_ITEM not in row.scopes and SCOPE_LINE_ITEM_READ not in row.scopes:
        return Problem.NO_COLUMN
    return None


def _failure(err: ServiceError) -> Outcome:
    if isinstance(err, Throttled):
        return Outcome(problem=Problem.THROTTLED, retry_after=err.retry_after)
    if isinstance(err, NotGranted):
        return Outcome(problem=Problem.NOT_GRANTED)
    if isinstance(err, Rejected):
        return Outcome(problem=what_refusal_means(err.answered, err.reason), detail=err.reason)
    return Outcome(problem=Problem.UNAVAILABLE if err.retryable else Problem.REFUSED, detail=err.detail)


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """How far a grade has come, to be written down. What is None at the end stays as it is."""

    id: int
    state: State = State.WAITING
    attempts: int
    next_attempt_at: datetime
    problem: Problem | None = None
    detail: str | None = None
    last_timestamp: datetime | None = None
    line_item_url: str | None = None
    sent_at: datetime | None = None
    sent_shares: Sequence[float] | None = None
    told_submitted_at: datetime | None = None


def _leased(turn: Turn, *, is_own: bool, now: datetime) -> _Standing:
    return _Standing(
        id=turn.passback_id,
        attempts=turn.attempt,
        next_attempt_at=now + LEASE,
        last_timestamp=turn.grade.timestamp,
        line_item_url=None if is_own else turn.line_item_url,
    )


def _failed(
    id: int, attempts: int, problem: Problem, detail: str | None = None, *, is_graded: bool, now: datetime
) -> _Standing:
    return _Standing(
        id=id,
        # Nobody has to act where work was not told: its grade tells of it.
        state=State.FAILED if is_graded else State.NOTED,
        attempts=attempts,
        next_attempt_at=now,
        problem=problem,
        detail=as_detail(detail),
    )


def _after(turn: Turn, outcome: Outcome | None, *, is_changed: bool, now: datetime) -> _Standing:
    """What became of a grade that was taken. A change meanwhile counts its attempts anew."""
    id = turn.passback_id
    if outcome is None:
        return _Standing(id=id, attempts=0 if is_changed else turn.attempt - 1, next_attempt_at=now)
    problem = outcome.problem
    if problem is None:
        return _kept(turn, is_changed=is_changed, now=now)
    if problem.passes and (is_changed or turn.attempt < MOST_ATTEMPTS):
        return _Standing(
            id=id,
            attempts=0 if is_changed else turn.attempt,
            next_attempt_at=now + wait_before(turn.attempt, asked_for=outcome.retry_after),
            problem=problem,
            detail=as_detail(outcome.detail),
        )
    if is_changed:
        return _Standing(id=id, attempts=0, next_attempt_at=now)
    why = Problem.GAVE_UP if problem.passes else problem
    failed = _failed(id, turn.attempt, why, outcome.detail, is_graded=turn.grade.is_graded, now=now)
    # An attempt that the LMS does not want must not keep the grade from it.
    refused = turn.grade.submitted_at if problem is Problem.REFUSED and not turn.grade.is_graded else None
    return replace(failed, told_submitted_at=refused)


def _kept(turn: Turn, *, is_changed: bool, now: datetime) -> _Standing:
    """The gradebook has it: a grade, or that work was handed in."""
    grade = turn.grade
    kept = _Standing(
        id=turn.passback_id,
        state=State.WAITING if is_changed else State.NOTED,
        attempts=0,
        next_attempt_at=now,
        told_submitted_at=grade.submitted_at,
    )
    if not grade.is_graded:
        return kept
    return replace(
        kept,
        state=State.WAITING if is_changed else State.SENT,
        sent_at=now,
        sent_shares=with_share(turn.sent_shares, grade.score_given, grade.score_maximum),
    )


def _write(session: Session, standings: Sequence[_Standing]) -> None:
    if standings:
        session.execute(WRITE, {"rows": json.dumps([vars(each) for each in standings], default=datetime.isoformat)})


def _tell(standings: Sequence[_Standing]) -> None:
    sent = [str(each.id) for each in standings if each.sent_at is not None]
    if sent:
        log.info("grades sent: %s", ", ".join(sent))
    for each in standings:
        if each.state is State.FAILED:
            log.warning("grade %s cannot be sent: %s", each.id, each.problem)
        elif each.problem is not None:
            log.info("grade %s waits: %s", each.id, each.problem)


def _leave_alone(session: Session, visit: Visit, standings: Sequence[_Standing], *, now: datetime) -> None:
    """
    A platform that is asked too often, or is away, is left alone for all grades of all its courses.

    One that is away is so for each grade that is due, so that all are given up together and not one after the other.
    """
    waits = [each.next_attempt_at for each in standings if each.problem is visit.trouble]
    visit.until = max([*waits, visit.until or now + FIRST_WAIT])
    session.execute(
        LEAVE_ALONE,
        {
            "platform": visit.client.registration.platform_id,
            "until": visit.until,
            "now": now,
            "is_away": visit.trouble is Problem.UNAVAILABLE,
        },
    )


TAKE = text(
    """
    select p.id, p.version, p.attempts, p.score_given, p.score_maximum, p.comment, p.submitted_at, p.last_timestamp,
           p.is_work_only, p.told_submitted_at, p.sent_shares, p.resource_link_id, p."column", who.sub as subject,
           case when p."column" = '' then l.line_item_url
                else coalesce(p.line_item_url, (select min(o.line_item_url) from grade_passback o
                                                 where o.resource_link_id = l.id and o."column" = p."column"))
           end as url,
           c.scopes, c.line_items_url, f.state as platform_state
      from grade_passback p
      join course c on c.id = p.course_id
      join deployment d on d.id = c.deployment_id
      join platform f on f.id = d.platform_id
      -- The person and the link must be of the same tenant and course: a grade never crosses over.
      join resource_link l on l.id = p.resource_link_id and l.course_id = c.id
      join person who on who.id = p.person_id and who.deployment_id = d.id
     where f.id = :platform and p.state = 'waiting' and p.next_attempt_at <= :now
     order by p.next_attempt_at, p.id
     limit :limit
       for update of p skip locked
    """
)
# In the order in which grades are set, so that the two wait for each other and do not lock up.
LOCK = text(
    """
    select id, version from grade_passback
     where id = any(:ids) order by resource_link_id, "column", person_id for update
    """
)
WRITE = text(
    """
    update grade_passback p
       set state = w.state, attempts = w.attempts, next_attempt_at = w.next_attempt_at,
           problem = w.problem, detail = w.detail,
           last_timestamp = coalesce(w.last_timestamp, p.last_timestamp),
           line_item_url = coalesce(w.line_item_url, p.line_item_url),
           sent_at = coalesce(w.sent_at, p.sent_at),
           sent_shares = coalesce(w.sent_shares, p.sent_shares),
           told_submitted_at = coalesce(w.told_submitted_at, p.told_submitted_at)
      from jsonb_to_recordset(cast(:rows as jsonb)) as w (
               id int, state text, attempts int, next_attempt_at timestamptz, problem text, detail text,
               last_timestamp timestamptz, line_item_url text, sent_at timestamptz, sent_shares jsonb,
               told_submitted_at timestamptz)
     where p.id = w.id
    """
)
AWAIT_COLUMN = text(
    """
    update grade_passback set next_attempt_at = :until
     where id in (select id from grade_passback
                   where resource_link_id = :resource_link_id and "column" = :column
                     and state = 'waiting' and next_attempt_at <= :now
                     for update skip locked)
    """
)
LEAVE_ALONE = text(
    """
    update grade_passback p
       set next_attempt_at = :until,
           attempts = p.attempts + case when :is_away and p.next_attempt_at <= :now then 1 else 0 end,
           problem = case when :is_away and p.next_attempt_at <= :now then 'unavailable' else p.problem end
     where id in (select o.id from grade_passback o
                    join course c on c.id = o.course_id
                    join deployment d on d.id = c.deployment_id
                   where d.platform_id = :platform and o.state = 'waiting' and o.next_attempt_at < :until
                     for update of o skip locked)
    """
)
