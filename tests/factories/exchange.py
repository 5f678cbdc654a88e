"""Exchanges, work in them, feedback about it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, Membership, Role
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Submission
from tests.factories.courses import make_course, make_member, make_resource_link

CREATED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BEGUN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

CLARITY = rules.CriterionPlan(
    title="Clarity",
    prompt="Where did you have to read twice?",
    levels=(
        rules.LevelPlan(title="Hard to follow", points=0),
        rules.LevelPlan(title="Mostly clear", points=3),
        rules.LevelPlan(title="Clear throughout", points=5),
    ),
)
ADVICE = rules.CriterionPlan(title="Advice", prompt="What would you try next?")


def make_plan(**values: Any) -> rules.Plan:
    """Settings as a teacher might choose them: two reviews each, ten points, masked, two criteria."""
    usual = rules.Plan(
        title="First drafts", instructions="Write *one page*.", reviews=2, points=10.0, criteria=(CLARITY, ADVICE)
    )
    return replace(usual, **values)


@dataclass
class Class:
    """A course with an exchange, its teacher and its learners."""

    session: Session
    course: Course
    teacher: Membership
    exchange: Exchange
    learners: list[Membership] = field(default_factory=list)

    @property
    def people(self) -> list[int]:
        return [each.person_id for each in self.learners]


def make_class(
    session: Session,
    *,
    learners: int = 4,
    now: datetime = BEGUN,
    placed: bool = True,
    publish: bool = True,
    course: Course | None = None,
    **plan: Any,
) -> Class:
    """A class whose exchange nobody has begun; *placed* in the LMS with a gradebook column."""
    course = course or make_course(session)
    teacher = make_member(session, course, Role.TEACHER, name="Vera Nowak")
    exchange = operations.create_exchange(
        session, make_plan(**plan), course_id=course.id, by=teacher.person_id, now=now, publish=publish
    )
    exchange.seed = 7
    if placed:
        make_resource_link(session, course, exchange.activity, line_item_url="https://lms.example/items/1")
    made = Class(session=session, course=course, teacher=teacher, exchange=exchange)
    made.learners = [make_member(session, course) for _ in range(learners)]
    return made


def hand_in(made: Class, person: int, *, body: str = "", now: datetime = BEGUN) -> Submission:
    """The work of *person*, handed in."""
    body = body or f"The work of {person}."
    return operations.submit_work(made.session, made.exchange, author=person, body=body, base_revision=None, now=now)


def all_hand_in(made: Class, *, now: datetime = BEGUN) -> None:
    """Everybody's work, handed in one minute after the other until *now*."""
    for minutes, person in zip(reversed(range(len(made.people))), made.people, strict=True):
        hand_in(made, person, now=now - timedelta(minutes=minutes))


def take(made: Class, person: int, *, now: datetime = BEGUN) -> Offer:
    """The next work for *person*; there must be one."""
    offer = operations.next_offer(made.session, made.exchange, reviewer=person, now=now).offer
    assert offer is not None
    return offer


def make_words(exchange: Exchange, *, level: int = -1, comment: str = "Look at the second paragraph.") -> rules.Words:
    """A finished feedback that chooses the *level*-th level of each criterion."""
    answers = {
        each.id: rules.AnswerWords(level_id=each.levels[level].id if each.levels else None, comment=comment)
        for each in exchange.criteria
    }
    return rules.Words(answers=answers, comment="Good work.")


def give(made: Class, offer: Offer, *, level: int = -1, now: datetime = BEGUN) -> Feedback:
    """Feedback for an offered work, by its reviewer."""
    assert offer.reviewer_id is not None
    return operations.give_feedback(
        made.session,
        made.exchange,
        reviewer=offer.reviewer_id,
        offer_id=offer.id,
        words=make_words(made.exchange, level=level),
        now=now,
    )


def review(made: Class, person: int, *, level: int = -1, now: datetime = BEGUN) -> Feedback:
    """The next work for *person*, taken and reviewed."""
    return give(made, take(made, person, now=now), level=level, now=now)


def work_of(made: Class, person: int) -> Submission:
    """The work of *person*."""
    return made.session.scalars(
        select(Submission).where(Submission.exchange_id == made.exchange.id, Submission.author_id == person)
    ).one()
