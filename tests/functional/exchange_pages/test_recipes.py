"""A teacher begins from what is there already."""

import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.courses.models import Activity, Role
from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Submission, Template
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import Class, all_hand_in, make_class, review
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def exchanges(session: Session) -> list[Exchange]:
    session.expire_all()
    return list(session.scalars(select(Exchange).order_by(Exchange.activity_id)))


def test_a_new_exchange_is_begun_from_a_ready_template(teacher: Visitor, session: Session) -> None:
    assert "/exchanges/beginnings" in teacher.get("/exchanges/new").text
    assert "Essay draft, formative" in teacher.get("/exchanges/beginnings").text

    answer = teacher.post("/exchanges/beginnings", source="ready:essay")

    made = exchanges(session)[-1]
    assert answer.status_code == 303
    assert answer.location.endswith(f"/exchanges/{made.id}/settings")
    assert not made.is_published
    assert made.option(rules.CharterOptions).is_on
    assert made.option(rules.WorkOptions).rounds
    assert "This is a draft" in teacher.get(f"/exchanges/{made.id}/settings").text


def test_an_exchange_is_duplicated_with_one_press(made: Class, teacher: Visitor, session: Session) -> None:
    made.exchange.review_by = now() + timedelta(days=2)
    all_hand_in(made, now=now() - timedelta(minutes=30))
    review(made, made.people[0], now=now() - timedelta(minutes=20))
    session.commit()
    assert "/reuse" in teacher.get(f"/exchanges/{made.exchange.id}").text
    assert f"/exchanges/{made.exchange.id}/copies" in teacher.get(f"/exchanges/{made.exchange.id}/reuse").text

    teacher.post(f"/exchanges/{made.exchange.id}/copies")

    original, copy = exchanges(session)
    assert copy.title == original.title
    assert copy.review_by == original.review_by
    assert not copy.is_published
    assert session.scalar(select(func.count()).select_from(Submission).where(Submission.exchange_id == copy.id)) == 0
    assert "Nobody" not in words(teacher.get(f"/exchanges/{original.id}").text)[:200]


def test_a_template_is_kept_begun_from_and_removed(made: Class, teacher: Visitor, session: Session) -> None:
    kept = teacher.post(f"/exchanges/{made.exchange.id}/templates", name="Weekly drafts", whose="course")
    assert kept.status_code == 303
    assert "Weekly drafts" in teacher.get("/exchanges/beginnings").text
    template = session.scalars(select(Template)).one()
    assert template.course_id == made.course.id

    teacher.post("/exchanges/beginnings", source=f"template:{template.id}")
    assert [each.title for each in exchanges(session)] == ["First drafts"] * 2

    teacher.post(f"/exchanges/templates/{template.id}/removal")
    session.expire_all()
    assert session.scalars(select(Template)).all() == []
    assert len(exchanges(session)) == 2


@pytest.mark.parametrize(
    "fields", [{"name": "", "whose": "own"}, {"name": "x", "whose": "all"}, {"name": "y" * 121, "whose": "own"}]
)
def test_a_template_that_does_not_fit_is_refused_with_the_typed_words(
    made: Class, teacher: Visitor, fields: dict[str, str], session: Session
) -> None:
    answer = teacher.post(f"/exchanges/{made.exchange.id}/templates", data=fields)

    assert answer.status_code == 422
    assert f'value="{fields["name"]}"' in answer.text
    assert session.scalar(select(func.count()).select_from(Template)) == 0


def test_somebody_elses_template_is_not_found(made: Class, visit: People, session: Session) -> None:
    visit(made.teacher).post(f"/exchanges/{made.exchange.id}/templates", name="Mine", whose="own")
    template = session.scalars(select(Template)).one()
    colleague = visit(make_member(session, made.course, Role.TEACHER))
    session.commit()

    assert "Mine" not in colleague.get("/exchanges/beginnings").text
    assert colleague.post("/exchanges/beginnings", source=f"template:{template.id}").status_code == 404
    assert colleague.post(f"/exchanges/templates/{template.id}/removal").status_code == 404
    assert session.scalar(select(func.count()).select_from(Template)) == 1


