"""Which refusals of launches need somebody."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.admin import words
from lti_tool.admin.rules import EVERYDAY, FEW, MANY, Refused, worst
from lti_tool.lti import errors

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def refused(reason: str = "deployment_unknown", *, count: int = 1, at: datetime = NOW - HOUR) -> Refused:
    return Refused(reason=reason, count=count, last_at=at)


def test_one_refusal_after_which_somebody_came_in_needs_nobody() -> None:
    assert worst([refused()], launched_at=NOW) is None


def test_one_refusal_after_which_nobody_came_in_needs_somebody() -> None:
    assert worst([refused()], launched_at=NOW - 2 * HOUR) == refused()
    assert worst([refused()], launched_at=None) == refused()


def test_a_few_for_the_same_reason_need_somebody_though_others_come_in() -> None:
    assert worst([refused(count=FEW)], launched_at=NOW) == refused(count=FEW)


def test_what_happens_to_people_every_day_needs_somebody_only_when_it_happens_to_many() -> None:
    for reason in EVERYDAY:
        assert worst([refused(reason, count=MANY - 1)], launched_at=None) is None
        assert worst([refused(reason, count=MANY)], launched_at=NOW) == refused(reason, count=MANY)


def test_the_most_frequent_reason_is_told() -> None:
    rare, frequent = refused("issuer_wrong", count=4), refused("signature_bad", count=9)

    assert worst([rare, frequent], launched_at=NOW) == frequent


@given(
    st.lists(st.builds(Refused, reason=st.text(max_size=9), count=st.integers(1, 99), last_at=st.datetimes())),
    st.none() | st.datetimes(),
)
def test_whatever_is_told_was_refused(several: list[Refused], launched_at: datetime | None) -> None:
    assert worst(several, launched_at=launched_at) in [None, *several]


def test_every_reason_that_is_explained_is_one_that_launches_are_refused_for() -> None:
    def codes(kind: type[errors.LtiError]) -> set[str]:
        return {kind.code}.union(*map(codes, kind.__subclasses__()))

    assert set(words.REFUSED) | EVERYDAY <= codes(errors.LtiError)
