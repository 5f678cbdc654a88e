"""What an exchange begins from: ready templates, kept ones, others, a file. Never people, posts or past dates."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from lti_tool.courses.models import Role
from lti_tool.exchange import exporting, operations, privacy, queries, recipes, rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Seat, Submission, Template, Trial
from lti_tool.exchange.rules import Recipe
from lti_tool.exchange.topics import topics
from lti_tool.files.storage import DatabaseStorage
from lti_tool.web import viewer as viewers
from lti_tool.web.viewer import Viewer
from tests.factories.courses import make_course, make_member, sign_in
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, make_words, review

TOPICS = [each.options for each in topics()]


@pytest.fixture(autouse=True)
def in_a_request(app: Flask) -> Iterator[None]:
    """Sentences are found in the language of a request."""
    with app.test_request_context():
        yield


@pytest.fixture
def made(session: Session) -> Class:
    """A class that is in the middle of reviewing, with dates of which some are over, and a charter."""
    made = make_class(
        session,
        opens_at=BEGUN - timedelta(days=3),
        submit_by=BEGUN - timedelta(days=1),
        review_by=BEGUN + timedelta(days=4),
    )
    made.exchange.options = {"charter": {"enabled": True, "rules": ["Be kind", "Be specific", "Say what is next"]}}
    all_hand_in(made, now=BEGUN - timedelta(days=2))
    review(made, made.people[0])
    session.commit()
    return made


def viewer_of(session: Session, made: Class) -> Viewer:
    found = viewers.find(session, sign_in(session, made.teacher).handle, now=datetime.now(UTC))
    assert found is not None
    return found


def as_file(recipe: Recipe) -> bytes:
    return json.dumps(recipe.as_dict(), ensure_ascii=False).encode()


def whole_of(exchange: Exchange) -> dict[str, Any]:
    object_session(exchange).commit()  # type: ignore[union-attr]
    found: dict[str, Any] = json.loads(b"".join(exporting.pieces(exchange.id, exporting.FILES["whole"], now=BEGUN)))
    return found


def begun(made: Class, recipe: Recipe) -> Exchange:
    return operations.begin_from(made.session, recipe, course_id=made.course.id, by=made.teacher.person_id, now=BEGUN)


# What comes along


def test_a_copy_has_settings_and_criteria_and_nobodys_work(session: Session, made: Class) -> None:
    """Pain 43: a copied activity that points at last term's people."""
    copy = begun(made, queries.recipe_of(made.exchange, TOPICS, now=BEGUN))

    assert not copy.is_published
    assert queries.plan_of(copy).criteria != ()
    assert rules.as_new(queries.plan_of(copy)).criteria == rules.as_new(queries.plan_of(made.exchange)).criteria
    assert copy.option(rules.CharterOptions).rules == ("Be kind", "Be specific", "Say what is next")
    assert {each.id for each in copy.criteria}.isdisjoint({each.id for each in made.exchange.criteria})
    for table in (Submission, Offer, Seat):
        assert session.scalar(select(func.count()).select_from(table).where(table.exchange_id == copy.id)) == 0
    assert copy.seed != made.exchange.seed


def test_dates_come_along_as_far_as_they_lie_ahead(made: Class) -> None:
    copy = begun(made, queries.recipe_of(made.exchange, TOPICS, now=BEGUN))

    assert (copy.opens_at, copy.submit_by, copy.review_by) == (None, None, made.exchange.review_by)


def test_templates_and_files_have_no_dates(made: Class) -> None:
    recipe = queries.recipe_of(made.exchange, TOPICS)

    assert (recipe.plan.opens_at, recipe.plan.submit_by, recipe.plan.review_by) == (None, None, None)


