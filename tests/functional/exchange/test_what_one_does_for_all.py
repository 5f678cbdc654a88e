"""Where groups hand in, what one member does about the work is done for all of them, whoever it goes by."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Feedback, Release
from lti_tool.exchange.rules import GradingOptions, Options, SelfAssessmentOptions
from tests.factories.exchange import BEGUN, Class, give, hand_in, make_words, take
from tests.functional.exchange.test_queries import card_of
from tests.functional.exchange.test_teams import LATER, in_teams, page_of, put, scores, team_id, work_of

Grouped = tuple[Class, list[list[int]]]


@pytest.fixture
def given(session: Session) -> Grouped:
    """Two groups of two; everybody gave their one review, full marks. Each work goes by the first of its group."""
    made, groups = in_teams(session, 2, 2, reviews=1)
    for group in groups:
        hand_in(made, group[0])
    for person in made.people:
        give(made, take(made, person))
    return made, groups


def choose(made: Class, *chosen: Options) -> None:
    for options in chosen:
        operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)


def values(made: Class, part: str) -> dict[int, float | None]:
    grades = queries.graded(made.session, made.exchange).grades
    return {id: each.value for id, grade in grades.items() for each in grade.parts if each.name == part}


def feedback_on(made: Class, person: int) -> list[Feedback]:
    return [each.feedback for each in page_of(made, person).received]


def assess(made: Class, person: int, *, level: int = 2) -> None:
    words = make_words(made.exchange, level=level)
    operations.assess_own_work(made.session, made.exchange, author=person, words=words, now=LATER)


def mark_all(made: Class, person: int) -> None:
    for feedback in feedback_on(made, person):
        for part in (*(each.criterion_id for each in feedback.answers), None):
            operations.mark_comment(
                made.session,
                made.exchange,
                author=person,
                feedback_id=feedback.id,
                part=part,
                mark=rules.USE,
                now=LATER,
            )


def again(made: Class, person: int) -> None:
    """A revised version."""
    operations.submit_work(
        made.session, made.exchange, author=person, body="Better.", base_revision=None, note="All of it.", now=LATER
    )


# Grades


@pytest.mark.parametrize("place", [0, 1])
def test_a_self_assessment_by_one_counts_for_all_of_the_group(given: Grouped, place: int) -> None:
    made, (ours, theirs) = given
    choose(made, SelfAssessmentOptions(when=rules.BESIDE), GradingOptions(work=50, self_assessment=50))
    operations.release_if_ready(made.session, made.exchange, now=LATER)

    assess(made, ours[place])

    assert values(made, rules.SELF_ASSESSMENT) == dict.fromkeys(ours, 1.0) | dict.fromkeys(theirs, 0.0)
    assert scores(made, ours) == {10.0}


@pytest.mark.parametrize("place", [0, 1])
def test_what_one_uses_of_the_feedback_counts_for_all_of_the_group(given: Grouped, place: int) -> None:
    made, (ours, theirs) = given
    choose(made, GradingOptions(work=50, using=50))
    operations.release_if_ready(made.session, made.exchange, now=LATER)

    mark_all(made, ours[place])

    assert values(made, rules.USING) == dict.fromkeys(ours, 1.0) | dict.fromkeys(theirs, 0.0)
    assert scores(made, ours) == {10.0}


def test_who_joins_a_group_shares_what_it_did(given: Grouped) -> None:
    made, (ours, theirs) = given
    choose(made, SelfAssessmentOptions(when=rules.BESIDE), GradingOptions(work=50, self_assessment=25, using=25))
    assess(made, ours[1])
    mark_all(made, ours[1])

    put(made, theirs[1], team_id(made, ours[0]))

    assert values(made, rules.SELF_ASSESSMENT)[theirs[1]] == 1.0
    assert values(made, rules.USING)[theirs[1]] == 1.0


def test_the_date_for_reviews_gives_every_member_their_grade(session: Session) -> None:
    made, (ours, theirs) = in_teams(session, 2, 2, reviews=2, review_by=BEGUN + timedelta(minutes=1))
    for group in (ours, theirs):
        hand_in(made, group[0])
    give(made, take(made, theirs[0]))
    operations.release_if_ready(session, made.exchange, now=LATER)
    session.execute(delete(Release).where(Release.person_id == ours[1]))

    assert queries.due_exchanges(session, now=LATER) == [made.exchange.id]

    operations.release_if_ready(session, made.exchange, now=LATER)
    assert scores(made, ours) == {10.0}
    assert queries.due_exchanges(session, now=LATER) == []


@pytest.mark.parametrize("place", [0, 1])
def test_a_review_that_somebody_flagged_needs_a_human_for_every_member_until_it_is_decided(
    given: Grouped, place: int
) -> None:
    made, (ours, _theirs) = given
    feedback = feedback_on(made, ours[0])[0]

    def to_look_at() -> dict[int, set[str]]:
        rows = queries.to_look_at(made.session, made.exchange, now=LATER)
        return {row.person_id: {each.why for each in row.reasons} for row in rows}

    assert to_look_at() == {}
    flag = operations.flag(
        made.session, made.exchange, by=ours[place], kind="feedback", thing_id=feedback.id, reason="other", now=LATER
    )

    assert to_look_at() == {person: {"flagged"} for person in ours}
    operations.decide(
        made.session,
        made.exchange,
        flag_id=flag.id,
        decision="keep",
        note="Fine.",
        by=made.teacher.person_id,
        now=LATER,
    )
    assert to_look_at() == {}


# Seeing feedback, and being seen


@pytest.mark.parametrize("place", [0, 1])
def test_a_flag_by_any_member_comes_from_the_author_and_not_from_the_reviewer(given: Grouped, place: int) -> None:
    made, (ours, _theirs) = given
    flag = operations.flag(
        made.session,
        made.exchange,
        by=ours[place],
        kind="feedback",
        thing_id=feedback_on(made, ours[0])[0].id,
        reason="other",
        now=LATER,
    )

    found = queries.flag_with(made.session, made.exchange, flag.id)

    assert found is not None
    assert not found.is_from_reviewer


@pytest.mark.parametrize("place", [0, 1])
def test_what_a_group_said_before_seeing_feedback_stays_once_one_of_them_sees_it(given: Grouped, place: int) -> None:
    made, (ours, _theirs) = given
    choose(made, SelfAssessmentOptions(when=rules.BEFORE), rules.ReleaseOptions(when=rules.BY_HAND))
    assess(made, ours[0])
    assess(made, ours[1], level=0)
    operations.release_feedback(made.session, made.exchange, person=ours[place], by=made.teacher.person_id, now=LATER)

    for person in ours:
        with pytest.raises(errors.AssessedAlready):
            assess(made, person)


@pytest.mark.parametrize("place", [0, 1])
def test_a_work_is_revised_once_one_of_its_authors_has_its_feedback(given: Grouped, place: int) -> None:
    made, (ours, _theirs) = given
    choose(made, rules.ReleaseOptions(when=rules.BY_HAND), rules.WorkOptions(rounds=True))
    with pytest.raises(errors.WorkIsBeingReviewed):
        again(made, ours[1])

    operations.release_feedback(made.session, made.exchange, person=ours[place], by=made.teacher.person_id, now=LATER)

    again(made, ours[1])
    assert work_of(made, ours[1]).version == 2


def test_a_review_by_staff_in_the_place_of_a_reader_is_on_the_card_of_every_member(
    app: Flask, session: Session
) -> None:
    made, groups = in_teams(session, 1, 2, reviews=1)
    by = made.teacher.person_id
    for group in groups:
        hand_in(made, group[0])
    operations.excuse(session, made.exchange, person=groups[0][0], owes=0, why="Ill.", by=by, now=LATER)
    for person in groups[1]:
        give(made, take(made, person))

    operations.review_as_staff(
        session, made.exchange, author=groups[1][0], by=by, words=make_words(made.exchange), is_rescue=True, now=LATER
    )

    rescued = {
        person: queries.standings(
            session, {made.exchange.id: made.exchange}, person_id=person, course_id=made.course.id, now=LATER
        )[made.exchange.id].rescued
        for person in groups[1]
    }
    assert rescued == dict.fromkeys(groups[1], 1)
    with app.test_request_context():
        cards = [card_of(made, made.learners[made.people.index(person)]) for person in groups[1]]
    assert len({str(card.todo) for card in cards}) == 1


def test_everybody_has_a_grade_of_their_own(given: Grouped) -> None:
    """What is one's own stays one's own: giving."""
    made, _groups = given
    choose(made, GradingOptions(work=50, giving=50))

    assert set(values(made, rules.GIVING).values()) == {1.0}
    assert len(made.session.scalars(select(Release.person_id)).all()) == len(made.people)
