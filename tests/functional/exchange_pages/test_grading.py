"""What a grade is made of, at the pages: settings, previews, what students read, what needs a human."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Exclusion, Regrade, Release
from lti_tool.exchange.rules import GradingOptions
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, make_class, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

WEIGHTS = {"work": "50", "giving": "50", "using": "", "self_assessment": "0", "completion": "0"}
CHOSEN = {"method": "mean", "columns": "one", **WEIGHTS}


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Three learners, two reviews each."""
    found = make_class(session, learners=3, now=an_hour_ago)
    session.commit()
    return found


@pytest.fixture
def graded(made: Class, session: Session) -> Class:
    """Three people, and everybody has a harsh review and a kind one."""
    all_hand_in(made)
    for _ in range(2):
        for place, person in enumerate(made.people):
            offer = take(made, person)
            steps = (made.people.index(offer.submission.author_id or 0) - place) % 3
            give(made, offer, level=0 if steps == 1 else 2)
    session.commit()
    return made


def address(made: Class, tail: str) -> str:
    return f"/exchanges/{made.exchange.id}/{tail}"


def harsh_review(made: Class) -> int:
    """Of the first learner."""
    shares = queries.graded(made.session, made.exchange).shares[made.people[0]]
    return min(shares, key=lambda share: share.points).feedback_id


def scores(made: Class) -> set[float]:
    made.session.rollback()
    return set(made.session.scalars(select(Release.score).where(Release.exchange_id == made.exchange.id)))


def test_before_any_grade_is_out_the_settings_are_simply_saved(teacher: Visitor, made: Class, session: Session) -> None:
    answer = teacher.post(address(made, "settings/grading"), data=CHOSEN)

    session.refresh(made.exchange)
    assert answer.status_code == 303
    assert made.exchange.option(GradingOptions) == GradingOptions(work=50, giving=50)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"work": "-1"}, "Give a whole number from 0 to 100."),
        ({"work": "1e3"}, "Give a whole number from 0 to 100."),
        ({"work": "٣"}, "Give a whole number from 0 to 100."),
        ({"work": "0", "giving": "0"}, "Something has to count."),
        ({"method": "dice"}, "Choose one of these."),
        ({"columns": "none"}, "Choose one of these."),
    ],
)
def test_settings_that_make_no_grade_are_shown_again(
    teacher: Visitor, made: Class, changes: dict[str, str], said: str
) -> None:
    answer = teacher.post(address(made, "settings/grading"), data={**CHOSEN, **changes})

    assert answer.status_code == 422
    assert said in words(answer.text)


def test_once_grades_are_out_a_change_is_shown_before_it_is_made(teacher: Visitor, graded: Class) -> None:
    seen = teacher.post(address(graded, "settings/grading"), data=CHOSEN)

    assert seen.status_code == 200
    assert "Nothing has been saved or sent yet." in words(seen.text)
    assert scores(graded) == {5.0}

    answer = teacher.post(address(graded, "regrades"), data={**CHOSEN, "reason": "As agreed in class."})

    assert answer.status_code == 303
    assert scores(graded) == {7.5}
    row = graded.session.scalars(select(Regrade)).one()
    assert (row.up, row.by_id, row.reason) == (3, graded.teacher.person_id, "As agreed in class.")


def test_applying_twice_changes_grades_once(teacher: Visitor, graded: Class) -> None:
    for _ in range(2):
        teacher.post(address(graded, "regrades"), data={**CHOSEN, "reason": "As agreed."})

    assert scores(graded) == {7.5}
    ups = graded.session.scalars(select(Regrade.up).order_by(Regrade.id)).all()
    assert ups == [3, 0]


def test_a_regrade_without_a_reason_is_asked_for_one(teacher: Visitor, graded: Class) -> None:
    answer = teacher.post(address(graded, "regrades"), data={**CHOSEN, "reason": "  "})

    assert answer.status_code == 422
    assert scores(graded) == {5.0}


@pytest.mark.parametrize(
    "fields, status",
    [
        ({}, 404),
        ({"leaving_out": "0"}, 422),
        ({"leaving_out": "99999999999"}, 422),
        ({"leaving_out": "2147483647"}, 404),
        ({"counting": "x"}, 422),
        ({"method": "dice"}, 422),
    ],
)
def test_a_regrade_of_nothing_that_is_here_is_refused(
    teacher: Visitor, graded: Class, fields: dict[str, str], status: int
) -> None:
    assert teacher.post(address(graded, "regrades"), data={**fields, "reason": "x"}).status_code == status


@pytest.mark.parametrize(
    "query", ["", "?leaving_out=0", "?leaving_out=%00", "?counting=99999999999999", "?leaving_out=1&counting=1"]
)
def test_a_preview_of_nothing_is_missing(teacher: Visitor, graded: Class, query: str) -> None:
    assert teacher.get(address(graded, f"regrades/new{query}")).status_code == 404


def test_a_review_left_out_stays_readable_and_is_marked_for_its_author(
    teacher: Visitor, visit: People, graded: Class
) -> None:
    """Pain: a careless review decides a grade, and nobody can undo it without deleting words."""
    id = harsh_review(graded)
    seen = teacher.get(address(graded, f"regrades/new?leaving_out={id}"))
    assert "5 10 more out" in words(seen.text)

    teacher.post(address(graded, "regrades"), leaving_out=str(id), reason="It is about another work.")

    page = words(visit(graded.learners[0]).get(f"/exchanges/{graded.exchange.id}").text)
    assert "not counted" in page
    assert "It is about another work." in page
    assert graded.session.get_one(Exclusion, id).by_id == graded.teacher.person_id


