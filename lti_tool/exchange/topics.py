"""
The topics of further settings, in the order in which a teacher meets them on the settings page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One page of further settings."""

    options: type[rules.Options]
    title: LazyString
    summary: Callable[[Exchange], str]
    """What holds now, in one sentence."""
    endpoint: str
    """Of the page, called with ``id``."""


def topics() -> tuple[Topic, ...]:
    """All topics."""
    return (
        Topic(
            options=rules.PairingOptions,
            title=lazy_gettext("Who reviews whom"),
            summary=_pairing,
            endpoint="exchange.pairing",
        ),
        Topic(
            options=rules.CoachOptions,
            title=lazy_gettext("Help with writing feedback"),
            summary=_coach,
            endpoint="exchange.coach",
        ),
    )


def _pairing(exchange: Exchange) -> str:
    options = exchange.option(rules.PairingOptions)
    begins = {
        rules.ROLLING: _("Reviewing begins as soon as work is there"),
        rules.TOGETHER: _("Everybody begins reviewing when the work is due"),
    }[options.start]
    whom = {
        rules.ANY_GROUP: _("anybody may review anybody"),
        rules.OTHER_GROUPS: _("nobody reviews their own group"),
        rules.OWN_GROUP: _("everybody reviews within their own group"),
    }[options.groups]
    return str(_("%(begins)s; %(whom)s.", begins=begins, whom=whom))


def _coach(exchange: Exchange) -> str:
    options = exchange.option(rules.CoachOptions)
    coach = _("A coach shows reviewers what their words have so far") if options.on else _("No coach looks along")
    takeaway = (
        _("they are asked what they take for their own work")
        if options.takeaway
        else _("they are not asked what they take for their own work")
    )
    return str(_("%(coach)s; %(takeaway)s.", coach=coach, takeaway=takeaway))
