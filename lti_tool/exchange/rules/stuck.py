"""
Who is stuck, and why; and who should read a work that nobody reads.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from lti_tool.exchange.rules.pairs import draw
from lti_tool.exchange.rules.windows import Windows

FOR_STAFF, WANTS_READER, READER_IDLE = "for_staff", "wants_reader", "reader_idle"
NO_PAIR, NOTHING_THERE, LATE, IDLE, NO_WORK = "no_pair", "nothing_there", "late", "idle", "no_work"
FLAGGED, NOT_SENT, NOT_BEGUN = "flagged", "not_sent", "not_begun"

REASONS = (
    FOR_STAFF,
    FLAGGED,
    NOT_BEGUN,
    NO_PAIR,
    WANTS_READER,
    READER_IDLE,
    LATE,
    IDLE,
    NOTHING_THERE,
    NO_WORK,
    NOT_SENT,
)
"""In the order in which somebody should look at them."""


TELL_WHO_GAVE = (NO_PAIR, LATE, IDLE, NOTHING_THERE)
"""Reasons from which it can be seen how much somebody gave."""


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """What is known of one person in an exchange."""

    person_id: int
    submitted_at: datetime | None = None
    planned_at: datetime | None = None
    """None: not in the plan, or everybody still waits to begin together."""
    owes: int
    """Reviews in all."""
    given: int = 0
    in_hand: bool = False
    """A work is open, its lease not lapsed."""
    waiting: int = 0
    """Works kept for them: planned, or taken and let lie."""
    last_sign_at: datetime | None = None
    """When they last took a work, wrote, gave or handed in."""
    lacks: int = 0
    """Readers whom the plan has not found for their work."""
    idle_readers: int = 0
    """Readers of their work who give no sign."""
    may_be_read: bool = True
    """Somebody is there who may read their work and does not yet."""
    may_read: bool = True
    """A work is there that they may read and do not yet."""
    flags: int = 0
    """Open, about their work or what was said about it."""
    is_not_sent: bool = False
    """Their grade did not reach the gradebook."""

    @property
    def missing(self) -> int:
        """Reviews they still owe."""
        return max(self.owes - self.given, 0)


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """One reason why something does not go on."""

    why: str
    """One of :data:`REASONS`."""
    count: int = 0
    """How many readers, works or flags it is about."""


def is_idle(person: Whereabouts, windows: Windows, *, now: datetime) -> bool:
    """Whether somebody keeps works from others: no sign for days, or past the date with nothing in hand."""
    if not person.waiting or person.in_hand:
        return False
    if windows.review_is_late(now):
        return True
    sign = max((at for at in (person.last_sign_at, person.planned_at) if at is not None), default=None)
    return sign is not None and now > sign + windows.patience


def why_stuck(person: Whereabouts, windows: Windows, *, now: datetime) -> tuple[Stuck, ...]:
    """Every reason, most urgent first. Nobody is stuck in what has not opened yet."""
    because = windows.why_not_open(now)
    if because in ("unpublished", "not_yet"):
        return ()
    found = [*_as_author(person, windows, now), *_as_reader(person, windows, now)]
    return tuple(sorted(found, key=lambda each: REASONS.index(each.why)))


def _as_author(person: Whereabouts, windows: Windows, now: datetime) -> Iterable[Stuck]:
    if person.flags:
        yield Stuck(why=FLAGGED, count=person.flags)
    if person.is_not_sent:
        yield Stuck(why=NOT_SENT)
    if person.submitted_at is None:
        if windows.closed_at is None and windows.is_late(now):
            yield Stuck(why=NO_WORK)
        return
    if person.planned_at is None:
        if windows.submit_by is None and windows.closed_at is None:
            yield Stuck(why=NOT_BEGUN)
        return
    if person.lacks > 0:
        # Classmates who have done their part are asked first; what they leave is for staff.
        is_old = now > person.planned_at + windows.patience or windows.is_settled_at(now)
        yield Stuck(why=FOR_STAFF if is_old or not person.may_be_read else WANTS_READER, count=person.lacks)
    if person.idle_readers and windows.closed_at is None:
        yield Stuck(why=READER_IDLE, count=person.idle_readers)


def _as_reader(person: Whereabouts, windows: Windows, now: datetime) -> Iterable[Stuck]:
    if person.submitted_at is None or not person.missing or windows.closed_at is not None:
        return
    if not person.in_hand and not person.waiting and person.planned_at is not None:
        yield Stuck(why=NOTHING_THERE if person.may_read else NO_PAIR, count=person.missing)
        return
    if windows.review_is_late(now):
        yield Stuck(why=LATE, count=person.missing)
    elif is_idle(person, windows, now=now):
        yield Stuck(why=IDLE, count=person.waiting)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who may be asked to read a work."""

    person_id: int
    name: str = ""
    owes: int
    given: int
    in_hand: int = 0
    """Works open or kept for them."""
    is_idle: bool = False

    @property
    def has_done_their_part(self) -> bool:
        """They gave what they owe, and something at all: who is excused altogether is not asked for more."""
        return self.given > 0 and self.given >= self.owes and not self.in_hand

    @property
    def load(self) -> int:
        """What they do beyond what they owe; below 0, what they still have to be given."""
        return self.given + self.in_hand - self.owes


def best_readers(readers: Iterable[Reader], author: int, *, seed: int, avoids: Callable[[int], bool]) -> list[Reader]:
    """
    *readers* in the order in which to ask them.

    Who gives no sign comes last, and what had better not be, such as two who review each other, late;
    who owes more than the plan found for them comes first. Who is equal is told apart by the seed, so
    the same class is asked in the same order.
    """
    return sorted(
        readers,
        key=lambda each: (
            each.is_idle,
            avoids(each.person_id),
            each.load,
            each.in_hand,
            draw(seed, each.person_id, author),
        ),
    )
