"""Whom a teacher wants together or apart, where groups hand in: a rule about anybody is one about what they made."""

from collections import Counter

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import PlannedPair, Repair
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, give, hand_in, make_class, make_words, take
from tests.functional.exchange.test_teams import LATER, check_the_plan, in_teams, pairs, put, team_id, work_of


@pytest.fixture
def grouped(session: Session) -> tuple[Class, list[list[int]]]:
    """Four groups of two that have handed in, two reviews each; each work goes by the first of its group."""
    made, groups = in_teams(session, 2, 2, 2, 2)
    for group in groups:
        hand_in(made, group[0])
    return made, groups


def rule(made: Class, reviewer: int, author: int, kind: str) -> bool:
    return operations.rule_pair(
        made.session, made.exchange, reviewer=reviewer, author=author, kind=kind, by=made.teacher.person_id, now=LATER
    )


def mix(made: Class) -> None:
    operations.mix(made.session, made.exchange, by=made.teacher.person_id, now=LATER)


def reads(made: Class, reviewer: int, author: int) -> bool:
    """Whether *reviewer* is to read what *author* made."""
    return (reviewer, work_of(made, author).id) in pairs(made)


def not_read_yet(made: Class, reader: int, groups: list[list[int]]) -> list[int]:
    """A group whose work *reader* neither made nor is to read."""
    return next(each for each in groups if reader not in each and not reads(made, reader, each[0]))


def read_already(made: Class, reader: int, groups: list[list[int]]) -> list[int]:
    return next(each for each in groups if reader not in each and reads(made, reader, each[0]))


# Never


@pytest.mark.parametrize("place", [0, 1])
def test_who_never_reads_somebody_reads_nothing_that_they_made_with_others(
    grouped: tuple[Class, list[list[int]]], place: int
) -> None:
    made, groups = grouped
    reader = groups[0][1]
    author = read_already(made, reader, groups)[place]

    assert rule(made, reader, author, "never")

    assert not reads(made, reader, author)
    check_the_plan(made)
    mix(made)
    assert not reads(made, reader, author)
    check_the_plan(made)


def test_a_review_of_the_work_of_a_member_that_was_begun_stays_and_is_told(
    grouped: tuple[Class, list[list[int]]],
) -> None:
    made, groups = grouped
    reader = groups[0][0]
    offer = take(made, reader)
    author = next(group[1] for group in groups if work_of(made, group[0]).id == offer.submission_id)

    assert not rule(made, reader, author, "never")

    assert reads(made, reader, author)


def test_nobody_is_offered_as_a_reader_who_never_reads_one_of_the_group(
    grouped: tuple[Class, list[list[int]]], session: Session
) -> None:
    made, groups = grouped
    reader = groups[0][1]
    group = not_read_yet(made, reader, groups)
    assert reader in {each.person_id for each in queries.readers_for(session, made.exchange, group[0], now=LATER)}

    rule(made, reader, group[1], "never")

    for author in group:
        found = {each.person_id for each in queries.readers_for(session, made.exchange, author, now=LATER)}
        assert reader not in found
        with pytest.raises(errors.CannotRead):
            assign(made, author, reader)


def test_a_rule_about_somebody_who_left_the_course_still_holds_for_what_they_made(
    grouped: tuple[Class, list[list[int]]], session: Session
) -> None:
    made, groups = grouped
    reader, gone = groups[0][1], groups[1][0]
    rule(made, reader, gone, "never")
    made.learners[made.people.index(gone)].left_at = LATER
    session.flush()

    operations.tend(session, made.exchange, now=LATER)
    mix(made)

    assert not reads(made, reader, groups[1][1])


def test_a_rule_about_somebody_moves_with_them(session: Session) -> None:
    made, groups = in_teams(session, 3, 2, 2, 2)
    for group in groups:
        hand_in(made, group[0])
    reader, mover = groups[1][0], groups[0][2]
    rule(made, reader, mover, "never")

    put(made, mover, team_id(made, groups[2][0]))

    assert not reads(made, reader, groups[2][0])
    assert reads(made, reader, groups[0][0])


