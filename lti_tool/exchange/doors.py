"""
Where a page sends what its reader does with a feedback, and by which name it knows that feedback.

Feedback by classmates and by staff is talked about in the same fragments; only their addresses differ.
"""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, StaffReview
from lti_tool.exchange.queries import Discussed


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The addresses of one feedback."""

    exchange: Exchange
    about: Discussed

    @property
    def is_by_staff(self) -> bool:
        return isinstance(self.about, StaffReview)

    @property
    def key(self) -> str:
        """By which a page tells it from others: in ids of elements, and in what a tab keeps."""
        return f"staff-{self.about.id}" if self.is_by_staff else str(self.about.id)

    @property
    def anchor(self) -> str:
        """Where it stands on its author's page."""
        return f"staff-feedback-{self.about.id}" if self.is_by_staff else f"feedback-{self.about.id}"

    @property
    def mark(self) -> str:
        return self._to("exchange.mark", "exchange.mark_staff_comment")

    @property
    def tick(self) -> str:
        return self._to("exchange.tick", "exchange.tick_staff_comment")

    @property
    def thank(self) -> str:
        return self._to("exchange.thank", "exchange.thank_staff")

    @property
    def take_thanks_back(self) -> str:
        return self._to("exchange.take_thanks_back", "exchange.take_thanks_back_from_staff", _method="POST")

    @property
    def hear(self) -> str:
        return self._to("exchange.hear", "exchange.hear_author")

    def say(self, side: str) -> str:
        """Where somebody on *side* writes a message."""
        if side == rules.STAFF:
            return self._to("exchange.join", "exchange.answer_author")
        return self._to("exchange.say", "exchange.say_to_staff")

    def edit(self, side: str, message_id: int) -> str:
        """Where somebody on *side* changes a message of theirs."""
        if side == rules.STAFF:
            return self._to("exchange.edit_staff_message", "exchange.edit_answer_to_author", message_id=message_id)
        return self._to("exchange.edit_message", "exchange.edit_message_to_staff", message_id=message_id)

    def _to(self, endpoint: str, by_staff: str, **values: Any) -> str:
        if self.is_by_staff:
            return url_for(by_staff, id=self.exchange.id, staff_review_id=self.about.id, **values)
        return url_for(endpoint, id=self.exchange.id, feedback_id=self.about.id, **values)
