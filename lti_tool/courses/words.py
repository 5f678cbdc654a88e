"""
Why the roster could not be read, in the words of who can do something about it.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

ABOUT_ROSTER: dict[str, LazyString] = {
    "throttled": _("Your LMS asked Hearth to slow down. Hearth tries again by itself."),
    "unavailable": _("Your LMS did not answer in time. Hearth tries again by itself."),
    "not_granted": _("Your LMS does not allow it. Its admin can grant Hearth the list of people (names and roles)."),
    "roster_empty": _("Your LMS sent an empty list. Hearth kept everybody it knows."),
}
OTHERWISE = _("Your LMS refused it. Hearth kept everybody it knows; ask its admin whether Hearth is still active.")


def about_roster(problem: str) -> LazyString:
    """A sentence for the code in ``course.roster_problem``."""
    return ABOUT_ROSTER.get(problem, OTHERWISE)
