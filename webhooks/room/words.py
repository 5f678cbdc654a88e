"""
Proofs, refusals, meanings and states of events, in the words of an admin who can do something about them.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from lti_tool.lms.events import (
    CourseActivity,
    CourseChanged,
    CourseCopied,
    GroupsChanged,
    LmsEvent,
    PersonChanged,
    PersonDeleted,
    PlaceChanged,
    RosterChanged,
    WorkHandedIn,
)
from webhooks.room.rules import Events

PROOFS: dict[str, LazyString] = {
    "standard": _("signed with a secret"),
    "jwt": _("signed with the LMS's own key"),
    "token": _("a secret token in each message"),
    "address": _("nothing but the secret address"),
    "notice": _("signed like a launch"),
}

NOTICES: dict[str, LazyString] = {
    "wanted": _("Asked for"),
    "listening": _("They come"),
    "refused": _("Refused"),
}
ABOUT_NOTICES: dict[str, LazyString] = {
    "not_granted": _("The LMS does not allow it. Its admin can give Hearth the right to notices (PNS)."),
    "throttled": _("The LMS asked Hearth to slow down."),
    "unavailable": _("The LMS did not answer in time."),
}
NOTICES_REFUSED = _("The LMS refused it. Its admin may see why in the settings of the tool.")

STATES: dict[str, LazyString] = {
    "new": _("Waiting"),
    "done": _("Done"),
    "skipped": _("Nothing to do"),
    "failed": _("Failed, tried again"),
    "dead": _("Given up"),
}

KINDS_OF_STATES = {"done": "good", "failed": "warning", "dead": "error"}
"""How a badge shows them."""

EVENTS: dict[Events, tuple[LazyString | str, LazyString | str]] = {
    Events.NONE: (
        _("Your LMS does not send any, so Hearth reads lists of people every few hours only."),
        _("Let the LMS send its events, and Hearth knows within seconds who joined a course."),
    ),
    Events.GIVEN_UP: (
        _("Some were given up."),
        _("Look at them, and have them read again when the cause is mended."),
    ),
    Events.REFUSED: (
        _("What came last was refused."),
        _("Look at the reason: most often a secret was not copied whole."),
    ),
    Events.PAUSED: (
        _("Every address is paused."),
        _("Let one take events again, or remove those that are not needed any more."),
    ),
    Events.REMOVED: (_("Your LMS still sends to an address that was removed."), _("Take it out in your LMS.")),
    Events.SILENT: (
        _("An address is silent for much longer than usual, though people opened Hearth meanwhile."),
        _("See in your LMS whether it still sends there, and let it send a test."),
    ),
    Events.NEW: (
        _("None has come yet."),
        _("Set the address up in your LMS, and let it send a test."),
    ),
    Events.QUIET: (
        _("None came for much longer than usual, and nobody opened Hearth either: perhaps it is holidays."),
        _("Look again when courses go on."),
    ),
    Events.WELL: (_("They come and are read."), ""),
}
"""How it stands, and what to do about it."""

MEANINGS: dict[type[LmsEvent], tuple[LazyString, LazyString]] = {
    RosterChanged: (
        _("Somebody joined a course, left it, or has another role there."),
        _("Hearth had the list of people of the course read."),
    ),
    GroupsChanged: (
        _("Groups or sections of a course changed, or who is in them."),
        _("Hearth moved whom the event names, or asked the LMS who is where."),
    ),
    PersonChanged: (
        _("Something of somebody changed, such as their name."),
        _("Hearth took the name over, unless it had heard a younger one."),
    ),
    PersonDeleted: (
        _("Somebody was deleted in the LMS."),
        _("Hearth wrote down that they are to be forgotten. See People."),
    ),
    CourseChanged: (
        _("A course has another title, is over, or runs again."),
        _("Hearth took that over, unless it had heard something younger."),
    ),
    CourseCopied: (
        _("The content of a course has come into another."),
        _("Hearth had the course compared with the LMS."),
    ),
    PlaceChanged: (
        _("A link to a tool was changed, or taken away."),
        _("Hearth wrote it down where the link is its own; to one that is gone it sends no more grades."),
    ),
    WorkHandedIn: (
        _("Somebody handed in work for an assignment of the LMS, or it was graded there."),
        _("Nothing: work for an assignment of the LMS changes nothing in Hearth."),
    ),
    CourseActivity: (
        _("Something else happened in a course."),
        _("Nothing: nobody in Hearth waits for this."),
    ),
}
"""What each kind of event tells, and what Hearth did once it was read."""
NOT_BELIEVED = _(
    "Nothing: only the secret address proves who sends here, and that is too little for this. Use a source that signs."
)
NO_USE = _("Nothing: Hearth has no use for events of this kind.")

ERRORS: dict[str, LazyString] = {
    "OperationalError": _("The database did not answer, or was busy with the same thing."),
    "InterfaceError": _("The database did not answer."),
    "IntegrityError": _("Something else was written in the same moment."),
}
FAULT = _("Hearth tripped over it. Whoever runs Hearth finds the reason in the log, by the number of the event.")

REFUSALS: dict[str, LazyString] = {
    "wrong signature": _(
        "It was signed with another secret or key. Copy the secret again, or make a new one and give that to the LMS."
    ),
    "wrong token": _("Its token is another one. Copy the secret again, or make a new one and give that to the LMS."),
    "timestamp too far off": _("The clock of the LMS and Hearth's are more than five minutes apart."),
    "no id": _("It came without an id: it is no message of Standard Webhooks, or somebody tried the address."),
    "no timestamp": _("It came without a time: it is no message of Standard Webhooks, or somebody tried the address."),
    "not a signed token": _("It was not signed. Switch signing on in the LMS."),
    "its secret cannot be read": _(
        "Hearth cannot read the secret of this address any more. Make a new one and give it to the LMS, or ask whoever "
        "runs Hearth whether its SECRET_KEY was changed."
    ),
    "its key set does not answer": _("The keys of the LMS could not be fetched just then. It was asked to try again."),
    "no key id": _("Its signature does not tell the key. Switch signing on in the LMS."),
}
OTHERWISE = {
    "notice: ": _("It was no notice of this LMS for Hearth. If it happens often, tell whoever runs Hearth."),
    "key: ": _("Hearth does not know the key it was signed with, or could not fetch the keys of the LMS."),
    "unreadable: ": _("It was proven, and is no event of this LMS. Look at the format that was chosen there."),
    "another site": _(
        "It came from another site than the one that is paired, or that people open Hearth from: perhaps from a copy "
        "for trying things."
    ),
}


def about_notices(problem: str) -> LazyString:
    """Why no notices come, for the code of what went wrong."""
    return ABOUT_NOTICES.get(problem, NOTICES_REFUSED)


def did(kind: type[LmsEvent] | None, *, is_believed: bool) -> LazyString:
    """What Hearth made of an event that was read."""
    if not is_believed:
        return NOT_BELIEVED
    return MEANINGS[kind][1] if kind in MEANINGS else NO_USE


def about_error(error: str) -> LazyString:
    """Why reading failed, for the kind of error that was kept."""
    return ERRORS.get(error, FAULT)


def about_refusal(reason: str) -> LazyString | str:
    """What a refusal means and what to do, for the word that the letterbox counts it under."""
    if reason in REFUSALS:
        return REFUSALS[reason]
    return next((said for begin, said in OTHERWISE.items() if reason.startswith(begin)), reason)
