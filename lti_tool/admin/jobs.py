"""
Jobs of the admin room.
"""

import logging

from lti_tool import db, jobs
from lti_tool.admin import deletions, operations
from lti_tool.clock import now

log = logging.getLogger(__name__)


@jobs.task(name="admin.carry_out", queue="admin")
def carry_out(request_id: int) -> None:
    """Hand a person's data out, or forget them, as an admin has asked."""
    try:
        with db.transaction() as session:
            operations.carry_out(session, request_id, now=now())
    except Exception:
        log.exception("request %s failed", request_id)
        with db.transaction() as session:
            operations.note_failure(session, request_id, now=now())


@jobs.periodic(cron="20 3 * * *")
@jobs.task(name="admin.settle_deletions", queue="admin", queueing_lock="admin.settle_deletions")
def settle_deletions(timestamp: int) -> None:
    """Forget whom the LMS has deleted some days ago, one by one, where no list of people has them any more."""
    with db.transaction() as session:
        waiting = deletions.due(session, now=now())
    for request_id in waiting:
        try:
            with db.transaction() as session:
                deletions.settle(session, request_id, now=now())
        except Exception:
            log.exception("request %s failed", request_id)


@jobs.periodic(cron="40 3 * * *")
@jobs.task(name="admin.clear_away", queue="house", queueing_lock="admin.clear_away")
def clear_away(timestamp: int) -> None:
    """Throw away exports that have expired, and old entries."""
    with db.transaction() as session:
        operations.clear_old(session, now=now())
