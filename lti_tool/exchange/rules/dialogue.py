"""
What passes between author and reviewer once feedback is given, and when two reviewers should look again.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from lti_tool.exchange.rules.options import Options

USE, LATER, DISAGREE = "use", "later", "disagree"
MARKS = (USE, LATER, DISAGREE)
"""What an author decides about a comment."""

AUTHOR, REVIEWER, STAFF = "author", "reviewer", "staff"
SIDES = (AUTHOR, REVIEWER, STAFF)

MOST_MESSAGES = 60
"""In one thread."""
EDIT_FOR = timedelta(minutes=15)
"""How long the writer of a message may change it."""

FEW = 3
"""Fewer reviews, or fewer other reviewers, say nothing about anybody."""

FLAGGABLE = ("feedback", "message", "work", "comparison", "compared_left", "compared_right", "rule")
"""
What people can ask staff to look at; of a pair of works: what was written to them there, or one of the two works;
of the rules of the class: one that is proposed.
"""
FLAG_REASONS = ("hurtful", "off_task", "identity", "other")
DECISIONS = ("keep", "hide", "rewrite")


@dataclass(frozen=True, kw_only=True)
class DialogueOptions(Options):
    """Whether reviewers who disagree strongly are asked to look again."""

    TOPIC: ClassVar[str] = "dialogue"

    second_look: bool = True
    """Without effect where reviewers only write."""
    gap: int = 40
    """From how many percent between two overall results on, or of the scale between two numbers."""
    steps: int = 2
    """Or from how many levels between two answers on."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one feedback answered to a criterion."""

    value: float
    """As it was said: the points of a level, a number of the scale, 1 or 0 for yes or no."""
    part: float | None
    """Of what there is to be reached, from 0 to 1, as :func:`rules.worth` has it; None where nothing is."""
    weight: float = 1.0
    place: int | None = None
    """Of a level the how-manieth from below."""
    is_measured: bool = False
    """Whether it is a number of a scale: then what lies between counts as it does for the whole."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one feedback says of one work, besides its words."""

    feedback_id: int
    work_id: int
    reviewer_id: int | None
    said: Mapping[int, Said]
    """By criterion id."""

    @property
    def share(self) -> float | None:
        """The weighted mean of its parts, as in a grade; None where nothing counts."""
        counted = [(said.part, said.weight) for said in self.said.values() if said.part is not None]
        whole = math.fsum(weight for _, weight in counted)
        return math.fsum(part * weight for part, weight in counted) / whole if whole > 0 else None


@dataclass(frozen=True, kw_only=True)
class Leaning:
    """How far somebody's marks lie from those of the others who read the same works, on one criterion."""

    criterion_id: int
    value: float
    """In points of levels or numbers of the scale; of a yes or no, how much more often they say yes, from -1 to 1."""
    works: int


def may_edit(sent_at: datetime, now: datetime) -> bool:
    """Whether a message may still be changed by who wrote it."""
    return now - sent_at < EDIT_FOR


def done_in(*, marked: int, current: int) -> int:
    """
    The version in which a suggestion was taken up: the one after that which was read, or what is handed in by now.
    """
    return max(marked + 1, current)


def are_far_apart(one: Opinion, other: Opinion, *, gap: int, steps: int) -> bool:
    """
    Whether two opinions of a work differ strongly: as a whole by *gap* percent, or on one criterion
    by *steps* levels, or by *gap* percent of a scale of numbers.
    """
    if one.share is not None and other.share is not None and abs(one.share - other.share) * 100 >= gap - 1e-9:
        return True
    return any(
        _are_apart(one.said[id], other.said[id], gap=gap, steps=steps) for id in one.said.keys() & other.said.keys()
    )


def disagreements(opinions: Sequence[Opinion], *, gap: int, steps: int) -> tuple[tuple[Opinion, Opinion], ...]:
    """All pairs of opinions on one work that are far apart, in the order of their feedback."""
    ordered = sorted(opinions, key=lambda each: (each.work_id, each.feedback_id))
    return tuple(
        (one, other)
        for _work, of_work in itertools.groupby(ordered, key=lambda each: each.work_id)
        for one, other in itertools.combinations(tuple(of_work), 2)
        if are_far_apart(one, other, gap=gap, steps=steps)
    )


def leanings(opinions: Sequence[Opinion], *, reviewer: int) -> tuple[Leaning, ...]:
    """
    How *reviewer* marks beside those who read the same works, by criterion.

    Nothing where it rests on few: on fewer than three works of theirs, or fewer than three others, since then
    it would say how one other person marks.
    """
    own = [each for each in opinions if each.reviewer_id == reviewer]
    found = []
    for criterion in sorted({id for each in own for id in each.said}):
        differences, others = [], set()
        for mine in own:
            peers = [
                each
                for each in opinions
                if each.work_id == mine.work_id and each.reviewer_id != reviewer and criterion in each.said
            ]
            if criterion not in mine.said or not peers:
                continue
            others |= {each.reviewer_id for each in peers if each.reviewer_id is not None}
            mean = math.fsum(each.said[criterion].value for each in peers) / len(peers)
            differences.append(mine.said[criterion].value - mean)
        if len(differences) >= FEW and len(others) >= FEW:
            mean = math.fsum(differences) / len(differences)
            found.append(Leaning(criterion_id=criterion, value=round(mean, 1), works=len(differences)))
    return tuple(found)


def _are_apart(one: Said, other: Said, *, gap: int, steps: int) -> bool:
    if one.place is not None and other.place is not None:
        return abs(one.place - other.place) >= steps
    is_measured = one.is_measured and other.is_measured and one.part is not None and other.part is not None
    # One yes against one no is the most that can be, and yet no strong disagreement by itself.
    return is_measured and abs((one.part or 0.0) - (other.part or 0.0)) * 100 >= gap - 1e-9
