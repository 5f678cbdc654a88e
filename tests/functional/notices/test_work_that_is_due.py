"""Work that is not handed in: told before and after each person's own date, and by a teacher who asks for it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, reminding, rules
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, hand_in, make_class
from tests.functional.exchange.test_teams import in_teams
from tests.functional.exchange_pages.conftest import People
from tests.functional.notices.test_exchange_tells import kinds_of
from tests.pages import mistakes_in, words

DUE = BEGUN + timedelta(hours=20)
DAY = timedelta(days=1)


@pytest.fixture
def made(session: Session) -> Class:
    return make_class(session, learners=3, submit_by=DUE)


def pass_time(made: Class, *moments: datetime) -> None:
    for moment in moments:
        reminding.tell_of_exchange(made.session, made.exchange, now=moment)


def work_kinds(made: Class, person: int) -> list[str]:
    return [kind for kind in kinds_of(made.session, person) if kind.startswith("work_")]


def test_who_has_not_handed_in_hears_a_day_before_the_date_and_after_it_once_each(made: Class) -> None:
    done, *others = made.people
    hand_in(made, done)

    pass_time(made, BEGUN, BEGUN + timedelta(hours=2), DUE + timedelta(hours=1), DUE + timedelta(hours=5))

    for person in others:
        assert work_kinds(made, person) == ["work_due", "work_overdue"]
    assert work_kinds(made, done) == []
    assert work_kinds(made, made.teacher.person_id) == []


def test_nobody_hears_of_it_long_before_nor_long_after(made: Class) -> None:
    pass_time(made, DUE - 2 * DAY, DUE + 2 * DAY)

    assert [work_kinds(made, person) for person in made.people] == [[], [], []]


def test_each_hears_of_their_own_date(made: Class) -> None:
    later = DUE + 3 * DAY
    operations.extend(
        made.session,
        made.exchange,
        people=[made.people[0]],
        submit_by=later,
        review_by=None,
        reason="Ill.",
        by=made.teacher.person_id,
        now=BEGUN,
    )

    pass_time(made, BEGUN, DUE + timedelta(hours=1))
    assert work_kinds(made, made.people[0]) == []
    assert work_kinds(made, made.people[1]) == ["work_due", "work_overdue"]
    pass_time(made, later - timedelta(hours=3), later + timedelta(hours=1))
    assert work_kinds(made, made.people[0]) == ["work_due", "work_overdue"]


def test_where_nothing_is_taken_after_the_date_it_says_so(made: Class) -> None:
    operations.set_options(
        made.session,
        made.exchange,
        rules.LateOptions(work=rules.REFUSED),
        by=made.teacher.person_id,
        now=BEGUN,
    )

    pass_time(made, DUE + timedelta(hours=1))

    facts = made.session.scalars(select(Notice.facts).where(Notice.kind == "work_overdue")).all()
    assert facts == [{"refused": True}] * 3


def test_handing_in_by_one_of_a_group_counts_for_all(session: Session) -> None:
    made, ((amara, bo), others) = in_teams(session, 2, 2)
    made.exchange.submit_by = DUE
    session.flush()
    operations.submit_work(session, made.exchange, author=amara, body="Ours.", base_revision=None, now=BEGUN)

    pass_time(made, DUE + timedelta(hours=1))

    assert work_kinds(made, amara) == work_kinds(made, bo) == []
    assert [work_kinds(made, person) for person in others] == [["work_overdue"], ["work_overdue"]]


def test_a_teacher_reminds_those_who_have_not_handed_in_once_a_day(made: Class) -> None:
    hand_in(made, made.people[0])
    by = made.teacher.person_id

    counts = [
        operations.remind_of_work(made.session, made.exchange, by=by, now=BEGUN + timedelta(hours=hours))
        for hours in (0, 1, 25)
    ]

    assert counts == [2, 0, 2]
    assert work_kinds(made, made.people[0]) == []
    assert work_kinds(made, made.people[1]) == ["work_reminder", "work_reminder"]


def test_nobody_is_reminded_of_what_is_not_taken_any_more(made: Class) -> None:
    operations.set_options(
        made.session, made.exchange, rules.LateOptions(work=rules.REFUSED), by=made.teacher.person_id, now=BEGUN
    )

    count = operations.remind_of_work(made.session, made.exchange, by=made.teacher.person_id, now=DUE + DAY)

    assert count == 0


def test_it_is_one_button_for_all_and_one_choice_for_those_who_are_ticked(
    session: Session, visit: People, an_hour_ago: datetime
) -> None:
    made = make_class(session, learners=3, now=an_hour_ago)
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()
    teacher, here = visit(made.teacher), f"/exchanges/{made.exchange.id}"
    page = teacher.get(here).text
    assert "Remind to hand in" in page
    assert "2 people have not handed in." in words(page)
    assert mistakes_in({"overview": page}) == []

    teacher.post(f"{here}/people/acts", data={"act": "remind_of_work", "person": [made.people[0], made.people[1]]})
    assert [len(work_kinds(made, person)) for person in made.people] == [0, 1, 0]
    assert "One person was reminded." in words(teacher.get(here).text)
    teacher.post(f"{here}/work-reminders")
    assert [len(work_kinds(made, person)) for person in made.people] == [0, 1, 1]
    told = words(visit(made.learners[2]).get("/notices").text)
    assert "Your work is not handed in yet. Your teacher asks you to do it." in told


def test_only_teachers_remind(session: Session, visit: People, an_hour_ago: datetime) -> None:
    made = make_class(session, now=an_hour_ago)
    assistant = visit(make_member(session, made.course, Role.ASSISTANT))
    session.commit()
    path = f"/exchanges/{made.exchange.id}/work-reminders"

    assert [visit(made.learners[0]).post(path).status_code, assistant.post(path).status_code] == [403, 403]
    assert session.scalars(select(Notice.kind).where(Notice.kind == "work_reminder")).all() == []
