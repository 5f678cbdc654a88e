"""Deliveries: signed, repeated under one id, given up in time, and never where they must not go."""

import base64
import json
import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError as StandardError
from svix.webhooks import Webhook as SvixWebhook
from svix.webhooks import WebhookVerificationError as SvixError

from lti_tool import clock, jobs, vault
from lti_tool.config import Settings
from lti_tool.http import ForbiddenAddress
from lti_tool.outgoing import OUTGOING
from tests.factories.courses import make_platform
from tests.factories.jobs import waiting_jobs
from tests.factories.outbox import School, make_school
from tests.factories.receivers import Answer, Receiver, receiving
from webhooks import signatures
from webhooks.outbox import endpoints, rules, taking
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.jobs import scrub, sweep


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def school(session: Session, settings: Settings, receiver: Receiver, now: datetime) -> School:
    return make_school(session, settings, receiver.url, now=now)


def test_an_act_arrives_signed_as_both_reference_libraries_expect(school: School, receiver: Receiver) -> None:
    school.act()

    assert school.send() == 1

    (came,) = receiver.came
    headers = dict(came.headers)
    document = StandardWebhook(school.secret).verify(came.body, headers)
    SvixWebhook(school.secret).verify(came.body, headers)
    for library, error in ((StandardWebhook, StandardError), (SvixWebhook, SvixError)):
        with pytest.raises(error):
            library(signatures.new_secret()).verify(came.body, headers)
    assert document == {
        "type": "course.opened",
        "timestamp": "2026-03-02T09:30:00.000Z",
        "data": {
            "platform": {"issuer": school.platform.issuer, "client_id": school.platform.client_id},
            "course": {"id": school.course.context_id, "deployment_id": "1"},
            "person": {"id": school.sub},
        },
    }
    assert school.delivery().state == "delivered"
    assert headers["webhook-id"] == f"msg_{school.delivery().message_id}"


def test_while_a_secret_changes_both_verify(school: School, receiver: Receiver, session: Session) -> None:
    new = endpoints.rotate(session, school.endpoint, settings=school.settings, now=clock.now())
    school.act()

    school.send()

    (came,) = receiver.came
    for secret in (school.secret, new):
        for library in (StandardWebhook, SvixWebhook):
            library(secret).verify(came.body, dict(came.headers))


def test_two_days_later_the_old_secret_signs_no_more(school: School, receiver: Receiver, session: Session) -> None:
    long_ago = clock.now() - endpoints.OVERLAP - timedelta(minutes=1)
    endpoints.rotate(session, school.endpoint, settings=school.settings, now=long_ago)
    school.act()

    school.send()

    assert len(receiver.came[0].headers["webhook-signature"].split(" ")) == 1


@pytest.mark.parametrize("status", [500, 503, 408, 425])
def test_what_failed_is_tried_again_under_the_same_id_with_the_same_words(
    school: School, receiver: Receiver, status: int
) -> None:
    receiver.next_answers = [Answer(status)]
    school.act()
    began = clock.now()

    assert school.send() == 1

    waiting = school.delivery()
    assert (waiting.state, waiting.attempts, waiting.problem) == ("waiting", 1, "server")
    assert timedelta(seconds=5) <= waiting.next_attempt_at - began <= timedelta(seconds=66)
    assert waiting_jobs(school.session, "outbox.send") == 1, "the second attempt is rung for"

    assert school.send_again() == 1

    first, second = receiver.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert [(each.status, each.problem) for each in school.delivery().tries] == [(status, "server"), (204, "")]
    assert (school.delivery().state, school.endpoint.failures) == ("delivered", 0)


def test_a_delivery_that_never_arrives_is_given_up_after_ten_attempts(school: School, receiver: Receiver) -> None:
    receiver.always = Answer(500)
    school.act()

    attempts = [school.send_again() for _ in range(12)]

    assert attempts == [1] * 10 + [0, 0]
    assert (school.delivery().state, school.delivery().problem) == ("dead", "server")
    assert len(set(receiver.ids)) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422])
def test_a_refusal_for_good_is_not_tried_again(school: School, receiver: Receiver, status: int) -> None:
    receiver.always = Answer(status)
    school.act()

    assert (school.send(), school.send_again()) == (1, 0)

    assert (school.delivery().state, school.delivery().problem) == ("dead", "refused")


