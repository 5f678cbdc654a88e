"""
What a learner sees: their work, the works they review, the feedback they got.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

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


def student_page(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> StudentPage:
    """The whole page of one learner, in at most eight queries."""
    why_not_open = exchange.windows.why_not_open(now)
    work = my_work(session, exchange, person_id, now=now)
    reviews = reviews_of(session, exchange, person_id, now=now, with_names=not exchange.is_masked)
    received = received_feedback(session, exchange, person_id)
    given = sum(review.feedback is not None for review in reviews)
    open_review = next((review for review in reviews if review.offer.is_open), None)
    available, none_because = None, None
    is_in = work is not None and work.submission.submitted_at is not None
    if is_in and why_not_open is None and open_review is None:
        available, none_because = _availability(session, exchange, person_id, work, given=given, now=now)
    grade, passback = _grade(session, exchange, person_id)
    return StudentPage(
        step=rules.step(
            why_not_open=why_not_open,
            is_submitted=is_in,
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
    row = session.execute(
        select(Submission, exists().where(has_reader(Submission.id, now)))
        .where(Submission.exchange_id == exchange.id, Submission.author_id == person_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    work, is_read = row
    _load_files(session, [work])
    copies = session.scalars(
        select(DraftCopy).where(DraftCopy.submission_id == work.id).order_by(DraftCopy.id.desc())
    ).all()
    why_not = exchange.windows.why_not_open(now)
    if why_not is None and work.submitted_at is not None and is_read:
        why_not = "being_reviewed"
    return MyWork(
        submission=work,
        files=tuple(work.files),
        copies=tuple(copies),
        is_late=work.submitted_at is not None and exchange.windows.is_late(work.submitted_at),
        may_change=why_not is None,
        why_not=why_not,
    )


def my_review(session: Session, exchange: Exchange, person_id: int, offer_id: int, *, now: datetime) -> MyReview | None:
    """One of a reviewer's works; None where it is not theirs, or was declined or given to others."""
    reviews = reviews_of(session, exchange, person_id, now=now, with_names=not exchange.is_masked)
    return next((review for review in reviews if review.offer.id == offer_id), None)


def received_feedback(
    session: Session, exchange: Exchange, person_id: int, *, with_names: bool | None = None
) -> tuple[Received, ...]:
    """The feedback of one author in the order it came. With names where the exchange has them, unless told."""
    with_names = not exchange.is_masked if with_names is None else with_names
    rows = session.scalars(
        select(Feedback)
        .join(Feedback.offer)
        .join(Offer.submission)
        .where(Submission.exchange_id == exchange.id, Submission.author_id == person_id)
        .options(joinedload(Feedback.reply), joinedload(Feedback.offer).joinedload(Offer.reviewer))
        .order_by(Feedback.given_at, Feedback.id)
        .execution_options(populate_existing=True)
    ).all()
    _load_answers(session, rows)
    return tuple(
        Received(
            feedback=feedback,
            letter=_letter(number),
            reviewer_name=_name(feedback.offer) if with_names else None,
            answers=_answered(exchange, feedback),
            comment=feedback.comment,
            given_at=feedback.given_at,
            reply=feedback.reply,
            is_new=feedback.read_at is None,
        )
        for number, feedback in enumerate(rows)
    )


def reviews_of(
    session: Session, exchange: Exchange, person_id: int, *, now: datetime, with_names: bool
) -> tuple[MyReview, ...]:
    """The works one reviewer has or had in hand, without those declined or given to others."""
    offers = session.scalars(
        select(Offer)
        .where(
            Offer.exchange_id == exchange.id,
            Offer.reviewer_id == person_id,
            Offer.state.not_in((OfferState.DECLINED, OfferState.EXPIRED)),
        )
        .options(
            joinedload(Offer.submission, innerjoin=True).joinedload(Submission.author),
            joinedload(Offer.draft),
            joinedload(Offer.feedback).joinedload(Feedback.reply),
        )
        .order_by(Offer.offered_at, Offer.id)
        .execution_options(populate_existing=True)
    ).all()
    if not offers:
        return ()
    _load_files(session, [offer.submission for offer in offers])
    _load_answers(session, [offer.feedback for offer in offers if offer.feedback is not None])
    copies = _copies_of_offers(session, [offer.id for offer in offers])
    return tuple(
        MyReview(
            offer=offer,
            number=number,
            author_name=_author_name(offer) if with_names else None,
            submission=offer.submission,
            files=tuple(offer.submission.files),
            is_lapsed=offer.is_open and not offer.is_live_at(now),
            draft=offer.draft,
            words=_words(offer),
            copies=tuple(copies.get(offer.id, ())),
            feedback=offer.feedback,
            reply=offer.feedback.reply if offer.feedback is not None else None,
        )
        for number, offer in zip(count(1), offers, strict=False)
    )


