"""
The calendar of an LMS: what its own interface can do for the dates of an activity, and LTI cannot.

Where an LMS has one, :meth:`lti_tool.lms.port.Lms.calendar` speaks to it, with the consent of somebody there
(OAuth 2.0, RFC 6749 section 4.1). Every method may raise a :class:`~lti_tool.lti.errors.ServiceError`; a
``Rejected`` with 401 means that the token is not taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import requests


class Caller(Protocol):
    """Sends one request, with a deadline, and to nobody whom we do not call; ``lti_tool.http`` is one."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | str | Mapping[str, str] | None = None,
        json: Any = None,
    ) -> requests.Response: ...


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where the interface is, and as whom Hearth is known there: a developer key."""

    address: str
    """Without a slash at its end."""
    client_id: str
    client_secret: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What somebody's consent is worth."""

    access_token: str
    refresh_token: str | None
    """None where the one before goes on being good."""
    lives: float
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A date as it shall stand in the calendar of a course."""

    course: str
    """The LMS's own id of it."""
    title: str
    text: str
    at: datetime


class LmsCalendar(Protocol):
    """Speaks to one LMS."""

    def consent_url(self, *, state: str, redirect_uri: str) -> str:
        """Where somebody of the LMS says whether Hearth may."""
        ...

    def grant(self, *, code: str, redirect_uri: str) -> Grant:
        """What a consent has given."""
        ...

    def refreshed(self, refresh_token: str) -> Grant:
        """A new token for a consent of before."""
        ...

    def add(self, token: str, entry: Entry) -> str:
        """Add a date, and return the LMS's id of it. Doing so twice makes two."""
        ...

    def find(self, token: str, entry: Entry) -> Sequence[str]:
        """The ids of dates just like this one: one of them is ours where an answer was lost."""
        ...

    def change(self, token: str, id: str, entry: Entry) -> bool:
        """Change a date; False where somebody has deleted it."""
        ...

    def remove(self, token: str, id: str) -> None:
        """Take a date away. One that is gone already is as good."""
        ...

    @property
    def is_tired(self) -> bool:
        """Whether the LMS said with its last answer that it wants to be left alone for a while."""
        ...
