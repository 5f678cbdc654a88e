"""The outbox fills itself with the journal: in the same transaction, for whom it concerns, once."""

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.config import Settings
from tests.factories.courses import make_course, make_deployment, make_member, make_platform
from tests.factories.jobs import waiting_jobs
from tests.factories.outbox import School, make_school
from webhooks.outbox import endpoints
from webhooks.outbox.bell import hush
from webhooks.outbox.models import Delivery
from webhooks.outbox.taking import take

URL = "https://warehouse.example/hearth"


@pytest.fixture
def school(session: Session, settings: Settings, now: datetime) -> School:
    return make_school(session, settings, URL, now=now, kinds=["course.opened", "feedback.given"])


def test_an_act_and_its_delivery_are_there_together_or_not_at_all(school: School) -> None:
    journal.record(
        school.session, "course.opened", course_id=school.course.id, person_id=school.person_id, now=school.now
    )
    school.session.rollback()

    assert (school.deliveries(), waiting_jobs(school.session, "outbox.send")) == ([], 0)

    school.act()

    assert [each.kind for each in school.deliveries()] == ["course.opened"]
    assert waiting_jobs(school.session, "outbox.send") == 1


def test_many_acts_of_one_transaction_ring_once(school: School) -> None:
    for _ in range(20):
        journal.record(
            school.session, "course.opened", course_id=school.course.id, person_id=school.person_id, now=school.now
        )
    school.session.commit()

    assert len(school.deliveries()) == 20
    assert waiting_jobs(school.session, "outbox.send") == 1


def test_only_kinds_that_were_asked_for_are_told(school: School) -> None:
    school.act("exchange.created")

    assert school.deliveries() == []
    assert waiting_jobs(school.session, "outbox.send") == 0


def test_an_institution_hears_of_its_own_platform_only(school: School, session: Session) -> None:
    elsewhere = make_course(session, make_deployment(session, make_platform(session)))
    stranger = make_member(session, elsewhere)

    school.act(course_id=elsewhere.id, person_id=stranger.person_id)

    assert school.deliveries() == []


def test_an_endpoint_of_one_deployment_hears_nothing_of_another_one_that_comes_later(
    school: School, session: Session
) -> None:
    """Two deployments of one registration may be two institutions."""
    school.endpoint.deployment_id = school.course.deployment_id
    other = make_deployment(session, school.platform, deployment_id="2")
    elsewhere = make_course(session, other)
    stranger = make_member(session, elsewhere)

    school.act(course_id=elsewhere.id, person_id=stranger.person_id)
    school.act()

    assert len(school.deliveries()) == 1


def test_every_endpoint_gets_an_act_once_under_an_id_of_its_own(school: School, session: Session) -> None:
    another = endpoints.Wanted(url=URL + "/2", kinds=["course.opened"])
    endpoints.make(session, school.platform, another, settings=school.settings, now=school.now)

    school.act()

    first, second = school.deliveries()
    assert first.entry_id == second.entry_id
    assert first.message_id != second.message_id
    session.add(
        Delivery(
            endpoint_id=first.endpoint_id,
            entry_id=first.entry_id,
            kind=first.kind,
            occurred_at=first.occurred_at,
            next_attempt_at=first.occurred_at,
        )
    )
    with pytest.raises(IntegrityError, match="uq_webhook_delivery_entry_id_endpoint_id"):
        session.flush()
    session.rollback()


def test_what_happens_during_a_pause_is_kept_and_after_disabling_it_is_not(school: School, session: Session) -> None:
    endpoints.pause(session, school.endpoint, now=school.now)
    school.act()
    school.endpoint.state = "disabled"
    school.act()

    assert len(school.deliveries()) == 1


def test_without_endpoints_the_journal_pays_no_query(session: Session, settings: Settings, now: datetime) -> None:
    """Neither one from here nor, inside the database, more than a look at an empty table."""
    course = make_course(session)
    member = make_member(session, course)
    session.flush()

    journal.record(session, "course.opened", course_id=course.id, person_id=member.person_id, now=now)

    counts = session.execute(text("select count(*) from webhook_delivery")).scalar_one()
    assert (counts, waiting_jobs(session, "outbox.send")) == (0, 0)


def test_what_the_journal_forgets_the_outbox_forgets(school: School, session: Session) -> None:
    school.act()

    session.execute(text("delete from journal_entry"))

    assert school.deliveries() == []


def test_a_launch_writes_its_journal_in_one_statement_and_is_told_all_the_same(
    school: School, session: Session
) -> None:
    """The statement of a launch inserts the act in a part of its own, and the outbox sees that one, too."""
    session.execute(
        text(f"with written as ({journal.ENTRY}) select 1"),
        journal.entry("course.opened", course_id=school.course.id, person_id=school.person_id, now=school.now),
    )
    session.commit()

    assert len(school.deliveries()) == 1


def test_no_transaction_waits_for_the_bell_of_another(school: School, session: Session) -> None:
    """Two learners at once: neither waits until the other has committed, and neither's act is left lying."""
    values = journal.entry("course.opened", course_id=school.course.id, person_id=school.person_id, now=school.now)
    with Session(session.get_bind()) as first, Session(session.get_bind()) as second:
        first.execute(journal.NEW_ENTRY, values)
        second.execute(text("set local lock_timeout = '5s'"))
        second.execute(journal.NEW_ENTRY, values)
        second.commit()
        # A worker looks now: it takes the bells that are there, and what they rang for.
        hush(session)
        taken = take(session, settings=school.settings, now=school.now, limit=10)
        session.commit()
        first.commit()

    assert len(taken) == 1
    assert waiting_jobs(session, "outbox.send") == 1
    assert [each.attempts for each in school.deliveries()] in ([0, 1], [1, 0])
