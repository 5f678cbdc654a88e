"""What a criterion asks, what an answer lacks, and what it is worth."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, Asked, CriterionPlan, Guide, LevelPlan, Plan, Scale, Words

TEN = Scale(lowest=0, highest=10, step=1)
scales = st.builds(
    lambda low, step, count: Scale(lowest=low, highest=low + step * count, step=step),
    st.integers(-50, 50).map(float),
    st.sampled_from([0.25, 0.5, 1.0, 5.0]),
    st.integers(1, 200),
)


def problems(said: AnswerWords, asked: Asked) -> list[tuple[str, str]]:
    found = rules.wanting(Words(answers={1: said}), criteria={1: asked})
    return [(each.part, each.problem) for each in found.lacks]


@given(scales)
def test_every_number_of_a_scale_may_be_given_and_reaches_a_part_of_all(scale: Scale) -> None:
    asked = Asked(kind=rules.NUMBER, scale=scale, comment=rules.OPTIONAL)

    assert scale.is_sound
    parts = [rules.worth(asked, level_id=None, number=each) for each in scale.numbers]
    assert [scale.problem_of(each) for each in scale.numbers] == [None] * len(parts)
    assert parts == sorted(parts)  # type: ignore[type-var]
    assert parts[0] == 0
    assert parts[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    "number, problem", [(-5, "out_of_range"), (1000, "out_of_range"), (7.5, "off_step"), (10, None), (None, "missing")]
)
def test_a_number_beyond_its_scale_is_refused(number: float | None, problem: str | None) -> None:
    """Pain 29: a rubric that takes -5 or 1000 on a scale from 0 to 10."""
    asked = Asked(kind=rules.NUMBER, scale=TEN, comment=rules.OPTIONAL)

    assert problems(AnswerWords(number=number), asked) == ([("answer", problem)] if problem else [])


@pytest.mark.parametrize(
    "scale",
    [
        Scale(lowest=10, highest=0, step=1),
        Scale(lowest=0, highest=10, step=0),
        Scale(lowest=0, highest=10, step=-1),
        Scale(lowest=0, highest=10, step=3),
        Scale(lowest=0, highest=10, step=0.001),
        Scale(lowest=0, highest=float("inf"), step=1),
        Scale(lowest=float("nan"), highest=1, step=1),
    ],
)
def test_a_scale_that_leads_nowhere_is_none(scale: Scale) -> None:
    assert not scale.is_sound
    plan = Plan(title="T", criteria=(CriterionPlan(title="C", kind=rules.NUMBER, scale=scale),))
    assert rules.problem_of(plan) == ("criteria", "scale")


@pytest.mark.parametrize("number, problem", [(0, None), (1, None), (0.5, "out_of_range"), (None, "missing")])
def test_yes_or_no_is_nothing_between(number: float | None, problem: str | None) -> None:
    asked = Asked(kind=rules.YES_NO, comment=rules.NO_COMMENT)

    assert problems(AnswerWords(number=number), asked) == ([("answer", problem)] if problem else [])


@pytest.mark.parametrize("filler", [".", "x", "…", "aaaaaaa", "- - -", "aa AA a", "good good good", "1 1 1 1", "🙂"])
def test_filler_is_no_required_comment(filler: str) -> None:
    """Pain 28: a required text that one character satisfies."""
    assert rules.is_filler(filler)
    assert problems(AnswerWords(comment=filler), Asked()) == [("comment", "filler")]
    assert problems(AnswerWords(comment=filler), Asked(comment=rules.OPTIONAL)) == []


@pytest.mark.parametrize("words", ["Fine.", "Good!", "ok", "不错", "Très bien", "It works."])
def test_a_short_word_that_says_something_is_no_filler(words: str) -> None:
    assert not rules.is_filler(words)


@given(st.text(max_size=400))
def test_any_text_has_a_number_of_words_and_is_filler_or_not(text: str) -> None:
    assert rules.count_words(text) >= 0
    assert rules.is_filler(text) in (True, False)
    assert rules.is_filler(text) or rules.count_words(text) > 0


@given(st.text(alphabet=string.ascii_letters, min_size=1, max_size=10), st.integers(1, 50))
def test_one_word_over_and_over_is_one_word(word: str, times: int) -> None:
    assert rules.count_words(" ".join([word] * times)) == 1


def test_length_is_asked_in_words_and_only_where_the_teacher_insists() -> None:
    short = AnswerWords(comment="Begin with her.")

    assert problems(short, Asked(words=10)) == [("comment", "too_short")]
    assert problems(short, Asked(words=0)) == []
    assert problems(AnswerWords(), Asked(comment=rules.OPTIONAL, words=10)) == []
    assert problems(short, Asked(comment=rules.OPTIONAL, words=10)) == [("comment", "too_short")]


def test_a_beginning_that_was_not_gone_on_with_says_nothing() -> None:
    asked = Asked(starters=("I lost it at …",))

    assert problems(AnswerWords(comment="I lost it at …"), asked) == [("comment", "filler")]
    assert problems(AnswerWords(comment="I lost it at … the second line."), asked) == []


@pytest.mark.parametrize(
    "said", [AnswerWords(number=3), AnswerWords(level_id=7), AnswerWords(number=3, comment="A number")]
)
def test_an_answer_of_another_kind_is_a_stranger(said: AnswerWords) -> None:
    assert rules.stranger(Words(answers={1: said}), criteria={1: Asked(kind=rules.WORDS)}) == 1


def test_a_criterion_without_points_is_worth_nothing_at_all() -> None:
    assert rules.worth(Asked(kind=rules.WORDS), level_id=None, number=None) is None
    assert rules.worth(Asked(kind=rules.LEVELS, levels={1: 0.0, 2: 0.0}), level_id=1, number=None) is None


@pytest.mark.parametrize(
    "criterion, problem",
    [
        (CriterionPlan(title="C", kind=rules.LEVELS), "no_levels"),
        (CriterionPlan(title="C", kind="stars"), "kind_unknown"),
        (CriterionPlan(title="C", comment="maybe"), "kind_unknown"),
        (CriterionPlan(title="C", kind=rules.WORDS, comment=rules.NO_COMMENT), "no_answer"),
        (CriterionPlan(title="C", weight=-1), "weight"),
        (CriterionPlan(title="C", weight=float("nan")), "weight"),
        (CriterionPlan(title="C", guide=Guide(words=-1)), "words"),
        (CriterionPlan(title="C", scale=TEN), "scale"),
        (
            CriterionPlan(
                title="C", kind=rules.YES_NO, levels=(LevelPlan(title="a", points=0), LevelPlan(title="b", points=1))
            ),
            "levels_elsewhere",
        ),
    ],
)
def test_what_makes_no_criterion_is_named(criterion: CriterionPlan, problem: str) -> None:
    assert rules.problem_of(Plan(title="T", criteria=(criterion,))) == ("criteria", problem)


@given(st.builds(Guide, good=st.text(max_size=20), words=st.integers(0, 500), insists=st.booleans()))
def test_guidance_survives_being_kept(guide: Guide) -> None:
    assert Guide.from_dict(guide.as_dict() | {"long_gone": 1}) == guide


@given(st.none() | st.integers(1, 9), st.none() | st.floats(-9, 9), st.text(max_size=20))
def test_an_answer_survives_being_kept(level_id: int | None, number: float | None, comment: str) -> None:
    words = Words(answers={3: AnswerWords(level_id=level_id, number=number, comment=comment)})

    assert Words.from_dict(words.as_dict()) == words
