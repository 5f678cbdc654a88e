"""Practice before the first review: examples of staff, tries of students, nobody locked out, nothing graded."""

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.exchange import errors, jobs, operations, privacy, queries, rules
from lti_tool.exchange.models import Example, ExampleFile, Exchange, Trial
from lti_tool.exchange.operations import ExampleWords
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.exchange.rules import PracticeOptions
from lti_tool.files.models import FileBlob
from lti_tool.files.storage import DatabaseStorage
from tests.factories.courses import make_activity, make_course
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, make_words, review, take
from tests.functional.exchange.test_queries import card_of, counted

STORAGE = DatabaseStorage()


def choose(made: Class, **options: str) -> None:
    operations.set_options(
        made.session, made.exchange, PracticeOptions(**options), by=made.teacher.person_id, now=BEGUN
    )


def words_of(made: Class, level: int) -> rules.Words:
    return make_words(made.exchange, level=level, comment="The second paragraph carries it.")


def add(made: Class, *, level: int = 2, body: str = "An essay on rain.", words: rules.Words | None = None) -> Example:
    said = ExampleWords(
        title="Rain", body=body, beside=rules.Beside(), words=words_of(made, level) if words is None else words
    )
    return operations.add_example(made.session, made.exchange, said, by=made.teacher.person_id, now=BEGUN)


def attempt(made: Class, person: int, example: Example, *, level: int) -> Trial:
    return operations.try_example(
        made.session, made.exchange, person=person, example_id=example.id, words=words_of(made, level), now=BEGUN
    )


def practice(made: Class, person: int) -> queries.Practice:
    found = queries.practice_of(made.session, made.exchange, person)
    assert found is not None
    return found


@pytest.fixture
def made(session: Session) -> Class:
    """Three people who have handed in; practice is required, with two examples."""
    made = make_class(session, learners=3, reviews=1)
    all_hand_in(made)
    choose(made, when=rules.DEMANDED)
    return made


def test_the_card_on_the_course_home_says_that_practice_comes_first(app: Flask, made: Class) -> None:
    learner = made.learners[0]
    example = add(made)

    with app.test_request_context():
        before = card_of(made, learner)
        attempt(made, learner.person_id, example, level=2)
        after = card_of(made, learner)

    assert (str(before.todo), str(after.todo)) == ("Practise", "Give feedback")


def test_the_first_review_waits_until_every_example_was_tried(made: Class) -> None:
    a = made.people[0]
    first, second = add(made), add(made)
    steps = [queries.student_page(made.session, made.exchange, a, now=BEGUN).step]
    with pytest.raises(errors.PracticeFirst):
        take(made, a)
    attempt(made, a, first, level=0)
    with pytest.raises(errors.PracticeFirst):
        take(made, a)

    attempt(made, a, second, level=0)

    steps.append(queries.student_page(made.session, made.exchange, a, now=BEGUN).step)
    assert steps == ["practise", "review"]
    assert review(made, a).id


def test_whoever_has_begun_to_review_goes_on_without(made: Class) -> None:
    a = made.people[0]
    offer = take(made, a)
    add(made)

    operations.decline_offer(made.session, made.exchange, reviewer=a, offer_id=offer.id, reason="other", now=BEGUN)

    assert not practice(made, a).is_due


def test_where_it_is_offered_nobody_has_to(made: Class) -> None:
    choose(made, when=rules.OFFERED)
    add(made)

    assert not practice(made, made.people[0]).is_due
    assert review(made, made.people[0]).id


def test_after_the_second_try_everybody_goes_on(made: Class) -> None:
    """Calibration never locks anybody out for good."""
    choose(made, when=rules.DEMANDED, mark=rules.CLOSE)
    a = made.people[0]
    example = add(made, level=2)
    due = []
    for level in (0, 1):
        attempt(made, a, example, level=level)
        due.append(practice(made, a).is_due)

    assert due == [True, False]
    with pytest.raises(errors.TriedAlready):
        attempt(made, a, example, level=2)


def test_a_try_that_comes_near_enough_needs_no_second_and_may_have_one(made: Class) -> None:
    choose(made, when=rules.DEMANDED, mark=rules.CLOSE)
    a = made.people[0]
    example = add(made, level=2)

    attempt(made, a, example, level=2)

    (tried,) = practice(made, a).examples
    assert tried.latest is not None
    assert (tried.is_done, tried.may_try, tried.latest.closeness) == (True, True, rules.CLOSE)


def test_the_same_words_twice_are_one_try(made: Class) -> None:
    example = add(made)

    first = attempt(made, made.people[0], example, level=1)

    assert attempt(made, made.people[0], example, level=1).id == first.id


def test_a_try_is_as_complete_as_a_review(made: Class) -> None:
    example = add(made)

    with pytest.raises(errors.IncompleteFeedback):
        operations.try_example(
            made.session,
            made.exchange,
            person=made.people[0],
            example_id=example.id,
            words=rules.Words(comment="Nice."),
            now=BEGUN,
        )


@pytest.mark.parametrize("missing", ["content", "words"])
def test_an_unfinished_example_is_shown_to_nobody_and_holds_nobody_up(made: Class, missing: str) -> None:
    example = add(made, body="") if missing == "content" else add(made, words=rules.Words())

    assert queries.lacks_of(made.exchange, example) == (missing,)
    assert queries.practice_of(made.session, made.exchange, made.people[0]) is None
    with pytest.raises(errors.NoSuchExample):
        attempt(made, made.people[0], example, level=1)
    assert review(made, made.people[0]).id


