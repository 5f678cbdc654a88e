"""
The standing plan as a whole, in memory: what the database does step by step, to be replayed and tried with any class.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
FEW = 12
"""More works than any reviewer is kept from, so one that suits is among them."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A pair, or a seat, that is not where the steps lead to."""

    reviewer: int | None
    """None for a seat."""
    author: int
    """Or whose seat it is."""
    derived: str
    """absent, waiting or begun; of a seat absent or seated."""
    kept: str


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
    given: set[Pair] = field(default_factory=set)
    """Those of the pairs whose review is given: nothing takes them away."""
    refused: set[Pair] = field(default_factory=set)
    """Works that somebody gave back; they never come to them again."""
    away: set[int] = field(default_factory=set)
    """Who did not come: nothing is found for them to read until they ask again."""

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
        pair = (reviewer, author)
        return (
            reviewer != author and pair not in self.pairs and pair not in self.refused and self.allows(reviewer, author)
        )

    def would_rather_not(self, reviewer: int, author: int) -> bool:
        other_way = (author, reviewer)
        return other_way in self.pairs or other_way in self.refused or (reviewer, author) in self.avoids

    def urn(self, start: int) -> list[Pair]:
        """The waiting pairs as *start* draws them: from there on, and round again; no more than anybody needs."""
        waiting = sorted((draw(self.seed, *pair), pair) for pair, is_begun in self.pairs.items() if not is_begun)
        found = [pair for place, pair in waiting if place >= start] + [pair for place, pair in waiting if place < start]
        return found[:URN]

    def mutual_first(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Pairs whose two people review each other before all others; a newcomer splits those first."""
        return sorted(pairs, key=lambda pair: pair[::-1] not in self.pairs)

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
                idle=[each for each in others if self.idle(each) and each not in self.away],
                waiting=self.mutual_first(self.urn(draw_for(self.seed, newcomer))),
                allows=self.may,
                avoids=self.would_rather_not,
            )
        )

    def leave(self, person: int) -> Change:
        """One less. What was given stays; what they only began, and what others only began of theirs, does not."""
        self.seats.pop(person, None)
        gone = sorted(pair for pair in self.pairs if person in pair and pair not in self.given)
        reviewers = [reviewer for reviewer, author in gone if author == person]
        authors = [author for reviewer, author in gone if reviewer == person]
        self.apply(Change(removed=tuple(gone)))
        added = leaving(reviewers, authors, allows=self.may, avoids=self.would_rather_not)
        self.apply(Change(added=added))
        return Change(added=added, removed=tuple(gone))

    def begin(self, reviewer: int) -> Pair | None:
        """The next work for *reviewer*: the one that most needs a reader, theirs already or by a trade."""
        self.away.discard(reviewer)
        own = [author for author in self.reads(reviewer) if not self.pairs[reviewer, author]]
        if not own:
            return None
        mine = min(own, key=lambda author: (*self.need(author), draw(self.seed, reviewer, author)))
        needier = sorted((each for each in self.seats if self.begun(each) < self.begun(mine)), key=self.need)
        waiting = sorted(
            (
                pair
                for pair, is_begun in self.pairs.items()
                if not is_begun
                and pair[0] != reviewer
                and pair[1] in [each for each in needier if each != reviewer][:FEW]
            ),
            key=lambda pair: (*self.need(pair[1]), draw(self.seed, *pair)),
        )[:FEW]
        held = self.pairs.pop((reviewer, mine))
        other = swapping(reviewer, mine, waiting, allows=self.may, avoids=self.would_rather_not)
        self.pairs[reviewer, mine] = held
        if other is not None:
            self.apply(Change(added=((reviewer, other[1]), (other[0], mine)), removed=((reviewer, mine), other)))
            mine = other[1]
        self.pairs[reviewer, mine] = True
        return reviewer, mine

    def need(self, author: int) -> tuple[int, int]:
        """How much a work needs a reader, the smaller the more: few have begun, and its author came early."""
        return self.begun(author), list(self.seats).index(author)

    def give(self, reviewer: int, author: int) -> None:
        """The review is given."""
        self.given.add((reviewer, author))

    def decline(self, reviewer: int, author: int) -> Change:
        """*reviewer* cannot read the work: somebody trades with them, or both are looked after later."""
        never = (reviewer, author)
        self.pairs.pop(never)
        self.refused.add(never)
        other = swapping(
            reviewer,
            author,
            self.urn(draw_for(self.seed, reviewer)),
            allows=self.may,
            avoids=self.would_rather_not,
        )
        if other is None:
            return Change(removed=(never,))
        change = Change(added=((reviewer, other[1]), (other[0], author)), removed=(other,))
        self.apply(change)
        return Change(added=change.added, removed=(never, *change.removed))

    def rescue(self, helper: int) -> Pair | None:
        """A work in need for somebody who has done their part."""
        self.away.discard(helper)
        in_need = [each for each in self.seats if self.lacks(each) and self.may(helper, each)]
        if not in_need:
            return None
        author = max(in_need, key=self.lacks)
        self.pairs[helper, author] = True
        return helper, author

    def release(self, pairs: Iterable[Pair]) -> Change:
        """Their reviewers do not come: the works look for others, and who owes and who waits are brought together."""
        gone = tuple(sorted(pairs))
        self.apply(Change(removed=gone))
        self.away |= {reviewer for reviewer, _author in gone}
        return Change(added=self.mend().added, removed=gone)

    def rescale(self, reviews: int) -> Change:
        """The teacher asks for more or fewer reviews: what has begun stays, the rest is planned anew."""
        self.reviews = reviews
        return self.mix()

    def mix(self) -> Change:
        """Plan everything anew that nobody has begun."""
        gone = tuple(sorted(pair for pair, is_begun in self.pairs.items() if not is_begun))
        self.apply(Change(removed=gone))
        return Change(added=self.mend().added, removed=gone)

    def mend(self) -> Change:
        """Bring those together who still give and those who still get."""
        gives = {person: self.idle(person) for person in self.seats if self.idle(person) and person not in self.away}
        gets = {person: self.lacks(person) for person in self.seats if self.lacks(person)}
        added = filled(gives, gets, seed=self.seed, allows=self.may, avoids=self.would_rather_not)
        return self.apply(Change(added=tuple(added)))

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

    Each event says what it did, so the outcome does not rest on any version of the rules; but for the
    common beginning of a class that nothing keeps apart, which says its people, and follows from the seed.
    """
    for event in events:
        for pair in event.get("removed", ()):
            plan.pairs.pop((pair[0], pair[1]), None)
        for pair in _added(event):
            plan.pairs[pair[0], pair[1]] = False
        for pair in event.get("begun", ()):
            plan.pairs[pair[0], pair[1]] = True
        for person in event.get("people", ()):
            plan.seats[person] = None
        if event["kind"] == "joined":
            plan.seats[event["person"]] = None
        elif event["kind"] in ("left", "forgotten"):
            plan.seats.pop(event["person"], None)
    return plan


def differences(plan: Standing, *, pairs: Mapping[Pair, bool], seats: Collection[int]) -> tuple[Difference, ...]:
    """Where *pairs* (True where begun) and *seats*, as they are kept, are not what *plan* says."""
    found = []
    for pair in sorted(plan.pairs.keys() | pairs.keys()):
        derived, kept = plan.pairs.get(pair), pairs.get(pair)
        if derived != kept:
            found.append(Difference(reviewer=pair[0], author=pair[1], derived=_said(derived), kept=_said(kept)))
    for person in sorted(plan.seats.keys() ^ set(seats)):
        is_derived = person in plan.seats
        found.append(
            Difference(
                reviewer=None,
                author=person,
                derived="seated" if is_derived else "absent",
                kept="absent" if is_derived else "seated",
            )
        )
    return tuple(found)


def _added(event: Mapping[str, Any]) -> Iterable[Sequence[int]]:
    if event["kind"] == "planned" and "added" not in event:
        return regular_plan(event["people"], event["reviews"], seed=event["seed"])
    added: Iterable[Sequence[int]] = event.get("added", ())
    return added


def _said(is_begun: bool | None) -> str:
    return "absent" if is_begun is None else "begun" if is_begun else "waiting"
