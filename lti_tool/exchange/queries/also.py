"""
What further settings ask of one learner beside work and reviews, in many exchanges at once.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session, aliased

from lti_tool.exchange import rules
from lti_tool.exchange.models import ComparingRound, Exchange, SideBySide, Submission
from lti_tool.exchange.queries.cards import MINE, Standing
from lti_tool.exchange.queries.practice import practice_of
from lti_tool.exchange.queries.second_look import to_look_again

LOOKED = text(
    f"""
    select e.activity_id, own.assessed_at is not null as has_said
      from exchange e
      join exchange_self_assessment own on own.submission_id = {MINE}
     where e.activity_id = any(:ids)
    """  # noqa: S608 - made of constants
)


def also_due(
    session: Session,
    exchanges: Mapping[int, Exchange],
    standings: Mapping[int, Standing],
    *,
    person_id: int,
    now: datetime,
) -> Mapping[int, frozenset[str]]:
    """
    By exchange: what is due of practise, look_again, compare and assess, as :func:`rules.step` names them.

    Each goes by the person's own time. One query for each of them that any exchange has, none where none has any;
    to look again a few, for who has given feedback.
    """
    found: dict[int, set[str]] = defaultdict(set)
    takes_part = {id: each for id, each in exchanges.items() if standings[id].submitted_at is not None}
    windows = {id: each.windows.for_person(standings[id].own) for id, each in takes_part.items()}
    for id, begun_at in _to_compare(session, takes_part, person_id):
        if windows[id].why_not_compare(now, begun_at=begun_at) is None:
            found[id].add("compare")
    for id in _to_assess(session, takes_part, standings, person_id):
        found[id].add("assess")
    has_given = {id: each for id, each in exchanges.items() if standings[id].given}
    for id in to_look_again(session, has_given, person_id):
        found[id].add("look_again")
    for id, exchange in takes_part.items():
        # Whoever has begun to review has it behind them.
        has_begun = standings[id].given > 0 or standings[id].is_reviewing
        is_over = windows[id].why_not_review(now) is not None
        if has_begun or is_over or exchange.option(rules.PracticeOptions).when != rules.DEMANDED:
            continue
        practice = practice_of(session, exchange, person_id)
        if practice is not None and practice.is_due:
            found[id].add("practise")
    return {id: frozenset(names) for id, names in found.items()}


def _to_compare(
    session: Session, exchanges: Mapping[int, Exchange], person_id: int
) -> Collection[tuple[int, datetime]]:
    """Exchanges in which pairs wait, with the moments at which their rounds began."""
    on = [id for id, each in exchanges.items() if each.option(rules.ComparingOptions).is_on]
    if not on:
        return ()
    left, right = aliased(Submission), aliased(Submission)
    rows = (
        select(ComparingRound.exchange_id, ComparingRound.begun_at)
        .join(SideBySide, SideBySide.round_id == ComparingRound.id)
        .join(left, left.id == SideBySide.left_id)
        .join(right, right.id == SideBySide.right_id)
        .where(
            ComparingRound.exchange_id.in_(on),
            SideBySide.reviewer_id == person_id,
            SideBySide.given_at.is_(None),
            # What its author took back is compared no more.
            left.submitted_at.is_not(None),
            right.submitted_at.is_not(None),
        )
    )
    return {(id, begun_at) for id, begun_at in session.execute(rows)}


def _to_assess(
    session: Session, exchanges: Mapping[int, Exchange], standings: Mapping[int, Standing], person_id: int
) -> set[int]:
    asked = {id: each.option(rules.SelfAssessmentOptions) for id, each in exchanges.items()}
    asked = {id: options for id, options in asked.items() if options.is_on}
    if not asked:
        return set()
    has_said = {
        row.activity_id: row.has_said for row in session.execute(LOOKED, {"ids": list(asked), "person": person_id})
    }
    return {
        id
        for id, options in asked.items()
        if rules.is_due(
            options,
            has_acted=has_said.get(id, False) or (options.when == rules.BEFORE and id in has_said),
            received=standings[id].received,
            has_unread=standings[id].unread > 0,
        )
    }
