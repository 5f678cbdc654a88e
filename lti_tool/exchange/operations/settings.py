"""
What a teacher does with an exchange as a whole: make, change, publish, close, delete.
"""

import logging
import secrets
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, selectinload

from lti_tool import files, journal
from lti_tool.courses.models import Activity
from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Closure,
    Criterion,
    Exchange,
    Level,
    Publication,
    Release,
    Submission,
    SubmissionFile,
)
from lti_tool.exchange.operations import acts, grading, pairing, practice
from lti_tool.exchange.operations.due_dates import show_dates, take_dates_away
from lti_tool.exchange.rules import CriterionPlan, Guide, Plan
from lti_tool.journal.hiding import names_hidden

log = logging.getLogger(__name__)

KIND = "exchange"


def create_exchange(
    session: Session,
    plan: Plan,
    *,
    course_id: int,
    by: int | None,
    now: datetime,
    activity: Activity | None = None,
    publish: bool = True,
) -> Exchange:
    """
    Make an exchange as *plan* says, under a new activity unless one is given.
    """
    _require_sound(plan)
    activity = activity or _new_activity(session, plan, course_id=course_id, by=by)
    exchange = Exchange(
        activity=activity,
        seed=secrets.randbelow(2**31),
        created_at=now,
        criteria=[_new_criterion(each, position) for position, each in enumerate(plan.criteria)],
        publication=Publication(published_by_id=by, published_at=now) if publish else None,
        closure=None,
        **_settings(plan),
    )
    session.add(exchange)
    session.flush()
    acts.record(session, exchange, "exchange.created", by=by, now=now)
    if publish:
        acts.record(session, exchange, "exchange.published", by=by, now=now)
        show_dates(session, exchange, now=now)
    log.info("exchange %s created in course %s", exchange.id, course_id)
    return exchange


def edit_exchange(
    session: Session, exchange: Exchange, plan: Plan, *, by: int, now: datetime, base: str | None = None
) -> Exchange:
    """
    Change an exchange to what *plan* says, unless somebody else changed it since *base* was its fingerprint.

    What is said stays: criteria by which somebody wrote or writes keep their levels and points, though any
    words may be improved and criteria added or moved. Anonymity can be added, never removed.
    """
    _require_sound(plan)
    # Before any row, as everybody who takes both.
    pairing.hold(session, exchange)
    exchange = _held(session, exchange)
    saved = queries.plan_of(exchange)
    if base is not None and base != rules.fingerprint(saved) and plan != saved:
        raise errors.SettingsChanged(saved)
    _require_promises_kept(session, exchange, plan)
    # The scale of the gradebook and the weights of criteria are what computed grades rest on, and may change.
    moves_grades = plan.points != exchange.points or moves_weights(exchange, plan)
    reviews_before, anonymity_before = exchange.reviews, exchange.anonymity
    exchange.activity.title = acts.clean(plan.title).strip()
    for name, value in _settings(plan).items():
        setattr(exchange, name, value)
    _rewrite_criteria(exchange, plan)
    session.flush()
    pairing.rescale(session, exchange, before=reviews_before, now=now)
    if exchange.anonymity != anonymity_before:
        names_hidden.tell(session, exchange.id, now=now)
    acts.record(session, exchange, "exchange.edited", by=by, now=now)
    show_dates(session, exchange, now=now)
    if moves_grades:
        grading.release_if_ready(session, exchange, now=now)
    return exchange


def moves_weights(exchange: Exchange, plan: Plan) -> bool:
    """Whether *plan* gives a criterion that is already there another weight."""
    planned = {each.id: each.weight for each in plan.criteria}
    return any(planned.get(each.id, each.weight) != each.weight for each in exchange.criteria)


def publish(session: Session, exchange: Exchange, *, by: int, now: datetime) -> None:
    """Show a draft to learners."""
    exchange = _held(session, exchange)
    if exchange.publication is None:
        exchange.publication = Publication(published_by_id=by, published_at=now)
        session.flush()
        acts.record(session, exchange, "exchange.published", by=by, now=now)
        show_dates(session, exchange, now=now)


def unpublish(session: Session, exchange: Exchange, *, by: int, now: datetime) -> None:
    """Hide the exchange from learners again, as long as nobody has begun."""
    exchange = _held(session, exchange)
    if exchange.publication is None:
        return
    if session.scalar(select(exists().where(Submission.exchange_id == exchange.id))):
        raise errors.HasWork
    exchange.publication = None
    session.flush()
    acts.record(session, exchange, "exchange.unpublished", by=by, now=now)
    show_dates(session, exchange, now=now)


