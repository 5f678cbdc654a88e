"""
Staff review a work themselves: with their name, and in nobody's place unless nobody else is found.
"""

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Mark, Message, Offer, StaffReview, Submission
from lti_tool.exchange.operations import acts, attached, grading, pairing, reviewing, words_drafts
from lti_tool.exchange.rules import Words


def review_as_staff(
    session: Session, exchange: Exchange, *, author: int, by: int, words: Words, is_rescue: bool, now: datetime
) -> StaffReview:
    """
    Give *author* feedback as a teacher or assistant; giving it again puts the new words in place of the old.

    As a *rescue* it takes the place of a reader whom nobody found. Where the work lacks none it is beside them.
    """
    pairing.hold(session, exchange)
    work = _work(session, exchange, author)
    asked = Offer(submission_id=work.id, version=work.version)
    words = reviewing.checked(session, exchange, asked, words)
    review = session.scalars(
        select(StaffReview).where(StaffReview.submission_id == work.id, StaffReview.by_id == by).with_for_update()
    ).one_or_none()
    if review is None:
        review = StaffReview(
            exchange_id=exchange.id,
            submission_id=work.id,
            by_id=by,
            words=words.as_dict(),
            version=work.version,
            given_at=now,
            is_rescue=is_rescue and pairing.stand_in(session, exchange, author=author, by=by, now=now),
        )
        session.add(review)
        session.flush()
        acts.record(session, exchange, "staff_review.given", by=by, now=now, staff_review_id=review.id)
    else:
        review.words, review.version, review.edited_at = words.as_dict(), work.version, now
        _drop_marks_on_nothing(session, review)
        if is_rescue and not review.is_rescue:
            review.is_rescue = pairing.stand_in(session, exchange, author=author, by=by, now=now)
        session.flush()
        acts.record(session, exchange, "staff_review.changed", by=by, now=now, staff_review_id=review.id)
    attached.hand_over(session, queries.Desk.of_staff(work.id, by, review.id))
    session.expire(review, ["files"])
    words_drafts.drop_words(session, exchange, person=by, about=about(work.id))
    grading.release_if_ready(session, exchange, persons=queries.authors_of(session, exchange, work.id), now=now)
    return review


def take_staff_review_back(session: Session, exchange: Exchange, *, author: int, by: int, now: datetime) -> None:
    """
    The author no longer sees it, and a place that it took is free again.

    Raises :class:`errors.TalkedAbout` once its author has answered: their words would go with it.
    """
    pairing.hold(session, exchange)
    work = _work(session, exchange, author)
    review = session.scalars(
        select(StaffReview).where(StaffReview.submission_id == work.id, StaffReview.by_id == by).with_for_update()
    ).one_or_none()
    if review is None:
        raise errors.NoSuchFeedback
    if is_talked_about(session, review):
        raise errors.TalkedAbout
    if review.is_rescue:
        pairing.step_back(session, exchange, author=author, by=by, now=now)
    attached.clear(session, queries.Desk.of_staff(work.id, by, review.id))
    session.delete(review)
    session.flush()
    acts.record(session, exchange, "staff_review.taken_back", by=by, now=now, staff_review_id=review.id)
    if exchange.option(rules.GradingOptions).staff:
        grading.follow(session, exchange, queries.authors_of(session, exchange, work.id), now=now)


def is_talked_about(session: Session, review: StaffReview) -> bool:
    """Whether its author has said something to it: a message, or why they see it differently."""
    has_written = exists().where(Message.staff_review_id == review.id, Message.side == rules.AUTHOR)
    has_reasons = exists().where(Mark.staff_review_id == review.id, Mark.reason != "")
    return bool(session.scalar(select(or_(has_written, has_reasons))))


def about(submission_id: int) -> str:
    """What a draft of a review by staff is about: a work, whoever of a group it goes by."""
    return f"staff-review-{submission_id}"


def _work(session: Session, exchange: Exchange, author: int) -> Submission:
    work = queries.handed_in_by(session, exchange, author)
    if work is None:
        raise errors.NoSuchPerson
    return work


def _drop_marks_on_nothing(session: Session, review: StaffReview) -> None:
    """What its author decided about a comment that is there no more; where they said why, their words stay."""
    said = review.said
    for mark in session.scalars(select(Mark).where(Mark.staff_review_id == review.id, Mark.reason == "")).all():
        if not said.comment_on(mark.criterion_id).strip():
            session.delete(mark)
    session.flush()
    session.expire(review, ["marks"])
