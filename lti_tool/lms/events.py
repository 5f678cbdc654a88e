"""
What an LMS tells on its own, in our words.

Every one of them is a hint: it may be lost, come twice, or come late. Whoever handles it compares
``occurred_at`` with what is known, or asks the LMS how things stand now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

Proof = Literal["standard", "jwt", "token", "address", "notice"]
"""
How a source proves who it is: a Standard Webhooks signature, a token signed with the LMS's key,
a shared token in the body, nothing but its secret address, or notices signed like a launch.
"""


@dataclass(frozen=True, kw_only=True)
class EventSetup:
    """How an LMS's admin lets it send events. The words are the brand's own, as its pages have them."""

    title: str
    """What is set up, where a brand has several ways."""
    steps: tuple[str, ...]
    """One sentence or two each. Address and secret stand beside them, to be copied."""
    event_names: tuple[str, ...] = ()
    """What to choose there; empty where the LMS chooses well by itself."""
    test: str = ""
    """How to make it send something at once."""


class UnreadableEvent(Exception):
    """A body that was proven, and is none of the shapes its LMS is known for."""


@dataclass(frozen=True, kw_only=True)
class IncomingEvent:
    """One event as it came, told apart from all others of its source."""

    key: str
    """The same for the same event, however often it comes."""
    name: str
    """As the LMS calls it."""
    occurred_at: datetime
    payload: Mapping[str, Any]
    """What translating it needs, and no more."""
    site: str | None = None
    """What a companion calls the LMS it lives in; None where whoever sent it calls its LMS nothing."""


@dataclass(frozen=True, kw_only=True)
class LmsEvent:
    """Something happened in the LMS. Ids are the LMS's own, :attr:`LaunchFacts.lms_course_id` and its like."""

    needs_proof: ClassVar[bool] = False
    """Not believed where nothing but a secret address proves who says it: it cannot be taken back, nor looked up."""

    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class RosterChanged(LmsEvent):
    """Somebody joined a course, left it, or has another role there."""

    course: str
    """"" where the LMS names only the enrolment."""
    enrolment: str = ""
    """By which other events of the same enrolment call it; "" where the LMS has no word for it."""


@dataclass(frozen=True, kw_only=True)
class GroupsChanged(LmsEvent):
    """Groups or sections of a course, or who is in them. ``course`` is "" where the LMS names only the group."""

    course: str
    group: str = ""
    person: str = ""
    """Who joined the group or left it. Only where the LMS calls people and groups here as it does in launches."""
    is_member: bool | None = None
    """Whether *person* is in the group now; False without a person where the whole group is gone."""


@dataclass(frozen=True, kw_only=True)
class PersonChanged(LmsEvent):
    """Somebody has another name."""

    person: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PersonDeleted(LmsEvent):
    """The LMS has deleted somebody, and wants us to forget them."""

    needs_proof = True

    person: str


@dataclass(frozen=True, kw_only=True)
class CourseChanged(LmsEvent):
    """A course has another title, or is over."""

    course: str
    title: str = ""
    """"" where the event does not tell."""
    is_over: bool | None = None


@dataclass(frozen=True, kw_only=True)
class CourseCopied(LmsEvent):
    """The content of one course has come into another."""

    course: str
    """"" where only :attr:`context` is told."""
    origin: str
    """The course it came from, as LTI calls it; "" where the LMS does not tell."""
    context: str = ""
    """``context_id``, the course as LTI calls it; "" where only the LMS's own id is told."""


@dataclass(frozen=True, kw_only=True)
class PlaceChanged(LmsEvent):
    """A place of ours in a course, as LTI calls it, is another than before, or is no more there."""

    course: str
    link: str
    is_gone: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkHandedIn(LmsEvent):
    """Somebody handed in work for an assignment of the LMS, or it was graded there."""

    course: str
    person: str
    is_graded: bool = False


@dataclass(frozen=True, kw_only=True)
class CourseActivity(LmsEvent):
    """Something else happened in a course that its people may like to know: a discussion, a link, a completion."""

    course: str
    what: str
