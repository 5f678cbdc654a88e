"""
What feedback and staff say in points.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Exclusion,
    Feedback,
    GradeOverride,
    Hiding,
    Offer,
    Release,
    StaffReview,
    Submission,
    Team,
    TeamMember,
    author_of,
    authored_by,
    with_authors,
)
from lti_tool.exchange.queries import parts, scoring
from lti_tool.exchange.queries.dates import calendar_of
from lti_tool.exchange.queries.reach import owed_counts

SO_MANY = 500
"""Beyond these, asking for everybody costs less than naming them."""


def grades_of(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None, now: datetime | None = None
) -> Mapping[int, rules.Grade]:
    """The computed grade of everybody who handed in."""
    return graded(session, exchange, persons=persons, now=now).grades


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A class graded under some settings, and what the grades rest on."""

    grades: Mapping[int, rules.Grade]
    shares: Mapping[int, Sequence[rules.Share]]
    """Those that count."""
    estimates: Mapping[int, rules.Estimate]
    """By author; empty unless asked for."""
    biases: Mapping[int, float]
    """By reviewer; those who were forgotten are left out. For staff alone."""
    exclusions: Mapping[int, str]
    """By review that does not count: why."""
    part_overrides: Mapping[int, Mapping[str, GradeOverride]]


def graded(
    session: Session,
    exchange: Exchange,
    *,
    persons: Collection[int] | None = None,
    options: rules.GradingOptions | None = None,
    leaving_out: int | None = None,
    counting: int | None = None,
    with_estimates: bool = False,
    now: datetime | None = None,
) -> Graded:
    """
    Grade everybody who handed in, or *persons*, from rows alone; guests too where giving is all that counts.

    A preview brings its own *options*, and a review *leaving_out* or *counting* again. *now* is when
    somebody owes so many reviews; without it: as it is once no further work comes.
    """
    options = options or exchange.option(rules.GradingOptions)
    is_robust = options.method == rules.ROBUST
    # Estimating takes the whole class: what a reviewer gives elsewhere says how severe they are.
    whole = is_robust or with_estimates
    said = _said_about(session, exchange, None if whole else persons)
    if options.staff:
        _add_staff(session, exchange, said)
    exclusions = {
        each.share.feedback_id: each.why_not for of in said.values() for each in of if each.why_not is not None
    }
    excluded = (exclusions.keys() | {leaving_out}) - {counting}
    found = {id: tuple(each.share for each in of if each.share.feedback_id not in excluded) for id, of in said.items()}
    estimates = _estimates(said, excluded) if whole else rules.Estimates(works={}, biases={})
    asked = found if persons is None else {id: found[id] for id in persons if id in found}
    if exchange.takes_guests and options.is_giving_alone:
        asked |= dict.fromkeys(_guests(session, exchange, among=asked, persons=persons), ())
    # Where nothing but the reviews counts there are no parts to be set.
    by_hand = {} if options.is_usual else part_overrides_of(session, exchange, persons=persons)
    evidence = _evidence(
        session, exchange, options, shares=asked, estimates=estimates if is_robust else None, by_hand=by_hand, now=now
    )
    return Graded(
        grades={
            id: rules.grade_in_parts(each, options, maximum=exchange.points, is_submitted=True)
            for id, each in evidence.items()
        },
        shares=asked,
        estimates=estimates.works,
        biases={id: bias for id, bias in estimates.biases.items() if id > 0},
        exclusions=exclusions,
        part_overrides=by_hand,
    )