def _availability(
    session: Session, exchange: Exchange, person_id: int, work: MyWork | None, *, given: int, now: datetime
) -> tuple[str | None, str | None]:
    assert work is not None and work.submission.submitted_at is not None  # noqa: S101, PT018 - asked by the caller
    need = rules.Need(owed=exchange.reviews, given=given, work_submitted_at=work.submission.submitted_at)
    most = rules.cap(need, reviews=exchange.reviews, windows=exchange.windows, now=now)
    candidates = allocation.shortlist(session, exchange, reviewer=person_id, now=now)
    if rules.ranked(candidates, most=most, seed=exchange.seed):
        return ("extra" if need.is_done else "own"), None
    return None, allocation.why_none(session, exchange, reviewer=person_id, has_candidates=bool(candidates))


def _grade(session: Session, exchange: Exchange, person_id: int) -> tuple[Release | None, Passback | None]:
    row = session.execute(
        select(Release, Passback)
        .outerjoin(
            Passback,
            (Passback.activity_id == Release.exchange_id)
            & (Passback.person_id == Release.person_id)
            & (Passback.column == ""),
        )
        .where(Release.exchange_id == exchange.id, Release.person_id == person_id)
        .order_by(Passback.changed_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return (None, None) if row is None else (row[0], row[1])


def _load_files(session: Session, works: Collection[Submission]) -> None:
    """The files of all *works* at once."""
    found: dict[int, list[SubmissionFile]] = {work.id: [] for work in works}
    rows = select(SubmissionFile).where(SubmissionFile.submission_id.in_(found)).order_by(SubmissionFile.number)
    for file in session.scalars(rows):
        found[file.submission_id].append(file)
    for work in works:
        set_committed_value(work, "files", found[work.id])


def _load_answers(session: Session, feedback: Collection[Feedback]) -> None:
    """The answers of all *feedback* at once."""
    if not feedback:
        return
    found: dict[int, list[Answer]] = {each.id: [] for each in feedback}
    for answer in session.scalars(select(Answer).where(Answer.feedback_id.in_(found))):
        found[answer.feedback_id].append(answer)
    for each in feedback:
        set_committed_value(each, "answers", found[each.id])


def _copies_of_offers(session: Session, ids: Collection[int]) -> Mapping[int, list[DraftCopy]]:
    found: dict[int, list[DraftCopy]] = {}
    for copy in session.scalars(select(DraftCopy).where(DraftCopy.offer_id.in_(ids)).order_by(DraftCopy.id.desc())):
        assert copy.offer_id is not None  # noqa: S101 - selected by it
        found.setdefault(copy.offer_id, []).append(copy)
    return found


def _answered(exchange: Exchange, feedback: Feedback) -> tuple[Answered, ...]:
    """What was said, in the order of the criteria."""
    said = {answer.criterion_id: answer for answer in feedback.answers}
    return tuple(
        Answered(
            criterion=criterion,
            level=_level(criterion.levels, said[criterion.id].level_id),
            comment=said[criterion.id].comment,
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


def _name(offer: Offer) -> str:
    return offer.reviewer.name if offer.reviewer is not None else ""


def _author_name(offer: Offer) -> str:
    return offer.submission.author.name if offer.submission.author is not None else ""


def _letter(number: int) -> str:
    """A, B … Z, AA, AB …"""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
