"""The coach sees what is there, says why, and is never put out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import coach

GOOD = (
    "I like how you begin with the grandmother, she is vivid. In the second paragraph I got lost: who is “the planner”?"
    " You could name him when he first appears."
)


def seen(text: str, **values: object) -> dict[str, tuple[str, ...]]:
    return {each.move: each.words for each in rules.look(text, **values)}  # type: ignore[arg-type]


def test_good_feedback_has_everything_and_the_coach_says_why() -> None:
    found = {each.move: each for each in rules.look(GOOD)}

    assert all(each.is_well for each in found.values())
    assert "vivid" in found["praise"].words
    assert "I got lost" in found["problem"].words
    assert "second paragraph" in found["place"].words
    assert "You could" in found["suggestion"].words
    assert found["question"].words[0].endswith("?")
    assert found["tone"].words == ()


@pytest.mark.parametrize(
    "text, move, words",
    [
        ("It is good.", "praise", "good"),
        ("This isn’t clear.", "problem", "isn’t clear"),
        ("It was never very convincing", "problem", "never very convincing"),
        ("See page 3", "place", "page 3"),
        ("At 2:15 the sound drops.", "place", "2:15"),
        ("You wrote “the bench tips”.", "place", "“the bench tips”"),
        ("THE THIRD paragraph", "place", "THIRD paragraph"),
        ("I wonder who that is", "question", "I wonder"),
        ("This is stupid.", "tone", "stupid"),
        ("READ THIS AGAIN", "tone", "READ THIS AGAIN"),
        ("No!!!", "tone", "!!!"),
    ],
)
def test_the_words_that_made_it_think_so_are_named(text: str, move: str, words: str) -> None:
    assert words in seen(text)[move]


def test_praise_that_is_denied_is_none() -> None:
    assert seen("This is not good.")["praise"] == ()


@pytest.mark.parametrize("text", ["", " ", "…", "?", "The cat sat on a mat", "classical goodwill"])
def test_what_is_not_there_is_not_seen(text: str) -> None:
    assert set(seen(text).values()) == {()}


def test_words_of_the_instructor_count_too() -> None:
    own = {"praise": "hervorragend\nsehr  gelungen\n\n!!!", "nonsense": "x"}

    assert seen("Das ist SEHR gelungen.", phrases=own)["praise"] == ("SEHR gelungen",)


def test_only_what_is_asked_for_is_looked_for() -> None:
    assert list(seen(GOOD, moves=["tone", "praise"])) == ["praise", "tone"]


def test_a_language_without_words_of_its_own_is_looked_at_in_english() -> None:
    assert seen(GOOD, language="xx") == seen(GOOD) == seen(GOOD, language="en_GB")


nasty = st.text(max_size=500) | st.text(alphabet="\"“”«»?!.…'’-_ aA1\n\x00", max_size=500)


@given(nasty, st.dictionaries(st.sampled_from(rules.MOVES), nasty))
def test_no_text_puts_it_out(text: str, phrases: dict[str, str]) -> None:
    found = rules.look(text, phrases=phrases)

    assert tuple(each.move for each in found) == rules.MOVES
    assert all(len(each.words) <= coach.SHOWN for each in found)


@given(st.text(max_size=300))
def test_what_it_names_stands_in_the_text(text: str) -> None:
    plain = " ".join(text.split())
    for each in rules.look(text):
        for words in each.words:
            assert words.removeprefix("… ") in plain or words.endswith(("…", "?")) or words == "!!!"


@pytest.mark.parametrize(
    "piece", ["“", '"', '"a ', "?", "a?", "you ", "not ", "page ", "A B ", "'", "a'", "not enough ", "i did not ", "1:"]
)
def test_a_text_of_a_million_characters_is_looked_at_like_any_other(piece: str) -> None:
    """Anything quadratic takes minutes for it, and would hold up whoever runs this."""
    own = {"praise": "\n".join("you you you you you you you " + str(number) for number in range(100))}

    found = rules.look(piece * (1_000_000 // len(piece)), phrases=own)

    assert all(len(each.words) <= coach.SHOWN for each in found)
