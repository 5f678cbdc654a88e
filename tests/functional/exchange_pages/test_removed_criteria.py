"""A teacher takes a criterion away while people write by it: what they wrote stays theirs."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import (
    Criterion,
    DraftCopy,
    Example,
    Exchange,
    FeedbackDraft,
    SideBySide,
    StaffReview,
    Trial,
    WordsDraft,
)
from lti_tool.exchange.operations.practice import ExampleWords
from tests.factories.exchange import Class, all_hand_in, make_words, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.functional.exchange_pages.test_setting_up import hidden_fields
from tests.pages import words

HALF = "The third figure has no axis."


@pytest.fixture
def writing(made: Class, session: Session, an_hour_ago: datetime) -> Class:
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, writing: Class) -> Visitor:
    return visit(writing.teacher)


def without(teacher: Visitor, made: Class, title: str) -> Any:
    """Save the settings with the criterion called *title* taken away."""
    fields = hidden_fields(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)
    key = next(name for name, value in fields.items() if value == [title]).removesuffix("-title")
    fields["criterion[]"] = [each for each in fields["criterion[]"] if each != key]
    fields = {name: value for name, value in fields.items() if not name.startswith(f"{key}-")}
    return teacher.post(f"/exchanges/{made.exchange.id}/settings", data={**fields, "act": "save"})


def criterion(session: Session, exchange: Exchange, title: str) -> Criterion:
    return session.scalars(
        select(Criterion).where(Criterion.exchange_id == exchange.id, Criterion.title == title)
    ).one()


def remove(session: Session, criterion_id: int) -> None:
    """As if it had gone between two keystrokes: nobody's words about it were saved yet."""
    session.execute(delete(Criterion).where(Criterion.id == criterion_id))
    session.commit()


def assert_kept(teacher: Visitor, made: Class, session: Session) -> None:
    answer = without(teacher, made, "Advice")

    assert answer.status_code == 422
    assert "Somebody has written by these criteria, or is writing at this moment: Advice" in words(answer.text)
    session.expire_all()
    assert [each.title for each in made.exchange.criteria] == ["Clarity", "Advice"]


def test_a_criterion_that_somebody_writes_about_stays(writing: Class, teacher: Visitor, session: Session) -> None:
    offer = take(writing, writing.people[0], now=now())
    advice = criterion(session, writing.exchange, "Advice")
    operations.save_feedback_draft(
        session,
        writing.exchange,
        reviewer=writing.people[0],
        offer_id=offer.id,
        words=rules.Words(answers={advice.id: rules.AnswerWords(comment=HALF)}),
        base_revision=0,
        now=now(),
    )
    session.commit()

    assert_kept(teacher, writing, session)


@pytest.mark.parametrize("about", ["self-assessment", "example-1", "staff-review-1", "pair-1-left"])
def test_so_does_one_of_any_other_draft(writing: Class, teacher: Visitor, session: Session, about: str) -> None:
    advice = criterion(session, writing.exchange, "Advice")
    said = rules.Words(answers={advice.id: rules.AnswerWords(comment=HALF)})
    session.add(
        WordsDraft(
            exchange_id=writing.exchange.id,
            person_id=writing.people[0],
            about=about,
            words=said.as_dict(),
            revision=1,
            saved_at=now(),
        )
    )
    session.commit()

    assert_kept(teacher, writing, session)


@pytest.fixture
def example(writing: Class, session: Session) -> Example:
    """A work to practise with, of which staff say something by each criterion."""
    said = ExampleWords(
        title="Rain",
        body="An essay on rain.",
        beside=rules.Beside(),
        words=make_words(writing.exchange, level=0, comment="I do not see for whom it is."),
    )
    made = operations.add_example(session, writing.exchange, said, by=writing.teacher.person_id, now=now())
    session.commit()
    return made


