"""
What becomes of the files beside a draft: they are given with it, or go with it.
"""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lti_tool.exchange import queries
from lti_tool.exchange.models import FeedbackFile
from lti_tool.exchange.queries import Desk


def hand_over(session: Session, desk: Desk) -> None:
    """
    Give the files of a review that was just given or changed along with it.

    The bytes of those that leave are swept away at night, as those of a failed request are. What leaves while a flag
    waits stays for staff: they decide about what was flagged.
    """
    is_gone = desk.is_given & FeedbackFile.is_leaving
    is_waited_for = queries.waits_for_staff(FeedbackFile.feedback_id)
    session.execute(update(FeedbackFile).where(is_gone, is_waited_for).values(is_leaving=False, is_for_staff=True))
    session.execute(delete(FeedbackFile).where(is_gone))
    nowhere = dict.fromkeys(desk.draft)
    session.execute(update(FeedbackFile).where(desk.is_draft).values({**nowhere, **desk.given}))


def clear(session: Session, desk: Desk) -> None:
    """Take away what lies beside a draft, and what was given."""
    session.execute(delete(FeedbackFile).where(desk.is_draft | desk.is_given))
