"""
What a learner does now, and what staff may have to look after.
"""

from collections.abc import Collection
from datetime import datetime

from lti_tool.exchange.rules.windows import Windows


def step(
    *,
    why_not_open: str | None,
    is_submitted: bool,
    may_review: bool,
    has_unread: bool,
    is_waiting: bool,
    may_help: bool = False,
    may_hand_in: bool | None = None,
    also: Collection[str] = (),
) -> str:
    """
    The one thing a learner does now: not_open, submit, too_late, review, reply, help, wait, done or closed.

    *also* names what further settings add, where it is due: practise, look_again, compare, assess; and rewrite, where
    staff ask for it, which comes before all else and does not end with closing.

    *may_hand_in* says whether work is taken from them, where that is not as the exchange is open.
    """
    if why_not_open in ("unpublished", "not_yet"):
        return "not_open"
    if "rewrite" in also:
        return "rewrite"
    is_taken = why_not_open is None if may_hand_in is None else may_hand_in
    if not is_submitted and (is_taken or why_not_open is None):
        return "submit" if is_taken else "too_late"
    if why_not_open is not None:
        return "reply" if has_unread else "closed"
    asked = (
        ("practise", "practise" in also),
        ("review", may_review),
        ("look_again", "look_again" in also),
        ("compare", "compare" in also),
        ("assess", "assess" in also),
        ("reply", has_unread),
        ("help", may_help),
        ("wait", is_waiting),
    )
    return next((name for name, is_next in asked if is_next), "done")


def step_of_guest(usual: str, *, is_reviewing: bool, may_help: bool) -> str:
    """
    What somebody does now who has handed in nothing and may review nevertheless, instead of what is *usual*: what they
    began comes before handing in, and helping comes after it.
    """
    if usual == "submit" and is_reviewing:
        return "review"
    if usual == "too_late" and (is_reviewing or may_help):
        return "review" if is_reviewing else "help"
    return usual


def trouble(
    windows: Windows,
    *,
    reviews: int,
    submitted_at: datetime | None,
    given: int,
    is_reviewing: bool,
    received: int,
    now: datetime,
) -> str | None:
    """
    What staff may have to look after: no_work, no_feedback, not_reviewing; None while all takes its course.

    Where there is no date nobody is late with their work, until the exchange is closed.
    """
    if submitted_at is None:
        is_due = windows.closed_at is not None or (windows.submit_by is not None and now > windows.submit_by)
        return "no_work" if is_due else None
    if not windows.is_settled_at(now) and now <= submitted_at + windows.patience:
        return None
    if received == 0:
        return "no_feedback"
    return "not_reviewing" if given < reviews and not is_reviewing else None
