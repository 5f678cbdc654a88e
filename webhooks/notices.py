"""
Notices of platforms: an address of ours for each registration, and asking the platform to send there.
"""

import logging
import secrets
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.lti import listening
from lti_tool.lti.errors import ServiceError
from lti_tool.lti.listening import Due
from lti_tool.lti.services import open_client
from webhooks.models import Source

log = logging.getLogger(__name__)

NAME = "Notices (LTI)"
MOST_AT_ONCE = 20


def subscribe_due(settings: Settings) -> int:
    """Ask every platform whose notices we want and do not get yet. Returns how many were asked."""
    with db.transaction() as session:
        waiting = listening.due(session, now=now(), limit=MOST_AT_ONCE)
    for each in waiting:
        _subscribe(each, settings)
    return len(waiting)


def look_after(settings: Settings) -> int:
    """
    See whether every platform that promised its notices still sends them here; ask anew where it does not.

    Returns how many do not.
    """
    with db.transaction() as session:
        promised = listening.promised(session)
    return sum(not _is_kept(each, settings) for each in promised)


def _is_kept(asked: Due, settings: Settings) -> bool:
    with db.transaction() as session:
        client = open_client(session, asked.platform_id, settings=settings)
        handler = _source(session, asked.platform_id, now=now()).address(settings.public_url)
    try:
        told = client.handlers(asked.url)
    except ServiceError as err:
        if not err.retryable:
            with db.transaction() as session:
                listening.failed(session, asked, err.code, passes=False, now=now())
        return err.retryable
    if all(told.get(each) == handler for each in asked.types):
        return True
    log.warning("platform %s sends its notices elsewhere, and is asked anew", asked.platform_id)
    with db.transaction() as session:
        listening.broken(session, asked, now=now())
    return False


def _subscribe(asked: Due, settings: Settings) -> None:
    with db.transaction() as session:
        client = open_client(session, asked.platform_id, settings=settings)
        handler = _source(session, asked.platform_id, now=now()).address(settings.public_url)
    try:
        for notice_type in asked.types:
            client.subscribe(asked.url, notice_type, handler)
    except ServiceError as err:
        log.warning("platform %s sends no notices: %s", asked.platform_id, err.code)
        with db.transaction() as session:
            listening.failed(session, asked, err.code, passes=err.retryable, now=now())
        return
    with db.transaction() as session:
        listening.listens(session, asked, now=now())
    log.info("platform %s will send notices of deployment %s", asked.platform_id, asked.deployment_id)


def _source(session: Session, platform_id: int, *, now: datetime) -> Source:
    """The platform's own address for notices, made when it is first needed."""
    # Two workers at once make one.
    session.execute(text("select 1 from platform where id = :id for update"), {"id": platform_id})
    found = session.scalars(
        select(Source).where(Source.platform_id == platform_id, Source.proof == "notice").order_by(Source.id).limit(1)
    ).one_or_none()
    if found is None:
        found = Source(
            public_id=secrets.token_urlsafe(24), platform_id=platform_id, name=NAME, proof="notice", created_at=now
        )
        session.add(found)
        session.flush()
    return found
