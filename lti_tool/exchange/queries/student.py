"""
What a learner sees: their work, the works they review, the feedback they got.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.columns import main_column
from lti_tool.exchange.models import (
    Answer,
    Criterion,
    DraftCopy,
    Exchange,
    Excusal,
    Feedback,
    FeedbackDraft,
    Level,
    Mark,
    Offer,
    Release,
    StaffReview,
    Submission,
    SubmissionFile,
    WorkVersion,
    authored_by,
    has_reader,
)
from lti_tool.exchange.queries import pairing, presenting
from lti_tool.exchange.queries.comparing import Comparing, comparing_of
from lti_tool.exchange.queries.dates import windows_of
from lti_tool.exchange.queries.dialogue import WITH_DIALOGUE, said_about
from lti_tool.exchange.queries.grades import graded
from lti_tool.exchange.queries.practice import Practice, practice_of
from lti_tool.exchange.queries.presenting import Shown
from lti_tool.exchange.queries.reach import Reach, reach_columns, reach_in
from lti_tool.exchange.queries.release import waiting_of
from lti_tool.exchange.queries.sealing import sealed_givings
from lti_tool.exchange.queries.second_look import Mine, standing
from lti_tool.exchange.queries.self_assessment import OwnLook, own_look
from lti_tool.exchange.queries.teams import names_of_authors
from lti_tool.exchange.queries.withdrawn import TakenBack, taken_back_among
from lti_tool.exchange.queries.work import Version, versions_of
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
    """closed, not_yet, unpublished, too_late or being_reviewed."""
    reopened_until: datetime | None = None
    """Staff let it be changed once more, until then."""
    is_revision: bool = False
    """What may change now is a new version, beside the one that is being reviewed."""
    versions: tuple[Version, ...] = ()
    """As it was handed in, oldest first."""
    windows: rules.Windows
    """Its author's own."""

    @property
    def handed_in(self) -> Version | None:
        return self.versions[-1] if self.versions else None

    @property
    def has_unsent_changes(self) -> bool:
        newest, work = self.handed_in, self.submission
        return newest is not None and (
            work.has_unsent_changes
            or work.beside != newest.beside.as_dict()
            or [file.id for file in self.files] != [file.id for file in newest.files]
        )


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
    """Of the version under review, as ``version`` is."""
    versions: tuple[Version, ...]
    """The one under review and what came after it."""
    is_lapsed: bool
    draft: FeedbackDraft | None
    words: Words
    """What is written so far, or was given."""
    copies: tuple[DraftCopy, ...]
    feedback: Feedback | None

    @property
    def state(self) -> str:
        return self.offer.state

    @property
    def is_to_rewrite(self) -> bool:
        """Whether staff ask its reviewer to write it anew."""
        request = self.feedback.rewrite_request if self.feedback is not None else None
        return request is not None and request.answered_at is None

    @property
    def is_answered(self) -> bool:
        """Whether the author has written back."""
        return self.feedback is not None and any(each.side == rules.AUTHOR for each in said_about(self.feedback))

    @property
    def version(self) -> Version:
        return self.versions[0]

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """What the author asks, and what the reviewer says to it so far."""
        questions, said = self.version.beside.questions, self.words.to_author
        return tuple((each, said[place] if place < len(said) else "") for place, each in enumerate(questions))

    @property
    def newer(self) -> Version | None:
        return self.versions[-1] if len(self.versions) > 1 else None


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
    """"Reviewer K": fresh for each work, and telling nothing of the order in which feedback came."""
    reviewer_name: str | None
    """None where its reader must not know."""
    answers: tuple[Answered, ...]
    asked: tuple[tuple[str, str], ...]
    """What the author asked and what was answered."""
    comment: str
    given_at: datetime
    is_new: bool
    not_counted: str | None = None
    """Why it does not count for the grade, where staff decided so."""

    @property
    def is_answered(self) -> bool:
        """Whether its author has written back, or need not, since staff hide it."""
        return self.feedback.hiding is not None or any(each.side == rules.AUTHOR for each in said_about(self.feedback))


