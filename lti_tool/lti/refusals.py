"""
Launches that were refused: counted by platform, day and reason, so that who looks after the platform is told.

Nothing of the launch is kept. What a reload or a slow answer causes (:class:`~lti_tool.lti.errors.AttemptError`)
is nobody's fault and not counted.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

KEPT = timedelta(days=60)
"""Long enough to see when it began."""


def count(session: Session, platform_id: int, reason: str, *, now: datetime) -> None:
    """One more refusal of the day."""
    session.execute(COUNT, {"platform": platform_id, "day": now.date(), "reason": reason, "now": now})


def count_login(session: Session, parameters: Mapping[str, str], reason: str, *, now: datetime) -> None:
    """The same for a login that did not come so far as to say whose it is; nothing where it may be several's."""
    asked = {"issuer": parameters.get("iss", ""), "client_id": parameters.get("client_id") or None}
    found = session.scalars(MEANT, asked).all()
    if len(found) == 1:
        count(session, found[0], reason, now=now)


MEANT = text(
    """
    select id from platform
     where issuer = :issuer and (cast(:client_id as text) is null or client_id = :client_id) limit 2
    """
)
COUNT = text(
    """
    insert into lti_launch_refusal (platform_id, day, reason, count, last_at)
    values (:platform, :day, :reason, 1, :now)
    on conflict (platform_id, day, reason) do update
       set count = lti_launch_refusal.count + 1, last_at = excluded.last_at
    """
)
