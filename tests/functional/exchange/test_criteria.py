"""Kinds of criteria and their weights, from the plan to the grade."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Release, RewriteRequest, Takeaway
from lti_tool.exchange.queries.student import share_of
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from tests.factories.courses import make_activity, make_course
from tests.factories.exchange import ADVICE, BEGUN, CLARITY, Class, all_hand_in, make_class, take

EASE = rules.CriterionPlan(
    title="Ease",
    kind=rules.NUMBER,
    scale=rules.Scale(lowest=0, highest=10, step=1),
    comment=rules.NO_COMMENT,
    guide=rules.Guide(low="lost", high="at home", starters="I hesitated at …"),
)
TRIED = rules.CriterionPlan(
    title="Could try it", kind=rules.YES_NO, weight=2, guide=rules.Guide(yes="I played it through")
)
ALL = (CLARITY, EASE, TRIED, ADVICE)


@pytest.fixture
def made(session: Session) -> Class:
    made = make_class(session, criteria=ALL, learners=3)
    all_hand_in(made)
    return made


def answered(made: Class, *, level: int = 1, ease: float = 8, tried: float = 1) -> rules.Words:
    clarity, number, yes_no, advice = made.exchange.criteria
    return rules.Words(
        answers={
            clarity.id: rules.AnswerWords(level_id=clarity.levels[level].id),
            number.id: rules.AnswerWords(number=ease),
            yes_no.id: rules.AnswerWords(number=tried),
            advice.id: rules.AnswerWords(comment="Begin with the example."),
        }
    )


def give(made: Class, person: int, words: rules.Words) -> Feedback:
    offer = take(made, person)
    return operations.give_feedback(
        made.session, made.exchange, reviewer=person, offer_id=offer.id, words=words, now=BEGUN
    )


def edit(made: Class, plan: rules.Plan) -> None:
    operations.edit_exchange(made.session, made.exchange, plan, by=made.teacher.person_id, now=BEGUN)


def test_every_kind_is_stored_as_it_was_planned(made: Class) -> None:
    made.session.expire_all()

    assert rules.as_new(queries.plan_of(made.exchange)).criteria == ALL


def test_each_answer_counts_as_a_part_of_what_it_could_be_times_its_weight(made: Class) -> None:
    given = give(made, made.people[0], answered(made))

    author = given.offer.submission.author_id or 0
    (share,) = queries.graded(made.session, made.exchange).shares[author]
    # 3 of 5, 8 of 10, and a yes that counts twice.
    assert share.points == pytest.approx(0.6 + 0.8 + 2)
    assert share.possible == pytest.approx(4)


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (0, 3, 0.5, 1), (0, 0, 0, 9), (0.1, 0.2, 0.3, 0)])
def test_the_database_and_python_say_the_same_share(session: Session, weights: tuple[float, ...]) -> None:
    criteria = tuple(replace(each, weight=weight) for each, weight in zip(ALL, weights, strict=True))
    made = make_class(session, criteria=criteria, learners=3)
    all_hand_in(made)
    given = give(made, made.people[0], answered(made, level=2, ease=3, tried=0))

    said = share_of(made.exchange, given)
    (share,) = queries.graded(session, made.exchange).shares[given.offer.submission.author_id or 0]

    assert share.points == pytest.approx(said.points)
    assert share.possible == pytest.approx(said.possible)


def test_a_criterion_of_weight_0_is_for_the_author_alone(session: Session) -> None:
    made = make_class(session, criteria=(replace(EASE, weight=0), CLARITY), learners=2, reviews=1)
    all_hand_in(made)
    number, clarity = made.exchange.criteria
    words = rules.Words(
        answers={
            number.id: rules.AnswerWords(number=0),
            clarity.id: rules.AnswerWords(level_id=clarity.levels[2].id),
        }
    )
    give(made, made.people[0], words)

    assert session.scalars(select(Release.score)).all() == [10]


def test_changed_weights_change_grades_that_are_out(made: Class, session: Session) -> None:
    made.exchange.reviews = 1
    author = give(made, made.people[0], answered(made, level=0, ease=0, tried=1)).offer.submission.author_id
    plan = queries.plan_of(made.exchange)

    edit(made, replace(plan, criteria=tuple(replace(each, weight=1) for each in plan.criteria)))

    scores = dict(session.execute(select(Release.person_id, Release.score)).all())
    assert scores[author or 0] == pytest.approx(3.33)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": rules.YES_NO, "scale": None},
        {"scale": rules.Scale(lowest=0, highest=5, step=1)},
        {"scale": rules.Scale(lowest=0, highest=10, step=5)},
    ],
)
def test_what_feedback_rests_on_stays(made: Class, change: dict[str, object]) -> None:
    give(made, made.people[0], answered(made))
    plan = queries.plan_of(made.exchange)
    clarity, number, *rest = plan.criteria

    with pytest.raises(errors.CriteriaInUse) as refused:
        edit(made, replace(plan, criteria=(clarity, replace(number, **change), *rest)))  # type: ignore[arg-type]

    assert refused.value.titles == ("Ease",)


def test_words_guidance_and_weights_may_change_later(made: Class) -> None:
    """Pain 12: settings that freeze with the first review."""
    give(made, made.people[0], answered(made))
    plan = queries.plan_of(made.exchange)
    better = tuple(
        replace(each, title=each.title + "!", weight=3, guide=rules.Guide(good="Say where.", words=10))
        for each in plan.criteria
    )

    edit(made, replace(plan, criteria=better))

    made.session.expire_all()
    assert queries.plan_of(made.exchange).criteria == better


def test_a_copy_keeps_kinds_weights_and_guidance(made: Class, session: Session) -> None:
    copy = make_activity(session, make_course(session), kind="exchange")

    ExchangeRoom().clone(session, session.get_one(Activity, made.exchange.id), copy, now=BEGUN)

    assert rules.as_new(queries.plan_of(session.get_one(Exchange, copy.id))).criteria == ALL


@pytest.mark.parametrize("number", [-5, 1000])
def test_a_number_beyond_the_scale_is_kept_as_a_draft_and_never_given(made: Class, number: float) -> None:
    """Pain 29."""
    offer = take(made, made.people[0])
    words = answered(made, ease=number)
    operations.save_feedback_draft(
        made.session,
        made.exchange,
        reviewer=made.people[0],
        offer_id=offer.id,
        words=words,
        base_revision=0,
        now=BEGUN,
    )

    with pytest.raises(errors.IncompleteFeedback) as refused:
        give(made, made.people[0], words)

    assert [each.problem for each in refused.value.lacks] == ["out_of_range"]
    mine = queries.my_review(made.session, made.exchange, made.people[0], offer.id, now=BEGUN)
    assert mine is not None
    assert mine.words == words


def test_feedback_that_is_written_anew_keeps_its_numbers(made: Class, session: Session) -> None:
    given = give(made, made.people[0], answered(made))
    session.add(RewriteRequest(feedback_id=given.id, note="Kinder, please.", by_id=None, at=BEGUN, answered_at=None))
    session.flush()
    anew = answered(made, ease=5, tried=0)

    operations.revise_feedback(
        session, made.exchange, reviewer=made.people[0], offer_id=given.offer_id, words=anew, now=BEGUN
    )

    session.expire_all()
    assert session.get_one(Feedback, given.id).words == anew


def note(made: Class, offer: Offer, body: str, *, by: int | None = None) -> None:
    operations.note_takeaway(
        made.session, made.exchange, reviewer=by or offer.reviewer_id or 0, offer_id=offer.id, body=body, now=BEGUN
    )


def test_what_a_reviewer_takes_is_kept_changed_and_taken_away(made: Class) -> None:
    offer = give(made, made.people[0], answered(made)).offer
    entries = len(made.session.scalars(select(Entry)).all())

    note(made, offer, "Begin with her.")
    note(made, offer, " Begin with her name. ")
    assert made.session.scalars(select(Takeaway.body)).all() == ["Begin with her name."]
    note(made, offer, "  ")

    assert made.session.scalars(select(Takeaway)).all() == []
    assert len(made.session.scalars(select(Entry)).all()) == entries


def test_nobody_notes_anything_on_the_review_of_another_or_before_it_is_given(made: Class) -> None:
    offer = take(made, made.people[0])

    for person in made.people:
        with pytest.raises(errors.NoSuchOffer):
            note(made, offer, "Mine?", by=person)


def test_notes_are_handed_out_to_their_writer_and_forgotten_with_them(made: Class) -> None:
    feedback = give(made, made.people[0], answered(made))
    author = feedback.offer.submission.author_id or 0
    note(made, feedback.offer, "Begin with her.")
    made.session.flush()

    mine, theirs = (privacy.export_person(made.session, person) for person in (made.people[0], author))
    assert [each["body"] for each in mine["taken_from_reviews"]] == ["Begin with her."]
    assert "Begin with her." not in str(theirs)
    assert "number" in str(theirs["feedback_received"])

    privacy.forget_person(made.session, made.people[0], now=BEGUN, storage=DatabaseStorage())
    assert made.session.scalars(select(Takeaway)).all() == []
