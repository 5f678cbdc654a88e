"""Who is forgotten because the LMS says that they were deleted there."""

import itertools

import pytest

from lti_tool.admin.deletions import Traces, decide


@pytest.mark.parametrize("told", list(itertools.product([True, False], repeat=4)))
def test_nobody_is_forgotten_unless_lists_were_read_and_nothing_speaks_for_them(told: tuple[bool, ...]) -> None:
    came, is_listed, is_member, was_looked = told

    decided = decide(Traces(came=came, is_listed=is_listed, is_member=is_member, was_looked=was_looked))

    assert (decided == "forget") is (was_looked and not (came or is_listed or is_member))
    assert (decided == "keep") is (came or is_listed)
