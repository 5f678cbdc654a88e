"""An instructor makes an exchange and changes it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Role
from lti_tool.exchange import operations
from lti_tool.exchange.models import Exchange
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import BEGUN, Class, hand_in, make_plan, review
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

BARE = {
    "title": "First drafts",
    "instructions": "",
    "reviews": "2",
    "grade": "none",
    "points": "",
    "anonymity": "masked",
}


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def the_exchange(session: Session, title: str) -> Exchange:
    session.expire_all()
    return session.scalars(select(Exchange).join(Activity).where(Activity.title == title)).one()


def hidden_fields(html: str, form: str = "exchange-form") -> dict[str, Any]:
    """What a browser would send if somebody pressed Save at once."""
    body = html.split(f'class="form {form}"', 1)[1].split("</form>", 1)[0]
    body = re.sub(r"<template.*?</template>\s*</fieldset>|<template.*?</template>", "", body, flags=re.DOTALL)
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", body):
        name = re.search(r'name="([^"]+)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if name is None or (kind and kind[1] in ("radio", "checkbox") and " checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        fields.setdefault(name[1], []).append(value[1] if value else "")
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', body, flags=re.DOTALL):
        fields.setdefault(name, []).append(value)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, flags=re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields.setdefault(name, []).append(chosen[1] if chosen else "")
    del fields["csrf_token"]
    return fields


def test_a_title_is_enough_to_make_an_exchange(teacher: Visitor, session: Session) -> None:
    """Pain 48: many settings make it complex."""
    fields = hidden_fields(teacher.get("/exchanges/new").text)

    answer = teacher.post("/exchanges", data={**fields, "title": "Made in a minute", "act": "save"})

    exchange = the_exchange(session, "Made in a minute")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/exchanges/{exchange.id}")
    assert exchange.is_published
    assert exchange.points is None
    assert exchange.is_masked
    assert exchange.reviews == 3
    assert [len(each.levels) for each in exchange.criteria] == [4, 4, 0]


def test_a_draft_is_not_published(teacher: Visitor, session: Session) -> None:
    teacher.post("/exchanges", data={**BARE, "title": "Later", "act": "draft"})

    assert not the_exchange(session, "Later").is_published


def test_while_content_is_chosen_the_new_exchange_goes_to_the_lms(visit: People, made: Class, session: Session) -> None:
    chooser = visit(
        made.teacher, deep_link={"return_url": "https://lms.example/back", "accept_types": ["ltiResourceLink"]}
    )
    assert "Add to the course" in words(chooser.get("/exchanges/new").text)

    answer = chooser.post("/exchanges", data={**BARE, "title": "Chosen"})

    assert answer.location.endswith(f"/picker/{the_exchange(session, 'Chosen').id}")


def test_with_htmx_the_page_is_told_where_to_go(teacher: Visitor, session: Session) -> None:
    answer = teacher.post("/exchanges", data={**BARE, "title": "By script"}, htmx=True)

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].endswith(f"/exchanges/{the_exchange(session, 'By script').id}")


def test_moments_arrive_in_utc_with_and_without_script(teacher: Visitor, session: Session) -> None:
    moments = {
        "opens_at": "2030-05-01T08:00",
        "submit_by": "2030-05-03T12:00:00.000Z",
        "review_by": "2030-05-09T14:00+02:00",
    }

    teacher.post("/exchanges", data={**BARE, "title": "Timed", **moments})

    exchange = the_exchange(session, "Timed")
    assert exchange.opens_at == datetime(2030, 5, 1, 8, tzinfo=UTC)
    assert exchange.submit_by == datetime(2030, 5, 3, 12, tzinfo=UTC)
    assert exchange.review_by == datetime(2030, 5, 9, 12, tzinfo=UTC)


def test_points_are_read_with_a_comma_too(teacher: Visitor, session: Session) -> None:
    teacher.post("/exchanges", data={**BARE, "title": "Graded", "grade": "points", "points": "7,5"})

    assert the_exchange(session, "Graded").points == 7.5


@pytest.mark.parametrize(
    "field, value, names",
    [
        ("title", "", "title"),
        ("title", "   ", "title"),
        ("title", "x" * 300, "title"),
        ("title", "\x00", "title"),
        ("instructions", "x" * 200_001, "instructions"),
        ("reviews", "0", "reviews"),
        ("reviews", "11", "reviews"),
        ("reviews", "three", "reviews"),
        ("reviews", "9" * 5000, "reviews"),
        ("reviews", "", "reviews"),
        ("grade", "gold", "grade"),
        ("anonymity", "secret", "anonymity"),
        ("opens_at", "tomorrow", "opens-at"),
        ("submit_by", "0001-01-01T00:00+14:00", "submit-by"),
        ("review_by", "9999-12-31T23:59", "review-by"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_field_is_named_and_all_words_are_kept(
    teacher: Visitor, session: Session, field: str, value: str, names: str, htmx: bool
) -> None:
    typed = {**BARE, "title": "Kept title", "instructions": "Kept instructions", field: value}

    answer = teacher.post("/exchanges", data=typed, htmx=htmx)

    assert answer.status_code == 422
    assert f'id="field-{names}-error"' in answer.text
    for kept in ("Kept title", "Kept instructions"):
        assert kept in answer.text or field in ("title", "instructions")
    assert ("<html" in answer.text) is not htmx


@pytest.mark.parametrize("points", ["", "0", "-3", "nan", "inf", "1e999", "many", "100001"])
def test_points_must_be_a_number_above_nothing(teacher: Visitor, points: str) -> None:
    answer = teacher.post("/exchanges", data={**BARE, "grade": "points", "points": points})

    assert answer.status_code == 422
    assert 'id="field-points-error"' in answer.text


def test_points_do_not_matter_without_a_grade(teacher: Visitor) -> None:
    assert teacher.post("/exchanges", data={**BARE, "points": "many"}).status_code == 303


@pytest.mark.parametrize(
    "moments, name",
    [
        ({"opens_at": "2030-05-03T12:00", "submit_by": "2030-05-01T12:00"}, "submit-by"),
        ({"submit_by": "2030-05-03T12:00", "review_by": "2030-05-01T12:00"}, "review-by"),
        ({"opens_at": "2030-05-03T12:00", "review_by": "2030-05-01T12:00"}, "review-by"),
    ],
)
def test_dates_come_in_order(teacher: Visitor, moments: dict[str, str], name: str) -> None:
    answer = teacher.post("/exchanges", data={**BARE, **moments})

    assert answer.status_code == 422
    assert f'id="field-{name}-error"' in answer.text


@pytest.mark.parametrize(
    "rows, name",
    [
        ({"criterion[]": ["n1"], "n1-title": ""}, "n1-title"),
        (
            {"criterion[]": ["n1"], "n1-title": "Alone", "n1-level[]": ["m1"], "m1-title": "One", "m1-points": "1"},
            "n1-title",
        ),
        (
            {"criterion[]": ["n1"], "n1-title": "A", "n1-level[]": ["m1", "m2"], "m1-title": "", "m2-title": "Two"},
            "m1-title",
        ),
        (
            {
                "criterion[]": ["n1"],
                "n1-title": "A",
                "n1-level[]": ["m1", "m2"],
                "m1-title": "1",
                "m1-points": "-1",
                "m2-title": "2",
            },
            "m1-points",
        ),
        (
            {
                "criterion[]": ["n1"],
                "n1-title": "A",
                "n1-level[]": ["m1", "m2"],
                "m1-title": "1",
                "m1-points": "few",
                "m2-title": "2",
            },
            "m1-points",
        ),
        ({"criterion[]": [f"n{n}" for n in range(40)], **{f"n{n}-title": "T" for n in range(40)}}, "criteria"),
    ],
)
def test_a_wrong_row_is_named(teacher: Visitor, rows: dict[str, Any], name: str) -> None:
    answer = teacher.post("/exchanges", data={**BARE, **rows})

    assert answer.status_code == 422
    assert f'id="field-{name}-error"' in answer.text


def test_unknown_fields_and_keys_are_left_alone(teacher: Visitor) -> None:
    odd = {"criterion[]": ["' or 1=1", "x" * 5000, "n1\x00"], "owner": "me", "__class__": "x"}

    assert teacher.post("/exchanges", data={**BARE, **odd}).status_code == 303


@pytest.mark.parametrize("htmx", [False, True])
def test_rows_are_added_moved_and_removed_without_script(teacher: Visitor, htmx: bool) -> None:
    typed = {
        **BARE,
        "title": "Kept",
        "criterion[]": ["n1", "n2"],
        "n1-title": "First",
        "n2-title": "Second",
        "n2-level[]": ["m1", "m2"],
        "m1-title": "Low",
        "m2-title": "High",
    }

    def order(act: str) -> list[str]:
        answer = teacher.post("/exchanges", data={**typed, "act": act}, htmx=htmx)
        assert answer.status_code == 200
        assert "Kept" in answer.text
        visible = re.sub(r"<template.*?</template>", "", answer.text, flags=re.DOTALL)
        return re.findall(r'name="[nmcl]\w+-title" [^>]*value="([^"]*)"', visible)

    assert order("up n2") == ["Second", "Low", "High", "First"]
    assert order("down n1") == ["Second", "Low", "High", "First"]
    assert order("up n1") == ["First", "Second", "Low", "High"]
    assert order("remove n1") == ["Second", "Low", "High"]
    assert order("up m2") == ["First", "Second", "High", "Low"]
    assert order("remove m1") == ["First", "Second", "High"]
    assert order("add-level n2") == ["First", "Second", "Low", "High", ""]
    assert order("add-criterion")[:4] == ["First", "Second", "Low", "High"]
    assert len(order("add-criterion")) > 4
    assert order("explode everything") == ["First", "Second", "Low", "High"]


def test_settings_are_changed_later(teacher: Visitor, made: Class, session: Session) -> None:
    fields = hidden_fields(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)
    clarity = made.exchange.criteria[0]

    answer = teacher.post(
        f"/exchanges/{made.exchange.id}/settings",
        data={**fields, "title": "Second thoughts", f"c{clarity.id}-title": "Clearness", "reviews": "1"},
    )

    assert answer.status_code == 303
    exchange = the_exchange(session, "Second thoughts")
    assert exchange.reviews == 1
    assert [each.title for each in exchange.criteria] == ["Clearness", "Advice"]
    assert exchange.criteria[0].id == clarity.id
    assert [level.points for level in exchange.criteria[0].levels] == [0, 3, 5]


def test_criteria_are_reordered(teacher: Visitor, made: Class, session: Session) -> None:
    fields = hidden_fields(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)

    teacher.post(f"/exchanges/{made.exchange.id}/settings", data={**fields, "criterion[]": fields["criterion[]"][::-1]})

    assert [each.title for each in the_exchange(session, "First drafts").criteria] == ["Advice", "Clarity"]


def test_criteria_of_others_are_refused(teacher: Visitor, made: Class) -> None:
    answer = teacher.post(
        f"/exchanges/{made.exchange.id}/settings",
        data={**BARE, "title": "Kept", "criterion[]": ["c999999"], "c999999-title": "Somebody else's"},
    )

    assert answer.status_code == 422
    assert 'id="field-criteria-error"' in answer.text
    assert "Kept" in answer.text


def test_criteria_in_use_stay(teacher: Visitor, made: Class, session: Session, an_hour_ago: datetime) -> None:
    for person in made.people[:2]:
        hand_in(made, person, now=an_hour_ago)
    review(made, made.people[0], now=an_hour_ago)
    session.commit()
    fields = hidden_fields(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)

    answer = teacher.post(
        f"/exchanges/{made.exchange.id}/settings",
        data={**fields, "title": "Kept", "criterion[]": fields["criterion[]"][:1]},
    )

    assert answer.status_code == 422
    assert "Somebody has written by these criteria" in words(answer.text)
    assert "Kept" in answer.text


def test_hidden_names_stay_hidden_once_people_have_begun(
    teacher: Visitor, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()
    fields = hidden_fields(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)

    answer = teacher.post(f"/exchanges/{made.exchange.id}/settings", data={**fields, "anonymity": "named"})

    assert answer.status_code == 422
    assert 'id="field-anonymity-error"' in answer.text


def test_an_exchange_is_published_hidden_closed_reopened_and_deleted(
    visit: People, session: Session, made: Class
) -> None:
    course = make_course(session)
    member = make_member(session, course, Role.TEACHER)
    exchange = operations.create_exchange(
        session, make_plan(title="Coming"), course_id=course.id, by=member.person_id, now=BEGUN, publish=False
    )
    session.commit()
    teacher = visit(member)
    path = f"/exchanges/{exchange.id}"

    def state() -> tuple[bool, bool]:
        found = the_exchange(session, "Coming")
        return found.is_published, found.is_closed

    assert teacher.post(f"{path}/publication").status_code == 303
    assert state() == (True, False)
    assert teacher.post(f"{path}/publication/removal").status_code == 303
    assert state() == (False, False)
    teacher.post(f"{path}/publication")
    assert teacher.post(f"{path}/closure").status_code == 303
    assert teacher.post(f"{path}/closure").status_code == 303
    assert state() == (True, True)
    headers = {"X-CSRFToken": teacher.token()}
    assert teacher.client.delete(teacher.signed_in.path(f"{path}/closure"), headers=headers).status_code == 303
    assert state() == (True, False)
    assert teacher.post(f"{path}/removal").status_code == 303
    assert teacher.get(path).status_code == 404


def test_work_handed_in_cannot_be_hidden_or_deleted(
    teacher: Visitor, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()

    for act in ("publication/removal", "removal"):
        answer = teacher.post(f"/exchanges/{made.exchange.id}/{act}")
        assert answer.status_code == 409
        assert "Close the exchange instead" in words(answer.text)


def test_markdown_is_previewed(teacher: Visitor) -> None:
    answer = teacher.post(
        "/exchanges/markdown?field=instructions", instructions="**bold** <script>x</script>", htmx=True
    )

    assert "<strong>bold</strong>" in answer.text
    assert "<script" not in answer.text


def test_an_empty_preview_says_so(teacher: Visitor) -> None:
    assert "appear here" in teacher.post("/exchanges/markdown", htmx=True).text


def test_a_due_date_that_passed_is_shown_as_it_was(teacher: Visitor, made: Class, session: Session) -> None:
    past = datetime.now(UTC).replace(microsecond=0, second=0) - timedelta(days=3)
    exchange = session.get_one(Exchange, made.exchange.id)
    exchange.submit_by = past
    session.commit()

    assert past.strftime("%Y-%m-%dT%H:%M") in teacher.get(f"/exchanges/{made.exchange.id}/settings").text


def settings_of(teacher: Visitor, made: Class) -> dict[str, Any]:
    return hidden_fields(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)


def test_two_teachers_in_the_settings_overwrite_nothing_unseen(
    teacher: Visitor, visit: People, made: Class, session: Session
) -> None:
    colleague = visit(make_member(session, made.course, Role.TEACHER))
    session.commit()
    path = f"/exchanges/{made.exchange.id}/settings"
    mine, theirs = settings_of(teacher, made), settings_of(colleague, made)
    added = {"criterion[]": [*theirs["criterion[]"], "nlater"], "nlater-title": "Sources", "nlater-kind": "yes_no"}
    assert colleague.post(path, data=theirs | added | {"instructions": "Two pages.", "act": "save"}).status_code == 303
    moved = teacher.post(path, data=mine | {"title": "Second drafts", "act": f"down {mine['criterion[]'][0]}"})

    refused = teacher.post(path, data=hidden_fields(moved.text) | {"act": "save"})

    assert refused.status_code == 409
    said = words(refused.text)
    assert "Somebody else saved these settings while you were changing them" in said
    assert "Two pages." in said
    assert "Criterion: Sources" in said
    assert mistakes_in({"settings": refused.text}) == []
    session.expire_all()
    assert made.exchange.instructions == "Two pages."
    again = hidden_fields(refused.text)
    assert again["title"] == ["Second drafts"]
    assert len(again["criterion[]"]) == 3
    assert teacher.post(path, data=again | {"act": "save"}).status_code == 303
    session.expire_all()
    assert made.exchange.title == "Second drafts"
    assert {each.title for each in made.exchange.criteria} == {"Clarity", "Advice", "Sources"}


def test_a_criterion_that_a_colleague_took_away_meanwhile_can_be_saved_anew(
    teacher: Visitor, visit: People, made: Class, session: Session
) -> None:
    colleague = visit(make_member(session, made.course, Role.TEACHER))
    session.commit()
    path = f"/exchanges/{made.exchange.id}/settings"
    mine, theirs = settings_of(teacher, made), settings_of(colleague, made)
    gone = theirs["criterion[]"][0]
    kept = {name: value for name, value in theirs.items() if not name.startswith(f"{gone}-")}
    colleague.post(path, data=kept | {"criterion[]": theirs["criterion[]"][1:], "act": "save"})

    refused = teacher.post(path, htmx=True, data=mine | {"act": "save"})

    assert refused.status_code == 409
    assert "Taken away" in words(refused.text)
    assert teacher.post(path, data=hidden_fields(refused.text) | {"act": "save"}).status_code == 303
    session.expire_all()
    assert {each.title for each in made.exchange.criteria} == {"Clarity", "Advice"}


def test_the_same_settings_saved_twice_are_no_conflict(teacher: Visitor, made: Class) -> None:
    path = f"/exchanges/{made.exchange.id}/settings"
    mine = settings_of(teacher, made) | {"instructions": "Two pages.", "act": "save"}

    assert teacher.post(path, data=mine).status_code == 303
    assert teacher.post(path, data=mine).status_code == 303


def test_what_people_are_writing_is_told_before_it_goes_with_the_exchange(
    teacher: Visitor, visit: People, made: Class, session: Session
) -> None:
    path = f"/exchanges/{made.exchange.id}"
    visit(made.learners[0]).post(f"{path}/work/draft", body="Half a page.", base_revision="0")

    late = teacher.post(f"{path}/removal", begun="0")
    page = teacher.get(path).text

    assert late.status_code == 409
    assert "one work is being written" in words(late.text)
    assert "One work that somebody is writing goes too." in words(page)
    assert 'name="begun" value="1"' in page
    assert teacher.post(f"{path}/removal", begun="1").status_code == 303
