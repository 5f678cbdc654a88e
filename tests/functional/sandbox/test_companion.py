"""The pretend Moodle has a plugin that Hearth is paired with, and hears what people do, over real HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.config import Settings
from lti_tool.courses import groups
from lti_tool.courses.models import Membership, Person
from lti_tool.lms.port import Member
from lti_tool.lti.errors import ServiceError
from lti_tool.reconcile.comparing import compare
from lti_tool.reconcile.models import Run
from lti_tool.sandbox.robot import Robot
from tests.factories.living import TEACHER, Living, living
from webhooks.companions import pairing as pairings
from webhooks.companions.models import Pairing, Telling

MAI, DIEGO = "Mai Tran", "Diego Fuentes"
DOOR = "/webservice/rest/server.php"


@pytest.fixture
def both(settings: Settings, session: Session, tmp_path: Path) -> Iterator[Living]:
    """Hearth, and a pretend LMS that acts like Moodle."""
    with living(settings, session, tmp_path, brand="moodle") as made:
        yield made


def pair(both: Living, *, wishes: pairings.Wishes | None = None) -> None:
    """The admin makes a token there and gives it to Hearth."""
    token = both.api("POST", "companion")["token"]
    with db.transaction() as own:
        pairings.pair(
            own,
            both.platform(),
            address="",
            token=token,
            wishes=wishes or pairings.Wishes(),
            settings=both.app.extensions["hearth.settings"],
            now=datetime.now(UTC),
        )


def hand_in(both: Living, name: str) -> None:
    with both.robot(name) as robot:
        page = robot.launch(activity=both.lms_activity()["id"])
        check = robot.submit(robot.get(f"{page.url}/work").form("/work/draft"), body="What I saw.", act="check")
        robot.submit(check.form("/work"))


def give_feedback(both: Living, name: str) -> None:
    with both.robot(name) as robot:
        form = robot.submit(robot.launch(activity=both.lms_activity()["id"]).form("/reviews")).form("/feedback")
        levels: dict[str, Any] = {
            each: values[-1] for each, values in form.choices.items() if each.startswith("level-")
        }
        words = dict.fromkeys((each for each in form.fields if each.startswith("comment")), "Clear, and short.")
        robot.submit(form, **levels, **words)


def ask(both: Living, function: str, token: str, **form: str) -> Any:
    """Call its web services as anybody could."""
    values = {"wsfunction": function, "wstoken": token, "moodlewsrestformat": "json", **form}
    port = both.lms.rpartition(":")[2]
    answer = requests.post(f"http://127.0.0.1:{port}{DOOR}", data=values, timeout=10)
    assert answer.status_code == 200
    return answer.json()


def test_what_students_do_stands_in_its_log_and_completes_their_activity(both: Living) -> None:
    pair(both)

    for name in (MAI, DIEGO):
        hand_in(both, name)
    for name in (MAI, DIEGO):
        give_feedback(both, name)
    with both.robot(TEACHER) as robot:
        # Else an exchange that hides names tells of completion in company only, at the full hour.
        robot.submit(robot.launch(activity=both.lms_activity()["id"]).form("/closure"))
    both.work()

    heard = both.api("GET", "companion")
    assert sorted(each["kind"] for each in heard["log"]) == ["feedback.given"] * 2 + ["work.submitted"] * 2
    assert {each["activity"] for each in heard["log"]} == {"First drafts"}
    # The exchange hides both sides from each other, and so from a log that teachers of others may read.
    assert {each["who"] for each in heard["log"]} == {None}
    assert {each["who"] for each in heard["completions"]} == {MAI, DIEGO}


def test_an_answer_that_breaks_is_asked_for_again_and_nothing_is_told_twice(both: Living, session: Session) -> None:
    pair(both)
    with both.robot(TEACHER) as robot:
        robot.api("PUT", "../faults", {"companion": {"kind": "html", "times": 1}})
    hand_in(both, MAI)
    both.work()
    assert both.api("GET", "companion")["log"] == []

    session.execute(update(Pairing).values(rests_until=None))
    session.execute(update(Telling).values(next_attempt_at=datetime.now(UTC) - timedelta(minutes=1)))
    session.commit()
    with db.transaction() as own:
        pairings.ring(own)
    both.work()

    assert [each["kind"] for each in both.api("GET", "companion")["log"]] == ["work.submitted"]


def test_a_token_that_was_ended_is_refused_inside_an_answer_that_looks_well(both: Living) -> None:
    first = both.api("POST", "companion")["token"]
    both.api("POST", "companion")

    assert ask(both, "local_hearth_status", first)["errorcode"] == "invalidtoken"


def test_it_listens_to_the_chosen_tool_only(both: Living) -> None:
    token = both.api("POST", "companion")["token"]
    acts = {"acts[0][key]": "a:1", "acts[0][courseid]": both.lms_course()["id"], "acts[0][time]": "1795724400"}

    assert ask(both, "local_hearth_record_activity", token, clientid="x", **acts)["errorcode"] == "notpaired"
    assert ask(both, "local_hearth_get_groups", token, clientid="x", courseid="3")["errorcode"] == "notpaired"
    assert ask(both, "mod_assign_get_grades", token)["errorcode"] == "invalidrecord"


@pytest.mark.parametrize(
    "changed, reason",
    [
        ({"key": "with spaces"}, "badkey"),
        ({"kind": "Nonsense!"}, "badkind"),
        ({"time": "12"}, "badtime"),
        ({"completion": "half"}, "badcompletion"),
        ({"courseid": "1"}, "nocourse"),
        ({"resourcelinkid": "1"}, "noactivity"),
        ({"userid": "1"}, "nouser"),
        ({"calendar][0][ref": "due/1", "calendar][0][userid": "1", "calendar][0][timestart": "1795724400"}, "nouser"),
    ],
)
def test_what_makes_no_sense_there_is_refused_and_its_key_is_not_used_up(
    both: Living, changed: dict[str, str], reason: str
) -> None:
    token = both.api("POST", "companion")["token"]
    client_id = both.platform().client_id
    good = {
        "key": "a:1",
        "courseid": both.lms_course()["id"],
        "resourcelinkid": both.lms_activity()["id"],
        "kind": "work.submitted",
        "time": str(int(datetime.now(UTC).timestamp())),
    }

    def told(act: dict[str, str]) -> Any:
        form = {f"acts[0][{name}]": value for name, value in act.items()}
        (result,) = ask(both, "local_hearth_record_activity", token, clientid=client_id, **form)["results"]
        return result["status"], result["reason"]

    assert told(good | changed) == ("refused", reason)
    assert told(good) == ("done", "")
    assert told(good) == ("known", "")


def test_another_kind_of_lms_has_no_such_door(both: Living) -> None:
    both.api("PATCH", "settings", brand="standard")
    port = both.lms.rpartition(":")[2]

    assert requests.post(f"http://127.0.0.1:{port}{DOOR}", timeout=10).status_code == 404
    with pytest.raises(requests.HTTPError):
        both.api("POST", "companion")


def test_a_wrong_token_pairs_nothing(both: Living, session: Session) -> None:
    settings = both.app.extensions["hearth.settings"]

    with pytest.raises(ServiceError), db.transaction() as own:
        pairings.pair(
            own,
            both.platform(),
            address="",
            token="wrong",
            wishes=pairings.Wishes(),
            settings=replace(settings),
            now=datetime.now(UTC),
        )

    assert session.scalar(text("select count(*) from companion")) == 0


def test_its_page_shows_the_token_once_and_what_was_told(both: Living) -> None:
    with Robot(both.lms, "Ruth Goldberg") as robot:
        # Signed in as by any launch.
        robot.launch(activity=both.lms_activity()["id"])
        page = robot.submit(robot.get(f"{both.lms}/admin/companion").form("/admin/companion/token"))
        assert "shown only this once" in page.text
        assert "shown only this once" not in robot.get(f"{both.lms}/admin/companion").text
        ended = robot.submit(robot.get(f"{both.lms}/admin/companion").form("/token/undo"))

    assert "cannot write anything here yet" in ended.text


# Groups.


def groups_here(both: Living) -> dict[str, list[str]]:
    rows = select(Person.name, Membership.groups).join(Person).where(Membership.course_id == both.course.id)
    both.session.expire_all()
    return {name: groups for name, groups in both.session.execute(rows) if groups}


def groups_there(both: Living) -> dict[str, list[str]]:
    """As the plugin tells them, by name."""
    token = both.api("POST", "companion")["token"]
    course, client_id = both.lms_course()["id"], both.platform().client_id
    told = ask(both, "local_hearth_get_groups", token, clientid=client_id, courseid=course)["groups"]
    names = {each["id"]: each["name"] for each in both.lms_students()}
    found: dict[str, list[str]] = {}
    for group in told:
        for member in group["members"]:
            found.setdefault(names[member], []).append(group["id"])
    return found


def compared(both: Living) -> list[tuple[str, str]]:
    with both.app.app_context():
        run_id = compare(both.course.id)
    both.session.expire_all()
    assert run_id is not None
    return [(each.kind, each.outcome) for each in both.session.get_one(Run, run_id).findings]


def test_everybodys_groups_are_compared_also_of_those_who_never_came(both: Living) -> None:
    """Moodle's roster tells none, and a launch only those of whoever launches."""
    there = groups_there(both)
    pair(both)
    assert len(there) >= 8
    assert groups_here(both) == {}

    assert ("groups", "mended") in compared(both)
    assert groups_here(both) == there
    assert compared(both) == []


