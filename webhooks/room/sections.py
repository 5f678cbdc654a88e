"""
What the letterbox tells the first page of the admin room.
"""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.web.institution import Finding, Kept, Section, Tenant
from webhooks.jobs import KEEP_KEYS, KEEP_REMOVED
from webhooks.room import queries, words
from webhooks.room.rules import Events, events_are

ENDPOINT = "letterbox.show"
BAD = (Events.GIVEN_UP, Events.REFUSED, Events.REMOVED, Events.SILENT)


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """Whether events come, are proven and are read; nothing where they are not this admin's to look after."""
    if not tenant.is_alone:
        return []
    sources = queries.doing(session, tenant.platform_id, now=now)
    around = queries.around(session, tenant.platform_id)
    found = events_are(sources, sent_to_removed=around.sent_to_removed, launched_at=around.launched_at, now=now)
    given_up = sum(each.given_up for each in sources)
    sentence, advice = words.EVENTS[found]
    if found is Events.GIVEN_UP:
        sentence = ngettext("One event was given up.", "%(num)s events were given up.", given_up)
    return [
        Finding(
            name=_("Events of the LMS"),
            is_good=found not in BAD,
            is_new=found is Events.NEW,
            sentence=sentence,
            advice=advice,
            endpoint="letterbox.events" if found is Events.GIVEN_UP else ENDPOINT,
            values={"which": "trouble"} if found is Events.GIVEN_UP else {},
            at=max((each.last_at for each in sources if each.last_at), default=None),
        )
    ]


def _keeps(settings: Settings) -> Sequence[Kept]:
    return [
        Kept(
            what=_("What events of the LMS say"),
            how_long=_(
                "%(days)s days; addresses, logins and words that somebody wrote are never kept",
                days=settings.webhook_payload_days,
            ),
            setting="WEBHOOK_PAYLOAD_DAYS",
        ),
        Kept(
            what=_("That an event came, and why one was refused"),
            how_long=_("%(days)s days", days=max(KEEP_KEYS.days, settings.webhook_payload_days)),
        ),
        Kept(
            what=_("That an address for events was removed, and how often something came there since"),
            how_long=_("%(days)s days after the last of it", days=KEEP_REMOVED.days),
        ),
    ]


EVENTS = Section(
    name=_("Events"),
    endpoint=ENDPOINT,
    look=look,
    keeps=_keeps,
    acts={
        "source.made": _("made an address for events"),
        "source.renamed": _("gave an address for events another name"),
        "source.removed": _("removed an address for events"),
        "source.rotated": _("made a new secret for an address"),
        "source.unbound": _("forgot whose events an address takes"),
        "source.paused": _("paused an address for events"),
        "source.resumed": _("let an address take events again"),
        "events.replayed": _("had events read again"),
    },
)