def test_students_read_the_rules_and_what_each_part_brings_them(visit: People, graded: Class) -> None:
    """Pain: students do not know what their grade is made of."""
    operations.set_options(
        graded.session,
        graded.exchange,
        GradingOptions(work=50, giving=30, self_assessment=20),
        by=graded.teacher.person_id,
        now=BEGUN,
    )
    graded.session.commit()

    page = words(visit(graded.learners[0]).get(f"/exchanges/{graded.exchange.id}").text)

    assert "Your grade is made of" in page
    assert "Giving feedback How much of the feedback that you owe you have given. 30% 100%" in page
    assert "20% nothing yet" in page


def test_a_simple_grade_stays_simple(visit: People, graded: Class) -> None:
    """Pain 48: more settings, more confusion."""
    page = words(visit(graded.learners[0]).get(f"/exchanges/{graded.exchange.id}").text)

    assert "Your grade is made of" not in page


def test_an_estimate_is_not_told_before_the_grade_is_out(visit: People, made: Class, session: Session) -> None:
    operations.set_options(
        session, made.exchange, GradingOptions(method=rules.ROBUST), by=made.teacher.person_id, now=BEGUN
    )
    all_hand_in(made)
    for person in made.people:
        review(made, person)
    session.commit()

    page = queries.student_page(session, made.exchange, made.people[0], now=BEGUN)

    assert [part.value for part in page.parts] == [None]


def test_what_reviewers_differ_in_is_for_staff_alone(teacher: Visitor, visit: People, graded: Class) -> None:
    """In a masked exchange neither the estimate nor anything around it says who reviewed."""
    a = graded.people[0]
    staff = teacher.get(address(graded, f"people/{a}")).text
    assert "What the reviews say" in words(staff)
    operations.set_options(
        graded.session, graded.exchange, GradingOptions(method=rules.ROBUST), by=graded.teacher.person_id, now=BEGUN
    )
    graded.session.commit()

    student = visit(graded.learners[0]).get(f"/exchanges/{graded.exchange.id}").text

    shown = words(student)
    assert "Allowing for strict" not in shown
    assert "leave it open" not in shown
    for other in graded.people[1:]:
        assert f"/people/{other}" not in student


def test_the_list_names_who_needs_a_human_and_why(teacher: Visitor, graded: Class) -> None:
    """Pain: wildly different marks for one work, and nobody notices."""
    page = teacher.get(address(graded, "needs-human"))

    assert words(page.text).count("The reviewers are far apart: from 0% to 100%.") == 3
    assert len(re.findall(r"/people/\d+#advice", page.text)) == 3


def test_where_all_is_well_the_list_says_so(teacher: Visitor, made: Class) -> None:
    assert "Nothing to look at" in words(teacher.get(address(made, "needs-human")).text)


def test_a_part_is_set_by_hand_and_lifted(teacher: Visitor, graded: Class) -> None:
    operations.set_options(
        graded.session, graded.exchange, GradingOptions(work=50, giving=50), by=graded.teacher.person_id, now=BEGUN
    )
    graded.session.commit()
    path = address(graded, f"people/{graded.people[0]}/parts/giving")

    assert teacher.post(path, percent="50", reason="Hasty.").status_code == 303
    assert 5.0 in scores(graded)
    assert teacher.post(f"{path}/removal").status_code == 303
    assert 7.5 in scores(graded)


@pytest.mark.parametrize("percent, reason", [("101", "x"), ("-1", "x"), ("nan", "x"), ("", "x"), ("50", " ")])
def test_a_part_that_cannot_be_so_is_asked_again_with_the_words_kept(
    teacher: Visitor, graded: Class, percent: str, reason: str
) -> None:
    operations.set_options(
        graded.session, graded.exchange, GradingOptions(work=50, giving=50), by=graded.teacher.person_id, now=BEGUN
    )
    graded.session.commit()

    answer = teacher.post(address(graded, f"people/{graded.people[0]}/parts/giving"), percent=percent, reason=reason)

    assert answer.status_code == 422
    assert f'value="{percent}"' in answer.text


def test_columns_stay_where_grades_are(teacher: Visitor, graded: Class) -> None:
    answer = teacher.post(address(graded, "settings/grading"), data={**CHOSEN, "columns": "parts"})

    assert answer.status_code == 422
    assert "they stay in the columns that they are in" in words(answer.text)


def test_assistants_leave_reviews_out_but_change_no_rules(visit: People, graded: Class, session: Session) -> None:
    assistant = visit(make_member(session, graded.course, Role.ASSISTANT))
    session.commit()

    assert assistant.post(address(graded, "regrades"), data={**CHOSEN, "reason": "x"}).status_code == 403
    fields = {"leaving_out": str(harsh_review(graded)), "reason": "Another work."}
    assert assistant.post(address(graded, "regrades"), data=fields).status_code == 303


def test_the_pages_are_valid_html(teacher: Visitor, graded: Class) -> None:
    operations.set_options(
        graded.session, graded.exchange, GradingOptions(work=50, giving=50), by=graded.teacher.person_id, now=BEGUN
    )
    graded.session.commit()
    pages = {
        "grading": teacher.get(address(graded, "settings/grading")).text,
        "regrade": teacher.get(address(graded, f"regrades/new?leaving_out={harsh_review(graded)}")).text,
        "needs-human": teacher.get(address(graded, "needs-human")).text,
        "person": teacher.get(address(graded, f"people/{graded.people[0]}")).text,
        "refused": teacher.post(address(graded, f"people/{graded.people[0]}/parts/giving"), percent="x").text,
        "student": teacher.get(address(graded, "student-view")).text,
    }

    assert mistakes_in(pages) == []
