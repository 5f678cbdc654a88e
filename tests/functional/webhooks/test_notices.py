"""Notices of a platform: asked for after a launch, believed one by one, kept once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.lms.events import CourseCopied
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.key_sets import key_sets
from lti_tool.lti.listening import known
from lti_tool.lti.models import NoticeService
from tests.factories.courses import make_course, make_deployment, make_platform
from tests.factories.jobs import waiting_jobs
from tests.factories.lti import PretendPlatform, jwk, keep_signing_key, launch, make_pretend_platform
from webhooks import drain, inbox
from webhooks.models import Event, Refusal, Source
from webhooks.notices import look_after, subscribe_due

SERVICE = "https://lms.example/api/lti/notice-handlers/3"
HELLO, COPIED = "LtiHelloWorldNotice", "LtiContextCopyNotice"


def offered(**changes: Any) -> dict[str, Any]:
    claim = {
        "service_versions": ["1.0"],
        "platform_notification_service_url": SERVICE,
        "scope": [lti.SCOPE_NOTICES],
        "notice_types_supported": [HELLO, COPIED, "LtiAssetProcessorSubmissionNotice"],
    } | changes
    return {lti.PNS: claim}


@pytest.fixture(autouse=True)
def forgetful() -> None:
    known.forget()
    inbox.addresses.forget()


@pytest.fixture
def platform(session: Session, settings: Settings) -> PretendPlatform:
    keep_signing_key(session, settings)
    return make_pretend_platform(session, family="canvas")


@pytest.fixture
def handlers(platform: PretendPlatform) -> Iterator[list[Mapping[str, str]]]:
    """What the platform was asked for."""
    asked: list[Mapping[str, str]] = []

    def subscribe(request: Any) -> tuple[int, dict[str, str], str]:
        assert request.headers["Authorization"] == "Bearer a-token"
        asked.append(json.loads(request.body))
        return 200, {}, request.body

    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        network.post(
            platform.platform.token_url,
            json={"access_token": "a-token", "token_type": "Bearer", "scope": lti.SCOPE_NOTICES},
        )
        network.add_callback(responses.PUT, SERVICE, callback=subscribe)
        network.add_callback(
            responses.GET, SERVICE, callback=lambda _request: (200, {}, json.dumps({"notice_handlers": asked}))
        )
        yield asked


@pytest.fixture
def source(session: Session, platform: PretendPlatform) -> Source:
    made = Source(
        public_id="notices-here", platform_id=platform.platform.id, proof="notice", created_at=datetime.now(UTC)
    )
    session.add(made)
    session.commit()
    return made


def notice(platform: PretendPlatform, *, id: str = "notice-1", type: str = COPIED, **changes: Any) -> str:
    """A signed notice; a claim that is changed to None is taken away."""
    issued = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": platform.platform.issuer,
        "aud": platform.platform.client_id,
        "azp": platform.platform.client_id,
        "iat": issued,
        "exp": issued + 3600,
        "nonce": "once",
        lti.VERSION: "1.3.0",
        lti.DEPLOYMENT_ID: platform.deployment.deployment_id,
        lti.NOTICE: {"id": id, "timestamp": "2026-03-02T09:30:00Z", "type": type},
        lti.CONTEXT: {"id": "course-2"},
        lti.ORIGIN_CONTEXTS: ["course-1"],
    } | changes
    return platform.sign({name: value for name, value in claims.items() if value is not None})


def send(client: FlaskClient, platform: PretendPlatform, *tokens: str) -> int:
    with platform.key_set():
        return client.post("/webhooks/notices-here", json={"notices": [{"jwt": token} for token in tokens]}).status_code


def kept(session: Session) -> list[str]:
    session.rollback()
    return [event.key.partition("\n")[2] for event in session.scalars(select(Event).order_by(Event.id))]


# Asking


def test_the_first_launch_that_offers_notices_has_them_asked_for(
    client: FlaskClient,
    session: Session,
    platform: PretendPlatform,
    settings: Settings,
    handlers: list[Mapping[str, str]],
) -> None:
    launch(client, platform, offered())

    assert subscribe_due(settings) == 1

    source = session.scalars(select(Source)).one()
    address = f"https://hearth.example/webhooks/{source.public_id}"
    assert handlers == [{"notice_type": each, "handler": address} for each in (COPIED, HELLO)]
    assert (source.proof, source.platform_id) == ("notice", platform.platform.id)
    service = session.scalars(select(NoticeService)).one()
    assert (service.state, service.problem) == ("listening", "")


def test_what_was_asked_for_is_not_asked_for_again(
    client: FlaskClient, platform: PretendPlatform, settings: Settings, handlers: list[Mapping[str, str]]
) -> None:
    for _ in range(3):
        launch(client, platform, offered())
        subscribe_due(settings)

    assert len(handlers) == 2


def test_what_was_promised_is_looked_at_and_asked_for_anew_where_the_lms_forgot_it(
    client: FlaskClient,
    session: Session,
    platform: PretendPlatform,
    settings: Settings,
    handlers: list[Mapping[str, str]],
) -> None:
    launch(client, platform, offered())
    subscribe_due(settings)
    assert look_after(settings) == 0
    handlers.clear()

    assert look_after(settings) == 1

    assert state(session) == ("wanted", "")
    subscribe_due(settings)
    assert len(handlers) == 2
    assert look_after(settings) == 0


def test_after_a_move_to_another_address_notices_are_asked_to_follow(
    client: FlaskClient,
    session: Session,
    platform: PretendPlatform,
    settings: Settings,
    handlers: list[Mapping[str, str]],
) -> None:
    launch(client, platform, offered())
    subscribe_due(settings)
    moved = replace(settings, public_url="https://elsewhere.example")

    assert look_after(moved) == 1

    handlers.clear()
    subscribe_due(moved)
    assert {each["handler"].partition("/webhooks/")[0] for each in handlers} == {"https://elsewhere.example"}
    assert look_after(moved) == 0


def test_whoever_refused_is_asked_again_a_day_later(
    client: FlaskClient, session: Session, platform: PretendPlatform, settings: Settings
) -> None:
    """An admin who gives the right changes no offer."""
    launch(client, platform, offered())
    with responses.RequestsMock() as network:
        network.post(platform.platform.token_url, status=400, json={"error": "invalid_scope"})
        assert subscribe_due(settings) == 1
        assert subscribe_due(settings) == 0
    assert state(session) == ("refused", "not_granted")
    due = session.scalars(select(NoticeService.next_attempt_at)).one()
    assert timedelta(hours=23) < due - datetime.now(UTC) <= timedelta(days=1)

    session.execute(update(NoticeService).values(next_attempt_at=datetime.now(UTC)))
    session.commit()
    with responses.RequestsMock() as network:
        network.post(
            platform.platform.token_url,
            json={"access_token": "a-token", "token_type": "Bearer", "scope": lti.SCOPE_NOTICES},
        )
        network.put(SERVICE, json={})
        assert subscribe_due(settings) == 1
    assert state(session) == ("listening", "")


def test_a_right_that_was_taken_away_is_seen_and_a_night_without_an_answer_changes_nothing(
    client: FlaskClient,
    session: Session,
    platform: PretendPlatform,
    settings: Settings,
    handlers: list[Mapping[str, str]],
) -> None:
    launch(client, platform, offered())
    subscribe_due(settings)
    with responses.RequestsMock() as network:
        network.get(SERVICE, status=503)
        assert look_after(settings) == 0
    assert state(session) == ("listening", "")

    with responses.RequestsMock() as network:
        network.get(SERVICE, status=403)
        assert look_after(settings) == 1
    assert state(session)[0] == "refused"


def state(session: Session) -> tuple[str, str]:
    session.rollback()
    session.expire_all()
    found = session.scalars(select(NoticeService)).one()
    return found.state, found.problem


def test_while_the_key_set_does_not_answer_notices_are_to_be_sent_again(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    key_sets.forget()
    with responses.RequestsMock() as network:
        network.get(platform.platform.jwks_url, status=500)
        answer = client.post("/webhooks/notices-here", json={"notices": [{"jwt": notice(platform)}]})

    assert answer.status_code == 503
    assert kept(session) == []
    key_sets.forget()
    assert send(client, platform, notice(platform)) == 202


def test_an_offer_that_changes_is_asked_for_anew_at_the_same_address(
    client: FlaskClient,
    session: Session,
    platform: PretendPlatform,
    settings: Settings,
    handlers: list[Mapping[str, str]],
) -> None:
    launch(client, platform, offered(notice_types_supported=[HELLO]))
    subscribe_due(settings)

    launch(client, platform, offered())
    subscribe_due(settings)

    assert [each["notice_type"] for each in handlers] == [HELLO, COPIED, HELLO]
    assert len({each["handler"] for each in handlers}) == 1
    assert len(session.scalars(select(Source)).all()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": []},
        {"notice_types_supported": ["LtiAssetProcessorSubmissionNotice"]},
        {"platform_notification_service_url": "javascript:alert(1)"},
        {"platform_notification_service_url": None},
        {"service_versions": ["2.0"]},
    ],
)
def test_an_offer_that_is_of_no_use_is_left_alone(
    client: FlaskClient, session: Session, platform: PretendPlatform, changes: dict[str, Any]
) -> None:
    launch(client, platform, offered(**changes))

    assert session.scalars(select(NoticeService)).all() == []


@pytest.mark.parametrize("status, state", [(500, "wanted"), (429, "wanted"), (403, "refused"), (400, "refused")])
def test_a_platform_that_would_not_is_asked_again_where_that_may_help(
    client: FlaskClient, session: Session, platform: PretendPlatform, settings: Settings, status: int, state: str
) -> None:
    launch(client, platform, offered())
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        network.post(platform.platform.token_url, json={"access_token": "a-token", "token_type": "Bearer"})
        network.put(SERVICE, status=status)

        assert subscribe_due(settings) == 1
        assert subscribe_due(settings) == 0

    service = session.scalars(select(NoticeService)).one()
    assert (service.state, service.attempts) == (state, 1)
    assert service.problem
    assert service.next_attempt_at > datetime.now(UTC)


# Believing


def test_a_copied_course_is_told(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    heard: list[CourseCopied] = []
    drain.subscriptions.install({CourseCopied: (lambda _session, _platform, events, _now: heard.extend(events),)})

    assert send(client, platform, notice(platform)) == 202
    drain.drain_all()

    (copied,) = heard
    assert (copied.context, copied.origin) == ("course-2", "course-1")
    assert copied.occurred_at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_copied_course_that_we_know_is_compared(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    """A notice calls it as LTI does, and not by the LMS's own id, by which events of the same LMS call it."""
    make_course(session, platform.deployment, context_id="course-2", lms_id="10000000000042")
    make_course(session, platform.deployment, context_id="course-3", lms_id="course-2")
    session.commit()

    send(client, platform, notice(platform))
    drain.drain_all()

    assert session.scalars(select(Event.state)).one() == "done"
    assert waiting_jobs(session, "reconcile.compare") == 1


