"""A person's data handed out and forgotten, on request, written down, and within one institution only."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.admin import operations
from lti_tool.admin.jobs import carry_out
from lti_tool.admin.models import Request
from lti_tool.clock import now as clock_now
from lti_tool.courses.models import Deployment, Membership, Person
from lti_tool.exchange.models import Submission
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Audit
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.models import SigningKey
from lti_tool.privacy import export, forget
from tests.conftest import NOW
from tests.factories.admin import OUTSIDE, Admin, come
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import all_hand_in, make_class
from tests.factories.jobs import run_jobs
from tests.factories.lti import INSTRUCTOR, LEARNER, PretendPlatform, launch, make_pretend_platform
from tests.pages import mistakes_in, words

WHY = "They asked by letter on 3 May."


@pytest.fixture
def mai(admin: Admin, session: Session) -> Membership:
    """A student of the admin's institution."""
    course = make_course(session, admin.platform.deployment, title="Designing for People")
    made = make_member(session, course, name="Mai Tran")
    session.commit()
    return made


def ask(admin: Admin, who: Membership, kind: str = "export", **typed: str) -> Any:
    values = {"kind": kind, "reason": WHY} | ({"sure": "1"} if kind == "erasure" else {}) | typed
    return admin.post(f"people/{who.person_id}/requests", **values)


def acts(session: Session) -> list[str]:
    return list(session.scalars(select(Audit.act).order_by(Audit.id)))


def test_a_person_is_found_by_a_part_of_the_name_or_by_the_lms_number(admin: Admin, mai: Membership) -> None:
    assert "Mai Tran" in admin.get("requests?q=ai+tr").text
    assert "Mai Tran" in admin.get(f"requests?q={mai.person.sub}").text
    for nothing in ("Zoe", "%25%25", "__", mai.person.sub[:-1]):
        assert "Hearth knows nobody of that name" in admin.get(f"requests?q={nothing}").text
    assert "Found" not in words(admin.get("requests?q=M").text)
    assert admin.get("requests?q=%00&before=99999999999999999999").status_code in (200, 404)


def test_an_export_is_asked_for_made_fetched_and_written_down(
    app: Flask, admin: Admin, session: Session, mai: Membership
) -> None:
    assert ask(admin, mai).status_code == 303
    waiting = words(admin.get("requests").text)
    run_jobs(session, app, "admin")
    made = session.scalars(select(Request)).one()

    answer = admin.post(f"requests/{made.id}/downloads")

    assert f"Mai Tran Hand out {WHY} Being done" in waiting
    assert answer.headers["Content-Disposition"] == f'attachment; filename="hearth-export-{made.id}.json"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    told = json.loads(answer.data)
    assert (told["name"], told["courses"][0]["course"]) == ("Mai Tran", "Designing for People")
    assert told["admin"]["requests"][0]["reason"] == WHY
    assert acts(session) == ["export.asked", "export.done", "export.fetched"]
    assert "Mai Tran" not in str(session.scalars(select(Audit.particulars)).all())


def test_an_export_expires_and_is_thrown_away(app: Flask, admin: Admin, session: Session, mai: Membership) -> None:
    ask(admin, mai)
    run_jobs(session, app, "admin")
    made = session.scalars(select(Request)).one()
    made.expires_at = clock_now() - timedelta(seconds=1)
    session.commit()

    late = admin.post(f"requests/{made.id}/downloads")
    operations.clear_old(session, now=clock_now())
    session.commit()

    assert late.status_code == 404
    session.expire_all()
    assert session.get_one(Request, made.id).result is None
    assert "Thrown away" in admin.get("requests").text


def test_somebody_is_forgotten_with_all_their_words(app: Flask, admin: Admin, session: Session) -> None:
    made = make_class(session, learners=3)
    all_hand_in(made)
    mine = make_pretend_of(session, made.course.deployment_id)
    there = come(admin.client, mine)
    author = made.people[0]

    answer = there.post(f"people/{author}/requests", kind="erasure", reason=WHY, sure="1")
    run_jobs(session, app, "admin")

    assert answer.status_code == 303
    assert session.get(Person, author) is None
    assert sorted(session.scalars(select(Submission.body)).all())[0] == ""
    assert f"Forgotten Forget {WHY} Done" in words(there.get("requests").text)
    assert acts(session)[-2:] == ["erasure.asked", "erasure.done"]


