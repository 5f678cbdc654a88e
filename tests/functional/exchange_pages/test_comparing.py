"""Comparing works at browsers: the teacher begins a round, students compare, authors read what was written to them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Flag, SideBySide
from lti_tool.exchange.rules import ComparingOptions
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words


@pytest.fixture
def made(session: Session, made: Class) -> Class:
    """Four people with works; a round has begun, one pair each."""
    made = make_class(session, learners=4, reviews=1, anonymity=rules.NAMED)
    all_hand_in(made)
    operations.set_options(session, made.exchange, ComparingOptions(pairs=1), by=made.teacher.person_id, now=BEGUN)
    operations.begin_comparing(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


@pytest.fixture
def student(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


@pytest.fixture
def pair(made: Class) -> SideBySide:
    """What the first student compares."""
    return made.session.scalars(select(SideBySide).where(SideBySide.reviewer_id == made.people[0])).one()


def path(made: Class, tail: str = "") -> str:
    return f"/exchanges/{made.exchange.id}{tail}"


def filled(made: Class) -> dict[str, str]:
    found = {"left_comment": "Dear left, go on.", "right_comment": "Dear right, cut the end."}
    for each in made.exchange.criteria:
        found |= {f"pick-{each.id}": "1", f"left-{each.id}": "It wanders.", f"right-{each.id}": "It is clear."}
    return found


def test_a_teacher_chooses_it_and_begins_a_round(teacher: Visitor, made: Class) -> None:
    saved = teacher.post(path(made, "/settings/comparing"), pairs="2", tells="1")
    refused = teacher.post(path(made, "/settings/comparing"), pairs="99")
    begun = teacher.post(path(made, "/comparing/rounds"))

    assert (saved.status_code, refused.status_code, begun.status_code) == (303, 422, 303)
    made.session.refresh(made.exchange)
    assert made.exchange.option(ComparingOptions) == ComparingOptions(pairs=2, tells=True)
    page = teacher.get(path(made, "/comparing")).text
    assert "2 rounds have begun." in words(page)
    assert not mistakes_in({"settings": teacher.get(path(made, "/settings/comparing")).text, "rounds": page})


def test_students_come_to_no_page_of_staff(student: Visitor, made: Class, pair: SideBySide) -> None:
    assert student.get(path(made, "/comparing")).status_code == 403
    assert student.post(path(made, "/comparing/rounds")).status_code == 403
    assert student.post(path(made, f"/comparing/pairs/{pair.id}/hiding")).status_code == 403


def test_both_works_stand_side_by_side(student: Visitor, made: Class, pair: SideBySide) -> None:
    page = student.get(path(made, f"/comparisons/{pair.id}")).text

    assert f"The work of {pair.left.author_id}." in page
    assert f"The work of {pair.right.author_id}." in page
    assert "Which does it better: Clarity" in page
    assert not mistakes_in({"page": page})


def test_what_was_written_reaches_both_authors_and_the_verdict_neither(
    visit: People, student: Visitor, teacher: Visitor, made: Class, pair: SideBySide
) -> None:
    answer = student.post(path(made, f"/comparisons/{pair.id}"), data=filled(made))

    by_person = {member.person_id: member for member in made.learners}
    left = visit(by_person[pair.left.author_id or 0]).get(path(made)).text
    right = visit(by_person[pair.right.author_id or 0]).get(path(made)).text
    staff = teacher.get(path(made, "/comparing")).text
    assert answer.status_code == 303
    assert "Dear left, go on." in left
    assert "Dear right, cut the end." in right
    for page in (left, right):
        assert "does it better" not in words(page)
        assert "do it better" not in words(page)
    assert "Dear right" not in left
    assert "does it better" in words(staff)
    assert "The order that comparisons advise" in words(staff)
    assert "does it better" in words(student.get(path(made, f"/comparisons/{pair.id}")).text)
    assert not mistakes_in({"author": left, "staff": staff})


def test_reviewers_are_told_what_authors_learn_of_their_choice(student: Visitor, made: Class, pair: SideBySide) -> None:
    there = path(made, f"/comparisons/{pair.id}")
    usual = words(student.get(there).text)
    operations.set_options(
        made.session,
        made.exchange,
        ComparingOptions(pairs=1, tells=True),
        by=made.teacher.person_id,
        now=BEGUN,
    )
    made.session.commit()

    assert "They do not learn what you chose." in usual
    assert "They learn how often their work was seen to do something better" in words(student.get(there).text)


def test_no_page_of_a_student_shows_the_order(visit: People, student: Visitor, made: Class, pair: SideBySide) -> None:
    student.post(path(made, f"/comparisons/{pair.id}"), data=filled(made))

    pages = [visit(member).get(path(made)).text for member in made.learners]

    assert not any("advise" in page for page in pages)


def test_what_is_missing_is_told_and_what_was_typed_is_kept(student: Visitor, made: Class, pair: SideBySide) -> None:
    typed = {name: value for name, value in filled(made).items() if not name.startswith("pick")}

    page = student.post(path(made, f"/comparisons/{pair.id}"), data=typed)
    fragment = student.post(path(made, f"/comparisons/{pair.id}"), htmx=True, data=typed)

    for answer in (page, fragment):
        assert answer.status_code == 422
        assert "Choose what fits best." in words(answer.text)
        assert "Dear left, go on." in answer.text
    assert "<html" not in fragment.text


def test_a_choice_that_is_none_is_refused(student: Visitor, made: Class, pair: SideBySide) -> None:
    clarity = made.exchange.criteria[0]

    for nonsense in ("7", "left", "9" * 40):
        answer = student.post(
            path(made, f"/comparisons/{pair.id}"), data=filled(made) | {f"pick-{clarity.id}": nonsense}
        )
        assert answer.status_code == 422


def test_a_draft_is_kept_while_typing_with_what_was_chosen(student: Visitor, made: Class, pair: SideBySide) -> None:
    there = path(made, f"/comparisons/{pair.id}")
    kept = student.post(f"{there}/draft", htmx=True, data=filled(made))
    clash = student.post(f"{there}/draft", htmx=True, data=filled(made) | {"left_comment": "From another tab"})

    page = student.get(there).text

    assert "Saved" in words(kept.text)
    assert "changed in another tab" in words(clash.text)
    assert "From another tab" in page
    assert page.count("checked") == len(made.exchange.criteria)
    assert student.post(f"{there}/draft/restoration").status_code == 303
    assert student.post(path(made, f"/comparisons/{pair.id + 1}/draft"), data=filled(made)).status_code == 404


def test_too_long_a_draft_is_refused_with_its_words(student: Visitor, made: Class, pair: SideBySide) -> None:
    long = "x" * (rules.LONGEST_COMMENT + 1)

    answer = student.post(path(made, f"/comparisons/{pair.id}/draft"), data={"left_comment": long})

    assert answer.status_code == 422
    assert long in answer.text


def test_a_pair_of_somebody_else_is_missing(visit: People, made: Class, pair: SideBySide) -> None:
    other = visit(made.learners[1])

    assert other.get(path(made, f"/comparisons/{pair.id}")).status_code == 404
    assert other.post(path(made, f"/comparisons/{pair.id}"), data=filled(made)).status_code == 404


def test_staff_hide_what_hurts_and_show_it_again(
    visit: People, student: Visitor, teacher: Visitor, made: Class, pair: SideBySide
) -> None:
    student.post(path(made, f"/comparisons/{pair.id}"), data=filled(made))
    author = visit(next(each for each in made.learners if each.person_id == pair.left.author_id))

    hidden = teacher.post(path(made, f"/comparing/pairs/{pair.id}/hiding"))
    unseen = author.get(path(made)).text
    teacher.post(path(made, f"/comparing/pairs/{pair.id}/hiding/removal"))

    assert hidden.status_code == 303
    assert "Dear left" not in unseen
    assert "Dear left" in author.get(path(made)).text


def test_once_closed_nothing_is_taken_and_the_words_stay(student: Visitor, made: Class, pair: SideBySide) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    made.session.commit()

    answer = student.post(path(made, f"/comparisons/{pair.id}"), data=filled(made))

    assert answer.status_code == 422
    assert "Dear left, go on." in answer.text


def test_a_round_with_too_few_works_is_refused_with_a_reason(visit: People, session: Session) -> None:
    made = make_class(session, learners=2)
    operations.set_options(session, made.exchange, ComparingOptions(pairs=1), by=made.teacher.person_id, now=BEGUN)
    session.commit()

    answer = visit(made.teacher).post(path(made, "/comparing/rounds"))

    assert answer.status_code == 409
    assert "At least 3 works" in words(answer.text)


def test_words_written_in_comparing_are_flagged_looked_at_hidden_and_the_outcome_told(
    visit: People, teacher: Visitor, student: Visitor, made: Class, pair: SideBySide
) -> None:
    assert student.post(path(made, f"/comparisons/{pair.id}"), data=filled(made)).status_code == 303
    author = visit(next(each for each in made.learners if each.person_id == pair.left.author_id))
    stranger = next(each for each in made.people[1:] if each not in (pair.left.author_id, pair.right.author_id))
    form = {"kind": "comparison", "thing_id": str(pair.id), "reason": "hurtful", "words": "Ouch."}
    new = f"/flags/new?kind=comparison&thing_id={pair.id}"
    assert f"{path(made, new)}".replace("&", "&amp;") in author.get(path(made)).text

    asked = author.get(path(made, new))
    raised = author.post(path(made, "/flags"), data=form)
    refused = [
        visit(next(one for one in made.learners if one.person_id == stranger)).post(path(made, "/flags"), data=form),
        student.post(path(made, "/flags"), data=form),
    ]
    (listed,) = [each for each in (teacher.get(path(made, "/flags")).text,) if "in comparing" in each]
    flag = made.session.scalars(select(Flag)).one()
    teacher.post(path(made, f"/flags/{flag.id}/looks"))
    looked = teacher.get(path(made, f"/flags/{flag.id}"))
    decided = teacher.post(path(made, f"/flags/{flag.id}/decisions"), decision="hide", note="It hurts.", told="Gone.")

    assert (asked.status_code, raised.status_code, decided.status_code) == (200, 303, 303)
    assert [each.status_code for each in refused] == [404, 404]
    assert "Dear left, go on." in looked.text
    assert "Dear right" not in looked.text
    assert not mistakes_in({"asked": asked.text, "listed": listed, "looked": looked.text})
    after = author.get(path(made)).text
    assert "Dear left, go on." not in after
    assert "Gone." in after


def test_whoever_compares_tells_a_teacher_about_one_of_the_works(
    student: Visitor, teacher: Visitor, made: Class, pair: SideBySide
) -> None:
    page = student.get(path(made, f"/comparisons/{pair.id}"))
    raised = student.post(
        path(made, "/flags"), kind="compared_right", thing_id=str(pair.id), reason="other", words="It names me."
    )
    other = next(each for each in made.session.scalars(select(SideBySide)) if each.reviewer_id != pair.reviewer_id)
    foreign = student.post(path(made, "/flags"), kind="compared_left", thing_id=str(other.id), reason="other", words="")

    assert page.text.count("Tell a teacher about") == 2
    assert (raised.status_code, foreign.status_code) == (303, 404)
    flag = made.session.scalars(select(Flag)).one()
    assert (flag.submission_id, flag.side_by_side_id, flag.kind) == (pair.right_id, None, "work")
    author = next(each.person for each in made.learners if each.person_id == pair.right.author_id)
    assert f"The work of {author.name}" in teacher.get(path(made, "/flags")).text
