"""
Who learns whose name: the one place that decides it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from lti_tool.exchange.rules.dialogue import AUTHOR, REVIEWER, STAFF
from lti_tool.exchange.rules.options import Options

NAMED, MASKED, AUTHOR_HIDDEN, REVIEWER_HIDDEN = "named", "masked", "author_hidden", "reviewer_hidden"
ANONYMITIES = (MASKED, REVIEWER_HIDDEN, AUTHOR_HIDDEN, NAMED)

CLASSMATE = "classmate"
"""Who is neither author nor reviewer of a work."""

LOOKERS = (AUTHOR, REVIEWER, CLASSMATE, STAFF)
MOST_MINIMUM = 3

_HIDDEN: dict[str, frozenset[str]] = {
    NAMED: frozenset(),
    MASKED: frozenset({AUTHOR, REVIEWER}),
    AUTHOR_HIDDEN: frozenset({AUTHOR}),
    REVIEWER_HIDDEN: frozenset({REVIEWER}),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, kw_only=True)
class AnonymityOptions(Options):
    """What protects names beyond hiding them."""

    TOPIC: ClassVar[str] = "anonymity"

    minimum: int = 1
    """Feedback whose reviewer is hidden is shown to its author once so much is there, or the exchange is closed."""


def is_hidden(anonymity: str, whose: str) -> bool:
    """Whether the author, or the reviewer, is hidden from the other."""
    return whose in _HIDDEN[anonymity]


def may_see(anonymity: str, *, looker: str, whose: str, agreed: bool = False) -> bool:
    """
    Whether *looker* may learn the name of the author or of the reviewer of one feedback.

    *agreed* says that both offered their names to each other. Staff see all, classmates nobody.
    """
    if looker in (STAFF, whose):
        return True
    if looker == CLASSMATE:
        return False
    return agreed or not is_hidden(anonymity, whose)


def may_become(anonymity: str, other: str) -> bool:
    """Whether work that was handed in under *anonymity* may go on under *other*: who is hidden stays hidden."""
    return _HIDDEN[anonymity] <= _HIDDEN[other]


def is_held_back(anonymity: str, options: AnonymityOptions, *, received: int, expected: int, is_closed: bool) -> bool:
    """
    Whether feedback still waits for more, since a single one would give its reviewer away.

    Never for more than each may hope to get.
    """
    if is_closed or not is_hidden(anonymity, REVIEWER):
        return False
    return received < min(options.minimum, expected)


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
