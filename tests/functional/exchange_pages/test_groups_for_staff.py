"""What staff see of groups that hand in together: the name of the group, wherever a work is told apart."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import PairRule, Team
from tests.factories.exchange import Class, hand_in, make_class, take
from tests.functional.exchange_pages.conftest import People
from tests.pages import words


@pytest.fixture
def grouped(session: Session, an_hour_ago: datetime) -> Class:
    """Three groups of two that have handed in, one review each; the first reader has begun."""
    made = make_class(session, learners=6, now=an_hour_ago, reviews=1)
    options = rules.TeamOptions(on=True, size=2)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=an_hour_ago)
    for number, name in enumerate(("The Owls", "The Bees", "The Foxes")):
        team = operations.add_team(session, made.exchange, by=made.teacher.person_id, now=an_hour_ago, name=name)
        for person in made.people[2 * number : 2 * number + 2]:
            operations.put_in(
                session, made.exchange, person=person, team=team.id, by=made.teacher.person_id, now=an_hour_ago
            )
        hand_in(made, made.people[2 * number], now=an_hour_ago)
    take(made, made.people[0], now=an_hour_ago)
    session.commit()
    return made


def path_of(made: Class, rest: str) -> str:
    return f"/exchanges/{made.exchange.id}/{rest}"


def test_the_plan_tells_which_group_reads_which(visit: People, grouped: Class) -> None:
    page = visit(grouped.teacher).get(path_of(grouped, "plan")).text

    said = words(page)
    assert page.count("ring__dot") == 3
    assert page.count("ring__way--") == 6
    assert "An arrow leads from the group of each reader" in said
    for team in grouped.session.scalars(select(Team)):
        assert said.count(team.name) >= 4, "two readers are of it, and two read it"
    rows = queries.reader_rows(grouped.session, grouped.exchange)
    assert {each.author for row in rows for each in row.reads} == {"The Owls", "The Bees", "The Foxes"}
    assert {row.name for row in rows} == {learner.person.name for learner in grouped.learners}


def test_mixing_again_shows_the_names_of_groups(visit: People, grouped: Class, session: Session) -> None:
    reader = grouped.people[1]
    ((_id, author),) = [
        (row.person_id, row.reads[0].author_id)
        for row in queries.reader_rows(session, grouped.exchange)
        if row.person_id == reader
    ]
    name = queries.works_by_name(session, grouped.exchange)[author]
    # As if it had been ruled before anything was planned.
    session.add(
        PairRule(
            exchange_id=grouped.exchange.id, reviewer_id=reader, author_id=author, kind="never", at=datetime.now(UTC)
        )
    )
    session.commit()

    page = words(visit(grouped.teacher).post(path_of(grouped, "plan/mix")).text)

    come, gone = page.split("Pairs that go")
    assert f"{grouped.learners[1].person.name} reads {name}" in gone
    assert f"{grouped.learners[1].person.name} reads The " in come


def test_more_time_names_the_groups_that_wait_for_it(session: Session, grouped: Class) -> None:
    later = datetime.now(UTC) + timedelta(days=9)
    own = rules.OwnDates(review_by=later)
    names = set(queries.works_by_name(session, grouped.exchange).values())

    begun, waiting = (
        next(each for each in queries.effect_of(session, grouped.exchange, [person], own))
        for person in grouped.people[:2]
    )

    assert {each.author_name for each in begun.leases} <= names
    assert waiting.kept
    assert set(waiting.kept) <= names


def test_who_is_stuck_is_told_with_their_group(visit: People, grouped: Class, session: Session) -> None:
    found = queries.cockpit(session, grouped.exchange, now=datetime.now(UTC) + timedelta(days=5))

    assert found.rows
    assert {row.team for row in found.rows} <= {"The Owls", "The Bees", "The Foxes"}
    assert None not in {row.team for row in found.rows}
