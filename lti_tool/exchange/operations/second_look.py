"""
A reviewer looks again: where another saw the work very differently, or because staff asked.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Answer,
    Exchange,
    Feedback,
    FeedbackRevision,
    Mark,
    Offer,
    RewriteRequest,
    SecondLook,
)
from lti_tool.exchange.operations import acts, attached, grading, notes, reviewing
from lti_tool.exchange.rules import Words


def stay_with_it(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, note: str, now: datetime
) -> SecondLook:
    """Having read the reasons of the other, say why one's own feedback stays as it is. Once."""
    note = acts.clean(note).strip()
    if not note:
        raise errors.EmptyMessage
    if len(note) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    feedback = given(session, exchange, reviewer, offer_id)
    _require_invited(session, exchange, feedback)
    look = _look(session, exchange, feedback, by=reviewer, note=note, now=now)
    if look.note != note:
        raise errors.LookedAlready
    return look


def revise_feedback(
    session: Session,
    exchange: Exchange,
    *,
    reviewer: int,
    offer_id: int,
    words: Words,
    now: datetime,
    noting: rules.Noting | None = None,
) -> Feedback:
    """
    Replace a given feedback, once for a disagreement, and whenever staff ask or let it be changed once more;
    what it said before is kept.

    It says what any feedback must say. Of its notes each may say something else; one without words goes. Files come
    and go along.
    """
    feedback = given(session, exchange, reviewer, offer_id)
    words = replace(words, notes=notes.renoted(feedback.noted, noting.words if noting is not None else {}))
    words = notes.worded(reviewing.checked(session, exchange, feedback.offer, words))
    desk = queries.Desk.of_offer(offer_id, feedback.id)
    if feedback.words == words and not queries.desk_has_changes(session, desk):
        return feedback
    request = session.get(RewriteRequest, feedback.id, populate_existing=True)
    is_asked = request is not None and request.answered_at is None
    is_reopened = _is_reopened(session, exchange, feedback, reviewer, now=now)
    if not is_asked and not is_reopened:
        _require_invited(session, exchange, feedback)
        _look(session, exchange, feedback, by=reviewer, note="", now=now)
    before = feedback.words.as_dict()
    cause = "asked" if is_asked else "reopened" if is_reopened else "disagreement"
    session.add(FeedbackRevision(feedback_id=feedback.id, words=before, cause=cause, at=now))
    kept = [note.id for note in words.notes]
    session.execute(delete(Mark).where(Mark.feedback_id == feedback.id, Mark.note.not_in(kept)))
    session.expire(feedback, ["marks"])
    feedback.notes = [note.as_dict() for note in words.notes]
    session.execute(delete(Answer).where(Answer.feedback_id == feedback.id))
    session.expire(feedback, ["answers"])
    session.add_all(
        Answer(
            feedback_id=feedback.id,
            criterion_id=id,
            level_id=said.level_id,
            comment=said.comment,
            number=said.number,
        )
        for id, said in words.answers.items()
    )
    # Its author has not read what it says now.
    feedback.comment, feedback.to_author, feedback.read_at = words.comment, list(words.to_author), None
    if request is not None and is_asked:
        request.answered_at = now
    session.flush()
    attached.hand_over(session, desk)
    session.expire(feedback, ["answers", "files"])
    acts.record(session, exchange, "feedback.revised", by=reviewer, now=now, feedback_id=feedback.id, cause=cause)
    authors = queries.authors_of(session, exchange, session.get_one(Offer, offer_id).submission_id)
    if authors:
        grading.release_if_ready(session, exchange, persons=tuple(authors), now=now)
    return feedback


def may_revise(session: Session, exchange: Exchange, feedback: Feedback, *, reviewer: int, now: datetime) -> bool:
    """Whether *reviewer*, who gave *feedback*, may replace it now."""
    if _is_reopened(session, exchange, feedback, reviewer, now=now):
        return True
    request = session.get(RewriteRequest, feedback.id, populate_existing=True)
    if request is not None and request.answered_at is None:
        return True
    has_looked = session.get(SecondLook, feedback.id, populate_existing=True) is not None
    return not has_looked and bool(queries.differing(session, exchange, feedback))


def given(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> Feedback:
    """What *reviewer* gave, locked: nobody changes it or decides about it meanwhile."""
    feedback = session.scalars(
        select(Feedback)
        .join(Feedback.offer)
        .where(Offer.id == offer_id, Offer.exchange_id == exchange.id, Offer.reviewer_id == reviewer)
        .options(selectinload(Feedback.answers))
        .with_for_update(of=Feedback)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if feedback is None:
        raise errors.NoSuchFeedback
    return feedback


def _is_reopened(session: Session, exchange: Exchange, feedback: Feedback, reviewer: int, *, now: datetime) -> bool:
    return feedback.id in queries.reopened_reviews(session, exchange, reviewer, now=now)


def _require_invited(session: Session, exchange: Exchange, feedback: Feedback) -> None:
    has_looked = session.get(SecondLook, feedback.id, populate_existing=True) is not None
    if not has_looked and not queries.differing(session, exchange, feedback):
        raise errors.NotAsked


def _look(session: Session, exchange: Exchange, feedback: Feedback, *, by: int, note: str, now: datetime) -> SecondLook:
    made = session.execute(
        insert(SecondLook)
        .values(feedback_id=feedback.id, note=note, at=now)
        .on_conflict_do_nothing()
        .returning(SecondLook.feedback_id)
    ).one_or_none()
    look = session.get_one(SecondLook, feedback.id, populate_existing=True)
    if made is None and not note:
        raise errors.LookedAlready
    if made is not None:
        acts.record(session, exchange, "feedback.looked_again", by=by, now=now, feedback_id=feedback.id)
    return look
