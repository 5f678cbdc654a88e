"""Groups that hand in one work together: writing, handing in, reading, being read, grades, and people who move."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Message, Offer, PlannedPair, Release, Submission, TeamMember
from lti_tool.files.storage import DatabaseStorage
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, give, hand_in, make_class, make_words, review, take
from tests.functional.exchange.test_concurrency import at_once

LATER = BEGUN + timedelta(hours=1)
STORAGE = DatabaseStorage()


def in_teams(session: Session, *sizes: int, reviews: int = 2, **values: object) -> tuple[Class, list[list[int]]]:
    """A class in groups of these sizes, and who is in which."""
    made = make_class(session, learners=sum(sizes), reviews=reviews, **values)  # type: ignore[arg-type]
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=made.teacher.person_id, now=BEGUN)
    people = iter(made.people)
    groups = []
    for size in sizes:
        team = operations.add_team(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
        groups.append([next(people) for _ in range(size)])
        for person in groups[-1]:
            put(made, person, team.id)
    return made, groups


def put(made: Class, person: int, team: int | None) -> None:
    operations.put_in(made.session, made.exchange, person=person, team=team, by=made.teacher.person_id, now=BEGUN)


def pairs(made: Class) -> list[tuple[int, int]]:
    """Who is to read which work, by the ids of reader and work."""
    rows = made.session.execute(
        select(PlannedPair.reviewer_id, PlannedPair.submission_id).where(PlannedPair.exchange_id == made.exchange.id)
    )
    return [(reader, work) for reader, work in rows]


def page_of(made: Class, person: int) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=LATER)


def work_of(made: Class, person: int) -> Submission:
    work = page_of(made, person).work
    assert work is not None
    return work.submission


def team_id(made: Class, person: int) -> int:
    return made.session.get_one(TeamMember, (made.exchange.id, person)).team_id


def check_the_plan(made: Class, *, least: int | None = None) -> None:
    """Everybody gives what is asked, nobody reads their own group, and the works are read evenly."""
    reads = pairs(made)
    members: dict[int, set[int]] = {}
    for person in made.people:
        page = page_of(made, person)
        if page.work is not None and page.work.submission.submitted_at is not None:
            members.setdefault(page.work.submission.id, set()).add(person)
    everybody = set().union(*members.values())
    given = Counter(reader for reader, _ in reads)
    received = Counter(work for _, work in reads)
    assert {given[person] for person in everybody} == {min(made.exchange.reviews, len(members) - 1)}
    assert all(reader not in members[work] for reader, work in reads)
    assert max(received[work] for work in members) - min(received[work] for work in members) <= 1


# Writing and handing in


def test_a_group_writes_one_work_and_nobodys_words_are_lost(session: Session) -> None:
    made, ((amara, bo), _others) = in_teams(session, 2, 2)

    def save(person: int, body: str, base: int) -> operations.Saved:
        return operations.save_draft(session, made.exchange, author=person, body=body, base_revision=base, now=LATER)

    first = save(amara, "Amara's words", 0)
    second = save(bo, "Bo's words", 0)

    assert not first.conflict
    assert second.conflict
    assert work_of(made, amara).id == work_of(made, bo).id
    assert work_of(made, amara).draft == "Bo's words"
    (copy,) = page_of(made, amara).work.copies  # type: ignore[union-attr]
    assert copy.content == {"body": "Amara's words"}
    operations.restore_copy(session, made.exchange, person=bo, copy_id=copy.id, now=LATER)
    assert work_of(made, bo).draft == "Amara's words"


def test_members_who_begin_in_the_same_moment_begin_one_work(session: Session, engine: Engine) -> None:
    made, (mates, _others) = in_teams(session, 3, 2)

    def writing(person: int) -> Callable[[Session, Exchange], None]:
        def act(session: Session, exchange: Exchange) -> None:
            operations.save_draft(session, exchange, author=person, body=f"By {person}", base_revision=0, now=LATER)

        return act

    at_once(engine, made, [writing(person) for person in mates])

    assert len(session.scalars(select(Submission)).all()) == 1
    page = page_of(made, mates[0])
    assert page.work is not None
    kept = {page.work.submission.draft, *(copy.content["body"] for copy in page.work.copies)}
    assert kept == {f"By {person}" for person in mates}


def test_handing_in_by_one_counts_for_all(session: Session) -> None:
    made, ((amara, bo), _others) = in_teams(session, 2, 2)

    hand_in(made, bo)

    for person in (amara, bo):
        page = page_of(made, person)
        assert page.work is not None
        assert page.work.submission.state == "submitted"
        assert page.step == "wait"
    assert len(session.scalars(select(Submission)).all()) == 1


def test_who_is_in_no_group_is_told_so_and_loses_nothing(session: Session) -> None:
    made, _groups = in_teams(session, 2, 2)
    alone = make_member(session, made.course).person_id

    with pytest.raises(errors.NoTeam):
        operations.save_draft(session, made.exchange, author=alone, body="Words", base_revision=0, now=LATER)


# Who reads whom


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3, 3), (1, 2, 3, 4), (4, 4, 4, 3)])
def test_everybody_reads_as_asked_never_their_own_group_and_works_are_read_evenly(
    session: Session, sizes: tuple[int, ...]
) -> None:
    made, groups = in_teams(session, *sizes)
    for members in groups:
        hand_in(made, members[0])

    check_the_plan(made)


def test_the_whole_way_leaves_everybody_with_as_many_reviews_given_as_asked(session: Session) -> None:
    made, groups = in_teams(session, 3, 3, 2)
    for members in groups:
        hand_in(made, members[-1])

    for _round in range(2):
        for person in made.people:
            review(made, person)

    assert all(page_of(made, person).given == 2 for person in made.people)
    received = [len(page_of(made, members[0]).received) for members in groups]
    assert sum(received) == 16
    assert max(received) - min(received) <= 1
    check_the_plan(made)


def test_nobody_is_offered_the_work_of_their_own_group_even_to_help_out(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, reviews=1)
    hand_in(made, groups[0][0])

    found = operations.next_offer(session, made.exchange, reviewer=groups[0][1], now=LATER)

    assert (found.offer, found.none_because) == (None, "no_work_yet")
    assert page_of(made, groups[0][1]).available is None


def test_all_members_of_a_group_hear_that_there_is_work_to_review(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, reviews=1)
    hand_in(made, groups[0][0])
    work = hand_in(made, groups[1][0])

    waited = queries.who_waited_for(session, made.exchange, work.id, now=LATER)

    assert set(waited) <= set(groups[0])
    assert waited


# What comes back


def test_every_member_receives_the_feedback_reads_and_answers_it(session: Session) -> None:
    made, ((amara, bo), (cleo, dan)) = in_teams(session, 2, 2, reviews=1)
    hand_in(made, amara)
    hand_in(made, cleo)
    feedback = give(made, take(made, dan))

    for person in (amara, bo):
        (received,) = page_of(made, person).received
        assert received.feedback.id == feedback.id
    told = session.scalars(select(Notice.person_id).where(Notice.kind == "feedback_received")).all()
    assert sorted(told) == sorted((amara, bo))
    operations.say(session, made.exchange, writer=bo, feedback_id=feedback.id, body="Thank you", now=LATER)
    assert session.scalars(select(Message.side)).one() == rules.AUTHOR
    operations.mark_read(session, made.exchange, author=bo, now=LATER)
    session.refresh(feedback)
    assert feedback.read_at == LATER


def test_a_group_is_signed_up_once_for_what_it_shows_and_goes_by_its_name(session: Session) -> None:
    made, groups = in_teams(session, 2, 2)
    both = rules.WorkOptions(live=True)
    operations.set_options(session, made.exchange, both, by=made.teacher.person_id, now=BEGUN)
    make_member(session, made.course)  # in no group
    operations.sign_up(session, made.exchange, person=groups[0][1], about="Bees", held_at=None, place="", now=BEGUN)

    count = operations.sign_everybody_up(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert count == 1
    shown = queries.schedule(session, made.exchange)
    assert [(each.name, each.about) for each in shown] == [("Group 1", "Bees"), ("Group 2", "")]


def test_a_reviewer_sees_the_name_of_the_group_and_of_nobody_in_it(session: Session) -> None:
    made, (first, second) = in_teams(session, 2, 2, reviews=1, anonymity="named")
    hand_in(made, first[0])
    hand_in(made, second[0])
    take(made, second[1])

    (mine,) = page_of(made, second[1]).reviews
    assert mine.author_name == "Group 1"


def test_each_member_gets_the_grade_of_the_work_and_nobody_that_of_another_group(session: Session) -> None:
    made, (first, second) = in_teams(session, 2, 2, reviews=1)
    hand_in(made, first[0])
    hand_in(made, second[0])
    for person in second:
        give(made, take(made, person), level=-1)
    for person in first:
        give(made, take(made, person), level=0)

    released = {person: score for person, score in session.execute(select(Release.person_id, Release.score))}  # noqa: C416

    assert {released[person] for person in first} == {10.0}
    assert {released[person] for person in second} == {0.0}
    rows = {row.person_id: row for row in queries.overview(session, made.exchange, now=LATER).rows}
    assert all(rows[person].received == 2 and rows[person].submitted_at is not None for person in made.people)


def both_groups_graded(session: Session) -> tuple[Class, list[list[int]]]:
    """Two groups of two whose members have all given their one review, full marks for everybody."""
    made, groups = in_teams(session, 2, 2, reviews=1)
    for members in groups:
        hand_in(made, members[0])
    for person in made.people:
        give(made, take(made, person))
    return made, groups


def scores(made: Class, people: list[int]) -> set[float | None]:
    rows = made.session.scalars(
        select(Release).where(Release.person_id.in_(people)).execution_options(populate_existing=True)
    )
    found = {row.person_id: row.score for row in rows}
    return {found.get(person) for person in people}


def test_what_staff_say_themselves_counts_for_every_member_and_so_does_taking_it_back(session: Session) -> None:
    made, (first, second) = both_groups_graded(session)
    teacher = made.teacher.person_id
    operations.set_options(session, made.exchange, rules.GradingOptions(staff=True), by=teacher, now=LATER)
    words = make_words(made.exchange, level=0)

    operations.review_as_staff(
        session, made.exchange, author=first[1], by=teacher, words=words, is_rescue=False, now=LATER
    )
    with_it = scores(made, first)
    operations.take_staff_review_back(session, made.exchange, author=first[0], by=teacher, now=LATER)

    assert len(with_it) == 1
    assert with_it != {10.0}
    assert scores(made, first) == scores(made, second) == {10.0}


def test_hiding_feedback_moves_the_grade_of_every_member(session: Session) -> None:
    made, (first, second) = in_teams(session, 2, 2, reviews=1)
    for members in (first, second):
        hand_in(made, members[0])
    bad = give(made, take(made, second[0]), level=0)
    give(made, take(made, second[1]), level=-1)
    assert scores(made, first) == {5.0}
    flag = operations.flag(
        session, made.exchange, by=first[1], kind="feedback", thing_id=bad.id, reason="other", words="Look.", now=LATER
    )

    operations.decide(
        session, made.exchange, flag_id=flag.id, decision="hide", note="Rude", by=made.teacher.person_id, now=LATER
    )

    assert scores(made, first) == {10.0}


def test_a_work_on_which_the_grade_of_one_member_rests_is_taken_back_by_none(session: Session) -> None:
    made, (first, _second) = both_groups_graded(session)
    session.execute(delete(Release).where(Release.person_id == first[0]))

    for person in first:
        with pytest.raises(errors.GradeIsOut):
            operations.withdraw_work(session, made.exchange, author=person, now=LATER)


def test_one_groups_lateness_is_no_other_groups(session: Session) -> None:
    """Pain 18: a late penalty does not leak to other groups."""
    made, (first, second) = in_teams(session, 2, 2, submit_by=BEGUN)
    hand_in(made, first[0], now=BEGUN - timedelta(hours=1))
    hand_in(made, second[0], now=LATER)

    rows = {row.person_id: row.is_late for row in queries.overview(session, made.exchange, now=LATER).rows}

    assert [rows[person] for person in first] == [False, False]
    assert [rows[person] for person in second] == [True, True]


# People who move


def test_somebody_who_joins_a_group_that_has_handed_in_gives_and_gets_as_the_others(session: Session) -> None:
    """Pain 18: the groups change after the start, and nothing breaks."""
    made, groups = in_teams(session, 2, 2, 2)
    for members in groups:
        hand_in(made, members[0])
    give(made, take(made, groups[1][0]))
    late = make_member(session, made.course)
    made.learners.append(late)

    put(made, late.person_id, team_id(made, groups[0][0]))

    assert page_of(made, late.person_id).work is not None
    check_the_plan(made)


def test_who_moves_takes_their_reviews_along_and_the_work_stays_with_the_group(session: Session) -> None:
    """Pain 18."""
    made, groups = in_teams(session, 2, 2, 2)
    for members in groups:
        hand_in(made, members[0])
    mover, stays = groups[0]
    mine = take(made, mover)
    given = session.scalars(select(Offer.state).where(Offer.id == mine.id)).one()
    assert given == "offered"

    put(made, mover, team_id(made, groups[2][0]))

    assert mine.is_open
    give(made, mine, now=LATER)
    work = work_of(made, stays)
    assert work.author_id == stays
    assert work.submitted_at is not None
    assert work_of(made, mover).id == work_of(made, groups[2][0]).id
    assert len(session.scalars(select(Feedback)).all()) == 1


def test_who_moves_never_reads_what_they_made_with_their_former_group(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, 2)
    for members in groups:
        hand_in(made, members[0])
    mover, stays = groups[0]
    theirs = work_of(made, stays).id

    put(made, mover, team_id(made, groups[2][0]))

    assert (mover, theirs) not in pairs(made)
    for _ in range(2):
        offer = operations.next_offer(session, made.exchange, reviewer=mover, now=BEGUN).offer
        if offer is None:
            break
        assert offer.submission_id != theirs
        give(made, offer, now=LATER)
    page = page_of(made, mover)
    assert (page.given, page.available) == (1, None)
    assert [each.submission_id for each in session.scalars(select(Offer).where(Offer.reviewer_id == mover))].count(
        theirs
    ) == 1
    seen_by_staff = queries.person_page(session, made.exchange, mover, now=LATER)
    assert seen_by_staff is not None
    assert seen_by_staff.declined == ()


def test_who_comes_back_is_of_their_group_as_before_and_reads_that_which_they_visited(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, 2)
    for members in groups:
        hand_in(made, members[0])
    mover, stays = groups[0]
    home = team_id(made, stays)

    for team in (team_id(made, groups[2][0]), home):
        operations.put_in(session, made.exchange, person=mover, team=team, by=made.teacher.person_id, now=LATER)

    assert work_of(made, mover).id == work_of(made, stays).id
    check_the_plan(made)


def test_the_last_of_a_group_that_has_begun_stays(session: Session) -> None:
    made, groups = in_teams(session, 1, 2)
    hand_in(made, groups[0][0])

    with pytest.raises(errors.TeamHasWork):
        put(made, groups[0][0], team_id(made, groups[1][0]))


def test_who_leaves_the_course_leaves_the_work_to_the_others(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, 2)
    for members in groups:
        hand_in(made, members[0])
    take(made, groups[1][0])
    gone, stays = groups[0]
    next(each for each in made.learners if each.person_id == gone).left_at = LATER
    session.flush()

    operations.tend(session, made.exchange, now=LATER)

    assert work_of(made, stays).author_id == stays
    assert all(reader != gone for reader, _ in pairs(made))
    received = Counter(work for _, work in pairs(made))
    assert received[work_of(made, stays).id] >= 2
    assert queries.replay(session, made.exchange) == ()


def test_a_group_takes_its_work_back_together(session: Session) -> None:
    made, groups = in_teams(session, 2, 2, 2)
    for members in groups:
        hand_in(made, members[0])

    operations.withdraw_work(session, made.exchange, author=groups[0][1], now=LATER)

    assert work_of(made, groups[0][0]).submitted_at is None
    assert all(reader not in groups[0] for reader, _ in pairs(made))
    check_the_plan(made)
    hand_in(made, groups[0][0], now=LATER)
    check_the_plan(made)


# Making groups


def test_groups_are_dealt_at_random_and_nobody_is_left_over(session: Session) -> None:
    made = make_class(session, learners=7)
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=made.teacher.person_id, now=BEGUN)

    count = operations.deal(session, made.exchange, size=3, by=made.teacher.person_id, now=BEGUN)

    sizes = sorted(len(team.members) for team in queries.teams(session, made.exchange))
    assert (count, sizes) == (2, [3, 4])


def test_groups_follow_the_lms_and_again_only_who_moved_there_moves(session: Session) -> None:
    """Pain 45."""
    made = make_class(session, learners=4)
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=made.teacher.person_id, now=BEGUN)
    for learner, group in zip(made.learners, ("a", "a", "b", "b"), strict=True):
        learner.groups = [group]
    session.flush()
    by = made.teacher.person_id

    first = operations.follow_lms(session, made.exchange, by=by, now=BEGUN)
    again = operations.follow_lms(session, made.exchange, by=by, now=BEGUN)
    made.learners[0].groups = ["b"]
    session.flush()
    third = operations.follow_lms(session, made.exchange, by=by, now=BEGUN)

    assert [each.moved for each in (first, again, third)] == [4, 0, 1]
    assert third.stayed == ()
    assert team_id(made, made.people[0]) == team_id(made, made.people[2])
    assert team_id(made, made.people[1]) != team_id(made, made.people[0])


def following(session: Session, *groups: str) -> Class:
    """A class whose groups are those of the LMS: one for each person."""
    made = make_class(session, learners=len(groups))
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=made.teacher.person_id, now=BEGUN)
    move_in_lms(made, *groups)
    operations.follow_lms(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    return made


def move_in_lms(made: Class, *groups: str) -> None:
    for learner, group in zip(made.learners, groups, strict=True):
        learner.groups = [group]
    made.session.flush()


def test_who_would_leave_a_work_without_a_group_stays_and_all_others_follow_the_lms(session: Session) -> None:
    made = following(session, "a", "b", "b", "c")
    alone, mover, _other, target = made.people
    hand_in(made, alone)
    group = team_id(made, alone)

    move_in_lms(made, "c", "c", "b", "c")
    done = operations.follow_lms(session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert done.moved == 1
    (stayed,) = done.stayed
    assert (stayed.person_id, stayed.name) == (alone, made.learners[0].person.name)
    assert stayed.team == next(team.name for team in queries.teams(session, made.exchange) if team.id == group)
    assert team_id(made, alone) == group
    assert team_id(made, mover) == team_id(made, target)


def test_who_is_alone_follows_the_lms_once_somebody_has_come_into_their_group(session: Session) -> None:
    made = following(session, "a", "b", "b")
    alone, comes, _other = made.people
    hand_in(made, alone)
    first, second = team_id(made, alone), team_id(made, comes)

    move_in_lms(made, "b", "a", "b")
    done = operations.follow_lms(session, made.exchange, by=made.teacher.person_id, now=LATER)

    assert (done.moved, done.stayed) == (2, ())
    assert (team_id(made, comes), team_id(made, alone)) == (first, second)
    assert work_of(made, comes).author_id == comes


def test_students_choose_a_group_with_room_until_theirs_has_handed_in(session: Session) -> None:
    made, (first, second) = in_teams(session, 2, 1)
    options = rules.TeamOptions(on=True, choose=True, size=2)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    free = make_member(session, made.course).person_id
    full, open_one = team_id(made, first[0]), team_id(made, second[0])

    with pytest.raises(errors.TeamFull):
        operations.join(session, made.exchange, person=free, team=full, now=LATER)
    operations.join(session, made.exchange, person=free, team=open_one, now=LATER)

    assert team_id(made, free) == open_one
    operations.put_in(session, made.exchange, person=first[1], team=None, by=made.teacher.person_id, now=LATER)
    hand_in(made, second[0])
    with pytest.raises(errors.TeamHasWork):
        operations.join(session, made.exchange, person=free, team=full, now=LATER)


def test_whether_groups_hand_in_stays_once_somebody_has_begun(session: Session) -> None:
    made = make_class(session)
    hand_in(made, made.people[0])

    with pytest.raises(errors.HasWork):
        operations.require_teams_kept(session, made.exchange, rules.TeamOptions(on=True))


def test_whoever_is_forgotten_leaves_the_work_to_their_group(session: Session) -> None:
    made, ((amara, bo), _others) = in_teams(session, 2, 2)
    hand_in(made, amara, body="What we made")
    (told,) = privacy.export_person(session, bo)["groups"]
    assert told["group"] == "Group 1"
    assert privacy.export_person(session, bo)["work"][0]["body"] == "What we made"

    privacy.forget_person(session, amara, now=LATER, storage=STORAGE)
    session.expire_all()

    assert work_of(made, bo).body == "What we made"
    assert work_of(made, bo).author_id == bo
    assert privacy.export_person(session, amara)["groups"] == []
