"""Line items, scores and results (Assignment and Grade Services 2.0), and the gradebook people see."""

from typing import Any

import pytest

from tests.functional.sandbox.conftest import World
from tests.functional.sandbox.tiny_tool import AGS, CLAIM, MEDIA, SCOPE

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
LATER = "2026-03-02T10:00:00.000Z"


class Column:
    """An activity with its line item, and a student to be graded."""

    def __init__(self, world: World, brand: str = "standard", **line_item: Any) -> None:
        world.install(brand)
        self.world = world
        self.activity = world.add_activity(lineItem={"scoreMaximum": 10, **line_item})
        self.student = world.person("student")
        self.url = world.line_item(self.activity)

    def score(self, **changes: Any) -> Any:
        return self.world.tool.send_score(self.url, changes.pop("userId", self.student["id"]), **changes)

    @property
    def grade(self) -> Any:
        return self.world.grade(self.activity, self.student)

    def call(self, method: str, tail: str = "", media: str = ITEM, **more: Any) -> Any:
        path, _, query = self.url.partition("?")
        kind = "Content-Type" if "json" in more else "Accept"
        url = f"{path}{tail}{'?' if query else ''}{query}"
        return self.world.tool.call(method, url, headers={kind: media}, **more)


@pytest.fixture
def column(world: World) -> Column:
    return Column(world)


def test_a_score_becomes_a_grade_that_teacher_and_student_see(column: Column) -> None:
    world = column.world
    answer = column.score(scoreGiven=4, scoreMaximum=5, comment="Well seen & said")

    course = world.course_of(column.activity)
    teachers = world.browser(world.person("teacher")).get(f"/courses/{course}/grades").text
    mine = world.browser(column.student).get(f"/courses/{course}/grades").text
    others = world.browser(world.person("student", 1)).get(f"/courses/{course}/grades").text
    assert answer.status_code == 204
    assert column.grade["shown"] == 8
    assert "Well seen &amp; said" in teachers
    assert "Well seen &amp; said" in mine
    assert "Well seen" not in others


def test_nobody_looks_at_the_grade_of_another_student(column: Column) -> None:
    world = column.world
    column.score()
    course = world.course_of(column.activity)
    item = column.activity["line_items"][0]
    address = f"/courses/{course}/grades/{item}/{column.student['id']}"

    assert world.browser(column.student).get(address).ok
    assert world.browser(world.person("student", 1)).get(address).status_code == 404


@pytest.mark.parametrize("timestamp", ["2026-03-02T09:30:00.000Z", "2026-03-02T09:29:59.999Z"])
def test_a_score_that_is_not_newer_is_refused(column: Column, timestamp: str) -> None:
    column.score(timestamp="2026-03-02T09:30:00.000Z")

    answer = column.score(timestamp=timestamp, scoreGiven=1)

    assert answer.status_code == 409
    assert column.grade["shown"] == 8


def test_a_score_one_millisecond_newer_counts(column: Column) -> None:
    column.score(timestamp="2026-03-02T09:30:00.000Z")

    column.score(timestamp="2026-03-02T09:30:00.001Z", scoreGiven=1)

    assert column.grade["shown"] == 1
    assert len(column.grade["history"]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-03-02T09:30:00.000"},
        {"activityProgress": "Done"},
        {"activityProgress": None},
        {"gradingProgress": "Finished"},
        {"scoreMaximum": None},
        {"scoreMaximum": 0},
        {"scoreGiven": -1},
        {"scoreGiven": "8"},
        {"scoreGiven": True},
        {"comment": ["no text"]},
        {"userId": ""},
        {"userId": 7},
    ],
)
def test_a_score_that_breaks_the_rules_is_refused(column: Column, changes: dict[str, Any]) -> None:
    answer = column.score(**changes)

    assert answer.status_code == 400
    assert column.grade is None


@pytest.mark.parametrize("kind", ["teacher", "ta", "nobody"])
def test_only_students_of_the_course_are_graded(column: Column, kind: str) -> None:
    person = "nobody" if kind == "nobody" else column.world.person(kind)["id"]

    assert column.score(userId=person).status_code == 404


def test_progress_without_a_final_grade_leaves_the_grade_alone(column: Column) -> None:
    column.score()

    column.score(timestamp=LATER, gradingProgress="PendingManual", scoreGiven=None, scoreMaximum=None)

    assert column.grade["shown"] == 8
    assert column.grade["grading_progress"] == "PendingManual"


def test_more_than_the_maximum_is_kept(column: Column) -> None:
    column.score(scoreGiven=12)

    assert column.grade["shown"] == 12


def test_a_read_only_token_cannot_send_scores(column: Column) -> None:
    token = column.world.tool.token(f"{SCOPE}result.readonly")

    answer = column.world.tool.send_score(column.url, column.student["id"], token)

    assert answer.status_code == 403


def test_a_score_needs_its_media_type(column: Column) -> None:
    answer = column.call("POST", "/scores", media="application/json", json={})

    assert answer.status_code == 415


