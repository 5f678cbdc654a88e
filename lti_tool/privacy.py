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
from lti_tool.reconcile import privacy as reconcile

log = logging.getLogger(__name__)


def export(session: Session, *, platform_id: int, subject: str) -> list[dict[str, Any]]:
    """What Hearth knows of *subject*, once for each deployment of the platform; empty where it knows nobody."""
    return [
        {
            **courses.export_person(session, each.id),
            "exchanges": exchange.export_person(session, each.id),
            "notices": notices.export_person(session, each.id),
            "gradebook_differences": reconcile.export_person(session, each.id),
        }
        for each in courses.people_known_as(session, platform_id, subject)
    ]


def forget(session: Session, *, platform_id: int, subject: str, storage: files.Storage, now: datetime) -> int:
    """Forget *subject* on a platform. Returns how many people that were: one for each of its deployments."""
    found = courses.people_known_as(session, platform_id, subject)
    for each in found:
        exchange.forget_person(session, each.id, now=now, storage=storage)
        courses.forget_person(session, each.id)
        log.info("person %s is forgotten", each.id)
    return len(found)
