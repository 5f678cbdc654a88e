"""
Who wants to hear that an activity hides names that it did not hide. The rooms tell, where parts meet.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class Listener(Protocol):
    """Hears of it inside the transaction that hides them."""

    def __call__(self, session: Session, activity_id: int, now: datetime, /) -> None: ...


class Listeners:
    """Those who keep names."""

    def __init__(self) -> None:
        self._known: Sequence[Listener] = ()

    def install(self, known: Sequence[Listener]) -> None:
        """From now on, these hear of it."""
        self._known = known

    def tell(self, session: Session, activity_id: int, *, now: datetime) -> None:
        """Tell them."""
        for listener in self._known:
            listener(session, activity_id, now)


names_hidden = Listeners()