def test_who_helps_out_is_given_nothing_of_whom_they_never_read(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, reviews=1, submit_by=BEGUN)
    reader = groups[0][0]
    rule(made, reader, groups[1][1], "never")
    for group in groups:
        hand_in(made, group[0])

    found = operations.next_offer(session, made.exchange, reviewer=reader, now=LATER)

    assert found.offer is None


# Groups and sections of the LMS


@pytest.mark.parametrize(
    "options, where",
    [
        (rules.PairingOptions(groups=rules.OTHER_GROUPS), "groups"),
        (rules.PairingOptions(within_sections=True), "sections"),
    ],
)
def test_groups_and_sections_of_every_member_keep_readers_apart(
    session: Session, options: rules.PairingOptions, where: str
) -> None:
    made, groups = in_teams(session, 2, 2, 2, 2)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    reader, second = groups[0][0], groups[1][1]
    for person, said in ((reader, ["x"]), (second, ["x"] if where == "groups" else ["y"])):
        setattr(made.learners[made.people.index(person)], where, said)
    session.flush()

    for group in groups:
        hand_in(made, group[0])

    assert not reads(made, reader, second)
    assert [reads(made, reader, group[0]) for group in groups[2:]] == [True, True]


# Must


@pytest.mark.parametrize("place", [0, 1])
def test_who_is_to_read_somebody_reads_what_they_made_with_others(
    grouped: tuple[Class, list[list[int]]], place: int
) -> None:
    made, groups = grouped
    reader = groups[0][1]
    author = not_read_yet(made, reader, groups)[place]

    assert rule(made, reader, author, "must")

    assert reads(made, reader, author)
    check_the_plan(made)
    mix(made)
    assert reads(made, reader, author)
    check_the_plan(made)


@pytest.mark.parametrize("place", [0, 1])
def test_wanting_what_is_planned_already_changes_nothing(grouped: tuple[Class, list[list[int]]], place: int) -> None:
    made, groups = grouped
    reader = groups[0][1]
    before = sorted(pairs(made))

    assert rule(made, reader, read_already(made, reader, groups)[place], "must")

    assert sorted(pairs(made)) == before


def test_nobody_comes_together_with_their_own_group(grouped: tuple[Class, list[list[int]]]) -> None:
    made, groups = grouped

    assert not rule(made, groups[0][0], groups[0][1], "must")

    check_the_plan(made)


def test_what_the_teacher_wants_is_there_before_anybody_hands_in(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, 2, 2, reviews=1)
    assert not rule(made, groups[0][0], groups[3][1], "must")

    for group in groups:
        hand_in(made, group[1])

    assert reads(made, groups[0][0], groups[3][0])
    check_the_plan(made)


# A reader for a work


def assign(made: Class, author: int, reader: int | None = None) -> Repair:
    return operations.give_to_reader(
        made.session, made.exchange, author=author, reader=reader, by=made.teacher.person_id, now=LATER
    )


@pytest.mark.parametrize("place", [0, 1])
def test_a_reader_found_for_any_member_reads_the_work_and_keeps_it_in_every_later_plan(
    grouped: tuple[Class, list[list[int]]], place: int
) -> None:
    made, groups = grouped
    reader = groups[0][1]
    author = not_read_yet(made, reader, groups)[place]

    assign(made, author, reader)

    assert reads(made, reader, author)
    late = make_member(made.session, made.course)
    made.learners.append(late)
    put(made, late.person_id, team_id(made, groups[1][0]))
    mix(made)
    assert reads(made, reader, author)


@pytest.mark.parametrize("place", [0, 1])
def test_a_reader_found_for_any_member_is_taken_back(grouped: tuple[Class, list[list[int]]], place: int) -> None:
    made, groups = grouped
    reader = groups[0][1]
    before = sorted(pairs(made))
    repair = assign(made, not_read_yet(made, reader, groups)[place], reader)

    operations.undo(made.session, made.exchange, repair_id=repair.id, by=made.teacher.person_id, now=LATER)

    assert sorted(pairs(made)) == before
    mix(made)
    assert sorted(pairs(made)) == before


