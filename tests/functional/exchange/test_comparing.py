"""Works compared two at a time: rounds, what authors read and never read, advice for staff, forgetting."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import ComparingRound, SideBySide
from lti_tool.exchange.operations import sealing
from lti_tool.exchange.rules import AnswerWords, ComparingOptions, Words
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review, work_of
from tests.functional.exchange.test_queries import card_of, counted, viewer_of

STORAGE = DatabaseStorage()


def choose(made: Class, **options: object) -> None:
    chosen = ComparingOptions(**{"pairs": 1, **options})  # type: ignore[arg-type]
    operations.set_options(made.session, made.exchange, chosen, by=made.teacher.person_id, now=BEGUN)


def begin(made: Class) -> int:
    return operations.begin_comparing(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)


def pairs_of(made: Class, person: int) -> list[SideBySide]:
    rows = select(SideBySide).where(SideBySide.reviewer_id == person).order_by(SideBySide.id)
    return list(made.session.scalars(rows.execution_options(populate_existing=True)))


def compare(made: Class, pair: SideBySide, *, pick: int = rules.LEFT, now: datetime = BEGUN) -> SideBySide:
    def words(side: str) -> Words:
        return Words(
            answers={each.id: AnswerWords(comment=f"On {each.title}, {side}.") for each in made.exchange.criteria},
            comment=f"Overall, {side}.",
        )

    assert pair.reviewer_id is not None
    return operations.give_comparison(
        made.session,
        made.exchange,
        reviewer=pair.reviewer_id,
        pair_id=pair.id,
        picks={each.id: pick for each in made.exchange.criteria},
        left=words("left"),
        right=words("right"),
        now=now,
    )


def comparing(made: Class, person: int) -> queries.Comparing:
    found = queries.comparing_of(made.session, made.exchange, person)
    assert found is not None
    return found


@pytest.fixture
def made(session: Session) -> Class:
    """Five people with works; everybody compares one pair in a round that has begun."""
    made = make_class(session, learners=5, reviews=1, anonymity=rules.NAMED)
    all_hand_in(made)
    choose(made)
    begin(made)
    return made


def test_in_a_round_every_work_is_seen_equally_often(made: Class) -> None:
    pairs = made.session.scalars(select(SideBySide)).all()

    assert Counter(each.reviewer_id for each in pairs) == dict.fromkeys(made.people, 1)
    assert Counter(id for each in pairs for id in (each.left_id, each.right_id)) == dict.fromkeys(
        (work_of(made, person).id for person in made.people), 2
    )


def test_a_round_needs_three_works(session: Session) -> None:
    made = make_class(session)
    choose(made)
    hand_in(made, made.people[0])
    hand_in(made, made.people[1])

    with pytest.raises(errors.TooFewWorks):
        begin(made)


def test_who_comes_later_is_in_the_next_round(session: Session) -> None:
    made = make_class(session, learners=5)
    choose(made)
    for person in made.people[:4]:
        hand_in(made, person)
    begin(made)
    hand_in(made, made.people[4])
    assert pairs_of(made, made.people[4]) == []

    begin(made)

    assert len(pairs_of(made, made.people[4])) == 1
    for person in made.people:
        works = [frozenset((each.left_id, each.right_id)) for each in pairs_of(made, person)]
        assert len(set(works)) == len(works)


def test_while_nobody_compares_no_round_begins(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)

    with pytest.raises(errors.NoSuchComparison):
        begin(made)


def test_comparing_comes_after_reviewing_and_then_waiting_goes_on(made: Class) -> None:
    a = made.people[0]

    def step() -> str:
        return queries.student_page(made.session, made.exchange, a, now=BEGUN).step

    steps = [step()]
    review(made, a)
    steps.append(step())
    compare(made, pairs_of(made, a)[0])
    steps.append(step())

    assert steps == ["review", "compare", "wait"]


def test_both_authors_read_what_was_written_to_them_and_nothing_of_who_did_better(made: Class) -> None:
    pair = compare(made, pairs_of(made, made.people[0])[0])
    left, right = pair.left.author_id or 0, pair.right.author_id or 0

    (to_left,), (to_right,) = comparing(made, left).reasons, comparing(made, right).reasons

    assert (to_left.words.comment, to_right.words.comment) == ("Overall, left.", "Overall, right.")
    assert "right" not in json.dumps(to_left.words.as_dict())
    assert to_left.words.as_dict().keys() == to_right.words.as_dict().keys()
    assert all(said.number is None and said.level_id is None for said in to_left.words.answers.values())
    assert comparing(made, left).told == ()


def test_authors_learn_how_often_their_work_did_better_only_where_the_teacher_chose_so(made: Class) -> None:
    choose(made, tells=True)
    pair = compare(made, pairs_of(made, made.people[0])[0], pick=rules.RIGHT)
    left, right = pair.left.author_id or 0, pair.right.author_id or 0

    def told(person: int) -> set[tuple[int, int, int]]:
        return {(each.better, each.alike, each.total) for each in comparing(made, person).told}

    assert told(left) == {(0, 0, 1)}
    assert told(right) == {(1, 0, 1)}


def test_names_are_told_as_the_exchange_promises(session: Session) -> None:
    for anonymity, is_known in ((rules.NAMED, True), (rules.MASKED, False)):
        made = make_class(session, learners=3, anonymity=anonymity)
        operations.set_options(
            session, made.exchange, rules.AnonymityOptions(minimum=1), by=made.teacher.person_id, now=BEGUN
        )
        all_hand_in(made)
        choose(made)
        begin(made)
        pair = compare(made, pairs_of(made, made.people[0])[0])

        mine = comparing(made, made.people[0]).mine[0]
        (reason,) = comparing(made, pair.left.author_id or 0).reasons

        assert all((name is not None) == is_known for name in mine.names)
        assert (reason.reviewer_name is not None) == is_known


def test_a_single_note_is_held_back_where_it_could_give_its_writer_away(session: Session) -> None:
    made = make_class(session, learners=5, reviews=2)
    operations.set_options(
        session, made.exchange, rules.AnonymityOptions(minimum=2), by=made.teacher.person_id, now=BEGUN
    )
    all_hand_in(made)
    choose(made, pairs=1)
    begin(made)
    pair = compare(made, pairs_of(made, made.people[0])[0])
    author = pair.left.author_id or 0

    before = comparing(made, author)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert (before.reasons, before.waiting) == ((), 1)
    assert len(comparing(made, author).reasons) == 1


def test_a_comparison_is_its_reviewers_own_and_stays_once_given(made: Class) -> None:
    a, b = made.people[:2]
    pair = pairs_of(made, a)[0]
    with pytest.raises(errors.NoSuchComparison):
        operations.give_comparison(
            made.session,
            made.exchange,
            reviewer=b,
            pair_id=pair.id,
            picks={},
            left=Words(),
            right=Words(),
            now=BEGUN,
        )
    compare(made, pair, pick=rules.LEFT)

    again = compare(made, pair, pick=rules.RIGHT)

    assert set(again.picks.values()) == {rules.LEFT}


def test_comparisons_are_taken_from_each_as_long_as_reviews_are(session: Session) -> None:
    due = BEGUN + timedelta(days=1)
    made = make_class(session, learners=5, reviews=1, anonymity=rules.NAMED, submit_by=BEGUN, review_by=due)
    operations.set_options(
        session, made.exchange, rules.LateOptions(reviews=rules.REFUSED), by=made.teacher.person_id, now=BEGUN
    )
    all_hand_in(made)
    choose(made)
    begin(made)
    late, given_more_time = made.people[:2]
    operations.extend(
        session,
        made.exchange,
        people=[given_more_time],
        submit_by=None,
        review_by=due + timedelta(days=3),
        reason="A broken arm.",
        by=made.teacher.person_id,
        now=BEGUN,
    )
    (too_late,), (in_time,) = pairs_of(made, late), pairs_of(made, given_more_time)

    with pytest.raises(errors.NotOpen):
        compare(made, too_late, now=due + timedelta(hours=1))
    compare(made, in_time, now=due + timedelta(hours=1))

    assert too_late.given_at is None
    assert in_time.given_at is not None
    step = queries.student_page(session, made.exchange, late, now=due + timedelta(hours=1)).step
    assert step != "compare"


def test_those_who_compare_and_those_who_are_written_to_hear_of_it(made: Class) -> None:
    def told(kind: str) -> set[int]:
        rows = select(Notice.person_id).where(Notice.kind == kind, Notice.activity_id == made.exchange.id)
        return set(made.session.scalars(rows))

    assert told("comparing_begun") == set(made.people)
    (pair,) = pairs_of(made, made.people[0])
    compare(made, pair)

    assert told("compared") == {pair.left.author_id, pair.right.author_id}


def test_words_that_are_held_back_are_not_told_of(session: Session) -> None:
    made = make_class(session, learners=5, reviews=2)
    operations.set_options(
        session, made.exchange, rules.AnonymityOptions(minimum=2), by=made.teacher.person_id, now=BEGUN
    )
    all_hand_in(made)
    choose(made)
    begin(made)
    (pair,) = pairs_of(made, made.people[0])

    compare(made, pair)

    assert comparing(made, pair.left.author_id or 0).waiting == 1
    assert not session.scalars(select(Notice.id).where(Notice.kind == "compared")).all()


def test_the_card_on_the_course_home_says_that_there_are_works_to_compare(app: Flask, made: Class) -> None:
    learner = made.learners[0]
    for each in made.people:
        review(made, each)

    with app.test_request_context():
        before = card_of(made, learner)
        compare(made, pairs_of(made, learner.person_id)[0])
        after = card_of(made, learner)

    assert str(before.todo) == "Compare them"
    assert str(after.todo) != "Compare them"


def test_what_is_missing_is_told(made: Class) -> None:
    pair = pairs_of(made, made.people[0])[0]

    with pytest.raises(errors.IncompleteComparison) as caught:
        operations.give_comparison(
            made.session,
            made.exchange,
            reviewer=made.people[0],
            pair_id=pair.id,
            picks={},
            left=Words(comment="Go on."),
            right=Words(),
            now=BEGUN,
        )

    assert [each.part for each in caught.value.lacks] == ["answer", "answer", "right"]


def test_works_that_were_taken_back_are_no_longer_compared(made: Class) -> None:
    pair = pairs_of(made, made.people[0])[0]
    pair.left.submitted_at = None
    made.session.flush()

    assert comparing(made, made.people[0]).mine == ()
    assert queries.works_compared(made.session, pair) is None
    with pytest.raises(errors.NoSuchComparison):
        compare(made, pair)


def test_staff_read_an_order_as_advice_and_nothing_of_it_moves_a_grade(made: Class) -> None:
    strong = work_of(made, made.people[0]).id
    for pair in made.session.scalars(select(SideBySide)).all():
        picks = {pair.left_id: rules.LEFT, pair.right_id: rules.RIGHT}
        compare(made, pair, pick=picks.get(strong, rules.BOTH))

    advice = queries.comparing_advice(made.session, made.exchange)

    assert (advice.rounds, advice.planned, advice.given, advice.works) == (1, 5, 5, 5)
    assert advice.placed[0].person_id == made.people[0]
    assert {each.strength.count for each in advice.placed} == {2}
    assert all(not shares for shares in queries.graded(made.session, made.exchange).shares.values())


def test_what_staff_hide_reaches_no_author(made: Class) -> None:
    pair = compare(made, pairs_of(made, made.people[0])[0])
    author = pair.left.author_id or 0
    teacher = made.teacher.person_id

    operations.hide_comparison(made.session, made.exchange, pair_id=pair.id, is_hidden=True, by=teacher, now=BEGUN)

    assert comparing(made, author).reasons == ()
    operations.hide_comparison(made.session, made.exchange, pair_id=pair.id, is_hidden=False, by=teacher, now=BEGUN)
    assert len(comparing(made, author).reasons) == 1


def test_files_of_compared_works_are_read_by_who_compares_them(session: Session) -> None:
    made = make_class(session, learners=4)
    files = {
        person: operations.attach_file(
            session, made.exchange, author=person, data=b"Notes", now=BEGUN, storage=STORAGE, max_bytes=100
        )
        for person in made.people
    }
    all_hand_in(made)
    choose(made)
    begin(made)

    def sees(member: Membership, author: int) -> bool:
        viewer = viewer_of(session, member)
        return queries.file_for(session, viewer, made.exchange, files[author].id) is not None

    for member in made.learners:
        (pair,) = pairs_of(made, member.person_id)
        compared = {pair.left.author_id, pair.right.author_id}
        for author in made.people:
            assert sees(member, author) == (author in compared or author == member.person_id)


def test_the_journal_does_not_tell_whom_somebody_compared(made: Class) -> None:
    compare(made, pairs_of(made, made.people[0])[0])

    (entry,) = made.session.scalars(select(Entry).where(Entry.act == "comparison.given")).all()

    assert set(entry.particulars) <= {"pair_id"}


@pytest.mark.parametrize("is_on", [False, True])
def test_it_costs_nothing_while_off_and_at_most_two_queries_while_on(
    session: Session, engine: Engine, is_on: bool
) -> None:
    made = make_class(session, learners=5, anonymity=rules.NAMED)
    all_hand_in(made)
    session.commit()
    a = made.people[0]

    def cost() -> int:
        queries.student_page(session, made.exchange, a, now=BEGUN)
        with counted(engine) as statements:
            queries.student_page(session, made.exchange, a, now=BEGUN)
        return len(statements)

    before = cost()
    if is_on:
        choose(made, pairs=2)
        begin(made)
        session.commit()

    assert cost() - before == (2 if is_on else 0)


def test_comparisons_are_handed_out_and_stay_without_a_name(made: Class) -> None:
    a, b = made.people[:2]
    pair = compare(made, pairs_of(made, a)[0])
    author = pair.left.author_id or 0

    given, received = privacy.export_person(made.session, a), privacy.export_person(made.session, author)
    privacy.forget_person(made.session, a, now=BEGUN, storage=STORAGE)
    privacy.forget_person(made.session, b, now=BEGUN, storage=STORAGE)

    assert [each["to_one"]["comment"] for each in given["comparisons_given"]] == ["Overall, left."]
    assert [each["comment"] for each in received["comparisons_received"]] == ["Overall, left."]
    assert pairs_of(made, a) == pairs_of(made, b) == []
    assert made.session.get_one(SideBySide, pair.id, populate_existing=True).reviewer_id is None


def test_once_sealed_nothing_says_who_compared_what(session: Session) -> None:
    made = make_class(session, learners=5, anonymity=rules.SEALED)
    all_hand_in(made)
    choose(made)
    begin(made)
    for person in made.people[:4]:
        compare(made, pairs_of(made, person)[0])
    before = {each.id for each in session.scalars(select(SideBySide))}
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    sealing.seal(session, made.exchange, now=BEGUN + timedelta(days=2))
    session.expire_all()

    after = session.scalars(select(SideBySide)).all()
    assert len(after) == 4
    assert {each.reviewer_id for each in after} == {None}
    assert before.isdisjoint(each.id for each in after)
    assert {each.seed for each in session.scalars(select(ComparingRound))} == {0}
    assert not session.scalars(select(Entry).where(Entry.act == "comparison.given")).all()
    assert sum(each.strength.count for each in queries.comparing_advice(session, made.exchange).placed) == 8


def test_rounds_go_with_their_exchange(made: Class) -> None:
    made.session.delete(made.exchange.activity)
    made.session.flush()

    assert made.session.scalars(select(ComparingRound)).all() == []


def test_a_flag_on_words_written_in_comparing_outlives_the_sealing(session: Session) -> None:
    made = make_class(session, learners=5, reviews=1, anonymity=rules.SEALED)
    all_hand_in(made)
    choose(made)
    begin(made)
    for person in made.people:
        compare(made, pairs_of(made, person)[0])
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    author = made.people[0]
    reasons = comparing(made, author).reasons
    raised = operations.flag(
        session, made.exchange, by=author, kind="comparison", thing_id=reasons[0].pair_id, reason="hurtful", now=BEGUN
    )

    sealing.seal(session, made.exchange, now=BEGUN + timedelta(days=2))
    session.expire_all()

    found = queries.flag_with(session, made.exchange, raised.id)
    assert found is not None
    assert (found.kind, found.writer, found.flag.by_id) == ("comparison", None, author)
    assert found.pair is not None
    assert found.submission is not None
    assert found.pair.id != reasons[0].pair_id
    assert found.pair.words_to(found.submission.id) == reasons[0].words


# Who left


def test_who_left_the_course_neither_compares_nor_is_compared(session: Session) -> None:
    made = make_class(session, learners=6)
    for person in made.people:
        hand_in(made, person)
    choose(made, pairs=1)
    gone = made.learners[2]
    gone.left_at = BEGUN
    session.flush()

    assert begin(made) == 5

    works = {id for row in session.scalars(select(SideBySide)) for id in (row.left_id, row.right_id)}
    assert pairs_of(made, gone.person_id) == []
    assert works == {work_of(made, each).id for each in made.people if each != gone.person_id}


def test_too_few_who_are_still_here_compare_nothing(session: Session) -> None:
    made = make_class(session, learners=3)
    for person in made.people:
        hand_in(made, person)
    choose(made)
    made.learners[0].left_at = BEGUN
    session.flush()

    with pytest.raises(errors.TooFewWorks):
        begin(made)