def make_pretend_of(session: Session, deployment_id: int) -> PretendPlatform:
    """A platform that speaks for a deployment that another factory has made."""
    deployment = session.get_one(Deployment, deployment_id)
    session.commit()
    return PretendPlatform(deployment.platform, deployment)


def test_who_is_forgotten_leaves_no_export_behind(app: Flask, admin: Admin, session: Session, mai: Membership) -> None:
    ask(admin, mai)
    run_jobs(session, app, "admin")

    ask(admin, mai, "erasure", reason="A second letter.")
    run_jobs(session, app, "admin")

    rows = session.scalars(select(Request).order_by(Request.id)).all()
    assert [(each.person_id, each.result, each.reason) for each in rows] == [
        (None, None, ""),
        (None, None, "A second letter."),
    ]
    assert admin.post(f"requests/{rows[0].id}/downloads").status_code == 404


def test_forgetting_needs_a_reason_and_being_sure(admin: Admin, session: Session, mai: Membership) -> None:
    unsure = ask(admin, mai, "erasure", sure="", reason="Kept words.")
    without = ask(admin, mai, "erasure", reason="  ")
    nonsense = ask(admin, mai, "nonsense")

    assert [unsure.status_code, without.status_code, nonsense.status_code] == [422, 422, 422]
    assert "Tick it if you are sure" in unsure.text
    assert "Kept words." in unsure.text
    assert session.scalars(select(Request)).all() == []


def test_nobody_has_themselves_forgotten(admin: Admin, session: Session) -> None:
    me = session.scalars(select(Membership)).one()

    assert ask(admin, me, "erasure").status_code == 422
    assert ask(admin, me, "export").status_code == 303


def test_the_same_is_not_asked_twice_at_once(app: Flask, admin: Admin, session: Session, mai: Membership) -> None:
    assert ask(admin, mai).status_code == 303
    assert ask(admin, mai).status_code == 422
    run_jobs(session, app, "admin")
    assert ask(admin, mai).status_code == 303


def test_a_job_that_comes_twice_does_its_work_once(app: Flask, admin: Admin, session: Session, mai: Membership) -> None:
    ask(admin, mai)
    run_jobs(session, app, "admin")
    before = session.scalars(select(Request)).one().done_at

    with app.app_context():
        carry_out(request_id=1)
        carry_out(request_id=2)

    session.expire_all()
    assert session.scalars(select(Request)).one().done_at == before
    assert acts(session) == ["export.asked", "export.done"]


def test_what_cannot_be_done_any_more_says_so(app: Flask, admin: Admin, session: Session, mai: Membership) -> None:
    """The operator was quicker, on the command line."""
    ask(admin, mai)
    forget(session, platform_id=admin.platform.platform.id, subject=mai.person.sub, storage=DatabaseStorage(), now=NOW)
    run_jobs(session, app, "admin")

    assert "The person was forgotten before." in admin.get("requests").text