def test_one_that_examples_use_stays_and_the_teacher_reads_what_to_do(
    writing: Class, teacher: Visitor, session: Session, example: Example
) -> None:
    answer = without(teacher, writing, "Advice")

    assert answer.status_code == 422
    page = words(answer.text)
    assert "Works to practise with use these criteria: Advice. Take away first what you say by them there" in page
    assert "Somebody has written" not in page
    session.expire_all()
    assert [each.title for each in writing.exchange.criteria] == ["Clarity", "Advice"]
    advice = criterion(session, writing.exchange, "Advice")
    said = {id: answer.comment for id, answer in example.said.answers.items()}
    assert said[advice.id] == "I do not see for whom it is."


def test_a_level_chosen_in_an_example_stays_and_points_and_further_levels_may_change(
    writing: Class, session: Session, example: Example
) -> None:
    plan = queries.plan_of(writing.exchange)
    clarity, advice = plan.criteria
    chosen = example.said.answers[criterion(session, writing.exchange, "Clarity").id].level_id
    by = writing.teacher.person_id

    def edit(levels: tuple[rules.LevelPlan, ...]) -> None:
        changed = replace(plan, criteria=(replace(clarity, levels=levels), advice))
        operations.edit_exchange(session, writing.exchange, changed, by=by, now=now())

    with pytest.raises(errors.CriteriaInUse) as refused:
        edit(tuple(each for each in clarity.levels if each.id != chosen))
    edit((*(replace(each, points=each.points + 1) for each in clarity.levels), rules.LevelPlan(title="New", points=9)))

    assert (refused.value.titles, refused.value.in_examples) == ((), ("Clarity",))
    session.expire_all()
    assert len(criterion(session, writing.exchange, "Clarity").levels) == len(clarity.levels) + 1


def test_once_nothing_is_said_by_it_in_an_example_it_may_go(
    writing: Class, teacher: Visitor, session: Session, example: Example
) -> None:
    advice = criterion(session, writing.exchange, "Advice")
    kept = {id: said for id, said in example.said.answers.items() if id != advice.id}
    said = ExampleWords(title="Rain", body=example.body, beside=rules.Beside(), words=rules.Words(answers=kept))
    operations.change_example(
        session, writing.exchange, example_id=example.id, said=said, by=writing.teacher.person_id, now=now()
    )
    session.commit()

    assert without(teacher, writing, "Advice").status_code == 303


def test_so_does_one_that_staff_wrote_about(writing: Class, teacher: Visitor, session: Session) -> None:
    operations.review_as_staff(
        session,
        writing.exchange,
        author=writing.people[0],
        by=writing.teacher.person_id,
        words=make_words(writing.exchange),
        is_rescue=False,
        now=now(),
    )
    session.commit()

    assert_kept(teacher, writing, session)
    assert session.scalars(select(StaffReview)).one().said == make_words(writing.exchange)


def test_so_does_one_that_somebody_practised_with(writing: Class, teacher: Visitor, session: Session) -> None:
    operations.set_options(
        session, writing.exchange, rules.PracticeOptions(when="offered"), by=writing.teacher.person_id, now=now()
    )
    example = operations.add_example(
        session,
        writing.exchange,
        ExampleWords(title="One", body="A work.", beside=rules.Beside(), words=make_words(writing.exchange)),
        by=writing.teacher.person_id,
        now=now(),
    )
    operations.try_example(
        session,
        writing.exchange,
        person=writing.people[0],
        example_id=example.id,
        words=make_words(writing.exchange),
        now=now(),
    )
    session.commit()

    assert_kept(teacher, writing, session)
    assert session.scalars(select(Trial)).one().said == make_words(writing.exchange)


