"""Whose grade it is that a gradebook shows."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grades.rules import MOST_SHARES, with_share
from lti_tool.reconcile.rules import Verdict, is_same, judge

shares = st.floats(0, 1)
maxima = st.floats(1, 1000)


@given(shares, maxima)
def test_what_was_sent_agrees_also_when_the_gradebook_rounds_to_two_decimals(sent: float, maximum: float) -> None:
    shown = round(sent * maximum, 2) / maximum

    assert judge(sent=sent, earlier=[], found=shown, maximum=maximum) is Verdict.AGREES


@given(st.one_of(st.none(), shares), st.lists(shares), shares, maxima)
def test_a_grade_that_was_never_sent_is_never_overwritten(
    sent: float | None, earlier: list[float], found: float, maximum: float
) -> None:
    verdict = judge(sent=sent, earlier=earlier, found=found, maximum=maximum)

    known = [*earlier, *([] if sent is None else [sent])]
    assert (verdict is Verdict.THEIRS) == (not any(is_same(each, found, maximum=maximum) for each in known))
    assert verdict is not Verdict.MISSING


@given(shares, st.lists(shares), maxima)
def test_no_grade_is_missing_unless_it_was_taken_back(sent: float, earlier: list[float], maximum: float) -> None:
    assert judge(sent=sent, earlier=earlier, found=None, maximum=maximum) is Verdict.MISSING
    assert judge(sent=None, earlier=earlier, found=None, maximum=maximum) is Verdict.AGREES


@given(st.lists(st.one_of(st.none(), st.floats(0, 10)), max_size=30))
def test_the_latest_grades_that_were_sent_are_remembered_once_each(sent: list[float | None]) -> None:
    known: list[float] = []
    for points in sent:
        known = with_share(known, points, 10)

    told = [round(each / 10, 6) for each in sent if each is not None]
    assert len(known) == len(set(known)) <= MOST_SHARES
    assert set(known) <= set(told)
    assert not told or known[-1] == told[-1]
