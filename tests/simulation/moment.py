"""
One moment for all processes of a simulation. A file holds it; each process moves its clock there.

Only what asks for the date is moved. PostgreSQL, and whatever measures how long something takes,
go by real time.
"""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine

WHERE = "SIMULATED_MOMENT"
"""The environment variable that names the file."""

Application = Callable[..., Iterable[bytes]]


class Clock:
    """The clock of this process. It runs on from where it was moved to."""

    def __init__(self, at: datetime) -> None:
        self._traveller = time_machine.travel(at, tick=True).start()

    def move_to(self, at: datetime) -> None:
        self._traveller.move_to(at)


class Moment:
    """The moment as the simulation sets it, for itself and for who follows."""

    def __init__(self, file: Path, at: datetime) -> None:
        self._file = file
        self._clock = Clock(at)
        self.at = at
        self._tell(at)

    def move_to(self, at: datetime) -> None:
        """Go on to *at*; time never goes back."""
        if at <= self.at:
            return
        self.at = at
        self._clock.move_to(at)
        self._tell(at)

    def _tell(self, at: datetime) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.replace(self._file)


def following(app: Application) -> Application:
    """*app*, whose process moves its clock before each request if the moment has changed."""
    file = Path(os.environ[WHERE])
    told = file.read_text()
    clock = Clock(datetime.fromisoformat(told))
    lock = threading.Lock()

    def follow(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        nonlocal told
        with lock:
            fresh = file.read_text()
            if fresh != told:
                told = fresh
                clock.move_to(datetime.fromisoformat(fresh).astimezone(UTC))
        return app(environ, start_response)

    return follow
