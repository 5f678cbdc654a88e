"""What the LMS hears, in the admin room: an admin pairs the plugin of their own LMS, looks after it, and ends it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.courses.models import Deployment, Platform
from lti_tool.journal.models import Audit
from moodle.companion import RELEASE
from tests.factories.admin import Admin, come
from tests.factories.companion import TOKEN, PretendMoodle, served
from tests.factories.courses import make_activity, make_course, make_deployment
from tests.factories.jobs import waiting_jobs
from tests.factories.lti import make_pretend_platform
from tests.pages import mistakes_in, words
from webhooks.companions.jobs import ask
from webhooks.companions.models import Pairing, Telling


@pytest.fixture
def moodle() -> Iterator[PretendMoodle]:
    with served(PretendMoodle()) as made:
        yield made


@pytest.fixture(autouse=True)
def _near(app: Flask, settings: Settings) -> Iterator[None]:
    app.extensions["hearth.settings"] = replace(settings, allow_loopback_platforms=True)
    yield
    app.extensions["hearth.settings"] = settings


@pytest.fixture
def admin(client: FlaskClient, session: Session, moodle: PretendMoodle) -> Admin:
    made = make_pretend_platform(session, family="moodle")
    there = come(client, made)
    # Its launches are signed for its own address; the plugin answers at this machine's.
    session.execute(update(Platform).values(issuer=moodle.address))
    session.commit()
    platform = session.scalars(select(Platform)).one()
    moodle.client_id = platform.client_id
    moodle.deployment_id = platform.deployments[0].deployment_id
    return there


def paired(admin: Admin, session: Session) -> Pairing:
    answer = admin.post("companion", token=TOKEN, address="")
    assert answer.status_code == 303, words(answer.text)
    session.expire_all()
    return session.scalars(select(Pairing)).one()


def acts(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Audit.act).order_by(Audit.id)))


def test_an_admin_pairs_the_plugin_and_sees_that_it_works(admin: Admin, session: Session) -> None:
    overview, before = admin.get(), admin.get("companion")

    paired(admin, session)
    after = admin.get("companion")

    assert "It hears of grades only." in words(overview.text)
    assert "Make a token for Hearth" in words(before.text)
    assert "Works" in words(after.text)
    assert "4.5.6 (Build: 20250811), local_hearth 1.2.1" in words(after.text)
    assert "It is paired, and has heard nothing yet." in words(admin.get().text)
    assert mistakes_in({"before": before.text, "after": after.text}) == []
    assert acts(session) == ["companion.paired"]
    assert waiting_jobs(session, "companions.look") == 1


def told(session: Session, pairing: Pairing, *, days_ago: int) -> None:
    """As if it had been told something so many days ago, and asked how it is."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    course = make_course(session, session.scalars(select(Deployment)).one())
    session.add(
        Telling(
            pairing_id=pairing.id, activity_id=make_activity(session, course).id, slot="date:1:x", at=at,
            state="told", told_at=at, next_attempt_at=at,
        )
    )  # fmt: skip
    pairing.checked_at = at
    session.commit()


def test_everything_is_heard_once_something_was(admin: Admin, session: Session) -> None:
    told(session, paired(admin, session), days_ago=0)

    assert "It hears everything." in words(admin.get().text)


def test_a_plugin_without_a_word_for_days_needs_somebody(admin: Admin, session: Session) -> None:
    told(session, paired(admin, session), days_ago=3)

    page = admin.get("companion")

    assert "There was no word from Hearth's plugin for days. It worked last:" in words(admin.get().text)
    assert "No word for days" in words(page.text)
    assert mistakes_in({"page": page.text}) == []


def test_an_older_plugin_than_hearths_own_is_told_with_what_to_do(admin: Admin, session: Session) -> None:
    pairing = paired(admin, session)
    told(session, pairing, days_ago=0)
    pairing.release = "4.5.6, local_hearth 1.0.2"
    session.commit()

    assert "by an older version of Hearth's plugin" in words(admin.get().text)
    assert f"Version {RELEASE} is there." in words(admin.get("companion").text)


