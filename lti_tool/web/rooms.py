"""
What a room tells the rest of the house, so that home, picker and launch need not know it by name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from flask import current_app
from flask_babel import LazyString
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.web.viewer import Viewer

Words: TypeAlias = str | LazyString


@dataclass(frozen=True, kw_only=True)
class Card:
    """One activity as the course home shows it to one viewer."""

    status: Words
    """One short sentence: "Waiting for 2 reviews", "Closed on 3 May"."""
    todo: Words = ""
    """What waits for this viewer now, as the words of a button; empty when nothing does."""
    due: datetime | None = None
    """The next moment that matters to this viewer."""
    is_draft: bool = False
    done: int = 0
    total: int = 0
    """Steps done of all steps, where the room can say; 0 of 0 where it cannot."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What a deep-linking answer says about an activity (LTI-DL 2.0 section 4.5, AGS 2.0 line items)."""

    title: str
    text: str = ""
    score_maximum: float | None = None
    """None: no column in the gradebook."""
    available_from: datetime | None = None
    available_until: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NoticeWords:
    """How a notice reads, and which page it is about."""

    sentence: Words
    endpoint: str
    values: Mapping[str, Any]
    anchor: str | None = None


@dataclass(frozen=True, kw_only=True)
class DueDate:
    """A date of an activity, for calendars outside."""

    ref: str
    """Which of its dates; the same when it moves."""
    words: Words
    at: datetime


class Room(Protocol):
    """One kind of activity: exchange, wall…"""

    kind: str
    """The word in ``activity.kind``; also the name of the room's blueprint."""
    name: Words
    description: Words
    show: str
    """Endpoint of an activity, called with ``id`` = the activity's id."""
    new: str
    """Endpoint of the form that makes one."""
    review: str
    """Endpoint that opens one person's work to staff, called with ``id`` and ``person_id``."""

    def cards(
        self, session: Session, viewer: Viewer, activities: Sequence[Activity], *, now: datetime
    ) -> Mapping[int, Card]:
        """Cards by activity id, in a number of queries that does not grow with class or list."""
        ...

    def placement(self, session: Session, activity: Activity) -> Placement:
        """How the activity presents itself to the LMS."""
        ...

    def due_dates(self, session: Session, activity: Activity) -> Sequence[DueDate]:
        """Everybody's dates of an activity that learners may see; none of one that they may not."""
        ...

    def own_due_dates(self, session: Session, activity: Activity) -> Mapping[int, Sequence[DueDate]]:
        """By person, the dates of those who have others than everybody's, as they are for them."""
        ...

    def completed(self, session: Session, activity: Activity, *, now: datetime) -> Collection[int] | None:
        """Who did all that is asked of them, by id of the person; None where nobody may know that yet."""
        ...

    def completes_in_company(self, session: Session, activity: Activity) -> bool:
        """
        Whether the moment in which somebody becomes complete could say what they did without a name: then it is told
        of several at once, and later.
        """
        ...

    def clone(self, session: Session, activity: Activity, copy: Activity, *, now: datetime) -> None:
        """Give *copy* the settings and prompts of *activity*: never people, posts or dates that have passed."""
        ...

    def notice(self, kind: str, facts: Mapping[str, Any], *, activity_id: int) -> NoticeWords | None:
        """What a notice of this room says, from its facts alone; None for a kind it no longer knows."""
        ...


def rooms() -> Mapping[str, Room]:
    """The rooms of this house by kind."""
    found: Mapping[str, Room] = current_app.extensions["hearth.rooms"]
    return found