@dataclass(frozen=True, kw_only=True)
class StudentPage:
    """Everything about one learner in one exchange."""

    step: str
    """The one thing to do now, as :func:`rules.step` names it."""
    why_not_open: str | None
    work: MyWork | None
    reviews: tuple[MyReview, ...]
    open_review: MyReview | None
    given: int
    owed: int
    waiting_for: int
    """How much feedback may still be hoped for."""
    available: str | None
    """
    Whether another work can be had: ``own`` while some are owed, then ``extra`` where help is needed; ``guest`` for who
    has handed in nothing, and may help.
    """
    none_because: str | None
    received: tuple[Received, ...]
    """Nothing while it is held back."""
    waiting: rules.Waiting | None
    """Why feedback is held back, or would be if it came."""
    mine: Mine
    grade: Release | None
    passback: Passback | None
    windows: rules.Windows
    """Their own: everybody's, unless they have more time."""
    parts: tuple[rules.Part, ...] = ()
    """What the grade is made of, with what each part would bring now; empty where it is the reviews alone."""
    by_staff: int = 0
    """How many reviews of the work are by staff."""
    to_watch: tuple[Shown, ...] = ()
    """Where it is shown live: what they are to review and have not begun."""
    own: OwnLook | None = None
    """How they see their own work; None where nobody asks for it."""
    practice: Practice | None = None
    """How far they have come with practising; None where there is nothing to practise with."""
    comparing: Comparing | None = None
    """What they compare, and what was written to them; None where nobody compares."""
    taken_back: tuple[TakenBack, ...] = ()
    """What this learner wrote about works that their authors took back."""


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
    versions: Mapping[int, tuple[Version, ...]]
    """By work: the person's own and those they review."""
    windows: rules.Windows
    """The person's own."""
    has_feedback: bool = False
    """Somebody has reviewed the work."""
    owes: int | None = None
    """How many reviews they owe where they are excused from some."""
    by_staff: tuple[int, int] = (0, 0)
    """How many reviews of the work are by staff, and how many of these are in the place of a reader."""
    reach: Reach | None = None
    """None while there is no work."""

    def owed(self, exchange: Exchange, *, given: int) -> int:
        """How many reviews they owe in all who *gave* so many."""
        usual = exchange.reviews if self.owes is None else min(self.owes, exchange.reviews)
        return usual if self.reach is None else self.reach.owed(exchange, usual, given=given)