def test_changing_the_copy_leaves_the_original_as_it_was(session: Session, made: Class) -> None:
    """Pain 12: a rubric changed in one place that changes, or destroys, another one's reviews."""
    before = queries.plan_of(made.exchange)
    copy = begun(made, queries.recipe_of(made.exchange, TOPICS, now=BEGUN))

    operations.edit_exchange(
        session,
        copy,
        rules.Plan(title="Something else", reviews=5, criteria=()),
        by=made.teacher.person_id,
        now=BEGUN,
    )
    operations.delete_exchange(session, copy, by=made.teacher.person_id, now=BEGUN, storage=DatabaseStorage())
    session.expire_all()

    assert queries.plan_of(made.exchange) == before
    assert session.scalar(select(func.count()).select_from(Feedback)) == 1


def test_works_to_practise_with_come_along_and_nobodys_tries_at_them(session: Session, made: Class) -> None:
    said = operations.ExampleWords(
        title="Rain", body="An essay on rain.", beside=rules.Beside(), words=make_words(made.exchange)
    )
    operations.add_example(session, made.exchange, said, by=made.teacher.person_id, now=BEGUN)
    recipe = queries.recipe_of(made.exchange, TOPICS, now=BEGUN)

    copy = operations.begin_from(
        session, recipe, course_id=made.course.id, by=made.teacher.person_id, now=BEGUN, source=made.exchange
    )

    (example,) = queries.examples_of(session, copy)
    assert (example.body, example.exchange_id) == ("An essay on rain.", copy.id)
    assert set(example.said.answers) <= {each.id for each in copy.criteria}
    assert session.scalar(select(func.count()).select_from(Trial)) == 0
    assert [each["body"] for each in whole_of(made.exchange)["examples"]] == ["An essay on rain."]


# Ready templates


@pytest.mark.parametrize("name", list(recipes.READY))
def test_each_ready_template_makes_an_exchange(made: Class, name: str) -> None:
    recipe = recipes.READY[name].make()

    exchange = begun(made, recipe)

    assert exchange.title
    assert len(exchange.criteria) >= 4
    assert exchange.points is None
    assert all(each.guidance.starters or each.kind == rules.YES_NO for each in exchange.criteria)
    for topic in topics():
        assert topic.summary(exchange)


@pytest.mark.parametrize("name", list(recipes.READY))
def test_a_ready_template_survives_a_file(name: str) -> None:
    recipe = recipes.READY[name].make()

    assert recipes.from_file(as_file(recipe)) == recipe


def test_no_two_rules_of_a_ready_charter_are_the_same_and_they_are_enough() -> None:
    for ready in recipes.READY.values():
        chosen = ready.make().options.get("charter")
        if chosen:
            assert rules.FEWEST_RULES <= len(set(chosen["rules"])) == len(chosen["rules"]) <= rules.MOST_RULES


# Files


def test_an_exchange_survives_a_file(made: Class) -> None:
    recipe = queries.recipe_of(made.exchange, TOPICS)

    assert recipes.from_file(as_file(recipe)).as_dict() == recipe.as_dict()


@pytest.mark.parametrize("topic", topics(), ids=lambda each: each.options.TOPIC)
def test_the_usual_settings_of_each_topic_are_read_from_a_file(topic: Any) -> None:
    usual = topic.options()
    assert topic.options in recipes.SCHEMAS, "This topic needs the schema by which a file of settings is read."

    recipe = recipes.from_json(valid(options={usual.TOPIC: usual.as_dict()}))

    assert topic.options.from_dict(recipe.options[usual.TOPIC]) == usual


def valid(**values: Any) -> dict[str, Any]:
    return {"schema": "hearth-settings/1", "title": "Drafts", "reviews": 2, **values}


LEVELS = [{"title": "No", "points": 0}, {"title": "Yes", "points": 1}]


