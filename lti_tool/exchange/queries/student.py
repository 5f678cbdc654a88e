"""
What a learner sees: their work, the works they review, the feedback they got.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from lti_tool.courses.models import Person
from lti_tool.exchange import allocation, rules
from lti_tool.exchange.models import (
    Answer,
    Criterion,
    DraftCopy,
    Exchange,
    Feedback,
    FeedbackDraft,
    Level,
    Offer,
    Release,
    Reply,
    Submission,
    SubmissionFile,
    has_reader,
)
from lti_tool.exchange.rules import OfferState, Words
from lti_tool.grades.models import Passback


@dataclass(frozen=True, kw_only=True)
class MyWork:
    """An author's work."""

    submission: Submission
    files: tuple[SubmissionFile, ...]
    copies: tuple[DraftCopy, ...]
    """What other tabs' saves replaced, newest first."""
    is_late: bool
    may_change: bool
    why_not: str | None
    """closed, not_yet, unpublished or being_reviewed."""


@dataclass(frozen=True, kw_only=True)
class MyReview:
    """A work in the hands of its reviewer."""

    offer: Offer
    number: int
    """The how-manieth of this reviewer: "Work 1"."""
    author_name: str | None
    """None where the reviewer must not know."""
    submission: Submission
    files: tuple[SubmissionFile, ...]
    is_lapsed: bool
    draft: FeedbackDraft | None
    words: Words
    """What is written so far, or was given."""
    copies: tuple[DraftCopy, ...]
    feedback: Feedback | None
    reply: Reply | None

    @property
    def state(self) -> str:
        return self.offer.state


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a feedback says about one criterion."""

    criterion: Criterion
    level: Level | None
    comment: str
    number: float | None = None


@dataclass(frozen=True, kw_only=True)
class Received:
    """A feedback as its author reads it."""

    feedback: Feedback
    letter: str
    """"Reviewer A": fresh for each work, by the order in which feedback came."""
    reviewer_name: str | None
    """None where the author must not know."""
    answers: tuple[Answered, ...]
    comment: str
    given_at: datetime
    reply: Reply | None
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class StudentPage:
    """Everything about one learner in one exchange."""

    step: str
    """The one thing to do now: not_open, submit, review, wait, reply (there is unread feedback), done or closed."""
    why_not_open: str | None
    work: MyWork | None
    reviews: tuple[MyReview, ...]
    open_review: MyReview | None
    given: int
    owed: int
    waiting_for: int
    """How much feedback may still be hoped for."""
    available: str | None
    """Whether another work can be had: ``own`` while some are owed, then ``extra`` where help is needed."""
    none_because: str | None
    received: tuple[Received, ...]
    grade: Release | None
    passback: Passback | None


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """Everything of one person in one exchange, loaded in at most six queries, names and all."""

    work: Submission | None
    is_read: bool
    """Somebody has the work for review."""
    offers: tuple[Offer, ...]
    """In the order they were made, over or not."""
    feedback: tuple[Feedback, ...]
    """Received, in the order it came."""
    copies: tuple[DraftCopy, ...]


def student_page(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> StudentPage:
    """The whole page of one learner, in at most nine queries."""
    with_names = not exchange.is_masked
    dossier = dossier_of(session, exchange, person_id, now=now)
    why_not_open = exchange.windows.why_not_open(now)
    work = work_in(dossier, exchange, now=now)
    reviews = reviews_in(dossier, now=now, with_names=with_names)
    received = received_in(dossier, exchange, with_names=with_names)
    given = sum(review.feedback is not None for review in reviews)
    open_review = next((review for review in reviews if review.offer.is_open), None)
    submitted_at = dossier.work.submitted_at if dossier.work is not None else None
    available, none_because = None, None
    if submitted_at is not None and why_not_open is None and open_review is None:
        need = rules.Need(owed=exchange.reviews, given=given, work_submitted_at=submitted_at)
        available, none_because = _availability(session, exchange, person_id, need, now=now)
    grade, passback = _grade(session, exchange, person_id)
    return StudentPage(
        step=rules.step(
            why_not_open=why_not_open,
            is_submitted=submitted_at is not None,
            may_review=open_review is not None or available == "own",
            has_unread=any(each.is_new for each in received),
            is_waiting=given < exchange.reviews or len(received) < exchange.reviews,
        ),
        why_not_open=why_not_open,
        work=work,
        reviews=reviews,
        open_review=open_review,
        given=given,
        owed=exchange.reviews,
        waiting_for=max(exchange.reviews - len(received), 0),
        available=available,
        none_because=none_because,
        received=received,
        grade=grade,
        passback=passback,
    )


def my_work(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> MyWork | None:
    """The work of one author, or None while they have none."""
    work, is_read = _work_of(session, exchange, person_id, now=now)
    if work is None:
        return None
    _fill_files(session, [work])
    copies = _copies_of(session, work, ())
    return work_in(Dossier(work=work, is_read=is_read, offers=(), feedback=(), copies=copies), exchange, now=now)


def my_review(session: Session, exchange: Exchange, person_id: int, offer_id: int, *, now: datetime) -> MyReview | None:
    """One of a reviewer's works; None where it is not theirs, or was declined or given to others."""
    offers = _offers_of(session, exchange, person_id)
    _fill_files(session, [offer.submission for offer in offers])
    _fill_answers(session, [offer.feedback for offer in offers if offer.feedback is not None])
    copies = _copies_of(session, None, offers)
    dossier = Dossier(work=None, is_read=False, offers=offers, feedback=(), copies=copies)
    reviews = reviews_in(dossier, now=now, with_names=not exchange.is_masked)
    return next((review for review in reviews if review.offer.id == offer_id), None)