@pytest.fixture(autouse=True)
def subscriptions_as_before() -> Iterator[None]:
    before = dict(drain.subscriptions._table)
    yield
    drain.subscriptions.install(before)


def test_a_greeting_is_kept_and_concerns_nobody(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    about_nothing: dict[str, Any] = {lti.CONTEXT: None, lti.ORIGIN_CONTEXTS: None}
    send(client, platform, notice(platform, type=HELLO, **about_nothing))
    drain.drain_all()

    assert session.scalars(select(Event.state)).one() == "skipped"


def test_a_notice_that_comes_twice_is_kept_once(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    first, second = notice(platform), notice(platform, id="notice-2")

    statuses = [send(client, platform, *each) for each in ([second], [first, second], [first], [first, first])]

    assert statuses == [202] * 4
    assert kept(session) == ["notice-2", "notice-1"]


def test_the_same_id_in_two_deployments_is_two_notices(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    make_deployment(session, platform.platform, deployment_id="deployment-2")
    session.commit()

    send(client, platform, notice(platform), notice(platform, **{lti.DEPLOYMENT_ID: "deployment-2"}))

    assert kept(session) == ["notice-1", "notice-1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": None},
        {"aud": ["another client"]},
        {"azp": "another client"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": int((datetime.now(UTC) + timedelta(hours=2)).timestamp())},
        {"nonce": None},
        {lti.VERSION: "1.1"},
        {lti.DEPLOYMENT_ID: "of somebody else"},
        {lti.DEPLOYMENT_ID: None},
        {lti.NOTICE: None},
        {lti.NOTICE: {"id": "", "timestamp": "2026-03-02T09:30:00Z", "type": HELLO}},
        {lti.NOTICE: {"id": "x\x00", "timestamp": "2026-03-02T09:30:00Z", "type": HELLO}},
        {lti.NOTICE: {"id": "x", "timestamp": "yesterday", "type": HELLO}},
        {lti.NOTICE: {"id": "x" * 300, "timestamp": "2026-03-02T09:30:00Z", "type": HELLO}},
    ],
)
def test_a_notice_that_is_not_for_us_is_refused_and_not_kept(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source, changes: dict[str, Any]
) -> None:
    assert send(client, platform, notice(platform, **changes)) == 401

    assert kept(session) == []
    assert session.scalars(select(Refusal.count)).one() == 1


def test_a_notice_signed_with_another_key_is_refused(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    platform.key = "second"
    platform.published = [jwk("first", kid="second")]

    assert send(client, platform, notice(platform)) == 401
    assert kept(session) == []


def test_one_bad_notice_keeps_no_other_out(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    """No platform sends a notice again, so what is good in a batch is kept."""
    good, bad = notice(platform), notice(platform, id="notice-2", aud="another client")

    assert send(client, platform, bad, good, "garbage") == 202
    assert kept(session) == ["notice-1"]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"notices": []}', '{"notices": [7]}', '{"notices": [{"jwt": 7}]}', '{"notices": {}}']
)
def test_what_is_no_list_of_notices_is_refused_as_such(
    client: FlaskClient, session: Session, source: Source, body: str
) -> None:
    assert client.post("/webhooks/notices-here", data=body).status_code == 400
    assert kept(session) == []


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", "x" * 200_000])
def test_garbage_is_no_notice(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source, token: str
) -> None:
    assert send(client, platform, token) == 401


def test_a_notice_of_another_platform_with_the_same_keys_is_refused(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    """All hosted tenants of an LMS share its issuer and keys; the client and its deployments tell them apart."""
    other = make_platform(session, issuer=platform.platform.issuer, jwks_url=platform.platform.jwks_url)
    tenant = PretendPlatform(other, make_deployment(session, other, deployment_id="deployment-1"))
    session.commit()

    assert send(client, platform, notice(tenant)) == 401
    assert kept(session) == []


def test_a_platform_that_is_switched_off_is_not_heard(
    client: FlaskClient, session: Session, platform: PretendPlatform, source: Source
) -> None:
    session.execute(update(Platform).values(state="disabled"))
    session.commit()

    assert send(client, platform, notice(platform)) == 404