def test_results_tell_the_grades_that_count_now(column: Column) -> None:
    world = column.world
    column.score(comment="Good")
    column.score(userId=world.person("student", 1)["id"], scoreGiven=0)

    results = column.call("GET", "/results", RESULTS).json()
    one = column.call("GET", "/results", RESULTS, params={"user_id": column.student["id"]}).json()

    assert {result["resultScore"] for result in results} == {8, 0}
    assert [(result["userId"], result["comment"]) for result in one] == [(column.student["id"], "Good")]
    assert one[0]["scoreOf"] == column.url


def test_line_items_are_made_found_replaced_and_removed(column: Column) -> None:
    world, tool = column.world, column.world.tool
    items = column.url.rpartition("/")[0]
    body = {"label": "Essay", "scoreMaximum": 60, "tag": "final", "resourceId": "9", "https://x.example/kept": 1}

    made = tool.call("POST", items, json=body, headers={"Content-Type": ITEM})
    found = tool.call("GET", items, params={"tag": "final", "resource_id": "9"}, headers={"Accept": ITEMS}).json()
    own = tool.call("GET", items, params={"resource_link_id": column.activity["id"]}).json()
    url = made.json()["id"]
    changed = tool.call("PUT", url, json={**made.json(), "label": "Last essay"}, headers={"Content-Type": ITEM})
    gone = tool.call("DELETE", url)

    assert made.status_code == 201
    assert made.headers["Location"] == url
    assert [item["id"] for item in found] == [url]
    assert [item["id"] for item in own] == [column.url]
    assert changed.json() == {**made.json(), "label": "Last essay"}
    assert gone.status_code == 204
    assert tool.call("GET", url).status_code == 404
    assert world.state()["courses"]


@pytest.mark.parametrize(
    "body", [{"label": "", "scoreMaximum": 1}, {"label": "A", "scoreMaximum": 0}, {"label": "A"}, [], {"label": 1}]
)
def test_a_wrong_line_item_is_refused(column: Column, body: Any) -> None:
    answer = column.world.tool.call("POST", column.url.rpartition("/")[0], json=body, headers={"Content-Type": ITEM})

    assert answer.status_code == 400


def test_line_items_come_in_pages(column: Column) -> None:
    items = column.url.rpartition("/")[0]
    for label in "ABC":
        body = {"label": label, "scoreMaximum": 1}
        column.world.tool.call("POST", items, json=body, headers={"Content-Type": ITEM})

    page = column.world.tool.call("GET", items, params={"limit": "3"})

    assert len(page.json()) == 3
    assert 'rel="next"' in page.headers["Link"]


def test_a_teacher_overrules_and_takes_it_back(column: Column) -> None:
    world = column.world
    column.score()
    teacher = world.browser(world.person("teacher"))
    address = f"/courses/{world.course_of(column.activity)}/grades/{column.activity['line_items'][0]}"

    teacher.post(f"{address}/{column.student['id']}", {"points": "9,5"})
    overruled = column.grade["shown"]
    teacher.post(f"{address}/{column.student['id']}", {"points": ""})

    assert overruled == 9.5
    assert column.grade["shown"] == 8


def test_a_submission_is_opened_from_the_gradebook(world: World) -> None:
    column = Column(world, submissionReview={"reviewableStatus": ["Completed"], "custom": {"view": "review"}})
    address = f"/courses/{world.course_of(column.activity)}/grades/{column.activity['line_items'][0]}"
    path = f"{address}/{column.student['id']}/review/launch"

    world.browser(world.person("teacher")).get(path)
    claims = world.tool.last_claims()

    assert claims[f"{CLAIM}message_type"] == "LtiSubmissionReviewRequest"
    assert claims[f"{CLAIM}for_user"]["user_id"] == column.student["id"]
    assert claims[f"{CLAIM}custom"]["view"] == "review"
    assert claims[AGS]["lineitem"] == column.url
    assert world.browser(world.person("student", 1)).get(path).status_code == 404


def test_moodle_lets_a_student_name_anybody_in_a_review(world: World) -> None:
    column = Column(world, "moodle", submissionReview={"reviewableStatus": ["Completed"]})
    address = f"/courses/{world.course_of(column.activity)}/grades/{column.activity['line_items'][0]}"

    world.browser(world.person("student", 1)).get(f"{address}/{column.student['id']}/review/launch")

    claims = world.tool.last_claims()
    assert claims[f"{CLAIM}for_user"] == {"user_id": column.student["id"]}
    assert claims["sub"] != column.student["id"]


def test_moodle_compares_whole_seconds(world: World) -> None:
    column = Column(world, "moodle")
    first = column.score(timestamp="2026-03-02T09:30:00.100Z")

    second = column.score(timestamp="2026-03-02T09:30:00.900Z")

    assert "type_id=" in column.url
    assert (first.status_code, first.text) == (200, "")
    assert second.status_code == 409
    assert column.score(timestamp="2026-03-02T09:30:01.000Z").ok


