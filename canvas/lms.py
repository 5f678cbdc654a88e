"""
Canvas at the gate: placements, submissions that a score makes, small pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from canvas import events, looks, placements
from canvas.calendar import CanvasCalendar
from canvas.placements import EXTENSION
from lti_tool.lms.calendar import Account, Caller, LmsCalendar
from lti_tool.lms.events import EventSetup, IncomingEvent, LmsEvent, Proof
from lti_tool.lms.port import Claims, Grade, LaunchFacts, RegistrationOffer
from lti_tool.lms.standard import CUSTOM, StandardLms, with_limit
from lti_tool.lti import vocabulary as lti

SUBMISSION = EXTENSION + "submission"

PAGE = 50
"""Canvas gives no more at once, whatever is asked for."""


class CanvasLms(StandardLms):
    """Plain LTI Advantage, but for these."""

    def read_launch(self, claims: Claims) -> LaunchFacts:
        """Live events call people and courses by numbers that a launch tells only where we asked for them."""
        facts = super().read_launch(claims)
        shard = facts.custom.get("shard_id", "")
        course = events.global_id(facts.custom.get("course_id"), int(shard) if _is_number(shard) else 0)
        person = events.global_id(facts.custom.get("user_global_id"), 0)
        facts = replace(
            facts,
            lms_course_id=course,
            lms_person_id=person,
            lms_site=facts.custom.get("root_account_uuid", "")[: events.LONGEST_SITE],
            brand_colour=looks.colour(facts.custom.get("brand", "")),
            more_contrast=facts.custom.get("high_contrast") == "true",
        )
        return _of_the_account(facts) if claims.get(placements.PLACEMENT) == placements.INSTITUTION else facts

    def score_payload(self, grade: Grade) -> dict[str, Any] | None:
        """
        A score that makes a submission of new work only, and leaves a teacher's own grade alone.

        None for taking a grade back: Canvas ignores a score that is not final, and empties the submission.
        """
        if not grade.is_graded:
            return _work(grade)
        payload = super().score_payload(grade)
        if payload is None or grade.score_given is None:
            return None
        handed_in = grade.submitted_at is not None
        payload[SUBMISSION] = {
            # Nobody who handed in nothing shall look as if they had.
            "new_submission": grade.is_new_work,
            "submission_type": "external_tool" if handed_in else "none",
            "prioritize_non_tool_grade": True,
        }
        return payload

    def hears_of_work(self) -> bool:
        """Yes: Canvas can be asked to keep the grade that it has."""
        return True

    def roster_page_url(self, roster_url: str) -> str:
        """See :meth:`lti_tool.lms.port.Lms.roster_page_url`."""
        return with_limit(roster_url, PAGE)

    def results_page_size(self) -> int | None:
        """See :meth:`lti_tool.lms.port.Lms.results_page_size`."""
        return PAGE

    def custom(self) -> Mapping[str, str]:
        """Sections and groups, how Canvas looks; the global ids are what live events speak of."""
        return {
            "sections": "$Canvas.course.sectionIds",
            "groups": "$Canvas.group.contextIds",
            "user_global_id": "$Canvas.user.globalId",
            "course_id": "$Canvas.course.id",
            "shard_id": "$Canvas.shard.id",
            "course_uuid": "$vnd.instructure.Course.uuid",
            "root_account_uuid": "$vnd.Canvas.root_account.uuid",
            "activity_history": "$Activity.id.history",
            "brand": "$com.instructure.brandConfigJSON",
            "high_contrast": "$Canvas.user.prefersHighContrast",
        }

    def messages(self, offer: RegistrationOffer, launch: str) -> list[dict[str, Any]]:
        """See :mod:`canvas.placements`."""
        return placements.messages(offer)

    def registration(self, offer: RegistrationOffer) -> dict[str, Any]:
        """Names without e-mail, and one tool id however often it is installed."""
        made = super().registration(offer)
        made["logo_uri"] = offer.public_url + placements.ICON
        made[lti.TOOL_CONFIGURATION] |= {
            EXTENSION + "privacy_level": placements.PRIVACY,
            EXTENSION + "tool_id": placements.TOOL_ID,
        }
        return made

    def configuration(self, offer: RegistrationOffer) -> dict[str, Any]:
        """What an admin pastes into Canvas where dynamic registration is not to be had."""
        return placements.configuration(offer, {**CUSTOM, **self.custom(), **offer.custom})

    def calendar(self, account: Account, sender: Caller) -> LmsCalendar:
        """By Canvas's own interface, see :mod:`canvas.calendar`."""
        return CanvasCalendar(account, sender)

    def event_proofs(self) -> tuple[Proof, ...]:
        """Signed with Canvas's key; where an admin cannot switch that on, the secret address alone."""
        return ("jwt", "address")

    def event_setup(self, proof: Proof) -> EventSetup:
        """See :func:`canvas.events.setup`."""
        return events.setup(proof)

    def event_keys_url(self) -> str:
        """See :data:`canvas.events.KEYS`."""
        return events.KEYS

    def read_events(self, document: Any, *, message_id: str) -> Sequence[IncomingEvent]:
        """See :func:`canvas.events.read`."""
        return events.read(document)

    def translate(self, event: IncomingEvent) -> Sequence[LmsEvent]:
        """See :func:`canvas.events.translate`."""
        return events.translate(event)


def _work(grade: Grade) -> dict[str, Any] | None:
    """
    A submission without a grade.

    Canvas ignores a score that is not final, and empties the submission unless it is asked to preserve its score.
    """
    if grade.submitted_at is None:
        return None
    handed_in = grade.submitted_at.isoformat(timespec="milliseconds")
    return {
        "userId": grade.subject,
        "timestamp": grade.timestamp.isoformat(timespec="milliseconds"),
        "activityProgress": "Submitted",
        "gradingProgress": "Pending",
        "scoreMaximum": grade.score_maximum,
        "submission": {"submittedAt": handed_in},
        SUBMISSION: {
            "new_submission": grade.is_new_work,
            "preserve_score": True,
            "prioritize_non_tool_grade": True,
            "submission_type": "external_tool",
            # A Canvas of before ``submission`` reads this one.
            "submitted_at": handed_in,
        },
    }


def _of_the_account(facts: LaunchFacts) -> LaunchFacts:
    """From the navigation of an account: its ``context`` is the account, which is no course."""
    return replace(facts, context_id="", context_title="", context_label="", context_history=(), lms_course_id="")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7
