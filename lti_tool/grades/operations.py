"""
Verbs about grades on their way to the gradebook: set one, send one again.

The row is the truth: it knows what should be in the gradebook and how far it has come. Jobs
only hint that there is something to send; a sweep finds what no job was left for.
"""

import logging
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import ResourceLink
from lti_tool.grades.jobs import hint
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import Problem

log = logging.getLogger(__name__)


def set_grade(  # noqa: PLR0913 - a grade, and the place where it belongs
    session: Session,
    *,
    course_id: int,
    activity_id: int,
    resource_link_id: int,
    person_id: int,
    score_given: float | None,
    score_maximum: float,
    comment: str,
    submitted_at: datetime | None,
    now: datetime,
    column: str = "",
) -> bool:
    """
    Let the gradebook have this grade: the latest wins, and what it has already is not sent again.

    None as *score_given* takes a grade back. Returns whether there is something to send.
    """
    grade = {
        "score_given": score_given,
        "score_maximum": score_maximum,
        "comment": comment,
        "submitted_at": submitted_at,
    }
    place = {"resource_link_id": resource_link_id, "column": column, "person_id": person_id}
    known = session.execute(
        select(Passback.score_given, Passback.score_maximum, Passback.comment, Passback.submitted_at).filter_by(**place)
    ).one_or_none()
    # Looked at first, so that an unchanged grade takes no lock and no number of the sequence.
    if known is not None and known._asdict() == grade:
        return False
    if known is None and score_given is None:
        return False
    new = insert(Passback).values(
        course_id=course_id, activity_id=activity_id, **place, **grade, next_attempt_at=now, changed_at=now
    )
    is_waiting = Passback.state == State.WAITING.value
    passback_id = session.execute(
        new.on_conflict_do_update(
            index_elements=list(place),
            set_={
                **grade,
                "course_id": course_id,
                "activity_id": activity_id,
                "version": Passback.version + 1,
                "changed_at": now,
                "state": State.WAITING.value,
                # A job at work on the version before, or a wait the platform asked for, is not overtaken.
                "attempts": case((is_waiting, Passback.attempts), else_=0),
                "problem": case((is_waiting, Passback.problem)),
                "next_attempt_at": case((is_waiting, func.greatest(Passback.next_attempt_at, now)), else_=now),
            },
        ).returning(Passback.id)
    ).scalar_one()
    hint(session, passback_id)
    log.info("grade %s set for activity %s", passback_id, activity_id)
    return True


def send_again(session: Session, passback: Passback, *, now: datetime) -> None:
    """
    Send the grade once more, whatever became of it: somebody has mended what was in the way.
    """
    current = session.get_one(Passback, passback.id, with_for_update=True, populate_existing=True)
    if current.problem == Problem.COLUMN_GONE:
        _forget_column(session, current)
    # While a job is at it, the new version alone makes that job send once more.
    if not current.is_being_sent(now):
        current.next_attempt_at = now
    current.version += 1
    current.attempts = 0
    current.state = State.WAITING
    current.problem = None
    current.detail = None
    session.flush()
    hint(session, current.id)
    log.info("grade %s is sent again", current.id)


def _forget_column(session: Session, passback: Passback) -> None:
    """The column is gone from the gradebook; the next attempt finds or makes another."""
    passback.line_item_url = None
    if passback.column == "":
        session.get_one(ResourceLink, passback.resource_link_id).line_item_url = None
