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
            options=rules.WorkOptions,
            title=lazy_gettext("What is handed in"),
            summary=_work,
            endpoint="exchange.work_options",
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


def _work(exchange: Exchange) -> str:
    options = exchange.option(rules.WorkOptions)
    names = {"text": _("text"), "files": _("files"), "links": _("links")}
    asked = {"text": options.text, "files": options.files, "links": options.links}
    taken = ", ".join(str(names[part]) for part, way in asked.items() if way != rules.UNWANTED)
    once = _("once, with revised versions after feedback") if options.rounds else _("once")
    said = _("Handed in is %(taken)s; %(once)s.", taken=taken, once=once)
    return f"{said} {_('Authors may ask their reviewers.')}" if options.ask else str(said)
