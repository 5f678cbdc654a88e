"""
Housekeeping: what has served its time goes, and jobs whose worker died start again.
"""

import logging
from datetime import datetime, timedelta

from procrastinate import JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from lti_tool import db, jobs
from lti_tool.clock import now
from lti_tool.config import running
from lti_tool.lti import refusals
from lti_tool.lti.models import AccessToken, Attempt, LaunchRefusal
from lti_tool.notices import operations as notices
from lti_tool.web.models import WebSession

log = logging.getLogger(__name__)

GRACE = timedelta(days=1)
"""How long an ended session or login is kept, so that the log of the day can still be followed to it."""
FINISHED_JOBS_HOURS = 24
FAILED_JOBS_HOURS = 30 * 24


@jobs.periodic(cron="7,17,27,37,47,57 * * * *")
@jobs.task(name="house.clear_away", queue="house", queueing_lock="house.clear_away")
def clear_away(timestamp: int) -> None:
    """Delete rows that nobody will ask for again."""
    with db.transaction() as session:
        delete_expired(session, now=now())
        notices.clear_old(session, now=now())
        if not running().sends_mail:
            notices.forget_addresses(session)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="house.tend_jobs", queue="house", queueing_lock="house.tend_jobs", pass_context=True)
async def tend_jobs(context: JobContext, timestamp: int) -> None:
    """Start jobs again whose worker died; delete those long done."""
    await tend(context.app.job_manager)


async def tend(manager: JobManager) -> None:
    """
    See :func:`tend_jobs`.
    """
    for stalled in await manager.get_stalled_jobs():
        if stalled.id is None:
            continue
        try:
            # Jobs are idempotent, so half a job done before is no harm.
            await manager.retry_job(stalled)
            log.warning("job %s (%s) starts again: its worker died", stalled.id, stalled.task_name)
        except ConnectorException:
            # A younger job waits under the same name and does the same work.
            await manager.finish_job_by_id_async(job_id=stalled.id, status=Status.FAILED, delete_job=True)
    await manager.delete_old_jobs(nb_hours=FINISHED_JOBS_HOURS, include_cancelled=True, include_aborted=True)
    await manager.delete_old_jobs(nb_hours=FAILED_JOBS_HOURS, include_failed=True)


def delete_expired(session: Session, *, now: datetime) -> int:
    """Delete logins, sessions and tokens that have ended, and old counts of refusals. Returns how many."""
    count = 0
    for statement in (
        delete(Attempt).where(Attempt.expires_at < now - GRACE),
        delete(WebSession).where(WebSession.expires_at < now - GRACE),
        delete(AccessToken).where(AccessToken.expires_at < now),
        delete(LaunchRefusal).where(LaunchRefusal.day < (now - refusals.KEPT).date()),
    ):
        result = session.execute(statement, execution_options={"synchronize_session": False})
        assert isinstance(result, CursorResult)  # noqa: S101 - what a DELETE gives
        count += result.rowcount
    return count
