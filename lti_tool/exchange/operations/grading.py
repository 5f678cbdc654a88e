"""
Grades: computed from feedback, overridden by staff, released to the learner and the gradebook.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Double, Integer, String, cast, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from lti_tool.courses import queries as courses
from lti_tool.courses.models import Membership, ResourceLink
from lti_tool.exchange import columns as gradebook_columns
from lti_tool.exchange import errors, notices, queries, rules
from lti_tool.exchange.models import (
    Exchange,
    Exclusion,
    GradeOverride,
    Hiding,
    Regrade,
    Release,
    Submission,
    author_of,
    with_authors,
)
from lti_tool.exchange.operations import acts
from lti_tool.exchange.operations import options as operations_options
from lti_tool.grades import operations as gradebook
from lti_tool.grades.models import Passback

log = logging.getLogger(__name__)


def set_grade_override(
    session: Session, exchange: Exchange, *, person: int, score: float, reason: str, by: int, now: datetime
) -> Release:
    """
    Set somebody's grade by hand, for a reason. It goes out at once and stays, whatever feedback still comes.
    """
    if exchange.points is None:
        raise errors.NotGraded
    if not 0 <= score <= exchange.points:
        raise errors.ScoreOutOfRange(exchange.points)
    reason = acts.required_reason(reason)
    _require_member(session, exchange, person)
    session.add(GradeOverride(exchange_id=exchange.id, person_id=person, score=score, reason=reason, by_id=by, at=now))
    session.flush()
    acts.record(session, exchange, "grade.overridden", by=by, now=now, learner_id=person, score=score)
    _release(session, exchange, {person: (score, "override")}, by=by, now=now)
    return session.get_one(Release, (exchange.id, person), populate_existing=True)


def lift_grade_override(session: Session, exchange: Exchange, *, person: int, by: int, now: datetime) -> Release | None:
    """
    Take an override back: the computed grade counts again, and where there is none yet, none is shown.
    """
    overrides = queries.overrides_of(session, exchange, persons=(person,))
    if person not in overrides:
        return session.get(Release, (exchange.id, person))
    session.add(GradeOverride(exchange_id=exchange.id, person_id=person, score=None, reason="", by_id=by, at=now))
    session.flush()
    acts.record(session, exchange, "grade.override_lifted", by=by, now=now, learner_id=person)
    release_if_ready(session, exchange, persons=(person,), now=now)
    release = session.get(Release, (exchange.id, person), populate_existing=True)
    if release is not None and release.cause == "override":
        session.execute(delete(Release).where(Release.exchange_id == exchange.id, Release.person_id == person))
        session.expunge(release)
        _take_back(session, exchange, (person,), now=now)
        return None
    return release


def set_part_override(
    session: Session, exchange: Exchange, *, person: int, part: str, share: float, reason: str, by: int, now: datetime
) -> None:
    """
    Set one part of somebody's grade by hand, for a reason: *share* from 0 to 1. The other parts are computed on.
    """
    if exchange.points is None:
        raise errors.NotGraded
    options = exchange.option(rules.GradingOptions)
    if options.is_usual or part not in options.weights:
        raise errors.NoSuchPart
    if not 0 <= share <= 1:
        raise errors.ScoreOutOfRange(100)
    reason = acts.required_reason(reason)
    _require_member(session, exchange, person)
    session.add(
        GradeOverride(
            exchange_id=exchange.id, person_id=person, part=part, score=share, reason=reason, by_id=by, at=now
        )
    )
    session.flush()
    acts.record(session, exchange, "grade.part_overridden", by=by, now=now, learner_id=person, part=part, share=share)
    release_if_ready(session, exchange, persons=(person,), now=now)


def lift_part_override(session: Session, exchange: Exchange, *, person: int, part: str, by: int, now: datetime) -> None:
    """Compute a part of somebody's grade again."""
    if part not in queries.part_overrides_of(session, exchange, persons=(person,)).get(person, {}):
        return
    session.add(
        GradeOverride(exchange_id=exchange.id, person_id=person, part=part, score=None, reason="", by_id=by, at=now)
    )
    session.flush()
    acts.record(session, exchange, "grade.part_override_lifted", by=by, now=now, learner_id=person, part=part)
    follow(session, exchange, (person,), now=now)


def release_grades(session: Session, exchange: Exchange, *, by: int, now: datetime, person: int | None = None) -> int:
    """
    Send every grade that can be told now, or that of one *person*: the teacher's "send grades".

    A grade that would tell what a single reviewer said waits as their feedback does. Returns how many
    went out; those already out unchanged are not sent again.
    """
    if exchange.points is None:
        raise errors.NotGraded
    persons = None if person is None else (person,)
    computed = queries.grades_of(session, exchange, persons=persons, now=now)
    held = _held_back(session, exchange, persons, now=now)
    scores = {id: (each.score, "sent") for id, each in computed.items() if each.score is not None and id not in held}
    for id, override in queries.overrides_of(session, exchange, persons=persons).items():
        if override.score is not None:
            scores[id] = (override.score, "override")
    count = _release(session, exchange, scores, computed=computed, by=by, now=now)
    acts.record(session, exchange, "grades.sent", by=by, now=now, count=count)
    return count


