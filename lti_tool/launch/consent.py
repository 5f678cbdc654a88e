"""
Where an LMS sends whoever answered whether Hearth may write into its calendar (RFC 6749 section 4.1.2).
"""

import logging

from flask import render_template, request
from flask.typing import ResponseReturnValue

from lti_tool import config, db, jobs
from lti_tool.calendars import connecting
from lti_tool.calendars.jobs import begin
from lti_tool.clock import now
from lti_tool.launch.blueprints import doors
from lti_tool.lti.errors import ServiceError
from lti_tool.web.guards import platform_call

log = logging.getLogger(__name__)

LONGEST = 2000


@doors.get("/consent")
@platform_call
def consent() -> ResponseReturnValue:
    """Take a consent that was asked for: its state is the proof, and good once."""
    session = db.session()
    state, code = request.args.get("state", "")[:LONGEST], request.args.get("code", "")[:LONGEST]
    try:
        platform_id = connecting.consented(session, state=state, code=code, settings=config.running(), now=now())
    except connecting.ConsentRefused as err:
        # A consent that was denied is used up too.
        session.commit()
        log.info("no consent: %s", err)
        is_unreadable = isinstance(err, connecting.KeyUnreadable)
        return render_template("launch/consent.html", is_given=False, is_unreadable=is_unreadable), 403
    except ServiceError as err:
        session.rollback()
        log.warning("a consent could not be taken: %s", err.code)
        return render_template("launch/consent.html", is_given=False), 502
    jobs.defer(session, begin, platform_id=platform_id)
    session.commit()
    return render_template("launch/consent.html", is_given=True)
