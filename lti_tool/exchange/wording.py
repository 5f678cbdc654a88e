"""
The sentences of this room: what an error, a state or a promise is called on its pages.
"""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from lti_tool.exchange import errors
from lti_tool.exchange.models import Exchange
from lti_tool.files import errors as file_errors

DECLINE_REASONS = {
    "cannot_open": lazy_gettext("I cannot open or read it"),
    "knows_author": lazy_gettext("I know whose work it is and would rather not"),
    "language": lazy_gettext("It is in a language I do not read well enough"),
    "other": lazy_gettext("Something else"),
}

TROUBLES = {
    "no_work": lazy_gettext("Nothing handed in"),
    "no_feedback": lazy_gettext("No feedback yet"),
    "not_reviewing": lazy_gettext("Owes reviews"),
    "passback_failed": lazy_gettext("Grade did not arrive"),
}
"""What a teacher may have to look after, and filters the list of people by."""

CAUSES = {
    "enough": lazy_gettext("All feedback is in."),
    "closed": lazy_gettext("The exchange was closed."),
    "due": lazy_gettext("The time for reviewing is over."),
    "override": lazy_gettext("Set by your teacher."),
    "sent": lazy_gettext("Sent by your teacher."),
}

NO_GRADE = {
    "ungraded": lazy_gettext("This exchange gives no grades."),
    "not_submitted": lazy_gettext("Nothing was handed in."),
    "no_feedback": lazy_gettext("No feedback has been received yet."),
    "no_levels": lazy_gettext("The criteria have no levels with points, so there is nothing to compute from."),
}

NOTHING_TO_REVIEW = {
    "no_work_yet": lazy_gettext(
        "Nobody else has handed anything in yet. As soon as somebody does, there is work for you."
    ),
    "all_served": lazy_gettext(
        "All work that is here has its reviewers just now. You will be needed for what comes in next,"
        " so look in again later."
    ),
    "reviewed_all": lazy_gettext(
        "You have reviewed everything there is. As soon as more comes in, it is waiting here."
    ),
}

_NOT_OPEN = {
    "unpublished": lazy_gettext("This exchange is not published yet, so nothing can be handed in."),
    "not_yet": lazy_gettext("This exchange has not opened yet. What you write is kept as a draft."),
    "closed": lazy_gettext(
        "This exchange is closed, so nothing more can be handed in. Your words are still here to copy."
    ),
}

_PLAN = {
    ("title", "missing"): lazy_gettext("Give it a title."),
    ("title", "too_long"): lazy_gettext("That title is too long."),
    ("reviews", "out_of_range"): lazy_gettext("Choose from 1 to 10."),
    ("points", "out_of_range"): lazy_gettext("Give a number above 0."),
    ("dates", "out_of_order"): lazy_gettext("Opening comes first, then handing in, then reviewing."),
    ("points", "already_released"): lazy_gettext("Grades have been sent on this scale, so it stays."),
    ("points", "below_override"): lazy_gettext("A grade was set by hand that is higher than this."),
    ("criteria", "unknown"): lazy_gettext(
        "The criteria were changed elsewhere meanwhile. Open the settings anew to see them."
    ),
    ("criteria", "too_many"): lazy_gettext("That is more criteria than anybody could look at."),
    ("criteria", "title_missing"): lazy_gettext("Each criterion needs a title."),
    ("criteria", "one_level"): lazy_gettext("One level is no choice: use two or more, or none at all."),
}

_SENTENCES: dict[type[Exception], Callable[[Any], str]] = {
    errors.NotOpen: lambda err: str(_NOT_OPEN[err.because]),
    errors.WorkIsBeingReviewed: lambda err: _(
        "Somebody is reviewing what you handed in, so it stays as it is. What you write here is kept as a draft."
    ),
    errors.EmptyWork: lambda err: _("There is nothing to hand in yet: write something or add a file."),
    errors.TooLong: lambda err: _("That is longer than %(most)s characters. Please shorten it.", most=f"{err.most:,}"),
    errors.TooManyFiles: lambda err: _("A work may have %(most)s files. Remove one first.", most=err.most),
    errors.WorkFirst: lambda err: _("Hand in your own work first, then there is work of others for you."),
    errors.OfferIsOver: lambda err: _(
        "This work has been given to somebody else. What you wrote is still here to copy."
    ),
    errors.IncompleteFeedback: lambda err: _("Some answers are still missing."),
    errors.UnknownAnswer: lambda err: _(
        "The criteria were changed while you were writing. Here they are as they are now, with what you wrote."
    ),
    errors.AlreadyReplied: lambda err: _("You have already replied to this feedback. There is one reply to each."),
    errors.EmptyReply: lambda err: _("Write a few words first."),
    errors.PlanRefused: lambda err: str(_PLAN.get((err.field, err.problem)) or _("Please look at this again.")),
    errors.CriteriaInUse: lambda err: _(
        "Feedback has been given by these criteria: %(titles)s. You can still change their words,"
        " but not their number, levels or points.",
        titles=", ".join(err.titles),
    ),
    errors.AnonymityKept: lambda err: _("People took part on the promise that names stay hidden, so they do."),
    errors.HasWork: lambda err: _("Work has been handed in, and it must not vanish. Close the exchange instead."),
    errors.NotGraded: lambda err: _("This exchange gives no grades."),
    errors.ScoreOutOfRange: lambda err: _("Give a number from 0 to %(most)s.", most=number(err.most)),
    errors.ReasonMissing: lambda err: _("Say why, in a few words. The student reads it too."),
    errors.NotAhead: lambda err: _("Choose a time that is still ahead, within a year."),
    file_errors.TooLarge: lambda err: _("That file is larger than %(most)s MB.", most=err.most // 2**20),
    file_errors.EmptyFile: lambda err: _("That file is empty."),
    file_errors.UnknownKind: lambda err: _(
        "Files can be PDF, images (PNG, JPEG, WebP, GIF) or plain text. This one is something else."
    ),
    file_errors.BrokenFile: lambda err: _("That file is damaged and cannot be opened."),
    file_errors.EncryptedFile: lambda err: _(
        "That PDF asks for a password, so nobody could read it. Save it without one."
    ),
    file_errors.TooManyPixels: lambda err: _("That image has too many pixels. Save it smaller."),
}


def sentence(error: Exception) -> str:
    """What *error* means to the person in front of the page, and what they can do."""
    for kind in type(error).__mro__:
        if kind in _SENTENCES:
            return _SENTENCES[kind](error)
    raise error


def number(value: float | None) -> str:
    """A score as people write it: 7.5, but 8 rather than 8.0."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def person(name: str, id: int) -> str:
    """What to call somebody whose name the LMS withholds."""
    return name or _("Participant %(id)s", id=id)


def who_sees_work(exchange: Exchange) -> str:
    """Exactly who will know whose work this is."""
    if exchange.is_masked:
        said = ngettext(
            "One classmate reads your work without seeing your name. Your teachers see it.",
            "%(num)s classmates read your work without seeing your name. Your teachers see it.",
            exchange.reviews,
        )
    else:
        said = ngettext(
            "One classmate reads your work and sees your name. Your teachers see it too, nobody else.",
            "%(num)s classmates read your work and see your name. Your teachers see it too, nobody else.",
            exchange.reviews,
        )
    return str(said)


def who_sees_review(exchange: Exchange) -> str:
    """Exactly who will know who wrote this feedback."""
    if exchange.is_masked:
        return str(_("The author reads your feedback without seeing your name. Your teachers see it."))
    return str(_("The author reads your feedback and sees your name. Your teachers see it too, nobody else."))
