"""Staff see who reviews whom, have a hand in it, and see at a glance how it goes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import PairRule, StaffReview
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import Class, all_hand_in, make_class, make_words, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.functional.exchange_pages.test_looking_after import counted
from tests.pages import words

AGO = datetime.now(UTC) - timedelta(days=2)


@pytest.fixture
def planned(session: Session) -> Class:
    """Eight who handed in; two have given a review, one has begun."""
    made = make_class(session, learners=8, now=AGO)
    all_hand_in(made, now=AGO)
    for place, person in enumerate(made.people[:2]):
        review(made, person, now=AGO, level=place)
    take(made, made.people[2], now=datetime.now(UTC))
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, planned: Class) -> Visitor:
    return visit(planned.teacher)


def path_of(made: Class, rest: str) -> str:
    return f"/exchanges/{made.exchange.id}/{rest}"


def pairs_of(made: Class) -> dict[tuple[int, int], bool]:
    return queries.planned_pairs(made.session, made.exchange)


def waiting(made: Class) -> tuple[int, int]:
    return next(pair for pair, is_begun in sorted(pairs_of(made).items()) if not is_begun)


def degrees(made: Class) -> tuple[list[int], list[int]]:
    pairs = pairs_of(made)
    gives = sorted(sum(one == person for one, _ in pairs) for person in made.people)
    gets = sorted(sum(other == person for _, other in pairs) for person in made.people)
    return gives, gets


# Who reviews whom


def test_the_plan_is_a_table_and_drawn(teacher: Visitor, planned: Class) -> None:
    page = teacher.get(path_of(planned, "plan"))

    assert page.text.count("ring__way--given") == 2
    assert page.text.count("ring__way--begun") == 1
    assert "16 reviews" in words(page.text)
    for learner in planned.learners:
        assert learner.person.name in page.text


def test_a_large_class_is_not_drawn_but_paged(visit: People, session: Session) -> None:
    made = make_class(session, learners=60, now=AGO)
    all_hand_in(made, now=AGO)
    session.commit()
    teacher = visit(made.teacher)

    first, second = teacher.get(path_of(made, "plan")), teacher.get(path_of(made, "plan?page=2"))

    assert "ring__way" not in first.text
    assert "Page 1 of 2" in words(first.text)
    assert second.text.count('<th scope="row">') == 10


def test_two_are_kept_apart_and_all_keep_as_many_as_they_had(teacher: Visitor, planned: Class) -> None:
    reviewer, author = waiting(planned)
    before = degrees(planned)

    answer = teacher.post(path_of(planned, "pair-rules"), reviewer=reviewer, author=author, kind="never")

    assert answer.status_code == 303
    assert (reviewer, author) not in pairs_of(planned)
    assert degrees(planned) == before
    assert "never reads" in words(teacher.get(path_of(planned, "plan")).text)
    assert queries.replay(planned.session, planned.exchange) == ()


def test_two_come_together_and_all_keep_as_many_as_they_had(teacher: Visitor, planned: Class) -> None:
    pairs = pairs_of(planned)
    reader = planned.people[6]
    author = next(each for each in planned.people if each != reader and (reader, each) not in pairs)
    before = degrees(planned)

    answer = teacher.post(path_of(planned, "pair-rules"), reviewer=reader, author=author, kind="must", both="1")

    assert answer.status_code == 303
    assert {(reader, author), (author, reader)} <= pairs_of(planned).keys() or len(
        planned.session.scalars(select(PairRule)).all()
    ) == 2
    assert (reader, author) in pairs_of(planned)
    assert degrees(planned)[0] >= before[0]
    assert queries.replay(planned.session, planned.exchange) == ()


def test_what_was_begun_stays_and_the_page_says_so(teacher: Visitor, planned: Class) -> None:
    """Pain 12: a change of settings must not destroy work."""
    pair = next(pair for pair, is_begun in pairs_of(planned).items() if is_begun)

    teacher.post(path_of(planned, "pair-rules"), reviewer=pair[0], author=pair[1], kind="never")

    assert pair in pairs_of(planned)


def test_a_rule_is_removed_and_the_plan_stays(teacher: Visitor, planned: Class, session: Session) -> None:
    reviewer, author = waiting(planned)
    teacher.post(path_of(planned, "pair-rules"), reviewer=reviewer, author=author, kind="never")
    before = pairs_of(planned)

    assert teacher.post(path_of(planned, f"pair-rules/{reviewer}/{author}/removal")).status_code == 303
    assert session.scalars(select(PairRule)).all() == []
    assert pairs_of(planned) == before
    assert teacher.post(path_of(planned, f"pair-rules/{reviewer}/{author}/removal")).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "never"},
        {"kind": "never", "reviewer": "x", "author": "0"},
        {"kind": "sometimes", "reviewer": "1", "author": "2"},
        {"kind": "never", "reviewer": "999999", "author": "999998"},
        {"kind": "never", "reviewer": "own", "author": "own"},
    ],
)
def test_a_rule_about_nobody_is_refused_with_the_form(teacher: Visitor, planned: Class, typed: dict[str, str]) -> None:
    typed = {name: str(planned.people[0]) if value == "own" else value for name, value in typed.items()}

    answer = teacher.post(path_of(planned, "pair-rules"), data=typed)

    assert answer.status_code == 422
    assert "field__error" in answer.text or "notice--error" in answer.text


def test_mixing_again_shows_first_what_it_changes_and_then_does_just_that(teacher: Visitor, planned: Class) -> None:
    before = pairs_of(planned)

    seen = teacher.post(path_of(planned, "plan/mix"))
    assert seen.status_code == 200
    assert pairs_of(planned) == before
    foretold = operations.mixed(planned.session, planned.exchange, now=datetime.now(UTC))
    planned.session.rollback()
    assert teacher.post(path_of(planned, "plan/mix"), act="mix").status_code == 303

    after = pairs_of(planned)
    assert set(foretold.come) == after.keys() - before.keys()
    assert {pair for pair, is_begun in before.items() if is_begun} <= after.keys()
    assert queries.replay(planned.session, planned.exchange) == ()


def test_assistants_see_the_plan_and_only_teachers_change_it(visit: People, planned: Class, session: Session) -> None:
    assistant = visit(make_member(session, planned.course, Role.ASSISTANT))

    assert assistant.get(path_of(planned, "plan")).status_code == 200
    assert assistant.post(path_of(planned, "plan/mix")).status_code == 403
    assert visit(planned.learners[0]).get(path_of(planned, "plan")).status_code == 403
    assert (
        visit(make_member(session, make_course(session), Role.TEACHER)).get(path_of(planned, "plan")).status_code == 404
    )


# Reviews by staff


def test_staff_review_a_work_with_the_same_form_and_its_author_reads_it(
    visit: People, teacher: Visitor, planned: Class, session: Session
) -> None:
    """Pain 21: what staff say reaches the author, with a confirmation."""
    author = planned.learners[0]
    path = path_of(planned, f"people/{author.person_id}/staff-review")
    clarity, advice = planned.exchange.criteria
    fields = {f"level-{clarity.id}": clarity.levels[1].id, f"comment-{advice.id}": "Try the ending first."}

    assert "The work of" in words(teacher.get(path).text)
    refused = teacher.post(path, data={f"comment-{advice.id}": "Only this."})
    given = teacher.post(path, data={"comment": "Well done.", **fields})

    assert refused.status_code == 422
    assert "Only this." in refused.text
    assert given.status_code == 303
    page = words(visit(author).get(f"/exchanges/{planned.exchange.id}").text)
    assert "Vera Nowak" in page
    assert "Try the ending first." in page
    assert "Try the ending first." in words(teacher.get(path_of(planned, f"people/{author.person_id}")).text)
    assert "Vera Nowak" not in words(visit(planned.learners[1]).get(f"/exchanges/{planned.exchange.id}").text)
    assert teacher.post(f"{path}/removal").status_code == 303
    assert session.scalars(select(StaffReview)).all() == []
    assert teacher.post(f"{path}/removal").status_code == 404


def test_there_is_no_review_of_what_was_not_handed_in(visit: People, session: Session) -> None:
    made = make_class(session, now=AGO)
    session.commit()

    path = path_of(made, f"people/{made.people[0]}/staff-review")
    assert visit(made.teacher).get(path).status_code == 404
    assert visit(made.teacher).post(path, comment="x").status_code in (404, 422)


# At a glance


def test_the_page_draws_how_it_goes_with_the_numbers_behind_it(teacher: Visitor, planned: Class) -> None:
    page = teacher.get(path_of(planned, "at-a-glance"))

    text = words(page.text)
    assert "8 Works handed in" in text
    assert "2 Reviews given" in text
    assert page.text.count("<polyline") == 3
    assert "The same in numbers" in text
    assert "up to 20 words" in text


def test_criteria_that_reviewers_read_differently_are_pointed_out(visit: People, session: Session) -> None:
    made = make_class(session, learners=8, now=AGO)
    all_hand_in(made, now=AGO)
    for _ in range(2):
        for person in made.people:
            offer = take(made, person, now=AGO)
            author = offer.submission.author_id or 0
            has_one = bool(queries.graded(session, made.exchange, persons=[author]).shares[author])
            operations.give_feedback(
                session,
                made.exchange,
                reviewer=person,
                offer_id=offer.id,
                words=make_words(made.exchange, level=-1 if has_one else 0),
                now=AGO,
            )
    session.commit()

    assert "Reviewers of the same work often choose differently" in words(
        visit(made.teacher).get(path_of(made, "at-a-glance")).text
    )


def test_an_empty_exchange_has_nothing_to_see_yet(visit: People, session: Session) -> None:
    made = make_class(session, now=AGO)
    session.commit()

    assert "Nothing to see yet" in words(visit(made.teacher).get(path_of(made, "at-a-glance")).text)
    assert "Nothing is planned yet" in words(visit(made.teacher).get(path_of(made, "plan")).text)


def test_both_pages_cost_the_same_for_any_class(visit: People, session: Session, engine: Engine) -> None:
    costs = []
    for size in (4, 24):
        made = make_class(session, learners=size, now=AGO)
        all_hand_in(made, now=AGO)
        for person in made.people:
            review(made, person, now=AGO)
        session.commit()
        teacher = visit(made.teacher)
        counts = []
        for rest in ("plan", "at-a-glance"):
            with counted(engine) as statements:
                assert teacher.get(path_of(made, rest)).status_code == 200
            counts.append(len(statements))
        costs.append(counts)

    assert costs[0] == costs[1]
    assert max(costs[1]) <= 15


def test_whether_own_reviews_count_is_a_setting(teacher: Visitor, planned: Class) -> None:
    """Pain 38: it is clear which reviews count."""
    fields = {"method": "mean", "work": "100", "columns": "one", "staff": "1"}

    assert teacher.post(path_of(planned, "settings/grading"), data=fields).status_code in (200, 303)
    planned.session.expire_all()
    exchange = planned.session.get_one(type(planned.exchange), planned.exchange.id, populate_existing=True)
    assert exchange.option(rules.GradingOptions).staff


# Where staff do not see who wrote a feedback


@pytest.mark.parametrize("promise", ["sealed", "asks"])
def test_who_reviews_whom_is_not_shown_where_staff_do_not_see_who_wrote_a_feedback(
    visit: People, session: Session, promise: str
) -> None:
    """Pain 22: names leak through another screen."""
    anonymity = rules.SEALED if promise == "sealed" else rules.MASKED
    made = make_class(session, learners=6, now=AGO, anonymity=anonymity)
    if promise == "asks":
        options = rules.AnonymityOptions(staff=rules.ASK)
        operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=AGO)
    all_hand_in(made, now=AGO)
    review(made, made.people[0], now=AGO)
    session.commit()
    teacher = visit(made.teacher)
    person = made.people[0]

    page = teacher.get(path_of(made, "plan")).text
    mixing = words(teacher.post(path_of(made, "plan/mix")).text)

    assert "Not shown here" in page
    assert "ring__way" not in page
    assert "<tbody>" not in page
    assert "New pairs" not in mixing
    assert teacher.get(path_of(made, f"people/{person}/readers")).status_code == 404
    assert teacher.post(path_of(made, f"people/{person}/readers")).status_code == 404
    together = {"reviewer": str(person), "author": str(made.people[1]), "kind": "must"}
    assert teacher.post(path_of(made, "pair-rules"), data=together).status_code == 422
    assert teacher.get(path_of(made, "stuck")).status_code == 200


def test_a_sealed_exchange_does_not_tell_who_owes_reviews(visit: People, session: Session) -> None:
    made = make_class(
        session, learners=6, now=AGO, anonymity=rules.SEALED, review_by=datetime.now(UTC) - timedelta(hours=1)
    )
    all_hand_in(made, now=AGO)
    session.commit()

    assert "Late with reviews" not in words(visit(made.teacher).get(path_of(made, "stuck")).text)
