"""
Columns of the gradebook (AGS 2.0 line items): found where the LMS has one for us, made where it has none.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.courses.models import Activity, Course, Deployment, Platform, ResourceLink
from lti_tool.grades.locks import lock_column
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import Problem, as_detail, wait_before, what_refusal_means
from lti_tool.lti.errors import NotGranted, Rejected, ServiceError, Throttled
from lti_tool.lti.services import PlatformClient, open_client
from lti_tool.lti.vocabulary import SCOPE_LINE_ITEM

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A column that grades wait for."""

    resource_link_id: int
    column: str
    platform_id: int
    line_items_url: str
    may_make: bool
    link: str
    """``resourceLinkId``, as the platform named the link."""
    resource_id: str
    label: str
    score_maximum: float
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """The column's address, or why there is none."""

    url: str | None = None
    is_new: bool = False
    """Made just now: whatever grades the link had before are not in it."""
    problem: Problem | None = None
    detail: str | None = None
    retry_after: float | None = None


def look_up(session: Session, resource_link_id: int, column: str) -> Wanted | None:
    """What to look for; None when nothing waits for this column any more."""
    row = session.execute(
        select(Course, Platform.id, ResourceLink, Activity, Passback.score_maximum, Passback.attempts, Passback.label)
        .select_from(Passback)
        .join(Course, Course.id == Passback.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(ResourceLink, ResourceLink.id == Passback.resource_link_id)
        .join(Activity, Activity.id == Passback.activity_id)
        .where(
            Passback.resource_link_id == resource_link_id,
            Passback.column == column,
            Passback.state == State.WAITING,
            Platform.state != "disabled",
        )
        .order_by(Passback.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    course, platform_id, link, activity, score_maximum, attempts, label = row
    if course.line_items_url is None or (column == "" and link.line_item_url is not None):
        return None
    return Wanted(
        resource_link_id=link.id,
        column=column,
        platform_id=platform_id,
        line_items_url=course.line_items_url,
        may_make=SCOPE_LINE_ITEM in course.scopes,
        link=link.lti_id,
        resource_id=str(activity.public_id),
        label=label or activity.title,
        score_maximum=score_maximum,
        attempt=attempts + 1,
    )


def find_or_make(wanted: Wanted) -> Found:
    """
    Ask the platform for the column, and make it where there is none.

    Callers take turns for each link, so that two grades at once do not make two columns.
    """
    try:
        with db.transaction() as session:
            client = open_client(session, wanted.platform_id)
        item = _find(client, wanted)
        is_new = item is None
        if item is None:
            if not wanted.may_make:
                return Found(problem=Problem.NO_COLUMN)
            item = client.create_line_item(wanted.line_items_url, _as_line_item(wanted))
            log.info("made a gradebook column for resource link %s", wanted.resource_link_id)
        return Found(url=str(item["id"]), is_new=is_new)
    except Throttled as err:
        return Found(problem=Problem.THROTTLED, retry_after=err.retry_after)
    except NotGranted:
        return Found(problem=Problem.NO_COLUMN)
    except Rejected as err:
        # 404 here: there is no such gradebook; a missing column would have been an empty list.
        problem = what_refusal_means(err.answered, err.reason)
        return Found(problem=Problem.NO_COLUMN if problem is Problem.COLUMN_GONE else problem, detail=err.reason)
    except ServiceError as err:
        return Found(problem=Problem.UNAVAILABLE if err.retryable else Problem.NO_COLUMN, detail=err.detail)


def settle(session: Session, wanted: Wanted, found: Found, *, now: datetime) -> None:
    """Write down where the column is: the grades that waited for it may go now. Or write down why there is none."""
    lock_column(session, wanted.resource_link_id, wanted.column)
    waiting = update(Passback).where(
        Passback.resource_link_id == wanted.resource_link_id,
        Passback.column == wanted.column,
        Passback.state == State.WAITING,
    )
    if found.url is not None:
        if wanted.column == "":
            # A launch may have told us meanwhile; it knows better.
            session.execute(
                update(ResourceLink)
                .where(ResourceLink.id == wanted.resource_link_id, ResourceLink.line_item_url.is_(None))
                .values(line_item_url=found.url)
            )
        url = found.url if wanted.column else None
        if found.is_new:
            _let_earlier_grades_follow(session, wanted)
        _execute(session, waiting.values(next_attempt_at=now, line_item_url=url, problem=None, detail=None))
        return
    assert found.problem is not None  # noqa: S101 - one of the two
    why = {"problem": found.problem, "detail": as_detail(found.detail)}
    if found.problem.passes:
        until = now + wait_before(wanted.attempt, asked_for=found.retry_after)
        _execute(session, waiting.values(next_attempt_at=until, attempts=Passback.attempts + 1, **why))
    else:
        log.warning("no gradebook column for resource link %s: %s", wanted.resource_link_id, found.problem)
        _execute(session, waiting.values(state=State.FAILED, next_attempt_at=now, **why))


def _let_earlier_grades_follow(session: Session, wanted: Wanted) -> None:
    """What was sent to a column that somebody deleted, or failed for want of one, goes to the new one too."""
    was_sent = (Passback.state == State.SENT) & Passback.score_given.is_not(None)
    had_none = (Passback.state == State.FAILED) & Passback.problem.in_((Problem.COLUMN_GONE, Problem.NO_COLUMN))
    _execute(
        session,
        update(Passback)
        .where(
            Passback.resource_link_id == wanted.resource_link_id,
            Passback.column == wanted.column,
            was_sent | had_none,
        )
        .values(state=State.WAITING, attempts=0, version=Passback.version + 1),
    )


def _find(client: PlatformClient, wanted: Wanted) -> dict[str, Any] | None:
    """
    The column that is ours: of this link, or made for this activity and bound to no other link.

    A link that was duplicated keeps the ``resourceId`` of the first, so that alone proves nothing.
    """
    items = [
        *client.find_line_items(wanted.line_items_url, resource_link_id=wanted.link),
        *client.find_line_items(wanted.line_items_url, resource_id=wanted.resource_id),
    ]
    ours = [
        item
        for item in items
        if item.get("id")
        and (item.get("tag") or "") == wanted.column
        and (
            item.get("resourceLinkId") == wanted.link
            or (not item.get("resourceLinkId") and item.get("resourceId") == wanted.resource_id)
        )
    ]
    return ours[0] if ours else None


def _as_line_item(wanted: Wanted) -> dict[str, Any]:
    made: dict[str, Any] = {
        "label": wanted.label,
        "scoreMaximum": wanted.score_maximum,
        "resourceId": wanted.resource_id,
    }
    if wanted.column:
        # A further column of a link is bound to none: some platforms show only the first of those that are,
        # others leave the link's own out of the launch once there are two.
        return made | {"tag": wanted.column}
    return made | {"resourceLinkId": wanted.link}


def _execute(session: Session, statement: Update) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
