"""
The pure decisions of an exchange: when what is possible, who reviews what next, what a grade is.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

FEWEST_REVIEWS, MOST_REVIEWS = 1, 10
MOST_POINTS = 100_000
MOST_CRITERIA = 30
MOST_LEVELS = 20
MOST_FILES = 10
LONGEST_TITLE = 255
LONGEST_BODY = 200_000
LONGEST_COMMENT = 20_000

LEASE = timedelta(hours=48)
"""How long an offered work is kept for its reviewer; every saved draft begins it anew."""
PATIENCE = timedelta(days=2)
"""Without a due date: how long a reviewer waits for new work before sharing work that has enough reviewers."""

NAMED, MASKED = "named", "masked"
DECLINE_REASONS = ("cannot_open", "knows_author", "language", "other")


class OfferState(StrEnum):
    """How far an offer has come."""

    OFFERED = "offered"
    STARTED = "started"
    SUBMITTED = "submitted"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Lapsed before anything was written, and its place was taken by others."""


OPEN_STATES = (OfferState.OFFERED, OfferState.STARTED)


# What people put into forms ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LevelPlan:
    """One step of a criterion; without an id it is new."""

    title: str
    points: float
    description: str = ""
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CriterionPlan:
    """One thing to look at; without an id it is new, without levels it is answered by a comment alone."""

    title: str
    description: str = ""
    prompt: str = ""
    levels: tuple[LevelPlan, ...] = ()
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All settings of an exchange, as its form says them."""

    title: str
    instructions: str = ""
    reviews: int = 3
    points: float | None = None
    opens_at: datetime | None = None
    submit_by: datetime | None = None
    review_by: datetime | None = None
    anonymity: str = MASKED
    criteria: tuple[CriterionPlan, ...] = ()


def problem_of(plan: Plan) -> tuple[str, str] | None:
    """The first field of *plan* that makes no exchange and a code of its problem; None when all is well."""
    checks = (
        ("title", "missing", not plan.title.strip()),
        ("title", "too_long", len(plan.title) > LONGEST_TITLE),
        ("instructions", "too_long", len(plan.instructions) > LONGEST_BODY),
        ("reviews", "out_of_range", not FEWEST_REVIEWS <= plan.reviews <= MOST_REVIEWS),
        ("points", "out_of_range", plan.points is not None and not _is_within(plan.points, least=0.01)),
        ("anonymity", "unknown", plan.anonymity not in (NAMED, MASKED)),
        ("dates", "out_of_order", not _in_order(plan.opens_at, plan.submit_by, plan.review_by)),
        ("criteria", "too_many", len(plan.criteria) > MOST_CRITERIA),
    )
    for name, problem, is_wrong in checks:
        if is_wrong:
            return name, problem
    return next(filter(None, map(_criterion_problem, plan.criteria)), None)


def _criterion_problem(criterion: CriterionPlan) -> tuple[str, str] | None:
    if not criterion.title.strip():
        return "criteria", "title_missing"
    if len(criterion.levels) == 1:
        return "criteria", "one_level"
    if len(criterion.levels) > MOST_LEVELS:
        return "criteria", "too_many_levels"
    if any(not level.title.strip() for level in criterion.levels):
        return "criteria", "level_title_missing"
    if any(not _is_within(level.points, least=0) for level in criterion.levels):
        return "criteria", "points_out_of_range"
    return None


def _is_within(points: float, *, least: float) -> bool:
    return math.isfinite(points) and least <= points <= MOST_POINTS


def _in_order(*moments: datetime | None) -> bool:
    known = [moment for moment in moments if moment is not None]
    return known == sorted(known)


@dataclass(frozen=True, kw_only=True)
class AnswerWords:
    """What a reviewer says about one criterion."""

    level_id: int | None = None
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a reviewer says about a work, finished or not."""

    answers: Mapping[int, AnswerWords] = field(default_factory=dict)
    """By criterion id."""
    comment: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As drafts keep it."""
        answers = {str(id): {"level_id": said.level_id, "comment": said.comment} for id, said in self.answers.items()}
        return {"answers": answers, "comment": self.comment}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        answers = {int(id): AnswerWords(**said) for id, said in kept.get("answers", {}).items()}
        return cls(answers=answers, comment=kept.get("comment", ""))

    @property
    def is_too_long(self) -> bool:
        return any(
            len(text) > LONGEST_COMMENT for text in (self.comment, *(said.comment for said in self.answers.values()))
        )


@dataclass(frozen=True, kw_only=True)
class Wanting:
    """What a feedback still lacks."""

    criteria: tuple[int, ...] = ()
    comment: bool = False

    def __bool__(self) -> bool:
        return bool(self.criteria) or self.comment


def wanting(words: Words, *, criteria: Mapping[int, Collection[int]]) -> Wanting:
    """
    Say what *words* lack to be given: a level where there are levels, a comment where there are none.

    *criteria* maps the id of each criterion to the ids of its levels. Without any criteria
    the overall comment is the feedback.
    """
    lacking = []
    for id, levels in criteria.items():
        said = words.answers.get(id, AnswerWords())
        has_answer = said.level_id is not None if levels else bool(said.comment.strip())
        if not has_answer:
            lacking.append(id)
    return Wanting(criteria=tuple(lacking), comment=not criteria and not words.comment.strip())


def stranger(words: Words, *, criteria: Mapping[int, Collection[int]]) -> int | None:
    """The first criterion id in *words* that is unknown, or answered with a level that is not its own."""
    for id, said in words.answers.items():
        if id not in criteria or (said.level_id is not None and said.level_id not in criteria[id]):
            return id
    return None


# Windows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Windows:
    """
    When what may be done. Due dates say what is late; only closing ends anything.

    So nobody who comes late is shut out from giving and getting feedback, and a teacher who
    wants an end makes one.
    """

    published_at: datetime | None = None
    opens_at: datetime | None = None
    submit_by: datetime | None = None
    review_by: datetime | None = None
    closed_at: datetime | None = None

    def why_not_open(self, now: datetime) -> str | None:
        """None while people may take part, else unpublished, not_yet or closed."""
        if self.published_at is None:
            return "unpublished"
        if self.closed_at is not None:
            return "closed"
        if self.opens_at is not None and now < self.opens_at:
            return "not_yet"
        return None

    def is_open_at(self, now: datetime) -> bool:
        return self.why_not_open(now) is None

    def is_late(self, submitted_at: datetime) -> bool:
        """Whether work handed in at that moment is late."""
        return self.submit_by is not None and submitted_at > self.submit_by

    def review_is_late(self, given_at: datetime) -> bool:
        return self.review_by is not None and given_at > self.review_by

    def is_settled_at(self, now: datetime) -> bool:
        """Whether grades need wait for no more feedback: closed, or past the due date of reviews."""
        return self.closed_at is not None or (self.review_by is not None and now > self.review_by)


# Who reviews what next -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A work that a reviewer could be offered: handed in, not their own, not yet seen by them."""

    submission_id: int
    served: int
    """Feedback given plus live leases: who has it, not who once had it."""
    submitted_at: datetime
    is_reciprocal: bool
    """Its author reviews the work of this reviewer."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """Where a reviewer stands."""

    owed: int
    given: int
    work_submitted_at: datetime
    """When they handed in their own."""

    @property
    def is_done(self) -> bool:
        return self.given >= self.owed


def cap(need: Need, *, reviews: int, windows: Windows, now: datetime) -> int | None:
    """
    How many reviewers a work may have to be offered still; None: any number.

    Normally as many as each should get: whoever finds all works served waits for new ones, for
    they need reviewers too. When no new work is to be expected, who still owes shares a work that
    has enough. Who owes nothing helps only where help is needed.
    """
    if need.is_done:
        return reviews
    last_call = windows.submit_by or need.work_submitted_at + PATIENCE
    return None if now > last_call else reviews


def ranked(candidates: Iterable[Candidate], *, most: int | None, seed: int) -> list[Candidate]:
    """
    Order *candidates* by need: least served first, then not reciprocal, then the oldest, then by seed.

    Those already served by *most* are left out.
    """
    return sorted(
        (each for each in candidates if most is None or each.served < most),
        key=lambda each: (each.served, each.is_reciprocal, each.submitted_at, _draw(seed, each.submission_id)),
    )


def _draw(seed: int, number: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()


# Grades --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one feedback says in points."""

    feedback_id: int
    points: float
    possible: float


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A grade and what it is made of."""

    score: float | None = None
    maximum: float | None = None
    shares: tuple[Share, ...] = ()
    """The feedback that counts."""
    none_because: str | None = None
    """Where there is no score: ungraded, not_submitted, no_feedback or no_levels."""


def grade(shares: Sequence[Share], *, maximum: float | None, is_submitted: bool) -> Grade:
    """
    Grade a work: the mean over its feedback of points got of points possible, times *maximum*.

    Each feedback weighs the same. One whose criteria give no points counts for nothing.
    """
    if maximum is None:
        return Grade(none_because="ungraded")
    if not is_submitted:
        return Grade(maximum=maximum, none_because="not_submitted")
    if not shares:
        return Grade(maximum=maximum, none_because="no_feedback")
    counted = tuple(share for share in shares if share.possible > 0)
    if not counted:
        return Grade(maximum=maximum, none_because="no_levels")
    mean = math.fsum(share.points / share.possible for share in counted) / len(counted)
    return Grade(score=round(min(max(mean, 0.0), 1.0) * maximum, 2), maximum=maximum, shares=counted)


def why_release(computed: Grade, *, received: int, reviews: int, windows: Windows, now: datetime) -> str | None:
    """Why a computed grade goes to its learner and the gradebook by itself: enough, closed, due; None: not yet."""
    if computed.score is None:
        return None
    if received >= reviews:
        return "enough"
    if windows.closed_at is not None:
        return "closed"
    return "due" if windows.is_settled_at(now) else None


# What to do, and what to look after ----------------------------------------------------------------------------------


def step(*, why_not_open: str | None, is_submitted: bool, may_review: bool, has_unread: bool, is_waiting: bool) -> str:
    """The one thing a learner does now: not_open, submit, review, wait, reply, done or closed."""
    if why_not_open in ("unpublished", "not_yet"):
        return "not_open"
    if why_not_open is None and not is_submitted:
        return "submit"
    if why_not_open is None and may_review:
        return "review"
    if has_unread:
        return "reply"
    if why_not_open is not None:
        return "closed"
    return "wait" if is_waiting else "done"


def trouble(
    windows: Windows,
    *,
    reviews: int,
    submitted_at: datetime | None,
    given: int,
    is_reviewing: bool,
    received: int,
    now: datetime,
) -> str | None:
    """What staff may have to look after: no_work, no_feedback, not_reviewing; None while all takes its course."""
    if submitted_at is None:
        is_due = windows.submit_by is None or now > windows.submit_by or windows.closed_at is not None
        return "no_work" if is_due else None
    if not windows.is_settled_at(now) and now <= submitted_at + PATIENCE:
        return None
    if received == 0:
        return "no_feedback"
    return "not_reviewing" if given < reviews and not is_reviewing else None