@pytest.mark.parametrize(
    "state, said",
    [
        ("none", "it has no address or no secret. It worked last:"),
        ("stopped", "Hearth's plugin has stopped sending events."),
        ("moved", "Say on its page in your LMS whether it is a copy or the real one."),
    ],
)
def test_a_plugin_that_will_send_no_events_needs_somebody(
    admin: Admin, session: Session, state: str, said: str
) -> None:
    pairing = paired(admin, session)
    told(session, pairing, days_ago=0)
    pairing.receiver = state
    session.commit()

    assert said in words(admin.get().text)


def test_every_night_a_plugin_is_asked_how_it_is(
    app: Flask, admin: Admin, session: Session, moodle: PretendMoodle
) -> None:
    pairing = paired(admin, session)
    told(session, pairing, days_ago=3)

    with app.app_context():
        ask(0)
    session.expire_all()
    assert pairing.checked_at
    assert datetime.now(UTC) - pairing.checked_at < timedelta(hours=1)

    moodle.answers = [(500, "", "text/html")]
    with app.app_context():
        ask(0)
    session.expire_all()
    assert pairing.problem == "unavailable"

    pairing.site_id = "another"
    session.commit()
    with app.app_context():
        ask(0)
    session.expire_all()
    assert pairing.site_id == "another"


def test_the_token_is_shown_nowhere_again(admin: Admin, session: Session) -> None:
    paired(admin, session)

    assert TOKEN not in admin.get("companion").text
    assert TOKEN not in admin.get("audit").text


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"token": "another"}, "The LMS does not take Hearth's token."),
        ({"client_id": "other"}, "another tool is chosen than this registration of Hearth: other."),
        ({"errors": [("dml_missing_record_exception", "invalidrecord")]}, "The plugin is not there"),
        ({"answers": [(404, "<html>", "text/html")]}, "there is no LMS that Hearth could speak to"),
        ({"answers": [(500, "", "text/html")]}, "The LMS does not answer."),
    ],
)
def test_a_pairing_that_cannot_be_says_what_to_do_and_keeps_the_address(
    admin: Admin, session: Session, moodle: PretendMoodle, change: dict[str, Any], sentence: str
) -> None:
    for name, value in change.items():
        setattr(moodle, name, value)

    answer = admin.post("companion", token=TOKEN, address=moodle.address)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert f'value="{moodle.address}"' in answer.text
    assert TOKEN not in answer.text
    assert session.scalars(select(Pairing)).all() == []
    assert acts(session) == []


@pytest.mark.parametrize("address", ["http://169.254.169.254", "ftp://x", "no address", "https://[::", "https://a@b"])
def test_an_address_that_is_not_called_is_told(admin: Admin, address: str) -> None:
    answer = admin.post("companion", token=TOKEN, address=address)

    assert answer.status_code == 422
    assert "Hearth does not call this address" in words(answer.text)
    assert mistakes_in({"refused": answer.text}) == []


@pytest.mark.parametrize("typed", [{"token": ""}, {"token": "x" * 201}, {}])
def test_a_token_is_needed(admin: Admin, typed: dict[str, str]) -> None:
    assert admin.post("companion", address="", **typed).status_code == 422


def test_an_admin_chooses_what_it_hears(admin: Admin, session: Session) -> None:
    paired(admin, session)

    admin.post("companion/wishes", completion="1", dates="1")
    admin.post("companion/wishes", completion="1", dates="1")

    session.expire_all()
    pairing = session.scalars(select(Pairing)).one()
    assert (pairing.tells_log, pairing.tells_completion, pairing.tells_dates) == (False, True, True)
    assert acts(session) == ["companion.paired", "companion.wished"]


def test_a_new_token_keeps_what_was_chosen(admin: Admin, session: Session) -> None:
    paired(admin, session)
    admin.post("companion/wishes", dates="1")

    again = paired(admin, session)

    assert (again.tells_log, again.tells_dates) == (False, True)


