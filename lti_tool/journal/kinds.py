"""
Which acts of the journal may be told outside the house, and what of each. Rooms declare theirs.

What no room declares is never told, nor a fact that its kind does not name.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flask_babel import LazyString
from sqlalchemy.orm import Session

Words: TypeAlias = str | LazyString
Teller: TypeAlias = Callable[[Session, Collection[int]], Mapping[int, bool]]
"""Of activities by id: whether whoever did the act may be named there. Absent: the act is not told at all."""


@dataclass(frozen=True, kw_only=True)
class Caliper:
    """How Caliper 1.2 says it: type and action of the event, the types of what it is about and of what came of it."""

    type: str
    action: str
    profile: str
    object: str = "AssignableDigitalResource"
    generated: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of act that can go out."""

    act: str
    """As in the journal: ``feedback.given``."""
    words: Words
    """What happened, for who chooses kinds."""
    facts: tuple[str, ...] = ()
    """Particulars that are told: plain facts, never ids. None of them where nobody may be named."""
    names_in: Teller | None = None
    """None: whoever did it may be named anywhere, for it says nothing about anybody's words."""
    tells_activity: bool = True
    caliper: Caliper | None = None
    """None: Caliper has no word for it."""
