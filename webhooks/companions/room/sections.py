"""
What companions tell the first page of the admin room.
"""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.web.institution import Finding, Kept, Section, Tenant
from webhooks.companions import pairing, rules
from webhooks.companions.room import words
from webhooks.companions.rules import Hearing

ENDPOINT = "companions.show"
BAD = (Hearing.PROBLEM, Hearing.STALE, Hearing.NOT_SENDING)


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """Whether the LMS hears what people did; nothing where it has no plugin, or is not this admin's to look after."""
    setup = pairing.setup_for(session, tenant.platform_id) if tenant.is_alone else None
    if setup is None:
        return []
    name = _("What your LMS hears")
    found = next(iter(pairing.health(session, now=now, platform_id=tenant.platform_id)), None)
    if found is None:
        return [
            Finding(
                name=name,
                is_good=True,
                sentence=_("It hears of grades only."),
                advice=_("With Hearth's plugin, work and feedback stand in its log and activities complete."),
                endpoint=ENDPOINT,
            )
        ]
    state = rules.hearing(found, newest=setup.release, now=now)
    sentence, advice = words.hearing(state, found, newest=setup.release)
    return [
        Finding(
            name=name,
            is_good=state not in BAD,
            is_new=state is Hearing.NEW,
            sentence=sentence,
            advice=advice,
            endpoint=ENDPOINT,
            at=found.heard_at,
        )
    ]


def _is_for(session: Session, platform_id: int) -> bool:
    return pairing.setup_for(session, platform_id) is not None


def _keeps(_settings: Settings) -> Sequence[Kept]:
    return [
        Kept(
            what=_("What the LMS was told of people's acts"),
            how_long=_(
                "%(days)s days after it was told, %(more)s where it was not",
                days=rules.FORGET_TOLD_AFTER.days,
                more=rules.FORGET_ALL_AFTER.days,
            ),
        )
    ]


HEARS = Section(
    name=_("What the LMS hears"),
    endpoint=ENDPOINT,
    look=look,
    keeps=_keeps,
    is_for=_is_for,
    acts={
        "companion.paired": _("paired Hearth's plugin in the LMS"),
        "companion.wished": _("chose what the LMS hears"),
        "companion.paused": _("paused what the LMS hears"),
        "companion.resumed": _("let the LMS hear again"),
        "companion.told_again": _("had things told to the LMS again"),
        "companion.unpaired": _("ended the pairing with Hearth's plugin"),
    },
)