def received_feedback(session: Session, exchange: Exchange, person_id: int) -> tuple[Received, ...]:
    """The feedback of one author as they may see it."""
    feedback = _feedback_of(session, exchange, person_id)
    _fill_answers(session, feedback)
    dossier = Dossier(work=None, is_read=False, offers=(), feedback=feedback, copies=())
    return received_in(dossier, exchange, with_names=not exchange.is_masked)


def dossier_of(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> Dossier:
    """Load everything about one person at once. What of it may be shown is decided by those who show it."""
    work, is_read = _work_of(session, exchange, person_id, now=now)
    offers = _offers_of(session, exchange, person_id)
    feedback = _feedback_of(session, exchange, person_id)
    _fill_files(session, [*([work] if work is not None else []), *(offer.submission for offer in offers)])
    _fill_answers(session, [*feedback, *(offer.feedback for offer in offers if offer.feedback is not None)])
    copies = _copies_of(session, work, offers)
    return Dossier(work=work, is_read=is_read, offers=offers, feedback=feedback, copies=copies)


def work_in(dossier: Dossier, exchange: Exchange, *, now: datetime) -> MyWork | None:
    """The work of a dossier, and whether it may still change."""
    work = dossier.work
    if work is None:
        return None
    why_not = exchange.windows.why_not_open(now)
    if why_not is None and work.submitted_at is not None and dossier.is_read:
        why_not = "being_reviewed"
    return MyWork(
        submission=work,
        files=tuple(work.files),
        copies=tuple(copy for copy in dossier.copies if copy.submission_id == work.id),
        is_late=work.submitted_at is not None and exchange.windows.is_late(work.submitted_at),
        may_change=why_not is None,
        why_not=why_not,
    )


def reviews_in(dossier: Dossier, *, now: datetime, with_names: bool) -> tuple[MyReview, ...]:
    """The works a reviewer has or had in hand, without those declined or given to others."""
    kept = [offer for offer in dossier.offers if offer.state not in (OfferState.DECLINED, OfferState.EXPIRED)]
    return tuple(
        MyReview(
            offer=offer,
            number=number,
            author_name=_name(offer.submission.author) if with_names else None,
            submission=offer.submission,
            files=tuple(offer.submission.files),
            is_lapsed=offer.is_open and not offer.is_live_at(now),
            draft=offer.draft,
            words=_words(offer),
            copies=tuple(copy for copy in dossier.copies if copy.offer_id == offer.id),
            feedback=offer.feedback,
            reply=offer.feedback.reply if offer.feedback is not None else None,
        )
        for number, offer in enumerate(kept, start=1)
    )


def received_in(dossier: Dossier, exchange: Exchange, *, with_names: bool) -> tuple[Received, ...]:
    """The feedback of a dossier as it is read."""
    return tuple(
        Received(
            feedback=feedback,
            letter=_letter(number),
            reviewer_name=_name(feedback.offer.reviewer) if with_names else None,
            answers=_answered(exchange, feedback),
            comment=feedback.comment,
            given_at=feedback.given_at,
            reply=feedback.reply,
            is_new=feedback.read_at is None,
        )
        for number, feedback in enumerate(dossier.feedback)
    )


def _availability(
    session: Session, exchange: Exchange, person_id: int, need: rules.Need, *, now: datetime
) -> tuple[str | None, str | None]:
    most = rules.cap(need, reviews=exchange.reviews, windows=exchange.windows, now=now)
    candidates = allocation.shortlist(session, exchange, reviewer=person_id, now=now)
    if rules.ranked(candidates, most=most, seed=exchange.seed):
        return ("extra" if need.is_done else "own"), None
    return None, allocation.why_none(session, exchange, reviewer=person_id, has_candidates=bool(candidates))


def _grade(session: Session, exchange: Exchange, person_id: int) -> tuple[Release | None, Passback | None]:
    row = session.execute(
        select(Release, Passback)
        .outerjoin(Passback, is_passback_of(Release.person_id, exchange))
        .where(Release.exchange_id == exchange.id, Release.person_id == person_id)
        .order_by(Passback.changed_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return (None, None) if row is None else (row[0], row[1])


def is_passback_of(person_id: InstrumentedAttribute[int], exchange: Exchange) -> ColumnElement[bool]:
    """The condition that joins a person with their grade in the gradebook's own column of the exchange."""
    return (Passback.activity_id == exchange.id) & (Passback.person_id == person_id) & (Passback.column == "")


def _work_of(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> tuple[Submission | None, bool]:
    row = session.execute(
        select(Submission, exists().where(has_reader(Submission.id, now)))
        .where(Submission.exchange_id == exchange.id, Submission.author_id == person_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return (None, False) if row is None else (row[0], row[1])


def _offers_of(session: Session, exchange: Exchange, person_id: int) -> tuple[Offer, ...]:
    rows = session.scalars(
        select(Offer)
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id == person_id)
        .options(
            joinedload(Offer.submission, innerjoin=True).joinedload(Submission.author),
            joinedload(Offer.draft),
            joinedload(Offer.feedback).joinedload(Feedback.reply),
        )
        .order_by(Offer.offered_at, Offer.id)
        .execution_options(populate_existing=True)
    )
    return tuple(rows)


def _feedback_of(session: Session, exchange: Exchange, person_id: int) -> tuple[Feedback, ...]:
    rows = session.scalars(
        select(Feedback)
        .join(Feedback.offer)
        .join(Offer.submission)
        .where(Submission.exchange_id == exchange.id, Submission.author_id == person_id)
        .options(joinedload(Feedback.reply), joinedload(Feedback.offer).joinedload(Offer.reviewer))
        .order_by(Feedback.given_at, Feedback.id)
        .execution_options(populate_existing=True)
    )
    return tuple(rows)


def _fill_files(session: Session, works: Collection[Submission]) -> None:
    """The files of all *works* at once."""
    if not works:
        return
    found: dict[int, list[SubmissionFile]] = {work.id: [] for work in works}
    rows = select(SubmissionFile).where(SubmissionFile.submission_id.in_(found)).order_by(SubmissionFile.number)
    for file in session.scalars(rows):
        found[file.submission_id].append(file)
    for work in works:
        set_committed_value(work, "files", found[work.id])


def _fill_answers(session: Session, feedback: Collection[Feedback]) -> None:
    """The answers of all *feedback* at once."""
    if not feedback:
        return
    found: dict[int, list[Answer]] = {each.id: [] for each in feedback}
    for answer in session.scalars(select(Answer).where(Answer.feedback_id.in_(found))):
        found[answer.feedback_id].append(answer)
    for each in feedback:
        set_committed_value(each, "answers", found[each.id])


def _copies_of(session: Session, work: Submission | None, offers: Collection[Offer]) -> tuple[DraftCopy, ...]:
    """What was kept of a work and of feedback about others, newest first."""
    if work is None and not offers:
        return ()
    of_work = DraftCopy.submission_id == (work.id if work is not None else None)
    of_offers = DraftCopy.offer_id.in_([offer.id for offer in offers])
    return tuple(session.scalars(select(DraftCopy).where(of_work | of_offers).order_by(DraftCopy.id.desc())))


def share_of(exchange: Exchange, feedback: Feedback) -> rules.Share:
    """What one feedback says in points."""
    points, possible = 0.0, 0.0
    for answered in _answered(exchange, feedback):
        asked = answered.criterion.asked
        reached = rules.worth(asked, level_id=answered.level.id if answered.level else None, number=answered.number)
        if reached is not None:
            points += reached * asked.weight
            possible += asked.weight
    return rules.Share(feedback_id=feedback.id, points=points, possible=possible)


def _answered(exchange: Exchange, feedback: Feedback) -> tuple[Answered, ...]:
    """What was said, in the order of the criteria."""
    said = {answer.criterion_id: answer for answer in feedback.answers}
    return tuple(
        Answered(
            criterion=criterion,
            level=_level(criterion.levels, said[criterion.id].level_id),
            comment=said[criterion.id].comment,
            number=said[criterion.id].number,
        )
        for criterion in exchange.criteria
        if criterion.id in said
    )


def _level(levels: Iterable[Level], id: int | None) -> Level | None:
    return next((level for level in levels if level.id == id), None)


def _words(offer: Offer) -> Words:
    if offer.feedback is not None:
        return offer.feedback.words
    return Words.from_dict(offer.draft.words) if offer.draft is not None else Words()


def _name(person: Person | None) -> str:
    """Empty for somebody who was forgotten, and where the LMS withholds names."""
    return person.name if person is not None else ""


def _letter(number: int) -> str:
    """A, B … Z, AA, AB …"""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