def test_who_asks_for_time_is_given_it_and_others_are_not_held_up(school: School, receiver: Receiver) -> None:
    receiver.next_answers = [Answer(429, {"Retry-After": "120"})]
    school.act()
    began = clock.now()
    school.send()

    assert school.delivery().next_attempt_at - began >= timedelta(seconds=120)
    assert school.endpoint.rests_until is not None
    assert school.endpoint.rests_until - began >= timedelta(seconds=120)
    school.act()
    with receiving() as other:
        another = make_school(school.session, school.settings, other.url, now=school.now, course=school.course)
        another.act()
        another.send()
        assert len(other.came) == 1
    assert len(receiver.came) == 1, "all of the endpoint waits, whatever else is due"


def test_a_moment_to_come_back_at_is_understood_too(school: School, receiver: Receiver) -> None:
    comes_back = clock.now() + timedelta(minutes=10)
    receiver.next_answers = [Answer(503, {"Retry-After": format_datetime(comes_back, usegmt=True)})]
    school.act()

    school.send()

    assert school.delivery().next_attempt_at >= comes_back - timedelta(seconds=1)


def test_one_who_hangs_is_hung_up_on_and_holds_up_nobody_else(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.outbox.sending.DEADLINE", 1.0)
    receiver.hang.clear()
    # Twice as many as are sent at once: while the first hang, and then it rests, the others wait.
    for _ in range(60):
        school.act()
    with receiving() as other:
        another = make_school(school.session, school.settings, other.url, now=school.now, course=school.course)
        another.act()

        school.send()

        assert len(other.came) == 1
    problems = {each.problem for each in school.deliveries() if each.endpoint_id == school.endpoint.id}
    assert problems == {"too_slow", ""}, "some ran into the deadline; then it rests, and the others wait for it"
    # Where one is hung up on before the others, its place is taken, and the receiver still holds on to both.
    most = school.settings.webhook_concurrency * taking.SHARE + rules.BREAKS_AFTER - 1
    assert receiver.most_at_once <= most


def test_a_redirect_is_a_failure_and_is_never_followed(school: School, receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.next_answers = [
            Answer(302, {"Location": "http://169.254.169.254/latest/meta-data/"}),
            Answer(307, {"Location": inside.url}),
        ]
        school.act()
        school.send()
        school.send_again()

        assert inside.came == []
    assert (school.delivery().state, school.delivery().problem) == ("waiting", "redirected")


def test_one_who_is_gone_is_told_nothing_more_and_it_is_said_why(school: School, receiver: Receiver) -> None:
    receiver.always = Answer(410)
    school.act()
    school.send()

    (health,) = endpoints.health(school.session, now=clock.now())
    assert (health.state, health.why) == ("disabled", "gone")
    assert (school.delivery().state, school.delivery().problem) == ("dead", "gone")
    school.act()
    assert len(school.deliveries()) == 1

    receiver.always = Answer(204)
    endpoints.resume(school.session, school.endpoint, now=clock.now())
    school.act()
    assert school.send() == 1


def test_an_endpoint_that_fails_again_and_again_rests_and_is_asked_with_one(school: School, receiver: Receiver) -> None:
    receiver.always = Answer(500)
    for _ in range(5):
        school.act()
    school.send()
    assert school.endpoint.failures == 5
    assert school.endpoint.rests_until is not None
    for _ in range(20):
        school.act()

    assert school.send() == 0, "it rests"
    assert school.send_again() == 1, "one finds out"
    assert (school.endpoint.failures, len(receiver.came)) == (6, 6)
    receiver.always = Answer(204)
    assert school.send_again() == 25, "one finds out, and the others follow"

    assert {each.state for each in school.deliveries()} == {"delivered"}
    assert (school.endpoint.failures, school.endpoint.failing_since) == (0, None)


def test_many_that_fail_at_once_open_the_breaker_once(school: School, receiver: Receiver) -> None:
    receiver.always = Answer(500, after=0.05)
    for _ in range(24):
        school.act()
    began = clock.now()

    school.send()

    assert school.endpoint.failures == rules.BREAKS_AFTER
    assert school.endpoint.rests_until is not None
    assert school.endpoint.rests_until - began < timedelta(minutes=5), "not as if it had failed 24 times in a row"


def test_one_that_nothing_reached_for_days_is_disabled(school: School, receiver: Receiver) -> None:
    receiver.always = Answer(500)
    school.act()
    school.endpoint.failing_since = clock.now() - rules.GIVES_UP_AFTER
    school.endpoint.failures = rules.BREAKS_AFTER

    school.send()

    assert (school.endpoint.state, school.endpoint.why) == ("disabled", "failing")


def test_refusals_of_single_messages_never_disable_an_endpoint(school: School, receiver: Receiver) -> None:
    """Somebody is there and answers: what they do not like is one message, or another, days later."""
    receiver.always = Answer(400)
    for days in (6, 0):
        school.act()
        school.send()
        school.endpoint.failing_since = school.endpoint.failing_since and clock.now() - timedelta(days=days)

    assert (school.endpoint.state, school.endpoint.failing_since, school.endpoint.failures) == ("active", None, 2)
    school.act()
    assert len(school.deliveries()) == 3, "it goes on being told"


def test_an_endpoint_is_not_disabled_because_two_attempts_that_are_days_apart_failed(
    school: School, receiver: Receiver
) -> None:
    """Where little happens, five days may hold two attempts."""
    receiver.always = Answer(500)
    school.act()
    school.send()
    school.endpoint.failing_since = clock.now() - rules.GIVES_UP_AFTER

    school.send_again()

    assert (school.endpoint.state, school.endpoint.failures) == ("active", 2)


def test_an_answer_ends_the_days_in_which_nobody_was_reached(school: School, receiver: Receiver) -> None:
    receiver.next_answers = [Answer(500)]
    school.act()
    school.send()
    school.endpoint.failing_since = clock.now() - rules.GIVES_UP_AFTER
    school.endpoint.failures = rules.BREAKS_AFTER
    receiver.always = Answer(422)

    school.send_again()

    (health,) = endpoints.health(school.session, now=clock.now())
    assert (health.state, health.failing_since) == ("active", None)


# What goes wrong with one.


def make_unreadable(school: School) -> None:
    school.endpoint.secret = vault.encrypt(replace(school.settings, secret_key="another"), school.secret)
    school.session.commit()


def test_a_secret_that_cannot_be_read_stops_its_own_endpoint_and_no_other(school: School, receiver: Receiver) -> None:
    with receiving() as other:
        another = make_school(school.session, school.settings, other.url, now=school.now, course=school.course)
        make_unreadable(school)
        school.act()

        assert school.send() == 1

        assert len(other.came) == 1
        assert another.endpoint.state == "active"
    assert receiver.came == []
    assert (school.endpoint.state, school.endpoint.why) == ("paused", "unreadable")
    (kept,) = [each for each in school.deliveries() if each.endpoint_id == school.endpoint.id]
    assert (kept.state, kept.attempts) == ("waiting", 0)


def test_what_happened_while_a_secret_was_unreadable_is_told_under_a_new_one(
    school: School, receiver: Receiver
) -> None:
    make_unreadable(school)
    school.act()
    school.send()
    school.act()

    secret = endpoints.rotate(school.session, school.endpoint, settings=school.settings, now=clock.now())

    assert school.send() == 2
    for came in receiver.came:
        StandardWebhook(secret).verify(came.body, dict(came.headers))
        assert len(came.headers["webhook-signature"].split(" ")) == 1


def test_with_the_right_key_back_endpoints_go_on_by_themselves(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = school.endpoint.secret
    make_unreadable(school)
    school.act()
    school.send()
    monkeypatch.setattr("lti_tool.config.running", lambda: school.settings)
    sweep(0)
    assert receiver.came == []
    school.session.refresh(school.endpoint)
    school.endpoint.secret = right
    school.session.commit()

    sweep(0)

    assert len(receiver.came) == 1
    StandardWebhook(school.secret).verify(receiver.came[0].body, dict(receiver.came[0].headers))


def test_an_old_secret_that_cannot_be_read_is_left_out(school: School, receiver: Receiver) -> None:
    endpoints.rotate(school.session, school.endpoint, settings=school.settings, now=clock.now())
    school.endpoint.old_secret = "nonsense"
    school.act()

    school.send()

    assert len(receiver.came[0].headers["webhook-signature"].split(" ")) == 1


def test_a_message_that_cannot_be_written_is_put_off_and_holds_up_no_other(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(session: Session, _activities: Any) -> Any:
        session.execute(text("select * from nowhere"))

    broken = replace(catalogue.get("work.submitted") or pytest.fail("no such kind"), names_in=fails)
    catalogue.install({**OUTGOING, broken.act: broken})
    try:
        school.endpoint.kinds = ["course.opened", broken.act]
        school.session.flush()
        school.act(broken.act)
        school.act()

        assert school.send() == 1

        assert [json.loads(each.body)["type"] for each in receiver.came] == ["course.opened"]
        bad, _good = school.deliveries()
        assert (bad.state, bad.problem, bad.attempts) == ("waiting", "unwritten", 1)
        assert bad.next_attempt_at > clock.now()
    finally:
        catalogue.install(OUTGOING)
    school.send_again()
    assert {each.state for each in school.deliveries()} == {"delivered"}


def test_what_became_of_attempts_is_kept_whatever_happens_to_the_next(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = taking.take
    calls: list[int] = []

    def once(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("the database had enough")
        return taken(*args, **options)

    monkeypatch.setattr("webhooks.outbox.sending.take", once)
    school.act()

    with pytest.raises(RuntimeError):
        school.send()

    school.session.expire_all()
    assert [each.state for each in school.deliveries()] == ["delivered"]


def test_when_none_of_what_is_due_may_be_told_what_comes_after_it_is_sent_in_the_same_go(
    school: School, receiver: Receiver, session: Session
) -> None:
    for _ in range(40):
        school.act()
    session.execute(text("update journal_entry set act = 'something.forgotten'"))
    session.execute(text("update webhook_delivery set kind = 'something.forgotten'"))
    school.act(now=school.now + timedelta(minutes=1))

    assert school.send() == 1


def test_a_long_answer_is_not_read_to_its_end_and_counts_by_its_status(school: School, receiver: Receiver) -> None:
    receiver.always = Answer(200, body=b"x" * 1_000_000)
    school.act()

    school.send()

    assert school.delivery().state == "delivered"


def test_nobody_there_is_a_failure_like_any_other(school: School) -> None:
    school.endpoint.url = "http://localhost:1/"
    school.act()

    school.send()

    assert (school.delivery().state, school.delivery().problem) == ("waiting", "no_answer")


def test_a_delivery_whose_worker_died_is_due_again_after_its_lease(school: School, receiver: Receiver) -> None:
    school.act()
    taken = taking.take(school.session, settings=school.settings, now=clock.now(), limit=10)
    school.session.commit()

    assert len(taken) == 1
    assert school.send() == 0, "somebody is at it"
    assert school.send_again() == 1
    assert receiver.ids == [taken[0].message_id]
    assert receiver.came[0].body == taken[0].body


def test_a_worker_that_is_to_stop_takes_no_more_and_rings_for_the_next(school: School, receiver: Receiver) -> None:
    school.act()
    jobs.stopping.set()
    try:
        assert school.send() == 0
    finally:
        jobs.stopping.clear()

    assert waiting_jobs(school.session, "outbox.send") >= 1
    assert school.send() == 1


# Where it must not go.


def resolving(monkeypatch: pytest.MonkeyPatch, to: int, *answers: str) -> list[tuple[str, int]]:
    """Let names resolve to *answers*, one after the other, and what is public lead to our port *to*."""
    resolved = list(answers)
    connected: list[tuple[str, int]] = []

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        number = resolved.pop(0) if len(resolved) > 1 else resolved[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    def create_connection(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        made = socket.socket()
        made.settimeout(timeout)
        made.connect(("127.0.0.1", to))
        return made

    monkeypatch.setattr("lti_tool.http.socket.getaddrinfo", getaddrinfo)
    monkeypatch.setattr("lti_tool.http.socket.create_connection", create_connection)
    return connected


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for hooks.example, by itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return tmp_path / "cert.pem", context


@pytest.fixture
def asked_for(authority: tuple[Path, ssl.SSLContext]) -> list[str | None]:
    """The names that clients asked the server for (SNI)."""
    names: list[str | None] = []
    authority[1].sni_callback = lambda _socket, name, _context: names.append(name)
    return names


def test_it_connects_to_the_address_it_checked_with_the_name_and_certificate_of_the_endpoint(
    school: School,
    authority: tuple[Path, ssl.SSLContext],
    asked_for: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving(tls=authority[1]) as receiver:
        connected = resolving(monkeypatch, receiver.port, "93.184.216.34", "127.0.0.1")
        school.endpoint.url = "https://hooks.example/hearth"
        school.settings = replace(school.settings, ca_bundle=authority[0])
        school.act()

        school.send()

        assert connected == [("93.184.216.34", 443)]
        assert asked_for == ["hooks.example"]
        assert [each.headers["host"] for each in receiver.came] == ["hooks.example"]
    assert school.delivery().state == "delivered"


@pytest.mark.parametrize("url", ["https://hooks.example/", "https://elsewhere.example/"])
def test_a_certificate_that_nobody_vouches_for_or_of_another_name_is_refused(
    school: School, authority: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with receiving(tls=authority[1]) as receiver:
        resolving(monkeypatch, receiver.port, "93.184.216.34")
        school.endpoint.url = url
        if "elsewhere" in url:
            school.settings = replace(school.settings, ca_bundle=authority[0])
        school.act()

        school.send()

        assert receiver.came == []
    assert (school.delivery().state, school.delivery().problem) == ("waiting", "certificate")


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1", "fe80::1"],
)
def test_a_name_that_leads_into_a_private_network_is_connected_to_by_nobody(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    connected = resolving(monkeypatch, receiver.port, number)
    school.endpoint.url = "https://innocent.example/"
    school.act()

    school.send()

    assert (connected, receiver.came) == ([], [])
    assert (school.delivery().state, school.delivery().problem) == ("waiting", "forbidden")


def test_the_networks_of_lmss_are_none_of_endpoints_and_those_of_endpoints_are_reached(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever typed the address is no operator: what lives beside the LMS is none of theirs."""
    inside = (ip_network("10.0.0.0/8"),)
    connected = resolving(monkeypatch, receiver.port, "10.0.0.1")
    school.endpoint.url = "https://beside-the-lms.example/"
    school.settings = replace(school.settings, private_networks=inside)
    school.act()

    school.send()

    assert (connected, school.delivery().problem) == ([], "forbidden")
    school.settings = replace(school.settings, private_networks=(), webhook_private_networks=inside)
    school.send_again()
    assert connected == [("10.0.0.1", 443)]


def test_a_name_that_is_public_today_and_private_tomorrow_is_asked_again_for_each_connection(
    school: School, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding between two attempts; within one, nobody asks twice."""
    connected = resolving(monkeypatch, receiver.port, "93.184.216.34", "10.0.0.1")
    school.endpoint.url = "https://rebinding.example/"
    school.act()

    school.send()
    school.send_again()

    assert connected == [("93.184.216.34", 443)]
    assert school.delivery().problem == "forbidden"


def test_without_the_setting_of_developers_this_machine_is_called_by_nobody(school: School, receiver: Receiver) -> None:
    school.settings = replace(school.settings, allow_loopback_platforms=False)
    school.act()

    school.send()

    assert receiver.came == []
    assert school.delivery().problem == "forbidden"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://hooks.example:8080/",
        "https://hooks.example:22/",
        "https://user:word@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example/ a",
        "https://hooks.example/\x00",
        "ftp://hooks.example/",
        "https://",
        "hooks.example",
        "https://[::1",
        "https://hooks.example:99999/",
        "https://localhost/",
        "https://" + "a" * 1_000,
        "",
    ],
)
def test_an_address_that_is_none_of_an_endpoint_is_not_taken(
    session: Session, settings: Settings, now: datetime, url: str
) -> None:
    wanted = endpoints.Wanted(url=url, kinds=["course.opened"])

    with pytest.raises(ForbiddenAddress):
        endpoints.make(session, make_platform(session), wanted, settings=settings, now=now)


# What is kept of it.


def test_what_was_said_is_thrown_away_after_some_days_and_that_it_was_after_some_weeks(
    school: School, session: Session, app: Any
) -> None:
    school.act(now=clock.now() - timedelta(days=8))
    school.act(now=clock.now() - timedelta(days=6))
    school.act(now=clock.now() - timedelta(days=61))
    school.send()

    with app.app_context():
        scrub(0)

    assert [each.body is None for each in school.deliveries()] == [True, False]
    assert [each.person_id is None for each in school.deliveries()] == [True, False]


def test_nothing_of_anybody_gets_into_the_log(
    school: School, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.next_answers = [Answer(500, body=b"a secret of theirs")]
    school.act()
    school.send()
    school.send_again()

    assert school.sub not in caplog.text
    assert "a secret of theirs" not in caplog.text
    assert base64.b64encode(base64.b64decode(school.secret[6:])).decode() not in caplog.text


def test_a_pause_holds_deliveries_back_until_it_ends(school: School, receiver: Receiver) -> None:
    endpoints.pause(school.session, school.endpoint, now=clock.now())
    school.act()
    assert school.send() == 0

    endpoints.resume(school.session, school.endpoint, now=clock.now())

    assert school.send() == 1
    assert json.loads(receiver.came[0].body)["type"] == "course.opened"


def test_acts_of_a_test_user_and_of_kinds_that_no_room_declares_are_not_told(school: School, session: Session) -> None:
    session.execute(text("update membership set is_test_user = true"))
    school.act()
    assert school.send() == 0
    session.execute(text("update membership set is_test_user = false"))
    school.endpoint.kinds = ["something.forgotten"]
    session.flush()
    school.act("something.forgotten")

    assert school.send() == 0

    assert {each.state for each in school.deliveries()} == {"skipped"}
