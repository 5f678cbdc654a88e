"""
The verbs of notices.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CursorResult, Integer, any_, cast, delete, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Person
from lti_tool.notices.models import Delivery, Notice
from lti_tool.notices.rules import KEPT, Rhythm

ADDRESS = re.compile(r"[\x21-\x7e]{1,64}@[A-Za-z0-9.-]{1,190}")
"""One address, and nothing that a mail program might take for two."""
NOT_IN_ADDRESSES = frozenset('",;:<>()[]\\')


def tell(
    session: Session,
    kind: str,
    *,
    course_id: int,
    activity_id: int,
    people: Collection[int],
    now: datetime,
    key: str = "",
    **facts: Any,
) -> None:
    """
    Tell each of *people* once, in one statement; whoever has left the course is told nothing more.

    *facts* are ids and plain facts as JSON: never names or anybody's words.
    """
    if not people:
        return
    # One parameter: thousands of them would take longer to bind than to look up.
    everybody = cast(list(people), ARRAY(Integer))
    whom = select(
        Membership.person_id,
        Membership.course_id,
        literal(activity_id),
        literal(kind),
        literal(key),
        cast(facts, JSONB),
        literal(now),
    ).where(Membership.course_id == course_id, Membership.person_id == any_(everybody), Membership.left_at.is_(None))
    columns = ["person_id", "course_id", "activity_id", "kind", "key", "facts", "created_at"]
    # In one order for everybody, so that two who tell the same class never wait for each other in a circle.
    session.execute(insert(Notice).from_select(columns, whom.order_by(Membership.person_id)).on_conflict_do_nothing())


def take_back(
    session: Session, *, activity_id: int, kind: str | None = None, people: Collection[int] | None = None
) -> None:
    """What an activity told goes with it when it is hidden again: everything, or one *kind*, or that to *people*."""
    rows = delete(Notice).where(Notice.activity_id == activity_id)
    if kind is not None:
        rows = rows.where(Notice.kind == kind)
    if people is not None:
        rows = rows.where(Notice.person_id.in_(people))
    session.execute(rows)


def mark_read(session: Session, notice: Notice, *, now: datetime) -> None:
    """Its person has seen it."""
    if notice.read_at is None:
        notice.read_at = now
        session.flush()


def mark_all_read(session: Session, *, person_id: int, course_id: int, upto: int, now: datetime) -> None:
    """All of a course that were on the page: what came later, with an id above *upto*, stays unread."""
    session.execute(
        update(Notice)
        .where(
            Notice.person_id == person_id,
            Notice.course_id == course_id,
            Notice.read_at.is_(None),
            Notice.id <= upto,
        )
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )


def choose_rhythm(session: Session, *, membership_id: int, rhythm: Rhythm) -> None:
    """How often somebody wants mail from this course."""
    session.execute(
        insert(Delivery)
        .values(membership_id=membership_id, rhythm=rhythm)
        .on_conflict_do_update(
            index_elements=[Delivery.membership_id], set_={"rhythm": rhythm, "failures": 0, "retry_at": None}
        )
    )


def keep_address(session: Session, *, person_id: int, email: str) -> None:
    """Where a person can be mailed, as their LMS said at the launch. Only where mail is on."""
    is_one = ADDRESS.fullmatch(email) and NOT_IN_ADDRESSES.isdisjoint(email) and email.count("@") == 1
    kept = email if is_one else None
    session.execute(
        update(Person)
        .where(Person.id == person_id, Person.email.is_distinct_from(kept))
        .values(email=kept)
        .execution_options(synchronize_session=False)
    )


def forget_addresses(session: Session) -> int:
    """Mail is off: no address stays."""
    gone = session.execute(
        update(Person).where(Person.email.is_not(None)).values(email=None).execution_options(synchronize_session=False)
    )
    return _count(gone)


def clear_old(session: Session, *, now: datetime) -> int:
    """Notices that nobody needs any more."""
    return _count(
        session.execute(
            delete(Notice).where(Notice.created_at < now - KEPT), execution_options={"synchronize_session": False}
        )
    )


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101 - what a statement that writes gives
    return result.rowcount
