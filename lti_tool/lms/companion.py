"""
A companion: our own plugin inside an LMS, through which it hears what people did in Hearth.

Where an LMS has one, :meth:`lti_tool.lms.port.Lms.companion` speaks to it. Ids are those of launches:
``context.id``, ``resource_link.id``, ``sub``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import requests

OFF = "off"
"""The LMS keeps no completion of that activity."""
Completion = Literal["", "complete", "incomplete"]
State = Literal["kept", "refused", "failed"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something for the calendar of a course."""

    ref: str
    """By which it is found again to be changed or taken back."""
    title: str
    starts_at: datetime | None
    """None takes it back."""
    slot: str = ""
    """Which of an activity's dates it is: one person's own takes the place of everybody's of the same slot."""
    person: str = ""
    """Whose it is, and who alone sees it; "" for everybody in the course."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing to tell. Whoever must not be known is not in it."""

    key: str
    """Its own, the same however often it is told: an act of a known key is not done again."""
    course: str
    link: str = ""
    """"" for what concerns the course as a whole."""
    kind: str = ""
    """``feedback.given``; "" where there is nothing for a log."""
    person: str = ""
    """Who did it, or is complete; "" where nobody is to know."""
    at: datetime
    object_id: int = 0
    completion: Completion = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one act."""

    key: str
    state: State
    """kept: also where it was known already; refused: as things are there; failed: may be told again."""
    reason: str = ""
    """Why it was not kept; or :data:`OFF`, where it was and completion is not."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a companion says of the LMS it lives in."""

    site_id: str
    """Which it made for itself, and never changes."""
    address: str
    client_id: str
    """Of the registration that the LMS's admin chose on their side."""
    deployment_id: str
    release: str
    """Of the LMS, and of the companion."""
    receiver: str = ""
    """none, quiet, sending, paused, moved or stopped: how it gets on with telling us events."""
    waiting: int = 0
    """Events that have not reached us yet."""
    problem: str = ""
    """Why the last of them did not, in the LMS's words."""
    events: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class CompanionSetup:
    """How an LMS's admin installs its companion and lets it hear of us. The words are the brand's own."""

    lms: str
    """What the LMS is called."""
    steps: tuple[str, ...]
    """One sentence or two each, until there is a token to paste."""
    release: str
    """The companion's newest release that is known here."""


class Companion(Protocol):
    """Speaks to our plugin in one LMS. What it cannot do is a :class:`~lti_tool.lti.errors.ServiceError`."""

    most_at_once: int
    """Acts in one call."""

    def site(self) -> Site:
        """Where it lives, and how it is."""
        ...

    def record(self, client_id: str, acts: Sequence[Act]) -> Sequence[Verdict]:
        """Tell *acts* on behalf of a registration; a verdict for each, in their order."""
        ...

    def groups(self, client_id: str, course: str) -> Mapping[str, tuple[str, ...]]:
        """Everybody's groups in a course, by person. Whoever is in none is not in it."""
        ...


class Sender(Protocol):
    """What sends a form: :class:`lti_tool.http.HTTPClient`, with its checks of the address."""

    def post(self, url: str, **options: Any) -> requests.Response:
        """POST. Raises only what descends from ``requests.RequestException``."""
        ...