def student_page(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> StudentPage:
    """The whole page of one learner, in at most ten queries."""
    dossier = dossier_of(session, exchange, person_id, now=now)
    given = sum(offer.state == OfferState.SUBMITTED for offer in dossier.offers)
    if exchange.sealing is not None:
        given = sealed_givings(session, exchange, persons=(person_id,)).get(person_id, 0)
    owed = dossier.owed(exchange, given=given)
    waiting = waiting_of(session, exchange, person_id, received=len(dossier.feedback), given=given, owed=owed, now=now)
    if waiting is not None:
        # As if it had not come.
        dossier = _without_feedback(dossier)
    windows = dossier.windows
    comparing = comparing_of(session, exchange, person_id, is_waiting=waiting is not None)
    practice = practice_of(session, exchange, person_id)
    own = own_look(session, exchange, dossier.work, dossier.feedback, windows=windows, now=now)
    if own is not None and own.waiting:
        dossier = _without_feedback(dossier)
    why_not_open = windows.why_not_open(now)
    work = work_in(dossier, exchange, now=now)
    reviews = reviews_in(dossier, exchange, looker=rules.REVIEWER, now=now)
    received = received_in(dossier, exchange, looker=rules.AUTHOR)
    open_review = next((review for review in reviews if review.offer.is_open), None)
    has = len(received) + dossier.by_staff[1]
    hoped_for = exchange.reviews
    if dossier.reach is not None:
        hoped_for = dossier.reach.hoped_for(exchange, received=len(received), rescued=dossier.by_staff[1])
    submitted_at = dossier.work.submitted_at if dossier.work is not None else None
    available, none_because = None, None
    if windows.why_not_review(now) == "too_late":
        none_because = "too_late"
    elif why_not_open is None and open_review is None:
        look = pairing.available if submitted_at is not None else pairing.available_to_guest
        available, none_because = look(session, exchange, person_id, owes=owed - given, now=now)
    watching = tuple(presenting.to_watch(session, exchange, person_id))
    if watching and available is not None and not any(each.is_held_at(now) for each in watching):
        available, none_because = None, "not_held"
    mine = standing(session, exchange, person_id, now=now)
    asked = (each.feedback for each in reviews if each.feedback is not None and each.feedback.id in mine.invited)
    looks_again = any(feedback.second_look is None for feedback in asked)
    grade, passback = _grade(session, exchange, person_id)
    step = rules.step(
        why_not_open=why_not_open,
        is_submitted=submitted_at is not None,
        may_hand_in=windows.why_not_hand_in(now) is None,
        may_review=(open_review is not None and none_because is None) or available == "own",
        has_unread=any(each.is_new for each in received),
        may_help=available == "extra",
        is_waiting=given < owed or has < hoped_for,
        also=_also_due(practice, comparing, own, reviews, looks_again=looks_again, windows=windows, now=now),
    )
    if submitted_at is None and exchange.takes_guests and none_because is None:
        step = rules.step_of_guest(step, is_reviewing=open_review is not None, may_help=available == "guest")
    return StudentPage(
        step=step,
        why_not_open=why_not_open,
        work=work,
        reviews=reviews,
        open_review=open_review,
        given=given,
        owed=owed,
        waiting_for=max(hoped_for - has, 0),
        # Who is to look at their own work first sees what others say afterwards.
        by_staff=0 if own is not None and own.waiting else dossier.by_staff[0],
        available=available,
        none_because=none_because,
        received=received,
        waiting=waiting,
        mine=mine,
        grade=grade,
        passback=passback,
        windows=windows,
        parts=_parts(session, exchange, person_id, received=received, is_out=grade is not None, owed=owed, now=now),
        to_watch=watching,
        own=own,
        practice=practice,
        comparing=comparing,
        taken_back=taken_back_among(dossier.offers),
    )


def my_work(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> MyWork | None:
    """The work of one author, or None while they have none."""
    work, is_read, has_feedback, *_ = _work_of(session, exchange, person_id, now=now)
    if work is None:
        return None
    dossier = Dossier(
        work=work,
        is_read=is_read,
        has_feedback=has_feedback,
        windows=windows_of(session, exchange, person_id),
        offers=(),
        feedback=(),
        copies=_copies_of(session, work, ()),
        versions=versions_of(session, [work]),
    )
    return work_in(dossier, exchange, now=now)


def my_review(session: Session, exchange: Exchange, person_id: int, offer_id: int, *, now: datetime) -> MyReview | None:
    """One of a reviewer's works; None where it is not theirs, or was declined or given to others."""
    offers = _offers_of(session, exchange, person_id)
    versions = versions_of(session, [offer.submission for offer in offers])
    _fill_answers(session, [offer.feedback for offer in offers if offer.feedback is not None])
    copies = _copies_of(session, None, offers)
    dossier = Dossier(
        work=None,
        is_read=False,
        offers=offers,
        feedback=(),
        copies=copies,
        versions=versions,
        windows=exchange.windows,
    )
    reviews = reviews_in(dossier, exchange, looker=rules.REVIEWER, now=now)
    return next((review for review in reviews if review.offer.id == offer_id), None)


def dossier_of(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> Dossier:
    """Load everything about one person at once. What of it may be shown is decided by those who show it."""
    work, is_read, has_feedback, owes, by_staff, reach = _work_of(session, exchange, person_id, now=now)
    offers = _offers_of(session, exchange, person_id)
    feedback = _feedback_of(session, exchange, person_id)
    versions = versions_of(session, [*([work] if work is not None else []), *(offer.submission for offer in offers)])
    _fill_answers(session, [*feedback, *(offer.feedback for offer in offers if offer.feedback is not None)])
    copies = _copies_of(session, work, offers)
    return Dossier(
        work=work,
        is_read=is_read,
        has_feedback=has_feedback,
        owes=owes,
        by_staff=by_staff,
        reach=reach,
        offers=offers,
        feedback=feedback,
        copies=copies,
        versions=versions,
        windows=windows_of(session, exchange, person_id),
    )


def work_in(dossier: Dossier, exchange: Exchange, *, now: datetime) -> MyWork | None:
    """The work of a dossier, and whether it may still change."""
    work = dossier.work
    if work is None:
        return None
    why_not = dossier.windows.why_not_hand_in(now)
    is_reopened = dossier.windows.is_reopened_at(now)
    is_read = work.submitted_at is not None and dossier.is_read
    options = exchange.option(rules.WorkOptions)
    may = is_reopened or rules.may_hand_in_again(options, is_read=is_read, has_feedback=dossier.has_feedback)
    if why_not is None and not may:
        why_not = "being_reviewed"
    return MyWork(
        submission=work,
        files=tuple(work.files),
        copies=tuple(copy for copy in dossier.copies if copy.submission_id == work.id),
        is_late=work.submitted_at is not None and dossier.windows.is_late(work.submitted_at),
        may_change=why_not is None,
        why_not=why_not,
        is_revision=is_read and may,
        reopened_until=dossier.windows.reopened_until if is_reopened else None,
        versions=dossier.versions.get(work.id, ()),
        windows=dossier.windows,
    )


def reviews_in(dossier: Dossier, exchange: Exchange, *, looker: str, now: datetime) -> tuple[MyReview, ...]:
    """The works a reviewer has or had in hand, without those declined or given to others."""
    kept = [offer for offer in dossier.offers if offer.state not in (OfferState.DECLINED, OfferState.EXPIRED)]

    def is_known(offer: Offer) -> bool:
        agreed = offer.feedback is not None and offer.feedback.is_agreed
        return exchange.may_see(looker, rules.AUTHOR, agreed=agreed)

    def under_review(offer: Offer) -> tuple[Version, ...]:
        return tuple(each for each in dossier.versions[offer.submission_id] if each.number >= offer.version)

    return tuple(
        MyReview(
            offer=offer,
            number=number,
            author_name=names_of_authors(exchange, offer.submission) if is_known(offer) else None,
            submission=offer.submission,
            files=under_review(offer)[0].files,
            versions=under_review(offer),
            is_lapsed=offer.is_open and not offer.is_live_at(now),
            draft=offer.draft,
            words=_words(offer),
            copies=tuple(copy for copy in dossier.copies if copy.offer_id == offer.id),
            feedback=offer.feedback,
        )
        for number, offer in enumerate(kept, start=1)
    )


def received_in(
    dossier: Dossier, exchange: Exchange, *, looker: str, unmasked: Collection[int] = ()
) -> tuple[Received, ...]:
    """
    The feedback of a dossier as *looker* reads it: by letters where its reviewers are hidden.

    *unmasked* is that of which a member of staff knows who wrote it nevertheless.
    """
    works = {each.offer.submission_id for each in dossier.feedback}
    letters = rules.pseudonyms(exchange.seed, min(works, default=0), len(dossier.feedback))

    def is_known(feedback: Feedback) -> bool:
        return feedback.id in unmasked if looker == rules.STAFF else feedback.is_agreed

    received = (
        Received(
            feedback=feedback,
            letter=letter,
            reviewer_name=_name(feedback.offer.reviewer)
            if exchange.may_see(looker, rules.REVIEWER, agreed=is_known(feedback))
            else None,
            answers=_answered(exchange, feedback),
            asked=tuple(zip(_questions(dossier, feedback.offer), feedback.to_author, strict=False)),
            comment=feedback.comment,
            given_at=feedback.given_at,
            is_new=feedback.read_at is None,
            not_counted=_why_not_counted(feedback) if exchange.points is not None else None,
        )
        for letter, feedback in zip(letters, dossier.feedback, strict=True)
    )
    if exchange.may_see(looker, rules.REVIEWER):
        return tuple(received)
    return tuple(sorted(received, key=lambda each: (len(each.letter), each.letter)))


def _also_due(
    practice: Practice | None,
    comparing: Comparing | None,
    own: OwnLook | None,
    reviews: Collection[MyReview],
    *,
    looks_again: bool,
    windows: rules.Windows,
    now: datetime,
) -> frozenset[str]:
    """What further settings and staff ask of somebody now, by their own *windows*: see :func:`rules.step`."""
    due = {
        "practise": practice is not None and practice.is_due and windows.why_not_review(now) is None,
        "compare": comparing is not None and comparing.next_at(windows, now) is not None,
        "assess": own is not None and own.is_due,
        "rewrite": any(each.is_to_rewrite for each in reviews),
        "look_again": looks_again,
    }
    return frozenset(name for name, is_due in due.items() if is_due)


def _why_not_counted(feedback: Feedback) -> str | None:
    if feedback.exclusion is not None:
        return feedback.exclusion.reason
    hiding = feedback.hiding
    return hiding.note if hiding is not None and not hiding.counts else None


def _without_feedback(dossier: Dossier) -> Dossier:
    return replace(dossier, feedback=(), has_feedback=False)


def _questions(dossier: Dossier, offer: Offer) -> tuple[str, ...]:
    """What the author asked with the version under review."""
    versions = dossier.versions.get(offer.submission_id, ())
    return next((each.beside.questions for each in versions if each.number == offer.version), ())


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


def _parts(
    session: Session,
    exchange: Exchange,
    person_id: int,
    *,
    received: tuple[Received, ...],
    is_out: bool,
    owed: int,
    now: datetime,
) -> tuple[rules.Part, ...]:
    """
    The parts of one learner's grade as they stand. What the work would bring they learn no sooner than
    the reviews that say so, and an estimate not before the grade is out.
    """
    options = exchange.option(rules.GradingOptions)
    if exchange.points is None or options.is_usual:
        return ()
    may_know_work = is_out or options.method != rules.ROBUST
    if not may_know_work:
        # Nothing is shown of the estimate, so it need not be made.
        options = replace(options, method=rules.MEAN)
    found = graded(session, exchange, persons=(person_id,), options=options, now=now)
    if person_id not in found.grades:
        return rules.parts_of(rules.Evidence(owed=owed), options)
    seen = {each.feedback.id for each in received}
    may_know_work &= all(share.feedback_id in seen for share in found.shares[person_id])
    parts = found.grades[person_id].parts
    if may_know_work or is_out:
        return parts
    return tuple(replace(part, value=None) if part.name == rules.WORK else part for part in parts)


def is_passback_of(person_id: InstrumentedAttribute[int], exchange: Exchange) -> ColumnElement[bool]:
    """The condition that joins a person with their grade in the first column that the exchange fills."""
    return (
        (Passback.activity_id == exchange.id)
        & ~Passback.is_work_only
        & (Passback.person_id == person_id)
        & (Passback.column == main_column(exchange))
    )


def _work_of(
    session: Session, exchange: Exchange, person_id: int, *, now: datetime
) -> tuple[Submission | None, bool, bool, int | None, tuple[int, int], Reach | None]:
    """
    The work, whether somebody has it, and whether somebody has said something about it; what its author
    owes who is excused; how many reviews are by staff, and how many of these in the place of a reader;
    and what there is for them to read.
    """
    by_staff = select(func.count()).where(StaffReview.submission_id == Submission.id)
    has_feedback = exists().where(Feedback.offer_id == Offer.id, Offer.submission_id == Submission.id)
    owes = select(Excusal.owes).where(Excusal.exchange_id == exchange.id, Excusal.person_id == person_id)
    row = session.execute(
        select(
            Submission,
            exists().where(has_reader(Submission.id, now)),
            has_feedback,
            owes.scalar_subquery(),
            by_staff.scalar_subquery(),
            by_staff.where(StaffReview.is_rescue).scalar_subquery(),
            *reach_columns(exchange, person_id),
        )
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, person_id))
        .options(joinedload(Submission.withdrawal))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None, False, False, None, (0, 0), None
    return row[0], row[1], row[2], row[3], (row[4], row[5]), reach_in(row, exchange, now=now)


def _offers_of(session: Session, exchange: Exchange, person_id: int) -> tuple[Offer, ...]:
    rows = session.scalars(
        select(Offer)
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id == person_id)
        .options(
            joinedload(Offer.submission, innerjoin=True).joinedload(
                Submission.team if exchange.has_teams else Submission.author
            ),
            joinedload(Offer.draft),
            joinedload(Offer.takeaway),
            joinedload(Offer.feedback).options(*WITH_DIALOGUE),
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
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, person_id))
        .options(
            *WITH_DIALOGUE,
            joinedload(Feedback.exclusion),
            joinedload(Feedback.offer).options(joinedload(Offer.reviewer), joinedload(Offer.submission)),
        )
        .order_by(Feedback.given_at, Feedback.id)
        .execution_options(populate_existing=True)
    )
    return tuple(rows)


