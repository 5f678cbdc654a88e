"""Staff see who is where, read everything, and look after grades."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, ResourceLink, Role
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import GradeOverride, Release
from lti_tool.grades.models import Passback
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import Class, all_hand_in, hand_in, make_class, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


@pytest.fixture
def under_way(made: Class, session: Session, an_hour_ago: datetime) -> Class:
    """Three have handed in, two have reviewed once; the last writes."""
    for person in made.people[:3]:
        hand_in(made, person, now=an_hour_ago)
    for person in made.people[:2]:
        review(made, person, now=an_hour_ago)
    operations.save_draft(session, made.exchange, author=made.people[3], body="I", base_revision=0, now=an_hour_ago)
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, under_way: Class) -> Visitor:
    return visit(under_way.teacher)


def path_of(made: Class, person: int | None = None) -> str:
    return f"/exchanges/{made.exchange.id}" + (f"/people/{made.people[person]}" if person is not None else "")


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_everybody_is_listed_with_how_far_they_are(teacher: Visitor, under_way: Class) -> None:
    page = words(teacher.get(path_of(under_way)).text)

    for learner in under_way.learners:
        assert learner.person.name in page
    assert "1 Writing" in page
    assert "3 Reviewing" in page
    assert "1 of 2" in page


@pytest.mark.parametrize("htmx", [False, True])
def test_the_list_is_filtered_by_how_far_and_by_name(teacher: Visitor, under_way: Class, htmx: bool) -> None:
    writer = under_way.learners[3].person.name
    others = [each.person.name for each in under_way.learners[:3]]

    writing = words(teacher.get(f"{path_of(under_way)}?who=writing", htmx=htmx).text)
    by_name = words(teacher.get(f"{path_of(under_way)}?name={writer.upper()}", htmx=htmx).text)
    nobody = words(teacher.get(f"{path_of(under_way)}?name=%00nobody&who=nonsense", htmx=htmx).text)

    for page in (writing, by_name):
        assert writer in page
        assert not any(name in page for name in others)
    assert "Nobody fits" in nobody


def test_names_that_the_lms_withholds_are_numbers(visit: People, made: Class, session: Session) -> None:
    member = make_member(session, session.get_one(Course, made.course.id), name="")
    session.commit()

    assert f"Participant {member.person_id}" in words(visit(made.teacher).get(path_of(made)).text)


def test_an_empty_class_is_told_what_comes_next(visit: People, session: Session) -> None:
    made = make_class(session, learners=0)
    session.commit()

    assert "Nobody is here yet" in words(visit(made.teacher).get(path_of(made)).text)


def test_a_page_costs_the_same_for_any_class(
    visit: People, session: Session, engine: Engine, an_hour_ago: datetime
) -> None:
    costs = []
    for size in (3, 12):
        made = make_class(session, learners=size, now=an_hour_ago)
        all_hand_in(made, now=an_hour_ago)
        for person in made.people:
            review(made, person, now=an_hour_ago)
        open_offer = take(made, made.people[0], now=datetime.now(UTC))
        session.commit()
        counts = []
        for member, paths in (
            (made.teacher, [path_of(made), path_of(made, 0), f"{path_of(made)}/settings"]),
            (made.learners[0], [path_of(made), f"{path_of(made)}/work", f"{path_of(made)}/reviews/{open_offer.id}"]),
        ):
            visitor = visit(member)
            for path in paths:
                with counted(engine) as statements:
                    assert visitor.get(path).status_code == 200
                counts.append(len(statements))
        costs.append(counts)

    assert costs[0] == costs[1]
    assert max(costs[1]) <= 12, costs


def test_everything_of_one_person_is_on_one_page(teacher: Visitor, under_way: Class) -> None:
    page = words(teacher.get(path_of(under_way, 0)).text)

    assert f"The work of {under_way.people[0]}." in page
    assert "Look at the second paragraph." in page
    assert "For " in page


def test_a_draft_is_nobody_elses(teacher: Visitor, under_way: Class, session: Session, an_hour_ago: datetime) -> None:
    operations.save_draft(
        session,
        under_way.exchange,
        author=under_way.people[3],
        body="Secret thoughts",
        base_revision=1,
        now=an_hour_ago,
    )
    session.commit()

    page = teacher.get(path_of(under_way, 3)).text

    assert "Secret thoughts" not in page
    assert "A draft is being written" in words(page)


def test_declined_work_shows_its_reason_to_staff(teacher: Visitor, under_way: Class, session: Session) -> None:
    offer = take(under_way, under_way.people[2], now=datetime.now(UTC))
    operations.decline_offer(
        session,
        under_way.exchange,
        reviewer=under_way.people[2],
        offer_id=offer.id,
        reason="knows_author",
        note="We share a flat.",
        now=datetime.now(UTC),
    )
    session.commit()

    page = words(teacher.get(path_of(under_way, 2)).text)

    assert "I know whose work it is" in page
    assert "We share a flat." in page


@pytest.mark.parametrize("htmx", [False, True])
def test_a_grade_is_set_by_hand_and_follows_the_feedback_again(
    teacher: Visitor, under_way: Class, session: Session, htmx: bool
) -> None:
    path = f"{path_of(under_way, 3)}/grade"

    answer = teacher.post(path, htmx=htmx, score="7,5", reason="Spoke about it in class.")

    assert answer.status_code == (200 if htmx else 303)
    override = session.scalars(select(GradeOverride)).one()
    assert (override.score, override.by_id) == (7.5, under_way.teacher.person_id)
    assert "7.5 of 10" in words(teacher.get(path_of(under_way, 3)).text)
    assert "Spoke about it in class." in teacher.get(path_of(under_way, 3)).text
    lifted = teacher.post(f"{path}/removal", htmx=htmx)
    assert lifted.status_code == (200 if htmx else 303)
    assert "7.5 of 10" not in words(teacher.get(path_of(under_way, 3)).text)


@pytest.mark.parametrize(
    "score, reason, name",
    [
        ("", "Because", "score"),
        ("ten", "Because", "score"),
        ("nan", "Because", "score"),
        ("-1", "Because", "score"),
        ("10.01", "Because", "score"),
        ("1e308", "Because", "score"),
        ("\x00", "Because", "score"),
        ("5", "", "reason"),
        ("5", " \x00 ", "reason"),
        ("5", "x" * 2001, "reason"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_grade_is_named_and_kept(
    teacher: Visitor, under_way: Class, session: Session, score: str, reason: str, name: str, htmx: bool
) -> None:
    answer = teacher.post(f"{path_of(under_way, 0)}/grade", htmx=htmx, score=score, reason=reason)

    assert answer.status_code == 422
    assert f'id="field-{name}-error"' in answer.text
    assert reason.strip("\x00 ") in answer.text
    assert session.scalars(select(GradeOverride)).all() == []


def test_without_points_there_is_no_grade_to_set(visit: People, session: Session) -> None:
    made = make_class(session, points=None)
    session.commit()
    staff = visit(made.teacher)

    assert staff.post(f"{path_of(made, 0)}/grade", score="5", reason="Why not").status_code == 409
    assert staff.post(f"{path_of(made)}/releases").status_code == 409


def test_grades_are_sent_when_staff_say_so(teacher: Visitor, under_way: Class, session: Session) -> None:
    answer = teacher.post(f"{path_of(under_way)}/releases")

    assert answer.status_code == 303
    released = session.scalars(select(Release.person_id)).all()
    assert released
    assert "grade" in words(teacher.client.get(answer.location).text)


@pytest.mark.parametrize("htmx", [False, True])
def test_one_grade_is_sent_and_sent_again(teacher: Visitor, under_way: Class, session: Session, htmx: bool) -> None:
    teacher.post(f"{path_of(under_way)}/releases")
    passback = session.scalars(select(Passback)).first()
    assert passback is not None
    passback.state, passback.problem = "failed", "refused"
    session.commit()
    person = under_way.people.index(passback.person_id)
    assert "did not arrive" in words(teacher.get(path_of(under_way)).text)
    assert "The LMS refused this grade." in words(teacher.get(path_of(under_way, person)).text)

    answer = teacher.post(f"{path_of(under_way, person)}/passback", htmx=htmx)
    released = teacher.post(f"{path_of(under_way, person)}/release", htmx=htmx)

    assert answer.status_code == released.status_code == (200 if htmx else 303)
    session.expire_all()
    assert session.get_one(Passback, passback.id).state == "waiting"


def test_whatever_part_of_a_grade_did_not_arrive_is_sent_again(
    teacher: Visitor, under_way: Class, session: Session, an_hour_ago: datetime
) -> None:
    options = rules.GradingOptions(work=50, giving=50, columns=rules.COLUMN_PER_PART)
    operations.set_options(session, under_way.exchange, options, by=under_way.teacher.person_id, now=an_hour_ago)
    session.commit()
    teacher.post(f"{path_of(under_way)}/releases")
    person = session.scalars(select(Passback.person_id)).first()
    assert person is not None
    parts = session.scalars(select(Passback).where(Passback.person_id == person).order_by(Passback.id)).all()
    assert len(parts) == 2
    parts[0].state, parts[1].state, parts[1].problem = "sent", "failed", "refused"
    session.commit()

    answer = teacher.post(f"{path_of(under_way, under_way.people.index(person))}/passback")

    assert answer.status_code == 303
    session.expire_all()
    assert [each.state for each in parts] == ["sent", "waiting"]


def test_what_was_never_sent_cannot_be_sent_again(teacher: Visitor, under_way: Class) -> None:
    assert teacher.post(f"{path_of(under_way, 3)}/passback").status_code == 404


def test_people_of_other_courses_are_missing(teacher: Visitor, under_way: Class, session: Session) -> None:
    stranger = make_member(session, make_course(session))
    session.commit()
    path = f"{path_of(under_way)}/people/{stranger.person_id}"

    assert teacher.get(path).status_code == 404
    assert teacher.post(f"{path}/grade", score="5", reason="Because").status_code == 404
    for act in ("grade/removal", "release", "passback"):
        assert teacher.post(f"{path}/{act}").status_code == 404


def test_an_assistant_looks_after_people_and_sets_nothing_up(visit: People, under_way: Class, session: Session) -> None:
    assistant = visit(make_member(session, session.get_one(Course, under_way.course.id), Role.ASSISTANT))
    path = path_of(under_way)

    assert assistant.get(path).status_code == 200
    assert assistant.get(path_of(under_way, 0)).status_code == 200
    assert assistant.post(f"{path_of(under_way, 0)}/grade", score="5", reason="Because").status_code == 303
    assert assistant.get("/exchanges/new").status_code == 403
    assert assistant.get(f"{path}/settings").status_code == 403
    assert assistant.post(f"{path}/closure").status_code == 403


def test_graded_exchange_that_no_link_opens_says_so(
    visit: People, teacher: Visitor, under_way: Class, session: Session
) -> None:
    placed = words(teacher.get(path_of(under_way)).text)
    session.execute(delete(ResourceLink).where(ResourceLink.activity_id == under_way.exchange.id))
    session.commit()

    page = words(visit(under_way.teacher).get(path_of(under_way)).text)

    assert "cannot reach the gradebook" not in placed
    assert "cannot reach the gradebook" in page
