"""Hearth and an LMS that drift apart, over real HTTP; and what comparing them mends, leaves and says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text

from lti_tool.courses.models import Activity, Course
from lti_tool.exchange.models import Exchange
from lti_tool.grades.models import State
from lti_tool.lms.events import CourseCopied
from lti_tool.lti.errors import Throttled
from lti_tool.lti.services import open_client
from lti_tool.lti.vocabulary import SCOPE_RESULT_READ
from lti_tool.reconcile import comparing, queries
from lti_tool.reconcile.jobs import clear_old, compare_due
from lti_tool.reconcile.models import Run
from lti_tool.subscriptions import SUBSCRIPTIONS
from tests.factories.living import Living

Found = list[tuple[str, str]]
MAI, DIEGO, AISHA = "Mai Tran", "Diego Fuentes", "Aisha Rahman"


def compare(both: Living, course: int | None = None) -> Found:
    """Compare, let what comes of it happen, and say what was found."""
    with both.app.app_context():
        run_id = comparing.compare(course or both.course.id)
    assert run_id is not None
    both.work()
    run = queries.run_with(both.session, run_id)
    assert run.ended_at is not None
    both.session.execute(text("update grade_passback set sent_at = sent_at - interval '10 minutes'"))
    both.session.commit()
    return [(each.kind, each.outcome) for each in run.findings]


def facts(both: Living) -> dict[str, object]:
    """The facts of the one difference that was found last."""
    run = queries.runs_of(both.session, both.course.id, limit=1)[0]
    return run.findings[-1].facts


def column(both: Living) -> str:
    return str(both.columns()[0]["id"])


def overrule(both: Living, name: str, points: float | None) -> None:
    person = next(each["id"] for each in both.lms_students() if each["name"] == name)
    both.api("PUT", "gradebook", line_item=column(both), person=person, points=points)


def post_behind_our_back(both: Living, name: str, points: float) -> None:
    """The gradebook goes back to a grade of before, as after its backup was restored."""
    passback = both.passback(name)
    assert passback.last_timestamp is not None
    at = max(passback.last_timestamp, datetime.now(UTC)) + timedelta(seconds=1)
    with both.app.app_context():
        client = open_client(both.session, both.platform().id)
        client.post_score(
            str(both.session.execute(text("select line_item_url from resource_link")).scalar()),
            {
                "userId": both.people()[name].sub,
                "scoreGiven": points,
                "scoreMaximum": 10,
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
                "timestamp": at.isoformat(),
            },
        )
    passback.last_timestamp = at
    both.session.commit()


@pytest.mark.parametrize("brand", ["standard", "canvas", "moodle"])
def test_where_nothing_differs_nothing_is_found_or_sent(make_living: Callable[..., Living], brand: str) -> None:
    both = make_living(brand)
    both.grade(Mai=8.0, Diego=6.53)
    sent = both.passback(MAI).last_timestamp
    # Some roster tells the groups of those who have not come yet.
    assert set(compare(both)) <= {("groups", "mended")}

    assert compare(both) == []
    assert both.passback(MAI).last_timestamp == sent
    run = queries.runs_of(both.session, both.course.id, limit=1)[0]
    assert (run.columns, run.grades, run.problem) == (1, 2, None)


@pytest.mark.parametrize("brand", ["standard", "moodle"])
def test_a_column_that_was_deleted_is_made_again_with_its_grades(
    make_living: Callable[..., Living], brand: str
) -> None:
    both = make_living(brand)
    both.grade(Mai=8.0, Diego=6.5)
    with both.app.app_context():
        client = open_client(both.session, both.platform().id)
        client.delete_line_item(str(both.session.execute(text("select line_item_url from resource_link")).scalar()))
    assert both.columns() == []

    assert compare(both) == [("column_made", "mended")]
    assert len(both.columns()) == 1
    assert (both.shown(MAI), both.shown(DIEGO)) == (8.0, 6.5)
    assert compare(both) == []


def test_a_column_that_is_deleted_a_second_time_is_left_to_those_who_do_not_want_it(both: Living) -> None:
    def delete() -> None:
        with both.app.app_context():
            client = open_client(both.session, both.platform().id)
            client.delete_line_item(str(both.session.execute(text("select line_item_url from resource_link")).scalar()))

    delete()
    compare(both)
    delete()

    assert compare(both) == [("column_gone", "left")]
    assert both.columns() == []


def test_a_column_that_is_gone_before_anything_was_in_it_is_forgotten(make_living: Callable[..., Living]) -> None:
    both = make_living()
    with both.app.app_context():
        client = open_client(both.session, both.platform().id)
        client.delete_line_item(str(both.session.execute(text("select line_item_url from resource_link")).scalar()))

    assert compare(both) == [("column_unused", "mended")]
    assert compare(both) == []
    both.grade(Mai=8.0)
    assert both.shown(MAI) == 8.0


def test_a_grade_that_a_teacher_changed_in_the_gradebook_stays_and_is_told(both: Living) -> None:
    overrule(both, MAI, 9.5)

    assert compare(both) == [("grade_theirs", "left")]
    assert facts(both) == {"sent": 8.0, "found": 9.5, "maximum": 10.0}
    assert both.shown(MAI) == 9.5
    assert compare(both) == [("grade_theirs", "left")]


def test_a_grade_that_the_lms_lost_is_sent_again(both: Living) -> None:
    both.grade(Mai=7.0)
    post_behind_our_back(both, MAI, 8.0)
    assert both.shown(MAI) == 8.0

    assert compare(both) == [("grade_sent", "mended")]
    assert facts(both) == {"sent": 7.0, "found": 8.0, "maximum": 10.0}
    assert both.shown(MAI) == 7.0
    assert compare(both) == []


def test_what_was_sent_again_once_is_not_sent_again_and_again(both: Living) -> None:
    both.grade(Mai=7.0)
    post_behind_our_back(both, MAI, 8.0)
    compare(both)
    post_behind_our_back(both, MAI, 8.0)

    assert compare(both) == [("grade_refused", "left")]
    assert both.shown(MAI) == 8.0


def test_who_left_and_who_came_in_the_lms_is_told_and_followed(both: Living) -> None:
    assert DIEGO in both.present()
    both.api("PATCH", "enrolments", course=both.course_title, person=DIEGO, status="Deleted")
    both.api("POST", "people", name="Vera Nowak")

    assert compare(both) == [("people", "mended")]
    assert facts(both) == {"joined": 1, "left": 1, "changed": 0, "names": 0}
    assert DIEGO not in both.present()
    assert "Vera Nowak" in both.present()


def test_the_missing_grade_of_somebody_who_left_is_no_difference(both: Living) -> None:
    both.api("PATCH", "enrolments", course=both.course_title, person=DIEGO, status="Deleted")
    compare(both)
    with both.app.app_context():
        both.session.execute(text("update grade_passback set sent_shares = '[]'"))
        both.session.commit()

    assert compare(both) == []


def copy_of(both: Living) -> Course:
    """The course is copied in the LMS, and the teacher opens the copy's menu link only."""
    copied = both.api("POST", f"courses/{both.lms_course()['id']}/copy", title="Designing again", students=True)
    with both.robot("Amara Okafor") as robot:
        robot.launch(course=copied["id"])
    both.work()
    return both.session.scalars(select(Course).where(Course.title == "Designing again")).one()


