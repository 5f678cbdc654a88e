"""What staff open of a class of a thousand costs as many statements as of a small one, and few."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Person, Role
from tests.factories.exchange import Class, all_hand_in, make_class, review
from tests.functional.exchange_pages.conftest import People
from tests.functional.exchange_pages.test_looking_after import counted

AGO = datetime.now(UTC) - timedelta(days=4)
MOST = {
    "": 15,
    "/stuck": 15,
    "/stuck/summary": 15,
    "/plan": 12,
    "/at-a-glance": 15,
    "/flags": 12,
    "/comparing": 12,
    "/export": 8,
}


def add_people(session: Session, made: Class, count: int) -> None:
    """Many more who have not come yet."""
    deployment = made.course.deployment_id
    people = session.scalars(
        insert(Person).returning(Person.id),
        [{"deployment_id": deployment, "sub": f"many-{each}", "name": f"Many {each}"} for each in range(count)],
    ).all()
    session.execute(
        insert(Membership),
        [{"course_id": made.course.id, "person_id": each, "role": Role.LEARNER} for each in people],
    )


@pytest.mark.parametrize("rest", MOST)
def test_a_page_of_staff_costs_the_same_for_a_thousand(
    visit: People, session: Session, engine: Engine, rest: str
) -> None:
    costs = []
    for size in (6, 24):
        made = make_class(session, learners=size, now=AGO, review_by=datetime.now(UTC) - timedelta(hours=1))
        all_hand_in(made, now=AGO)
        for person in made.people[: size // 2]:
            review(made, person, level=0, now=AGO)
            review(made, person, now=AGO)
        if size > 6:
            add_people(session, made, 1000 - size)
        session.commit()
        teacher = visit(made.teacher)
        with counted(engine) as statements:
            assert teacher.get(f"/exchanges/{made.exchange.id}{rest}").status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= MOST[rest]