def test_an_admin_pauses_resumes_and_ends_it(admin: Admin, session: Session) -> None:
    paired(admin, session)

    admin.post("companion/pause")
    paused = words(admin.get("companion").text)
    admin.post("companion/pause/undo")
    resumed = words(admin.get("companion").text)
    admin.post("companion/undo")

    assert "Paused: what happens is kept for it, for two weeks." in paused
    assert "Works" in resumed
    assert session.scalars(select(Pairing)).all() == []
    assert acts(session) == ["companion.paired", "companion.paused", "companion.resumed", "companion.unpaired"]
    assert "ended the pairing with Hearth's plugin" in words(admin.get("audit").text)


def test_trouble_stands_on_the_first_page_with_what_to_do(
    admin: Admin, session: Session, moodle: PretendMoodle
) -> None:
    paired(admin, session)
    session.execute(update(Pairing).values(problem="token_refused", failures=1, rests_until=datetime.now(UTC)))
    session.commit()

    overview, page = words(admin.get().text), words(admin.get("companion").text)
    admin.post("companion/checks")
    mended = words(admin.get("companion").text)

    assert "It does not hear Hearth." in overview
    assert "Make a new one there, and paste it below." in page
    assert "It answers." in mended
    assert "Trouble" not in mended


def test_asking_a_plugin_that_is_away_says_so_and_breaks_nothing(
    admin: Admin, session: Session, moodle: PretendMoodle
) -> None:
    paired(admin, session)
    moodle.answers = [(500, "", "text/html")]

    answer = admin.post("companion/checks")

    assert answer.status_code == 303
    page = words(admin.get("companion").text)
    assert "The LMS does not answer." in page
    # Not beside a badge that says that all is well.
    assert "Trouble" in page
    assert "Works" not in page


def test_what_it_would_not_have_is_told_by_reason_and_can_be_told_again(admin: Admin, session: Session) -> None:
    pairing = paired(admin, session)
    course = make_course(session, session.scalars(select(Platform)).one().deployments[0])
    activity = make_activity(session, course)
    for number, problem in enumerate(["notenrolled", "notenrolled", "something new"]):
        session.add(
            Telling(
                pairing_id=pairing.id,
                slot=f"x:{number}",
                activity_id=activity.id,
                at=datetime.now(UTC),
                next_attempt_at=datetime.now(UTC),
                state="refused",
                problem=problem,
            )
        )
    session.commit()

    page = admin.get("companion")
    admin.post("companion/tellings")

    assert "2 times : The person is not enrolled in the course." in words(page.text)
    assert "Once : something new" in words(page.text)
    assert mistakes_in({"page": page.text}) == []
    session.expire_all()
    assert {each.state for each in session.scalars(select(Telling))} == {"waiting"}


# Whose it is


def test_where_the_registration_is_shared_it_is_the_operators(admin: Admin, session: Session) -> None:
    paired(admin, session)
    make_deployment(session, session.scalars(select(Platform)).one(), deployment_id="another")
    session.commit()

    assert "Whoever runs Hearth looks after this" in words(admin.get("companion").text)
    for path in ("", "/undo", "/wishes", "/checks", "/pause", "/pause/undo", "/tellings"):
        assert admin.post(f"companion{path}", token=TOKEN).status_code == 404
    assert len(session.scalars(select(Pairing)).all()) == 1


def test_a_lms_without_a_plugin_of_ours_has_no_such_section(client: FlaskClient, session: Session) -> None:
    admin = come(client, make_pretend_platform(session, family="canvas"))

    assert "What the LMS hears" not in words(admin.get().text)
    assert admin.get("companion").status_code == 404
    assert admin.post("companion", token=TOKEN).status_code == 404


def test_nothing_can_be_done_to_a_pairing_that_is_not_there(admin: Admin) -> None:
    for path in ("/undo", "/wishes", "/checks", "/pause", "/pause/undo", "/tellings"):
        assert admin.post(f"companion{path}").status_code == 404