def test_what_fails_is_told_and_can_be_asked_again(
    app: Flask, admin: Admin, session: Session, mai: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def export_person(self, session: Session, person_id: int) -> Any:
            session.get_one(Person, person_id).name = "Half done"
            session.flush()
            raise RuntimeError

    ask(admin, mai)
    with monkeypatch.context() as broken:
        broken.setitem(app.extensions, "hearth.personal_data", Broken())
        run_jobs(session, app, "admin")
    first, page = words(admin.get().text), words(admin.get("requests").text)
    again = ask(admin, mai)
    run_jobs(session, app, "admin")

    assert "Requests about people (needs somebody) One was not carried out." in first
    assert "Ask again. If it fails again" in page
    assert session.get_one(Person, mai.person_id).name == "Mai Tran"
    assert again.status_code == 303
    assert acts(session) == ["export.asked", "export.failed", "export.asked", "export.done"]


@pytest.mark.parametrize("who", ["student", "teacher", "another institution"])
def test_a_person_of_one_institution_is_missing_to_everybody_else(
    app: Flask, client: FlaskClient, admin: Admin, session: Session, mai: Membership, who: str
) -> None:
    ask(admin, mai)
    run_jobs(session, app, "admin")
    made = session.scalars(select(Request)).one()
    if who == "another institution":
        stranger = come(client, make_pretend_platform(session))
        assert "Mai Tran" not in stranger.get("requests?q=Mai").text
    else:
        roles = {lti.ROLES: [LEARNER if who == "student" else INSTRUCTOR]}
        room = f"{launch(client, admin.platform, roles).headers['Location']}admin/"
        stranger = Admin(client, admin.platform, room)

    if who == "another institution":
        refused = [stranger.post(f"requests/{made.id}/downloads"), ask(stranger, mai), ask(stranger, mai, "erasure")]
    else:
        token = {"csrf_token": token_of(client, stranger.room.removesuffix("admin/"))}
        refused = [
            client.post(f"{stranger.room}requests/{made.id}/downloads", data=token),
            client.post(f"{stranger.room}people/{mai.person_id}/requests", data={**token, "kind": "export"}),
            client.get(f"{stranger.room}requests?q=Mai"),
        ]
    refused.append(stranger.client.get(f"{stranger.room}people/{mai.person_id}/requests/new"))

    assert [each.status_code for each in refused] == [404] * 4
    assert session.get(Person, mai.person_id) is not None
    assert acts(session) == ["export.asked", "export.done"]


def token_of(client: FlaskClient, home: str) -> str:
    return Admin(client, None, home).token()  # type: ignore[arg-type]


def test_an_admin_gets_their_own_acts_and_leaves_them_without_a_name(
    app: Flask, client: FlaskClient, admin: Admin, session: Session, mai: Membership
) -> None:
    ask(admin, mai)
    other = come(client, admin.platform, {**OUTSIDE, "sub": "admin-2", "name": "Ines Vega"})
    me = session.scalars(select(Person).where(Person.sub == "admin-1")).one()

    told = export(session, platform_id=admin.platform.platform.id, subject="admin-1")
    other.post(f"people/{me.id}/requests", kind="erasure", reason=WHY, sure="1")
    run_jobs(session, app, "admin")

    assert [each["act"] for each in told[0]["admin"]["acts"]] == ["export.asked"]
    assert "Somebody who was forgotten" in other.get("audit").text
    assert admin.get().status_code == 401


def test_old_entries_are_thrown_away_after_years(admin: Admin, session: Session, mai: Membership) -> None:
    ask(admin, mai)

    operations.clear_old(session, now=clock_now() + operations.LOG_KEPT - timedelta(days=1))
    kept = acts(session)
    operations.clear_old(session, now=clock_now() + operations.LOG_KEPT + timedelta(days=1))

    assert kept == ["export.asked"]
    assert acts(session) == []
    assert session.scalars(select(Request)).all() == []


def test_the_pages_are_valid_with_something_on_them(
    app: Flask, admin: Admin, session: Session, mai: Membership
) -> None:
    ask(admin, mai)
    pages = {"waiting": admin.get("requests?q=Mai").text, "new": admin.get(f"people/{mai.person_id}/requests/new").text}
    pages["refused"] = ask(admin, mai, "erasure", sure="").text
    run_jobs(session, app, "admin")
    pages["done"] = admin.get("requests").text
    pages["courses"] = admin.get("courses").text
    admin.post("keys")
    pages["keys"] = admin.get("keys").text
    pages["audit"] = admin.get("audit").text

    assert mistakes_in(pages) == []


def test_a_new_key_is_made_once_and_signs_tomorrow(admin: Admin, session: Session) -> None:
    assert admin.client.get("/lti/jwks.json").status_code == 200
    old = session.scalars(select(SigningKey)).one()
    first = admin.post("keys")
    assert session.scalars(select(SigningKey)).all() == [old], "a key of today is new enough"
    old.created_at = old.signs_from = clock_now() - timedelta(days=400)
    session.commit()
    assert "It is time for a new one." in admin.get().text

    admin.post("keys")
    admin.post("keys")

    session.expire_all()
    made = session.scalars(select(SigningKey).where(SigningKey.kid != old.kid)).one()
    assert first.status_code == 303
    assert made.signs_from > clock_now() + timedelta(hours=23)
    page = words(admin.get("keys").text)
    assert "Signs next" in page
    assert "Make a new key" not in page
    assert acts(session) == ["keys.rotated"]


def test_what_is_kept_is_told_with_the_settings_in_force(admin: Admin) -> None:
    page = words(admin.get("retention").text)

    assert "A session in the browser 12 hours after opening Hearth" in page
    assert "What events of the LMS say 7 days" in page
    assert "WEBHOOK_PAYLOAD_DAYS" in page
    assert "E-mail addresses not kept: digests by mail are off" in page
    assert "Exports that were asked for here 7 days" in page
