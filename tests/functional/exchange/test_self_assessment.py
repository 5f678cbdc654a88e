"""Authors look at their own work: apart from feedback, before or beside it, and it counts as having been done."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Feedback, SelfAssessment, WordsDraft
from lti_tool.exchange.rules import GradingOptions, Options, SelfAssessmentOptions
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, make_plan, make_words, review
from tests.functional.exchange.test_queries import card_of, counted

BEFORE = SelfAssessmentOptions(when=rules.BEFORE)
BESIDE = SelfAssessmentOptions(when=rules.BESIDE)


def choose(made: Class, options: Options) -> None:
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)


@pytest.fixture
def made(session: Session) -> Class:
    """Two people who have reviewed each other with the middle level."""
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    for person in made.people:
        review(made, person, level=1)
    return made


def page_of(made: Class, person: int) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=BEGUN)


def assess(made: Class, person: int, *, level: int = 2) -> SelfAssessment:
    words = make_words(made.exchange, level=level)
    return operations.assess_own_work(made.session, made.exchange, author=person, words=words, now=BEGUN)


def read(made: Class, person: int) -> None:
    operations.mark_read(made.session, made.exchange, author=person, now=BEGUN)


# Before


def test_the_card_on_the_course_home_asks_for_ones_own_view_before_it_tells_of_feedback(
    app: Flask, made: Class
) -> None:
    choose(made, BEFORE)
    learner = made.learners[0]

    with app.test_request_context():
        before = card_of(made, learner)
        assess(made, learner.person_id)
        after = card_of(made, learner)

    assert (str(before.todo), str(after.todo)) == ("Look at your work", "Read your feedback")


def test_feedback_waits_until_its_author_has_looked_at_their_own_work(made: Class) -> None:
    choose(made, BEFORE)
    a = made.people[0]
    before = page_of(made, a)
    read(made, a)

    assess(made, a)

    after = page_of(made, a)
    assert before.own is not None
    assert (before.step, before.received, before.own.waiting) == ("assess", (), 1)
    assert (after.step, len(after.received), after.received[0].is_new) == ("reply", 1, True)


def test_nobody_is_kept_from_their_feedback(made: Class) -> None:
    choose(made, BEFORE)
    a, b = made.people

    operations.pass_over(made.session, made.exchange, author=a, now=BEGUN)

    page = page_of(made, a)
    assert page.own is not None
    assert (page.step, len(page.received), page.own.said, page.own.may_assess) == ("reply", 1, None, True)
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    assert len(page_of(made, b).received) == 1


def test_covered_feedback_cannot_be_acted_on_unseen(made: Class) -> None:
    choose(made, BEFORE)
    a = made.people[0]
    (feedback,) = queries.graded(made.session, made.exchange).shares[a]

    with pytest.raises(errors.NoSuchFeedback):
        operations.thank(made.session, made.exchange, author=a, feedback_id=feedback.feedback_id, now=BEGUN)


def test_what_was_said_before_seeing_feedback_stays(made: Class) -> None:
    choose(made, BEFORE)
    a = made.people[0]
    row = assess(made, a, level=2)
    assert assess(made, a, level=2) is row

    with pytest.raises(errors.AssessedAlready):
        assess(made, a, level=0)


def test_while_no_feedback_is_there_one_may_look_again(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    choose(made, BEFORE)
    a = made.people[0]
    hand_in(made, a)
    assert page_of(made, a).step == "assess"
    assess(made, a, level=2)

    assess(made, a, level=0)

    assert queries.self_assessments(session, made.exchange)[a].said == make_words(made.exchange, level=0)


# Beside


def test_it_comes_after_reading_where_it_is_made_with_the_feedback_beside(made: Class) -> None:
    choose(made, BESIDE)
    a = made.people[0]
    steps = [page_of(made, a).step]
    read(made, a)
    steps.append(page_of(made, a).step)
    assess(made, a)
    steps.append(page_of(made, a).step)
    assess(made, a, level=0)

    assert steps == ["reply", "assess", "done"]


def test_both_views_stand_side_by_side_for_the_author_and_for_staff(made: Class) -> None:
    """Pain 32: how I did, per criterion, beside how I see it."""
    choose(made, BESIDE)
    a = made.people[0]
    assess(made, a, level=2)

    own = page_of(made, a).own
    staff = queries.person_page(made.session, made.exchange, a, now=BEGUN)

    assert own is not None
    assert staff is not None
    assert staff.own is not None
    assert [(view.own, view.others, view.verdict) for view in own.views] == [(1.0, (0.6,), "kinder")]
    assert staff.own.views == own.views


def test_feedback_that_staff_hide_is_not_compared_with(made: Class) -> None:
    choose(made, BESIDE)
    a = made.people[0]
    assess(made, a)
    (share,) = queries.graded(made.session, made.exchange).shares[a]
    flagged = operations.flag(
        made.session,
        made.exchange,
        by=a,
        kind="feedback",
        thing_id=share.feedback_id,
        reason="hurtful",
        words="",
        now=BEGUN,
    )
    operations.decide(
        made.session,
        made.exchange,
        flag_id=flagged.id,
        decision="hide",
        note="It hurts.",
        told="It hurts.",
        by=made.teacher.person_id,
        now=BEGUN,
    )

    own = page_of(made, a).own

    assert own is not None
    assert own.views == ()


# What is asked


def test_where_nobody_asks_there_is_no_such_thing(made: Class) -> None:
    assert page_of(made, made.people[0]).own is None
    with pytest.raises(errors.NoSelfAssessment):
        assess(made, made.people[0])


def test_whoever_has_handed_nothing_in_has_nothing_to_look_at(session: Session) -> None:
    made = make_class(session)
    choose(made, BEFORE)

    with pytest.raises(errors.NoSelfAssessment):
        assess(made, made.people[0])


def test_a_level_is_needed_and_words_are_not(made: Class) -> None:
    choose(made, BESIDE)
    clarity, advice = made.exchange.criteria
    words = rules.Words(answers={advice.id: rules.AnswerWords(comment="I would cut the end.")})

    with pytest.raises(errors.IncompleteFeedback) as caught:
        operations.assess_own_work(made.session, made.exchange, author=made.people[0], words=words, now=BEGUN)

    assert [(each.criterion_id, each.part) for each in caught.value.lacks] == [(clarity.id, "answer")]


def test_criteria_that_authors_answered_are_not_taken_away(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    choose(made, BEFORE)
    hand_in(made, made.people[0])
    assess(made, made.people[0])

    with pytest.raises(errors.CriteriaInUse):
        operations.edit_exchange(
            session, made.exchange, make_plan(reviews=1, criteria=()), by=made.teacher.person_id, now=BEGUN
        )


# Grades


def weigh(made: Class, **weights: int) -> None:
    choose(made, GradingOptions(**weights))  # type: ignore[arg-type]


def part(made: Class, person: int) -> float | None:
    return queries.graded(made.session, made.exchange).grades[person].parts[-1].value


def test_having_looked_counts_and_how_one_sees_oneself_does_not(made: Class) -> None:
    choose(made, BESIDE)
    weigh(made, work=50, self_assessment=50)
    a, b = made.people

    assess(made, a, level=0)

    assert (part(made, a), part(made, b)) == (1.0, 0.0)


def test_without_anybody_asking_the_part_is_left_out(made: Class) -> None:
    weigh(made, work=50, self_assessment=50)

    assert part(made, made.people[0]) is None


def test_a_grade_that_waits_for_it_goes_out_with_it(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    choose(made, BESIDE)
    weigh(made, work=50, self_assessment=50)
    all_hand_in(made)
    for person in made.people:
        review(made, person, level=2)
    a = made.people[0]
    assert page_of(made, a).grade is None

    assess(made, a)

    grade = page_of(made, a).grade
    assert grade is not None
    assert grade.score == 10.0


def test_using_counts_the_comments_marked_as_used(made: Class) -> None:
    """Pain 33: what counts is use, not politeness."""
    weigh(made, work=50, using=50)
    a = made.people[0]
    (share,) = queries.graded(made.session, made.exchange).shares[a]
    clarity, advice = (each.id for each in made.exchange.criteria)
    found = [part(made, a)]

    for place, mark in ((clarity, rules.USE), (advice, rules.LATER), (None, rules.DISAGREE)):
        operations.mark_comment(
            made.session,
            made.exchange,
            author=a,
            feedback_id=share.feedback_id,
            part=place,
            mark=mark,
            reason="It is meant so.",
            now=BEGUN,
        )
        found.append(part(made, a))

    assert found == [0.0, pytest.approx(1 / 3), pytest.approx(1 / 3), 0.5]


def test_notes_on_single_places_are_comments_too(made: Class) -> None:
    weigh(made, work=50, using=50)
    a = made.people[0]
    (share,) = queries.graded(made.session, made.exchange).shares[a]
    feedback = made.session.get_one(Feedback, share.feedback_id)
    passage = rules.Passage(version=1, block=0, quote="The work")
    feedback.notes = [rules.Note(id=id, anchor=passage, words="Here.").as_dict() for id in (1, 2)]
    made.session.flush()

    for place in (rules.NotePart(1), None):
        operations.mark_comment(
            made.session,
            made.exchange,
            author=a,
            feedback_id=feedback.id,
            part=place,
            mark=rules.USE,
            now=BEGUN,
        )

    assert part(made, a) == pytest.approx(2 / 5)


def test_ticking_off_what_was_for_later_moves_a_grade_that_is_out(made: Class) -> None:
    weigh(made, work=0, using=100)
    a = made.people[0]
    (share,) = queries.graded(made.session, made.exchange).shares[a]
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    for place in (*(each.id for each in made.exchange.criteria), None):
        operations.mark_comment(
            made.session,
            made.exchange,
            author=a,
            feedback_id=share.feedback_id,
            part=place,
            mark=rules.LATER,
            now=BEGUN,
        )
    before = page_of(made, a).grade
    assert before is not None
    assert before.score == 0.0

    operations.tick_off(
        made.session, made.exchange, author=a, feedback_id=share.feedback_id, part=None, is_done=True, now=BEGUN
    )

    after = page_of(made, a).grade
    assert after is not None
    assert after.score == pytest.approx(10 / 3, abs=0.01)


def test_what_is_held_back_is_not_yet_there_to_be_used(session: Session) -> None:
    made = make_class(session, learners=3, reviews=2)
    choose(made, rules.AnonymityOptions(minimum=2))
    weigh(made, work=50, using=50)
    all_hand_in(made)
    author = review(made, made.people[0]).offer.submission.author_id or 0

    assert part(made, author) is None


# Words being written, costs, and forgetting


def test_words_of_another_tab_are_kept_and_can_be_taken_back(made: Class) -> None:
    choose(made, BESIDE)
    a = made.people[0]

    def keep(comment: str, base: int) -> bool:
        words = make_words(made.exchange, comment=comment)
        saved = operations.keep_words(
            made.session,
            made.exchange,
            person=a,
            about="self-assessment",
            words=words,
            base_revision=base,
            now=BEGUN,
        )
        return saved.conflict

    def kept() -> rules.Words:
        draft = queries.words_draft(made.session, made.exchange, a, "self-assessment")
        assert draft is not None
        return rules.Words.from_dict(draft.words)

    conflicts = [keep("First", 0), keep("Second", 0)]
    operations.take_other_words(made.session, made.exchange, person=a, about="self-assessment", now=BEGUN)

    assert conflicts == [False, True]
    assert kept() == make_words(made.exchange, comment="First")
    operations.take_other_words(made.session, made.exchange, person=a, about="self-assessment", now=BEGUN)
    assert kept() == make_words(made.exchange, comment="Second")
    assess(made, a)
    assert queries.words_draft(made.session, made.exchange, a, "self-assessment") is None


def test_three_tabs_with_different_words_keep_them_all_with_their_times(made: Class) -> None:
    a = made.people[0]
    draft: dict[str, Any] = {"person": a, "about": "self-assessment"}

    def written(comment: str) -> rules.Words:
        return make_words(made.exchange, comment=comment)

    for minute, comment in enumerate(("First", "Second", "Third", "Second", "Fourth")):
        operations.keep_words(
            made.session,
            made.exchange,
            words=written(comment),
            base_revision=0,
            now=BEGUN + timedelta(minutes=minute),
            **draft,
        )

    def others() -> dict[str, str]:
        found = queries.words_draft(made.session, made.exchange, a, "self-assessment")
        assert found is not None
        said = [(rules.Words.from_dict(each["words"]).answers, each["saved_at"]) for each in found.others]
        return {next(iter(answers.values())).comment: at[14:16] for answers, at in said}

    assert others() == {"Second": "33", "Third": "32", "First": "30"}
    operations.take_other_words(made.session, made.exchange, revision=1, now=BEGUN + timedelta(minutes=9), **draft)
    found = queries.words_draft(made.session, made.exchange, a, "self-assessment")
    assert found is not None
    assert rules.Words.from_dict(found.words) == written("First")
    assert others() == {"Fourth": "34", "Second": "33", "Third": "32"}
    with pytest.raises(errors.NoSuchCopy):
        operations.take_other_words(made.session, made.exchange, revision=99, now=BEGUN, **draft)


@pytest.mark.parametrize("options", [SelfAssessmentOptions(), BEFORE, BESIDE], ids=lambda each: each.when)
def test_it_costs_nothing_while_off_and_one_query_while_on(
    made: Class, engine: Engine, options: SelfAssessmentOptions
) -> None:
    a = made.people[0]
    made.session.commit()
    page_of(made, a)
    with counted(engine) as before:
        page_of(made, a)
    choose(made, options)
    if options.is_on:
        assess(made, a)
    made.session.commit()
    page_of(made, a)

    with counted(engine) as after:
        page_of(made, a)

    assert len(after) - len(before) == int(options.is_on)


def test_a_copy_asks_for_it_too(made: Class) -> None:
    choose(made, BEFORE)

    assert made.exchange.option(SelfAssessmentOptions).for_copy(BEGUN) == BEFORE


def test_it_is_handed_out_to_its_author_and_forgotten(made: Class) -> None:
    choose(made, BESIDE)
    a = made.people[0]
    assess(made, a)
    words = make_words(made.exchange, comment="Not sure")
    operations.keep_words(
        made.session, made.exchange, person=a, about="self-assessment", words=words, base_revision=0, now=BEGUN
    )

    export = privacy.export_person(made.session, a)
    privacy.forget_person(made.session, a, now=BEGUN, storage=DatabaseStorage())

    assert [each["comment"] for each in export["self_assessments"]] == ["Good work."]
    assert [each["about"] for each in export["words_being_written"]] == ["self-assessment"]
    assert made.session.query(SelfAssessment).count() == 0
    assert made.session.query(WordsDraft).count() == 0
