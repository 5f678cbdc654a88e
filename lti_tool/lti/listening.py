"""
Where a platform offers its notices, and how far we are with asking for them. A row for each deployment.

The first launch that carries the offer writes the row; a job in the background asks. When the offer changes
(another address, other notices, other scopes), it is asked for anew. What was promised is looked at every night: a
platform may have forgotten, or we may live at another address by now.
"""

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.lti.notice_offer import NoticeOffer

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=12)
ONCE_REFUSED = timedelta(days=1)
"""A right that an admin gives changes no offer, so whoever refused is asked again now and then."""
LONGEST_PROBLEM = 200


@dataclass(frozen=True, kw_only=True)
class Due:
    """A deployment whose platform is to be asked for notices."""

    deployment_id: int
    platform_id: int
    url: str
    types: tuple[str, ...]
    attempts: int


class Known:
    """Offers that this process has seen written down: a launch need not ask again."""

    def __init__(self) -> None:
        self._offers: dict[int, NoticeOffer] = {}
        self._guard = threading.Lock()

    def has(self, deployment_id: int, offer: NoticeOffer) -> bool:
        """Whether the row of a deployment says just this."""
        return self._offers.get(deployment_id) == offer

    def keep(self, deployment_id: int, offer: NoticeOffer) -> None:
        """The row says so, and was committed before."""
        with self._guard:
            self._offers[deployment_id] = offer

    def forget(self) -> None:
        """Know nothing again."""
        with self._guard:
            self._offers.clear()


known = Known()
"""Those of this process."""


def note(session: Session, deployment_id: int, offer: NoticeOffer, *, now: datetime) -> None:
    """Write down what a launch into a deployment offers, unless it is written already."""
    if known.has(deployment_id, offer):
        return
    values = {"deployment": deployment_id, "url": offer.url, "types": json.dumps(offer.types), "now": now}
    if session.execute(IS_THERE, values).one_or_none() is not None:
        known.keep(deployment_id, offer)
    else:
        session.execute(NOTE, values)


def due(session: Session, *, now: datetime, limit: int) -> list[Due]:
    """Whom to ask now."""
    return [_due(row) for row in session.execute(DUE, {"now": now, "limit": limit})]


def promised(session: Session) -> list[Due]:
    """Who has promised to send notices."""
    return [_due(row) for row in session.execute(PROMISED)]


def broken(session: Session, asked: Due, *, now: datetime) -> None:
    """The platform does not send what it promised, or not to us: it is asked anew."""
    session.execute(BROKEN, {**_same(asked), "now": now})


def listens(session: Session, asked: Due, *, now: datetime) -> None:
    """The platform will send its notices."""
    session.execute(LISTENS, {**_same(asked), "now": now})


def failed(session: Session, asked: Due, problem: str, *, passes: bool, now: datetime) -> None:
    """The platform would not, or could not be asked: it is asked again soon where that may pass, or else in a day."""
    wait = min(FIRST_WAIT * 2 ** min(asked.attempts, 12), LONGEST_WAIT) if passes else ONCE_REFUSED
    values = {"problem": problem[:LONGEST_PROBLEM], "state": "wanted" if passes else "refused", "next": now + wait}
    session.execute(FAILED, {**_same(asked), **values})


def _due(row: Any) -> Due:
    return Due(
        deployment_id=row.deployment_id,
        platform_id=row.platform_id,
        url=row.url,
        types=tuple(row.types),
        attempts=row.attempts,
    )


def _same(asked: Due) -> dict[str, object]:
    return {"deployment": asked.deployment_id, "url": asked.url, "types": json.dumps(asked.types)}


IS_THERE = text(
    "select 1 from lti_notice_service where deployment_id = :deployment and url = :url"
    " and types = cast(:types as jsonb)"
)
NOTE = text(
    """
    insert into lti_notice_service (deployment_id, url, types, state, next_attempt_at)
    values (:deployment, :url, cast(:types as jsonb), 'wanted', :now)
    on conflict (deployment_id) do update
       set url = excluded.url, types = excluded.types, state = 'wanted', attempts = 0, problem = '',
           next_attempt_at = excluded.next_attempt_at
     where (lti_notice_service.url, lti_notice_service.types) is distinct from (excluded.url, excluded.types)
    """
)
DUE = text(
    """
    select s.deployment_id, d.platform_id, s.url, s.types, s.attempts
      from lti_notice_service s
      join deployment d on d.id = s.deployment_id
      join platform p on p.id = d.platform_id
     where s.state in ('wanted', 'refused') and s.next_attempt_at <= :now and p.state = 'active'
     order by s.next_attempt_at
     limit :limit
    """
)
PROMISED = text(
    """
    select s.deployment_id, d.platform_id, s.url, s.types, s.attempts
      from lti_notice_service s
      join deployment d on d.id = s.deployment_id
      join platform p on p.id = d.platform_id
     where s.state = 'listening' and p.state = 'active'
     order by s.deployment_id
    """
)
BROKEN = text(
    """
    update lti_notice_service set state = 'wanted', attempts = 0, next_attempt_at = :now
     where deployment_id = :deployment and url = :url and types = cast(:types as jsonb) and state = 'listening'
    """
)
# An offer that changed while the platform was asked stays wanted.
LISTENS = text(
    """
    update lti_notice_service set state = 'listening', listens_since = :now, attempts = 0, problem = ''
     where deployment_id = :deployment and url = :url and types = cast(:types as jsonb)
    """
)
FAILED = text(
    """
    update lti_notice_service
       set state = :state, attempts = attempts + 1, problem = :problem, next_attempt_at = :next
     where deployment_id = :deployment and url = :url and types = cast(:types as jsonb)
    """
)
