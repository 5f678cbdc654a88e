"""Groups at the browser: asked for, made in four ways, joined, written in together."""

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, rules
from lti_tool.exchange.models import PairRule, PlannedPair, Submission, Team, TeamMember
from lti_tool.exchange.operations.pairing import scene
from tests.factories.exchange import Class, give, hand_in, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


def path_of(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


def ask_for(made: Class, **values: object) -> None:
    options = rules.TeamOptions(on=True, **values)  # type: ignore[arg-type]
    operations.set_options(
        made.session, made.exchange, options, by=made.teacher.person_id, now=made.exchange.created_at
    )
    made.session.commit()


@pytest.fixture
def grouped(made: Class, session: Session) -> Class:
    """Two groups of two."""
    ask_for(made)
    operations.deal(session, made.exchange, size=2, by=made.teacher.person_id, now=made.exchange.created_at)
    session.commit()
    return made


def mates_of(session: Session, made: Class, person: int) -> list[int]:
    team = session.get_one(TeamMember, (made.exchange.id, person)).team_id
    return list(session.scalars(select(TeamMember.person_id).where(TeamMember.team_id == team)))


def visitor(visit: People, made: Class, person: int) -> Visitor:
    return visit(made.learners[made.people.index(person)])


def test_a_teacher_asks_for_groups_and_deals_them_at_random(visit: People, made: Class, session: Session) -> None:
    teacher = visit(made.teacher)
    saved = teacher.post(f"{path_of(made)}/settings/teams", data={"on": "1", "size": "2"})
    assert saved.headers["Location"].endswith("/groups")
    assert "4 students are in no group and cannot hand in." in words(teacher.get(f"{path_of(made)}/groups").text)

    wrong = teacher.post(f"{path_of(made)}/groups/dealing", size="1")
    assert teacher.post(f"{path_of(made)}/groups/dealing", size="2").status_code == 303

    assert wrong.status_code == 422
    assert "Choose a number from 2 to 30." in words(wrong.text)
    page = words(teacher.get(f"{path_of(made)}/groups").text)
    assert "Everybody is in a group." in page
    assert len(session.scalars(select(Team)).all()) == 2
    assert "Groups hand in one work together; you make them." in words(teacher.get(f"{path_of(made)}/settings").text)
    assert "Groups" in words(teacher.get(path_of(made)).text)


def test_a_teacher_puts_people_into_groups_by_hand(visit: People, made: Class, session: Session) -> None:
    ask_for(made)
    teacher = visit(made.teacher)
    teacher.post(f"{path_of(made)}/groups", name="The Owls")
    teacher.post(f"{path_of(made)}/groups", name="")
    owls, other = session.scalars(select(Team.id).order_by(Team.id)).all()
    chosen = {f"team-{person}": str(owls) for person in made.people[:3]} | {f"team-{made.people[3]}": ""}

    saved = teacher.post(f"{path_of(made)}/groups/members", data=chosen)
    unknown = teacher.post(f"{path_of(made)}/groups/members", data={f"team-{made.people[0]}": "99999"})

    assert saved.status_code == 303
    assert unknown.status_code == 404
    assert sorted(mates_of(session, made, made.people[0])) == sorted(made.people[:3])
    assert session.scalars(select(Team.id)).all() == [owls]
    assert other != owls


def test_the_groups_of_the_lms_are_taken_over(visit: People, made: Class, session: Session) -> None:
    """Pain 45."""
    ask_for(made)
    teacher = visit(made.teacher)
    assert "Take the groups of the LMS" not in words(teacher.get(f"{path_of(made)}/groups").text)
    for place, learner in enumerate(made.learners):
        learner.groups = [f"g{place % 2}"]
    session.commit()

    assert "Take the groups of the LMS" in words(teacher.get(f"{path_of(made)}/groups").text)
    teacher.post(f"{path_of(made)}/groups/lms")
    again = teacher.post(f"{path_of(made)}/groups/lms")

    assert sorted(mates_of(session, made, made.people[0])) == [made.people[0], made.people[2]]
    assert again.status_code == 303
    assert "Nobody moved" in words(teacher.get(f"{path_of(made)}/groups").text)


def test_who_stays_when_the_groups_of_the_lms_are_taken_again_is_named(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    ask_for(made)
    teacher = visit(made.teacher)
    for learner, group in zip(made.learners, ("a", "b", "b", "c"), strict=True):
        learner.groups = [group]
    session.commit()
    teacher.post(f"{path_of(made)}/groups/lms")
    hand_in(made, made.people[0], now=an_hour_ago)
    for learner in made.learners[:2]:
        learner.groups = ["c"]
    session.commit()

    assert teacher.post(f"{path_of(made)}/groups/lms").status_code == 303

    page = words(teacher.get(f"{path_of(made)}/groups").text)
    team = session.get_one(Team, session.get_one(TeamMember, (made.exchange.id, made.people[0])).team_id)
    assert "One student was put into a group." in page
    assert f"{made.learners[0].person.name} stays in “{team.name}”" in page
    assert sorted(mates_of(session, made, made.people[1])) == sorted([made.people[1], made.people[3]])


def test_moving_the_last_of_a_group_by_hand_is_refused_by_its_name_and_keeps_what_was_chosen(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    ask_for(made)
    teacher = visit(made.teacher)
    teacher.post(f"{path_of(made)}/groups", name="The Owls")
    owls = session.scalars(select(Team.id)).one()
    first = made.people[0]
    teacher.post(f"{path_of(made)}/groups/members", data={f"team-{first}": str(owls)})
    hand_in(made, first, now=an_hour_ago)
    session.commit()

    refused = teacher.post(f"{path_of(made)}/groups/members", data={f"team-{first}": ""})

    assert refused.status_code == 422
    assert "The group “The Owls” has begun its work" in words(refused.text)


def test_students_choose_their_group_on_the_page(visit: People, made: Class, session: Session) -> None:
    ask_for(made, choose=True, size=2)
    operations.add_team(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC), name="The Owls")
    session.commit()
    team = session.scalars(select(Team.id)).one()
    amara = visit(made.learners[0])
    assert "Join a group first" in words(amara.get(path_of(made)).text)

    for learner in made.learners[:2]:
        assert visit(learner).post(f"{path_of(made)}/groups/{team}/membership").status_code == 303
    full = visit(made.learners[2]).post(f"{path_of(made)}/groups/{team}/membership")

    assert full.status_code == 409
    assert "This group is full." in words(full.text)
    page = words(amara.get(path_of(made)).text)
    assert "Your group: The Owls" in page
    assert made.learners[1].person.name in page
    assert "(you)" in page


def test_without_choice_nobody_joins_a_group_by_themselves(visit: People, grouped: Class, session: Session) -> None:
    team = session.scalars(select(Team.id)).first()

    assert visit(grouped.learners[0]).post(f"{path_of(grouped)}/groups/{team}/membership").status_code == 404
    assert visit(grouped.learners[0]).get(f"{path_of(grouped)}/groups").status_code in (403, 404)


def test_two_members_write_one_work_and_either_hands_it_in(visit: People, grouped: Class, session: Session) -> None:
    first, second = mates_of(session, grouped, grouped.people[0])
    one, other = visitor(visit, grouped, first), visitor(visit, grouped, second)

    one.post(f"{path_of(grouped)}/work/draft", body="One's words", base_revision="0")
    clash = other.post(f"{path_of(grouped)}/work/draft", body="Other's words", base_revision="0", htmx=True)

    assert "also changed by somebody of your group" in words(clash.text)
    assert "One's words" in words(clash.text)
    assert "Other's words" in one.get(f"{path_of(grouped)}/work").text
    check = one.get(f"{path_of(grouped)}/work/final").text
    revision = re.search(r'name="base_revision" value="(\d+)"', check)
    assert revision
    assert one.post(f"{path_of(grouped)}/work", base_revision=revision[1]).status_code == 303
    assert "Handed in" in words(other.get(path_of(grouped)).text)
    assert len(session.scalars(select(Submission)).all()) == 1


def test_who_is_in_no_group_cannot_write_and_keeps_what_they_typed(visit: People, made: Class) -> None:
    ask_for(made)

    refused = visit(made.learners[0]).post(f"{path_of(made)}/work/draft", body="All my words", base_revision="0")

    assert refused.status_code == 422
    assert "You are in no group yet." in words(refused.text)
    assert "All my words" in refused.text


def test_every_member_reads_and_answers_the_feedback(visit: People, grouped: Class, session: Session) -> None:
    now = datetime.now(UTC)
    first, second = mates_of(session, grouped, grouped.people[0])
    rest = [person for person in grouped.people if person not in (first, second)]
    hand_in(grouped, first, now=now)
    hand_in(grouped, rest[0], now=now)
    feedback = give(grouped, take(grouped, rest[1], now=now), now=now)
    session.commit()

    for person in (first, second):
        assert "Look at the second paragraph." in words(visitor(visit, grouped, person).get(path_of(grouped)).text)
    said = visitor(visit, grouped, second).post(
        f"{path_of(grouped)}/feedback/{feedback.id}/messages", body="Thank you, from us both"
    )
    assert said.status_code in (200, 303)
    assert "Thank you, from us both" in words(visitor(visit, grouped, first).get(path_of(grouped)).text)
    assert visitor(visit, grouped, rest[0]).get(f"{path_of(grouped)}/reviews/{feedback.offer_id}").status_code == 404


def test_whether_groups_hand_in_stays_once_somebody_has_begun(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()

    refused = visit(made.teacher).post(f"{path_of(made)}/settings/teams", data={"on": "1", "size": "3"})

    assert refused.status_code == 422
    assert "so this stays as it is" in words(refused.text)
    assert visit(made.teacher).get(f"{path_of(made)}/groups").status_code == 404


@pytest.mark.parametrize("door", ["files", "files/1/removal"])
def test_who_is_in_no_group_keeps_the_words_sent_along_with_a_file(visit: People, made: Class, door: str) -> None:
    ask_for(made)
    sent = {"body": "Words beside it.", "files": (BytesIO(b"A file."), "a.txt")}

    refused = visit(made.learners[0]).post(f"{path_of(made)}/work/{door}", data=sent)

    assert refused.status_code == 422
    assert "You are in no group yet." in words(refused.text)
    assert "Words beside it." in refused.text


# Staff look after groups


def a_waiting_pair(session: Session, made: Class) -> tuple[int, list[int]]:
    """A reader who has not begun, and who made what they are to read: first the one by whom it goes."""
    pair = session.scalars(
        select(PlannedPair)
        .where(PlannedPair.exchange_id == made.exchange.id, PlannedPair.begun_at.is_(None))
        .order_by(PlannedPair.reviewer_id)
    ).first()
    assert pair is not None
    others = [each for each in mates_of(session, made, pair.author_id) if each != pair.author_id]
    return pair.reviewer_id, [pair.author_id, *others]


@pytest.fixture
def planned(grouped: Class, session: Session, an_hour_ago: datetime) -> Class:
    """Two groups of two that have handed in."""
    for person in grouped.people:
        if not session.scalar(select(Team.submission_id).join(TeamMember).where(TeamMember.person_id == person)):
            hand_in(grouped, person, now=an_hour_ago)
    session.commit()
    return grouped


@pytest.mark.parametrize("place", [0, 1])
def test_rules_about_any_member_of_a_group_are_taken(
    visit: People, planned: Class, session: Session, place: int
) -> None:
    teacher = visit(planned.teacher)
    reader, authors = a_waiting_pair(session, planned)

    wanted = teacher.post(f"{path_of(planned)}/pair-rules", reviewer=reader, author=authors[place], kind="must")
    assert "Noted." in words(teacher.get(f"{path_of(planned)}/plan").text)
    apart = teacher.post(f"{path_of(planned)}/pair-rules", reviewer=reader, author=authors[place], kind="never")

    assert (wanted.status_code, apart.status_code) == (303, 303)
    assert "Noted." in words(teacher.get(f"{path_of(planned)}/plan").text)
    session.expire_all()
    kept = select(PlannedPair.author_id).where(PlannedPair.reviewer_id == reader)
    assert set(session.scalars(kept)).isdisjoint(authors)


@pytest.mark.parametrize("place", [0, 1])
def test_only_who_may_read_a_group_is_offered_as_its_reader(
    visit: People, planned: Class, session: Session, place: int
) -> None:
    teacher = visit(planned.teacher)
    reader, authors = a_waiting_pair(session, planned)
    page = f"{path_of(planned)}/people/{authors[place]}/readers"

    offered = teacher.get(page).text
    refused = teacher.post(page, reader=str(reader))

    assert not any(f'name="reader" value="{each}"' in offered for each in (reader, *authors))
    assert refused.status_code == 422


def test_two_who_change_the_plan_at_once_are_told_and_nothing_is_lost(
    visit: People, planned: Class, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*_args: object, **_facts: object) -> None:
        raise errors.PlanMoved

    teacher = visit(planned.teacher)
    reader, authors = a_waiting_pair(session, planned)
    monkeypatch.setattr(scene, "write", moved)

    answer = teacher.post(f"{path_of(planned)}/pair-rules", reviewer=reader, author=authors[0], kind="never")

    assert answer.status_code == 409
    assert "so nothing was saved" in words(answer.text)
    assert session.scalars(select(PairRule)).all() == []