def test_who_left_a_group_while_nobody_told_hearth_is_out_of_it_after_comparing(both: Living) -> None:
    pair(both)
    compared(both)
    before = groups_here(both)[MAI]

    # Events go nowhere: nobody has said where.
    with pytest.raises(requests.HTTPError):
        both.api("POST", "events", act="move", course=both.course_title, person=MAI)
    compared(both)

    after = groups_here(both)[MAI]
    assert len(after) == 1
    assert after != before


def test_a_plugin_that_does_not_answer_takes_nobody_out_of_a_group(both: Living) -> None:
    pair(both)
    compared(both)
    before = groups_here(both)

    with both.robot(TEACHER) as robot:
        robot.api("PUT", "../faults", {"companion": "500"})
    compared(both)

    assert groups_here(both) == before


def test_whom_an_event_moved_while_the_plugin_was_asked_stays_where_it_said(both: Living) -> None:
    pair(both)
    compared(both)
    course_id, started = both.course.id, datetime.now(UTC)
    told = {MAI: both.people()[MAI].sub}
    both.session.execute(
        update(Membership)
        .where(Membership.course_id == course_id, Membership.person_id == both.people()[MAI].id)
        .values(groups=["99"], groups_told={"99": started.isoformat(timespec="seconds")})
    )
    both.session.commit()

    stale = [Member(subject=told[MAI], role="learner", groups=("1",))]
    with db.transaction() as own:
        assert groups.merge(own, course_id, stale, started=started, now=started) == 0

    assert groups_here(both)[MAI] == ["99"]
