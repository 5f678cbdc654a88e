"""Presentations at the browser: set up, signed up for, scheduled, reviewed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from tests.factories.exchange import Class, hand_in, make_class, take, work_of
from tests.functional.exchange_pages.conftest import People
from tests.pages import words


def path_of(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


@pytest.fixture
def live(made: Class, session: Session) -> Class:
    options = rules.WorkOptions(live=True)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=datetime.now(UTC))
    session.commit()
    return made


def test_a_teacher_chooses_that_nothing_is_handed_in(visit: People, made: Class) -> None:
    teacher = visit(made.teacher)
    unwanted = dict.fromkeys(("text", "files", "links"), "unwanted")

    assert teacher.post(f"{path_of(made)}/settings/work", data={**unwanted, "live": "on"}).status_code == 303

    assert "Nothing is handed in: it is shown live." in words(teacher.get(f"{path_of(made)}/settings").text)


def test_the_choice_stays_once_somebody_has_handed_in(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()

    refused = visit(made.teacher).post(
        f"{path_of(made)}/settings/work",
        data={**dict.fromkeys(("text", "files", "links"), "allowed"), "live": "on"},
    )

    assert refused.status_code == 422
    assert "so this stays as it is" in words(refused.text)


def test_somebody_signs_up_and_changes_it_and_the_pages_speak_of_a_presentation(visit: People, live: Class) -> None:
    amara = visit(live.learners[0])
    first = words(amara.get(path_of(live)).text)
    assert "Sign up for what you present" in first
    assert "Hand in your work" not in first
    assert "Write your work" not in first
    assert amara.get(f"{path_of(live)}/work").status_code == 303

    done = amara.post(
        f"{path_of(live)}/presentation", about="Bees *at night*", held_at="2099-05-03T12:00Z", place="Hall"
    )

    assert done.status_code == 303
    page = words(amara.get(path_of(live)).text)
    assert "Your presentation" in page
    assert "Signed up" in page
    assert "Hall" in page
    assert "Bees at night" in page
    amara.post(f"{path_of(live)}/presentation", about="Bees", held_at="", place="Room 2")
    assert "Room 2" in words(amara.get(path_of(live)).text)
    card = words(visit(live.learners[1]).get("/").text)
    assert "You have not signed up yet" in card


def test_what_was_typed_stays_where_a_time_is_none(visit: People, live: Class) -> None:
    refused = visit(live.learners[0]).post(f"{path_of(live)}/presentation", about="Bees", held_at="soon", place="Hall")

    assert refused.status_code == 422
    assert "Bees" in refused.text
    assert "Please give a day and a time" in words(refused.text)


def test_a_teacher_signs_everybody_up_and_sets_the_times(visit: People, live: Class, session: Session) -> None:
    teacher = visit(live.teacher)
    assert "Presentations" in words(teacher.get(path_of(live)).text)
    teacher.post(f"{path_of(live)}/presentations/everybody")
    ids = [work_of(live, person).id for person in live.people]
    times = {f"held_at-{id}": "2099-05-03T12:00Z" for id in ids} | {f"place-{id}": f"Room {id}" for id in ids}

    wrong = teacher.post(f"{path_of(live)}/presentations", data=times | {f"held_at-{ids[0]}": "noon"})
    saved = teacher.post(f"{path_of(live)}/presentations", data=times)

    assert wrong.status_code == 422
    assert "Please give a day and a time" in words(wrong.text)
    assert saved.status_code == 303
    assert all(f"Room {id}" in teacher.get(f"{path_of(live)}/presentations").text for id in ids)
    page = words(visit(live.learners[0]).get(path_of(live)).text)
    assert "What you watch" in page
    assert "is still to be shown" in page
    assert "Get a work to review" not in page
    assert "pieces of work to review" not in words(visit(live.learners[0]).get("/").text)


def test_a_review_before_the_time_is_kept_and_given_afterwards(visit: People, live: Class, session: Session) -> None:
    now = datetime.now(UTC)
    for person in live.people:
        operations.sign_up(session, live.exchange, person=person, about="", held_at=None, place="", now=now)
    offer = take(live, live.people[0], now=now)
    operations.set_slot(
        session,
        live.exchange,
        work=offer.submission_id,
        held_at=now + timedelta(days=1),
        place="",
        by=live.teacher.person_id,
        now=now,
    )
    session.commit()
    reviewer = visit(live.learners[0])
    form = {f"comment-{each.id}": "Clear and calm." for each in live.exchange.criteria}
    form |= {f"level-{each.id}": str(each.levels[-1].id) for each in live.exchange.criteria if each.levels}
    path = f"{path_of(live)}/reviews/{offer.id}"

    assert "You can write already, and give your feedback once it was shown." in words(reviewer.get(path).text)
    early = reviewer.post(f"{path}/feedback", data=form)

    assert early.status_code == 422
    assert "It has not been shown yet." in words(early.text)
    assert "Clear and calm." in early.text
    operations.set_slot(
        session, live.exchange, work=offer.submission_id, held_at=now, place="", by=live.teacher.person_id, now=now
    )
    session.commit()
    assert reviewer.post(f"{path}/feedback", data=form).status_code == 303


def test_where_something_is_handed_in_there_are_no_presentations(visit: People, made: Class) -> None:
    assert visit(made.learners[0]).get(f"{path_of(made)}/presentation").status_code == 404
    assert visit(made.teacher).get(f"{path_of(made)}/presentations").status_code == 404
    assert visit(made.teacher).post(f"{path_of(made)}/presentations/everybody").status_code == 404


def test_students_do_not_see_the_schedule_of_staff(visit: People, live: Class) -> None:
    assert visit(live.learners[0]).get(f"{path_of(live)}/presentations").status_code in (403, 404)


def test_staff_read_of_presentations_and_not_of_works(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, learners=3, now=an_hour_ago, submit_by=an_hour_ago)
    operations.set_options(
        session, made.exchange, rules.WorkOptions(live=True), by=made.teacher.person_id, now=an_hour_ago
    )
    session.commit()
    teacher, page = visit(made.teacher), f"/exchanges/{made.exchange.id}"

    said = {
        rest: words(teacher.get(f"{page}{rest}").text)
        for rest in ("", "/stuck", f"/people/{made.people[0]}", f"/people/{made.people[0]}/excusal")
    }

    assert "Not signed up" in said[""]
    assert "They have not signed up, and the date has passed." in said["/stuck"]
    assert "Nothing was presented yet." in said[f"/people/{made.people[0]}"]
    assert "Their own presentation keeps its reviewers." in said[f"/people/{made.people[0]}/excusal"]
    assert [rest for rest, text in said.items() if "handed in" in text or "hand in" in text] == []