def _fill_answers(session: Session, feedback: Collection[Feedback]) -> None:
    """The answers of all *feedback* at once, each with what its author decided about it."""
    if not feedback:
        return
    found: dict[int, dict[int, Answer]] = {each.id: {} for each in feedback}
    marks: dict[int, dict[int, Mark]] = {each.id: {} for each in feedback}
    # A mark belongs to one answer, or to the overall comment: then it comes with every answer.
    is_of_this = (Mark.criterion_id == Answer.criterion_id) | Mark.criterion_id.is_(None)
    rows = (
        select(Feedback.id, Answer, Mark)
        .outerjoin(Answer, Answer.feedback_id == Feedback.id)
        .outerjoin(Mark, (Mark.feedback_id == Feedback.id) & is_of_this)
        .where(Feedback.id.in_(found))
        .execution_options(populate_existing=True)
    )
    for id, answer, mark in session.execute(rows):
        if answer is not None:
            found[id][answer.criterion_id] = answer
        if mark is not None:
            marks[id][mark.id] = mark
    for each in feedback:
        set_committed_value(each, "answers", list(found[each.id].values()))
        set_committed_value(each, "marks", sorted(marks[each.id].values(), key=lambda mark: mark.id))


def _copies_of(session: Session, work: Submission | None, offers: Collection[Offer]) -> tuple[DraftCopy, ...]:
    """What was kept of a work and of feedback about others, newest first."""
    if work is None and not offers:
        return ()
    of_work = DraftCopy.submission_id == (work.id if work is not None else None)
    of_offers = DraftCopy.offer_id.in_([offer.id for offer in offers])
    return tuple(session.scalars(select(DraftCopy).where(of_work | of_offers).order_by(DraftCopy.id.desc())))


def answered_in(exchange: Exchange, feedback: Feedback) -> tuple[Answered, ...]:
    """What a feedback says, in the order of the criteria."""
    return _answered(exchange, feedback)


def asked_in(session: Session, feedback: Feedback) -> tuple[tuple[str, str], ...]:
    """What the author asked with the version that its reviewer read, and what is answered."""
    if not any(feedback.to_author):
        return ()
    is_read = (WorkVersion.submission_id == Offer.submission_id) & (WorkVersion.number == Offer.version)
    beside = session.scalar(select(WorkVersion.beside).join(Offer, is_read).where(Offer.id == feedback.offer_id))
    return tuple(zip(rules.Beside.from_dict(beside or {}).questions, feedback.to_author, strict=False))


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
