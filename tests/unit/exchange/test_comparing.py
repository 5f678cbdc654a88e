"""Two works side by side: fair pairs from a seed, and an order that is advice and knows how sure it is."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, Pairing, Words

CLASSES = st.integers(3, 40).map(lambda count: list(range(101, 101 + count)))
PAIRS = st.integers(1, rules.MOST_PAIRS)
SEEDS = st.integers(0, 2**31 - 1)
RESULTS = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 8), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=1, max_size=60
)


def seen(planned: list[Pairing]) -> Counter[int]:
    return Counter(work for each in planned for work in (each.left, each.right))


@given(people=CLASSES, pairs=PAIRS, seed=SEEDS)
def test_every_work_is_seen_equally_often(people: list[int], pairs: int, seed: int) -> None:
    planned = rules.side_by_side(people, pairs, seed=seed)

    each = min(pairs, (len(people) - 1) // 2)
    assert Counter(one.reviewer for one in planned) == dict.fromkeys(people, each)
    assert seen(planned) == dict.fromkeys(people, 2 * each)


@given(people=CLASSES, pairs=PAIRS, seed=SEEDS)
def test_nobody_sees_their_own_work_or_any_work_twice(people: list[int], pairs: int, seed: int) -> None:
    planned = rules.side_by_side(people, pairs, seed=seed)

    for person in people:
        works = [work for each in planned if each.reviewer == person for work in (each.left, each.right)]
        assert person not in works
        assert len(set(works)) == len(works)


@given(people=CLASSES, pairs=PAIRS, seeds=st.tuples(SEEDS, SEEDS))
def test_nobody_meets_a_pair_of_an_earlier_round_again(people: list[int], pairs: int, seeds: tuple[int, int]) -> None:
    first = rules.side_by_side(people, pairs, seed=seeds[0])
    known = {person: {each.works for each in first if each.reviewer == person} for person in people}

    second = rules.side_by_side(people, pairs, seed=seeds[1], known=known)

    assert not any(each.works in known[each.reviewer] for each in second)


@given(people=CLASSES, pairs=PAIRS, seed=SEEDS)
def test_the_same_seed_makes_the_same_pairs(people: list[int], pairs: int, seed: int) -> None:
    assert rules.side_by_side(people, pairs, seed=seed) == rules.side_by_side(people, pairs, seed=seed)


@given(people=CLASSES, pairs=PAIRS, seed=SEEDS, forbidden=st.integers(0, 5))
def test_what_the_teacher_forbids_is_never_compared(people: list[int], pairs: int, seed: int, forbidden: int) -> None:
    never = {(people[0], author) for author in people[1 : 1 + forbidden]}

    planned = rules.side_by_side(
        people, pairs, seed=seed, allows=lambda reviewer, author: reviewer != author and (reviewer, author) not in never
    )

    assert all((each.reviewer, work) not in never for each in planned for work in (each.left, each.right))
    assert all(each.left != each.right for each in planned)


def test_two_works_are_too_few() -> None:
    assert rules.side_by_side([1, 2], 3, seed=1) == []
    assert len(rules.side_by_side([1, 2, 3], 3, seed=1)) == 3


# The order


@given(results=RESULTS)
def test_every_chance_is_one_and_lies_in_its_range(results: list[tuple[int, int, float]]) -> None:
    for each in rules.strengths(results):
        assert 0 < each.low < each.value < each.high < 1


@given(results=RESULTS)
def test_which_side_a_work_stood_on_does_not_matter(results: list[tuple[int, int, float]]) -> None:
    turned = [(right, left, 1 - share) for left, right, share in results]

    there = {each.work_id: each.value for each in rules.strengths(results)}
    back = {each.work_id: each.value for each in rules.strengths(turned)}

    assert there.keys() == back.keys()
    assert all(abs(there[work] - back[work]) < 1e-6 for work in there)


@given(count=st.integers(2, 7), times=st.integers(1, 4))
def test_works_that_always_do_better_stand_above_the_others(count: int, times: int) -> None:
    results = [
        (better, worse, 1.0) for better in range(count) for worse in range(better + 1, count) for _ in range(times)
    ]

    assert [each.work_id for each in rules.strengths(results)] == list(range(count))


def test_more_comparisons_make_it_surer() -> None:
    def width(times: int) -> float:
        first = rules.strengths([(1, 2, 1.0), (1, 2, 0.0)] * times)[0]
        return first.high - first.low

    assert width(10) < width(3) < width(1)


def test_one_comparison_says_little() -> None:
    best, other = rules.strengths([(1, 2, 1.0)])

    assert best.low < other.high


def test_picks_become_a_share_over_all_criteria() -> None:
    assert rules.share_of_left([rules.LEFT, rules.BOTH, rules.RIGHT, rules.LEFT]) == 0.625
    assert rules.share_of_left([]) == 0.5


def test_a_comparison_needs_a_pick_for_each_criterion_and_words_to_both_authors() -> None:
    said = Words(answers={1: AnswerWords(comment="The end surprises.")})

    lacks = rules.lacks_of_comparison([1, 2], {1: rules.LEFT}, said, Words(comment=" "))

    assert [(each.part, each.criterion_id) for each in lacks] == [("answer", 2), ("right", None)]
    assert rules.lacks_of_comparison([1], {1: rules.BOTH}, said, Words(comment="Go on.")) == ()


GROUPS = st.lists(st.integers(1, 5), min_size=3, max_size=10).map(
    lambda sizes: {
        100 + 10 * place: [100 + 10 * place + member for member in range(size)] for place, size in enumerate(sizes)
    }
)


@given(works=GROUPS, pairs=PAIRS, seed=SEEDS)
def test_everybody_in_a_group_compares_works_of_other_groups_alone(
    works: dict[int, list[int]], pairs: int, seed: int
) -> None:
    planned = rules.side_by_side_of_groups(works, pairs, seed=seed)

    each = min(pairs, (len(works) - 1) // 2)
    group_of = {person: work for work, members in works.items() for person in members}
    assert Counter(one.reviewer for one in planned) == dict.fromkeys(group_of, each)
    for person, own in group_of.items():
        compared = [work for one in planned if one.reviewer == person for work in (one.left, one.right)]
        assert own not in compared
        assert len(set(compared)) == len(compared)


@given(size=st.integers(1, 4), groups=st.integers(3, 9), pairs=PAIRS, seed=SEEDS)
def test_works_of_groups_of_one_size_are_seen_equally_often(size: int, groups: int, pairs: int, seed: int) -> None:
    works = {100 + 10 * place: [100 + 10 * place + member for member in range(size)] for place in range(groups)}

    planned = rules.side_by_side_of_groups(works, pairs, seed=seed)

    assert seen(planned) == dict.fromkeys(works, 2 * size * min(pairs, (groups - 1) // 2))
    assert planned == rules.side_by_side_of_groups(works, pairs, seed=seed)


@given(works=GROUPS, pairs=PAIRS, seeds=st.tuples(SEEDS, SEEDS))
def test_nobody_in_a_group_meets_a_pair_of_an_earlier_round_again(
    works: dict[int, list[int]], pairs: int, seeds: tuple[int, int]
) -> None:
    first = rules.side_by_side_of_groups(works, pairs, seed=seeds[0])
    known: dict[int, set[frozenset[int]]] = {}
    for one in first:
        known.setdefault(one.reviewer, set()).add(one.works)

    second = rules.side_by_side_of_groups(works, pairs, seed=seeds[1], known=known)

    assert not any(one.works in known.get(one.reviewer, ()) for one in second)


def test_two_groups_have_nothing_to_compare() -> None:
    assert rules.side_by_side_of_groups({1: [1, 2], 3: [3, 4]}, 3, seed=1) == []