def release_if_ready(
    session: Session, exchange: Exchange, *, now: datetime, persons: Collection[int] | None = None
) -> int:
    """
    Release what needs wait for nothing: enough feedback came, or none more is to be expected.

    A grade already out follows its feedback; an override stands above both. One that would tell what
    feedback says which is held back from its author waits with it. Costs a number of
    statements that does not grow with the class.
    """
    if exchange.points is None:
        return 0
    options = exchange.option(rules.GradingOptions)
    if exchange.keeps_counts_back and options.rests_on_doing:
        # A grade that moves just when somebody gives feedback tells who it was.
        return 0
    calendar = queries.calendar_of(session, exchange)
    is_settled = calendar.base.is_settled_at(now)
    if options.method == rules.ROBUST:
        # Each review moves the estimates of all, so grades go out together, when reviewing is over.
        if not is_settled and not _has_release(session, exchange):
            return 0
        persons = None
    overrides = queries.overrides_of(session, exchange, persons=persons)
    released = _released(session, exchange, persons)
    computed = queries.grades_of(session, exchange, persons=persons, now=now)
    held = _held_back(session, exchange, persons, now=now)
    rescued = queries.rescued(session, exchange, persons)
    scores: dict[int, tuple[float, str]] = {}
    for id, grade in computed.items():
        if id in held:
            continue
        cause = rules.why_release(
            grade,
            received=sum(share.feedback_id > 0 for share in grade.shares) + rescued.get(id, 0),
            reviews=exchange.reviews,
            windows=calendar.of(id),
            now=now,
            is_all_done=options.method != rules.ROBUST and _is_all_done(grade),
        )
        if cause is None and id in released and released[id].cause != "override":
            cause = released[id].cause
        if id not in overrides and grade.score is not None and cause is not None:
            scores[id] = (grade.score, cause)
    return _release(session, exchange, scores, computed=computed, by=None, now=now)


def persons_moved_by(exchange: Exchange, *, authors: Sequence[int], reviewer: int) -> tuple[int, ...]:
    """
    Whose grade a new review may move: its authors', and the reviewer's where giving counts too, or shows
    them the feedback that their grade waits with.
    """
    does_count = (
        exchange.option(rules.GradingOptions).rests_on_doing
        or exchange.option(rules.ReleaseOptions).when == rules.AFTER_GIVING
    )
    return (*authors, reviewer) if does_count else tuple(authors)


def follow_doing(session: Session, exchange: Exchange, part: str, *, work: int, now: datetime) -> None:
    """Let the grades of all who made a *work* follow what one of them did about it, where *part* counts for them."""
    if exchange.points is not None and part in exchange.option(rules.GradingOptions).weights:
        release_if_ready(session, exchange, persons=queries.authors_of(session, exchange, work), now=now)


def require_columns_kept(session: Session, exchange: Exchange, options: rules.GradingOptions) -> None:
    """Raise :class:`errors.ColumnsInUse` where grades are in other columns than *options* would fill."""
    before = exchange.option(rules.GradingOptions)
    if before.columns != options.columns and _has_release(session, exchange):
        raise errors.ColumnsInUse


def regrade(
    session: Session,
    exchange: Exchange,
    change: queries.Change,
    *,
    reason: str,
    by: int,
    now: datetime,
    base: str | None = None,
) -> Regrade:
    """
    Change what grades are made of, as its preview has shown, and let every grade that is out follow.

    Raises :class:`errors.TopicChanged` where somebody changed the rules since *base* was their fingerprint.
    """
    # One at a time: the next one must see what this one made of the grades.
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    session.refresh(exchange, ["options"])
    reason = acts.required_reason(reason)
    seen = queries.preview(session, exchange, change)
    what = _apply(session, exchange, change, reason=reason, by=by, now=now, base=base)
    done = Regrade(
        exchange_id=exchange.id,
        reason=reason,
        what=what,
        up=seen.up,
        down=seen.down,
        unchanged=seen.unchanged,
        by_id=by,
        at=now,
    )
    session.add(done)
    session.flush()
    acts.record(session, exchange, "grades.regraded", by=by, now=now, regrade_id=done.id, up=seen.up, down=seen.down)
    follow(session, exchange, None, now=now)
    return done


