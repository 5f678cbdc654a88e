"""
What staff see: who is where, and everything about one person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Person, Role
from lti_tool.exchange import rules
from lti_tool.exchange.columns import columns_of, main_column
from lti_tool.exchange.models import (
    Exchange,
    GradeOverride,
    Offer,
    Release,
    Reopening,
    StaffReview,
    Submission,
    SubmissionFile,
    Withdrawal,
    authored_by,
)
from lti_tool.exchange.queries.dates import calendar_of
from lti_tool.exchange.queries.grades import Graded, graded, overrides_of
from lti_tool.exchange.queries.more_time import reopenings
from lti_tool.exchange.queries.reach import owed_and_missing
from lti_tool.exchange.queries.release import waiting_of
from lti_tool.exchange.queries.sealing import sealed_givings, unmasked_for
from lti_tool.exchange.queries.self_assessment import OwnLook, own_look
from lti_tool.exchange.queries.student import (
    MyReview,
    MyWork,
    Received,
    dossier_of,
    is_passback_of,
    received_in,
    reviews_in,
    share_of,
    work_in,
)
from lti_tool.exchange.rules import OfferState
from lti_tool.grades import queries as gradebook
from lti_tool.grades.models import Passback, State


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    """Where one learner is."""

    person_id: int
    name: str
    has_left: bool
    submission_id: int | None
    has_draft: bool
    submitted_at: datetime | None
    withdrawn_at: datetime | None
    """When they took back what they had handed in."""
    is_late: bool
    windows: rules.Windows
    """Their own."""
    given: int | None
    """None where that is told to nobody yet."""
    owes: int
    """Reviews in all: as many as everybody, or fewer where they are excused."""
    open_offer: bool
    last_given_at: datetime | None
    received: int
    computed: rules.Grade
    override: GradeOverride | None
    release: Release | None
    passback: Passback | None
    trouble: str | None
    """passback_failed, no_work, no_feedback or not_reviewing."""

    @property
    def score(self) -> float | None:
        """The grade that counts now, out or not."""
        return self.override.score if self.override is not None else self.computed.score


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Who is where, and how the whole exchange stands."""

    rows: tuple[StudentRow, ...]
    people: int
    submitted: int
    handed_in_once: int
    """With those who took it back."""
    feedback_given: int
    feedback_owed: int
    fully_served: int
    graded: int
    needs_human: int
    """Handed in, nothing more to wait for, and still no grade."""
    missing: Mapping[int, int]
    """By person: reviews that they owe of the works that are there."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one reviewer says in points, for staff."""

    feedback_id: int
    name: str | None
    """None where staff do not see it: then there is only the letter."""
    letter: str
    reviewer_id: int | None
    share: float | None
    """From 0 to 1; None where the criteria give no points."""
    bias: float | None
    """How much more than others this reviewer gives, in the class as a whole."""
    not_counted: str | None
    """Why it does not count, where staff left it out."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What the reviews of one work say together."""

    said: tuple[Said, ...]
    estimate: rules.Estimate | None

    @property
    def shares(self) -> list[float]:
        """Those that count."""
        return [each.share for each in self.said if each.share is not None and each.not_counted is None]

    @property
    def mean(self) -> float | None:
        return sum(self.shares) / len(self.shares) if self.shares else None


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """Everything about one person, with all names."""

    person_id: int
    name: str
    windows: rules.Windows
    """Their own."""
    waiting: rules.Waiting | None
    """Why they do not see their feedback."""
    reopenings: Sequence[Reopening]
    """What was opened for them alone, newest first."""
    work: MyWork | None
    given: tuple[MyReview, ...]
    """Nothing where staff do not see who reviewed whom."""
    count_given: int | None
    """How much feedback they gave; None where that is told to nobody yet."""
    received: tuple[Received, ...]
    declined: tuple[Offer, ...]
    computed: rules.Grade
    overrides: tuple[GradeOverride, ...]
    """All of them, newest first; one without a score lifted those before."""
    override: GradeOverride | None
    score: float | None
    release: Release | None
    passback: Passback | None
    advice: Advice
    part_overrides: Mapping[str, GradeOverride]
    passbacks: dict[str, Passback]
    """By part, where each has a column of its own."""
    own: OwnLook | None
    """How the author sees the work; None where nobody asks for it."""
    by_staff: int = 0
    """How many reviews of the work are by staff."""


