"""
The standing plan: who is to read whose work, so that whoever gives k reviews gets k.

A plan is a random k-regular graph of people, made at once (:func:`regular_plan`) or grown by one
newcomer after the other (:func:`joining` splits pairs that nobody has begun). It is mended where
somebody leaves or declines (:func:`leaving`, :func:`declining`), and never takes a begun review away.
People are told apart by ``int``, each with one work; a pair is ``(reviewer, author)``.
"""

import random
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]
Allows: TypeAlias = Callable[[int, int], bool]
"""Whether a reviewer may read an author's work: never one's own, never twice, and the rules of the teacher."""

TRIES = 6
"""How often a whole plan is shuffled anew before something exact takes over."""
DRAWS = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a step does to the plan: pairs that are new, and pairs that are no more."""

    added: tuple[Pair, ...] = ()
    removed: tuple[Pair, ...] = ()


def draw(seed: int, reviewer: int, author: int) -> int:
    """Where a pair lies in the urn from which newcomers draw the pairs they split; 0 to 2^31 - 2."""
    return (reviewer * 1_103_515_245 + author * 2_147_001_325 + seed * 69_069) % DRAWS


def draw_for(seed: int, newcomer: int) -> int:
    """Where a newcomer begins to draw."""
    return draw(seed, newcomer * 7_919 + 13, newcomer)


# A whole plan at once ------------------------------------------------------------------------------------------------


def regular_plan(
    people: Sequence[int],
    reviews: int,
    *,
    seed: int,
    allows: Allows | None = None,
    avoids: Collection[Pair] = (),
) -> list[Pair]:
    """
    Let each of *people* give *reviews* and get as many; deterministic in people, their order and *seed*.

    Exact wherever *allows* leaves a way, and otherwise as many pairs as can be. No two review each
    other where there are more than twice as many people as reviews and *allows* leaves a way around
    it; *avoids* (the pairs of last time) are avoided where that costs nothing. O(people × reviews)
    expected.
    """
    count = len(people)
    reviews = min(reviews, count - 1)
    if reviews < 1:
        return []
    whims = random.Random(seed)  # noqa: S311 - a plan to be made again from its seed, no secret
    order = list(people)
    whims.shuffle(order)
    unwanted = _by_places(order, avoids) if avoids else set()
    may = None if allows is None else _by_place(order, allows)
    rows = _shuffled(count, reviews, whims, may=may, unwanted=unwanted) or (
        _shuffled(count, reviews, whims, may=may, unwanted=set()) if unwanted else None
    )
    if rows is None and may is None:
        # Everybody reads the next ones in the shuffled circle: exact, and mutual only where it must be.
        rows = [[(place + step) % count for place in range(count)] for step in range(1, reviews + 1)]
    if rows is not None:
        columns = [[order[place] for place in row] for row in rows]
        return [(reviewer, column[place]) for place, reviewer in enumerate(order) for column in columns]
    assert may is not None  # noqa: S101 - without rules there is always the circle
    found = _oriented(count, reviews, whims, may) or _exact(count, reviews, whims, may)
    return [(order[one], order[other]) for one, other in found]


def filled(
    gives: Mapping[int, int], gets: Mapping[int, int], *, seed: int, allows: Allows, avoids: Allows | None = None
) -> list[Pair]:
    """
    As many pairs as can be where *gives* says how many each reviewer still gives and *gets* how many each author gets.

    Pairs that *avoids* names are taken last. For plans that have begun; exact by augmenting paths.
    """
    whims = random.Random(seed)  # noqa: S311 - as above
    givers = [person for person, number in gives.items() if number > 0]
    getters = [person for person, number in gets.items() if number > 0]
    whims.shuffle(givers)
    whims.shuffle(getters)
    flow = Flow(gives, gets, allows)
    if avoids is not None:
        flow.take_greedily(givers, getters, lambda one, other: not avoids(one, other))
    flow.take_greedily(givers, getters, None)
    flow.augment(givers, getters)
    return sorted(flow.pairs())


def _by_places(order: Sequence[int], pairs: Collection[Pair]) -> set[Pair]:
    places = {person: place for place, person in enumerate(order)}
    return {(places[one], places[other]) for one, other in pairs if one in places and other in places}


def _by_place(order: Sequence[int], allows: Allows) -> Allows:
    return lambda one, other: one != other and allows(order[one], order[other])


def _shuffled(
    count: int, reviews: int, whims: random.Random, *, may: Allows | None, unwanted: set[Pair]
) -> list[list[int]] | None:
    """*reviews* permutations without conflicts, each a round in which everybody reads one; None where luck ran out."""
    for _ in range(TRIES):
        rows: list[list[int]] = []
        # Who is read by whom, the same the other way round: what is looked up lies side by side in memory.
        inverses: list[list[int]] | None = [] if count > 2 * reviews else None
        while len(rows) < reviews:
            row = _round_of(count, rows, inverses, whims, may=may, unwanted=unwanted)
            if row is None:
                break
            rows.append(row)
            if inverses is not None:
                inverses.append(_inverted(row))
        if len(rows) == reviews:
            return rows
    return None


def _round_of(
    count: int,
    rows: list[list[int]],
    inverses: list[list[int]] | None,
    whims: random.Random,
    *,
    may: Allows | None,
    unwanted: set[Pair],
) -> list[int] | None:
    """One more round beside *rows*; with their *inverses*, so that no two review each other."""
    row = list(range(count))
    whims.shuffle(row)

    def fits(one: int, other: int) -> bool:
        return (
            one != other
            and all(each[one] != other for each in rows)
            and (inverses is None or (row[other] != one and all(each[other] != one for each in rows)))
            and (one, other) not in unwanted
            and (may is None or may(one, other))
        )

    columns: list[Sequence[int]] = [range(count), *rows]
    if inverses is not None:
        columns += [_inverted(row), *inverses]
    misfits = [
        place
        for place, (other, met) in enumerate(zip(row, zip(*columns, strict=True), strict=True))
        if other in met or (unwanted and (place, other) in unwanted) or not (may is None or may(place, other))
    ]
    # No swap makes another place unfit: both places that it changes are tried with what lies across from them.
    for place in misfits:
        if not fits(place, row[place]) and not _swapped(place, row, fits, whims):
            return None
    return row


def _inverted(row: list[int]) -> list[int]:
    inverse = [0] * len(row)
    for place, other in enumerate(row):
        inverse[other] = place
    return inverse


def _swapped(place: int, row: list[int], fits: Allows, whims: random.Random) -> bool:
    count = len(row)
    start = whims.randrange(count)
    for step in range(count):
        other = (start + step) % count
        if other == place:
            continue
        row[place], row[other] = row[other], row[place]
        if fits(place, row[place]) and fits(other, row[other]):
            return True
        row[place], row[other] = row[other], row[place]
    return False


def _oriented(count: int, reviews: int, whims: random.Random, may: Allows) -> list[Pair] | None:
    """
    Where everybody may meet exactly twice as many as they review: go along all of these once, in circles.

    Every circle enters a person as often as it leaves them, so each gives half of their meetings
    and gets the other half, and no two review each other (an Eulerian orientation).
    """
    meets = [[other for other in range(count) if may(one, other) and may(other, one)] for one in range(count)]
    if any(len(each) != 2 * reviews for each in meets):
        return None
    for each in meets:
        whims.shuffle(each)
    gone: set[Pair] = set()
    pairs = []
    for start in range(count):
        here = start
        while True:
            while meets[here] and (here, meets[here][-1]) in gone:
                meets[here].pop()
            if not meets[here]:
                break
            there = meets[here].pop()
            gone |= {(here, there), (there, here)}
            pairs.append((here, there))
            here = there
    return pairs


def _exact(count: int, reviews: int, whims: random.Random, may: Allows) -> list[Pair]:
    everybody = list(range(count))
    flow = Flow(dict.fromkeys(everybody, reviews), dict.fromkeys(everybody, reviews), may)
    givers, getters = everybody[:], everybody[:]
    whims.shuffle(givers)
    whims.shuffle(getters)
    flow.take_greedily(givers, getters, lambda one, other: one not in flow.reads[other])
    flow.augment(givers, getters)
    return _less_mutual(flow.pairs(), may)


def _less_mutual(pairs: Sequence[Pair], may: Allows) -> list[Pair]:
    """Trade authors between two reviewers wherever that parts two who review each other."""
    kept = set(pairs)
    for one, other in pairs:
        if (one, other) not in kept or (other, one) not in kept:
            continue
        for third, fourth in sorted(kept):
            new = ((one, fourth), (third, other))
            if (
                one not in (third, fourth)
                and other not in (third, fourth)
                and all(may(*each) and each not in kept and each[::-1] not in kept for each in new)
            ):
                kept -= {(one, other), (third, fourth)}
                kept |= set(new)
                break
    return sorted(kept)


class Flow:
    """Pairs between givers and getters, grown to the most there can be."""

    def __init__(self, gives: Mapping[int, int], gets: Mapping[int, int], allows: Allows) -> None:
        self.left = dict(gives)
        self.lacks = dict(gets)
        self.allows = allows
        self.reads: dict[int, set[int]] = {person: set() for person in {*gives, *gets}}
        self.read_by: dict[int, set[int]] = {person: set() for person in {*gives, *gets}}

    def take_greedily(self, givers: Sequence[int], getters: Sequence[int], prefers: Allows | None) -> None:
        """Go round and round, each giver taking the next getter that suits."""
        queue = deque(getters)
        for giver in givers:
            for _ in range(len(queue)):
                if self.left[giver] <= 0:
                    break
                getter = queue[0]
                queue.rotate(-1)
                if (
                    self.lacks[getter] > 0
                    and self._suits(giver, getter)
                    and (prefers is None or prefers(giver, getter))
                ):
                    self._take(giver, getter)
                    self.left[giver] -= 1
                    self.lacks[getter] -= 1
            queue = deque(getter for getter in queue if self.lacks[getter] > 0)

    def augment(self, givers: Sequence[int], getters: Sequence[int]) -> None:
        """
        Move pairs along alternating paths until no more can be had (Ford and Fulkerson).

        What a search reached that found nobody will lead to nobody afterwards either, so no other looks there again.
        """
        lacking = sum(max(self.lacks[getter], 0) for getter in getters)
        leading = list(getters)
        for giver in givers:
            while lacking > 0 and self.left[giver] > 0:
                dead = self._augmented(giver, leading)
                if dead is not None:
                    leading = [getter for getter in leading if getter not in dead]
                    break
                self.left[giver] -= 1
                lacking -= 1

    def pairs(self) -> list[Pair]:
        return [(giver, getter) for giver, read in self.reads.items() for getter in sorted(read)]

    def _suits(self, giver: int, getter: int) -> bool:
        return giver != getter and getter not in self.reads[giver] and self.allows(giver, getter)

    def _take(self, giver: int, getter: int) -> None:
        self.reads[giver].add(getter)
        self.read_by[getter].add(giver)

    def _drop(self, giver: int, getter: int) -> None:
        self.reads[giver].discard(getter)
        self.read_by[getter].discard(giver)

    def _augmented(self, start: int, getters: Sequence[int]) -> Collection[int] | None:
        """
        Find a getter that *start* may have, by moving others to what they may read as well.

        None if that was done; otherwise all getters that were reached in vain.
        """
        reached_by: dict[int, int] = {}
        freed_by: dict[int, int] = {}
        queue, seen = deque([start]), {start}
        while queue:
            giver = queue.popleft()
            unreached = []
            for getter in getters:
                if not self._suits(giver, getter):
                    unreached.append(getter)
                    continue
                reached_by[getter] = giver
                if self.lacks[getter] > 0:
                    self.lacks[getter] -= 1
                    self._move(start, getter, reached_by, freed_by)
                    return None
                for other in sorted(self.read_by[getter] - seen):
                    seen.add(other)
                    freed_by[other] = getter
                    queue.append(other)
            getters = unreached
        return reached_by.keys()

    def _move(self, start: int, getter: int, reached_by: Mapping[int, int], freed_by: Mapping[int, int]) -> None:
        giver = reached_by[getter]
        while giver != start:
            before = freed_by[giver]
            self._drop(giver, before)
            self._take(giver, getter)
            getter, giver = before, reached_by[before]
        self._take(giver, getter)


# One step at a time --------------------------------------------------------------------------------------------------


def joining(
    newcomer: int,
    needs: tuple[int, int],
    *,
    lacking: Sequence[int],
    idle: Sequence[int],
    waiting: Sequence[Pair],
    allows: Allows,
    avoids: Allows,
    wanted: Sequence[Pair] = (),
) -> Change:
    """
    Find *newcomer* what they need: so many authors to read, and so many reviewers who read them.

    *lacking* are authors whose work has too few reviewers, *idle* reviewers with too few authors;
    *waiting* are pairs that nobody has begun, in the order in which they are split. A split puts the
    newcomer between a reviewer and an author: u reads x, and x reads v, so everybody else keeps as
    many as they had. *wanted* pairs of the newcomer come first, what *avoids* names comes last.
    """
    step = _Joining(newcomer, needs, allows, avoids)
    step.take(wanted)
    for is_picky in (True, False):
        step.is_picky = is_picky
        for author in lacking:
            step.read(author)
        for reviewer in idle:
            step.be_read_by(reviewer)
        for pair in waiting:
            step.split(pair)
    return Change(added=tuple(step.added), removed=tuple(step.removed))


def leaving(
    reviewers: Sequence[int], authors: Sequence[int], *, allows: Allows, avoids: Allows | None = None
) -> tuple[Pair, ...]:
    """
    Close the gap that somebody leaves: give the *authors* they were to read to the *reviewers* who were to read them.

    As many pairs as can be; who finds nobody stays idle, or lacking. Both in an order that replays.
    """
    return tuple(
        filled(
            dict.fromkeys(reviewers, 1), dict.fromkeys(authors, 1), seed=len(reviewers), allows=allows, avoids=avoids
        )
    )


def swapping(
    reviewer: int, author: int, waiting: Iterable[Pair], *, allows: Allows, avoids: Allows | None = None
) -> Pair | None:
    """
    The pair to trade authors with, so that *reviewer* reads its author and its reviewer reads *author*; None: nobody.

    Both keep as many as they had, and so do both works.
    """
    second_best = None
    for other_reviewer, other_author in waiting:
        new = ((reviewer, other_author), (other_reviewer, author))
        if other_reviewer == reviewer or other_author == author or not all(allows(*each) for each in new):
            continue
        if avoids is None or not any(avoids(*each) for each in new):
            return other_reviewer, other_author
        second_best = second_best or (other_reviewer, other_author)
    return second_best


class _Joining:
    def __init__(self, newcomer: int, needs: tuple[int, int], allows: Allows, avoids: Allows) -> None:
        self.newcomer, self.allows, self.avoids = newcomer, allows, avoids
        self.is_picky = True
        self.to_read, self.readers = needs
        """How many authors and reviewers are still to be found."""
        self.added: list[Pair] = []
        self.removed: list[Pair] = []

    def take(self, wanted: Sequence[Pair]) -> None:
        for pair in wanted:
            self._add(*pair)

    def read(self, author: int) -> None:
        if self.to_read > 0 and self._suits(self.newcomer, author):
            self._add(self.newcomer, author)

    def be_read_by(self, reviewer: int) -> None:
        if self.readers > 0 and self._suits(reviewer, self.newcomer):
            self._add(reviewer, self.newcomer)

    def split(self, pair: Pair) -> None:
        reviewer, author = pair
        if (
            min(self.to_read, self.readers) > 0
            and pair not in self.removed
            and self._suits(reviewer, self.newcomer)
            and self._suits(self.newcomer, author)
        ):
            self.removed.append(pair)
            self._add(reviewer, self.newcomer)
            self._add(self.newcomer, author)

    def _suits(self, reviewer: int, author: int) -> bool:
        if (reviewer, author) in self.added or not self.allows(reviewer, author):
            return False
        return not self.is_picky or not (self.avoids(reviewer, author) or (author, reviewer) in self.added)

    def _add(self, reviewer: int, author: int) -> None:
        self.added.append((reviewer, author))
        if reviewer == self.newcomer:
            self.to_read -= 1
        else:
            self.readers -= 1