def follow(session: Session, exchange: Exchange, persons: Collection[int] | None, *, now: datetime) -> None:
    """Let grades that are out become what they are computed to now; where none is any more, it is taken back."""
    release_if_ready(session, exchange, persons=persons, now=now)
    computed = queries.grades_of(session, exchange, persons=persons, now=now)
    gone = [
        id
        for id, row in _released(session, exchange, persons).items()
        if row.cause != "override" and id in computed and computed[id].score is None
    ]
    if gone:
        session.execute(delete(Release).where(Release.exchange_id == exchange.id, Release.person_id.in_(gone)))
        _take_back(session, exchange, gone, now=now)


def _apply(
    session: Session,
    exchange: Exchange,
    change: queries.Change,
    *,
    reason: str,
    by: int,
    now: datetime,
    base: str | None,
) -> dict[str, Any]:
    if change.options is not None:
        before = exchange.option(rules.GradingOptions)
        require_columns_kept(session, exchange, change.options)
        operations_options.set_options(session, exchange, change.options, by=by, now=now, base=base)
        return {"before": before.as_dict(), "after": change.options.as_dict()}
    if change.leaving_out is not None:
        _require_feedback(session, exchange, change.leaving_out)
        session.execute(
            insert(Exclusion)
            .values(feedback_id=change.leaving_out, reason=reason, by_id=by, at=now)
            .on_conflict_do_nothing()
        )
        return {"left_out": change.leaving_out}
    if change.counting is None:
        raise errors.NoSuchFeedback
    _require_feedback(session, exchange, change.counting)
    session.execute(delete(Exclusion).where(Exclusion.feedback_id == change.counting))
    session.execute(update(Hiding).where(Hiding.feedback_id == change.counting).values(counts=True))
    return {"counted_again": change.counting}


def _held_back(
    session: Session, exchange: Exchange, persons: Collection[int] | None, *, now: datetime
) -> Collection[int]:
    """Whose grade by the reviews must wait, since their feedback does."""
    weights = exchange.option(rules.GradingOptions).weights
    waits_to_be_used = exchange.option(rules.ReleaseOptions).when != rules.SHOWN_AT_ONCE and rules.USING in weights
    if rules.WORK not in weights and not waits_to_be_used:
        return ()
    return queries.held_back(session, exchange, persons=persons, now=now)


def _is_all_done(grade: rules.Grade) -> bool:
    """Whether no part is still growing by what the person does."""
    return all(part.name == rules.WORK or part.value is None or part.value >= 1 for part in grade.parts)


def _release(
    session: Session,
    exchange: Exchange,
    scores: Mapping[int, tuple[float, str]],
    *,
    by: int | None,
    now: datetime,
    computed: Mapping[int, rules.Grade] | None = None,
) -> int:
    """Show *scores* to their learners and hand them to the gradebook: what is news, and nothing else."""
    assert exchange.points is not None  # noqa: S101 - asked by every caller
    if not scores:
        return 0
    maximum = exchange.points
    released = _released(session, exchange, scores)
    news = {
        person
        for person, (score, _) in scores.items()
        if person not in released or (released[person].score, released[person].maximum) != (score, maximum)
    }
    rows = {id: row for id, row in scores.items() if id in news or released[id].cause != row[1]}
    _write(session, exchange, rows, by=by, now=now)
    sent = _send(session, exchange, {id: score for id, (score, _) in scores.items()}, computed=computed, now=now)
    count = len(news | sent)
    notices.grades_out(session, exchange, news | sent, now=now)
    if count:
        log.info("%s grades of exchange %s released", count, exchange.id)
    return count


def _write(
    session: Session, exchange: Exchange, scores: Mapping[int, tuple[float, str]], *, by: int | None, now: datetime
) -> None:
    """All releases in one statement, in the order of people, so that nobody waits in a circle."""
    if not scores:
        return
    people = sorted(scores)
    coming = (
        func.unnest(
            cast(people, ARRAY(Integer)),
            cast([scores[id][0] for id in people], ARRAY(Double)),
            cast([scores[id][1] for id in people], ARRAY(String)),
        )
        .table_valued("person_id", "score", "cause")
        .render_derived()
    )
    rows = select(
        literal(exchange.id, Integer),
        coming.c.person_id,
        coming.c.score,
        literal(exchange.points, Double),
        coming.c.cause,
        literal(by, Integer),
        literal(now, DateTime(timezone=True)),
    )
    new = insert(Release).from_select(["exchange_id", "person_id", "score", "maximum", "cause", "by_id", "at"], rows)
    changed = {name: new.excluded[name] for name in ("score", "maximum", "cause", "by_id", "at")}
    session.execute(
        new.on_conflict_do_update(index_elements=[Release.exchange_id, Release.person_id], set_=changed),
        execution_options={"synchronize_session": False},
    )