@pytest.mark.parametrize(
    "said,problem",
    [
        ([], "no file of settings"),
        ({"title": "x"}, "no file of settings"),
        (valid(schema="hearth-settings/2"), "no file of settings"),
        (valid(people=[]), "people: A file of settings says nothing of this name."),
        (valid(title=""), "title: This is needed."),
        (valid(title=7), "title: Please type some text."),
        (valid(title=None), "title: This is needed."),
        (valid(reviews=99), "reviews: Choose from 1 to 10."),
        (valid(reviews="many"), "reviews: Please choose a number."),
        (valid(reviews=[]), "reviews: Please choose a number."),
        (valid(points=-1), "points: Give a number above 0."),
        (valid(points=[]), "points: Please type a number."),
        (valid(anonymity="secret"), "anonymity: Choose one of these."),
        (valid(criteria={}), "criteria: Give a list of objects in braces."),
        (valid(criteria=["Clarity"]), "criteria: Give a list of objects in braces."),
        (valid(criteria=[{"title": "A"}, {"title": ""}]), "criteria 2, title: This is needed."),
        (valid(criteria=[{"title": "A", "colour": 1}]), "criteria 1, colour: A file of settings says nothing"),
        (valid(criteria=[{"title": "A", "kind": "stars"}]), "criteria 1, kind: Choose one of these."),
        (
            valid(criteria=[{"title": "A", "levels": [{"title": "x", "points": -3}] * 2}]),
            "criteria 1, levels 1, points",
        ),
        (valid(criteria=[{"title": "A", "levels": "many"}]), "criteria 1, levels: Give a list"),
        (valid(criteria=[{"title": "A", "kind": "number", "scale": 5}]), "criteria 1, scale: Give an object"),
        (
            valid(criteria=[{"title": "A", "kind": "number", "scale": {"lowest": 5, "highest": 1, "step": 1}}]),
            "criteria 1, highest: Steps must lead",
        ),
        (valid(criteria=[{"title": "A", "guide": {"tone": "soft"}}]), "criteria 1, guide, tone: A file of settings"),
        (valid(criteria=[{"title": "A", "kind": "words", "levels": LEVELS}]), "criteria"),
        (valid(criteria=[{"title": "A"}] * 31), "criteria: Use at most 30 criteria."),
        (valid(options=[]), "options: Give an object in braces."),
        (valid(options={"weather": {}}), "options, weather: There are no further settings of this name."),
        (
            valid(options={"pairing": {"start": "never", "groups": "any"}}),
            "options, pairing, start: Choose one of these.",
        ),
        (valid(options={"pairing": 7}), "options, pairing: Give an object in braces."),
        (valid(options={"charter": {"shown": "at_once", "rules": [1]}}), "options, charter, rules"),
    ],
)
def test_a_file_that_does_not_fit_says_what_and_where(said: Any, problem: str) -> None:
    with pytest.raises(recipes.NoRecipe) as refused:
        recipes.from_file(json.dumps(said).encode())

    assert any(each.startswith(problem) or problem in each for each in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b'{"schema": NaN}',
        b"[" * 100_000,
        b'{"schema": "hearth-settings/1", "title": "\\ud800"}',
        b'{"schema": "hearth-settings/1", "reviews": 1' + b"0" * 5_000 + b"}",
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(written: bytes) -> None:
    with pytest.raises(recipes.NoRecipe, match="no JSON file"):
        recipes.from_file(written)


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    with pytest.raises(recipes.NoRecipe, match="larger than 512 KB"):
        recipes.from_file(b" " * (recipes.LARGEST_FILE + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["title", "instructions", "reviews", "points", "anonymity", "criteria", "options"]
ROW = ["title", "description", "prompt", "kind", "weight", "comment", "scale", "guide", "levels"]
KINDS = st.sampled_from(["levels", "number", "words", "yes_no"])


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    st.lists(st.dictionaries(st.sampled_from(ROW), JSON | KINDS, max_size=4), max_size=2),
    st.dictionaries(st.sampled_from([each.TOPIC for each in TOPICS]), JSON, max_size=2),
)
def test_no_file_breaks_the_reading(
    fields: dict[str, Any], rows: list[dict[str, Any]], options: dict[str, Any]
) -> None:
    written = json.dumps({**valid(criteria=rows, options=options), **fields}).encode()

    try:
        recipe = recipes.from_file(written)
    except recipes.NoRecipe as err:
        assert 0 < len(err.problems) <= 12  # noqa: PT017 - either way is right, and both are looked at
    else:
        assert rules.problem_of(recipe.plan) is None


# Templates


def test_a_template_of_ones_own_follows_to_other_courses_and_nobody_else_sees_it(session: Session, made: Class) -> None:
    me = viewer_of(session, made)
    recipe = queries.recipe_of(made.exchange, TOPICS)
    other = make_course(session, deployment=made.course.deployment)
    there = Class(
        session=session,
        course=other,
        teacher=make_member(session, other, Role.TEACHER, person_id=made.teacher.person_id),
        exchange=made.exchange,
    )
    colleague = make_member(session, made.course, Role.TEACHER)

    own = operations.keep_template(
        session, recipe, name=" My drafts ", course_id=made.course.id, by=me.person_id, is_own=True, now=BEGUN
    )
    shared = operations.keep_template(
        session, recipe, name="Ours", course_id=made.course.id, by=me.person_id, is_own=False, now=BEGUN
    )

    assert own.name == "My drafts"
    assert recipes.from_json(own.recipe).as_dict() == recipe.as_dict()
    assert queries.templates_for(session, me) == [own, shared]
    assert queries.templates_for(session, viewer_of(session, there)) == [own]
    beside = Class(session=session, course=made.course, teacher=colleague, exchange=made.exchange)
    assert queries.templates_for(session, viewer_of(session, beside)) == [shared]
    assert queries.template_for(session, viewer_of(session, beside), own.id) is None


def test_templates_leave_with_their_owner_and_a_courses_own_stays_without_a_name(session: Session, made: Class) -> None:
    recipe = queries.recipe_of(made.exchange, TOPICS)
    me = made.teacher.person_id
    for is_own in (True, False):
        operations.keep_template(
            session, recipe, name="Drafts", course_id=made.course.id, by=me, is_own=is_own, now=BEGUN
        )

    handed_out = privacy.export_person(session, me)["templates"]
    privacy.forget_person(session, me, now=BEGUN, storage=DatabaseStorage())
    session.expire_all()

    assert [each["name"] for each in handed_out] == ["Drafts", "Drafts"]
    assert handed_out[0]["settings"]["title"] == made.exchange.title
    (left,) = session.scalars(select(Template)).all()
    assert (left.course_id, left.by_id) == (made.course.id, None)


# Other courses


def test_exchanges_are_offered_from_every_course_where_somebody_is_staff(session: Session, made: Class) -> None:
    teaching = make_class(session, learners=0)
    assisting = make_class(session, learners=0)
    learning = make_class(session, learners=0)
    left = make_class(session, learners=0)
    for course in (teaching, assisting, learning, left):
        course.course.deployment_id = made.course.deployment_id
    session.flush()
    me = made.teacher.person
    make_member(session, teaching.course, Role.TEACHER, person_id=me.id)
    make_member(session, assisting.course, Role.ASSISTANT, person_id=me.id)
    make_member(session, learning.course, Role.LEARNER, person_id=me.id)
    make_member(session, left.course, Role.TEACHER, person_id=me.id).left_at = BEGUN
    session.flush()
    viewer = viewer_of(session, made)

    found = {each.id for each in queries.exchanges_to_begin_from(session, viewer)}

    assert found == {made.exchange.id, teaching.exchange.id, assisting.exchange.id}
    assert queries.exchanges_to_begin_from(session, viewer)[0].id == made.exchange.id
    assert queries.exchange_to_begin_from(session, viewer, teaching.exchange.id) is not None
    assert queries.exchange_to_begin_from(session, viewer, learning.exchange.id) is None
    assert queries.exchange_to_begin_from(session, viewer, left.exchange.id) is None


def test_a_namesake_at_another_platform_is_somebody_else(session: Session, made: Class) -> None:
    elsewhere = make_class(session, learners=0)
    assert elsewhere.course.deployment.platform_id != made.course.deployment.platform_id
    elsewhere.teacher.person.sub = made.teacher.person.sub
    session.flush()

    found = queries.exchanges_to_begin_from(session, viewer_of(session, made))

    assert [each.id for each in found] == [made.exchange.id]
