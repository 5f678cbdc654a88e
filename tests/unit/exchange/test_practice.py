"""Practice: how near a try came, when one goes on, and that nobody is kept from going on."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, Asked, PracticeOptions, Words

LEVELS = Asked(kind=rules.LEVELS, levels={1: 0.0, 2: 1.0, 3: 2.0, 4: 4.0})
CRITERIA = {7: LEVELS, 8: Asked(kind=rules.YES_NO), 9: Asked(kind=rules.WORDS)}

CHOICES = st.fixed_dictionaries({7: st.sampled_from([1, 2, 3, 4]), 8: st.sampled_from([0.0, 1.0])})


def words(choice: dict[int, float]) -> Words:
    answers = {
        7: AnswerWords(level_id=int(choice[7])),
        8: AnswerWords(number=choice[8]),
        9: AnswerWords(comment="Look at the end."),
    }
    return Words(answers=answers)


@given(own=CHOICES, staff=CHOICES)
def test_agreement_is_the_same_both_ways_and_whole_for_the_same_choices(
    own: dict[int, float], staff: dict[int, float]
) -> None:
    there = rules.beside_staff(CRITERIA, words(own), words(staff)).agreement
    back = rules.beside_staff(CRITERIA, words(staff), words(own)).agreement

    assert there is not None
    assert there == back
    assert 0 <= there <= 1
    assert (there == 1) == (own == staff)


@given(own=CHOICES, staff=CHOICES)
def test_a_criterion_that_does_not_weigh_does_not_count(own: dict[int, float], staff: dict[int, float]) -> None:
    weightless = CRITERIA | {7: Asked(kind=rules.LEVELS, levels=LEVELS.levels, weight=0.0)}

    agreement = rules.beside_staff(weightless, words(own), words(staff)).agreement

    assert agreement == float(own[8] == staff[8])


def test_words_alone_are_near_to_nothing_and_far_from_nothing() -> None:
    found = rules.beside_staff({9: CRITERIA[9]}, Words(), Words())

    assert (found.agreement, found.closeness) == (None, None)


@given(
    mark=st.sampled_from(["", rules.NEAR, rules.CLOSE]),
    tries=st.lists(st.sampled_from([*rules.CLOSENESS, None]), max_size=rules.MOST_TRIES),
)
def test_nobody_is_kept_from_going_on_after_the_second_try(mark: str, tries: list[str | None]) -> None:
    is_tried = rules.is_tried(PracticeOptions(when=rules.DEMANDED, mark=mark), tries)

    assert is_tried or len(tries) < rules.MOST_TRIES
    assert not (is_tried and not tries)


def test_a_first_try_is_enough_where_it_comes_as_near_as_asked() -> None:
    mostly = PracticeOptions(when=rules.DEMANDED, mark=rules.NEAR)

    assert [rules.is_tried(mostly, [each]) for each in rules.CLOSENESS] == [False, True, True]
    assert rules.is_tried(PracticeOptions(when=rules.DEMANDED), [rules.FAR])


def test_practice_holds_up_the_first_review_alone_and_only_where_it_is_required() -> None:
    def is_due(when: str, *, untried: int, has_begun: bool) -> bool:
        return rules.is_practice_due(PracticeOptions(when=when), untried=range(untried), has_begun=has_begun)

    assert is_due(rules.DEMANDED, untried=1, has_begun=False)
    assert not is_due(rules.DEMANDED, untried=0, has_begun=False)
    assert not is_due(rules.DEMANDED, untried=1, has_begun=True)
    assert not is_due(rules.OFFERED, untried=1, has_begun=False)


def test_staff_give_a_reason_for_everything_at_any_length() -> None:
    asked = rules.asked_of_staff(Asked(kind=rules.LEVELS, levels={1: 1.0}, comment=rules.NO_COMMENT, words=50))

    assert (asked.comment, asked.words) == (rules.REQUIRED, 0)
