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
from webhooks.room import queries

ENDPOINT = "letterbox.show"


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """Whether events come, are proven and are read; nothing where they are not this admin's to look after."""
    if not tenant.is_alone:
        return []
    sources = queries.doing(session, tenant.platform_id, now=now)
    last_at = max((each.last_at for each in sources if each.last_at), default=None)
    is_good, sentence, advice = True, _("They come and are read."), ""
    if not sources:
        sentence = _("Your LMS does not send any, so Hearth reads lists of people every few hours only.")
        advice = _("Let the LMS send its events, and Hearth knows within seconds who joined a course.")
    elif given_up := sum(each.given_up for each in sources):
        is_good = False
        sentence = ngettext("One event was given up.", "%(num)s events were given up.", given_up)
        advice = _("Look at them, and have them read again when the cause is mended.")
    elif any(each.is_refused for each in sources):
        is_good = False
        sentence = _("What came last was refused.")
        advice = _("Look at the reason: most often a secret was not copied whole.")
    elif all(each.state == "paused" for each in sources):
        sentence = _("Every address is paused.")
    elif last_at is None:
        sentence = _("None has come yet.")
        advice = _("Set the address up in your LMS, and let it send a test.")
    return [
        Finding(
            name=_("Events of the LMS"),
            is_good=is_good,
            sentence=sentence,
            advice=advice,
            endpoint=ENDPOINT,
            at=last_at,
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
