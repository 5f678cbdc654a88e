"""How the list of the home is arranged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.home.rules import Direction, moved


@pytest.mark.parametrize(
    "one, direction, arranged",
    [
        (2, "up", [2, 1, 3]),
        (2, "down", [1, 3, 2]),
        (1, "up", [1, 2, 3]),
        (3, "down", [1, 2, 3]),
    ],
)
def test_one_place_at_a_time(one: int, direction: Direction, arranged: list[int]) -> None:
    assert moved([1, 2, 3], one, direction) == arranged


@given(st.lists(st.integers(), min_size=1, unique=True), st.data())
def test_nothing_is_lost_by_moving(ids: list[int], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(ids))
    direction: Direction = data.draw(st.sampled_from(["up", "down"]))

    assert sorted(moved(ids, one, direction)) == sorted(ids)
