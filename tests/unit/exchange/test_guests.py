"""Guests read what the plan can spare, and nobody of the plan finds less for it."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules.pairs import Allows, Pair, filled
from lti_tool.exchange.rules.standing import Standing

PEOPLE = range(1, 9)
GUEST = 99
NEEDS = st.dictionaries(st.sampled_from(PEOPLE), st.integers(1, 3), max_size=8)
APART = st.sets(st.tuples(st.sampled_from([*PEOPLE, GUEST]), st.sampled_from(PEOPLE)), max_size=40)


def keeping(apart: set[Pair]) -> Allows:
    return lambda one, other: one != other and (one, other) not in apart


@given(NEEDS, NEEDS, APART)
def test_as_many_of_the_plan_find_a_work_afterwards_as_before(
    lacks: dict[int, int], idle: dict[int, int], apart: set[Pair]
) -> None:
    allows = keeping(apart)
    author = rules.work_for_guest(GUEST, lacks, idle, allows=allows)

    if author is not None:
        assert lacks[author] > 0
        assert allows(GUEST, author)
        left = {**lacks, author: lacks[author] - 1}
        assert len(filled(idle, left, seed=1, allows=allows)) == len(filled(idle, lacks, seed=1, allows=allows))


@given(NEEDS, NEEDS, APART)
def test_nothing_is_kept_from_a_guest_that_could_be_spared(
    lacks: dict[int, int], idle: dict[int, int], apart: set[Pair]
) -> None:
    allows = keeping(apart)
    found = len(filled(idle, lacks, seed=1, allows=allows))
    spared = [
        author
        for author in lacks
        if allows(GUEST, author)
        and len(filled(idle, {**lacks, author: lacks[author] - 1}, seed=1, allows=allows)) == found
    ]

    assert (rules.work_for_guest(GUEST, lacks, idle, allows=allows) is None) == (not spared)


def test_a_work_that_its_author_alone_waits_for_is_free_to_a_guest() -> None:
    assert rules.work_for_guest(GUEST, {1: 1}, {1: 1}, allows=keeping(set())) == 1


def test_a_work_that_somebody_waits_for_is_not() -> None:
    assert rules.work_for_guest(GUEST, {1: 1}, {2: 1}, allows=keeping(set())) is None


def test_the_work_that_lacks_most_comes_first() -> None:
    assert rules.work_for_guest(GUEST, {1: 1, 2: 3}, {}, allows=keeping(set())) == 2


@given(st.integers(3, 12), st.integers(1, 3), st.integers(0, 1000), st.sets(st.integers(1, 12), max_size=6))
def test_who_takes_part_gives_and_gets_the_same_but_for_one_whatever_guests_do(
    people: int, reviews: int, seed: int, idlers: set[int]
) -> None:
    plan = Standing(seed=seed, reviews=min(reviews, people - 1))
    plan.plan(list(range(1, people + 1)))
    for person in plan.seats:
        while person not in idlers and (pair := plan.begin(person)):
            plan.give(*pair)
    plan.release([pair for pair, is_begun in plan.pairs.items() if not is_begun])
    before = dict(plan.pairs)

    for guest in range(100, 120):
        lacks = {author: plan.lacks(author) for author in plan.seats if plan.lacks(author)}
        idle = {person: plan.idle(person) for person in plan.seats if plan.idle(person) and person not in plan.away}
        author = rules.work_for_guest(guest, lacks, idle, allows=plan.may)
        if author is not None:
            plan.pairs[guest, author] = True
            plan.give(guest, author)

    # Guests only add, never beyond what was promised, and no pair of the plan is another one for it.
    assert {pair: is_begun for pair, is_begun in plan.pairs.items() if pair[0] < 100} == before
    for person in set(plan.seats) - idlers:
        assert len(plan.read_by(person)) <= plan.reviews
        assert abs(len(plan.reads(person)) - plan.reviews) <= 1
    assert all(plan.lacks(author) == 0 for author in plan.seats)


def test_what_a_guest_began_comes_before_handing_in_and_helping_after_it() -> None:
    said = {
        (usual, is_reviewing, may_help): rules.step_of_guest(usual, is_reviewing=is_reviewing, may_help=may_help)
        for usual in ("submit", "too_late", "not_open", "closed")
        for is_reviewing in (False, True)
        for may_help in (False, True)
    }

    assert said["submit", True, False] == said["too_late", True, False] == "review"
    assert said["submit", False, True] == "submit"
    assert said["too_late", False, True] == "help"
    assert said["too_late", False, False] == "too_late"
    assert {said[usual, True, True] for usual in ("not_open", "closed")} == {"not_open", "closed"}