def close(session: Session, exchange: Exchange, *, by: int | None, now: datetime) -> None:
    """
    End the exchange: nothing more is handed in, and every grade that can be computed goes out.
    """
    exchange = _held(session, exchange)
    if exchange.closure is not None:
        return
    exchange.closure = Closure(closed_by_id=by, closed_at=now)
    session.flush()
    acts.record(session, exchange, "exchange.closed", by=by, now=now)
    grading.release_if_ready(session, exchange, now=now)
    log.info("exchange %s closed", exchange.id)


def reopen(session: Session, exchange: Exchange, *, by: int, now: datetime) -> None:
    """Let people take part again. Grades that are out stay out and follow new feedback."""
    exchange = _held(session, exchange)
    if exchange.closure is None:
        return
    if exchange.sealing is not None:
        raise errors.SealedStays
    exchange.closure = None
    session.flush()
    acts.record(session, exchange, "exchange.reopened", by=by, now=now)


def delete_exchange(
    session: Session,
    exchange: Exchange,
    *,
    by: int,
    now: datetime,
    storage: files.Storage,
    begun: int | None = None,
) -> None:
    """
    Remove an exchange in which nothing was ever handed in, with the drafts and files people began.

    *begun* is how many works whoever asks knows to be begun: where there are more, they are told first.
    """
    # Before any row, as everybody who takes both.
    pairing.hold(session, exchange)
    exchange = _held(session, exchange)
    works = Submission.exchange_id == exchange.id
    # What was handed in once has its version, and may have feedback, also when it was taken back.
    if session.scalar(select(exists().where(works, Submission.version > 0))):
        raise errors.HasWork
    would_go = queries.works_begun(session, exchange)
    if begun is not None and would_go > begun:
        raise errors.WorksBegun(would_go)
    for key in session.scalars(select(SubmissionFile.key).join(Submission).where(works)):
        storage.remove(session, key)
    for example in queries.examples_of(session, exchange):
        practice.take_file_away(session, exchange, example_id=example.id, storage=storage)
    journal.record(
        session, "exchange.deleted", course_id=exchange.course_id, person_id=by, now=now, exchange_id=exchange.id
    )
    take_dates_away(session, exchange, now=now)
    activity = exchange.activity
    session.expunge(exchange)
    session.delete(activity)
    session.flush()


def _require_sound(plan: Plan) -> None:
    problem = rules.problem_of(plan)
    if problem is not None:
        raise errors.PlanRefused(*problem)


def _settings(plan: Plan) -> dict[str, object]:
    return {
        "instructions": acts.clean(plan.instructions),
        "reviews": plan.reviews,
        "points": plan.points,
        "opens_at": plan.opens_at,
        "submit_by": plan.submit_by,
        "review_by": plan.review_by,
        "anonymity": plan.anonymity,
    }


def _new_activity(session: Session, plan: Plan, *, course_id: int, by: int | None) -> Activity:
    last = session.scalar(select(func.max(Activity.position)).where(Activity.course_id == course_id))
    position = 0 if last is None else last + 1
    title = acts.clean(plan.title).strip()
    activity = Activity(course_id=course_id, kind=KIND, title=title, position=position, created_by_id=by)
    session.add(activity)
    return activity


