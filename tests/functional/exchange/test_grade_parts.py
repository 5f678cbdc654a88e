"""Grades in parts: methods, columns, reviews that do not count, regrades; all of it computed from rows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Exclusion, Regrade, Release
from lti_tool.exchange.rules import GradingOptions
from lti_tool.grades.models import Passback
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, make_class, review, take

LATER = BEGUN + timedelta(days=7)


@pytest.fixture
def made(session: Session) -> Class:
    """Three people, two reviews each; everybody has handed in."""
    made = make_class(session, learners=3, reviews=2)
    all_hand_in(made)
    return made


def choose(made: Class, **options: object) -> None:
    operations.set_options(
        made.session,
        made.exchange,
        GradingOptions(**options),  # type: ignore[arg-type]
        by=made.teacher.person_id,
        now=BEGUN,
    )


def released(made: Class) -> dict[int, float]:
    rows = select(Release.person_id, Release.score).where(Release.exchange_id == made.exchange.id)
    return dict(made.session.execute(rows).all())


def cells(made: Class, person: int) -> dict[str, tuple[float | None, float]]:
    rows = made.session.scalars(
        select(Passback).where(Passback.person_id == person).execution_options(populate_existing=True)
    )
    return {row.column.rpartition(":")[2]: (row.score_given, row.score_maximum) for row in rows}


def regrade(made: Class, change: queries.Change, reason: str = "It is about another work.") -> Regrade:
    return operations.regrade(made.session, made.exchange, change, reason=reason, by=made.teacher.person_id, now=LATER)


def test_giving_counts_for_the_giver_and_goes_out_once_it_is_done(made: Class) -> None:
    """Pain 37: no credit for reviewing, or credit without work."""
    choose(made, work=50, giving=50)
    for _ in range(2):
        for person in made.people[:2]:
            review(made, person)
    a, b, c = made.people
    assert set(released(made)) <= {a, b}

    for _ in range(2):
        review(made, c)

    assert released(made) == {a: 10.0, b: 10.0, c: 10.0}


def test_grades_by_estimate_go_out_together_when_reviewing_is_over(made: Class) -> None:
    choose(made, method=rules.ROBUST)
    for person in made.people:
        review(made, person, level=1)
        review(made, person, level=2)
    assert released(made) == {}

    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert set(released(made)) == set(made.people)
    assert all(each.agrees for each in queries.recomputed(made.session, made.exchange))


def test_each_part_fills_a_column_of_its_own(made: Class) -> None:
    choose(made, work=60, giving=40, columns=rules.COLUMN_PER_PART)
    a = made.people[0]
    for person in made.people:
        for _ in range(2):
            review(made, person, level=1)

    assert cells(made, a) == {"work": (3.6, 6.0), "giving": (4.0, 4.0)}
    row = made.session.scalars(select(Passback).where(Passback.column.endswith(":giving"))).first()
    assert row is not None
    assert row.column == f"hearth:{made.exchange.activity.public_id}:giving"
    assert row.label == "First drafts: Giving feedback"


def test_a_whole_grade_set_by_hand_is_spread_over_the_columns_of_its_parts(made: Class) -> None:
    choose(made, work=60, giving=40, columns=rules.COLUMN_PER_PART)
    a = made.people[0]

    operations.set_grade_override(
        made.session, made.exchange, person=a, score=5, reason="Talked.", by=made.teacher.person_id, now=LATER
    )
    assert cells(made, a) == {"work": (3.0, 6.0), "giving": (2.0, 4.0)}

    operations.lift_grade_override(made.session, made.exchange, person=a, by=made.teacher.person_id, now=LATER)
    assert cells(made, a) == {"work": (None, 6.0), "giving": (None, 4.0)}


def test_a_part_set_by_hand_moves_a_grade_that_is_out_and_can_be_lifted(made: Class) -> None:
    choose(made, work=50, giving=50)
    for person in made.people:
        for _ in range(2):
            review(made, person)
    a = made.people[0]
    by = made.teacher.person_id

    operations.set_part_override(
        made.session, made.exchange, person=a, part="giving", share=0.5, reason="Hasty.", by=by, now=LATER
    )
    assert released(made)[a] == 7.5
    assert all(each.agrees for each in queries.recomputed(made.session, made.exchange))

    operations.lift_part_override(made.session, made.exchange, person=a, part="giving", by=by, now=LATER)
    assert released(made)[a] == 10.0


def test_a_part_that_does_not_count_cannot_be_set(made: Class) -> None:
    with pytest.raises(errors.NoSuchPart):
        operations.set_part_override(
            made.session, made.exchange, person=made.people[0], part="using", share=1, reason="x", by=1, now=LATER
        )


# Regrading


@pytest.fixture
def graded(made: Class) -> Class:
    """Everybody has both their reviews; one of them harsh, one kind."""
    for _ in range(2):
        for place, person in enumerate(made.people):
            offer = take(made, person)
            steps = (made.people.index(offer.submission.author_id or 0) - place) % 3
            give(made, offer, level=0 if steps == 1 else 2)
    return made


def test_a_preview_writes_nothing(graded: Class) -> None:
    before = released(graded)

    seen = queries.preview(graded.session, graded.exchange, queries.Change(options=GradingOptions(giving=100)))

    assert (seen.up, seen.down, seen.unchanged) == (3, 0, 0)
    assert seen.moves_released
    assert {(row.old, row.new) for row in seen.rows} == {(5.0, 7.5)}
    assert released(graded) == before


def test_applied_it_does_what_the_preview_showed_and_is_written_down(graded: Class) -> None:
    change = queries.Change(options=GradingOptions(giving=100))
    seen = queries.preview(graded.session, graded.exchange, change)

    done = regrade(graded, change, "We agreed on it in class.")

    assert released(graded) == {row.person_id: row.new for row in seen.rows}
    assert (done.up, done.down, done.unchanged, done.reason) == (3, 0, 0, "We agreed on it in class.")
    assert done.what["before"]["giving"] == 0
    assert done.what["after"]["giving"] == 100


def test_a_review_left_out_counts_no_more_and_counts_again_when_taken_back(graded: Class) -> None:
    a = graded.people[0]
    shares = queries.graded(graded.session, graded.exchange).shares[a]
    harsh = min(shares, key=lambda share: share.points).feedback_id

    regrade(graded, queries.Change(leaving_out=harsh))
    assert released(graded)[a] == 10.0
    assert graded.session.get_one(Exclusion, harsh).reason == "It is about another work."
    assert all(each.agrees for each in queries.recomputed(graded.session, graded.exchange))

    regrade(graded, queries.Change(counting=harsh))
    assert released(graded)[a] == 5.0


def test_without_any_review_left_the_grade_is_taken_back(graded: Class) -> None:
    a = graded.people[0]
    for share in queries.graded(graded.session, graded.exchange).shares[a]:
        regrade(graded, queries.Change(leaving_out=share.feedback_id))

    assert a not in released(graded)
    assert cells(graded, a) == {"": (None, 10.0)}


def test_an_override_stays_whatever_is_regraded(graded: Class) -> None:
    """Pain 36: a teacher's marks are overwritten by a peer's."""
    a = graded.people[0]
    operations.set_grade_override(
        graded.session, graded.exchange, person=a, score=9, reason="Oral.", by=graded.teacher.person_id, now=LATER
    )

    regrade(graded, queries.Change(options=GradingOptions(giving=100)))

    assert released(graded)[a] == 9.0


def test_columns_stay_once_grades_are_in_them(graded: Class) -> None:
    with pytest.raises(errors.ColumnsInUse):
        regrade(graded, queries.Change(options=GradingOptions(columns=rules.COLUMN_PER_PART)))


def test_a_review_of_another_exchange_is_none_here(graded: Class) -> None:
    other = make_class(graded.session, learners=2, reviews=1)
    all_hand_in(other)
    foreign = review(other, other.people[0])

    with pytest.raises(errors.NoSuchFeedback):
        regrade(graded, queries.Change(leaving_out=foreign.id))


# Recomputing


def test_every_grade_that_is_out_can_be_computed_anew_from_rows(graded: Class) -> None:
    rows = queries.recomputed(graded.session, graded.exchange)

    assert [each.agrees for each in rows] == [True, True, True]
    assert all(each.as_dict()["score"] == each.as_dict()["released"] for each in rows)


def test_a_grade_that_differs_from_its_rows_is_told(graded: Class) -> None:
    graded.session.execute(
        text("update exchange_release set score = 1 where person_id = :id"), {"id": graded.people[0]}
    )

    assert [each.agrees for each in queries.recomputed(graded.session, graded.exchange)] == [False, True, True]


# A whole class


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_closing_costs_the_same_number_of_statements_for_any_class(session: Session, statements: list[str]) -> None:
    costs = []
    for learners in (24, 30):
        made = make_class(session, learners=learners, reviews=1)
        all_hand_in(made)
        for person in made.people:
            review(made, person)
        statements.clear()
        operations.close(session, made.exchange, by=made.teacher.person_id, now=LATER)
        costs.append(len(statements))
        assert len(released(made)) == learners

    assert costs[0] == costs[1], costs
    assert costs[0] < 25


def test_closing_a_large_class_leaves_one_job_that_gives_each_grade_its_own(session: Session) -> None:
    made = make_class(session, learners=24, reviews=1)
    all_hand_in(made)
    session.execute(text("delete from procrastinate_jobs"))
    by = made.teacher.person_id

    operations.set_options(session, made.exchange, GradingOptions(work=0, completion=1), by=by, now=BEGUN)
    operations.close(session, made.exchange, by=by, now=LATER)

    jobs = session.execute(text("select task_name from procrastinate_jobs")).scalars().all()
    assert [name for name in jobs if name.startswith("grades.")] == ["grades.send"]