def test_there_are_at_most_five(made: Class) -> None:
    for _ in range(rules.MOST_EXAMPLES):
        add(made)

    with pytest.raises(errors.TooManyExamples):
        add(made)


def test_practice_moves_no_grade_and_nobody_receives_it(made: Class) -> None:
    example = add(made)
    attempt(made, made.people[0], example, level=0)

    page = queries.student_page(made.session, made.exchange, made.people[0], now=BEGUN)

    assert (page.given, page.received, page.grade) == (0, (), None)
    assert all(not shares for shares in queries.graded(made.session, made.exchange).shares.values())


def test_staff_see_where_the_class_differs_from_them_once_three_have_tried(made: Class) -> None:
    example = add(made, level=2)
    for person, level in zip(made.people[:2], (0, 0), strict=True):
        attempt(made, person, example, level=level)
    assert queries.class_views(made.session, made.exchange, example) == ()
    attempt(made, made.people[2], example, level=2)
    attempt(made, made.people[0], example, level=2)

    (clarity,) = queries.class_views(made.session, made.exchange, example)

    assert [(each.share, each.count, each.is_staff) for each in clarity.choices] == [(0.0, 2, False), (1.0, 1, True)]
    assert (clarity.same, clarity.total) == (1, 3)


def test_changed_reasons_are_what_tries_are_held_against(made: Class) -> None:
    a = made.people[0]
    example = add(made, level=2)
    attempt(made, a, example, level=0)
    said = ExampleWords(title="Rain", body="An essay.", beside=rules.Beside(), words=words_of(made, 0))

    operations.change_example(
        made.session, made.exchange, example_id=example.id, said=said, by=made.teacher.person_id, now=BEGUN
    )

    latest = practice(made, a).examples[0].latest
    assert latest is not None
    assert latest.closeness == rules.CLOSE


def test_a_copy_has_the_examples_by_its_own_criteria_and_nobodys_tries(made: Class) -> None:
    example = add(made, level=1)
    put(made, example, b"Rain, rain")
    attempt(made, made.people[0], example, level=0)
    copy = make_activity(made.session, make_course(made.session), kind="exchange")

    ExchangeRoom().clone(made.session, made.exchange.activity, copy, now=BEGUN)

    cloned = made.session.get_one(Exchange, copy.id)
    (twin,) = queries.examples_of(made.session, cloned)
    clarity = cloned.criteria[0]
    assert queries.lacks_of(cloned, twin) == ()
    assert twin.said.answers[clarity.id].level_id == clarity.levels[1].id
    assert queries.tried_counts(made.session, cloned) == {}
    assert twin.file is not None
    operations.remove_example(
        made.session,
        made.exchange,
        example_id=example.id,
        by=made.teacher.person_id,
        now=BEGUN,
        storage=STORAGE,
    )
    assert STORAGE.read(made.session, twin.file.key) == b"Rain, rain"


def put(made: Class, example: Example, data: bytes) -> ExampleFile:
    return operations.put_file(
        made.session,
        made.exchange,
        example_id=example.id,
        data=data,
        name="rain.txt",
        storage=STORAGE,
        max_bytes=1000,
    )


def test_the_bytes_of_a_file_go_with_its_last_example(made: Class) -> None:
    example = add(made)
    put(made, example, b"Rain")
    put(made, example, b"More rain")
    assert [blob.data for blob in made.session.scalars(select(FileBlob))] == [b"More rain"]

    operations.take_file_away(made.session, made.exchange, example_id=example.id, storage=STORAGE)

    assert made.session.scalars(select(FileBlob)).all() == []


def test_sweeping_leaves_the_files_of_examples(
    made: Class, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("PUBLIC_URL", settings.public_url)
    file = put(made, add(made), b"Rain")
    made.session.execute(text("update file_blob set kept_at = kept_at - interval '3 days'"))
    made.session.commit()

    jobs.sweep_files(0)

    assert STORAGE.read(made.session, file.key) == b"Rain"


@pytest.mark.parametrize("when", rules.PRACTICES)
def test_it_costs_nothing_while_off_and_at_most_two_queries_while_on(made: Class, engine: Engine, when: str) -> None:
    a = made.people[0]
    choose(made, when=rules.OFF)
    add(made)
    made.session.commit()

    def cost() -> int:
        queries.student_page(made.session, made.exchange, a, now=BEGUN)
        with counted(engine) as statements:
            queries.student_page(made.session, made.exchange, a, now=BEGUN)
        return len(statements)

    before = cost()
    choose(made, when=when)
    made.session.commit()

    assert cost() - before == {rules.OFF: 0, rules.OFFERED: 1, rules.DEMANDED: 2}[when]


def test_tries_are_handed_out_to_whoever_made_them_and_forgotten(made: Class) -> None:
    a, b, _ = made.people
    example = add(made)
    attempt(made, a, example, level=0)
    attempt(made, b, example, level=0)

    export = privacy.export_person(made.session, a)
    privacy.forget_person(made.session, a, now=BEGUN, storage=STORAGE)

    assert [each["comment"] for each in export["tries_at_examples"]] == ["Good work."]
    assert [trial.person_id for trial in made.session.scalars(select(Trial))] == [b]
