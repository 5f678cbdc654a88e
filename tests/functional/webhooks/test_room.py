"""The letterbox's pages in the admin room: an admin sets up, tries and mends the events of their LMS alone."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null, select, text, update
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.journal.models import Audit
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.models import NoticeService
from tests.conftest import PUBLIC_URL
from tests.factories.admin import Admin, come
from tests.factories.courses import make_course, make_deployment
from tests.factories.lti import INSTRUCTOR, LEARNER, launch, make_pretend_platform
from tests.pages import mistakes_in, words
from webhooks import inbox, signatures, sources
from webhooks.drain import drain_all
from webhooks.jobs import note_speech, scrub
from webhooks.models import Event, Refusal, RemovedSource, Source, Speech
from webhooks.room import searching


@pytest.fixture(autouse=True)
def _strangers() -> None:
    """Whom another test knew is unknown here."""
    inbox.addresses.forget()


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Admin:
    return come(client, make_pretend_platform(session, family="moodle"))


def make(admin: Admin, proof: str = "standard", name: str = "Main") -> tuple[str, str]:
    """Address and secret of a new source, as the page shows them."""
    answer = admin.post("sources", proof=proof, name=name)
    assert answer.status_code == 201, answer.text
    shown = [unescape(each).strip() for each in re.findall(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)]
    return shown[0], shown[1] if len(shown) > 1 and shown[1].startswith("whsec_") else ""


def send(admin: Admin, address: str, secret: str, *, message_id: str = "msg-1", **changes: Any) -> int:
    """One event of our plugin."""
    told = {"eventname": "\\local_hearth\\event\\test_requested", "timecreated": 1_795_724_400, "courseid": 0}
    body = json.dumps({"type": "x", "timestamp": "x", "data": {"site": "hs", "event": told | changes}}).encode()
    at = datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures.sign(secret, message_id=message_id, at=at, body=body),
    }
    return admin.client.post(address.removeprefix(PUBLIC_URL), data=body, headers=headers).status_code


def test_an_admin_sets_an_address_up_tries_it_and_sees_that_it_works(admin: Admin, session: Session) -> None:
    assert "Your LMS does not send any" in words(admin.get().text)
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()

    begun = admin.post(f"sources/{source.id}/tests")
    before = words(admin.client.get(begun.headers["Location"].partition("#")[0]).text)
    status = send(admin, address, secret)
    since = begun.headers["Location"].partition("since=")[2].partition("#")[0]
    after = words(admin.get(f"sources/{source.id}/arrivals?since={since}").text)

    assert address.startswith(f"{PUBLIC_URL}/webhooks/")
    assert status == 202
    assert "Nothing has come since" in before
    assert "press Send a test" in before
    assert "It works: this came, and it is proven." in after
    assert "test_requested" in after
    assert "They come and are read." in words(admin.get().text)


def test_the_secret_is_shown_once_and_in_no_log(admin: Admin, session: Session) -> None:
    _address, secret = make(admin)
    source = session.scalars(select(Source)).one()

    assert secret.startswith("whsec_")
    assert secret not in admin.get(f"sources/{source.id}").text
    assert secret not in str([each.particulars for each in session.scalars(select(Audit))])


def test_a_refusal_is_told_with_its_reason_and_what_to_do(admin: Admin, session: Session) -> None:
    address, _secret = make(admin)
    source = session.scalars(select(Source)).one()
    since = int(datetime.now(UTC).timestamp())

    status = send(admin, address, signatures.new_secret())

    page = words(admin.get(f"sources/{source.id}?since={since}").text)
    assert status == 401
    assert "Something came and was refused: wrong signature" in page
    assert "Copy the secret again" in page
    assert "What came last was refused." in words(admin.get().text)


def test_a_refusal_from_before_the_test_is_no_finding_of_it(admin: Admin, session: Session) -> None:
    address, _secret = make(admin)
    source = session.scalars(select(Source)).one()
    send(admin, address, signatures.new_secret())
    session.execute(update(Refusal).values(last_at=datetime.now(UTC) - timedelta(hours=1)))
    session.commit()

    page = words(admin.get(f"sources/{source.id}?since={int(datetime.now(UTC).timestamp())}").text)

    assert "Something came and was refused" not in page
    assert "Once : wrong signature" in page


def test_the_page_stops_asking_by_itself_after_ten_minutes(admin: Admin, session: Session) -> None:
    make(admin)
    source = session.scalars(select(Source)).one()
    ago = int((datetime.now(UTC) - timedelta(minutes=11)).timestamp())

    assert "hx-trigger" not in admin.get(f"sources/{source.id}?since={ago}").text
    for nonsense in ("", "x", "-1", "99999999999999999999"):
        assert admin.get(f"sources/{source.id}?since={nonsense}").status_code == 200
        assert admin.get(f"sources/{source.id}/arrivals?since={nonsense}").status_code == 404


def test_a_new_secret_works_and_so_does_the_one_before(admin: Admin, session: Session) -> None:
    address, old = make(admin)
    source = session.scalars(select(Source)).one()

    page = admin.post(f"sources/{source.id}/secrets").text
    inbox.addresses.forget()
    new = re.findall(r"whsec_[A-Za-z0-9+/=]+", unescape(page))[0]

    assert new != old
    assert send(admin, address, new) == send(admin, address, old, message_id="msg-2") == 202


def test_a_paused_address_takes_nothing_until_it_is_let(admin: Admin, session: Session) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()

    admin.post(f"sources/{source.id}/pause")
    inbox.addresses.forget()
    paused = send(admin, address, secret)
    admin.post(f"sources/{source.id}/pause/undo")
    inbox.addresses.forget()

    assert paused == 404
    assert send(admin, address, secret) == 202
    assert [each.act for each in session.scalars(select(Audit).order_by(Audit.id))] == [
        "source.made",
        "source.paused",
        "source.resumed",
    ]


def test_an_address_gets_another_name_and_what_was_typed_is_kept_where_it_is_too_long(
    admin: Admin, session: Session
) -> None:
    make(admin)
    source = session.scalars(select(Source)).one()

    renamed = admin.post(f"sources/{source.id}/name", name="  The  new\x00 one ")
    refused = admin.post(f"sources/{source.id}/name", name="x" * 81)

    session.expire_all()
    assert renamed.status_code == 303
    assert source.name == "The new one"
    assert refused.status_code == 422
    assert "x" * 81 in refused.text
    assert mistakes_in({"refused": refused.text}) == []
    assert session.scalars(select(Audit.act).order_by(Audit.id)).all() == ["source.made", "source.renamed"]


def night_falls(app: Flask) -> None:
    """What is old is thrown away."""
    with app.app_context():
        scrub(0)


def test_what_goes_with_an_address_is_told_before_it_is_removed_and_the_log_keeps_it(
    app: Flask, admin: Admin, session: Session
) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()
    send(admin, address, secret)
    give_up(session)
    send(admin, address, secret, message_id="msg-2")
    send(admin, address, signatures.new_secret(), message_id="msg-3")

    asked = admin.get(f"sources/{source.id}/removal")
    answer = admin.post(f"sources/{source.id}/removal")

    told = words(asked.text)
    assert "One event waits and is never read." in told
    assert "One event was given up, and cannot be read again then." in told
    assert "What is kept of 2 events is thrown away tonight." in told
    assert mistakes_in({"asked": asked.text}) == []
    assert answer.status_code == 303
    assert session.scalars(select(Source)).all() == []
    removed = session.scalars(select(Audit).where(Audit.act == "source.removed")).one()
    assert removed.particulars == {"address": source.id, "proof": "standard", "events": 2, "unread": 1}
    assert "removed an address for events" in words(admin.get("audit").text)
    assert admin.get(f"sources/{source.id}").status_code == 404
    night_falls(app)
    assert session.scalars(select(Event)).all() == []


def test_who_still_sends_to_a_removed_address_is_told_that_it_is_gone_and_the_admin_is_told_how_often(
    admin: Admin, session: Session
) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()
    admin.post(f"sources/{source.id}/removal")
    inbox.addresses.forget()
    quiet = words(admin.get("sources").text)

    answers = [send(admin, address, secret, message_id=f"msg-{number}") for number in range(3)]

    page = admin.get("sources")
    assert answers == [410, 410, 410]
    assert "Removed, and still sent to" not in quiet
    assert "Removed, and still sent to" in words(page.text)
    assert "3 messages since" in words(page.text)
    assert mistakes_in({"page": page.text}) == []
    assert session.scalars(select(Event)).all() == []


def test_a_removed_address_is_forgotten_60_days_after_the_last_thing_that_came_there(
    app: Flask, admin: Admin, session: Session
) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()
    admin.post(f"sources/{source.id}/removal")
    inbox.addresses.forget()
    send(admin, address, secret)
    session.execute(update(RemovedSource).values(removed_at=datetime.now(UTC) - timedelta(days=90)))
    session.commit()
    night_falls(app)
    assert send(admin, address, secret) == 410
    session.execute(update(RemovedSource).values(last_at=datetime.now(UTC) - timedelta(days=61)))
    session.commit()

    night_falls(app)

    assert send(admin, address, secret) == 404


def give_up(session: Session) -> Event:
    """Let what came be given up."""
    session.execute(update(Event).values(state="dead", attempts=8, error="KeyError"))
    session.commit()
    return session.scalars(select(Event)).one()


def test_what_was_given_up_is_listed_and_read_again(admin: Admin, session: Session) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()
    send(admin, address, secret)
    event = give_up(session)
    first, page = words(admin.get().text), words(admin.get(f"events?source={source.id}&which=trouble").text)

    answer = admin.post(f"sources/{source.id}/events/{event.id}/replays")
    drain_all()

    assert "One event was given up." in first
    assert "test_requested" in page
    assert "Given up 8" in page
    assert answer.status_code == 303
    session.expire_all()
    assert session.get_one(Event, event.id).state == "skipped"
    assert "had events read again" in words(admin.get("audit").text)


def test_everything_that_failed_is_read_again_at_once(admin: Admin, session: Session) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()
    for number in range(3):
        send(admin, address, secret, message_id=f"msg-{number}")
    session.execute(update(Event).values(state="dead"))
    session.commit()

    admin.post(f"sources/{source.id}/replays")

    session.expire_all()
    assert {each.state for each in session.scalars(select(Event))} == {"new"}


def test_what_was_thrown_away_cannot_be_read_again_and_the_page_says_so(admin: Admin, session: Session) -> None:
    address, secret = make(admin)
    source = session.scalars(select(Source)).one()
    send(admin, address, secret)
    event = give_up(session)
    session.execute(update(Event).values(payload=null()))
    session.commit()

    admin.post(f"sources/{source.id}/events/{event.id}/replays")

    assert "Read again" not in admin.get(f"events?source={source.id}&which=trouble").text
    assert session.scalars(select(Audit.act)).all() == ["source.made"]


def test_every_lms_is_explained_in_its_own_words(client: FlaskClient, session: Session) -> None:
    admin = come(client, make_pretend_platform(session, family="canvas"))
    assert "Live Events, signed" in admin.get("sources/new").text

    page = words(admin.post("sources", proof="jwt", name="").text)

    assert "open Admin, choose your account, then Data Services" in page
    assert "Switch Sign Payload on" in page
    assert "enrollment_created" in page
    assert "Copy the secret now" not in page
    assert "Address 1" in page


@pytest.mark.parametrize("proof", ["jwt", "", "nonsense", "address"])
def test_a_proof_that_the_lms_does_not_have_is_refused_with_the_form(
    admin: Admin, session: Session, proof: str
) -> None:
    answer = admin.post("sources", proof=proof, name="Kept words")

    assert answer.status_code == 422
    assert "Kept words" in answer.text
    assert session.scalars(select(Source)).all() == []


def pages_of(app: Flask, ids: dict[str, Any]) -> list[str]:
    return [
        str(rule.build({name: value for name, value in {**ids, "handle": "h"}.items() if name in rule.arguments}))
        .partition("/admin/")[2]
        .strip("')")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("letterbox.") and "GET" in (rule.methods or ())
    ]


def test_the_pages_are_valid_at_every_step(admin: Admin, session: Session) -> None:
    pages = {"none": admin.get("sources").text, "new": admin.get("sources/new").text}
    pages["made"] = admin.post("sources", proof="token", name="Main").text
    address, secret = make(admin)
    source = session.scalars(select(Source).order_by(Source.id.desc())).first()
    assert source
    send(admin, address, secret)
    send(admin, address, signatures.new_secret(), message_id="msg-2")
    give_up(session)
    pages["source"] = admin.get(f"sources/{source.id}?since={int(datetime.now(UTC).timestamp()) - 5}").text
    pages["events"] = admin.get(f"events?source={source.id}&which=trouble").text
    pages["list"] = admin.get("sources").text

    assert mistakes_in(pages) == []


@pytest.mark.parametrize("who", ["student", "teacher", "another institution", "another deployment"])
def test_the_address_of_one_institution_is_missing_to_everybody_else(
    app: Flask, client: FlaskClient, session: Session, settings: Settings, now: datetime, who: str
) -> None:
    platform = make_pretend_platform(session, family="moodle")
    source = sources.make(session, platform.platform, proof=None, name="Ours", settings=settings, now=now)
    event = Event(source_id=source.id, key="k", name="n", occurred_at=now, received_at=now, payload={}, state="dead")
    session.add(event)
    if who == "another deployment":
        make_deployment(session, platform.platform, deployment_id="deployment-2")
    session.commit()
    if who in ("student", "teacher"):
        roles = [LEARNER if who == "student" else INSTRUCTOR]
        room = f"{launch(client, platform, {lti.ROLES: roles}).headers['Location']}admin/"
        stranger = Admin(client, platform, room)
    else:
        stranger = come(client, platform if who == "another deployment" else make_pretend_platform(session))

    ids = {"source_id": source.id, "event_id": event.id}
    answers = {page: stranger.client.get(f"{stranger.room}{page}?since=1") for page in pages_of(app, ids)}

    missing = {page for page, answer in answers.items() if answer.status_code == 404}
    assert {page for page in answers if str(source.id) in page} <= missing
    assert not any("Ours" in answer.text for answer in answers.values())
    if who in ("student", "teacher"):
        assert missing == set(answers)
        return
    for act in ("secrets", "name", "removal", "pause", "pause/undo", "tests", "replays", f"events/{event.id}/replays"):
        assert stranger.post(f"sources/{source.id}/{act}").status_code == 404
    session.expire_all()
    assert session.get_one(Event, event.id).state == "dead"
    assert session.scalars(select(Audit)).all() == []


def test_where_several_share_a_registration_the_operator_looks_after_events(admin: Admin, session: Session) -> None:
    make_deployment(session, admin.platform.platform, deployment_id="deployment-2")
    session.commit()

    assert "Whoever runs Hearth looks after these" in admin.get("sources").text
    assert admin.get("sources/new").status_code == 404
    assert admin.post("sources", proof="standard", name="x").status_code == 404
    assert "Events of the LMS" not in words(admin.get().text)


def test_many_events_cost_no_more_statements(admin: Admin, session: Session) -> None:
    make(admin)
    source = session.scalars(select(Source)).one()
    session.execute(
        text(
            "insert into webhook_event (source_id, key, name, occurred_at, received_at, payload, state)"
            " select :source, 'k' || n, 'n', now(), now(), '{}', 'dead' from generate_series(1, 120) n"
        ),
        {"source": source.id},
    )
    session.commit()

    first = admin.get(f"events?source={source.id}&which=trouble").text

    assert first.count("Given up") == 50
    assert "Older" in first


# What came, and one event by itself.


def kept(session: Session, key: str) -> Event:
    """The event with this id of its own."""
    return session.scalars(select(Event).where(Event.key == key)).one()


def listed(page: str) -> list[str]:
    """The names of the events on a page, the latest first."""
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', page)


@pytest.fixture
def several(admin: Admin, session: Session) -> Admin:
    """Two addresses, to which four events came on three days; one was given up."""
    main, of_main = make(admin)
    trial, of_trial = make(admin, name="Trial")
    send(admin, main, of_main, message_id="a", eventname=CORE + "user_enrolment_created", courseid=42, relateduserid=7)
    send(admin, main, of_main, message_id="b", eventname=CORE + "group_member_added", courseid=42, relateduserid="77")
    send(admin, main, of_main, message_id="c", eventname=CORE + "user_deleted", relateduserid=7)
    send(admin, trial, of_trial, message_id="d", eventname=CORE + "user_enrolment_deleted", courseid=43)
    for number, key in enumerate(("a/0", "b/0", "c/0", "d/0")):
        session.execute(
            update(Event).where(Event.key == key).values(received_at=datetime(2026, 5, 3 + number // 2, 12, tzinfo=UTC))
        )
    session.execute(update(Event).where(Event.key == "c/0").values(state="dead", attempts=8, error="KeyError"))
    session.commit()
    return admin


CORE = "\\core\\event\\"
FOUR = ["user_enrolment_deleted", "user_deleted", "group_member_added", "user_enrolment_created"]


@pytest.mark.parametrize(
    "asked, names",
    [
        ("", FOUR),
        ("kind=ENROLMENT", ["user_enrolment_deleted", "user_enrolment_created"]),
        ("about=7", ["user_deleted", "user_enrolment_created"]),
        ("about=77", ["group_member_added"]),
        ("about=42&kind=group", ["group_member_added"]),
        ("about=c/0", ["user_deleted"]),
        ("about=nobody", []),
        ("about=" + "9" * 200, []),
        ("about=%00", FOUR),
        ("kind=%25", []),
        ("day=2026-05-03", ["group_member_added", "user_enrolment_created"]),
        ("day=2026-05-05", []),
        ("which=trouble", ["user_deleted"]),
        ("which=waiting&about=7", ["user_enrolment_created"]),
    ],
)
def test_events_are_found_by_their_name_whom_they_are_about_their_day_and_their_state(
    several: Admin, asked: str, names: list[str]
) -> None:
    page = several.get(f"events?{asked}")

    assert page.status_code == 200
    assert listed(page.text) == names
    assert mistakes_in({"page": page.text}) == []


def test_events_of_all_addresses_stand_together_or_those_of_one(several: Admin, session: Session) -> None:
    trial = session.scalars(select(Source).where(Source.name == "Trial")).one()

    assert listed(several.get(f"events?source={trial.id}").text) == ["user_enrolment_deleted"]
    assert listed(several.get(f"events?source={trial.id}&kind=deleted").text) == ["user_enrolment_deleted"]
    assert several.get("events?source=4711").status_code == 404
    assert several.get("events?which=nonsense").status_code == 404


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0001-01-01", "9999-12-31", "%00"])
def test_a_day_that_is_none_is_refused_and_what_else_was_typed_is_kept(several: Admin, day: str) -> None:
    answer = several.get(f"events?kind=enrolment&day={day}")

    assert answer.status_code == 422
    assert "Please write the day like 2026-05-03." in answer.text
    assert 'value="enrolment"' in answer.text
    assert mistakes_in({"page": answer.text}) == []


def test_a_search_looks_through_so_many_at_once_and_offers_to_look_further(
    several: Admin, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LOOKED_THROUGH", 3)

    first = several.get("events?kind=created").text
    further = re.search(r'href="([^"]*before=[^"]*)"', first)

    assert listed(first) == []
    assert "Looked back until" in words(first)
    assert further
    assert listed(several.client.get(unescape(further[1])).text) == ["user_enrolment_created"]


def test_a_page_of_one_event_tells_what_came_when_what_hearth_did_and_nobodys_name(
    several: Admin, session: Session
) -> None:
    make_course(session, several.platform.deployment, context_id="42", lms_id="42", title="Drawing")
    event = kept(session, "a/0")
    event.payload = {**(event.payload or {}), "other": {"fullname": "Mai Tran", "name": "Mai"}}
    session.commit()
    waiting = words(several.get(f"sources/{event.source_id}/events/{event.id}").text)
    drain_all()

    page = several.get(f"sources/{event.source_id}/events/{event.id}")

    told = words(page.text)
    assert "It waits to be read" in waiting
    assert "Hearth had the list of people of the course read." in told
    assert "Somebody joined a course, left it, or has another role there." in told
    assert "Course Drawing (42)" in told
    assert "Tried once" in told
    assert "&#34;relateduserid&#34;: 7" in page.text
    assert "Mai Tran" not in page.text
    assert "&#34;fullname&#34;: &#34;…&#34;" in page.text
    assert mistakes_in({"page": page.text}) == []


def test_the_page_of_an_event_that_was_given_up_tells_why_and_reads_it_again(several: Admin, session: Session) -> None:
    event = kept(session, "c/0")
    place = f"sources/{event.source_id}/events/{event.id}"

    before = words(several.get(place).text)
    answer = several.post(f"{place}/replays")
    drain_all()
    after = words(several.client.get(answer.headers["Location"]).text)

    assert "Hearth tripped over it." in before
    assert "KeyError" in before
    assert "It was given up after 8 attempts." in before
    assert "Hearth wrote down that they are to be forgotten." in after
    written = session.scalars(select(Audit).where(Audit.act == "events.replayed")).one()
    assert written.particulars == {"address": event.source_id, "count": 1, "event": event.id}


def test_the_page_of_an_event_whose_words_were_thrown_away_says_so(several: Admin, session: Session) -> None:
    event = kept(session, "c/0")
    session.execute(update(Event).values(payload=null(), state="done"))
    session.commit()

    page = several.get(f"sources/{event.source_id}/events/{event.id}")

    assert "What it said was thrown away after 7 days" in words(page.text)
    assert "It was read, and Hearth did what it asked for." in words(page.text)
    assert "Read it again" not in page.text
    assert mistakes_in({"page": page.text}) == []


def test_an_event_that_nobody_can_read_has_a_page_all_the_same(client: FlaskClient, session: Session) -> None:
    admin = come(client, make_pretend_platform(session, family="canvas"))
    make(admin, proof="jwt")
    source = session.scalars(select(Source)).one()
    now = datetime.now(UTC)
    for number, payload in enumerate(({"body": [1]}, {"body": {"user_id": {}}}, {"body": None}, {"metadata": "x"}, {})):
        session.add(
            Event(
                source_id=source.id, key=str(number), name="user_updated", occurred_at=now, received_at=now,
                payload=payload, state="dead", error="AttributeError", attempts=8,
            )
        )  # fmt: skip
    session.commit()

    answers = [admin.get(f"sources/{source.id}/events/{each.id}") for each in session.scalars(select(Event))]

    assert [each.status_code for each in answers] == [200] * 5
    assert all("Nothing that Hearth has a word for." in each.text for each in answers)


# Silence.


def speak(session: Session, source: Source, *ago: int) -> None:
    """Let an event have come to *source* so many days ago each."""
    now = datetime.now(UTC)
    for days in sorted(ago, reverse=True):
        at = now - timedelta(days=days)
        session.add(Event(source_id=source.id, key=str(days), name="x", occurred_at=at, received_at=at, state="done"))
    session.commit()


def night_notes(app: Flask, session: Session) -> None:
    """The nights of the last weeks have noted who spoke."""
    with app.app_context():
        note_speech(0)
    session.execute(
        text(
            "insert into webhook_speech select source_id, received_at::date, count(*) from webhook_event"
            " where received_at < current_date group by 1, 2 on conflict do nothing"
        )
    )
    session.commit()


def test_an_address_that_spoke_every_day_and_is_silent_is_told_where_people_opened_hearth_meanwhile(
    app: Flask, admin: Admin, session: Session
) -> None:
    make(admin)
    source = session.scalars(select(Source)).one()
    speak(session, source, *range(4, 20))
    night_notes(app, session)

    overview, page = words(admin.get().text), admin.get("sources")

    assert "An address is silent for much longer than usual, though people opened Hearth meanwhile." in overview
    assert "Main Silent" in words(page.text)
    assert "let it send a test" in words(page.text)
    assert mistakes_in({"page": page.text}) == []


def test_where_nobody_opened_hearth_either_silence_may_be_holidays(app: Flask, admin: Admin, session: Session) -> None:
    make(admin)
    source = session.scalars(select(Source)).one()
    speak(session, source, *range(10, 26))
    night_notes(app, session)
    session.execute(text("update membership set launched_at = now() - interval '10 days'"))
    session.commit()

    overview = words(admin.get().text)

    assert "nobody opened Hearth either: perhaps it is holidays." in overview
    assert "Silent" not in words(admin.get("sources").text)


def test_the_night_notes_who_spoke_on_the_days_before_makes_up_for_nights_and_forgets_after_four_weeks(
    app: Flask, admin: Admin, session: Session
) -> None:
    make(admin)
    source = session.scalars(select(Source)).one()
    speak(session, source, 0, 1, 2, 3, 9)
    session.add(Speech(source_id=source.id, day=(datetime.now(UTC) - timedelta(days=40)).date(), count=1))
    session.commit()

    with app.app_context():
        note_speech(0)
        note_speech(0)

    today = datetime.now(UTC).date()
    noted = session.scalars(select(Speech.day).order_by(Speech.day.desc())).all()
    assert noted == [today - timedelta(days=days) for days in (1, 2, 3)]


def test_an_lms_that_still_sends_to_a_removed_address_is_told_on_the_first_page(admin: Admin, session: Session) -> None:
    address, secret = make(admin)
    admin.post(f"sources/{session.scalars(select(Source.id)).one()}/removal")
    inbox.addresses.forget()
    send(admin, address, secret)

    assert "Your LMS still sends to an address that was removed." in words(admin.get().text)


# Whose events are taken.


def test_an_admin_sees_whose_events_an_address_takes_and_has_a_stranger_forgotten(
    client: FlaskClient, session: Session
) -> None:
    admin = come(client, make_pretend_platform(session, family="canvas"))
    make(admin, proof="jwt")
    source = session.scalars(select(Source)).one()
    assert "Whose events are taken" not in admin.get(f"sources/{source.id}").text
    source.site = "a-stranger"
    session.commit()
    page = admin.get(f"sources/{source.id}").text
    assert "a-stranger" in page
    assert mistakes_in({"source": page}) == []

    assert admin.post(f"sources/{source.id}/site/undo").status_code == 303

    session.expire_all()
    assert session.scalars(select(Source.site)).all() == [None]
    assert session.scalars(select(Audit.act).order_by(Audit.id)).all()[-1] == "source.unbound"
    assert admin.post(f"sources/{source.id}/site/undo").status_code == 404


def test_what_launches_tell_is_shown_and_not_to_be_forgotten(client: FlaskClient, session: Session) -> None:
    admin = come(client, make_pretend_platform(session, family="canvas"))
    make(admin, proof="jwt")
    source = session.scalars(select(Source)).one()
    source.site = "a-stranger"
    admin.platform.deployment.sites = ["our-school"]
    session.commit()

    page = admin.get(f"sources/{source.id}").text

    assert "our-school" in page
    assert "a-stranger" not in page
    assert "Forget which school it is" not in page


# Notices, which nobody sets up.


@pytest.fixture
def noticed(client: FlaskClient, session: Session) -> Admin:
    """The admin of an LMS that sends its notices, and has no other address."""
    admin = come(client, make_pretend_platform(session, family="canvas"))
    deployment = admin.platform.deployment
    session.add(
        NoticeService(
            deployment_id=deployment.id,
            url="https://lms.example/notices",
            types=["LtiContextCopyNotice"],
            state="listening",
            next_attempt_at=datetime.now(UTC),
            listens_since=datetime.now(UTC) - timedelta(days=3),
        )
    )
    session.add(
        Source(
            public_id="notices",
            platform_id=deployment.platform_id,
            name="Notices (LTI)",
            proof="notice",
            created_at=datetime.now(UTC),
        )
    )
    session.commit()
    return admin


def test_notices_are_no_live_events_and_hide_no_step_of_setting_these_up(noticed: Admin, session: Session) -> None:
    source = session.scalars(select(Source)).one()

    overview, listed = words(noticed.get().text), noticed.get("sources")
    page = noticed.get(f"sources/{source.id}")

    assert "Your LMS does not send any, so Hearth reads lists of people every few hours only." in overview
    assert "No address yet" in listed.text
    assert "Notices of the LMS They come" in words(listed.text)
    assert "They come since" in page.text
    for foreign in ("Live Events", "Sign Payload", "Data Services", "Try it", "Rename a course", "Address"):
        assert foreign not in words(page.text).replace("an address that Hearth gave", ""), foreign
    assert noticed.post(f"sources/{source.id}/tests").status_code == 404
    assert mistakes_in({"listed": listed.text, "page": page.text}) == []


@pytest.mark.parametrize(
    "problem, sentence",
    [
        ("not_granted", "The LMS does not allow it. Its admin can give Hearth the right to notices (PNS)."),
        ("rejected", "The LMS refused it."),
    ],
)
def test_why_notices_are_refused_is_told_with_when_they_are_asked_for_again(
    noticed: Admin, session: Session, problem: str, sentence: str
) -> None:
    session.execute(update(NoticeService).values(state="refused", problem=problem))
    session.commit()

    page = words(noticed.get("sources").text)

    assert "Notices of the LMS Refused" in page
    assert sentence in page
    assert "Asked again" in page
    assert "They come since" not in page


def test_an_address_for_notices_is_paused_and_taken_up_again(noticed: Admin, session: Session) -> None:
    source = session.scalars(select(Source)).one()

    noticed.post(f"sources/{source.id}/pause")
    assert "Paused: whatever comes is turned away." in noticed.get(f"sources/{source.id}").text
    noticed.post(f"sources/{source.id}/pause/undo")

    assert "Paused: whatever" not in noticed.get(f"sources/{source.id}").text


def test_the_address_for_notices_is_hearths_own_and_cannot_be_renamed_or_removed(
    noticed: Admin, session: Session
) -> None:
    source = session.scalars(select(Source)).one()

    assert noticed.get(f"sources/{source.id}/removal").status_code == 404
    assert noticed.post(f"sources/{source.id}/removal").status_code == 404
    assert noticed.post(f"sources/{source.id}/name", name="Mine").status_code == 404
    with pytest.raises(sources.MadeByHearth):
        sources.remove(session, source, now=datetime.now(UTC))
