"""
What answers are worth, said to the database as :func:`rules.worth` says it to Python.
"""

from sqlalchemy import Subquery, case, func, select

from lti_tool.exchange import rules
from lti_tool.exchange.models import Answer, Criterion, Exchange, Level


def share_of_words(exchange: Exchange, words: rules.Words, *, id: int) -> rules.Share:
    """What *words* by the criteria of *exchange* say in points."""
    points, possible = 0.0, 0.0
    for criterion in exchange.criteria:
        said = words.answers.get(criterion.id)
        asked = criterion.asked
        reached = rules.worth(asked, level_id=said.level_id, number=said.number) if said is not None else None
        if reached is not None:
            points += reached * asked.weight
            possible += asked.weight
    return rules.Share(feedback_id=id, points=points, possible=possible)


def points_by_feedback(exchange: Exchange) -> Subquery:
    """
    ``feedback_id``, ``points``, ``possible`` of every feedback that says something in points.

    Each answer as a part of what there is to be reached, times the weight of its criterion.
    """
    most = (
        select(Level.criterion_id, func.max(Level.points).label("points"))
        .join(Criterion, Criterion.id == Level.criterion_id)
        .where(Criterion.exchange_id == exchange.id)
        .group_by(Level.criterion_id)
        .subquery()
    )
    reached = case(
        (Criterion.kind == rules.LEVELS, Level.points / func.nullif(most.c.points, 0.0)),
        (
            Criterion.kind == rules.NUMBER,
            (Answer.number - Criterion.lowest) / (Criterion.highest - Criterion.lowest),
        ),
        (Criterion.kind == rules.YES_NO, Answer.number),
    )
    return (
        select(
            Answer.feedback_id,
            func.sum(reached * Criterion.weight).label("points"),
            func.sum(Criterion.weight).label("possible"),
        )
        .join(Criterion, Criterion.id == Answer.criterion_id)
        .outerjoin(Level, Level.id == Answer.level_id)
        .outerjoin(most, most.c.criterion_id == Answer.criterion_id)
        .where(Criterion.exchange_id == exchange.id, reached.is_not(None))
        .group_by(Answer.feedback_id)
        .subquery()
    )