def _held(session: Session, exchange: Exchange) -> Exchange:
    """The exchange as it is now, and nobody else's to change until the end of the transaction."""
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    # A statement of its own: what joins a row that it had to wait for, a statement sees as it was before.
    found = session.scalars(
        select(Exchange)
        .where(Exchange.activity_id == exchange.id)
        .options(selectinload(Exchange.criteria).selectinload(Criterion.levels))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise errors.NoSuchExchange
    return found


def _require_promises_kept(session: Session, exchange: Exchange, plan: Plan) -> None:
    has_begun = exists().where(Submission.exchange_id == exchange.id)
    if not rules.may_become(exchange.anonymity, plan.anonymity) and session.scalar(select(has_begun)):
        raise errors.AnonymityKept
    _require_known(exchange, plan)
    _require_in_use_kept(session, exchange, plan)
    if plan.points != exchange.points:
        _require_grades_fit(session, exchange, plan)


def _require_known(exchange: Exchange, plan: Plan) -> None:
    """Each id in *plan* is of this exchange, and is there once."""
    known = {criterion.id: {level.id for level in criterion.levels} for criterion in exchange.criteria}
    for criterion in plan.criteria:
        if criterion.id is not None and criterion.id not in known:
            raise errors.PlanRefused("criteria", "unknown")
        levels = known.pop(criterion.id) if criterion.id is not None else set()
        named = [level.id for level in criterion.levels if level.id is not None]
        if len(named) != len(set(named)) or not levels.issuperset(named):
            raise errors.PlanRefused("criteria", "unknown")


def _require_in_use_kept(session: Session, exchange: Exchange, plan: Plan) -> None:
    in_use = queries.criteria_in_use(session, exchange)
    planned = {each.id: _promised(each) for each in plan.criteria}
    broken = tuple(
        each.title for each in exchange.criteria if each.id in in_use and planned.get(each.id) != _promised(each)
    )
    chosen = queries.criteria_in_examples(session, exchange)
    kept = {each.id: each for each in plan.criteria}
    in_examples = tuple(
        each.title
        for each in exchange.criteria
        if each.id in chosen.keys() - in_use and not _keeps(kept.get(each.id), each, chosen[each.id])
    )
    if broken or in_examples:
        raise errors.CriteriaInUse(broken, in_examples=in_examples)


def _promised(criterion: Criterion | CriterionPlan) -> tuple[object, ...]:
    """The part of a criterion that what was said by it rests on: its kind, its scale and what its levels are worth."""
    return criterion.kind, criterion.scale, {level.id: level.points for level in criterion.levels}


def _keeps(planned: CriterionPlan | None, criterion: Criterion, levels: set[int]) -> bool:
    """Whether what staff say of an example still says the same: by this criterion, answered so, with these *levels*."""
    if planned is None or (planned.kind, planned.scale) != (criterion.kind, criterion.scale):
        return False
    return levels <= {each.id for each in planned.levels}


def _require_grades_fit(session: Session, exchange: Exchange, plan: Plan) -> None:
    if plan.points is None:
        if session.scalar(select(exists().where(Release.exchange_id == exchange.id))):
            raise errors.PlanRefused("points", "already_released")
        return
    scores = [each.score for each in queries.overrides_of(session, exchange).values() if each.score is not None]
    if scores and max(scores) > plan.points:
        raise errors.PlanRefused("points", "below_override")


def _rewrite_criteria(exchange: Exchange, plan: Plan) -> None:
    known = {criterion.id: criterion for criterion in exchange.criteria}
    kept = []
    for position, planned in enumerate(plan.criteria):
        if planned.id is None:
            kept.append(_new_criterion(planned, position))
            continue
        criterion = known[planned.id]
        criterion.position = position
        for name, value in _facts(planned).items():
            setattr(criterion, name, value)
        _rewrite_levels(criterion, planned)
        kept.append(criterion)
    exchange.criteria = kept


def _rewrite_levels(criterion: Criterion, planned: CriterionPlan) -> None:
    known = {level.id: level for level in criterion.levels}
    kept = []
    for position, each in enumerate(planned.levels):
        level = known[each.id] if each.id is not None else Level()
        level.position, level.points = position, each.points
        level.title, level.description = acts.clean(each.title).strip(), acts.clean(each.description)
        kept.append(level)
    criterion.levels = kept


def _new_criterion(planned: CriterionPlan, position: int) -> Criterion:
    criterion = Criterion(position=position, **_facts(planned))
    criterion.levels = [
        Level(
            position=number,
            title=acts.clean(each.title).strip(),
            description=acts.clean(each.description),
            points=each.points,
        )
        for number, each in enumerate(planned.levels)
    ]
    return criterion


def _facts(planned: CriterionPlan) -> dict[str, object]:
    """What a criterion keeps of its plan, without its levels."""
    scale = planned.scale
    return {
        "title": acts.clean(planned.title).strip(),
        "description": acts.clean(planned.description),
        "prompt": acts.clean(planned.prompt),
        "kind": planned.kind,
        "weight": planned.weight,
        "lowest": scale.lowest if scale else None,
        "highest": scale.highest if scale else None,
        "step": scale.step if scale else None,
        "comment": planned.comment,
        "guide": _clean_guide(planned.guide),
    }


def _clean_guide(guide: Guide) -> dict[str, object]:
    return {name: acts.clean(value) if isinstance(value, str) else value for name, value in guide.as_dict().items()}
