"""Authors look at their own work, at their browsers; and their teacher looks along."""

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.rules import SelfAssessmentOptions
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, review
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words


@pytest.fixture
def made(session: Session, made: Class) -> Class:
    """Two people who have reviewed each other."""
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    for person in made.people:
        review(made, person, level=1)
    session.commit()
    return made


@pytest.fixture
def author(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


def choose(made: Class, when: str) -> None:
    options = SelfAssessmentOptions(when=when)
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    made.session.commit()


def path(made: Class, tail: str = "") -> str:
    return f"/exchanges/{made.exchange.id}{tail}"


def filled(made: Class, *, level: int = 2) -> dict[str, str]:
    clarity, advice = made.exchange.criteria
    return {
        f"level-{clarity.id}": str(clarity.levels[level].id),
        f"comment-{clarity.id}": "I read it aloud.",
        f"comment-{advice.id}": "I would cut the end.",
        "comment": "I like the beginning.",
    }


def test_a_teacher_asks_for_it(visit: People, made: Class) -> None:
    teacher = visit(made.teacher)

    saved = teacher.post(path(made, "/settings/self-assessment"), when="before")
    refused = teacher.post(path(made, "/settings/self-assessment"), when="always")

    assert (saved.status_code, refused.status_code) == (303, 422)
    made.session.refresh(made.exchange)
    assert made.exchange.option(SelfAssessmentOptions).when == rules.BEFORE
    settings = words(teacher.get(path(made, "/settings")).text)
    assert "Authors assess their own work before they see feedback." in settings


def test_feedback_is_not_on_the_page_before_the_own_look_is_given(author: Visitor, made: Class) -> None:
    choose(made, rules.BEFORE)
    before = author.get(path(made)).text
    form = author.get(path(made, "/self-assessment")).text
    assert "Look at the second paragraph." not in before + form
    assert "Feedback from one classmate is here." in words(before)

    answer = author.post(path(made, "/self-assessment"), data=filled(made))

    after = author.get(path(made)).text
    assert answer.status_code == 303
    assert "Look at the second paragraph." in after
    assert "You see more in this than your reviewers do." in words(after)
    assert not mistakes_in({"page": after})


def test_the_drawing_says_in_words_what_it_shows(author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    author.post(path(made, "/self-assessment"), data=filled(made))

    page = author.get(path(made)).text

    assert 'aria-label="Clarity. You: Clear throughout. Your reviewers: Mostly clear."' in page
    assert "Both views, criterion by criterion" in words(page)


def test_whoever_would_rather_read_first_may(author: Visitor, made: Class) -> None:
    choose(made, rules.BEFORE)

    answer = author.post(path(made, "/self-assessment/passing-over"))

    assert answer.status_code == 303
    assert "Look at the second paragraph." in author.get(path(made)).text


def test_what_others_say_stands_beside_the_form_where_the_teacher_wants_it_so(author: Visitor, made: Class) -> None:
    """Pain 32: received feedback is shown while one assesses oneself."""
    choose(made, rules.BESIDE)

    page = author.get(path(made, "/self-assessment")).text

    assert "Look at the second paragraph." in page
    assert "What others say" in words(page)
    assert not mistakes_in({"page": page})


def test_what_is_missing_is_told_and_what_was_typed_is_kept(author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    typed = {name: value for name, value in filled(made).items() if not name.startswith("level")}

    answer = author.post(path(made, "/self-assessment"), data=typed)
    fragment = author.post(path(made, "/self-assessment"), htmx=True, data=typed)

    assert (answer.status_code, fragment.status_code) == (422, 422)
    for page in (answer.text, fragment.text):
        assert "Choose what fits best." in words(page)
        assert "I read it aloud." in page
    assert "<html" not in fragment.text


def test_a_draft_is_kept_while_typing(author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    typed = filled(made)

    kept = author.post(path(made, "/self-assessment/draft"), htmx=True, data=typed)
    clash = author.post(path(made, "/self-assessment/draft"), htmx=True, data=typed | {"comment": "Another tab"})

    assert (kept.status_code, clash.status_code) == (200, 200)
    assert "Saved" in words(kept.text)
    assert "changed in another tab" in words(clash.text)
    page = author.get(path(made, "/self-assessment")).text
    assert "Another tab" in page
    assert "I like the beginning." in page
    assert author.post(path(made, "/self-assessment/draft/restoration")).status_code == 303


def test_too_long_a_draft_is_refused_with_its_words(author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    long = "x" * (rules.LONGEST_COMMENT + 1)

    answer = author.post(path(made, "/self-assessment/draft"), comment=long)

    assert answer.status_code == 422
    assert long in answer.text


def test_reviewers_never_learn_how_authors_see_themselves(visit: People, author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    author.post(path(made, "/self-assessment"), data=filled(made))
    reviewer = visit(made.learners[1])
    offer = queries.student_page(made.session, made.exchange, made.people[1], now=BEGUN).reviews[0].offer

    pages = reviewer.get(path(made)).text + reviewer.get(path(made, f"/reviews/{offer.id}")).text

    assert "I like the beginning." not in pages


def test_staff_see_both_views_on_the_page_of_a_person(visit: People, author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    author.post(path(made, "/self-assessment"), data=filled(made))

    page = visit(made.teacher).get(path(made, f"/people/{made.people[0]}")).text

    assert "The author sees more in this than the reviewers do." in words(page)
    assert "I like the beginning." in page
    assert not mistakes_in({"page": page})


def test_where_nobody_asks_for_it_the_page_is_missing(author: Visitor, made: Class) -> None:
    assert author.get(path(made, "/self-assessment")).status_code == 404
    assert author.post(path(made, "/self-assessment"), data=filled(made)).status_code == 404
    assert "Look at your own work" not in author.get(path(made)).text


def test_once_closed_nothing_is_taken_and_the_words_stay(author: Visitor, made: Class) -> None:
    choose(made, rules.BESIDE)
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    made.session.commit()

    answer = author.post(path(made, "/self-assessment"), data=filled(made))

    assert answer.status_code == 422
    assert "I like the beginning." in answer.text


def test_staff_looking_along_cannot_assess_for_anybody(visit: People, made: Class) -> None:
    choose(made, rules.BEFORE)
    teacher = visit(made.teacher)

    assert teacher.post(path(made, "/self-assessment"), data=filled(made)).status_code == 409
    assert teacher.get(path(made, "/student-view")).status_code == 200
