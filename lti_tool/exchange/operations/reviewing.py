"""
What a reviewer does: take a work, write, give feedback; and what its author does with it.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from lti_tool.exchange import allocation, errors, rules
from lti_tool.exchange.models import (
    Answer,
    Criterion,
    Exchange,
    Feedback,
    FeedbackDraft,
    Offer,
    Reply,
    Submission,
)
from lti_tool.exchange.operations import acts, drafts, grading
from lti_tool.exchange.operations.drafts import Saved
from lti_tool.exchange.rules import OfferState, Words

log = logging.getLogger(__name__)

ROUNDS = 8
"""How often to look again when others took what we were about to take."""


@dataclass(frozen=True, kw_only=True)
class NextOffer:
    """A work to review, or why there is none: no_work_yet, all_served or reviewed_all."""

    offer: Offer | None = None
    none_because: str | None = None


def next_offer(session: Session, exchange: Exchange, *, reviewer: int, now: datetime) -> NextOffer:
    """
    Give *reviewer* the work that most needs one: theirs already where they have one open.

    Safe under any number of reviewers at once: the work is locked while it is counted and
    taken, and the database knows at most one open offer for each reviewer and one offer for
    each reviewer and work.
    """
    acts.require_open(exchange, now)
    own = session.execute(
        select(Submission.id, Submission.submitted_at).where(
            Submission.exchange_id == exchange.id, Submission.author_id == reviewer
        )
    ).one_or_none()
    if own is None or own.submitted_at is None:
        raise errors.WorkFirst
    open_offer = _open_offer(session, exchange, reviewer)
    if open_offer is not None and _still_theirs(session, exchange, open_offer, now):
        return NextOffer(offer=open_offer)
    given = session.scalars(
        select(Offer.id).where(
            Offer.exchange_id == exchange.id, Offer.reviewer_id == reviewer, Offer.state == OfferState.SUBMITTED
        )
    ).all()
    need = rules.Need(owed=exchange.reviews, given=len(given), work_submitted_at=own.submitted_at)
    return _allocate(session, exchange, reviewer=reviewer, need=need, now=now)


def decline_offer(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, reason: str, now: datetime, note: str = ""
) -> NextOffer:
    """
    Give a work back, for a reason, and get another at once. Declining twice declines once.
    """
    offer = _own_offer(session, exchange, reviewer, offer_id)
    if offer.state == OfferState.SUBMITTED:
        raise errors.OfferIsOver(offer.state)
    if offer.is_open:
        offer.state, offer.ended_at = OfferState.DECLINED, now
        offer.reason = reason if reason in rules.DECLINE_REASONS else "other"
        offer.note = acts.clean(note)[: rules.LONGEST_COMMENT]
        session.flush()
        acts.record(session, exchange, "offer.declined", by=reviewer, now=now, offer_id=offer.id, reason=offer.reason)
    return next_offer(session, exchange, reviewer=reviewer, now=now)


def save_feedback_draft(
    session: Session,
    exchange: Exchange,
    *,
    reviewer: int,
    offer_id: int,
    words: Words,
    base_revision: int,
    now: datetime,
) -> Saved:
    """
    Keep what the reviewer is writing; the lease of the work begins anew.
    """
    words = _readable(words)
    offer = _writable_offer(session, exchange, reviewer, offer_id)
    if offer.state == OfferState.OFFERED:
        offer.state = OfferState.STARTED
    offer.lease_until = now + rules.LEASE
    return drafts.write_feedback(session, offer, words.as_dict(), base_revision=base_revision, now=now)


def give_feedback(
    session: Session,
    exchange: Exchange,
    *,
    reviewer: int,
    offer_id: int,
    words: Words,
    now: datetime,
    base_revision: int | None = None,
) -> Feedback:
    """
    Give the author of an offered work feedback. A repeat returns the one that was given.

    A reviewer whose lease lapsed while writing may still give what they wrote.
    """
    words = _readable(words)
    offer = _own_offer(session, exchange, reviewer, offer_id)
    if offer.state == OfferState.SUBMITTED:
        return _given_already(session, offer, words, now)
    if not offer.is_open:
        raise errors.OfferIsOver(offer.state)
    acts.require_open(exchange, now)
    _require_complete(words, _criteria_as_they_stand(session, exchange))
    _put_draft_aside(session, offer, words, base_revision=base_revision, now=now)
    feedback = Feedback(offer_id=offer.id, comment=words.comment, given_at=now)
    feedback.answers = [
        Answer(criterion_id=id, level_id=said.level_id, comment=said.comment, number=said.number)
        for id, said in words.answers.items()
    ]
    session.add(feedback)
    offer.state, offer.ended_at = OfferState.SUBMITTED, now
    session.flush()
    is_late = exchange.windows.review_is_late(now)
    # Neither the work nor its author: who reads the journal shall not learn who reviewed whom.
    acts.record(session, exchange, "feedback.given", by=reviewer, now=now, feedback_id=feedback.id, is_late=is_late)
    author = session.scalar(select(Submission.author_id).where(Submission.id == offer.submission_id))
    if author is not None:
        grading.release_if_ready(session, exchange, persons=(author,), now=now)
    log.info("feedback %s given in exchange %s", feedback.id, exchange.id)
    return feedback


def mark_read(session: Session, exchange: Exchange, *, author: int, now: datetime) -> None:
    """Note that the author has seen all feedback received so far."""
    received = _received_by(exchange, author).where(Feedback.read_at.is_(None))
    session.execute(
        update(Feedback)
        .where(Feedback.id.in_(received.with_only_columns(Feedback.id)))
        .values(read_at=now)
        .execution_options(synchronize_session="fetch")
    )


def reply_once(
    session: Session, exchange: Exchange, *, author: int, feedback_id: int, body: str, now: datetime
) -> Reply:
    """
    Answer a received feedback, once. The same answer again changes nothing; it works after closing too.
    """
    body = acts.clean(body).strip()
    if not body:
        raise errors.EmptyReply
    if len(body) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    feedback = session.scalars(_received_by(exchange, author).where(Feedback.id == feedback_id)).one_or_none()
    if feedback is None:
        raise errors.NoSuchFeedback
    made = session.execute(
        insert(Reply)
        .values(feedback_id=feedback_id, body=body, replied_at=now)
        .on_conflict_do_nothing()
        .returning(Reply.feedback_id)
    ).one_or_none()
    reply = session.get_one(Reply, feedback_id, populate_existing=True)
    if made is None and reply.body != body:
        raise errors.AlreadyReplied
    if made is not None:
        # Who answers has read it, also where no script could say so.
        feedback.read_at = feedback.read_at or now
        acts.record(session, exchange, "feedback.replied", by=author, now=now, feedback_id=feedback_id)
    return reply


# Allocation ----------------------------------------------------------------------------------------------------------


def _still_theirs(session: Session, exchange: Exchange, offer: Offer, now: datetime) -> bool:
    """
    Whether an open offer stays with its reviewer, its lease renewed where it had lapsed.

    Who wrote something keeps the work; who did not makes way when others have served it meanwhile.
    """
    if offer.is_live_at(now):
        return True
    served = allocation.served(session, offer.submission_id, now=now)
    if offer.state == OfferState.STARTED or served < exchange.reviews:
        offer.lease_until = now + rules.LEASE
    else:
        offer.state, offer.ended_at = OfferState.EXPIRED, now
    session.flush()
    return offer.is_open


def _allocate(session: Session, exchange: Exchange, *, reviewer: int, need: rules.Need, now: datetime) -> NextOffer:
    most = rules.cap(need, reviews=exchange.reviews, windows=exchange.windows, now=now)
    for is_patient in _patience():
        candidates = allocation.shortlist(session, exchange, reviewer=reviewer, now=now)
        in_need = rules.ranked(candidates, most=most, seed=exchange.seed)
        if not in_need:
            return NextOffer(
                none_because=allocation.why_none(session, exchange, reviewer=reviewer, has_candidates=bool(candidates))
            )
        for candidate in in_need:
            # Having waited for the lock, any place still free will do.
            limit = most if is_patient else candidate.served + 1
            if _take(
                session,
                exchange,
                candidate.submission_id,
                reviewer=reviewer,
                limit=limit,
                is_patient=is_patient,
                now=now,
            ):
                offer = _open_offer(session, exchange, reviewer)
                assert offer is not None  # noqa: S101 - ours, or the one our other tab took meanwhile
                return NextOffer(offer=offer)
            if is_patient:
                break
    return NextOffer(none_because="all_served")


def _patience() -> Iterator[bool]:
    """First pass by what others hold; then wait for them, and look again at what they left."""
    yield False
    for _ in range(ROUNDS):
        yield True


def _take(
    session: Session,
    exchange: Exchange,
    work: int,
    *,
    reviewer: int,
    limit: int | None,
    is_patient: bool,
    now: datetime,
) -> bool:
    """
    Lock the work, count again, and offer it to *reviewer*.

    False where somebody was quicker: it is locked, or no longer served by fewer than *limit*.
    """
    attempt = session.begin_nested()
    is_free = False
    if allocation.lock(session, work, patiently=is_patient):
        # A statement of its own, so that it sees what others committed while we waited for the lock.
        is_free = limit is None or allocation.served(session, work, now=now) < limit
    if not is_free:
        attempt.rollback()  # lets go of the lock
        return False
    lease = {"state": OfferState.OFFERED, "offered_at": now, "lease_until": now + rules.LEASE}
    try:
        made = session.execute(
            insert(Offer)
            .values(exchange_id=exchange.id, submission_id=work, reviewer_id=reviewer, reason="", note="", **lease)
            .on_conflict_do_update(
                index_elements=[Offer.submission_id, Offer.reviewer_id],
                set_={**lease, "ended_at": None},
                where=Offer.state == OfferState.EXPIRED,
            )
            .returning(Offer.id)
        ).scalar_one_or_none()
    except IntegrityError:
        # Another tab of the same reviewer took a work in the same moment: that one it is.
        attempt.rollback()
        return True
    attempt.commit()
    if made is not None:
        acts.record(session, exchange, "offer.made", by=reviewer, now=now, offer_id=made)
    return True


# The rest ------------------------------------------------------------------------------------------------------------


def _open_offer(session: Session, exchange: Exchange, reviewer: int) -> Offer | None:
    return session.scalars(
        select(Offer)
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id == reviewer, Offer.state.in_(rules.OPEN_STATES))
        .execution_options(populate_existing=True)
    ).one_or_none()


def _own_offer(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> Offer:
    offer = session.scalars(
        select(Offer)
        .where(Offer.id == offer_id, Offer.exchange_id == exchange.id, Offer.reviewer_id == reviewer)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if offer is None:
        raise errors.NoSuchOffer
    return offer


def _writable_offer(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> Offer:
    offer = _own_offer(session, exchange, reviewer, offer_id)
    if not offer.is_open:
        raise errors.OfferIsOver(offer.state)
    return offer


def _readable(words: Words) -> Words:
    answers = {id: replace(said, comment=acts.clean(said.comment)) for id, said in words.answers.items()}
    words = Words(answers=answers, comment=acts.clean(words.comment))
    if words.is_too_long:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    return words


def _criteria_as_they_stand(session: Session, exchange: Exchange) -> dict[int, rules.Asked]:
    """What each criterion asks, held so that no edit changes it while feedback is written about it."""
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update(read=True))
    rows = session.scalars(
        select(Criterion)
        .where(Criterion.exchange_id == exchange.id)
        .options(selectinload(Criterion.levels))
        .execution_options(populate_existing=True)
    )
    return {criterion.id: criterion.asked for criterion in rows}


def _require_complete(words: Words, criteria: dict[int, rules.Asked]) -> None:
    unknown = rules.stranger(words, criteria=criteria)
    if unknown is not None:
        raise errors.UnknownAnswer(unknown)
    lacking = rules.wanting(words, criteria=criteria)
    if lacking:
        raise errors.IncompleteFeedback(lacking.criteria, comment=lacking.comment, lacks=lacking.lacks)


def _put_draft_aside(session: Session, offer: Offer, words: Words, *, base_revision: int | None, now: datetime) -> None:
    """The draft has become feedback. Words of another tab that are not in it stay as a copy."""
    draft = session.get(FeedbackDraft, offer.id, populate_existing=True)
    if draft is None:
        return
    if base_revision is not None and base_revision != draft.revision and draft.words != words.as_dict():
        drafts.keep_copy(session, draft.words, offer_id=offer.id, now=now)
    session.delete(draft)


def _given_already(session: Session, offer: Offer, words: Words, now: datetime) -> Feedback:
    """The feedback of *offer*; other words than it has are kept, not lost."""
    feedback = session.scalars(
        select(Feedback).where(Feedback.offer_id == offer.id).options(selectinload(Feedback.answers))
    ).one()
    if words != feedback.words:
        drafts.keep_copy(session, words.as_dict(), offer_id=offer.id, now=now)
        session.flush()
    return feedback


def _received_by(exchange: Exchange, author: int) -> Select[Feedback]:
    return (
        select(Feedback)
        .join(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .where(Submission.exchange_id == exchange.id, Submission.author_id == author)
    )
