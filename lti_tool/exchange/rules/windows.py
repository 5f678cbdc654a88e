"""
When what may be done, and by whom: everybody's dates, one person's later ones, and what comes late.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Self

from lti_tool.exchange.rules.offers import lease_at, patience_in
from lti_tool.exchange.rules.options import Options

MARKED, REFUSED = "marked", "refused"
LATE_WAYS = (MARKED, REFUSED)
MOST_GRACE = 7 * 24 * 60
"""Minutes."""


@dataclass(frozen=True, kw_only=True)
class LateOptions(Options):
    """What becomes of work and reviews that come after their date."""

    TOPIC: ClassVar[str] = "late"

    work: str = MARKED
    """``marked``: it is taken and marked late; ``refused``: it is not taken."""
    work_grace: int = 0
    """So many minutes after the date work still counts as in time. Nobody is told beforehand."""
    reviews: str = MARKED
    reviews_grace: int = 0


@dataclass(frozen=True, kw_only=True)
class OwnDates:
    """The later dates of one person; None: as everybody's."""

    submit_by: datetime | None = None
    review_by: datetime | None = None
    reopened_until: datetime | None = None
    """Until when their work may be handed in once more, whatever else holds."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """
    When what may be done. Due dates say what is late; unless a teacher wants otherwise, only closing ends anything.

    So nobody who comes late is shut out from giving and getting feedback, and a teacher who
    wants an end makes one.
    """

    published_at: datetime | None = None
    opens_at: datetime | None = None
    submit_by: datetime | None = None
    review_by: datetime | None = None
    closed_at: datetime | None = None
    late: LateOptions = LateOptions()
    reopened_until: datetime | None = None

    def for_person(self, own: OwnDates) -> Self:
        """
        The windows of somebody with dates of their own: never earlier than everybody's.

        Whoever has more time for the work has as much time for reviewing after it as everybody has,
        unless they were given a date for that too.
        """
        submit_by = _later(self.submit_by, own.submit_by)
        review_by = _later(self.review_by, own.review_by)
        if self.submit_by is not None and self.review_by is not None and submit_by is not None:
            if own.review_by is None:
                review_by = self.review_by + (submit_by - self.submit_by)
            review_by = _later(review_by, submit_by) if self.review_by >= self.submit_by else review_by
        return replace(self, submit_by=submit_by, review_by=review_by, reopened_until=own.reopened_until)

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

    def is_reopened_at(self, now: datetime) -> bool:
        """Whether staff let this person hand in once more."""
        return self.reopened_until is not None and now <= self.reopened_until

    def why_not_hand_in(self, now: datetime) -> str | None:
        """None while work is taken, else as :meth:`why_not_open`, or too_late."""
        if self.published_at is not None and self.is_reopened_at(now):
            return None
        return self.why_not_open(now) or ("too_late" if self._ends_work and self.is_late(now) else None)

    def why_not_review(self, now: datetime) -> str | None:
        """None while reviews are taken, else as :meth:`why_not_open`, or too_late."""
        return self.why_not_open(now) or ("too_late" if self._ends_reviews and self.review_is_late(now) else None)

    def why_not_assess(self, now: datetime) -> str | None:
        """None while authors may look at their own work, also where staff let them alone hand in once more."""
        if self.published_at is not None and self.is_reopened_at(now):
            return None
        return self.why_not_open(now)

    def why_not_compare(self, now: datetime, *, begun_at: datetime) -> str | None:
        """
        None while works may be compared in a round begun at that moment, else as :meth:`why_not_review`.

        A round that begins when reviews are over asks for what nobody could give in time: only closing ends it.
        """
        return self.why_not_open(now) if self.review_is_late(begun_at) else self.why_not_review(now)

    def is_late(self, submitted_at: datetime) -> bool:
        """Whether work handed in at that moment is late."""
        grace = timedelta(minutes=self.late.work_grace)
        return self.submit_by is not None and submitted_at > self.submit_by + grace

    def review_is_late(self, given_at: datetime) -> bool:
        return self.review_by is not None and given_at > self.review_by + self._reviews_grace

    def is_settled_at(self, now: datetime) -> bool:
        """Whether grades need wait for no more feedback: closed, or past the due date of reviews."""
        return self.closed_at is not None or self.review_is_late(now)

    @property
    def time_for_reviews(self) -> timedelta | None:
        """How long people may review in time: once the work is due, or since it opened; None: nothing says that."""
        if self.review_by is None:
            return None
        began = max((at for at in (self.published_at, self.opens_at) if at is not None), default=None)
        since = [at for at in (self.submit_by, began) if at is not None and at < self.review_by]
        return self.review_by - since[0] if since else None

    @property
    def patience(self) -> timedelta:
        """How long nothing need be heard of somebody before others step in."""
        return patience_in(self.time_for_reviews)

    def lease_at(self, now: datetime) -> timedelta:
        """How long a work is kept for who takes it now."""
        return lease_at(now, review_by=self.review_by)

    def helps_from(self) -> datetime | None:
        """
        From when on works that nobody has begun go to those who help: once reviews are late, or, where none is
        taken then, as long before as others need to give them. None: there is no date.
        """
        if self.review_by is None:
            return None
        return self.review_by - self.patience if self._ends_reviews else self.review_by + self._reviews_grace

    @property
    def _reviews_grace(self) -> timedelta:
        return timedelta(minutes=self.late.reviews_grace)

    @property
    def _ends_work(self) -> bool:
        return self.late.work == REFUSED

    @property
    def _ends_reviews(self) -> bool:
        return self.late.reviews == REFUSED


def why_no_later(base: Windows, own: OwnDates) -> tuple[str, str] | None:
    """
    What keeps *own* from being later dates of somebody, as the name of a field and a reason; None: nothing.

    Reasons: ``no_date`` (nobody has one), ``not_later``, ``out_of_order``, ``none`` (no date at all).
    """
    for name, everybodys, theirs in (
        ("submit_by", base.submit_by, own.submit_by),
        ("review_by", base.review_by, own.review_by),
    ):
        if theirs is not None and everybodys is None:
            return name, "no_date"
        if theirs is not None and everybodys is not None and theirs <= everybodys:
            return name, "not_later"
    if own.submit_by is not None and own.review_by is not None and own.review_by < own.submit_by:
        return "review_by", "out_of_order"
    if own.submit_by is None and own.review_by is None:
        return "submit_by" if base.submit_by is not None else "review_by", "none"
    return None


def lease_with(lease_until: datetime, before: Windows, after: Windows) -> datetime:
    """Until when a work in hand is kept, once its reviewer has more time: until then, or as long as before."""
    if after.review_by is None or after.review_by == before.review_by:
        return lease_until
    return max(lease_until, after.review_by)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two dates. Where everybody has none, nobody needs one."""
    return max(one, other) if one is not None and other is not None else one
