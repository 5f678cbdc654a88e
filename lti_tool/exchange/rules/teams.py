"""
Work that a group makes together: who is in which group, and whose work each of its members reads.

Reviewers stay persons: everybody reads as many works as the exchange asks for, never that of their
own group, and the reviews are shared out as evenly over the works as can be.
"""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.pairs import Allows, Flow, Pair

LONGEST_TEAM_NAME = 80
MOST_IN_TEAM = 30


@dataclass(frozen=True, kw_only=True)
class TeamOptions(Options):
    """Whether groups hand in one work together."""

    TOPIC: ClassVar[str] = "teams"

    on: bool = False
    choose: bool = False
    """Students join a group by themselves."""
    size: int = 3
    """The most that may join one."""


def dealt(people: Sequence[int], size: int, *, seed: int) -> list[list[int]]:
    """
    *people* in groups of *size* at random, the same for the same seed; where that does not come out even,
    some groups have one more.
    """
    order = sorted(people)
    random.Random(seed).shuffle(order)  # noqa: S311 - to be made again from its seed, no secret
    count = max(len(order) // size, 1)
    return [order[place::count] for place in range(count)] if order else []


def shared_plan(
    works: Mapping[int, Collection[int]],
    reviews: int,
    *,
    seed: int,
    excused: Mapping[int, int] | None = None,
    fixed: Collection[Pair] = (),
    resting: Collection[int] = (),
    allows: Allows | None = None,
    avoids: Allows | None = None,
) -> list[Pair]:
    """
    New pairs ``(reader, work)`` beside the *fixed* ones; *works* names the members of each.

    Everybody but who is *resting* gives *reviews*, or what they owe who are *excused*, or as many as
    there are works they may read, never that of their own group and none twice. No work is left with
    fewer readers than another could spare: the counts differ by one at most wherever the groups leave
    a way. Grown level by level: first everybody's work gets one reader, then two, each time as many as
    can be (augmenting paths), and what was reached is never lost again.
    """
    taken = set(fixed)
    group_of = {person: work for work, members in works.items() for person in members}
    owes = dict.fromkeys(group_of, reviews) | dict(excused or {})
    given, received = Counter(reader for reader, _work in taken), Counter(work for _reader, work in taken)
    read_by = {work: received[work] for work in works}
    gives = {person: 0 if person in resting else owes[person] - given[person] for person in group_of}

    def may(reader: int, work: int) -> bool:
        return group_of[reader] != work and (reader, work) not in taken and (allows is None or allows(reader, work))

    whims = random.Random(seed)  # noqa: S311 - as above
    readers = [person for person in group_of if gives[person] > 0]
    targets = list(works)
    whims.shuffle(readers)
    whims.shuffle(targets)
    # A work goes by the id of one of its members, who may read others: the two sides are told apart by their sign.
    flow = Flow(
        {each: gives[each] for each in readers}, {~work: 0 for work in works}, lambda one, other: may(one, ~other)
    )
    level = 0
    while any(flow.left[each] > 0 for each in readers) and level <= len(group_of):
        level += 1
        open_ones = [work for work in targets if read_by[work] < level]
        for work in open_ones:
            flow.lacks[~work] += 1
            read_by[work] += 1
        if avoids is not None:
            flow.take_greedily(readers, [~work for work in open_ones], lambda one, other: not avoids(one, ~other))
        flow.take_greedily(readers, [~work for work in open_ones], None)
        flow.augment(readers, [~work for work in targets])
        for work in targets:
            # What found no reader at this level is asked for again at the next.
            read_by[work] -= flow.lacks[~work]
            flow.lacks[~work] = 0
        whims.shuffle(readers)
    return sorted((reader, ~work) for reader, work in flow.pairs())
