"""
Everything of one person, from every part of the house: to hand out (GDPR articles 15 and 20), or to forget (17).
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from lti_tool import config, files
from lti_tool.admin import privacy as admin
from lti_tool.courses import privacy as courses
from lti_tool.exchange import privacy as exchange
from lti_tool.notices import privacy as notices
from lti_tool.reconcile import privacy as reconcile

log = logging.getLogger(__name__)


class Part(Protocol):
    """What a part of the house that stands above this one keeps of people."""

    def export_person(self, session: Session, person_id: int) -> Any: ...

    def forget_person(self, session: Session, person_id: int) -> None: ...


_further: dict[str, Part] = {}


def install(parts: Mapping[str, Part]) -> None:
    """From now on, *parts* are asked, too; an export has what they say under their names."""
    _further.update(parts)


def export(session: Session, *, platform_id: int, subject: str) -> list[dict[str, Any]]:
    """What Hearth knows of *subject*, once for each deployment of the platform; empty where it knows nobody."""
    return [export_person(session, each.id) for each in courses.people_known_as(session, platform_id, subject)]


def export_person(session: Session, person_id: int) -> dict[str, Any]:
    """What Hearth knows of one person of one deployment."""
    return {
        **courses.export_person(session, person_id),
        "exchanges": exchange.export_person(session, person_id),
        "notices": notices.export_person(session, person_id),
        "gradebook_differences": reconcile.export_person(session, person_id),
        "admin": admin.export_person(session, person_id),
        **{name: part.export_person(session, person_id) for name, part in _further.items()},
    }


def forget(session: Session, *, platform_id: int, subject: str, storage: files.Storage, now: datetime) -> int:
    """Forget *subject* on a platform. Returns how many people that were: one for each of its deployments."""
    found = courses.people_known_as(session, platform_id, subject)
    for each in found:
        forget_person(session, each.id, now=now, storage=storage)
    return len(found)


def forget_person(session: Session, person_id: int, *, now: datetime, storage: files.Storage | None = None) -> None:
    """Forget one person of one deployment. Their files are in the storage of the running application, unless given."""
    storage = storage or files.storage(config.running())
    exchange.forget_person(session, person_id, now=now, storage=storage)
    admin.forget_person(session, person_id)
    for part in _further.values():
        part.forget_person(session, person_id)
    courses.forget_person(session, person_id)
    log.info("person %s is forgotten", person_id)
