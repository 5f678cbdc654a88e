"""
Canvas at the gate: placements, submissions that a score makes, small pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from canvas import events
from lti_tool.lms.events import EventSetup, IncomingEvent, LmsEvent, Proof
from lti_tool.lms.port import Claims, Grade, LaunchFacts, RegistrationOffer
from lti_tool.lms.standard import StandardLms, with_limit
from lti_tool.lti import vocabulary as lti

EXTENSION = "https://canvas.instructure.com/lti/"
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
        return replace(facts, lms_course_id=course, lms_person_id=person)

    def score_payload(self, grade: Grade) -> dict[str, Any] | None:
        """
        A score that makes a submission the first time only, and leaves a teacher's own grade alone.

        None for taking a grade back: Canvas ignores a score that is not final, and empties the submission.
        """
        payload = super().score_payload(grade)
        if payload is None or grade.score_given is None:
            return None
        payload[SUBMISSION] = {"new_submission": grade.first, "prioritize_non_tool_grade": True}
        return payload

    def roster_page_url(self, roster_url: str) -> str:
        """See :meth:`lti_tool.lms.port.Lms.roster_page_url`."""
        return with_limit(roster_url, PAGE)

    def results_page_size(self) -> int | None:
        """See :meth:`lti_tool.lms.port.Lms.results_page_size`."""
        return PAGE

    def custom(self) -> Mapping[str, str]:
        """Sections and groups; the global ids are what live events speak of."""
        return {
            "sections": "$Canvas.course.sectionIds",
            "groups": "$Canvas.group.contextIds",
            "user_global_id": "$Canvas.user.globalId",
            "course_id": "$Canvas.course.id",
            "shard_id": "$Canvas.shard.id",
            "course_uuid": "$vnd.instructure.Course.uuid",
            "root_account_uuid": "$vnd.Canvas.root_account.uuid",
            "activity_history": "$Activity.id.history",
        }

    def messages(self, offer: RegistrationOffer, launch: str) -> list[dict[str, Any]]:
        """Course navigation, assignments and modules."""
        return [
            {
                "type": lti.RESOURCE_LINK_REQUEST,
                "target_link_uri": launch,
                "label": offer.name,
                "placements": [EXTENSION + "course_navigation"],
                # A teacher switches it on where it is wanted.
                EXTENSION + "course_navigation/default_enabled": False,
                EXTENSION + "visibility": "members",
            },
            {
                "type": lti.DEEP_LINKING_REQUEST,
                "target_link_uri": launch,
                "label": offer.name,
                "placements": [EXTENSION + "assignment_selection", EXTENSION + "link_selection"],
            },
        ]

    def registration(self, offer: RegistrationOffer) -> dict[str, Any]:
        """Names without e-mail, and one tool id however often it is installed."""
        made = super().registration(offer)
        made[lti.TOOL_CONFIGURATION] |= {EXTENSION + "privacy_level": "name_only", EXTENSION + "tool_id": "hearth"}
        return made

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


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7
