"""
The standing plan as a whole, in memory: what the database does step by step, to be replayed and tried with any class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lti_tool.exchange.rules.pairs import (
    Allows,
    Change,
    Pair,
    draw,
    draw_for,
    filled,
    joining,
    leaving,
    regular_plan,
    swapping,
)

URN = 48
"""How many waiting pairs a newcomer draws to split some of them; far more than conflicts can take away."""


@dataclass
class Standing:
    """Who sits in the plan, and its pairs: True where the review has begun."""

    seed: int
    reviews: int
    allows: Allows = lambda _reviewer, _author: True
    avoids: frozenset[Pair] = frozenset()
    seats: dict[int, None] = field(default_factory=dict)
    """In the order in which people came."""
    pairs: dict[Pair, bool] = field(default_factory=dict)

    def reads(self, reviewer: int) -> list[int]:
        return [author for one, author in self.pairs if one == reviewer]

    def read_by(self, author: int) -> list[int]:
        return [reviewer for reviewer, other in self.pairs if other == author]

    def begun(self, author: int) -> int:
        return sum(is_begun for (_reviewer, other), is_begun in self.pairs.items() if other == author)

    def idle(self, reviewer: int) -> int:
        """How many works the plan has not found for somebody."""
        return max(self.reviews - len(self.reads(reviewer)), 0)

    def lacks(self, author: int) -> int:
        """How many reviewers the plan has not found for somebody's work."""
        return max(self.reviews - len(self.read_by(author)), 0)

    def may(self, reviewer: int, author: int) -> bool:
        return reviewer != author and (reviewer, author) not in self.pairs and self.allows(reviewer, author)

    def would_rather_not(self, reviewer: int, author: int) -> bool:
        return (author, reviewer) in self.pairs or (reviewer, author) in self.avoids

    def urn(self, start: int) -> list[Pair]:
        """The waiting pairs as *start* draws them: from there on, and round again."""
        waiting = sorted((draw(self.seed, *pair), pair) for pair, is_begun in self.pairs.items() if not is_begun)
        return [pair for place, pair in waiting if place >= start] + [pair for place, pair in waiting if place < start]

    # Steps

    def plan(self, people: Sequence[int]) -> Change:
        """Everybody at once, before anything has begun."""
        self.seats |= dict.fromkeys(people)
        made = regular_plan(people, self.reviews, seed=self.seed, allows=self.allows, avoids=self.avoids)
        return self.apply(Change(added=tuple(made)))

    def join(self, newcomer: int) -> Change:
        """One more."""
        others = [each for each in self.seats if each != newcomer]
        self.seats[newcomer] = None
        return self.apply(
            joining(
                newcomer,
                (self.reviews, self.reviews),
                lacking=sorted((each for each in others if self.lacks(each)), key=lambda each: -self.lacks(each)),
                idle=[each for each in others if self.idle(each)],
                waiting=self.urn(draw_for(self.seed, newcomer))[:URN],
                allows=self.may,
                avoids=self.would_rather_not,
            )
        )

    def leave(self, person: int) -> Change:
        """One less. What they began stays; what others began about their work, too."""
        self.seats.pop(person, None)
        gone = [pair for pair, is_begun in self.pairs.items() if person in pair and not is_begun]
        reviewers = [reviewer for reviewer, author in gone if author == person]
        authors = [author for reviewer, author in gone if reviewer == person]
        self.apply(Change(removed=tuple(gone)))
        added = leaving(reviewers, authors, allows=self.may, avoids=self.would_rather_not)
        self.apply(Change(added=added))
        return Change(added=added, removed=tuple(gone))

    def begin(self, reviewer: int) -> Pair | None:
        """The next work for *reviewer*: the one that most needs a reader, theirs already or by a trade."""
        own = [author for author in self.reads(reviewer) if not self.pairs[reviewer, author]]
        if not own:
            return None
        mine = min(own, key=lambda author: (self.begun(author), draw(self.seed, reviewer, author)))
        for other in self.urn(draw_for(self.seed, reviewer)):
            if self.begun(other[1]) >= self.begun(mine) or not self.may(reviewer, other[1]):
                continue
            if swapping(reviewer, mine, [other], allows=self.may):
                self.apply(Change(added=((reviewer, other[1]), (other[0], mine)), removed=((reviewer, mine), other)))
                mine = other[1]
                break
        self.pairs[reviewer, mine] = True
        return reviewer, mine

    def decline(self, reviewer: int, author: int) -> Change:
        """*reviewer* cannot read the work: somebody trades with them, or both are looked after later."""
        self.pairs.pop((reviewer, author))
        never = (reviewer, author)

        def may(one: int, other: int) -> bool:
            return (one, other) != never and self.may(one, other)

        other = swapping(
            reviewer,
            author,
            self.urn(draw_for(self.seed, reviewer)),
            allows=may,
            avoids=self.would_rather_not,
        )
        if other is None:
            return Change(removed=(never,))
        change = Change(added=((reviewer, other[1]), (other[0], author)), removed=(other,))
        self.apply(change)
        return Change(added=change.added, removed=(never, *change.removed))

    def rescue(self, helper: int) -> Pair | None:
        """A work in need for somebody who has done their part."""
        in_need = [each for each in self.seats if self.lacks(each) and self.may(helper, each)]
        if not in_need:
            return None
        author = max(in_need, key=self.lacks)
        self.pairs[helper, author] = True
        return helper, author

    def rescale(self, reviews: int) -> Change:
        """The teacher asks for more or fewer reviews: what has begun stays, the rest is planned anew."""
        self.reviews = reviews
        gone = [pair for pair, is_begun in self.pairs.items() if not is_begun]
        self.apply(Change(removed=tuple(gone)))
        gives = {person: self.idle(person) for person in self.seats}
        gets = {person: self.lacks(person) for person in self.seats}
        added = filled(gives, gets, seed=self.seed, allows=self.may, avoids=self.would_rather_not)
        return self.apply(Change(added=tuple(added), removed=tuple(gone)))

    def apply(self, change: Change) -> Change:
        """Do what a step found."""
        for pair in change.removed:
            self.pairs.pop(pair, None)
        for pair in change.added:
            self.pairs[pair] = False
        return change


def replayed(events: Iterable[Mapping[str, Any]], plan: Standing) -> Standing:
    """
    The plan after *events* (``kind``, ``added``, ``removed``, ``begun`` as lists of pairs, ``person``), in their order.

    Each event says what it did. Only a plan made at once, with no rules and nothing to avoid, is made again from its
    seed, which is a hundredth of the size.
    """
    for event in events:
        if event["kind"] == "planned" and "added" not in event:
            plan.seed, plan.reviews = event["seed"], event["reviews"]
            plan.plan(event["people"])
        for pair in event.get("removed", ()):
            plan.pairs.pop((pair[0], pair[1]), None)
        for pair in event.get("added", ()):
            plan.pairs[pair[0], pair[1]] = False
        for pair in event.get("begun", ()):
            plan.pairs[pair[0], pair[1]] = True
        if event["kind"] == "joined":
            plan.seats[event["person"]] = None
        elif event["kind"] == "left":
            plan.seats.pop(event["person"], None)
    return plan
