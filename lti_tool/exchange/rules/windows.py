"""
When what may be done.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Windows:
    """
    When what may be done. Due dates say what is late; only closing ends anything.

    So nobody who comes late is shut out from giving and getting feedback, and a teacher who
    wants an end makes one.
    """

    published_at: datetime | None = None
    opens_at: datetime | None = None
    submit_by: datetime | None = None
    review_by: datetime | None = None
    closed_at: datetime | None = None

    def why_not_open(self, now: datetime) -> str | None:
        """None while people may take part, else unpublished, not_yet or closed."""
        if self.published_at is None:
            return "unpublished"
        if self.closed_at is not None:
            return "closed"
        if self.opens_at is not None and now < self.opens_at:
            return "not_yet"
        return None

    def is_open_at(self, now: datetime) -> bool:
        return self.why_not_open(now) is None

    def is_late(self, submitted_at: datetime) -> bool:
        """Whether work handed in at that moment is late."""
        return self.submit_by is not None and submitted_at > self.submit_by

    def review_is_late(self, given_at: datetime) -> bool:
        return self.review_by is not None and given_at > self.review_by

    def is_settled_at(self, now: datetime) -> bool:
        """Whether grades need wait for no more feedback: closed, or past the due date of reviews."""
        return self.closed_at is not None or (self.review_by is not None and now > self.review_by)
