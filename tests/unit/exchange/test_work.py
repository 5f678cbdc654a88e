"""What changed between versions, what a work lacks, and which links are shown."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules

prose = st.text(alphabet="ab c.\n", max_size=80)


@given(prose, prose)
def test_what_stayed_and_went_is_the_old_text_and_what_stayed_and_came_the_new(old: str, new: str) -> None:
    found = rules.changes(old, new)

    assert "".join(each.text for each in found if each.kind != rules.NEW) == old
    assert "".join(each.text for each in found if each.kind != rules.GONE) == new


def test_words_are_compared_not_letters_and_neighbours_make_a_phrase() -> None:
    assert rules.changes("The red cat sleeps.", "The small dog sleeps.") == (
        rules.Change(rules.SAME, "The "),
        rules.Change(rules.GONE, "red cat"),
        rules.Change(rules.NEW, "small dog"),
        rules.Change(rules.SAME, " sleeps."),
    )


@pytest.mark.parametrize(
    "old, new",
    [
        ("a b " * 50_000, "b a " * 50_000),
        ("a\nb\n" * 50_000, "b\na\n" * 50_000),
        (("a b " * 300 + "\n") * 160, ("b a c " * 200 + "\n") * 160),
    ],
)
def test_no_text_keeps_the_server_busy(old: str, new: str) -> None:
    began = time.process_time()

    rules.changes(old, new)

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "javascript:alert(1)",
        "https://user:word@example.org",
        "https://",
        "https://exa mple.org",
        "https://example.org/\u202e",
        "https://example.org:bad/",
        "//example.org",
        "https://[::1",
        "https://example.org/" + "a" * 2_000,
    ],
)
def test_what_is_no_plain_https_address_is_no_link(url: str) -> None:
    assert not rules.is_link(url)


def test_an_https_address_is_a_link() -> None:
    assert rules.is_link("https://example.org:8443/a/b?c=d#e")


def test_a_work_lacks_what_its_teacher_asks_for_and_at_least_anything() -> None:
    usual, strict = rules.WorkOptions(), rules.WorkOptions(text=rules.REQUIRED, links=rules.REQUIRED)

    assert rules.missing_parts(usual, body=" ", files=0, links=0) == ("any",)
    assert rules.missing_parts(usual, body="", files=1, links=0) == ()
    assert rules.missing_parts(strict, body="Words", files=0, links=0) == ("links",)


def test_every_question_wants_an_answer() -> None:
    assert rules.unanswered(("Why?", "How?", "When?"), ("So.", " ")) == (1, 2)
    assert rules.unanswered((), ()) == ()


def test_what_stands_beside_a_work_survives_being_kept() -> None:
    beside = rules.Beside(stage="idea", questions=("Why?",), links=(rules.Link(url="https://a.example", title="A"),))

    assert rules.Beside.from_dict(beside.as_dict()) == beside
    assert rules.Beside.from_dict({}) == rules.Beside()
