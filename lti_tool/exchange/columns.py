"""
Which columns of the gradebook an exchange fills: one with the whole grade, or one for each part of it.
"""

from dataclasses import dataclass

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange

LABELS = {
    rules.WORK: "Work",
    rules.GIVING: "Giving feedback",
    rules.USING: "Using feedback",
    rules.SELF_ASSESSMENT: "Self-assessment",
    rules.COMPLETION: "Completion",
}
"""A column is made once, for readers of every language."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one column should say about one person."""

    column: str
    label: str
    points: float | None
    maximum: float


def columns_of(exchange: Exchange) -> dict[str, str]:
    """By part the tag of its column; the whole is the part without a name, in the link's own column."""
    options = exchange.option(rules.GradingOptions)
    if options.columns == rules.ONE_COLUMN:
        return {"": ""}
    return {part: f"hearth:{exchange.activity.public_id}:{part}" for part in options.weights}


def main_column(exchange: Exchange) -> str:
    """The column whose fate stands for the grade where there is room for one."""
    return next(iter(columns_of(exchange).values()))


def cells_of(exchange: Exchange, score: float, grade: rules.Grade | None) -> tuple[Cell, ...]:
    """
    The cells of one person whose grade is *score*.

    Where it is not what the parts come to, for it was set by hand, each part gets the same share of it,
    so that they add up to the grade that was set.
    """
    assert exchange.points is not None  # noqa: S101 - nothing is sent of an exchange without grades
    columns = columns_of(exchange)
    if "" in columns:
        return (Cell(column="", label="", points=score, maximum=exchange.points),)
    is_by_hand = grade is None or grade.score != score
    parts = grade.parts if grade is not None else ()
    if not parts:
        weights = exchange.option(rules.GradingOptions).weights
        parts = tuple(rules.Part(name=name, weight=weight, value=None) for name, weight in weights.items())
    points = rules.points_of(parts, maximum=exchange.points)
    return tuple(
        Cell(
            column=columns[name],
            label=f"{exchange.title}: {LABELS[name]}",
            points=round(score / exchange.points * most, 2) if is_by_hand else got,
            maximum=most,
        )
        for name, (got, most) in points.items()
    )
