"""Proposing rules of feedback: what says the same, what fits, and that an order tells nothing."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules

SUPPORTED = st.lists(st.integers(0, 3), max_size=12)


def test_a_rule_in_other_clothes_is_the_same_rule() -> None:
    assert rules.same_rule("Be  kind.", " be KIND")
    assert not rules.same_rule("Be kind", "Be kinder")
    assert rules.is_known("be specific!", ["Be kind", "Be specific"])


def test_a_charter_takes_rules_as_long_as_people_still_read_it() -> None:
    assert rules.has_room(["rule"] * (rules.MOST_RULES - 1))
    assert not rules.has_room(["rule"] * rules.MOST_RULES)


@given(SUPPORTED, st.integers(0, 10_000))
def test_what_more_would_like_comes_first_and_nothing_is_lost(support: list[int], seed: int) -> None:
    proposals = [rules.Proposed(id=id, support=many) for id, many in enumerate(support)]

    order = rules.by_support(seed, proposals)

    assert sorted(order) == list(range(len(support)))
    assert [support[id] for id in order] == sorted(support, reverse=True)


@given(SUPPORTED, st.integers(0, 10_000))
def test_the_order_does_not_say_which_came_first(support: list[int], seed: int) -> None:
    """Pain 23: who sits beside somebody sees when they press a button."""
    proposals = [rules.Proposed(id=id, support=many) for id, many in enumerate(support)]

    assert rules.by_support(seed, proposals) == rules.by_support(seed, proposals[::-1])


def test_equally_liked_proposals_are_shuffled_differently_in_each_exchange() -> None:
    proposals = [rules.Proposed(id=id, support=0) for id in range(8)]

    assert len({tuple(rules.by_support(seed, proposals)) for seed in range(20)}) > 10
