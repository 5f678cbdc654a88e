"""
The keys that Hearth signs with. They belong to the whole house, and every LMS reads them from one address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.lti.keys import state_of
from lti_tool.lti.models import SigningKey
from lti_tool.web.institution import Finding, Tenant

OLD = timedelta(days=365)
TOO_NEW = timedelta(days=7)
"""So that nobody, of all institutions together, makes keys faster than the slowest LMS follows."""
RETIRED_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key, as the page shows it."""

    kid: str
    state: str
    """``next``, ``signing``, ``published`` or ``retired``."""
    created_at: datetime
    signs_from: datetime


def keys(session: Session, *, now: datetime) -> Sequence[Key]:
    """The keys that are published, and the last that retired, newest first."""
    found = session.scalars(select(SigningKey).order_by(SigningKey.signs_from.desc(), SigningKey.kid)).all()
    signing = next((each.kid for each in found if each.retired_at is None and each.signs_from <= now), None)
    listed = [
        Key(
            kid=each.kid,
            state=state_of(each, signing, now=now),
            created_at=each.created_at,
            signs_from=each.signs_from,
        )
        for each in found
    ]
    published = [each for each in listed if each.state != "retired"]
    return [*published, *[each for each in listed if each.state == "retired"][:RETIRED_SHOWN]]


def may_rotate(found: Sequence[Key], *, now: datetime) -> bool:
    """Whether a new key would come neither before the last one signs nor right after it."""
    return all(each.state != "next" for each in found) and all(now - each.created_at > TOO_NEW for each in found)


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """How old the key is that signs."""
    signing = next((each for each in keys(session, now=now) if each.state == "signing"), None)
    if signing is None:
        return []
    age = max((now - signing.created_at).days, 0)
    return [
        Finding(
            name=_("Keys"),
            is_good=True,
            sentence=ngettext("Hearth's key is one day old.", "Hearth's key is %(num)s days old.", age)
            if age
            else _("Hearth's key was made today."),
            advice=_("It is time for a new one.") if age > OLD.days else "",
            endpoint="admin.keys",
        )
    ]
