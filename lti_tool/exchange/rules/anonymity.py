"""
Who learns whose name: the one place that decides it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from lti_tool.exchange.rules.dialogue import AUTHOR, REVIEWER, STAFF
from lti_tool.exchange.rules.options import Options

NAMED, MASKED, AUTHOR_HIDDEN, REVIEWER_HIDDEN = "named", "masked", "author_hidden", "reviewer_hidden"
SEALED = "sealed"
"""As masked, and staff do not learn either who wrote a feedback; in the end nothing in the database says it."""
ANONYMITIES = (MASKED, REVIEWER_HIDDEN, AUTHOR_HIDDEN, NAMED, SEALED)

CLASSMATE = "classmate"
"""Who is neither author nor reviewer of a work."""

SEE, ASK = "see", "ask"
STAFF_WAYS = (SEE, ASK)

LOOKERS = (AUTHOR, REVIEWER, CLASSMATE, STAFF)
MOST_MINIMUM = 3
SEALED_MINIMUM = 2
"""A single feedback gives its reviewer away, sealed or not."""

SEAL_AFTER = timedelta(days=1)
"""From closing on: for so long it can be opened again."""
CLOSE_AFTER = timedelta(days=14)
"""After the last date a sealed exchange that nobody closes is closed, or nothing would ever be sealed."""
CLOSE_IDLE_AFTER = timedelta(days=60)
"""Where there are no dates: after the last feedback."""

_HIDDEN: dict[str, frozenset[str]] = {
    NAMED: frozenset(),
    MASKED: frozenset({AUTHOR, REVIEWER}),
    AUTHOR_HIDDEN: frozenset({AUTHOR}),
    REVIEWER_HIDDEN: frozenset({REVIEWER}),
    SEALED: frozenset({AUTHOR, REVIEWER}),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, kw_only=True)
class AnonymityOptions(Options):
    """What protects names beyond hiding them."""

    TOPIC: ClassVar[str] = "anonymity"

    minimum: int = 1
    """Feedback whose reviewer is hidden is shown to its author once so much is there, or the exchange is closed."""
    staff: str = SEE
    """Whether staff see who wrote a feedback whose reviewer is hidden: ``see``, or ``ask``: for a reason, and told."""


def is_hidden(anonymity: str, whose: str) -> bool:
    """Whether the author, or the reviewer, is hidden from the other."""
    return whose in _HIDDEN[anonymity]


def may_see(anonymity: str, *, looker: str, whose: str, agreed: bool = False) -> bool:
    """
    Whether *looker* may learn the name of the author or of the reviewer of one feedback.

    *agreed* says that both offered their names to each other. Staff see all but the reviewers of a sealed
    exchange, classmates nobody.
    """
    if looker == whose:
        return True
    if looker == STAFF:
        return not (whose == REVIEWER and anonymity == SEALED)
    if looker == CLASSMATE:
        return False
    return (agreed and anonymity != SEALED) or not is_hidden(anonymity, whose)


def may_become(anonymity: str, other: str) -> bool:
    """Whether work that was handed in under *anonymity* may go on under *other*: who is hidden stays hidden."""
    if anonymity == SEALED:
        return other == SEALED
    return _HIDDEN[anonymity] <= _HIDDEN[other]


def is_held_back(anonymity: str, options: AnonymityOptions, *, received: int, expected: int, is_closed: bool) -> bool:
    """
    Whether feedback still waits for more, since a single one would give its reviewer away.

    Never for more than each may hope to get.
    """
    if is_closed or not is_hidden(anonymity, REVIEWER):
        return False
    return received < least(anonymity, options, expected=expected)


def least(anonymity: str, options: AnonymityOptions, *, expected: int) -> int:
    """How much feedback must be there before any of it is shown."""
    return min(max(options.minimum, SEALED_MINIMUM if anonymity == SEALED else 1), expected)


def closes_itself_at(*, last_date: datetime | None, last_given: datetime | None) -> datetime | None:
    """When a sealed exchange is closed although nobody did; None where nothing was given that could be sealed."""
    if last_date is not None:
        return last_date + CLOSE_AFTER
    return None if last_given is None else last_given + CLOSE_IDLE_AFTER


def pseudonyms(seed: int, work: int, count: int) -> tuple[str, ...]:
    """
    The letters of the reviewers of one work, in the order in which they came.

    Shuffled, so that a letter tells nothing of when somebody came or who they are elsewhere; yet whoever
    has one keeps it when others come.
    """
    rounds = -(-count // len(_LETTERS))
    drawn = (letter * (each + 1) for each in range(rounds) for letter in _shuffled(f"{seed} {work} {each}"))
    return tuple(letter for letter, _ in zip(drawn, range(count), strict=False))


def _shuffled(key: str) -> Collection[str]:
    return sorted(_LETTERS, key=lambda letter: sha256(f"{key} {letter}".encode()).digest())
