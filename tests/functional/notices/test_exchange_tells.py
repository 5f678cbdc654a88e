"""Whom an exchange tells what, and what nobody is ever told."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import housekeeping, notices, privacy
from lti_tool.clock import now as the_clock
from lti_tool.exchange import operations, reminding
from lti_tool.exchange.notices import tell_waiting
from lti_tool.files.storage import DatabaseStorage
from lti_tool.grades.models import Passback, State
from lti_tool.notices import operations as told
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review, take, work_of


def kinds_of(session: Session, person: int) -> list[str]:
    rows = select(Notice.kind).where(Notice.person_id == person, Notice.kind != "opened")
    return list(session.scalars(rows.order_by(Notice.id)))


def reviewed_pair(session: Session, **plan: object) -> tuple[Class, int, int]:
    """Two learners, the second has reviewed the first."""
    made = make_class(session, learners=2, reviews=1, **plan)  # type: ignore[arg-type]
    all_hand_in(made)
    author, reviewer = made.people
    review(made, reviewer)
    return made, author, reviewer


def test_an_author_hears_of_feedback_and_grade_and_a_reviewer_of_the_reply(session: Session) -> None:
    """Pain 21 and 46: feedback that nobody knows of is not read."""
    made, author, reviewer = reviewed_pair(session)
    feedback = session.scalars(select(Notice).where(Notice.kind == "feedback_received")).one()
    id = feedback.facts["feedback_id"]
    operations.say(session, made.exchange, writer=author, feedback_id=id, body="Thanks.", now=BEGUN)
    operations.say(session, made.exchange, writer=reviewer, feedback_id=id, body="Did it help?", now=BEGUN)

    assert sorted(kinds_of(session, author)) == ["feedback_received", "grade_released", "message_received"]
    assert kinds_of(session, reviewer) == ["reply_received"]


def test_a_notice_of_a_masked_exchange_holds_nobody(session: Session) -> None:
    _made, author, _reviewer = reviewed_pair(session, anonymity="masked")
    feedback = session.scalars(select(Notice).where(Notice.kind == "feedback_received")).one()

    assert feedback.person_id == author
    assert feedback.facts == {"feedback_id": feedback.facts["feedback_id"]}
    assert feedback.key == str(feedback.facts["feedback_id"])


def test_learners_hear_when_it_opens_and_closes_and_staff_do_not(session: Session) -> None:
    made = make_class(session, learners=2, publish=False)
    operations.publish(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    told_of = session.execute(select(Notice.person_id, Notice.kind).order_by(Notice.id)).all()

    assert sorted(told_of) == sorted((person, kind) for person in made.people for kind in ("opened", "closed"))


def test_what_a_hidden_exchange_told_goes_with_it(session: Session) -> None:
    made = make_class(session, learners=2, publish=False)
    operations.publish(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    operations.unpublish(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert session.scalars(select(Notice.id)).all() == []


def test_who_left_is_told_nothing_more(session: Session) -> None:
    made = make_class(session, learners=2)
    made.learners[0].left_at = BEGUN
    session.flush()

    notices.tell(
        session, "closed", course_id=made.course.id, activity_id=made.exchange.id, people=made.people, now=BEGUN
    )

    assert [kinds_of(session, person) for person in made.people] == [[], ["closed"]]


def test_dates_are_told_once_and_only_to_those_who_owe(session: Session) -> None:
    due = BEGUN + timedelta(hours=20)
    made = make_class(session, learners=3, reviews=1, review_by=due)
    all_hand_in(made)
    done, *owing = made.people
    review(made, done)
    for moment in (BEGUN, BEGUN + timedelta(hours=1), due + timedelta(hours=1), due + timedelta(hours=2)):
        reminding.tell_of_exchange(session, made.exchange, now=moment)

    assert {"review_due", "review_overdue"}.isdisjoint(kinds_of(session, done))
    for person in owing:
        kinds = kinds_of(session, person)
        assert (kinds.count("review_due"), kinds.count("review_overdue")) == (1, 1)


def test_who_took_a_work_and_does_not_begin_hears_before_it_goes_to_others(session: Session) -> None:
    made = make_class(session, learners=2)
    all_hand_in(made)
    offer = take(made, made.people[0])
    for moment in (BEGUN, offer.lease_until - timedelta(hours=2), offer.lease_until - timedelta(hours=1)):
        reminding.tell_of_exchange(session, made.exchange, now=moment)

    assert kinds_of(session, made.people[0]).count("lease_ends") == 1


def test_new_work_is_told_to_who_waited_for_it_and_to_nobody_else(session: Session) -> None:
    """Pain 20: waiting with no reason shown. Who finds nothing to review need not look again and again."""
    moment = the_clock() - timedelta(hours=1)
    made = make_class(session, learners=4, reviews=1, now=moment)
    a, b, c, d = made.people
    hand_in(made, a, now=moment)
    hand_in(made, b, now=moment)
    review(made, a, now=moment)
    review(made, b, now=moment)
    hand_in(made, c, now=moment)
    session.commit()
    tell_waiting(made.exchange.id, work_of(made, c).id)
    assert kinds_of(session, a).count("work_waits") == 0

    hand_in(made, d, now=moment)
    session.commit()
    tell_waiting(made.exchange.id, work_of(made, d).id)

    assert "work_waits" not in kinds_of(session, a) + kinds_of(session, b) + kinds_of(session, d)


def test_the_first_author_hears_when_the_second_work_comes(session: Session) -> None:
    moment = the_clock() - timedelta(hours=1)
    made = make_class(session, learners=2, reviews=1, now=moment)
    first, second = made.people
    hand_in(made, first, now=moment)
    hand_in(made, second, now=moment)
    session.commit()

    tell_waiting(made.exchange.id, work_of(made, second).id)
    tell_waiting(made.exchange.id, work_of(made, second).id)

    assert kinds_of(session, first) == ["work_waits"]


def test_staff_hear_of_failed_grades_and_of_works_without_readers(session: Session) -> None:
    made, author, _reviewer = reviewed_pair(session)
    session.execute(
        Passback.__table__.update().values(state=State.FAILED, problem="refused", next_attempt_at=BEGUN)  # type: ignore[attr-defined]
    )
    # Who was to read the other work does not come, so it looks for a reader.
    operations.tend(session, made.exchange, now=BEGUN + timedelta(days=3))
    for _ in range(2):
        reminding.tell_of_failed_grades(session, now=BEGUN)
        reminding.tell_of_exchange(session, made.exchange, now=BEGUN + timedelta(days=3))

    assert sorted(kinds_of(session, made.teacher.person_id)) == ["grades_failed", "no_readers"]
    assert "grades_failed" not in kinds_of(session, author)


def test_a_teacher_reminds_each_person_once_a_day(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1)
    all_hand_in(made)
    review(made, made.people[0])
    by = made.teacher.person_id

    counts = [
        operations.remind(session, made.exchange, by=by, now=BEGUN + timedelta(hours=hours)) for hours in (0, 1, 25)
    ]

    assert counts == [2, 0, 2]
    assert "reminder" not in kinds_of(session, made.people[0])


def test_an_own_date_reminds_only_who_still_owes(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    for person in made.people:
        operations.commit_to(session, made.exchange, person=person, by=BEGUN + timedelta(hours=2), now=BEGUN)
    review(made, made.people[0])
    reminding.tell_of_exchange(session, made.exchange, now=BEGUN)

    assert "commitment" not in kinds_of(session, made.people[0])
    assert "commitment" in kinds_of(session, made.people[1])


def test_one_person_gets_their_notices_and_promises_and_can_be_forgotten(session: Session) -> None:
    made, author, _ = reviewed_pair(session)
    operations.commit_to(session, made.exchange, person=author, by=BEGUN + timedelta(hours=2), now=BEGUN)
    subject = made.learners[0].person.sub
    platform = made.course.deployment.platform_id

    (handed_out,) = privacy.export(session, platform_id=platform, subject=subject)
    privacy.forget(session, platform_id=platform, subject=subject, storage=DatabaseStorage(), now=BEGUN)

    assert "feedback_received" in [each["kind"] for each in handed_out["notices"]["told"]]
    assert handed_out["exchanges"]["commitments"]
    assert session.scalars(select(Notice.id).where(Notice.person_id == author)).all() == []


def test_old_notices_are_cleared_away_and_addresses_where_mail_is_off(app: Flask, session: Session) -> None:
    made = make_class(session, learners=1, now=the_clock() - timedelta(days=200))
    young = make_member(session, made.course)
    notices.tell(
        session,
        "closed",
        course_id=made.course.id,
        activity_id=made.exchange.id,
        people=[young.person_id, made.people[0]],
        now=the_clock() - timedelta(days=181),
    )
    notices.tell(
        session, "x", course_id=made.course.id, activity_id=made.exchange.id, people=made.people, now=the_clock()
    )
    told.keep_address(session, person_id=young.person_id, email="young@school.example")
    session.commit()

    with app.app_context():
        housekeeping.clear_away(0)

    session.expire_all()
    assert list(session.scalars(select(Notice.kind))) == ["x"]
    assert young.person.email is None
