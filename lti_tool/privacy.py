"""
Everything of one person, from every part of the house: to hand out (GDPR articles 15 and 20), or to forget (17).
"""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_tool import files
from lti_tool.courses import privacy as courses
from lti_tool.exchange import privacy as exchange
from lti_tool.notices import privacy as notices
from webhooks.companions import privacy as companions
from webhooks.outbox import privacy as outbox

log = logging.getLogger(__name__)


def export(session: Session, *, platform_id: int, subject: str) -> list[dict[str, Any]]:
    """What Hearth knows of *subject*, once for each deployment of the platform; empty where it knows nobody."""
    return [
        {
            **courses.export_person(session, each.id),
            "exchanges": exchange.export_person(session, each.id),
            "notices": notices.export_person(session, each.id),
            "told_to_lms": companions.export_person(session, each.id),
            "told_to_endpoints": outbox.export_person(session, each.id),
        }
        for each in courses.people_known_as(session, platform_id, subject)
    ]


def forget(session: Session, *, platform_id: int, subject: str, storage: files.Storage, now: datetime) -> int:
    """Forget *subject* on a platform. Returns how many people that were: one for each of its deployments."""
    found = courses.people_known_as(session, platform_id, subject)
    for each in found:
        exchange.forget_person(session, each.id, now=now, storage=storage)
        outbox.forget_person(session, each.id)
        courses.forget_person(session, each.id)
        log.info("person %s is forgotten", each.id)
    return len(found)
