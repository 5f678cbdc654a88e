"""
What became of a grade, in the words of the one who asks.

A student wants to know whether to do something (no). An instructor wants to know what to do.
"""

from typing import TypeAlias

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import Problem

Words: TypeAlias = str | LazyString

FOR_STAFF: dict[Problem, Words] = {
    Problem.UNAVAILABLE: _(
        "The LMS gave no proper answer. Hearth keeps trying by itself."
        " If it stays like this, see whether the grade or its column is locked in the gradebook."
    ),
    Problem.THROTTLED: _("The LMS asked Hearth to slow down. The grade follows by itself."),
    Problem.GAVE_UP: _(
        "The LMS gave no proper answer for a day. A locked grade or column can be the reason."
        " Unlock it if it is, then send the grade again."
    ),
    Problem.NO_GRADEBOOK: _(
        "The LMS gives Hearth no gradebook in this course. Ask its admin to allow Hearth to send grades."
        " Open Hearth from the course once more afterwards, then send the grade again."
    ),
    Problem.NOT_GRANTED: _(
        "The LMS does not allow Hearth to send grades. Ask its admin to grant the score service."
        " Open Hearth from the course once more afterwards, then send the grade again."
    ),
    Problem.NO_COLUMN: _(
        "This activity has no column in the gradebook, and Hearth may not add one."
        " Switch grading on for it in the LMS, open it once, then send the grade again."
    ),
    Problem.COLUMN_GONE: _(
        "The column of this activity is gone from the gradebook. Sending the grade again finds or adds one."
    ),
    Problem.NO_ACCESS: _(
        "The LMS refused Hearth at the gradebook's door. Ask its admin whether Hearth is still active."
    ),
    Problem.REFUSED: _(
        "The LMS refused this grade. Most often it does not count this person among the students it grades"
        " in this course, or the work is closed there."
    ),
    Problem.CANNOT_CLEAR: _(
        "This LMS lets nobody take a grade back from outside. Remove it in the gradebook yourself."
    ),
    Problem.PLATFORM_OFF: _("Hearth is switched off for this LMS, so no grades are sent."),
}


def for_staff(passback: Passback) -> Words:
    """One or two sentences for who can do something about it."""
    if passback.problem is not None:
        return FOR_STAFF[Problem(passback.problem)]
    if passback.state == State.SENT:
        return _("In the gradebook.") if passback.score_given is not None else _("Taken back from the gradebook.")
    return _("On its way to the gradebook.")


def for_student(passback: Passback) -> Words:
    """One sentence for who was graded: nothing they could mend, so nothing that alarms."""
    if passback.state == State.SENT:
        return (
            _("Your grade is in the gradebook.")
            if passback.score_given is not None
            else _("Your grade was taken back.")
        )
    if passback.state == State.FAILED:
        return _("Your grade is not in the gradebook yet. Your teacher can see why.")
    return _("Your grade is on its way to the gradebook.")
