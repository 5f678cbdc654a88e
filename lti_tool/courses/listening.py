"""
Who wants to hear that people of a course are in other groups of the LMS by now. The rooms tell, where parts meet.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class Listener(Protocol):
    """Hears of it inside the transaction in which it was written down; what takes time is for a job."""

    def __call__(self, session: Session, course_id: int, people: Collection[int], now: datetime, /) -> None: ...


class Listeners:
    """Those who want to hear of one thing."""

    def __init__(self) -> None:
        self._known: Sequence[Listener] = ()

    def install(self, known: Sequence[Listener]) -> None:
        """From now on, these hear of it."""
        self._known = known

    def tell(self, session: Session, course_id: int, people: Collection[int], *, now: datetime) -> None:
        """Tell them, unless nobody is concerned."""
        for listener in self._known if people else ():
            listener(session, course_id, people, now)


groups_moved = Listeners()