@pytest.mark.parametrize("place", [0, 1])
def test_nobody_is_made_a_reader_who_is_one_already_or_is_of_the_group(
    grouped: tuple[Class, list[list[int]]], session: Session, place: int
) -> None:
    made, groups = grouped
    reader = groups[0][1]
    group = read_already(made, reader, groups)

    found = {each.person_id for each in queries.readers_for(session, made.exchange, group[place], now=LATER)}

    assert found.isdisjoint({reader, *group})
    for other in (reader, group[0], group[1]):
        with pytest.raises(errors.CannotRead):
            assign(made, group[place], other)


@pytest.mark.parametrize("place", [0, 1])
def test_the_reader_who_suits_best_is_found_for_any_member(grouped: tuple[Class, list[list[int]]], place: int) -> None:
    made, groups = grouped
    before = Counter(work for _, work in pairs(made))[work_of(made, groups[2][0]).id]

    assign(made, groups[2][place])

    assert Counter(work for _, work in pairs(made))[work_of(made, groups[2][0]).id] == before + 1


def test_staff_stand_in_for_a_reader_on_the_page_of_any_member(session: Session) -> None:
    made, groups = in_teams(session, 1, 2, reviews=1)
    by = made.teacher.person_id
    for group in groups:
        hand_in(made, group[0])
    # The only reader there is stays away.
    operations.excuse(session, made.exchange, person=groups[0][0], owes=0, why="Ill.", by=by, now=LATER)
    named, other = groups[1]
    assert queries.readers_lacking(session, made.exchange, other) == queries.readers_lacking(
        session, made.exchange, named
    )
    lacked = queries.readers_lacking(session, made.exchange, other)
    assert lacked > 0

    said = operations.review_as_staff(
        session, made.exchange, author=other, by=by, words=make_words(made.exchange), is_rescue=True, now=LATER
    )

    assert said.is_rescue
    assert queries.readers_lacking(session, made.exchange, other) == lacked - 1
    operations.take_staff_review_back(session, made.exchange, author=other, by=by, now=LATER)
    assert queries.readers_lacking(session, made.exchange, named) == lacked


# Who is excused, and who comes late


def test_who_is_excused_stays_excused_whatever_else_moves(
    grouped: tuple[Class, list[list[int]]], session: Session
) -> None:
    made, groups = grouped
    by = made.teacher.person_id
    operations.excuse(session, made.exchange, person=groups[0][0], owes=1, why="Ill.", by=by, now=LATER)

    mix(made)

    assert Counter(one for one, _ in pairs(made))[groups[0][0]] == 1


def test_who_is_late_and_takes_any_work_is_one_reader_of_it_whoever_it_goes_by(session: Session) -> None:
    """At the last call any work is given, and a group has one for several seats."""
    made, groups = in_teams(session, 2, 2, 2, reviews=1, submit_by=BEGUN)
    for group in groups:
        hand_in(made, group[0])
    for person in groups[1]:
        give(made, take(made, person))
    late = make_member(session, made.course)
    made.learners.append(late)
    put(made, late.person_id, team_id(made, groups[0][0]))

    for person in (*groups[0], *groups[2], late.person_id):
        give(made, take(made, person, now=LATER), now=LATER)

    rows = session.query(PlannedPair).filter_by(exchange_id=made.exchange.id).all()
    assert {row.author_id for row in rows} <= {work_of(made, group[0]).author_id for group in groups}


def test_rules_about_single_authors_are_as_they_were(session: Session) -> None:
    made = make_class(session, learners=5, reviews=2)
    for person in made.people:
        hand_in(made, person)
    reader = made.people[0]
    author = next(each for each in made.people[1:] if not reads(made, reader, each))

    assert rule(made, reader, author, "must")
    assert reads(made, reader, author)
    assert rule(made, reader, author, "never")
    assert not reads(made, reader, author)
