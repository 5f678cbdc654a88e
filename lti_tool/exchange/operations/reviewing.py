"""
What a reviewer does: take a work, write, give feedback; and that its author has read it.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, selectinload

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Answer,
    Exchange,
    Feedback,
    FeedbackDraft,
    Offer,
    Submission,
    WorkVersion,
    authored_by,
)
from lti_tool.exchange.operations import (
    acts,
    attached,
    drafts,
    grading,
    notes,
    pairing,
    practice,
    presenting,
    words_given,
)
from lti_tool.exchange.operations.drafts import Saved
from lti_tool.exchange.rules import OfferState, Words

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class NextOffer:
    """
    A work to review, or why there is none: no_work_yet, all_served, reviewed_all, not_begun or too_late; for a guest
    guest_done or guest_later.
    """

    offer: Offer | None = None
    none_because: str | None = None


def next_offer(session: Session, exchange: Exchange, *, reviewer: int, now: datetime) -> NextOffer:
    """
    Give *reviewer* the work that most needs one: theirs already where they have one open.

    Safe under any number of reviewers at once: the database knows at most one open offer for each
    reviewer, and one offer for each reviewer and work.
    """
    acts.require_open(exchange, now)
    windows = queries.windows_of(session, exchange, reviewer)
    if windows.why_not_review(now) is not None:
        return NextOffer(none_because="too_late")
    seen = queries.reviewer_of(session, exchange, reviewer)
    is_guest = not seen.has_work
    if is_guest and not exchange.takes_guests:
        raise errors.WorkFirst
    practice.require_practised(session, exchange, person=reviewer)
    open_offer = _open_offer(session, exchange, reviewer) if seen.has_open else None
    if open_offer is not None and _still_theirs(session, exchange, open_offer, now):
        return NextOffer(offer=open_offer)
    if is_guest:
        return _offer_to_guest(session, exchange, reviewer, given=seen.given, now=now)
    owes = seen.owes - seen.given
    is_found = pairing.next_work(session, exchange, reviewer=reviewer, owes=owes, now=now)
    offer = _open_offer(session, exchange, reviewer) if is_found else None
    if offer is None:
        return NextOffer(none_because=queries.why_no_work(session, exchange, reviewer=reviewer))
    acts.record(session, exchange, "offer.made", by=reviewer, now=now, offer_id=offer.id)
    return NextOffer(offer=offer)


def decline_offer(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, reason: str, now: datetime, note: str = ""
) -> NextOffer:
    """
    Give a work back, for a reason, and get another at once. Declining twice declines once.
    """
    pairing.hold(session, exchange)
    offer = _own_offer(session, exchange, reviewer, offer_id)
    if offer.state == OfferState.SUBMITTED:
        raise errors.OfferIsOver(offer.state, offer.reason)
    if offer.is_open:
        offer.state, offer.ended_at = OfferState.DECLINED, now
        offer.reason = reason if reason in rules.DECLINE_REASONS else "other"
        offer.note = acts.clean(note)[: rules.LONGEST_COMMENT]
        session.flush()
        pairing.give_back(session, exchange, offer, now=now)
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
    noting: rules.Noting | None = None,
) -> Saved:
    """
    Keep what the reviewer is writing; the lease of the work begins anew.
    """
    offer = writable_offer(session, exchange, reviewer, offer_id)
    words = words_given.readable(notes.with_notes(session, exchange, offer, words, noting=noting))
    keep(exchange, offer, now=now)
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
    noting: rules.Noting | None = None,
) -> Feedback:
    """
    Give the author of an offered work feedback. A repeat returns the one that was given.

    A reviewer whose lease lapsed while writing may still give what they wrote. The notes of the draft go with it,
    as *noting* says them, and one that was typed and not added; those without words stay behind.
    """
    pairing.stand_by(session, exchange, offer_id=offer_id)
    offer = _own_offer(session, exchange, reviewer, offer_id)
    if offer.state == OfferState.SUBMITTED:
        return _given_already(session, offer, words_given.readable(words), noting, now=now)
    if not offer.is_open:
        raise errors.OfferIsOver(offer.state, offer.reason)
    windows = queries.windows_of(session, exchange, reviewer)
    acts.require_reviews_taken(windows, now)
    presenting.require_held(session, exchange, offer, now=now)
    words = words_given.readable(notes.with_notes(session, exchange, offer, words, noting=noting))
    words = notes.finished(session, offer, checked(session, exchange, offer, words))
    _put_draft_aside(session, offer, words, base_revision=base_revision, now=now)
    feedback = Feedback(
        offer_id=offer.id,
        comment=words.comment,
        to_author=list(words.to_author),
        notes=[note.as_dict() for note in words.notes],
        given_at=now,
    )
    feedback.answers = [
        Answer(criterion_id=id, level_id=said.level_id, comment=said.comment, number=said.number)
        for id, said in words.answers.items()
    ]
    session.add(feedback)
    offer.state, offer.ended_at = OfferState.SUBMITTED, now
    session.flush()
    attached.hand_over(session, queries.Desk.of_offer(offer.id, feedback.id))
    pairing.come_back(session, exchange, offer, now=now)
    is_late = windows.review_is_late(now)
    # Neither the work nor its author: who reads the journal shall not learn who reviewed whom.
    acts.record(session, exchange, "feedback.given", by=reviewer, now=now, feedback_id=feedback.id, is_late=is_late)
    authors = queries.authors_of(session, exchange, offer.submission_id)
    moved = grading.persons_moved_by(exchange, authors=authors, reviewer=reviewer)
    if moved:
        grading.release_if_ready(session, exchange, persons=moved, now=now)
    log.info("feedback %s given in exchange %s", feedback.id, exchange.id)
    return feedback


def mark_read(session: Session, exchange: Exchange, *, author: int, now: datetime) -> None:
    """Note that the author has seen all feedback received so far, unless it is held back from them."""
    if queries.is_held_back(session, exchange, author, now=now):
        return
    received = _received_by(exchange, author).where(Feedback.read_at.is_(None))
    session.execute(
        update(Feedback)
        .where(Feedback.id.in_(received.with_only_columns(Feedback.id)))
        .values(read_at=now)
        .execution_options(synchronize_session="fetch")
    )


def checked(session: Session, exchange: Exchange, offer: Offer, words: Words) -> Words:
    """*words* as they may be given: readable, complete, and about the criteria and the questions as they are."""
    criteria = words_given.criteria_as_they_stand(session, exchange)
    return words_given.require_complete(words_given.readable(words), criteria, _asked(session, offer))


def writable_offer(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> Offer:
    """A work that *reviewer* may write about, locked."""
    offer = _own_offer(session, exchange, reviewer, offer_id)
    if not offer.is_open:
        raise errors.OfferIsOver(offer.state, offer.reason)
    return offer


def keep(exchange: Exchange, offer: Offer, *, now: datetime) -> None:
    """Let a locked work stay with whoever writes about it."""
    if offer.state == OfferState.OFFERED:
        offer.state = OfferState.STARTED
    # Whoever has more time keeps it.
    offer.lease_until = max(offer.lease_until, now + exchange.windows.lease_at(now))


# Who reviews what next ------------------------------------------------------------------------------------------------


def _still_theirs(session: Session, exchange: Exchange, offer: Offer, now: datetime) -> bool:
    """
    Whether an open offer stays with its reviewer, its lease renewed where it had lapsed.

    Who wrote something keeps the work; who did not makes way when others have taken it meanwhile.
    """
    if offer.is_live_at(now):
        return True
    if offer.state == OfferState.STARTED or pairing.keep(session, exchange, offer, now=now):
        offer.lease_until = now + exchange.windows.lease_at(now)
    else:
        offer.state, offer.ended_at = OfferState.EXPIRED, now
    session.flush()
    return offer.is_open


def _offer_to_guest(session: Session, exchange: Exchange, guest: int, *, given: int, now: datetime) -> NextOffer:
    """A work that needs a reader, for somebody who has handed in nothing; no more than others are asked for."""
    if given >= exchange.reviews:
        return NextOffer(none_because="guest_done")
    is_found = pairing.next_for_guest(session, exchange, guest=guest, now=now)
    offer = _open_offer(session, exchange, guest) if is_found else None
    if offer is None:
        return NextOffer(none_because="guest_later")
    acts.record(session, exchange, "offer.made", by=guest, now=now, offer_id=offer.id)
    return NextOffer(offer=offer)


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


def _asked(session: Session, offer: Offer) -> tuple[str, ...]:
    """What the author asked with the version under review."""
    kept = session.scalars(
        select(WorkVersion.beside).where(
            WorkVersion.submission_id == offer.submission_id, WorkVersion.number == offer.version
        )
    ).one_or_none()
    return rules.Beside.from_dict(kept or {}).questions


def _put_draft_aside(session: Session, offer: Offer, words: Words, *, base_revision: int | None, now: datetime) -> None:
    """
    The draft has become feedback. Words of another tab that are not in it stay as a copy, and words on a criterion
    that is gone.
    """
    draft = session.get(FeedbackDraft, offer.id, populate_existing=True)
    if draft is None:
        return
    is_unseen = base_revision is not None and base_revision != draft.revision and draft.words != words.as_dict()
    written = Words.from_dict(draft.words).answers.items()
    if is_unseen or any(said.comment.strip() and id not in words.answers for id, said in written):
        drafts.keep_copy(session, draft.words, offer_id=offer.id, now=now)
    session.delete(draft)


def _given_already(
    session: Session, offer: Offer, words: Words, noting: rules.Noting | None, *, now: datetime
) -> Feedback:
    """The feedback of *offer*; other words than it has are kept, not lost."""
    feedback = session.scalars(
        select(Feedback).where(Feedback.offer_id == offer.id).options(selectinload(Feedback.answers))
    ).one()
    words = replace(words, notes=notes.renoted(feedback.noted, noting.words if noting else {}))
    if words != feedback.words:
        drafts.keep_copy(session, words.as_dict(), offer_id=offer.id, now=now)
        session.flush()
    return feedback


def _received_by(exchange: Exchange, author: int) -> Select[Feedback]:
    return (
        select(Feedback)
        .join(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, author))
    )
