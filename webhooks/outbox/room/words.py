"""
States of endpoints and deliveries, and why attempts failed, in the words of an admin who can do something about them.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from webhooks.outbox.rules import Problem

FORMATS: dict[str, LazyString] = {
    "standard": _("Standard Webhooks"),
    "caliper": _("Caliper 1.2"),
}
ABOUT_FORMATS: dict[str, LazyString] = {
    "standard": _("For systems of your own, chat rooms, automation."),
    "caliper": _("For learning record stores. Some kinds of event have no word in Caliper."),
}

STATES: dict[str, LazyString] = {
    "waiting": _("Waiting"),
    "delivered": _("Delivered"),
    "dead": _("Given up"),
    "skipped": _("Not told"),
}
WHY_DISABLED: dict[str, LazyString] = {
    "gone": _("It answered that it is gone for good (410), so Hearth tells it nothing any more."),
    "failing": _("Nobody has answered there for five days, so Hearth tells it nothing any more."),
}
WHY_PAUSED: dict[str, LazyString] = {
    "": _("Paused: nothing is sent. What happens meanwhile is kept for it."),
    "unreadable": _(
        "Paused: Hearth cannot read its secret any more, so it cannot sign. What happens meanwhile is kept for it. "
        "Make a new secret and give it to the system, or ask whoever runs Hearth whether its SECRET_KEY was changed."
    ),
}

PROBLEMS: dict[str, LazyString] = {
    Problem.SERVER: _("The system there has trouble of its own. Hearth tries again."),
    Problem.THROTTLED: _("It asked Hearth to slow down. Hearth tries again later."),
    Problem.REDIRECTED: _("It sent Hearth elsewhere, and Hearth does not follow. Give the final address."),
    Problem.REFUSED: _("It refused the message. Most often its address or its secret is another one."),
    Problem.GONE: _("It said that it is gone for good."),
    Problem.NO_ANSWER: _("Nobody answers at this address. Hearth tries again."),
    Problem.TOO_SLOW: _("It took longer than 15 seconds. It should answer first and work afterwards."),
    Problem.CERTIFICATE: _("Its certificate is not valid for this address."),
    Problem.FORBIDDEN: _("The address leads into a private network, where Hearth does not go."),
    Problem.UNWRITTEN: _("Hearth could not write this message. Whoever runs Hearth finds out why in its log."),
    Problem.GAVE_UP: _("Hearth was stopped in the middle of it again and again."),
}
KINDS: dict[str, LazyString] = {"hearth.ping": _("A test")}
