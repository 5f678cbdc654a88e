"""
Ringing once more for a whole flood, a moment after it was kept.

Whoever keeps an event while a job waits to be begun relies on that job; but it may begin and end before the event is
committed. So somebody must look again after the commit. One look serves all who kept something meanwhile; where the
process dies before it, the sweep of the next minute finds what is left.
"""

import logging
import threading
import time

from psycopg import Error as DatabaseError
from sqlalchemy.exc import SQLAlchemyError

from lti_tool import db
from webhooks import inbox

log = logging.getLogger(__name__)

MOMENT = 0.05
"""Seconds between the first who asks and the look."""


class Bell:
    """That of one process: a thread of its own, begun with the first event."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Look again soon. Only after the commit of what was kept."""
        self._asked.set()
        if self._thread is None or not self._thread.is_alive():
            with self._guard:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            time.sleep(MOMENT)
            # Cleared before the look: who asks from here on is seen by the next one.
            self._asked.clear()
            try:
                with db.autocommitting() as connection:
                    inbox.ring_again(connection)
            except (SQLAlchemyError, DatabaseError, LookupError):
                log.warning("could not look again; the sweep will", exc_info=True)


bell = Bell()