def test_what_came_along_with_a_copied_course_is_there_before_anybody_opens_it_and_without_people(
    both: Living,
) -> None:
    copy = copy_of(both)
    here = select(Activity).where(Activity.course_id == copy.id)
    assert both.session.scalars(here).all() == []

    SUBSCRIPTIONS[CourseCopied][0](
        both.session,
        both.platform().id,
        [CourseCopied(course=copy.context_id, origin="", occurred_at=datetime.now(UTC))] * 2,
        datetime.now(UTC),
    )
    both.session.commit()
    both.work()

    (cloned,) = both.session.scalars(here).all()
    assert cloned.title == "First drafts"
    assert both.session.get_one(Exchange, cloned.id).reviews == 1
    assert not both.session.execute(text("select from exchange_submission")).all()
    both.course_title = "Designing again"
    with both.robot(MAI) as robot:
        robot.launch(activity=both.lms_activity()["id"])
    assert len(both.session.scalars(here).all()) == 1
    assert compare(both, copy.id) == []


def test_a_platform_that_wants_rest_gets_it_and_the_run_says_so(both: Living) -> None:
    both.api_fault("line_item", "429")

    with both.app.app_context():
        run_id = comparing.compare(both.course.id)

    run = queries.run_with(both.session, run_id or 0)
    assert (run.problem, run.ended_at is not None) == ("throttled", True)


def test_what_the_lms_does_not_give_is_told_and_the_rest_is_compared(both: Living) -> None:
    both.api_fault("roster", "500")
    overrule(both, MAI, 9.5)

    assert compare(both) == [("unreadable", "left"), ("grade_theirs", "left")]


def test_without_the_right_to_read_results_people_and_columns_are_still_compared(both: Living) -> None:
    tool = both.api("GET", "state")["tools"][0]
    both.api("PATCH", f"tools/{tool['id']}", scopes=[each for each in tool["scopes"] if each != SCOPE_RESULT_READ])
    both.forget_tokens()
    both.api("POST", "people", name="Vera Nowak")

    assert compare(both) == [("people", "mended"), ("unreadable", "left")]


