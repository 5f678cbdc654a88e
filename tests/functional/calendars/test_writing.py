"""Dates of activities in the calendar of the LMS: each once, whatever happens on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from lti_tool import vault
from lti_tool.calendars.jobs import sweep
from lti_tool.calendars.models import AccountState, CalendarAccount, CalendarEntry, State
from lti_tool.calendars.writing import WORDS
from lti_tool.config import Settings
from lti_tool.exchange import operations
from lti_tool.files.storage import DatabaseStorage
from tests.factories.canvas import CANVAS, PretendCanvas
from tests.factories.courses import make_platform
from tests.factories.exchange import Class, make_class, make_plan
from tests.factories.jobs import run_jobs, waiting_jobs
from tests.functional.calendars.conftest import IN_A_WEEK, TOMORROW

LATER = TOMORROW + timedelta(days=2)


def move(session: Session, made: Class, **values: Any) -> None:
    """The teacher changes the exchange."""
    given = {"title": "First drafts", "submit_by": TOMORROW, "review_by": IN_A_WEEK} | values
    teacher = made.teacher.person_id
    operations.edit_exchange(session, made.exchange, make_plan(**given), by=teacher, now=datetime.now(UTC))


def again(app: Flask, session: Session) -> None:
    """Time passes, and the sweep looks for what was left."""
    session.execute(update(CalendarEntry).values(next_attempt_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.execute(update(CalendarAccount).values(rests_until=None))
    session.commit()
    with app.app_context():
        sweep(timestamp=0)
    run_jobs(session, app, "calendars")


def stands(canvas: PretendCanvas) -> dict[str, str]:
    """Title and moment of what stands in the calendar."""
    found = {each["title"]: each["start_at"] for each in canvas.events.values()}
    assert len(found) == len(canvas.events)
    return found


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def both(submit: datetime = TOMORROW, review: datetime = IN_A_WEEK) -> dict[str, str]:
    return {"Hand in: First drafts": iso(submit), "Give feedback: First drafts": iso(review)}


def test_each_date_stands_in_the_calendar_of_its_course(made: Class, connected: PretendCanvas) -> None:
    assert stands(connected) == both()
    for each in connected.events.values():
        assert each["context_code"] == "course_42"
        assert each["end_at"] == each["start_at"]
        assert each["description"] == WORDS


def test_a_date_that_moves_moves_there_too(app: Flask, session: Session, made: Class, connected: PretendCanvas) -> None:
    before = set(connected.events)

    move(session, made, submit_by=LATER)
    run_jobs(session, app, "calendars")

    assert stands(connected) == both(submit=LATER)
    assert set(connected.events) == before
    assert [each.partition(" ")[0] for each in connected.calls] == ["PUT"]


def test_the_job_belongs_to_the_change(session: Session, made: Class, connected: PretendCanvas) -> None:
    move(session, made, submit_by=LATER)
    assert waiting_jobs(session, "calendars.write") == 1

    session.rollback()

    assert waiting_jobs(session, "calendars.write") == 0
    assert {each.state for each in session.scalars(select(CalendarEntry))} == {State.WRITTEN}


def test_an_edit_that_moves_no_date_calls_nobody(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    move(session, made)
    run_jobs(session, app, "calendars")

    assert connected.calls == []


def test_a_date_that_is_dropped_and_an_exchange_that_is_hidden_leave_the_calendar(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    move(session, made, review_by=None)
    run_jobs(session, app, "calendars")
    assert list(stands(connected)) == ["Hand in: First drafts"]

    operations.unpublish(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    run_jobs(session, app, "calendars")

    assert stands(connected) == {}
    assert session.scalars(select(CalendarEntry)).all() == []


def test_what_is_published_again_comes_back(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    operations.unpublish(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    operations.publish(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    run_jobs(session, app, "calendars")

    assert stands(connected) == both()


def test_a_deleted_exchange_leaves_the_calendar(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    operations.delete_exchange(
        session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC), storage=DatabaseStorage()
    )
    run_jobs(session, app, "calendars")

    assert stands(connected) == {}


def test_what_a_teacher_deleted_in_the_calendar_comes_back_with_the_next_change(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    connected.events.clear()

    move(session, made, submit_by=LATER)
    run_jobs(session, app, "calendars")

    assert stands(connected) == {"Hand in: First drafts": iso(LATER)}


# On the way


def test_an_answer_that_is_lost_makes_no_second_event(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    other = make_class(
        session, course=made.course, now=datetime.now(UTC), title="First drafts", submit_by=TOMORROW, review_by=None
    )
    connected.loses = [True]
    run_jobs(session, app, "calendars")
    assert len(connected.events) == 3

    again(app, session)

    assert sorted(each["title"] for each in connected.events.values()) == [
        "Give feedback: First drafts",
        "Hand in: First drafts",
        "Hand in: First drafts",
    ]
    ids = session.scalars(select(CalendarEntry.remote_id)).all()
    assert len(ids) == len(set(ids)) == 3
    assert session.scalars(select(CalendarEntry.state).where(CalendarEntry.activity_id == other.exchange.id)).all() == [
        State.WRITTEN
    ]


def test_a_date_whose_answer_was_lost_is_taken_away_though_the_lms_is_away_meanwhile(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    lost_and_dropped(app, session, made, connected)
    connected.trouble = [503]
    again(app, session)
    assert connected.titles() == ["Give feedback: First drafts", "Hand in: First drafts"]

    again(app, session)

    assert connected.titles() == ["Give feedback: First drafts"]


def test_a_date_whose_answer_was_lost_is_written_once_though_looking_for_it_is_refused(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    session.execute(update(CalendarEntry).where(CalendarEntry.ref == "submit").values(state="sending", remote_id=""))
    connected.trouble = [403]
    again(app, session)
    assert State.FAILED in session.scalars(select(CalendarEntry.state)).all()

    session.execute(update(CalendarEntry).values(state="waiting"))
    again(app, session)

    assert connected.titles() == ["Give feedback: First drafts", "Hand in: First drafts"]


def lost_and_dropped(app: Flask, session: Session, made: Class, canvas: PretendCanvas) -> None:
    """Nobody knows whether the date for handing in stands there, and it is dropped."""
    session.execute(update(CalendarEntry).where(CalendarEntry.ref == "submit").values(state="sending", remote_id=""))
    session.execute(text("update calendar_entry set is_uncertain = true where ref = 'submit'"))
    move(session, made, submit_by=None)


def test_a_worker_that_ended_in_the_middle_makes_no_second_event(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    """It had sent, and did not come to write down the id."""
    session.execute(update(CalendarEntry).values(state="sending", remote_id=""))

    again(app, session)

    assert stands(connected) == both()
    assert {each.state for each in session.scalars(select(CalendarEntry))} == {State.WRITTEN}


def test_one_that_was_really_not_there_is_added(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    connected.events.clear()
    session.execute(update(CalendarEntry).values(state="sending", remote_id=""))

    again(app, session)

    assert stands(connected) == both()


def test_ours_is_found_on_the_second_page(app: Flask, session: Session, made: Class, connected: PretendCanvas) -> None:
    connected.page = 1
    session.execute(update(CalendarEntry).values(state="sending", remote_id=""))
    for number in range(3):
        event = {"title": f"Excursion {number}", "start_at": iso(TOMORROW), "context_code": "course_42"}
        connected.events = {number: {**event, "id": number, "description": ""}, **connected.events}

    again(app, session)

    assert len(connected.events) == 5
    assert set(both()) < set(connected.titles())


def test_what_changes_while_it_is_sent_goes_once_more(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    move(session, made, submit_by=LATER)
    session.commit()
    session.execute(text("update calendar_entry set state = 'sending' where ref = 'submit'"))
    move(session, made, submit_by=LATER + timedelta(days=1))
    session.execute(text("update calendar_entry set state = 'sending' where ref = 'submit'"))

    again(app, session)

    assert stands(connected) == both(submit=LATER + timedelta(days=1))


@pytest.mark.parametrize(
    "answer",
    [
        429,
        (403, {"Content-Type": "text/html"}, "403 Forbidden (Rate Limit Exceeded)"),
        (403, {"X-Rate-Limit-Remaining": "0.0"}, "{}"),
    ],
)
def test_who_is_told_to_slow_down_leaves_the_lms_alone_for_a_while(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, answer: Any
) -> None:
    move(session, made, submit_by=LATER, review_by=IN_A_WEEK + timedelta(days=1))
    connected.trouble = [answer]

    run_jobs(session, app, "calendars")
    assert len(connected.calls) == 1
    rests_until = session.scalars(select(CalendarAccount.rests_until)).one()
    assert rests_until is not None
    assert rests_until > datetime.now(UTC)
    with app.app_context():
        sweep(timestamp=0)
    run_jobs(session, app, "calendars")
    assert len(connected.calls) == 1

    again(app, session)

    assert stands(connected) == both(submit=LATER, review=IN_A_WEEK + timedelta(days=1))


def test_a_bucket_that_runs_low_is_left_to_fill(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    connected.remaining = 40.0
    move(session, made, submit_by=LATER, review_by=IN_A_WEEK + timedelta(days=1))

    run_jobs(session, app, "calendars")

    assert len(connected.calls) == 1
    connected.remaining = 600.0
    again(app, session)
    assert stands(connected) == both(submit=LATER, review=IN_A_WEEK + timedelta(days=1))


def test_a_token_is_refreshed_before_it_ends_and_when_it_is_refused(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    session.execute(update(CalendarAccount).values(expires_at=datetime.now(UTC) + timedelta(seconds=30)))
    move(session, made, submit_by=LATER)
    run_jobs(session, app, "calendars")
    assert connected.tokens_given == 2

    connected.tokens.clear()
    move(session, made, submit_by=LATER + timedelta(days=1))
    run_jobs(session, app, "calendars")

    assert connected.tokens_given == 3
    assert stands(connected) == both(submit=LATER + timedelta(days=1))


def test_a_consent_that_was_taken_back_stops_everything_until_there_is_another(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    connected.tokens.clear()
    connected.refresh_tokens.clear()
    move(session, made, submit_by=LATER)
    run_jobs(session, app, "calendars")
    assert session.scalars(select(CalendarAccount.state)).one() == AccountState.BROKEN

    calls = len(connected.calls)
    again(app, session)

    assert len(connected.calls) == calls
    assert "waiting" in session.scalars(select(CalendarEntry.state)).all()


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_that_says_nothing_of_our_consent_ends_no_connection(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, status: int
) -> None:
    connected.tokens.clear()
    connected.token_trouble = [status]
    move(session, made, submit_by=LATER)
    run_jobs(session, app, "calendars")
    assert session.scalars(select(CalendarAccount.state)).one() == AccountState.CONNECTED

    again(app, session)

    assert stands(connected) == both(submit=LATER)


@pytest.mark.parametrize("status", [400, 403, 422])
def test_one_that_the_lms_will_not_have_holds_up_no_other(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, status: int
) -> None:
    move(session, made, submit_by=LATER, review_by=IN_A_WEEK + timedelta(days=1))
    connected.trouble = [status]

    run_jobs(session, app, "calendars")

    states = sorted(session.scalars(select(CalendarEntry.state)))
    assert states == [State.FAILED, State.WRITTEN]
    assert any(each.startswith(str(status)) for each in session.scalars(select(CalendarEntry.problem)))


@pytest.mark.parametrize(
    "trouble", [500, 503, 302, requests.ConnectionError(), requests.Timeout(), (200, {}, "<html>")]
)
def test_what_cannot_be_reached_is_tried_again_later(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, trouble: Any
) -> None:
    move(session, made, submit_by=LATER)
    connected.trouble = [trouble]
    run_jobs(session, app, "calendars")
    entry = session.scalars(select(CalendarEntry).where(CalendarEntry.ref == "submit")).one()
    assert (entry.state, entry.attempts) == (State.WAITING, 1)
    assert entry.next_attempt_at > datetime.now(UTC)

    again(app, session)

    assert stands(connected) == both(submit=LATER)


def test_a_next_page_elsewhere_gets_no_token(
    app: Flask, session: Session, made: Class, connected: PretendCanvas
) -> None:
    session.execute(update(CalendarEntry).values(state="sending", remote_id=""))
    link = {"Link": '<https://elsewhere.example/api/v1/calendar_events?page=2>; rel="next"'}
    connected.trouble = [(200, link, "[]"), (200, link, "[]")]

    again(app, session)

    assert {each.state for each in session.scalars(select(CalendarEntry))} == {State.FAILED}
    assert set(session.scalars(select(CalendarEntry.problem))) == {"200 its next page is somewhere else"}


def test_without_a_connected_calendar_a_change_costs_one_statement_and_no_row(
    session: Session, made: Class, canvas: PretendCanvas
) -> None:
    move(session, made, submit_by=LATER)

    assert session.scalars(select(CalendarEntry)).all() == []
    assert waiting_jobs(session, "calendars.write") == 0
    assert CANVAS not in str(canvas.calls)


# Where SECRET_KEY was changed


def lose_the_key(session: Session, settings: Settings, *columns: str) -> dict[str, str]:
    """What is stored was encrypted with another ``SECRET_KEY``. Returns what was stored before."""
    other = replace(settings, secret_key="another " * 8)
    found = session.scalars(select(CalendarAccount)).one()
    before = {each: getattr(found, each) for each in columns}
    for each in columns:
        setattr(found, each, vault.encrypt(other, "anything"))
    session.commit()
    return before


@pytest.mark.parametrize("lost", ["client_secret", "refresh_token"])
def test_a_key_that_cannot_be_read_is_a_state_and_the_dates_wait_until_it_can_be_read_again(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, settings: Settings, lost: str
) -> None:
    before = lose_the_key(session, settings, lost)
    move(session, made, submit_by=LATER)
    session.commit()
    connected.calls.clear()

    run_jobs(session, app, "calendars")
    again(app, session)

    session.rollback()
    found = session.scalars(select(CalendarAccount)).one()
    assert (found.state, found.problem) == (AccountState.BROKEN, "unreadable")
    assert connected.calls == []
    assert State.WAITING in session.scalars(select(CalendarEntry.state)).all()
    session.execute(update(CalendarAccount).values(**before))
    again(app, session)
    assert stands(connected) == both(submit=LATER)


def test_a_token_that_cannot_be_read_is_had_anew(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, settings: Settings
) -> None:
    lose_the_key(session, settings, "access_token")
    move(session, made, submit_by=LATER)
    session.commit()

    run_jobs(session, app, "calendars")

    assert stands(connected) == both(submit=LATER)


def test_one_calendar_that_cannot_be_read_stops_no_other(
    app: Flask, session: Session, made: Class, connected: PretendCanvas, settings: Settings
) -> None:
    lost = make_platform(session, family="canvas")
    unreadable = vault.encrypt(replace(settings, secret_key="another " * 8), "anything")
    account = {"address": CANVAS, "client_id": "1", "client_secret": unreadable, "state": AccountState.CONNECTED}
    session.add(CalendarAccount(platform_id=lost.id, created_at=datetime.now(UTC), **account))
    row = {"activity_id": 999, "ref": "submit", "course": "42", "title": "Hand in: Essays", "at": TOMORROW}
    session.add(CalendarEntry(platform_id=lost.id, state="waiting", next_attempt_at=datetime.now(UTC), **row))
    move(session, made, submit_by=LATER)
    session.commit()

    again(app, session)

    assert stands(connected) == both(submit=LATER)
    assert session.get_one(CalendarAccount, lost.id).problem == "unreadable"
