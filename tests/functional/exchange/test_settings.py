"""Making, changing, publishing, closing and deleting an exchange."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Criterion, Exchange, Feedback, Submission
from lti_tool.files.models import FileBlob
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from tests.factories.exchange import (
    ADVICE,
    BEGUN,
    CLARITY,
    Class,
    all_hand_in,
    hand_in,
    make_class,
    make_plan,
    review,
    work_of,
)


@pytest.fixture
def made(session: Session) -> Class:
    return make_class(session)


def edit(made: Class, plan: rules.Plan) -> Exchange:
    return operations.edit_exchange(made.session, made.exchange, plan, by=made.teacher.person_id, now=BEGUN)


def stored(made: Class) -> rules.Plan:
    made.session.flush()
    made.session.expire_all()
    return queries.plan_of(made.session.get_one(Exchange, made.exchange.id))


def test_what_the_form_said_is_what_is_stored(made: Class) -> None:
    plan = stored(made)

    without_ids = replace(
        plan,
        criteria=tuple(
            replace(each, id=None, levels=tuple(replace(level, id=None) for level in each.levels))
            for each in plan.criteria
        ),
    )
    assert without_ids == make_plan()


def test_editing_with_the_same_settings_changes_nothing(made: Class) -> None:
    plan = stored(made)

    edit(made, plan)

    assert stored(made) == plan


def test_criteria_can_be_moved_added_reworded_and_removed_while_unused(made: Class) -> None:
    plan = stored(made)
    clarity, advice = plan.criteria
    fresh = rules.CriterionPlan(title="Sources", levels=CLARITY.levels)
    fewer = replace(clarity, levels=(clarity.levels[2], clarity.levels[0]), title="Plain words")

    edit(made, replace(plan, criteria=(advice, fresh, fewer)))
    edit(made, replace(stored(made), criteria=stored(made).criteria[1:]))

    after = stored(made).criteria
    assert [each.title for each in after] == ["Sources", "Plain words"]
    assert [level.id for level in after[1].levels] == [clarity.levels[2].id, clarity.levels[0].id]
    assert made.session.scalar(select(func.count()).select_from(Criterion)) == 2


@pytest.mark.parametrize("change", ["remove", "fewer_levels", "more_levels", "points"])
def test_criteria_that_feedback_refers_to_keep_their_scale(made: Class, change: str) -> None:
    all_hand_in(made)
    review(made, made.people[0])
    plan = stored(made)
    clarity, advice = plan.criteria
    levels = clarity.levels
    changed = {
        "remove": (advice,),
        "fewer_levels": (replace(clarity, levels=levels[:2]), advice),
        "more_levels": (replace(clarity, levels=(*levels, rules.LevelPlan(title="Perfect", points=9))), advice),
        "points": (replace(clarity, levels=(*levels[:2], replace(levels[2], points=4))), advice),
    }[change]

    with pytest.raises(errors.CriteriaInUse) as refused:
        edit(made, replace(plan, criteria=changed))

    assert refused.value.titles == ("Clarity",)
    made.session.rollback()


def test_words_of_criteria_in_use_may_improve_and_new_ones_may_join(made: Class) -> None:
    all_hand_in(made)
    review(made, made.people[0])
    plan = stored(made)
    clarity, advice = plan.criteria
    better = replace(clarity, title="Clear words", levels=tuple(replace(each, title="!") for each in clarity.levels))

    edit(made, replace(plan, criteria=(advice, better, ADVICE)))

    assert [each.title for each in stored(made).criteria] == ["Advice", "Clear words", "Advice"]


def test_criteria_of_another_exchange_are_unknown_here(made: Class, session: Session) -> None:
    other = stored(make_class(session))
    plan = stored(made)

    for criteria in (other.criteria, plan.criteria * 2, (replace(plan.criteria[0], levels=other.criteria[0].levels),)):
        with pytest.raises(errors.PlanRefused) as refused:
            edit(made, replace(plan, criteria=criteria))
        assert (refused.value.field, refused.value.problem) == ("criteria", "unknown")


def test_anonymity_can_be_added_but_not_removed(session: Session) -> None:
    made = make_class(session, anonymity=rules.NAMED)
    hand_in(made, made.people[0])

    edit(made, replace(stored(made), anonymity=rules.MASKED))
    assert made.exchange.is_masked
    with pytest.raises(errors.AnonymityKept):
        edit(made, replace(stored(made), anonymity=rules.NAMED))


def test_anonymity_is_free_to_choose_before_anybody_wrote(made: Class) -> None:
    edit(made, replace(stored(made), anonymity=rules.NAMED))

    assert not made.exchange.is_masked


def test_settings_that_make_no_exchange_are_refused(made: Class) -> None:
    with pytest.raises(errors.PlanRefused):
        edit(made, replace(stored(made), title=""))
    with pytest.raises(errors.PlanRefused):
        operations.create_exchange(
            made.session, make_plan(reviews=0), course_id=made.course.id, by=made.teacher.person_id, now=BEGUN
        )


def test_new_exchanges_come_after_the_others(made: Class) -> None:
    second = operations.create_exchange(
        made.session, make_plan(title="Final"), course_id=made.course.id, by=made.teacher.person_id, now=BEGUN
    )

    assert second.activity.position > made.exchange.activity.position


def test_publishing_and_hiding_leave_one_mark_each(session: Session) -> None:
    made = make_class(session, publish=False)
    by = made.teacher.person_id

    for _ in range(2):
        operations.publish(session, made.exchange, by=by, now=BEGUN)
    for _ in range(2):
        operations.unpublish(session, made.exchange, by=by, now=BEGUN)

    assert not made.exchange.is_published
    acts = session.scalars(select(Entry.act).order_by(Entry.id)).all()
    assert list(acts) == ["exchange.created", "exchange.published", "exchange.unpublished"]


def test_an_exchange_is_not_hidden_from_those_who_began(made: Class) -> None:
    operations.save_draft(made.session, made.exchange, author=made.people[0], body="x", base_revision=0, now=BEGUN)

    with pytest.raises(errors.HasWork):
        operations.unpublish(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)


def test_deleting_takes_drafts_and_files_along(made: Class) -> None:
    operations.attach_file(
        made.session,
        made.exchange,
        author=made.people[0],
        data=b"Notes",
        now=BEGUN,
        storage=DatabaseStorage(),
        max_bytes=100,
    )

    operations.delete_exchange(
        made.session, made.exchange, by=made.teacher.person_id, now=BEGUN, storage=DatabaseStorage()
    )
    made.session.commit()

    for table in (Exchange, Activity, Submission, Criterion, FileBlob):
        assert made.session.scalar(select(func.count()).select_from(table)) == 0


def test_work_that_was_handed_in_is_not_deleted(made: Class) -> None:
    hand_in(made, made.people[0])

    with pytest.raises(errors.HasWork):
        operations.delete_exchange(
            made.session, made.exchange, by=made.teacher.person_id, now=BEGUN, storage=DatabaseStorage()
        )


def test_feedback_stays_though_all_took_their_work_back(made: Class) -> None:
    """Taken back, a work is a draft again: what others said about it is still there."""
    all_hand_in(made)
    review(made, made.people[0])
    for person in made.people:
        operations.withdraw_work(made.session, made.exchange, author=person, now=BEGUN)

    with pytest.raises(errors.HasWork):
        operations.delete_exchange(
            made.session, made.exchange, by=made.teacher.person_id, now=BEGUN, storage=DatabaseStorage()
        )
    assert made.session.scalar(select(func.count()).select_from(Feedback)) == 1


def test_works_that_are_being_written_go_only_when_that_is_known(made: Class) -> None:
    operations.save_draft(made.session, made.exchange, author=made.people[0], body="x", base_revision=0, now=BEGUN)

    def delete(begun: int) -> None:
        operations.delete_exchange(
            made.session, made.exchange, by=made.teacher.person_id, now=BEGUN, storage=DatabaseStorage(), begun=begun
        )

    with pytest.raises(errors.WorksBegun):
        delete(0)
    assert work_of(made, made.people[0]).draft == "x"
    delete(1)


def test_a_course_that_goes_takes_everything_with_it(made: Class) -> None:
    all_hand_in(made)
    review(made, made.people[0])
    made.session.commit()

    made.session.delete(made.course)
    made.session.commit()

    assert made.session.scalar(select(func.count()).select_from(Exchange)) == 0
