"""
The gate between Hearth and any LMS.

A method enters :class:`Lms` only when some LMS differs from ``StandardLms`` (plain LTI
Advantage), and leaves when none does. The value types are what the rest of the house sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from lti_tool.lms.calendar import Account, Caller, LmsCalendar
from lti_tool.lms.companion import Companion, CompanionSetup, Sender
from lti_tool.lms.events import EventSetup, IncomingEvent, LmsEvent, Proof
from lti_tool.lti.content import DeepLinkingSettings
from lti_tool.lti.notice_offer import NoticeOffer
from lti_tool.lti.offer import RegistrationOffer

__all__ = [
    "Claims",
    "DeepLinkingSettings",
    "Grade",
    "LaunchFacts",
    "Lms",
    "Member",
    "Message",
    "RegistrationOffer",
    "RoleName",
]

Claims = Mapping[str, Any]
"""The verified claims of an ``id_token``."""

Message = Literal["resource_link", "deep_linking", "submission_review"]

RoleName = Literal["teacher", "assistant", "learner", "observer"]


@dataclass(frozen=True, kw_only=True)
class LaunchFacts:
    """
    What one verified launch says, in our words. Strings the platform left out are "".
    """

    message: Message
    deployment_id: str
    subject: str | None
    """``sub``; None for an anonymous launch (LTI 1.3 section 5.3.6.1)."""
    name: str = ""
    role: RoleName = "observer"
    is_admin: bool = False
    """Holds the institution's or system's Administrator role. Grants nothing in a course."""
    is_test_user: bool = False
    context_id: str = ""
    context_title: str = ""
    context_label: str = ""
    context_history: tuple[str, ...] = ()
    """``$Context.id.history``: the courses this one was copied from, nearest first."""
    resource_link_id: str = ""
    resource_link_title: str = ""
    resource_link_history: tuple[str, ...] = ()
    target_link_uri: str = ""
    activity: str = ""
    """``custom.hearth_activity``: the public id that our deep link carried."""
    placement: str = ""
    """``custom.hearth_placement``: which answer of our picker made the link."""
    custom: Mapping[str, str] = field(default_factory=dict)
    """Resolved custom parameters only: what a platform left as ``$Variable`` is dropped."""
    sections: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roster_url: str | None = None
    line_items_url: str | None = None
    line_item_url: str | None = None
    """"" where the platform says that the link's own line item is gone."""
    scopes: tuple[str, ...] = ()
    locale: str = ""
    return_url: str | None = None
    """``launch_presentation.return_url``. May carry a key of the LMS: only its origin is ever kept."""
    review_of: str = ""
    """``for_user.user_id`` of a submission review: a hint, never a right."""
    deep_linking: DeepLinkingSettings | None = None
    notices: NoticeOffer | None = None
    """Where the platform's notices are to be had (LTI-PNS 1.0); None where it has none that we listen to."""
    email: str = ""
    """Kept only where the operator turned mail on."""
    family: str = ""
    """``tool_platform.product_family_code``, lower case."""
    brand_colour: str = ""
    """The institution's colour, as six hexadecimal digits in lower case."""
    more_contrast: bool = False
    """Whoever launched asks the LMS for more contrast."""
    lms_course_id: str = ""
    """By which the LMS's events call the course; "" where the launch does not tell."""
    lms_person_id: str = ""
    """By which the LMS's events call whoever launched."""
    lms_site: str = ""
    """By which the LMS's events call the school, where one key signs those of many; "" where it has no word for it."""


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A grade on its way out."""

    subject: str
    score_given: float | None
    score_maximum: float
    comment: str
    timestamp: datetime
    """Strictly later than the last one sent for this person and line item."""
    submitted_at: datetime | None
    is_graded: bool = True
    """False: there is no grade yet, and what is told is that work was handed in."""
    is_new_work: bool
    """The LMS has not been told of work that was handed in at ``submitted_at``."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of a roster (NRPS 2.0 section 2.2)."""

    subject: str
    role: RoleName
    is_active: bool = True
    name: str = ""
    """Empty where the platform withholds it: a known name must then be kept."""
    sections: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    """As a launch would tell them; None where the roster does not, which most tell only with a link's ``rlid``."""


class Lms(Protocol):
    """Where LMS brands differ. ``lms/standard.py`` is the default; each brand's package overrides."""

    def read_launch(self, claims: Claims) -> LaunchFacts:
        """The facts of a launch. *claims* are verified and have passed their message's schema."""
        ...

    def score_payload(self, grade: Grade) -> dict[str, Any] | None:
        """The body of an AGS score, or None where sending it would do harm on this LMS."""
        ...

    def hears_of_work(self) -> bool:
        """Whether this LMS can be told of work without a grade, and leaves a grade alone that it has."""
        ...

    def score_was_kept(self, status: int) -> bool:
        """Whether a refusal with *status*, of a score we know to be newest, means that the LMS has it."""
        ...

    def roster_page_url(self, roster_url: str) -> str:
        """The address of the first page of a roster, with the page size this LMS bears."""
        ...

    def results_page_size(self) -> int | None:
        """The ``limit`` to send when reading results; None where the LMS cannot bear one."""
        ...

    def read_member(self, member: Mapping[str, Any]) -> Member:
        """One member of a roster page."""
        ...

    def registration(self, offer: RegistrationOffer) -> dict[str, Any]:
        """The tool configuration to register (LTI dynamic registration 1.0 section 3.5)."""
        ...

    def course_url(self, *, issuer: str, context_id: str) -> str:
        """Where somebody without a session finds the course in their LMS; its front page where no more is known."""
        ...

    def relaunch_url(self, *, issuer: str, message_hint: str | None) -> str | None:
        """
        An address of the LMS that starts the same launch again in a window of its own.

        None where the login may simply be repeated with the same hints.
        """
        ...

    def event_proofs(self) -> tuple[Proof, ...]:
        """How this LMS's events can prove where they come from, the safest first."""
        ...

    def event_setup(self, proof: Proof) -> EventSetup:
        """How an admin lets this LMS send events that prove themselves by *proof*, one of those above."""
        ...

    def event_keys_url(self) -> str:
        """The key set of events signed with the LMS's own key; "" where it signs none so."""
        ...

    def event_token(self, document: Any) -> str:
        """The shared token that a body carries, for the proof ``token``; "" where there is none."""
        ...

    def read_events(self, document: Any, *, message_id: str) -> Sequence[IncomingEvent]:
        """
        The events in a body that was proven and parsed. Raises :class:`UnreadableEvent` for a body of another shape.

        *message_id* is the sender's own id of the message, "" where it has none.
        """
        ...

    def translate(self, event: IncomingEvent) -> Sequence[LmsEvent]:
        """*event* in our words; empty for what we have no use for."""
        ...

    def calendar(self, account: Account, sender: Caller) -> LmsCalendar | None:
        """What writes into the calendar of the LMS that *account* is of; None where we know no way."""
        ...

    def companion(self, *, address: str, token: str, sender: Sender) -> Companion | None:
        """What speaks to our plugin in the LMS at *address*; None where there is no plugin for it."""
        ...

    def companion_setup(self) -> CompanionSetup | None:
        """How an admin sets that plugin up; None where there is none."""
        ...