def test_so_does_one_that_works_were_compared_by(writing: Class, teacher: Visitor, session: Session) -> None:
    operations.set_options(
        session, writing.exchange, rules.ComparingOptions(pairs=1), by=writing.teacher.person_id, now=now()
    )
    operations.begin_comparing(session, writing.exchange, by=writing.teacher.person_id, now=now())

    pair = session.scalars(select(SideBySide).where(SideBySide.reviewer_id == writing.people[0])).one()
    picks = {each.id: 1 for each in writing.exchange.criteria}
    operations.give_comparison(
        session,
        writing.exchange,
        reviewer=writing.people[0],
        pair_id=pair.id,
        picks=picks,
        left=rules.Words(comment="Good."),
        right=rules.Words(comment="Good, too."),
        now=now(),
    )
    session.commit()

    assert_kept(teacher, writing, session)


def test_one_that_nobody_wrote_about_can_go(writing: Class, teacher: Visitor, session: Session) -> None:
    take(writing, writing.people[0], now=now())
    session.commit()

    answer = without(teacher, writing, "Advice")

    assert answer.status_code == 303
    session.expire_all()
    assert [each.title for each in writing.exchange.criteria] == ["Clarity"]


def test_words_on_a_criterion_that_went_between_two_saves_are_kept_and_shown(
    writing: Class, visit: People, session: Session
) -> None:
    offer = take(writing, writing.people[0], now=now())
    clarity, advice = (criterion(session, writing.exchange, title).id for title in ("Clarity", "Advice"))
    level = writing.exchange.criteria[0].levels[0].id
    session.commit()
    reviewer = visit(writing.learners[0])
    there = f"/exchanges/{writing.exchange.id}/reviews/{offer.id}"
    typed: dict[str, Any] = {
        f"level-{clarity}": level,
        f"comment-{clarity}": "I had to read it twice.",
        f"comment-{advice}": HALF,
        "comment": "Good.",
    }
    remove(session, advice)

    saved = reviewer.post(f"{there}/draft", htmx=True, base_revision="0", **typed)
    early = reviewer.post(f"{there}/feedback", base_revision="1", **typed)
    page = reviewer.get(there).text

    assert saved.status_code == 200
    assert early.status_code == 422
    assert "The criteria were changed while you were writing" in words(early.text)
    for text in (early.text, page):
        assert f'name="removed-{advice}"' in text
        assert HALF in text
    fields = hidden_fields(page, form="review-form")
    assert fields[f"removed-{advice}"] == [HALF]
    again = reviewer.post(f"{there}/draft", htmx=True, data=fields)
    given = reviewer.post(f"{there}/feedback", data=fields)

    assert again.status_code == 200
    assert given.status_code == 303
    assert [HALF in str(each) for each in session.scalars(select(DraftCopy.content))] == [True]
    assert HALF in reviewer.get(there).text


def test_a_stranger_to_the_exchange_is_no_removed_criterion_that_can_be_given(
    writing: Class, visit: People, session: Session
) -> None:
    offer = take(writing, writing.people[0], now=now())
    session.commit()
    reviewer = visit(writing.learners[0])
    there = f"/exchanges/{writing.exchange.id}/reviews/{offer.id}"

    answer = reviewer.post(
        f"{there}/draft", data={"comment-999999999999999": HALF, "comment-0": HALF, "removed-x": HALF}
    )

    assert answer.status_code == 303
    assert session.scalars(select(FeedbackDraft)).one().words["answers"] == {}


def test_so_are_words_about_ones_own_work_and_in_comparing(writing: Class, visit: People, session: Session) -> None:
    operations.set_options(
        session,
        writing.exchange,
        rules.SelfAssessmentOptions(when=rules.BESIDE),
        by=writing.teacher.person_id,
        now=now() - timedelta(minutes=5),
    )
    advice = criterion(session, writing.exchange, "Advice").id
    remove(session, advice)
    author = visit(writing.learners[0])
    there = f"/exchanges/{writing.exchange.id}/self-assessment"

    kept = author.post(f"{there}/draft", htmx=True, **{f"comment-{advice}": HALF, "base_revision": "0"})
    page = author.get(there).text

    assert kept.status_code == 200
    assert f'name="removed-{advice}"' in page
    assert HALF in page