def overrides_of(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> dict[int, GradeOverride]:
    """The overrides of whole grades that count now."""
    found = _newest_overrides(session, exchange, GradeOverride.part == "", persons)
    return {each.person_id: each for each in found}


def part_overrides_of(
    session: Session, exchange: Exchange, *, persons: Collection[int] | None = None
) -> dict[int, dict[str, GradeOverride]]:
    """By person and part: the overrides of parts that count now."""
    found: dict[int, dict[str, GradeOverride]] = {}
    for each in _newest_overrides(session, exchange, GradeOverride.part != "", persons):
        found.setdefault(each.person_id, {})[each.part] = each
    return found


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of what grades are made of: other settings, or a review that counts no more or again."""

    options: rules.GradingOptions | None = None
    leaving_out: int | None = None
    counting: int | None = None


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a change does to one person's grade."""

    person_id: int
    name: str
    old: float | None
    new: float | None
    is_out: bool
    """Whether the learner has seen the old one."""
    is_by_hand: bool
    """Set by staff, so it stays."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a change would do to everybody who handed in."""

    rows: tuple[Moved, ...]
    """Those whose grade would move, by name."""
    up: int
    down: int
    unchanged: int
    moves_released: bool
    """Whether a grade that is out would be another."""


def preview(session: Session, exchange: Exchange, change: Change) -> Preview:
    """What *change* would do, person by person. Writes nothing."""
    before = graded(session, exchange).grades
    after = graded(
        session, exchange, options=change.options, leaving_out=change.leaving_out, counting=change.counting
    ).grades
    overrides = overrides_of(session, exchange)
    out = dict(
        session.execute(select(Release.person_id, Release.score).where(Release.exchange_id == exchange.id)).all()
    )
    names = dict(
        session.execute(
            select(Person.id, Person.name)
            .join(Submission, authored_by(exchange, Person.id))
            .where(Submission.exchange_id == exchange.id)
        ).all()
    )
    found = [
        Moved(
            person_id=id,
            name=names.get(id, ""),
            old=out.get(id, before[id].score),
            new=overrides[id].score if id in overrides else after[id].score,
            is_out=id in out,
            is_by_hand=id in overrides,
        )
        for id in after
    ]
    moved = [row for row in found if row.old != row.new]
    moved.sort(key=lambda row: (row.name.casefold(), row.person_id))
    up = sum((row.new or 0.0) > (row.old or 0.0) for row in moved)
    return Preview(
        rows=tuple(moved),
        up=up,
        down=len(moved) - up,
        unchanged=len(found) - len(moved),
        moves_released=any(row.is_out for row in moved),
    )


def is_review_of(session: Session, exchange: Exchange, feedback_id: int) -> bool:
    """Whether such a review was given in this exchange."""
    is_here = exists().where(
        Feedback.id == feedback_id, Offer.id == Feedback.offer_id, Offer.exchange_id == exchange.id
    )
    return bool(session.scalar(select(is_here)))


@dataclass(frozen=True, kw_only=True)
class ToLookAt:
    """One grade that a person should look at."""

    person_id: int
    name: str
    reasons: tuple[rules.Look, ...]


def to_look_at(session: Session, exchange: Exchange, *, now: datetime) -> tuple[ToLookAt, ...]:
    """Whose grade needs a human, and why; by name."""
    found = graded(session, exchange, with_estimates=True)
    overrides = overrides_of(session, exchange)
    flagged = set(parts.flagged(session, exchange))
    calendar = calendar_of(session, exchange)
    names = session.execute(
        select(Person.id, Person.name)
        .join(Submission, authored_by(exchange, Person.id))
        .where(Submission.exchange_id == exchange.id, Submission.submitted_at.is_not(None))
        .order_by(func.lower(Person.name), Person.id)
    )
    rows = []
    for id, name in names:
        by_hand = overrides[id].score if id in overrides else None
        said = [each.points / each.possible for each in found.shares.get(id, ()) if each.possible > 0]
        is_counted = (
            by_hand is not None and exchange.points and not exchange.option(rules.GradingOptions).rests_on_doing
        )
        reasons = rules.reasons_to_look(
            said,
            estimate=found.estimates.get(id),
            reviews=exchange.reviews,
            is_settled=calendar.of(id).is_settled_at(now),
            by_hand=by_hand / exchange.points if is_counted and by_hand is not None and exchange.points else None,
            is_flagged=id in flagged,
        )
        # Whoever was given a grade by hand has been looked at: few reviews are no news any more.
        if by_hand is not None:
            reasons = tuple(each for each in reasons if each.why in ("contradicted", "flagged"))
        if reasons:
            rows.append(ToLookAt(person_id=id, name=name, reasons=reasons))
    return tuple(rows)


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """One person's grade as rows alone give it, beside the one that is out."""

    person_id: int
    computed: rules.Grade | None
    by_hand: float | None
    released: float | None

    @property
    def score(self) -> float | None:
        if self.by_hand is not None:
            return self.by_hand
        return self.computed.score if self.computed is not None else None

    @property
    def agrees(self) -> bool:
        """Whether the grade that is out is the one that rows give. One that is not out yet cannot be wrong."""
        return self.released is None or self.released == self.score

    def as_dict(self) -> dict[str, Any]:
        """For scripts: ids and numbers, no names."""
        grade = self.computed
        return {
            "person": self.person_id,
            "computed": grade.score if grade is not None else None,
            "maximum": grade.maximum if grade is not None else None,
            "because": grade.none_because if grade is not None else "not_submitted",
            "parts": [
                {"name": part.name, "weight": part.weight, "value": part.value, "by_hand": part.is_by_hand}
                for part in (grade.parts if grade is not None else ())
            ],
            "reviews": [
                {"id": share.feedback_id, "points": share.points, "possible": share.possible}
                for share in (grade.shares if grade is not None else ())
            ],
            "by_hand": self.by_hand,
            "score": self.score,
            "released": self.released,
            "agrees": self.agrees,
        }


def recomputed(session: Session, exchange: Exchange, *, now: datetime | None = None) -> tuple[Recomputed, ...]:
    """Every grade of an exchange, computed anew."""
    computed = graded(session, exchange, now=now).grades
    overrides = overrides_of(session, exchange)
    rows = select(Release.person_id, Release.score).where(Release.exchange_id == exchange.id)
    out = dict(session.execute(rows).all())
    return tuple(
        Recomputed(
            person_id=id,
            computed=computed.get(id),
            by_hand=overrides[id].score if id in overrides else None,
            released=out.get(id),
        )
        for id in sorted({*computed, *overrides, *out})
    )


def due_exchanges(session: Session, *, now: datetime) -> list[int]:
    """
    Exchanges whose date for reviews, or for showing feedback, has passed while one who made a work with feedback
    has no grade out yet.
    """
    mate = (
        select(TeamMember.person_id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(
            Team.submission_id == Submission.id,
            ~exists().where(Release.exchange_id == Submission.exchange_id, Release.person_id == TeamMember.person_id),
        )
    )
    is_out = exists().where(Release.exchange_id == Submission.exchange_id, Release.person_id == Submission.author_id)
    has_ungraded = exists().where(
        Submission.exchange_id == Exchange.activity_id,
        Submission.author_id.is_not(None),
        Offer.submission_id == Submission.id,
        Offer.state == rules.OfferState.SUBMITTED,
        or_(~is_out, mate.exists()),
    )
    shown_on = cast(Exchange.options["release"]["on"].astext, DateTime(timezone=True))
    is_shown = (Exchange.options["release"]["when"].astext == rules.ON_DATE) & (shown_on < now)
    rows = select(Exchange.activity_id).where(
        or_(Exchange.review_by < now, is_shown), Exchange.points.is_not(None), has_ungraded
    )
    return list(session.scalars(rows.order_by(Exchange.activity_id)))


def _newest_overrides(
    session: Session, exchange: Exchange, which: ColumnElement[bool], persons: Collection[int] | None
) -> Sequence[GradeOverride]:
    """Of each person and part the newest, unless it lifts those before."""
    newest = (
        select(func.max(GradeOverride.id))
        .where(GradeOverride.exchange_id == exchange.id, which)
        .group_by(GradeOverride.person_id, GradeOverride.part)
    )
    rows = select(GradeOverride).where(GradeOverride.id.in_(newest), GradeOverride.score.is_not(None))
    if persons is not None:
        rows = rows.where(GradeOverride.person_id.in_(persons))
    return session.scalars(rows).all()


@dataclass(frozen=True)
class _Said:
    share: rules.Share
    work_id: int
    """Of a group each member has it: the work is one all the same."""
    reviewer_id: int | None
    why_not: str | None
    """Why it does not count."""


def _said_about(session: Session, exchange: Exchange, persons: Collection[int] | None) -> dict[int, list[_Said]]:
    """By author of handed-in work: every feedback on it in points, in one statement."""
    author = author_of(exchange)
    points = scoring.points_by_feedback(exchange)
    rows = (
        select(
            author,
            Submission.id,
            Feedback.id,
            func.coalesce(points.c.points, 0.0),
            func.coalesce(points.c.possible, 0.0),
            Offer.reviewer_id,
            # What staff hide counts no more, unless they say so.
            func.coalesce(Exclusion.reason, case((~Hiding.counts, Hiding.note))),
        )
        .select_from(Submission)
        .outerjoin(Offer, and_(Offer.submission_id == Submission.id, Offer.state == rules.OfferState.SUBMITTED))
        .outerjoin(Feedback, Feedback.offer_id == Offer.id)
        .outerjoin(points, points.c.feedback_id == Feedback.id)
        .outerjoin(Exclusion, Exclusion.feedback_id == Feedback.id)
        .outerjoin(Hiding, Hiding.feedback_id == Feedback.id)
        .where(
            Submission.exchange_id == exchange.id,
            Submission.submitted_at.is_not(None),
            author.is_not(None),
        )
        .order_by(author, Feedback.id)
    )
    rows = with_authors(rows, exchange)
    if persons is not None:
        rows = rows.where(author.in_(persons))
    found: dict[int, list[_Said]] = {}
    for author_id, work_id, feedback_id, got, possible, reviewer_id, why_not in session.execute(rows):
        said = found.setdefault(author_id, [])
        if feedback_id is not None:
            share = rules.Share(feedback_id=feedback_id, points=got, possible=possible)
            # Sealed or about to be: an estimate must be the same before and after, so each is by somebody else.
            said.append(_Said(share, work_id, None if exchange.is_sealed else reviewer_id, why_not))
    return found


def _guests(
    session: Session, exchange: Exchange, *, among: Collection[int], persons: Collection[int] | None
) -> list[int]:
    """Who gave feedback and is not *among* those who handed in."""
    return [id for id in parts.given_counts(session, exchange, persons=persons) if id not in among]


def _add_staff(session: Session, exchange: Exchange, said: dict[int, list[_Said]]) -> None:
    """What staff say counts too; their reviews have ids below 0, so that no other review is taken for one."""
    person = author_of(exchange)
    rows = session.execute(
        with_authors(select(person, StaffReview).select_from(Submission), exchange)
        .join(StaffReview, StaffReview.submission_id == Submission.id)
        .where(StaffReview.exchange_id == exchange.id, person.in_(said))
        .order_by(StaffReview.id)
    )
    for author, review in rows:
        if author is None:
            continue
        share = scoring.share_of_words(exchange, review.said, id=-review.id)
        said[author].append(_Said(share, review.submission_id, review.by_id, None))


def _estimates(said: Mapping[int, Sequence[_Said]], excluded: Collection[int | None]) -> rules.Estimates[int, int]:
    """By author what their work is worth, each review counted once, however many made the work."""
    counted = {
        each.share.feedback_id: each
        for of in said.values()
        for each in of
        if each.share.possible > 0 and each.share.feedback_id not in excluded
    }
    # Whoever was forgotten counts as somebody different each time: nothing tells that it was one person.
    found = rules.estimate(
        (each.reviewer_id or -id, each.work_id, each.share.points / each.share.possible) for id, each in counted.items()
    )
    works = {author: found.works[of[0].work_id] for author, of in said.items() if of and of[0].work_id in found.works}
    return rules.Estimates(works=works, biases=found.biases)


def _evidence(
    session: Session,
    exchange: Exchange,
    options: rules.GradingOptions,
    *,
    shares: Mapping[int, Sequence[rules.Share]],
    estimates: rules.Estimates[int, int] | None,
    by_hand: Mapping[int, Mapping[str, GradeOverride]],
    now: datetime | None,
) -> dict[int, rules.Evidence]:
    """What is known of each; what no part with weight rests on is not asked."""
    weights = options.weights
    persons = None if len(shares) > SO_MANY else list(shares)
    asks_giving = rules.GIVING in weights or rules.COMPLETION in weights
    given = parts.given_counts(session, exchange, persons=persons) if asks_giving else {}
    owed = owed_counts(session, exchange, now=now, persons=persons) if asks_giving else {}
    used = parts.used_counts(session, exchange, persons=persons) if rules.USING in weights else None
    assessed = parts.self_assessed(session, exchange, persons=persons) if rules.SELF_ASSESSMENT in weights else None
    return {
        id: rules.Evidence(
            shares=tuple(each),
            estimate=estimates.works[id].value if estimates is not None and id in estimates.works else None,
            given=given.get(id, 0),
            owed=owed.get(id, exchange.reviews),
            used=used.get(id) if used is not None else None,
            has_assessed=id in assessed if assessed is not None else None,
            set_by_hand={name: row.score for name, row in by_hand[id].items() if row.score is not None}
            if id in by_hand
            else None,
        )
        for id, each in shares.items()
    }