def _send(
    session: Session,
    exchange: Exchange,
    scores: Mapping[int, float],
    *,
    computed: Mapping[int, rules.Grade] | None,
    now: datetime,
) -> set[int]:
    """Hand *scores* to the gradebook, where the exchange has a place in the LMS. Returns whose went."""
    link = courses.link_of(session, exchange.id)
    if link is None or exchange.points is None:
        return set()
    options = exchange.option(rules.GradingOptions)
    if options.columns == rules.COLUMN_PER_PART and computed is None:
        computed = queries.grades_of(session, exchange, persons=scores, now=now)
    rows = select(author_of(exchange), Submission.submitted_at).select_from(Submission)
    dates = with_authors(rows, exchange).where(Submission.exchange_id == exchange.id)
    handed_in: dict[int, datetime | None] = {person: at for person, at in session.execute(dates)}  # noqa: C416
    wanted = []
    for person, score in scores.items():
        cells = gradebook_columns.cells_of(exchange, score, (computed or {}).get(person))
        wanted += [
            gradebook.NewGrade(
                person_id=person,
                score_given=cell.points,
                score_maximum=cell.maximum,
                submitted_at=handed_in.get(person),
                column=cell.column,
                label=cell.label,
            )
            for cell in cells
        ]
    # What it has said before is no news, even where the date of the work is another by now.
    known = _sent(session, exchange, scores)
    asked = {(each.person_id, each.column) for each in wanted}
    # A part that counts no more leaves nothing behind in its column.
    wanted += [
        gradebook.NewGrade(person_id=id, column=column, score_given=None, score_maximum=maximum)
        for (id, column), (given, maximum) in known.items()
        if id in scores and (id, column) not in asked and given is not None
    ]
    fresh = [
        each
        for each in wanted
        if known.get((each.person_id, each.column), (None, None)) != (each.score_given, each.score_maximum)
        and not (each.score_given is None and (each.person_id, each.column) not in known)
    ]
    _hand_over(session, exchange, fresh, link=link, now=now)
    return {each.person_id for each in fresh}


def _take_back(session: Session, exchange: Exchange, persons: Collection[int], *, now: datetime) -> None:
    """Empty every cell that the gradebook has of *persons* for this exchange."""
    link = courses.link_of(session, exchange.id)
    if link is None:
        return
    rows = session.execute(
        select(Passback.person_id, Passback.column, Passback.label, Passback.score_maximum, Passback.submitted_at)
        .where(Passback.activity_id == exchange.id, Passback.person_id.in_(persons))
        .where(Passback.resource_link_id == link.id, ~Passback.is_work_only)
    )
    emptied = [
        gradebook.NewGrade(
            person_id=row.person_id,
            score_given=None,
            score_maximum=row.score_maximum,
            submitted_at=row.submitted_at,
            column=row.column,
            label=row.label,
        )
        for row in rows
    ]
    _hand_over(session, exchange, emptied, link=link, now=now)


def _hand_over(
    session: Session, exchange: Exchange, grades: list[gradebook.NewGrade], *, link: ResourceLink, now: datetime
) -> None:
    gradebook.set_grades(
        session,
        grades,
        course_id=exchange.course_id,
        activity_id=exchange.id,
        resource_link_id=link.id,
        now=now,
    )


def _has_release(session: Session, exchange: Exchange) -> bool:
    return bool(session.scalar(select(exists().where(Release.exchange_id == exchange.id))))


@dataclass(frozen=True)
class _Out:
    """What a released grade says, without the row."""

    score: float
    maximum: float
    cause: str


def _released(session: Session, exchange: Exchange, persons: Collection[int] | None) -> dict[int, _Out]:
    rows = select(Release.person_id, Release.score, Release.maximum, Release.cause).where(
        Release.exchange_id == exchange.id
    )
    if persons is not None and len(persons) <= gradebook.FEW:
        rows = rows.where(Release.person_id.in_(persons))
    return {id: _Out(score, maximum, cause) for id, score, maximum, cause in session.execute(rows)}


def _sent(
    session: Session, exchange: Exchange, persons: Collection[int]
) -> dict[tuple[int, str], tuple[float | None, float]]:
    """What the gradebook outbox already has, by person and column."""
    rows = select(Passback.person_id, Passback.column, Passback.score_given, Passback.score_maximum).where(
        Passback.activity_id == exchange.id, ~Passback.is_work_only
    )
    if len(persons) <= gradebook.FEW:
        rows = rows.where(Passback.person_id.in_(persons))
    return {(row.person_id, row.column): (row.score_given, row.score_maximum) for row in session.execute(rows)}


def _require_feedback(session: Session, exchange: Exchange, feedback_id: int) -> None:
    if not queries.is_review_of(session, exchange, feedback_id):
        raise errors.NoSuchFeedback


def _require_member(session: Session, exchange: Exchange, person: int) -> None:
    is_member = exists().where(Membership.course_id == exchange.course_id, Membership.person_id == person)
    if not session.scalar(select(is_member)):
        raise errors.NoSuchPerson