def overview(session: Session, exchange: Exchange, *, now: datetime) -> Overview:
    """Every learner of the course in one table, in nine queries and one for each part that counts."""
    reviewing = _reviewing(session, exchange, now)
    found = graded(session, exchange, now=now)
    owed, missing = owed_and_missing(session, exchange, now=now)
    overrides = overrides_of(session, exchange)
    releases = {
        each.person_id: each for each in session.scalars(select(Release).where(Release.exchange_id == exchange.id))
    }
    passbacks = gradebook.passbacks_of(session, exchange.id, column=main_column(exchange))
    # A count, or a grade made of it, that grows just when a feedback comes tells whose it is.
    told = {} if exchange.keeps_counts_back else reviewing
    does_tell = exchange.keeps_counts_back and exchange.option(rules.GradingOptions).rests_on_doing
    told_grades = (
        dict.fromkeys(found.grades, rules.Grade(maximum=exchange.points, none_because="sealed"))
        if does_tell
        else found.grades
    )
    rows = []
    calendar = calendar_of(session, exchange)
    for person in _people(session, exchange):
        windows = calendar.of(person.id)
        received = found.shares.get(person.id, ())
        given, open_offers, last_given_at = told.get(person.id, (0, 0, None))
        passback = passbacks.get(person.id)
        owes = owed.get(person.id, exchange.reviews)
        trouble = rules.trouble(
            windows,
            reviews=owes,
            submitted_at=person.submitted_at,
            given=exchange.reviews if exchange.keeps_counts_back else given,
            is_reviewing=open_offers > 0,
            received=len(received) + person.rescued,
            now=now,
        )
        rows.append(
            StudentRow(
                person_id=person.id,
                name=person.name,
                has_left=person.left_at is not None,
                submission_id=person.submission_id,
                has_draft=bool(person.has_draft) or person.withdrawn_at is not None,
                submitted_at=person.submitted_at,
                withdrawn_at=person.withdrawn_at,
                is_late=person.submitted_at is not None and windows.is_late(person.submitted_at),
                windows=windows,
                given=None if exchange.keeps_counts_back else given,
                owes=owes,
                open_offer=open_offers > 0,
                last_given_at=last_given_at,
                received=len(received) + person.rescued,
                computed=told_grades.get(person.id) or rules.grade((), maximum=exchange.points, is_submitted=False),
                override=overrides.get(person.id),
                release=releases.get(person.id),
                passback=passback,
                trouble="passback_failed" if passback is not None and passback.state == State.FAILED else trouble,
            )
        )
    return _summary(exchange, tuple(rows), now, given=sum(given for given, _, _ in reviewing.values()), missing=missing)


