"""Practising, at browsers: the teacher puts works in, students try, and see both views with the reasons."""

from io import BytesIO

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Example
from lti_tool.exchange.operations import ExampleWords
from lti_tool.exchange.rules import PracticeOptions
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, make_words
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

REASON = "The second paragraph says whom it is for, and why."


@pytest.fixture
def made(session: Session, made: Class) -> Class:
    """Three people who have handed in; practice is required."""
    made = make_class(session, learners=3, reviews=1)
    all_hand_in(made)
    operations.set_options(
        session, made.exchange, PracticeOptions(when=rules.DEMANDED), by=made.teacher.person_id, now=BEGUN
    )
    session.commit()
    return made


@pytest.fixture
def example(made: Class) -> Example:
    said = ExampleWords(
        title="Rain, by a student of 2019",
        body="An essay on rain.",
        beside=rules.Beside(links=(rules.Link(url="https://example.org/rain", title="Pictures"),)),
        words=make_words(made.exchange, level=2, comment=REASON),
    )
    example = operations.add_example(made.session, made.exchange, said, by=made.teacher.person_id, now=BEGUN)
    made.session.commit()
    return example


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


@pytest.fixture
def student(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


def path(made: Class, tail: str = "") -> str:
    return f"/exchanges/{made.exchange.id}{tail}"


def filled(made: Class, *, level: int = 0, comment: str = "I lost the thread.") -> dict[str, str]:
    clarity, advice = made.exchange.criteria
    return {
        f"level-{clarity.id}": str(clarity.levels[level].id),
        f"comment-{clarity.id}": comment,
        f"comment-{advice.id}": comment,
        "comment": comment,
    }


# Staff


def test_a_teacher_chooses_that_students_practise(teacher: Visitor, made: Class) -> None:
    saved = teacher.post(path(made, "/settings/practice"), when="offered", mark="near")
    refused = teacher.post(path(made, "/settings/practice"), when="always", mark="perfect")

    assert (saved.status_code, refused.status_code) == (303, 422)
    made.session.refresh(made.exchange)
    assert made.exchange.option(PracticeOptions) == PracticeOptions(when="offered", mark="near")


def test_a_teacher_puts_a_work_in_with_a_link_a_file_and_reasons(teacher: Visitor, made: Class) -> None:
    fields = filled(made, level=2, comment=REASON) | {
        "title": "Rain",
        "body": "An essay on *rain*.",
        "link_1": "https://example.org/rain",
        "link_title_1": "Pictures",
    }

    answer = teacher.post(path(made, "/examples"), data=fields | {"file": (BytesIO(b"More rain"), "rain-by-me.txt")})

    assert answer.status_code == 303
    (example,) = queries.examples_of(made.session, made.exchange)
    assert queries.lacks_of(made.exchange, example) == ()
    assert example.file is not None
    assert example.file.name == "example.txt"
    assert "Ready" in words(teacher.get(path(made, "/settings/practice")).text)
    page = teacher.get(path(made, f"/examples/{example.id}")).text
    assert REASON in page
    assert not mistakes_in({"settings": teacher.get(path(made, "/settings/practice")).text, "example": page})


def test_what_is_unfinished_is_kept_and_said_to_be(teacher: Visitor, student: Visitor, made: Class) -> None:
    teacher.post(path(made, "/examples"), title="Rain", body="An essay on rain.")

    (example,) = queries.examples_of(made.session, made.exchange)
    page = words(teacher.get(path(made, f"/examples/{example.id}")).text)
    assert "Students do not see it yet" in page
    assert "say for each criterion what you see, and why" in page
    assert student.get(path(made, f"/practice/{example.id}")).status_code == 404


def test_what_cannot_be_kept_is_shown_again_with_everything_typed(
    teacher: Visitor, made: Class, example: Example
) -> None:
    fields = filled(made, level=2, comment=REASON) | {"title": " ", "link_1": "rain", "body": "Nearly done"}

    new = teacher.post(path(made, "/examples"), data=fields)
    changed = teacher.post(path(made, f"/examples/{example.id}"), data=fields)
    bad_file = teacher.post(
        path(made, f"/examples/{example.id}"),
        data=fields | {"title": "Rain", "link_1": "", "file": (BytesIO(b"MZ\x00\x01"), "rain.exe")},
    )

    assert {new.status_code, changed.status_code, bad_file.status_code} == {422}
    for answer in (new, changed):
        assert "Nearly done" in answer.text
        assert REASON in answer.text
        assert "Give a whole address" in words(answer.text)
    assert "Files can be PDF" in words(bad_file.text)


def test_a_work_is_removed(teacher: Visitor, made: Class, example: Example) -> None:
    assert teacher.post(path(made, f"/examples/{example.id}/removal")).status_code == 303
    assert teacher.get(path(made, f"/examples/{example.id}")).status_code == 404


def test_students_come_to_no_page_of_staff(student: Visitor, made: Class, example: Example) -> None:
    for tail in ("/examples/new", f"/examples/{example.id}", f"/examples/{example.id}/class"):
        assert student.get(path(made, tail)).status_code == 403


def test_staff_see_where_the_class_differs_without_names(
    teacher: Visitor, visit: People, made: Class, example: Example
) -> None:
    few = words(teacher.get(path(made, f"/examples/{example.id}/class")).text)
    for member in made.learners:
        visit(member).post(path(made, f"/practice/{example.id}"), data=filled(made))

    page = teacher.get(path(made, f"/examples/{example.id}/class")).text

    assert "Nobody has tried it yet." in few
    assert "0 of 3 as you" in words(page)
    assert "I lost the thread." not in page
    assert not mistakes_in({"class": page})


# Students


def test_asking_for_a_work_leads_to_practice_first(student: Visitor, made: Class, example: Example) -> None:
    page = words(student.get(path(made)).text)
    answer = student.post(path(made, "/reviews"))

    assert "Practise before your first review" in page
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/practice")
    assert "Practice work 1" in words(student.get(path(made, "/practice")).text)


def test_after_the_try_both_views_stand_side_by_side_with_the_reasons(
    student: Visitor, made: Class, example: Example
) -> None:
    """Pain 30: practice explains after the answer, and not before it."""
    before = student.get(path(made, f"/practice/{example.id}")).text
    answer = student.post(path(made, f"/practice/{example.id}"), data=filled(made))
    after = student.get(path(made, f"/practice/{example.id}")).text

    assert answer.status_code == 303
    assert REASON not in before
    assert "2019" not in before + after
    assert REASON in after
    assert "Your teacher sees this work differently." in words(after)
    assert 'aria-label="Clarity. You: Hard to follow. Your teacher: Clear throughout."' in after
    assert not mistakes_in({"before": before, "after": after, "list": student.get(path(made, "/practice")).text})


def test_a_second_try_begins_with_the_first_and_is_the_last(student: Visitor, made: Class, example: Example) -> None:
    there = path(made, f"/practice/{example.id}")
    student.post(there, data=filled(made))

    again = student.get(f"{there}/second").text
    second = student.post(there, data=filled(made, level=2))
    third = student.post(there, data=filled(made, level=1))

    assert "I lost the thread." in again
    assert (second.status_code, third.status_code) == (303, 422)
    assert "You see this work much as your teacher does." in words(student.get(there).text)
    assert "Try once more" not in words(student.get(there).text)


def test_what_is_missing_is_told_and_what_was_typed_is_kept(student: Visitor, made: Class, example: Example) -> None:
    typed = {name: value for name, value in filled(made).items() if not name.startswith("level")}

    answer = student.post(path(made, f"/practice/{example.id}"), data=typed)
    fragment = student.post(path(made, f"/practice/{example.id}"), htmx=True, data=typed)

    for page in (answer, fragment):
        assert page.status_code == 422
        assert "Choose what fits best." in words(page.text)
        assert "I lost the thread." in page.text
        assert REASON not in page.text


def test_a_draft_is_kept_while_typing(student: Visitor, made: Class, example: Example) -> None:
    there = path(made, f"/practice/{example.id}")

    kept = student.post(f"{there}/draft", htmx=True, data=filled(made))
    student.post(f"{there}/draft", htmx=True, data=filled(made, comment="In another tab"))
    restored = student.post(f"{there}/draft/restoration")

    assert "Saved" in words(kept.text)
    assert restored.status_code == 303
    assert "I lost the thread." in student.get(there).text


def test_nobody_reads_the_tries_of_others(visit: People, student: Visitor, made: Class, example: Example) -> None:
    student.post(path(made, f"/practice/{example.id}"), data=filled(made))

    other = visit(made.learners[1]).get(path(made, f"/practice/{example.id}")).text
    staff = visit(made.teacher).get(path(made, f"/people/{made.people[0]}")).text

    assert "I lost the thread." not in other + staff


def test_a_file_is_read_by_who_practises_and_by_staff(
    teacher: Visitor, student: Visitor, made: Class, example: Example
) -> None:
    fields = filled(made, level=2, comment=REASON) | {"title": "Rain", "body": "An essay on rain."}
    there = path(made, f"/examples/{example.id}")
    assert student.get(f"{there}/file").status_code == 404
    teacher.post(there, data=fields | {"file": (BytesIO(b"More rain"), "rain.txt")})

    answers = [who.get(f"{there}/file") for who in (teacher, student)]

    assert [each.data for each in answers] == [b"More rain", b"More rain"]
    assert "sandbox" in answers[1].headers["Content-Security-Policy"]
    teacher.post(there, data=fields | {"act": "take-file"})
    assert student.get(f"{there}/file").status_code == 404


def test_while_nobody_practises_there_is_no_such_page(student: Visitor, made: Class, example: Example) -> None:
    operations.set_options(made.session, made.exchange, PracticeOptions(), by=made.teacher.person_id, now=BEGUN)
    made.session.commit()

    for tail in ("/practice", f"/practice/{example.id}", f"/examples/{example.id}/file"):
        assert student.get(path(made, tail)).status_code == 404
    assert student.post(path(made, f"/practice/{example.id}"), data=filled(made)).status_code == 404


def test_an_example_of_another_exchange_is_none_here(session: Session, student: Visitor, made: Class) -> None:
    other = make_class(session)
    said = ExampleWords(title="X", body="X", beside=rules.Beside(), words=make_words(other.exchange))
    strange = operations.add_example(session, other.exchange, said, by=other.teacher.person_id, now=BEGUN)
    session.commit()

    assert student.get(path(made, f"/practice/{strange.id}")).status_code == 404


def test_once_closed_a_try_is_not_taken_and_its_words_stay(student: Visitor, made: Class, example: Example) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    made.session.commit()

    answer = student.post(path(made, f"/practice/{example.id}"), data=filled(made))

    assert answer.status_code == 422
    assert "I lost the thread." in answer.text
