"""
Launches of an institution that were refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.admin import rules, words
from lti_tool.lti.models import LaunchRefusal
from lti_tool.web.institution import Tenant
from lti_tool.web.rooms import Words

WEEK = timedelta(days=7)
SHOWN = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Day:
    """How often launches were refused on one day, for one reason."""

    day: date
    count: int
    last_at: datetime
    why: Words
    advice: Words


def refused(session: Session, tenant: Tenant, *, now: datetime) -> Sequence[rules.Refused]:
    """Those of the last week by reason. Nothing where others share the registration: it may be theirs."""
    if not tenant.is_alone:
        return []
    rows = (
        select(LaunchRefusal.reason, func.sum(LaunchRefusal.count), func.max(LaunchRefusal.last_at))
        .where(LaunchRefusal.platform_id == tenant.platform_id, LaunchRefusal.day > (now - WEEK).date())
        .group_by(LaunchRefusal.reason)
    )
    return [rules.Refused(reason=row[0], count=int(row[1]), last_at=row[2]) for row in session.execute(rows)]


def days(session: Session, tenant: Tenant, *, now: datetime) -> Sequence[Day]:
    """Those of the last month by day and reason, the latest first."""
    rows = (
        select(LaunchRefusal)
        .where(LaunchRefusal.platform_id == tenant.platform_id, LaunchRefusal.day > (now - SHOWN).date())
        .order_by(LaunchRefusal.day.desc(), LaunchRefusal.count.desc(), LaunchRefusal.reason)
    )
    return [
        Day(
            day=each.day,
            count=each.count,
            last_at=each.last_at,
            why=words.why(each.reason),
            advice=words.advice(each.reason),
        )
        for each in session.scalars(rows)
    ]
