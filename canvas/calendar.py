"""
Dates in the calendar of a course of Canvas. What stands there, students see in their planner and to-do list too.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import quote

from canvas.events import SHARD
from canvas.rest import CanvasRest
from lti_tool.lms.calendar import Account, Caller, Entry, Grant
from lti_tool.lti.errors import Rejected

SCOPES = (
    "url:GET|/api/v1/calendar_events",
    "url:POST|/api/v1/calendar_events",
    "url:PUT|/api/v1/calendar_events/:id",
    "url:DELETE|/api/v1/calendar_events/:id",
)
"""All that is asked for, where the developer key enforces scopes."""
GONE = (404, 410)


class CanvasCalendar:
    """See :class:`lti_tool.lms.calendar.LmsCalendar`."""

    def __init__(self, account: Account, sender: Caller) -> None:
        self._rest = CanvasRest(account, sender)

    @property
    def is_tired(self) -> bool:
        """See :attr:`CanvasRest.is_tired`."""
        return self._rest.is_tired

    def consent_url(self, *, state: str, redirect_uri: str) -> str:
        """See :meth:`CanvasRest.consent_url`."""
        return self._rest.consent_url(state=state, redirect_uri=redirect_uri, scopes=SCOPES)

    def grant(self, *, code: str, redirect_uri: str) -> Grant:
        """See :meth:`CanvasRest.grant`."""
        return self._rest.grant(code=code, redirect_uri=redirect_uri)

    def refreshed(self, refresh_token: str) -> Grant:
        """See :meth:`CanvasRest.refreshed`."""
        return self._rest.refreshed(refresh_token)

    def add(self, token: str, entry: Entry) -> str:
        """``POST /api/v1/calendar_events``."""
        made = self._rest.call("POST", "calendar_events", token, {"calendar_event": _event(entry)})
        return _id(made)

    def find(self, token: str, entry: Entry) -> Sequence[str]:
        """Events of the course on that day with the same words at the same moment."""
        query = {
            "type": "event",
            "context_codes[]": _context(entry.course),
            # Whole days, in a time zone that is not told.
            "start_date": (entry.at - timedelta(days=1)).date().isoformat(),
            "end_date": (entry.at + timedelta(days=1)).date().isoformat(),
        }
        ours = _event(entry)
        found = [each for page in self._rest.pages("calendar_events", token, query) for each in page]
        return [
            _id(each)
            for each in found
            if isinstance(each, Mapping)
            and (each.get("title"), each.get("start_at")) == (ours["title"], ours["start_at"])
            and entry.text in str(each.get("description"))
        ]

    def change(self, token: str, id: str, entry: Entry) -> bool:
        """``PUT /api/v1/calendar_events/:id``."""
        try:
            told = self._rest.call("PUT", _path(id), token, {"calendar_event": _event(entry)})
        except Rejected as err:
            if err.answered in GONE:
                return False
            raise
        return not (isinstance(told, Mapping) and told.get("workflow_state") == "deleted")

    def remove(self, token: str, id: str) -> None:
        """``DELETE /api/v1/calendar_events/:id``."""
        try:
            self._rest.call("DELETE", _path(id), token)
        except Rejected as err:
            if err.answered not in GONE:
                raise


def _event(entry: Entry) -> dict[str, Any]:
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "context_code": _context(entry.course),
        "title": entry.title,
        "description": entry.text,
        "start_at": at,
        "end_at": at,
    }


def _context(course: str) -> str:
    """``course_42``: at its own host, a course is called by its local id."""
    return f"course_{int(course) % SHARD}" if course.isascii() and course.isdigit() else f"course_{course}"


def _path(id: str) -> str:
    return f"calendar_events/{quote(id, safe='')}"


def _id(told: Any) -> str:
    id = told.get("id") if isinstance(told, Mapping) else None
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not 1 <= len(id) <= 100:
        raise Rejected(200, "an event without an id")
    return id
