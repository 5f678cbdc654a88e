"""
What the outbox tells the first page of the admin room.
"""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.web.institution import Finding, Kept, Section, Tenant
from webhooks.outbox import endpoints
from webhooks.outbox.jobs import KEEP_DAYS

ENDPOINT = "endpoints.show"


def owner(tenant: Tenant) -> endpoints.Owner:
    """Whose endpoints *tenant* looks after."""
    return endpoints.Owner(platform_id=tenant.platform_id, deployment_id=tenant.deployment_id, is_alone=tenant.is_alone)


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """Whether what happens arrives where it is told; nothing where nobody is to be told."""
    found = endpoints.health(session, now=now, of=owner(tenant))
    if not found:
        return []
    is_good, sentence, advice = True, _("What happens arrives where it is told."), ""
    if disabled := [each for each in found if each.state == "disabled"]:
        is_good = False
        sentence = ngettext(
            "One system is told nothing any more.", "%(num)s systems are told nothing any more.", len(disabled)
        )
        advice = _("See why, and let Hearth send again, or remove it.")
    elif unreadable := [each for each in found if each.why == "unreadable"]:
        is_good = False
        sentence = ngettext(
            "The secret of one system cannot be read, so nothing is sent there.",
            "The secrets of %(num)s systems cannot be read, so nothing is sent there.",
            len(unreadable),
        )
        advice = _("Make a new secret, or ask whoever runs Hearth whether its SECRET_KEY was changed.")
    elif dead := sum(each.dead for each in found):
        is_good = False
        sentence = ngettext("One message was given up.", "%(num)s messages were given up.", dead)
        advice = _("See why, and have them sent again when the cause is mended.")
    elif any(each.failures for each in found):
        is_good = False
        sentence = _("A system does not take what it is told. Hearth tries again.")
        advice = _("See whether it works.")
    return [
        Finding(
            name=_("Telling other systems"),
            is_good=is_good,
            sentence=sentence,
            advice=advice,
            endpoint=ENDPOINT,
            at=max((each.last_delivered_at for each in found if each.last_delivered_at), default=None),
        )
    ]


def _keeps(settings: Settings) -> Sequence[Kept]:
    return [
        Kept(
            what=_("What other systems were told"),
            how_long=_("%(days)s days", days=settings.webhook_payload_days),
            setting="WEBHOOK_PAYLOAD_DAYS",
        ),
        Kept(
            what=_("That they were told, and how each attempt ended"),
            how_long=_("%(days)s days", days=max(KEEP_DAYS, settings.webhook_payload_days)),
        ),
    ]


ENDPOINTS = Section(
    name=_("Telling others"),
    endpoint=ENDPOINT,
    look=look,
    keeps=_keeps,
    acts={
        "endpoint.made": _("let another system be told what happens"),
        "endpoint.changed": _("changed what another system is told"),
        "endpoint.rotated": _("made a new secret for another system"),
        "endpoint.paused": _("paused telling another system"),
        "endpoint.resumed": _("let another system be told again"),
        "endpoint.removed": _("removed another system"),
        "endpoint.tried": _("sent a test to another system"),
        "deliveries.replayed": _("had messages sent again"),
    },
)
