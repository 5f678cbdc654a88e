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

FLAG_REASONS = ("hurtful", "off_task", "identity", "other")
DECISIONS = ("keep", "hide", "rewrite")


@dataclass(frozen=True, kw_only=True)
class DialogueOptions(Options):
    """Whether reviewers who disagree strongly are asked to look again."""

    TOPIC: ClassVar[str] = "dialogue"

    second_look: bool = True
    """Without effect where no criterion has levels."""
    gap: int = 40
    """From how many percent between two overall results on."""
    steps: int = 2
    """Or from how many levels between two answers on."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """The level that one feedback chose for a criterion: the how-manieth from below, and in points."""

    place: int
    points: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one feedback says of one work, in levels."""

    feedback_id: int
    work_id: int
    reviewer_id: int | None
    levels: Mapping[int, Said]
    """By criterion id."""

    @property
    def share(self) -> float | None:
        """Points got of points possible; None where nothing gives any."""
        most = math.fsum(said.most for said in self.levels.values())
        return math.fsum(said.points for said in self.levels.values()) / most if most > 0 else None


@dataclass(frozen=True, kw_only=True)
class Leaning:
    """How far somebody's marks lie from those of the others who read the same works, on one criterion."""

    criterion_id: int
    points: float
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
    Whether two opinions of a work differ strongly: as a whole by *gap* percent, or somewhere by *steps* levels.
    """
    if one.share is not None and other.share is not None and abs(one.share - other.share) * 100 >= gap - 1e-9:
        return True
    shared = one.levels.keys() & other.levels.keys()
    return any(abs(one.levels[id].place - other.levels[id].place) >= steps for id in shared)


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
    for criterion in sorted({id for each in own for id in each.levels}):
        differences, others = [], set()
        for mine in own:
            peers = [
                each
                for each in opinions
                if each.work_id == mine.work_id and each.reviewer_id != reviewer and criterion in each.levels
            ]
            if criterion not in mine.levels or not peers:
                continue
            others |= {each.reviewer_id for each in peers if each.reviewer_id is not None}
            mean = math.fsum(each.levels[criterion].points for each in peers) / len(peers)
            differences.append(mine.levels[criterion].points - mean)
        if len(differences) >= FEW and len(others) >= FEW:
            mean = math.fsum(differences) / len(differences)
            found.append(Leaning(criterion_id=criterion, points=round(mean, 1), works=len(differences)))
    return tuple(found)
