"""
Finding events among all that came: by what they are called, whom they are about, when they came, what became of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session, aliased

from webhooks.models import Event

PAGE = 50
LOOKED_THROUGH = 20_000
"""So many events are read for words at once; the page then offers to look further back."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which events are wanted. What is empty is not asked for."""

    sources: Sequence[int]
    """The ids of the addresses they came to."""
    states: Sequence[str] = ()
    kind: str = ""
    """A part of what the LMS calls them."""
    about: str = ""
    """The id of a person, course or group, whole and as the event has it; or the event's own."""
    day: date | None = None
    """Of their coming, in UTC."""
    before: int | None = None

    @property
    def has_words(self) -> bool:
        """No index helps: events have to be read to tell."""
        return bool(self.kind or self.about)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One page, the latest first."""

    events: Sequence[Event]
    older: int | None
    """The id to go on *before*; None at the end."""
    until: datetime | None
    """How far back was looked, where that is not all the way; None where it is, or the page is full."""


def search(session: Session, wanted: Search) -> Found:
    """One page of what is wanted, in at most two statements, and no more work than :data:`LOOKED_THROUGH` events."""
    within = select(Event).where(*_plain(wanted)).order_by(Event.id.desc())
    if not wanted.has_words:
        return _page(session.scalars(within.limit(PAGE + 1)).all())
    looked = within.limit(LOOKED_THROUGH).subquery()
    one = aliased(Event, looked)
    rows = select(one).where(*_words(wanted, one)).order_by(one.id.desc()).limit(PAGE + 1)
    found = _page(session.scalars(rows).all())
    if found.older is not None:
        return found
    last = session.execute(
        select(looked.c.id, looked.c.received_at).order_by(looked.c.id.desc()).offset(LOOKED_THROUGH - 1)
    ).one_or_none()
    return Found(events=found.events, older=last.id, until=last.received_at) if last else found


def _page(rows: Sequence[Event]) -> Found:
    return Found(events=rows[:PAGE], older=rows[PAGE - 1].id if len(rows) > PAGE else None, until=None)


def _plain(wanted: Search) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [Event.source_id.in_(wanted.sources)]
    if wanted.states:
        asked.append(Event.state.in_(wanted.states))
    if wanted.before is not None:
        asked.append(Event.id < wanted.before)
    if wanted.day is not None:
        begin = datetime.combine(wanted.day, time(), UTC)
        asked.append(Event.received_at.between(begin, begin + timedelta(days=1) - timedelta.resolution))
    return asked


def _words(wanted: Search, one: type[Event]) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.kind:
        asked.append(one.name.icontains(wanted.kind, autoescape=True))
    if wanted.about:
        # Ids come as numbers and as strings, even within one event.
        number = int(wanted.about) if wanted.about.isascii() and wanted.about.isdigit() else wanted.about
        either = literal({"id": wanted.about, "number": number}, JSONB)
        anywhere = func.jsonb_path_exists(one.payload, cast("$.** ? (@ == $id || @ == $number)", JSONPATH), either)
        asked.append(or_(one.key == wanted.about, anywhere))
    return asked
