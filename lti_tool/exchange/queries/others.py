"""
What others said about a work, for somebody who has reviewed it too.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Feedback, Offer
from lti_tool.exchange.queries.release import is_let_out
from lti_tool.exchange.queries.student import Answered, MyReview, answered_in


@dataclass(frozen=True, kw_only=True)
class Other:
    """A review of the same work by somebody else."""

    feedback: Feedback
    letter: str
    """As its author calls the reviewer: a name is nobody's to see here."""
    answers: tuple[Answered, ...]
    asked: tuple[tuple[str, str], ...]
    """What the author asked with the version that both read, and what was answered."""


def others_of_the_work(session: Session, exchange: Exchange, mine: MyReview, *, now: datetime) -> tuple[Other, ...]:
    """
    The reviews of others of a work that *mine* is given on; none where the teacher did not allow it.

    In two queries, and two more where feedback can be held back.

    What is hidden or still held back from the author is not shown, nor what was given before its reviewer could
    know that others would read it.
    """
    options = exchange.option(rules.NotesOptions)
    if not options.others or mine.feedback is None:
        return ()
    rows = session.scalars(
        select(Feedback)
        .join(Feedback.offer)
        .where(Offer.submission_id == mine.offer.submission_id)
        .options(selectinload(Feedback.answers), joinedload(Feedback.hiding), joinedload(Feedback.offer))
        .order_by(Feedback.given_at, Feedback.id)
    ).all()
    if exchange.holds_back(len(rows)) or not is_let_out(session, exchange, mine.offer.submission_id, now=now):
        return ()
    letters = rules.pseudonyms(exchange.seed, mine.offer.submission_id, len(rows))
    found = [
        Other(
            feedback=each,
            letter=letter,
            answers=answered_in(exchange, each),
            asked=_asked(mine, each),
        )
        for letter, each in zip(letters, rows, strict=True)
        if each.id != mine.feedback.id
        and each.hiding is None
        and (options.since is None or each.given_at >= options.since)
    ]
    return tuple(sorted(found, key=lambda each: (len(each.letter), each.letter)))


def _asked(mine: MyReview, feedback: Feedback) -> tuple[tuple[str, str], ...]:
    version = next((each for each in mine.versions if each.number == feedback.offer.version), None)
    questions = version.beside.questions if version is not None else ()
    return tuple(zip(questions, feedback.to_author, strict=False))
