"""
Jobs of the course home: digests by e-mail.
"""

import logging

from lti_tool import db, jobs
from lti_tool.clock import now
from lti_tool.config import running
from lti_tool.home import digests

log = logging.getLogger(__name__)


@jobs.periodic(cron="9,19,29,39,49,59 * * * *")
@jobs.task(name="home.send_digests", queue="mail", queueing_lock="home.send_digests", lock="home.send_digests")
def send_digests(timestamp: int) -> None:
    """Send everybody who asked for it one mail with what is new. Each stands for itself."""
    settings = running()
    with db.transaction() as session:
        due = digests.due(session, settings, now=now())
    count = 0
    for id in due:
        with db.transaction() as session:
            count += digests.send(session, settings, id, now=now())
    if count:
        log.info("%s digests sent", count)