def test_an_exchange_comes_from_another_course_where_the_person_teaches(
    made: Class, teacher: Visitor, session: Session
) -> None:
    """Pain 43: what was made last term is made again, and points at nobody of last term."""
    last_term = make_course(session, made.course.deployment, title="Last term")
    other = make_class(session, learners=3, title="The one that went well")
    other.exchange.activity.course_id = last_term.id
    make_member(session, last_term, Role.TEACHER, person_id=made.teacher.person_id)
    session.commit()

    page = teacher.get("/exchanges/beginnings")
    assert "Last term" in page.text
    teacher.post("/exchanges/beginnings", source=f"exchange:{other.exchange.id}")

    copy = exchanges(session)[-1]
    assert (copy.title, copy.course_id, copy.is_published) == ("The one that went well", made.course.id, False)


def test_an_exchange_of_a_course_where_they_only_learn_is_not_found(
    made: Class, teacher: Visitor, session: Session
) -> None:
    other = make_class(session, learners=0, title="Not theirs")
    other.course.deployment_id = made.course.deployment_id
    make_member(session, other.course, Role.LEARNER, person_id=made.teacher.person_id)
    session.commit()

    assert "Not theirs" not in teacher.get("/exchanges/beginnings").text
    assert teacher.post("/exchanges/beginnings", source=f"exchange:{other.exchange.id}").status_code == 404
    assert len(exchanges(session)) == 2


def test_settings_go_out_as_a_file_and_come_in_again(made: Class, teacher: Visitor, session: Session) -> None:
    file = teacher.get(f"/exchanges/{made.exchange.id}/export/settings").data

    answer = teacher.post("/exchanges/beginnings", source="file:", file=(io.BytesIO(file), "settings.json"))

    assert answer.status_code == 303
    original, copy = exchanges(session)
    assert [each.title for each in copy.criteria] == [each.title for each in original.criteria]
    assert copy.points == original.points


def test_a_file_that_does_not_fit_says_what_to_mend(made: Class, teacher: Visitor, session: Session) -> None:
    said = {"schema": "hearth-settings/1", "title": "", "criteria": [{"title": "A", "weight": "heavy"}]}
    file = io.BytesIO(json.dumps(said).encode())

    answer = teacher.post("/exchanges/beginnings", source="file:", file=(file, "settings.json"))

    assert answer.status_code == 422
    assert "title: This is needed." in answer.text
    assert "criteria 1, weight: Please type a number." in answer.text
    assert len(exchanges(session)) == 1


@pytest.mark.parametrize(
    "source",
    ["", "ready:", "ready:nothing", "template:x", "exchange:0", "exchange:99999999999", "exchange:-1", "other:1"],
)
def test_what_there_is_not_to_begin_from_is_not_found(teacher: Visitor, source: str) -> None:
    assert teacher.post("/exchanges/beginnings", source=source).status_code == 404


def test_no_file_chosen_is_said(teacher: Visitor) -> None:
    answer = teacher.post("/exchanges/beginnings", source="file:")

    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_students_and_assistants_begin_nothing(made: Class, visit: People, session: Session) -> None:
    assistant = make_member(session, made.course, Role.ASSISTANT)
    session.commit()

    for member in (made.learners[0], assistant):
        visitor = visit(member)
        assert visitor.get("/exchanges/beginnings").status_code == 403
        assert visitor.post("/exchanges/beginnings", source="ready:essay").status_code == 403
        assert visitor.post(f"/exchanges/{made.exchange.id}/copies").status_code == 403
        assert visitor.post(f"/exchanges/{made.exchange.id}/templates", name="x", whose="own").status_code == 403


def test_what_was_begun_while_the_lms_waits_is_added_when_it_is_saved(
    made: Class, visit: People, session: Session
) -> None:
    choosing = visit(
        made.teacher, deep_link={"return_url": "https://lms.example/return", "accept_types": ["ltiResourceLink"]}
    )
    choosing.post("/exchanges/beginnings", source="ready:code")
    draft = exchanges(session)[-1]
    page = choosing.get(f"/exchanges/{draft.id}/settings")
    assert "Add to the course" in page.text

    fields = {"title": "Pull requests", "reviews": "2", "grade": "none", "anonymity": "named", "act": "save"}
    answer = choosing.post(f"/exchanges/{draft.id}/settings", data=fields)

    assert re.search(rf"/picker/{draft.id}$", answer.location)
    session.expire_all()
    assert session.get_one(Exchange, draft.id).is_published
    assert session.get_one(Activity, draft.id).title == "Pull requests"