def person_page(
    session: Session, exchange: Exchange, person_id: int, *, now: datetime, looker: int | None = None
) -> PersonPage | None:
    """
    Everything about one person of the course; None for anybody else.

    Where staff do not see who reviewed whom, it says how much somebody gave and not what, and *looker*, of
    the staff, reads names only where they gave a reason.
    """
    found = session.execute(
        select(Person.name, Release, Passback)
        .join(Membership, Membership.person_id == Person.id)
        .outerjoin(Release, (Release.person_id == Person.id) & (Release.exchange_id == exchange.id))
        .outerjoin(Passback, is_passback_of(Person.id, exchange))
        .where(Person.id == person_id, Membership.course_id == exchange.course_id)
        .order_by(Passback.changed_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return None
    name, release, passback = found
    dossier = dossier_of(session, exchange, person_id, now=now)
    overrides = session.scalars(
        select(GradeOverride)
        .where(GradeOverride.exchange_id == exchange.id, GradeOverride.person_id == person_id, GradeOverride.part == "")
        .order_by(GradeOverride.id.desc())
    ).all()
    override = overrides[0] if overrides and overrides[0].score is not None else None
    reviews = reviews_in(dossier, exchange, looker=rules.STAFF, now=now)
    unmasked = unmasked_for(session, exchange, looker) if looker is not None else frozenset()
    received = received_in(dossier, exchange, looker=rules.STAFF, unmasked=unmasked)
    found_grades = graded(session, exchange, persons=(person_id,), with_estimates=exchange.points is not None, now=now)
    computed = found_grades.grades.get(person_id) or rules.grade((), maximum=exchange.points, is_submitted=False)
    if exchange.keeps_counts_back and exchange.option(rules.GradingOptions).rests_on_doing:
        computed = rules.Grade(maximum=exchange.points, none_because="sealed")
    # Where nobody is told who has given how much, this does not tell it either.
    given = _count_given(session, exchange, person_id, reviews) or 0
    return PersonPage(
        person_id=person_id,
        name=name,
        windows=dossier.windows,
        reopenings=_reopenings(session, exchange, person_id),
        waiting=waiting_of(
            session,
            exchange,
            person_id,
            received=len(dossier.feedback),
            given=given,
            owed=dossier.owed(exchange, given=given),
            now=now,
        ),
        work=work_in(dossier, exchange, now=now),
        given=reviews if exchange.may_see(rules.STAFF, rules.REVIEWER) else (),
        count_given=_count_given(session, exchange, person_id, reviews),
        received=received,
        declined=tuple(offer for offer in dossier.offers if offer.is_handed_back) if not exchange.is_sealed else (),
        computed=computed,
        overrides=tuple(overrides),
        override=override,
        score=override.score if override is not None else computed.score,
        release=release,
        passback=passback,
        advice=_advice(exchange, received, found_grades, estimate=found_grades.estimates.get(person_id)),
        part_overrides=found_grades.part_overrides.get(person_id, {}),
        passbacks=_passbacks(session, exchange, person_id),
        own=own_look(session, exchange, dossier.work, dossier.feedback, windows=dossier.windows, now=now),
        by_staff=dossier.by_staff[0],
    )


def _advice(
    exchange: Exchange,
    received: tuple[Received, ...],
    found: Graded,
    *,
    estimate: rules.Estimate | None,
) -> Advice:
    lines = []
    for each in received:
        feedback = each.feedback
        share = share_of(exchange, feedback)
        reviewer = feedback.offer.reviewer_id if each.reviewer_name is not None else None
        lines.append(
            Said(
                feedback_id=feedback.id,
                name=each.reviewer_name,
                letter=each.letter,
                reviewer_id=reviewer,
                share=share.points / share.possible if share.possible else None,
                bias=found.biases.get(reviewer) if reviewer is not None else None,
                not_counted=found.exclusions.get(feedback.id),
            )
        )
    return Advice(said=tuple(lines), estimate=estimate)


def _reopenings(session: Session, exchange: Exchange, person_id: int) -> Sequence[Reopening]:
    """What was opened for one person; their reviews only where staff see who gave them."""
    if not exchange.has_own_dates:
        return ()
    is_seen = exchange.may_see(rules.STAFF, rules.REVIEWER)
    found = reopenings(session, exchange, person_id=person_id)
    return [each for each in found if each.feedback_id is None or is_seen]


def _count_given(session: Session, exchange: Exchange, person_id: int, reviews: tuple[MyReview, ...]) -> int | None:
    if exchange.keeps_counts_back:
        return None
    if exchange.sealing is not None:
        return sealed_givings(session, exchange, persons=(person_id,)).get(person_id, 0)
    return sum(review.feedback is not None for review in reviews)


def _passbacks(session: Session, exchange: Exchange, person_id: int) -> dict[str, Passback]:
    """By part: where the grade of one person is, in each column of its own."""
    columns = {column: part for part, column in columns_of(exchange).items()}
    if "" in columns:
        return {}
    rows = select(Passback).where(
        Passback.activity_id == exchange.id, Passback.person_id == person_id, Passback.column.in_(columns)
    )
    return {columns[row.column]: row for row in session.scalars(rows.order_by(Passback.changed_at, Passback.id))}


def works_begun(session: Session, exchange: Exchange) -> int:
    """How many works have something in them, handed in or not."""
    has_file = exists().where(SubmissionFile.submission_id == Submission.id)
    has_words = or_(func.btrim(Submission.draft) != "", Submission.beside != {})
    count = select(func.count()).select_from(Submission)
    return session.scalar(count.where(Submission.exchange_id == exchange.id, or_(has_words, has_file))) or 0


def _people(
    session: Session, exchange: Exchange
) -> list[
    Row[tuple[int, str, datetime | None, int | None, datetime | None, bool | None, int | None, int, datetime | None]]
]:
    """The learners of the course, and whoever else has work here. The words of the works stay in the database."""
    rescued = select(func.count()).where(StaffReview.submission_id == Submission.id, StaffReview.is_rescue)
    is_learner = (
        (Membership.role == Role.LEARNER)
        & Membership.staff_since.is_(None)
        & ~Membership.is_test_user
        & Membership.left_at.is_(None)
    )
    return list(
        session.execute(
            select(
                Person.id,
                Person.name,
                Membership.left_at,
                Submission.id.label("submission_id"),
                Submission.submitted_at,
                (Submission.draft != "").label("has_draft"),
                rescued.scalar_subquery().label("rescued"),
                Withdrawal.withdrawn_at,
            )
            .join(Membership, Membership.person_id == Person.id)
            .outerjoin(Submission, authored_by(exchange, Person.id) & (Submission.exchange_id == exchange.id))
            .outerjoin(Withdrawal, Withdrawal.submission_id == Submission.id)
            .where(Membership.course_id == exchange.course_id, or_(is_learner, Submission.id.is_not(None)))
            .order_by(func.lower(Person.name), Person.id)
        )
    )


def _reviewing(session: Session, exchange: Exchange, now: datetime) -> dict[int, tuple[int, int, datetime | None]]:
    """By reviewer: how much they gave, how much they have in hand, when they gave last."""
    is_given = Offer.state == OfferState.SUBMITTED
    is_live = Offer.state.in_(rules.OPEN_STATES) & (Offer.lease_until > now)
    rows = session.execute(
        select(
            Offer.reviewer_id,
            func.count().filter(is_given),
            func.count().filter(is_live),
            func.max(Offer.ended_at).filter(is_given),
        )
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id.is_not(None))
        .group_by(Offer.reviewer_id)
    )
    found = {id: (given, live, last) for id, given, live, last in rows if id is not None}
    if exchange.sealing is not None:
        found |= {id: (given, 0, None) for id, given in sealed_givings(session, exchange).items()}
    return found


def _summary(
    exchange: Exchange, rows: tuple[StudentRow, ...], now: datetime, *, given: int, missing: Mapping[int, int]
) -> Overview:
    submitted = [row for row in rows if row.submitted_at is not None]
    is_settled = exchange.points is not None and exchange.windows.is_settled_at(now)
    return Overview(
        rows=rows,
        people=len(rows),
        submitted=len(submitted),
        handed_in_once=len(submitted) + sum(row.withdrawn_at is not None for row in rows),
        feedback_given=given,
        feedback_owed=sum(row.owes for row in submitted),
        fully_served=sum(row.received >= exchange.reviews for row in submitted),
        graded=sum(row.release is not None for row in rows),
        missing=missing,
        needs_human=sum(row.score is None for row in submitted) if is_settled else 0,
    )
