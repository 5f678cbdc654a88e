"""
What is in the way between Hearth and its plugin, in the words of an admin who can do something about it.
"""

from flask_babel import LazyString, lazy_ngettext
from flask_babel import lazy_gettext as _

from webhooks.companions.pairing import Health
from webhooks.companions.rules import Hearing

PROBLEMS: dict[str, LazyString] = {
    "unavailable": _("The LMS does not answer. Hearth asks again by itself, and keeps everything until then."),
    "site_closed": _(
        "The LMS is closed for maintenance. Hearth asks again by itself, and keeps everything until then."
    ),
    "throttled": _("The LMS asked Hearth to be slower. Nothing is lost; it only takes longer."),
    "token_refused": _("The LMS does not take Hearth's token. Make a new one there, and paste it below."),
    "not_allowed": _(
        "The LMS does not let the token do what it is for. Most often its web services are switched off, or the token's"
        " role was changed. Make a new token there, and paste it below."
    ),
    "not_paired": _(
        "In the plugin's settings, another tool is chosen than this registration of Hearth. Choose it there."
    ),
    "function_missing": _("The plugin is not there, or is another version than Hearth needs. Install it anew."),
    "key_unreadable": _("Hearth's own secret key was changed, so it cannot read the token. Paste a new one below."),
    "rejected": _("At this address there is no LMS that Hearth could speak to. Look at the address."),
}
UNKNOWN = _("The LMS answered with something that Hearth does not understand. It asks again by itself.")

FORBIDDEN = _("Hearth does not call this address: it needs https, and must not lead into a private network.")

WRONG_SITE: dict[str, LazyString] = {
    "issuer": _("The plugin at this address lives in another LMS than the one you came from: %(said)s."),
    "client": _("In the plugin's settings, another tool is chosen than this registration of Hearth: %(said)s."),
    "deployment": _("In the plugin's settings, another tool is chosen than this registration of Hearth: %(said)s."),
    "site": _("The LMS at this address calls itself something else than the one that was paired: %(said)s."),
}

STRANGE = _("The plugin did not understand it: most often it is of another version than this Hearth. Install it anew.")

REASONS: dict[str, LazyString] = {
    "notenrolled": _(
        "The person is not enrolled in the course. Who is complete is told again once they are in the roster,"
        " and on some nights."
    ),
    "nouser": _("The LMS does not know the person."),
    "noactivity": _("The activity is no longer in the course."),
    "othertool": _("The activity belongs to another tool."),
    "nocourse": _("The course is gone."),
    "notallowed": _(
        "The token's user may not do this in the course. Who is complete is told again when the course or the activity"
        " was changed, and on some nights."
    ),
    "gave_up": _("It could not be told for two weeks."),
    "badtime": _("The LMS took it for something of tomorrow: look whether both clocks are right."),
    "badcalendar": _("The plugin did not take the date: most often it is older than this Hearth. Install it anew."),
    **dict.fromkeys(("badkey", "badkind", "badcompletion"), STRANGE),
    **dict.fromkeys(("invalidparameter", "missingparam", "toomanyacts"), STRANGE),
    "refused": _("The LMS did not say why."),
    "failed": _("It broke in the LMS, again and again. Its own log knows more."),
}

RECEIVERS: dict[str, LazyString] = {
    "none": _("It sends none: it has no address or no secret yet."),
    "quiet": _("None: in its settings no tool is chosen, or nothing is ticked."),
    "sending": _("It sends them."),
    "paused": _("Its last attempt failed; it tries again by itself."),
    "stopped": _("It has stopped. Say on its page that it may go on."),
    "moved": _(
        "It waits: the LMS has another address than before, and somebody has to say on its page whether it is a copy."
    ),
}
NEEDS_SOMEBODY: dict[str, tuple[LazyString, LazyString]] = {
    "none": (
        _("Hearth's plugin sends no events: it has no address or no secret."),
        _("Make an address under Events, and paste it and its secret on the plugin's page in your LMS."),
    ),
    "stopped": (
        _("Hearth's plugin has stopped sending events."),
        _("Its address was removed here. Give it another one, or say on its page in your LMS that it may go on."),
    ),
    "moved": (
        _("Hearth's plugin waits: the LMS has another address than before."),
        _("Say on its page in your LMS whether it is a copy or the real one."),
    ),
}
"""States of its sending that do not mend themselves: what is the matter, and what to do."""

HEARING: dict[Hearing, tuple[LazyString | str, LazyString | str]] = {
    Hearing.PAUSED: (
        _("It is paused: what happens is kept for it."),
        _("Let it hear again within two weeks: what is older is thrown away."),
    ),
    Hearing.STALE: (
        _("There was no word from Hearth's plugin for days."),
        _("Ask it now. If it does not answer, see whether the plugin is still installed in your LMS."),
    ),
    Hearing.NEW: (
        _("It is paired, and has heard nothing yet."),
        _("It hears of the first work or feedback within a minute."),
    ),
    Hearing.WELL: (_("It hears everything."), ""),
}


def hearing(state: Hearing, found: Health, *, newest: str) -> tuple[LazyString | str, LazyString | str]:
    """How it stands with a companion, and what to do about it; *newest* is its newest release."""
    match state:
        case Hearing.PROBLEM:
            return _("It does not hear Hearth."), about(found.problem)
        case Hearing.NOT_SENDING:
            return NEEDS_SOMEBODY[found.receiver]
        case Hearing.REFUSED:
            return (
                lazy_ngettext("It would not have one thing.", "It would not have %(num)s things.", found.refused),
                _("See why, and have it told again when the cause is mended."),
            )
        case Hearing.OLD:
            return _("It hears everything, by an older version of Hearth's plugin."), newer(newest)
        case _:
            return HEARING[state]


def newer(release: str) -> LazyString:
    """That there is a newer release, and how to get it."""
    return _(
        "Version %(release)s is there. Whoever runs Hearth has its zip file; install it in your LMS over the old one.",
        release=release,
    )


def about(problem: str) -> LazyString:
    """What to do about a call that came to nothing."""
    return PROBLEMS.get(problem, UNKNOWN)


def reason(problem: str) -> LazyString | str:
    """Why something was not taken."""
    return REASONS.get(problem, problem)
