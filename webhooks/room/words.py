"""
Proofs, refusals and states of events, in the words of an admin who can do something about them.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

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


def about_refusal(reason: str) -> LazyString | str:
    """What a refusal means and what to do, for the word that the letterbox counts it under."""
    if reason in REFUSALS:
        return REFUSALS[reason]
    return next((said for begin, said in OTHERWISE.items() if reason.startswith(begin)), reason)
