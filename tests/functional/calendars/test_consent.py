"""Somebody of the LMS lets Hearth write into its calendar: once, in time, and by their own will."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import vault
from lti_tool.calendars import connecting
from lti_tool.calendars.models import AccountState, CalendarAccount
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.exchange import operations
from tests.factories.canvas import CANVAS, PretendCanvas
from tests.factories.courses import make_platform
from tests.factories.exchange import Class, make_plan
from tests.factories.jobs import run_jobs, waiting_jobs
from tests.functional.calendars.conftest import IN_A_WEEK, TOMORROW, state_of


def account(session: Session) -> CalendarAccount:
    session.rollback()
    session.expire_all()
    return session.scalars(select(CalendarAccount)).one()


def test_the_admin_is_asked_for_no_more_than_the_calendar(ask: Callable[[], str]) -> None:
    url = urlsplit(ask())

    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://school.instructure.example/login/oauth2/auth"
    asked = parse_qs(url.query)
    assert asked["redirect_uri"] == ["https://hearth.example/lti/consent"]
    assert asked["response_type"] == ["code"]
    assert all("/api/v1/calendar_events" in scope for scope in asked["scope"][0].split())
    assert len(asked["state"][0]) >= 32


def test_a_consent_connects_and_what_there_is_comes_into_the_calendar(
    app: Flask, client: FlaskClient, session: Session, made: Class, canvas: PretendCanvas, ask: Callable[[], str]
) -> None:
    answer = client.get("/lti/consent", query_string={"state": state_of(ask()), "code": "a-code"})

    assert answer.status_code == 200
    assert "The calendar is connected" in answer.text
    assert account(session).state == AccountState.CONNECTED
    run_jobs(session, app, "calendars")
    assert canvas.titles() == ["Give feedback: First drafts", "Hand in: First drafts"]


def test_tokens_and_secrets_are_encrypted_and_never_logged(
    app: Flask,
    client: FlaskClient,
    session: Session,
    made: Class,
    connected: PretendCanvas,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    connected.tokens.clear()
    session.execute(update(CalendarAccount).values(expires_at=datetime.now(UTC)))
    run_jobs(session, app, "calendars")

    found = account(session)
    kept = " ".join(str(value) for value in vars(found).values())
    for secret in ("access-1", "access-2", "refresh-1", "the key's secret", "a-code"):
        assert secret not in kept
        assert secret not in caplog.text


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "unknown", "code": "a-code"}, {"state": "x" * 9000}])
def test_a_consent_that_nobody_asked_for_opens_nothing(
    client: FlaskClient, session: Session, canvas: PretendCanvas, ask: Callable[[], str], query: dict[str, str]
) -> None:
    ask()

    assert client.get("/lti/consent", query_string=query).status_code == 403
    assert account(session).state == AccountState.ASKED
    assert canvas.tokens_given == 0


def test_a_consent_is_good_once(
    client: FlaskClient, session: Session, canvas: PretendCanvas, ask: Callable[[], str]
) -> None:
    query = {"state": state_of(ask()), "code": "a-code"}
    client.get("/lti/consent", query_string=query)
    canvas.codes.add("a-code")

    assert client.get("/lti/consent", query_string=query).status_code == 403
    assert canvas.tokens_given == 1


def test_a_consent_expires(
    client: FlaskClient, session: Session, canvas: PretendCanvas, ask: Callable[[], str]
) -> None:
    query = {"state": state_of(ask()), "code": "a-code"}
    session.execute(update(CalendarAccount).values(asked_until=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()

    assert client.get("/lti/consent", query_string=query).status_code == 403
    assert canvas.tokens_given == 0


def test_who_says_no_is_not_asked_by_the_same_question_again(
    client: FlaskClient, session: Session, canvas: PretendCanvas, ask: Callable[[], str]
) -> None:
    state = state_of(ask())

    assert client.get("/lti/consent", query_string={"state": state, "error": "access_denied"}).status_code == 403
    assert client.get("/lti/consent", query_string={"state": state, "code": "a-code"}).status_code == 403
    assert account(session).problem == "refused"


@pytest.mark.parametrize("answer", [None, {"error": "access_denied"}, {"code": "another"}])
def test_who_asks_anew_breaks_nothing_that_is_connected(
    app: Flask,
    client: FlaskClient,
    session: Session,
    made: Class,
    connected: PretendCanvas,
    platform: Platform,
    settings: Settings,
    answer: dict[str, str] | None,
) -> None:
    asked = connecting.connect(
        session,
        platform,
        address="https://mistyped.example",
        client_id="1",
        client_secret="another",
        settings=settings,
        now=datetime.now(UTC),
    )
    session.commit()
    if answer is not None:
        client.get("/lti/consent", query_string={"state": state_of(asked.url), **answer})

    found = account(session)
    assert (found.state, found.address, found.problem) == (AccountState.CONNECTED, CANVAS, "")
    operations.edit_exchange(
        session,
        made.exchange,
        make_plan(title="Second drafts", submit_by=TOMORROW, review_by=IN_A_WEEK),
        by=made.teacher.person_id,
        now=datetime.now(UTC),
    )
    session.commit()
    run_jobs(session, app, "calendars")
    assert connected.titles() == ["Give feedback: Second drafts", "Hand in: Second drafts"]


def test_a_code_that_the_lms_does_not_know_connects_nothing(
    client: FlaskClient, session: Session, canvas: PretendCanvas, ask: Callable[[], str]
) -> None:
    answer = client.get("/lti/consent", query_string={"state": state_of(ask()), "code": "another"})

    assert answer.status_code == 502
    assert account(session).state == AccountState.ASKED
    assert waiting_jobs(session, "calendars.begin") == 0


def test_a_consent_whose_key_cannot_be_read_any_more_connects_nothing_and_says_so(
    client: FlaskClient, session: Session, canvas: PretendCanvas, ask: Callable[[], str], settings: Settings
) -> None:
    url = ask()
    kept = {"client_secret": vault.encrypt(replace(settings, secret_key="another " * 8), "the key's secret")}
    session.execute(update(CalendarAccount).values(asked_key=kept))
    session.commit()

    answer = client.get("/lti/consent", query_string={"state": state_of(url), "code": "a-code"})

    assert answer.status_code == 403
    assert "Connect the calendar again" in answer.text
    assert (account(session).state, account(session).problem) == (AccountState.ASKED, "unreadable")
    assert canvas.tokens_given == 0


@pytest.mark.parametrize(
    "address", ["http://school.example", "https://127.0.0.1", "ftp://x", "", "https://a@b.example"]
)
def test_an_address_that_is_not_called_is_refused_at_once(
    session: Session, platform: Platform, settings: Settings, address: str
) -> None:
    with pytest.raises(connecting.AddressRefused):
        connecting.connect(
            session,
            platform,
            address=address,
            client_id="1",
            client_secret="s",
            settings=settings,
            now=datetime.now(UTC),
        )


def test_an_lms_without_such_a_calendar_is_said_to_have_none(session: Session, settings: Settings) -> None:
    with pytest.raises(connecting.NoCalendar):
        connecting.connect(
            session,
            make_platform(session),
            address="https://lms.example",
            client_id="1",
            client_secret="s",
            settings=settings,
            now=datetime.now(UTC),
        )
