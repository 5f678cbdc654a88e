"""
Verbs about grades on their way to the gradebook: set one, send one again.

The row is the truth: it knows what should be in the gradebook and how far it has come. Jobs
only hint that there is something to send; a sweep finds what no job was left for.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Double, Integer, String, case, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import ResourceLink
from lti_tool.grades.jobs import hint
from lti_tool.grades.locks import lock_column
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import Problem

log = logging.getLogger(__name__)

FEW = 20
"""So many grades are compared by themselves with those there are; more, with all of their column."""


@dataclass(frozen=True, kw_only=True)
class NewGrade:
    """What the gradebook should say about one person in one column."""

    person_id: int
    score_given: float | None
    """None takes a grade back."""
    score_maximum: float
    comment: str = ""
    submitted_at: datetime | None = None
    column: str = ""
    label: str = ""
    """What a column of our own is called, should it have to be made."""


_TYPES: dict[str, Any] = {
    "person_id": Integer,
    "score_given": Double,
    "score_maximum": Double,
    "comment": String,
    "submitted_at": DateTime(timezone=True),
    "column": String,
    "label": String,
}


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
    grade = NewGrade(
        person_id=person_id,
        score_given=score_given,
        score_maximum=score_maximum,
        comment=comment,
        submitted_at=submitted_at,
        column=column,
    )
    place = {"course_id": course_id, "activity_id": activity_id, "resource_link_id": resource_link_id}
    return bool(set_grades(session, [grade], **place, now=now))


def set_grades(
    session: Session,
    grades: Sequence[NewGrade],
    *,
    course_id: int,
    activity_id: int,
    resource_link_id: int,
    now: datetime,
) -> int:
    """
    Let the gradebook have these grades, in the same number of statements however many they are.

    For each holds what :func:`set_grade` says. Returns how many there are to send.
    """
    news = _news(session, grades, resource_link_id)
    if not news:
        return 0
    place = {"course_id": course_id, "activity_id": activity_id, "resource_link_id": resource_link_id}
    # In one order for everybody, so that two who set the same grades wait for each other and do not lock up.
    ordered = sorted(news, key=lambda each: (each.column, each.person_id))
    columns = {name: [getattr(each, name) for each in ordered] for name in _TYPES}
    coming = (
        func.unnest(*(cast(columns[name], ARRAY(kind)) for name, kind in _TYPES.items()))
        .table_valued(*_TYPES)
        .render_derived()
    )
    rows = select(
        *(literal(value, Integer) for value in place.values()),
        *(coming.c[name] for name in _TYPES),
        literal(now, DateTime(timezone=True)),
        literal(now, DateTime(timezone=True)),
    )
    new = insert(Passback).from_select([*place, *_TYPES, "next_attempt_at", "changed_at"], rows)
    ids = session.scalars(
        new.on_conflict_do_update(
            index_elements=["resource_link_id", "column", "person_id"],
            set_={
                **{name: new.excluded[name] for name in _TYPES if name not in ("person_id", "column")},
                "course_id": course_id,
                "activity_id": activity_id,
                "is_work_only": False,
                **due_anew(now),
            },
        ).returning(Passback.id),
        execution_options={"populate_existing": True},
    ).all()
    hint(session, course_id)
    log.info("%s grades set for activity %s", len(ids), activity_id)
    return len(ids)


def due_anew(now: datetime) -> dict[str, Any]:
    """What becomes of a row that has something new to say."""
    is_waiting = Passback.state == State.WAITING.value
    return {
        "version": Passback.version + 1,
        "changed_at": now,
        "state": State.WAITING.value,
        # A job at work on the version before, or a wait the platform asked for, is not overtaken.
        "attempts": case((is_waiting, Passback.attempts), else_=0),
        "problem": case((is_waiting, Passback.problem)),
        "next_attempt_at": case((is_waiting, func.greatest(Passback.next_attempt_at, now)), else_=now),
    }


def send_again(session: Session, passback: Passback, *, now: datetime) -> None:
    """
    Send the grade once more, whatever became of it: somebody has mended what was in the way.

    Where its column is gone, all grades of that column forget it: they find or make another together.
    """
    if passback.problem == Problem.COLUMN_GONE:
        lock_column(session, passback.resource_link_id, passback.column)
    current = session.get_one(Passback, passback.id, with_for_update=True, populate_existing=True)
    if current.problem == Problem.COLUMN_GONE:
        _forget_column(session, current.resource_link_id, current.column)
        session.refresh(current)
    # While a job is at it, the new version alone makes that job send once more.
    if not current.is_being_sent(now):
        current.next_attempt_at = now
    current.version += 1
    current.attempts = 0
    current.state = State.WAITING
    current.problem = None
    current.detail = None
    session.flush()
    hint(session, current.course_id)
    log.info("grade %s is sent again", current.id)


def column_is_gone(session: Session, resource_link_id: int, column: str, *, now: datetime) -> bool:
    """
    Forget a column that somebody deleted in the gradebook, and have its grades find or make another.

    Returns whether there are any; one is sent again, and once the new column is there the others follow.
    """
    lock_column(session, resource_link_id, column)
    _forget_column(session, resource_link_id, column)
    rows = select(Passback).where(
        Passback.resource_link_id == resource_link_id, Passback.column == column, Passback.score_given.is_not(None)
    )
    wanted = session.scalars(rows.order_by(Passback.person_id).limit(1)).one_or_none()
    if wanted is not None:
        send_again(session, wanted, now=now)
    return wanted is not None


def _forget_column(session: Session, resource_link_id: int, column: str) -> None:
    """The column is gone from the gradebook; the next attempt of any of its grades finds or makes another."""
    if column == "":
        session.get_one(ResourceLink, resource_link_id).line_item_url = None
    session.execute(
        update(Passback)
        .where(Passback.resource_link_id == resource_link_id, Passback.column == column)
        .values(line_item_url=None),
        execution_options={"synchronize_session": "fetch"},
    )


def _news(session: Session, grades: Sequence[NewGrade], resource_link_id: int) -> list[NewGrade]:
    """Those that the outbox does not have yet: an unchanged grade takes no lock and no number of the sequence."""
    rows = select(
        Passback.column,
        Passback.person_id,
        Passback.score_given,
        Passback.score_maximum,
        Passback.comment,
        Passback.submitted_at,
    ).where(Passback.resource_link_id == resource_link_id, ~Passback.is_work_only)
    if len(grades) <= FEW:
        rows = rows.where(Passback.person_id.in_([each.person_id for each in grades]))
    known = {(row[0], row[1]): tuple(row[2:]) for row in session.execute(rows)}
    news = {}
    for each in grades:
        key = (each.column, each.person_id)
        was = known.get(key)
        is_known = was == (each.score_given, each.score_maximum, each.comment, each.submitted_at)
        if not is_known and not (was is None and each.score_given is None):
            news[key] = each
    return list(news.values())