def test_a_course_with_more_columns_than_one_run_compares_goes_on_where_it_stopped(
    both: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.add_exchange("Second drafts")
    both.grade("Second drafts", Mai=5.0)
    monkeypatch.setattr(comparing, "MOST_COLUMNS", 1)
    compared = []

    for _ in range(3):
        compare(both)
        run = queries.runs_of(both.session, both.course.id, limit=1)[0]
        compared.append((run.columns, run.grades, run.next_link_id is not None))

    assert compared == [(1, 3, True), (1, 1, False), (1, 3, True)]


def test_a_run_that_the_platform_slows_down_goes_on_behind_what_it_compared(
    both: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("Second drafts", "Third drafts"):
        both.add_exchange(title)
        both.grade(title, Mai=5.0)
    grades, seen = comparing._Comparison._grades, []

    def slow(self: Any, column: Any) -> bool:
        seen.append(column.resource_link_id)
        if len(seen) % 2 == 0:
            raise Throttled(None)
        return grades(self, column)

    monkeypatch.setattr(comparing._Comparison, "_grades", slow)
    for _ in range(3):
        compare(both)

    first, second, third = sorted(set(seen))
    assert seen == [first, second, second, third, third]


def test_the_columns_of_one_link_are_compared_together(both: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    each = partial(queries.Column, tag="", activity_id=1, url="https://x.example", has_grades=True)
    listed = [each(resource_link_id=1), each(resource_link_id=2), each(resource_link_id=2, tag="giving")]
    seen: list[str] = []
    monkeypatch.setattr(comparing, "MOST_COLUMNS", 2)
    monkeypatch.setattr(queries, "columns_of", lambda *_, **__: listed)

    def look(_self: Any, column: queries.Column, _there: Any) -> bool:
        seen.append(column.tag)
        return True

    monkeypatch.setattr(comparing._Comparison, "_column", look)
    compare(both)

    assert seen == ["", "", "giving"]


def test_a_run_that_a_mistake_of_ours_ends_is_no_clean_one(both: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(comparing._Comparison, "gradebook", broken)
    with pytest.raises(ZeroDivisionError):
        compare(both)

    run = queries.runs_of(both.session, both.course.id, limit=1)[0]
    assert (run.problem, run.ended_at is not None) == ("broken", True)
    with both.robot("Amara Okafor") as robot:
        page = robot.get(robot.launch(course=both.lms_course()["id"]).link("Compared with your LMS"))
    assert "Something went wrong in Hearth." in page.text


def test_more_lost_grades_than_one_run_sends_follow_in_the_next(both: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    both.grade(Mai=1.0, Diego=1.0, Aisha=1.0)
    for name, before in ((MAI, 8.0), (DIEGO, 6.5), (AISHA, 9.0)):
        post_behind_our_back(both, name, before)
    monkeypatch.setattr(comparing, "MOST_SENT", 2)

    assert compare(both) == [("grade_sent", "mended"), ("grade_sent", "mended"), ("more", "left")]
    assert compare(both) == [("grade_sent", "mended")]
    assert {both.shown(name) for name in (MAI, DIEGO, AISHA)} == {1.0}


def test_the_clock_compares_each_course_once_a_day_and_old_runs_go(both: Living) -> None:
    with both.app.app_context():
        compare_due(timestamp=0)
        both.work()
        compare_due(timestamp=0)
        both.work()
    assert len(both.session.scalars(select(Run)).all()) == 1

    both.session.execute(text("update reconcile_run set began_at = began_at - interval '25 hours'"))
    both.session.commit()
    with both.app.app_context():
        compare_due(timestamp=0)
    both.work()
    assert len(both.session.scalars(select(Run)).all()) == 2

    both.session.execute(text("update reconcile_run set began_at = began_at - interval '91 days'"))
    both.session.commit()
    clear_old(timestamp=0)
    assert both.session.scalars(select(Run.id)).all() == []


def test_staff_read_what_differed_and_have_it_compared_anew_and_students_may_not(both: Living) -> None:
    overrule(both, MAI, 9.5)
    compare(both)

    with both.robot("Amara Okafor") as robot:
        home = robot.launch(course=both.lms_course()["id"])
        page = robot.get(home.link("Compared with your LMS"))
        assert "Mai Tran, “First drafts”: Hearth sent 8, the gradebook shows 9.5 of 10." in page.text
        robot.submit(page.form("/comparison"))
    both.work()
    assert len(both.session.scalars(select(Run)).all()) == 2
    assert both.passback(MAI).state == State.SENT

    with both.robot(MAI) as robot:
        inside = robot.launch(course=both.lms_course()["id"])
        assert robot.get(f"{inside.url.rstrip('/')}/comparison").status == 403
