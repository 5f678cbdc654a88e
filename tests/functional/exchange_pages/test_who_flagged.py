"""Staff read on which side of a work those are who tell them about something, in groups as well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Feedback, Flag, Message, SideBySide, TeamMember
from tests.factories.exchange import all_hand_in, give, hand_in, make_class, make_words, take
from tests.functional.exchange.test_comparing import begin, choose, compare, comparing, pairs_of
from tests.functional.exchange.test_teams import in_teams
from tests.functional.exchange_pages.conftest import People
from tests.pages import words

AGO = datetime.now(UTC) - timedelta(hours=1)
AUTHOR, REVIEWER = "an author of the work", "a reviewer of the work"


class Told:
    """A work of a group of two, read by somebody of another group; who may tell a teacher about it."""

    def __init__(self, session: Session, anonymity: str) -> None:
        self.session = session
        self.made, groups = in_teams(session, 2, 2, 2, anonymity=anonymity)
        for group in groups:
            hand_in(self.made, group[0], now=AGO)
        reader = groups[2][1]
        self.feedback = give(self.made, take(self.made, reader, now=AGO), now=AGO)
        work = self.feedback.offer.submission
        (self.named, self.mate) = next(group for group in groups if work.author_id in group)
        if self.named != work.author_id:
            self.named, self.mate = self.mate, self.named
        self.reader = reader

    def say(self, writer: int, body: str = "Rude words.", **values: Any) -> Message:
        return operations.say(
            self.session,
            self.made.exchange,
            writer=writer,
            feedback_id=self.feedback.id,
            body=body,
            now=AGO,
            **values,
        )

    def flag(self, by: int, kind: str, thing_id: int) -> Flag:
        raised = operations.flag(
            self.session, self.made.exchange, by=by, kind=kind, thing_id=thing_id, reason="hurtful", now=AGO
        )
        self.session.commit()
        return raised

    def side(self, flag: Flag) -> str | None:
        found = queries.flag_with(self.session, self.made.exchange, flag.id)
        assert found is not None
        return found.side

    def name(self, person: int) -> str:
        return next(each.person.name for each in self.made.learners if each.person_id == person)


@pytest.fixture
def told(session: Session) -> Told:
    return Told(session, rules.MASKED)


def page(visit: People, told: Told, flag: Flag) -> str:
    return words(visit(told.made.teacher).get(f"/exchanges/{told.made.exchange.id}/flags/{flag.id}").text)


@pytest.mark.parametrize("who", ["named", "mate"])
@pytest.mark.parametrize("kind", ["feedback", "message of the reviewer", "message of staff"])
def test_everybody_of_a_group_flags_as_an_author(visit: People, told: Told, who: str, kind: str) -> None:
    by = getattr(told, who)
    if kind == "feedback":
        raised = told.flag(by, "feedback", told.feedback.id)
    elif kind == "message of staff":
        said = told.say(told.made.teacher.person_id, "As your teacher.", is_staff=True)
        raised = told.flag(by, "message", said.id)
    else:
        raised = told.flag(by, "message", told.say(told.reader).id)

    assert told.side(raised) == rules.AUTHOR
    assert f"By {told.name(by)}, {AUTHOR}" in page(visit, told, raised)


@pytest.mark.parametrize("kind", ["work", "message of an author", "message of staff"])
def test_who_reads_the_work_of_a_group_flags_as_a_reviewer(visit: People, told: Told, kind: str) -> None:
    if kind == "work":
        raised = told.flag(told.reader, "work", told.feedback.offer_id)
    elif kind == "message of staff":
        said = told.say(told.made.teacher.person_id, "As your teacher.", is_staff=True)
        raised = told.flag(told.reader, "message", said.id)
    else:
        raised = told.flag(told.reader, "message", told.say(told.mate).id)

    assert told.side(raised) == rules.REVIEWER
    assert f"By {told.name(told.reader)}, {REVIEWER}" in page(visit, told, raised)


def test_what_one_of_a_group_says_another_of_it_flags_as_an_author(visit: People, told: Told) -> None:
    raised = told.flag(told.mate, "message", told.say(told.named).id)

    assert told.side(raised) == rules.AUTHOR
    assert f"By {told.name(told.mate)}, {AUTHOR}" in page(visit, told, raised)


@pytest.mark.parametrize("who", ["named", "mate"])
def test_where_staff_do_not_see_reviewers_they_see_which_author_it_was(
    session: Session, visit: People, who: str
) -> None:
    told = Told(session, rules.MASKED)
    options = rules.AnonymityOptions(staff=rules.ASK)
    operations.set_options(session, told.made.exchange, options, by=told.made.teacher.person_id, now=AGO)
    by_author = told.flag(getattr(told, who), "feedback", told.feedback.id)
    by_reviewer = told.flag(told.reader, "work", told.feedback.offer_id)

    assert f"By {told.name(getattr(told, who))}, {AUTHOR}" in page(visit, told, by_author)
    said = page(visit, told, by_reviewer)
    assert "By a reviewer Written by" in said
    assert told.name(told.reader) not in said


def test_a_flagged_work_of_a_group_goes_by_the_name_of_the_group(visit: People, told: Told) -> None:
    raised = told.flag(told.reader, "work", told.feedback.offer_id)

    team = queries.team_of(told.session, told.made.exchange, told.named)
    assert team is not None
    assert f"Written by {team.name}" in page(visit, told, raised)


def test_who_has_left_the_group_since_is_named_and_on_no_side(visit: People, told: Told) -> None:
    raised = told.flag(told.mate, "message", told.say(told.reader).id)
    told.session.delete(told.session.get_one(TeamMember, (told.made.exchange.id, told.mate)))
    told.session.commit()

    assert told.side(raised) is None
    assert f"By {told.name(told.mate)} Written by" in page(visit, told, raised)


def test_of_works_that_were_compared_each_side_is_told_apart(session: Session, visit: People) -> None:
    made, groups = in_teams(session, 2, 2, 2, 2)
    for group in groups:
        hand_in(made, group[0], now=AGO)
    choose(made)
    begin(made)
    reader = groups[0][0]
    pair = compare(made, pairs_of(made, reader)[0])
    mates = next(group for group in groups if any(each.work_id for each in comparing(made, group[1]).reasons))
    facts: dict[str, Any] = {"thing_id": pair.id, "reason": "hurtful", "now": AGO}
    by_author = operations.flag(session, made.exchange, by=mates[1], kind="comparison", **facts)
    by_reader = operations.flag(session, made.exchange, by=reader, kind="compared_left", **facts)
    session.commit()
    assert session.scalars(select(SideBySide.given_at).where(SideBySide.id == pair.id)).one() is not None

    sides = [
        found.side for each in (by_author, by_reader) if (found := queries.flag_with(session, made.exchange, each.id))
    ]

    assert sides == [rules.AUTHOR, rules.REVIEWER]
    here = f"/exchanges/{made.exchange.id}/flags"
    assert AUTHOR in words(visit(made.teacher).get(f"{here}/{by_author.id}").text)
    assert REVIEWER in words(visit(made.teacher).get(f"{here}/{by_reader.id}").text)


def test_alone_and_once_sealed_it_says_what_is_known(session: Session, visit: People) -> None:
    made = make_class(session, learners=3, reviews=2, now=AGO, anonymity=rules.SEALED)
    all_hand_in(made, now=AGO)
    for _ in range(2):
        for person in made.people:
            give(made, take(made, person, now=AGO), now=AGO)
    feedback = session.scalars(select(Feedback)).first()
    assert feedback is not None
    offer = feedback.offer
    author, reader = offer.submission.author_id or 0, offer.reviewer_id or 0
    about: dict[str, Any] = {"reason": "other", "now": AGO}
    said = operations.say(session, made.exchange, writer=author, feedback_id=feedback.id, body="Why?", now=AGO)
    flags = [
        operations.flag(session, made.exchange, by=author, kind="feedback", thing_id=feedback.id, **about).id,
        operations.flag(session, made.exchange, by=reader, kind="work", thing_id=offer.id, **about).id,
        operations.flag(session, made.exchange, by=reader, kind="message", thing_id=said.id, **about).id,
    ]
    operations.close(session, made.exchange, by=made.teacher.person_id, now=AGO)
    operations.seal(session, made.exchange, now=AGO)
    session.commit()
    session.expire_all()
    teacher = visit(made.teacher)

    pages = [words(teacher.get(f"/exchanges/{made.exchange.id}/flags/{each}").text) for each in flags]

    name = next(each.person.name for each in made.learners if each.person_id == author)
    assert f"By {name}, {AUTHOR}" in pages[0]
    assert "By a reviewer Written by" in pages[1]
    assert "By somebody whom nothing names any more" in pages[2]


def test_staff_reviews_have_no_flags(session: Session, visit: People) -> None:
    """Whoever would look at one is who wrote it, or sits beside them."""
    made = make_class(session, learners=2, now=AGO)
    all_hand_in(made, now=AGO)
    author = made.people[0]
    review = operations.review_as_staff(
        session,
        made.exchange,
        author=author,
        by=made.teacher.person_id,
        words=make_words(made.exchange),
        is_rescue=False,
        now=AGO,
    )
    said = operations.say_about_staff_review(
        session,
        made.exchange,
        writer=made.teacher.person_id,
        staff_review_id=review.id,
        body="As I said.",
        is_staff=True,
        now=AGO,
    )
    session.commit()
    student = visit(made.learners[0])

    answer = student.post(f"/exchanges/{made.exchange.id}/flags", kind="message", thing_id=str(said.id), reason="other")

    assert answer.status_code == 404
    assert f"thing_id={said.id}" not in student.get(f"/exchanges/{made.exchange.id}").text