def test_moodle_erases_by_unfinished_scores_and_missing_comments(world: World) -> None:
    column = Column(world, "moodle")
    column.score(comment="Good")
    column.score(timestamp="2026-03-02T09:31:00Z")
    without_comment = column.grade
    column.score(timestamp="2026-03-02T09:32:00Z", gradingProgress="PendingManual")

    assert (without_comment["shown"], without_comment["comment"]) == (8, "")
    assert column.grade["shown"] is None


def test_moodle_cuts_to_the_maximum_and_keeps_the_teachers_grade_on_top(world: World) -> None:
    column = Column(world, "moodle")
    column.score(scoreGiven=15)
    cut = column.grade["shown"]
    item = column.activity["line_items"][0]
    world.api("PUT", "/api/gradebook", line_item=item, person=column.student["id"], points=3)

    column.score(timestamp=LATER, scoreGiven=7)

    assert cut == 10
    assert (column.grade["shown"], column.grade["points"]) == (3, 7)


def test_moodle_loses_ids_that_a_put_leaves_out(world: World) -> None:
    column = Column(world, "moodle", resourceId="9", tag="t")

    column.call("PUT", json={"label": "Essay", "scoreMaximum": 10})

    item = column.call("GET").json()
    assert not {"resourceId", "tag", "resourceLinkId"} & set(item)
    assert "lineitem" not in world.launch(world.person("teacher"), column.activity)[AGS]


def test_moodle_breaks_on_limit_and_writes_links_with_curly_quotes(world: World) -> None:
    column = Column(world, "moodle")
    path, _, query = column.url.partition("?")
    items = path.removesuffix("/lineitem").rpartition("/")[0]
    world.tool.call("POST", f"{items}?{query}", json={"label": "B", "scoreMaximum": 1}, headers={"Content-Type": ITEM})

    results = column.call("GET", "/results", RESULTS, params={"limit": "1"})
    listed = world.tool.call("GET", f"{items}?{query}", params={"limit": "1"})

    assert results.status_code == 404
    link = listed.headers["Link"].encode("latin-1").decode()
    assert "rel=“next”" in link
    assert "&amp;" in link


@pytest.mark.parametrize("media", ["application/json", f"{MEDIA}; charset=utf-8"])
def test_moodle_wants_the_exact_media_type(world: World, media: str) -> None:
    column = Column(world, "moodle")

    assert column.call("POST", "/scores", media=media, json={}).status_code == 400


def test_canvas_grades_students_only_and_answers_422(world: World) -> None:
    column = Column(world, "canvas")

    assert column.score(userId=world.person("ta")["id"]).status_code == 422
    assert column.score(scoreMaximum=None).status_code == 422
    assert column.score().status_code == 200
    assert column.score(timestamp="2026-03-02T09:00:00Z").status_code == 400


def test_canvas_makes_a_new_submission_of_each_score_unless_told_otherwise(world: World) -> None:
    column = Column(world, "canvas")
    column.score(timestamp="2026-03-02T09:31:00Z", submission={"submittedAt": "2026-03-02T09:00:00Z"})
    column.score(timestamp="2026-03-02T09:32:00Z", submission={"submittedAt": "2026-03-02T09:00:00Z"})
    column.score(timestamp="2026-03-02T09:33:00Z", **{SUBMISSION: {"new_submission": False}})
    quiet = column.grade["attempts"]

    column.score(timestamp="2026-03-02T09:34:00Z")

    assert quiet == 1
    assert column.grade["attempts"] == 2


def test_canvas_blanks_an_ignored_score_unless_told_to_preserve_it(world: World) -> None:
    column = Column(world, "canvas")
    column.score()
    column.score(timestamp="2026-03-02T09:31:00Z", gradingProgress="Pending", **{SUBMISSION: {"preserve_score": True}})
    preserved = column.grade["shown"]

    column.score(timestamp="2026-03-02T09:32:00Z", gradingProgress="Pending")

    assert preserved == 8
    assert column.grade["shown"] is None


def test_canvas_keeps_the_line_item_of_an_assignment(world: World) -> None:
    column = Column(world, "canvas")

    assert column.call("DELETE").status_code == 401


@pytest.mark.parametrize(
    "fault, status", [("403", 403), ("409", 409), ("422", 422), ("429", 429), ("500", 500), ("empty", 200)]
)
def test_scores_fail_as_often_as_asked_for(column: Column, fault: str, status: int) -> None:
    column.world.api("PUT", "/faults", score={"kind": fault, "times": 1})

    failed = column.score()
    kept = column.grade
    after = column.score()

    assert failed.status_code == status
    assert kept is None
    assert after.status_code == 204


def test_an_answer_can_get_lost_after_the_score_was_kept(column: Column) -> None:
    column.world.api("PUT", "/faults", score="lost_answer")

    answer = column.score()

    assert answer.status_code == 500
    assert column.grade["shown"] == 8
