"""Who reviews what next: properties of the choice, for any class and any order of asking."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

candidates = st.lists(
    st.builds(
        rules.Candidate,
        submission_id=st.integers(1, 500),
        served=st.integers(0, 4),
        submitted_at=st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours)),
        is_reciprocal=st.booleans(),
    ),
    unique_by=lambda each: each.submission_id,
    max_size=12,
)


class Room:
    """A class in which everybody has handed in, one minute after the other; it keeps who reviewed whom."""

    def __init__(self, people: int, reviews: int) -> None:
        self.people = range(people)
        self.reviews = reviews
        self.pairs: set[tuple[int, int]] = set()

    def given(self, person: int) -> int:
        return sum(reviewer == person for reviewer, _ in self.pairs)

    def received(self, person: int) -> int:
        return sum(author == person for _, author in self.pairs)

    def ask(self, person: int, *, now: datetime, windows: rules.Windows) -> bool:
        need = rules.Need(owed=self.reviews, given=self.given(person), work_submitted_at=START)
        seen = [
            rules.Candidate(
                submission_id=author,
                served=self.received(author),
                submitted_at=START + timedelta(minutes=author),
                is_reciprocal=(author, person) in self.pairs,
            )
            for author in self.people
            if author != person and (person, author) not in self.pairs
        ]
        most = rules.cap(need, reviews=self.reviews, windows=windows, now=now)
        ranked = rules.ranked(seen, most=most, seed=7)
        if ranked:
            self.pairs.add((person, ranked[0].submission_id))
        return bool(ranked)


@st.composite
def rooms(draw: st.DrawFn) -> tuple[Room, list[int]]:
    people = draw(st.integers(2, 14))
    reviews = draw(st.integers(1, min(people - 1, rules.MOST_REVIEWS)))
    order = draw(st.permutations([person for person in range(people) for _ in range(reviews)]))
    return Room(people, reviews), list(order)


@given(candidates, st.integers(0, 5) | st.none(), st.integers())
def test_the_least_served_comes_first_and_the_served_are_left_out(
    offered: list[rules.Candidate], most: int | None, seed: int
) -> None:
    ranked = rules.ranked(offered, most=most, seed=seed)

    assert [each.served for each in ranked] == sorted(each.served for each in ranked)
    assert set(ranked) == {each for each in offered if most is None or each.served < most}


@given(candidates, st.randoms(), st.integers())
def test_the_choice_does_not_depend_on_the_order_in_which_works_are_listed(
    offered: list[rules.Candidate], shuffler: object, seed: int
) -> None:
    shuffled = list(offered)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]

    assert rules.ranked(shuffled, most=None, seed=seed) == rules.ranked(offered, most=None, seed=seed)


@given(candidates, st.integers())
def test_among_equally_served_nobody_reviews_their_reviewer_while_others_wait(
    offered: list[rules.Candidate], seed: int
) -> None:
    ranked = rules.ranked(offered, most=None, seed=seed)

    for first, second in pairwise(ranked):
        assert first.served < second.served or first.is_reciprocal <= second.is_reciprocal


def test_equals_are_told_apart_by_age_and_then_by_the_seed_alone() -> None:
    def work(number: int, age: int) -> rules.Candidate:
        submitted_at = START - timedelta(hours=age)
        return rules.Candidate(submission_id=number, served=0, submitted_at=submitted_at, is_reciprocal=False)

    twins = [work(number, age=1) for number in range(20)]
    orders = {tuple(each.submission_id for each in rules.ranked(twins, most=None, seed=seed)) for seed in range(10)}

    assert rules.ranked([*twins, work(99, age=2)], most=None, seed=1)[0].submission_id == 99
    assert len(orders) == 10


@given(rooms())
def test_while_works_may_still_come_nobody_is_reviewed_by_more_than_asked_for(drawn: tuple[Room, list[int]]) -> None:
    room, order = drawn
    windows = rules.Windows(submit_by=START + timedelta(days=1))

    for person in order:
        room.ask(person, now=START, windows=windows)

    assert all(room.received(person) <= room.reviews for person in room.people)
    assert all(reviewer != author for reviewer, author in room.pairs)


@given(rooms())
def test_once_no_work_is_to_be_expected_everybody_can_give_what_they_owe(drawn: tuple[Room, list[int]]) -> None:
    room, order = drawn
    windows = rules.Windows(submit_by=START - timedelta(days=1))

    for person in order:
        room.ask(person, now=START, windows=windows)

    assert all(room.given(person) == room.reviews for person in room.people)


@given(rooms())
def test_nobody_who_takes_part_with_a_whole_class_goes_without_feedback(drawn: tuple[Room, list[int]]) -> None:
    room, order = drawn
    windows = rules.Windows(submit_by=START + timedelta(days=1))

    for person in order:
        room.ask(person, now=START, windows=windows)
    for _ in range(room.reviews):
        for person in room.people:
            room.ask(person, now=START + timedelta(days=2), windows=windows)

    assert all(room.received(person) >= max(room.reviews - 1, 1) for person in room.people)


@given(st.integers(1, 10), st.integers(0, 20), st.integers(-5, 5))
def test_who_owes_nothing_helps_only_where_help_is_needed(reviews: int, extra: int, days: int) -> None:
    need = rules.Need(owed=reviews, given=reviews + extra, work_submitted_at=START)
    windows = rules.Windows(submit_by=START + timedelta(days=days))

    assert rules.cap(need, reviews=reviews, windows=windows, now=START) == reviews


def test_without_a_due_date_patience_ends_two_days_after_handing_in() -> None:
    need = rules.Need(owed=3, given=0, work_submitted_at=START)
    still_patient, too_long = START + timedelta(days=2), START + timedelta(days=2, minutes=1)

    assert rules.cap(need, reviews=3, windows=rules.Windows(), now=still_patient) == 3
    assert rules.cap(need, reviews=3, windows=rules.Windows(), now=too_long) is None
