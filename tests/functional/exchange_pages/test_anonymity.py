"""Names shown by consent, feedback that waits for more, and what people are told of both."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import operations, privacy, rules
from lti_tool.exchange.models import Feedback, Introduction, Release, Unmasking
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.files.storage import DatabaseStorage
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, review, take
from tests.functional.exchange_pages.conftest import People
from tests.pages import words


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Three learners, two reviews each, names hidden; everybody has given one."""
    found = make_class(session, learners=3, reviews=2, now=an_hour_ago)
    all_hand_in(found, now=an_hour_ago)
    for person in found.people:
        review(found, person, now=an_hour_ago)
    session.commit()
    return found


def sides_of(made: Class, feedback: Feedback) -> tuple[Membership, Membership]:
    """Its author and its reviewer."""
    by_id = {each.person_id: each for each in made.learners}
    author, reviewer = feedback.offer.submission.author_id, feedback.offer.reviewer_id
    assert author
    assert reviewer
    return by_id[author], by_id[reviewer]


def first(session: Session) -> Feedback:
    """The first feedback whose author got no other."""
    found = session.scalars(select(Feedback).order_by(Feedback.offer_id)).all()
    works = [each.offer.submission_id for each in found]
    return next(each for each in found if works.count(each.offer.submission_id) == 1)


def need_two(made: Class, now: datetime) -> None:
    options = rules.AnonymityOptions(minimum=2)
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=now)
    made.session.commit()


def test_names_show_once_both_want_it_and_not_before(visit: People, made: Class, session: Session) -> None:
    feedback = first(session)
    author, reviewer = sides_of(made, feedback)
    mine, theirs = visit(author), visit(reviewer)
    page = f"/exchanges/{made.exchange.id}"
    work, path = f"{page}/reviews/{feedback.offer_id}", f"{page}/feedback/{feedback.id}/introduction"

    assert mine.post(path).status_code == 303
    assert "They show once the reviewer agrees." in words(mine.get(page).text)
    assert "The other one would like it." in words(theirs.get(work).text)
    assert reviewer.person.name not in mine.get(page).text
    assert author.person.name not in theirs.get(work).text

    assert theirs.post(path).status_code == 303
    assert reviewer.person.name in mine.get(page).text
    assert author.person.name in theirs.get(work).text


def test_a_thread_calls_people_by_the_names_that_they_showed_each_other(
    visit: People, made: Class, session: Session
) -> None:
    feedback = first(session)
    author, reviewer = sides_of(made, feedback)
    page, id, now = f"/exchanges/{made.exchange.id}", feedback.id, feedback.given_at
    for each in (author, reviewer):
        operations.say(session, made.exchange, writer=each.person_id, feedback_id=id, body="Hello.", now=now)
        operations.offer_name(session, made.exchange, person=each.person_id, feedback_id=id, now=now)
    session.commit()
    places = ((author, reviewer, page), (reviewer, author, f"{page}/reviews/{feedback.offer_id}"))

    for reader, other, path in places:
        for address in (path, f"{page}/feedback/{feedback.id}"):
            thread = words(visit(reader).get(address).text).partition("You ")[2]
            assert f"{other.person.name} " in thread
            assert not any(f"{called} Hello." in thread for called in ("Reviewer", "The reviewer", "The author"))
        said = visit(reader).post(f"{page}/feedback/{feedback.id}/messages", htmx=True, body="And you?").text
        assert other.person.name in words(said)


def test_an_id_of_feedback_tells_nothing_of_when_it_came(session: Session) -> None:
    """Pain 23: who knows who came first can tell who it was."""
    made = make_class(session, learners=6, reviews=2)
    all_hand_in(made)
    ids = [review(made, person).id for _ in range(2) for person in made.people]

    assert all(0 < id < 2**31 for id in ids)
    # One order of 479,001,600 is that of arrival.
    assert ids != sorted(ids)


def test_a_grade_that_would_tell_what_waits_waits_with_it(
    session: Session, visit: People, an_hour_ago: datetime
) -> None:
    """Pain 23: with a single response its reviewer's opinion is told by the grade alone."""
    made = make_class(session, learners=3, reviews=2, now=an_hour_ago, review_by=an_hour_ago)
    need_two(made, an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    author = review(made, made.people[0], now=an_hour_ago).offer.submission.author_id
    teacher, after = made.teacher.person_id, an_hour_ago + timedelta(minutes=30)
    assert author
    mine = visit(next(each for each in made.learners if each.person_id == author))

    def out() -> list[int]:
        return list(session.scalars(select(Release.person_id)))

    assert operations.release_if_ready(session, made.exchange, now=after) == 0
    assert operations.release_grades(session, made.exchange, by=teacher, now=after) == 0
    session.commit()
    assert "Your grade" not in words(mine.get(f"/exchanges/{made.exchange.id}").text)

    operations.set_grade_override(
        session, made.exchange, person=author, score=7, reason="Read by me.", by=teacher, now=after
    )
    assert out() == [author]
    operations.lift_grade_override(session, made.exchange, person=author, by=teacher, now=after)
    assert out() == []

    operations.close(session, made.exchange, by=teacher, now=after)
    assert out() == [author]


def test_an_offer_can_be_taken_back_until_both_agreed(visit: People, made: Class, session: Session) -> None:
    feedback = first(session)
    author, reviewer = sides_of(made, feedback)
    path = f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/introduction"
    mine, theirs = visit(author), visit(reviewer)

    mine.post(path)
    mine.post(f"{path}/removal")
    theirs.post(path)
    assert author.person.name not in theirs.get(f"/exchanges/{made.exchange.id}").text

    mine.post(path)
    theirs.post(f"{path}/removal")
    assert session.scalars(select(Introduction)).one().is_agreed


def test_nobody_else_can_offer_a_name(visit: People, made: Class, session: Session) -> None:
    feedback = first(session)
    third = next(each for each in made.learners if each not in sides_of(made, feedback))

    answer = visit(third).post(f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/introduction")

    assert answer.status_code == 404
    assert not session.scalars(select(Introduction)).all()


def test_what_somebody_offered_is_handed_out_and_forgotten(made: Class, session: Session) -> None:
    feedback = first(session)
    author, _ = sides_of(made, feedback)
    operations.offer_name(session, made.exchange, person=author.person_id, feedback_id=feedback.id, now=BEGUN)

    assert privacy.export_person(session, author.person_id)["names_offered"] == [
        {"exchange_feedback": feedback.id, "at": BEGUN.isoformat()}
    ]
    privacy.forget_person(session, author.person_id, now=BEGUN, storage=DatabaseStorage())
    assert not session.scalars(select(Introduction)).all()


def test_a_single_feedback_is_held_back_and_nothing_tells_of_it(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    """Pain 23; pain 20: the page says why it waits."""
    need_two(made, an_hour_ago)
    feedback = first(session)
    author, reviewer = sides_of(made, feedback)
    mine, page = visit(author), f"/exchanges/{made.exchange.id}"
    mine.post(f"{page}/reading")

    shown = words(mine.get(page).text)

    assert "Good work." not in shown
    assert "Feedback appears once at least 2 classmates have given theirs" in shown
    assert mine.get(f"{page}/feedback/{feedback.id}").status_code == 404
    assert mine.post(f"{page}/feedback/{feedback.id}/messages", body="Who?").status_code == 404
    assert "new feedback" not in words(mine.get("/").text)
    assert "Good work." in words(visit(reviewer).get(f"{page}/reviews/{feedback.offer_id}").text)
    assert "Good work." in words(visit(made.teacher).get(f"{page}/people/{author.person_id}").text)
    session.refresh(feedback)
    assert feedback.read_at is None


def test_it_comes_with_the_one_it_waited_for(session: Session, visit: People, an_hour_ago: datetime) -> None:
    made = make_class(session, learners=3, reviews=2, now=an_hour_ago)
    need_two(made, an_hour_ago)
    all_hand_in(made, now=an_hour_ago)

    def told() -> list[int]:
        kind = Notice.kind == "feedback_received"
        return list(session.scalars(select(Notice.person_id).where(kind).order_by(Notice.id)))

    received: list[int] = []
    for person in made.people * 2:
        author = review(made, person, now=an_hour_ago).offer.submission.author_id
        assert author
        received.append(author)
        assert sorted(told()) == sorted(each for each in received if received.count(each) == 2)
    session.commit()

    assert sorted(told()) == sorted(made.people * 2)
    assert words(visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}").text).count("Good work.") >= 2


def test_closing_ends_the_waiting_and_tells(session: Session, visit: People, an_hour_ago: datetime) -> None:
    made = make_class(session, learners=2, reviews=2, now=an_hour_ago)
    need_two(made, an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    review(made, made.people[0], now=an_hour_ago)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()

    told = session.scalars(select(Notice.person_id).where(Notice.kind == "feedback_received")).all()

    assert told == [made.people[1]]
    assert "Good work." in words(visit(made.learners[1]).get(f"/exchanges/{made.exchange.id}").text)
    assert ExchangeRoom().notice("feedback_received", {}, activity_id=made.exchange.id) is not None


def test_a_teacher_chooses_how_much_must_be_there(visit: People, made: Class, session: Session) -> None:
    path = f"/exchanges/{made.exchange.id}/settings/anonymity"
    teacher = visit(made.teacher)

    assert teacher.post(path, minimum="3").status_code == 303
    session.refresh(made.exchange)
    assert made.exchange.option(rules.AnonymityOptions).minimum == 3
    for typed in ("0", "4", "two", ""):
        assert teacher.post(path, minimum=typed).status_code == 422


def test_teachers_are_told_exactly_who_sees_whose_name(visit: People, made: Class) -> None:
    """Pain 26."""
    page = words(visit(made.teacher).get(f"/exchanges/{made.exchange.id}/settings").text)

    assert "Exactly who sees whose name" in page
    assert "Reviewers are hidden from authors the author" not in page
    assert "Reviewers are hidden from authors no name the author neither both" in page
    assert "Sealed: nobody ever learns who wrote which feedback no name no name neither the author" in page


def ask_staff(made: Class, now: datetime) -> None:
    options = rules.AnonymityOptions(staff=rules.ASK)
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=now)
    made.session.commit()


def test_a_teacher_gives_a_reason_before_they_learn_who_wrote_it_and_the_reviewer_is_told(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    """Pain 26: students know exactly how anonymous they are. Pain 22: no other page says the name."""
    ask_staff(made, an_hour_ago)
    feedback = first(session)
    author, reviewer = sides_of(made, feedback)
    teacher, page = visit(made.teacher), f"/exchanges/{made.exchange.id}"
    about = f"{page}/feedback/{feedback.id}"
    places = (f"{page}/people/{author.person_id}", about)
    assert all(reviewer.person.name not in teacher.get(each).text for each in places)
    assert (
        author.person.name
        not in words(teacher.get(f"{page}/people/{reviewer.person_id}").text).partition("Feedback given")[2]
    )

    refused = teacher.post(f"{about}/unmaskings", reason="  ")
    assert refused.status_code == 422
    assert "Say why, in a few words." in words(refused.text)
    assert reviewer.person.name not in teacher.get(about).text

    assert teacher.post(f"{about}/unmaskings", reason="It threatens somebody.").status_code == 303
    assert teacher.post(f"{about}/unmaskings", reason="It threatens somebody.").status_code == 303
    assert all(reviewer.person.name in teacher.get(each).text for each in places)
    told = words(visit(reviewer).get(f"{page}/reviews/{feedback.offer_id}").text)
    assert f"{made.teacher.person.name} asked who wrote this" in told
    assert "It threatens somebody." in told
    assert "A teacher asked who wrote one of your feedbacks. Read why." in words(visit(reviewer).get("/notices").text)
    assert reviewer.person.name not in visit(author).get(page).text
    assert session.scalars(select(Unmasking.reason)).all() == ["It threatens somebody."]


def test_nobody_asks_where_there_is_nothing_to_ask_and_students_never(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    feedback = first(session)
    author, _ = sides_of(made, feedback)
    path = f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/unmaskings"

    assert visit(made.teacher).post(path, reason="Why not?").status_code == 404
    ask_staff(made, an_hour_ago)
    assert visit(author).post(path, reason="Why not?").status_code == 403
    assert session.scalars(select(Unmasking)).all() == []


def test_no_page_of_a_sealed_exchange_says_who_wrote_what_before_it_is_over_or_after(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    """Pain 22: names leak through another screen."""
    made = make_class(session, learners=3, reviews=2, now=an_hour_ago, anonymity=rules.SEALED)
    all_hand_in(made, now=an_hour_ago)
    for person in made.people * 2:
        review(made, person, now=an_hour_ago)
    feedback = session.scalars(select(Feedback)).first()
    assert feedback
    author, reviewer = sides_of(made, feedback)
    flag = operations.flag(
        session,
        made.exchange,
        by=author.person_id,
        kind="feedback",
        thing_id=feedback.id,
        reason="hurtful",
        now=an_hour_ago,
    )
    session.commit()
    id = feedback.id
    teacher, page = visit(made.teacher), f"/exchanges/{made.exchange.id}"
    teacher.post(f"{page}/flags/{flag.id}/looks")

    def pages(id: int) -> list[str]:
        return [f"{page}/people/{author.person_id}", f"{page}/feedback/{id}", f"{page}/flags/{flag.id}"]

    def given() -> str:
        shown = words(teacher.get(f"{page}/people/{reviewer.person_id}").text).partition("Feedback given")[2]
        assert author.person.name not in shown
        return shown

    assert all(teacher.get(each).status_code == 200 for each in pages(feedback.id))
    assert all(reviewer.person.name not in teacher.get(each).text for each in pages(feedback.id))
    assert "How much each gave is told once the exchange is closed." in given()
    assert teacher.post(f"{page}/feedback/{feedback.id}/unmaskings", reason="I must.").status_code == 404
    assert "told once it is closed" in words(teacher.get(page).text)

    operations.close(session, made.exchange, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()
    assert "Possible for a day; then the exchange is sealed." in words(teacher.get(page).text)
    operations.seal(session, made.exchange, now=an_hour_ago)
    session.commit()

    session.refresh(flag)
    assert flag.feedback_id not in (None, id)
    assert all(reviewer.person.name not in teacher.get(each).text for each in pages(flag.feedback_id or 0))
    assert "2 of 2 given." in given()
    assert "cannot be opened again" in words(teacher.get(page).text)
    assert teacher.post(f"{page}/closure/removal").status_code in (409, 422)
    mine = words(visit(author).get(page).text)
    assert "You gave 2 reviews. The exchange is sealed, and nothing says any more which." in mine
    assert "nobody can answer" in mine
    assert "Good work." in mine


def test_a_reviewer_reads_before_writing_what_sealing_means(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    """Pain 26."""
    made = make_class(session, learners=3, now=an_hour_ago, anonymity=rules.SEALED, review_by=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    offer = take(made, made.people[0], now=an_hour_ago)
    session.commit()
    me, page = visit(made.learners[0]), f"/exchanges/{made.exchange.id}"

    for path in (page, f"{page}/reviews/{offer.id}"):
        shown = words(me.get(path).text)
        assert "no teacher can see who wrote it" in shown
        assert (
            "A day after it is closed, at the latest two weeks after its last date, that is deleted for good" in shown
        )
    assert "Show each other your names" not in words(me.get(f"{page}/reviews/{offer.id}").text)


@pytest.mark.parametrize(
    "anonymity, ask, said",
    [
        (rules.MASKED, False, "without seeing your name. Your teachers see it."),
        (rules.MASKED, True, "A teacher sees it only for a reason, and then you are told."),
        (rules.REVIEWER_HIDDEN, False, "without seeing your name. Your teachers see it. You see the author’s name."),
        (rules.AUTHOR_HIDDEN, False, "sees your name. Your teachers see it too, nobody else. You do not learn who"),
        (rules.NAMED, False, "The author reads your feedback and sees your name."),
        (rules.SEALED, True, "no teacher can see who wrote it"),
    ],
)
def test_a_reviewer_is_told_who_will_know_them(
    session: Session, visit: People, an_hour_ago: datetime, anonymity: str, ask: bool, said: str
) -> None:
    """Pain 26: students do not know whether they are anonymous."""
    made = make_class(session, now=an_hour_ago, anonymity=anonymity)
    all_hand_in(made, now=an_hour_ago)
    offer = take(made, made.people[0], now=an_hour_ago)
    if ask:
        ask_staff(made, an_hour_ago)
    session.commit()

    page = visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}/reviews/{offer.id}")

    assert said in words(page.text)


@pytest.mark.parametrize(
    "anonymity, said",
    [
        (rules.SEALED, "without seeing your name"),
        (rules.MASKED, "without seeing your name"),
        (rules.NAMED, "see your name"),
        (rules.AUTHOR_HIDDEN, "You learn who they are."),
        (rules.REVIEWER_HIDDEN, "You do not learn who they are."),
    ],
)
def test_an_author_is_told_who_will_know_them(
    session: Session, visit: People, an_hour_ago: datetime, anonymity: str, said: str
) -> None:
    """Pain 26: students do not know whether they are anonymous."""
    made = make_class(session, now=an_hour_ago, anonymity=anonymity)
    session.commit()

    assert said in words(visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}/work").text)


@pytest.mark.parametrize("anonymity", [rules.MASKED, rules.SEALED])
def test_whoever_flags_is_told_whether_teachers_see_their_name(
    visit: People, session: Session, an_hour_ago: datetime, anonymity: str
) -> None:
    """Pain 26, for those who ask for help."""
    made = make_class(session, learners=3, reviews=1, now=an_hour_ago, anonymity=anonymity)
    all_hand_in(made, now=an_hour_ago)
    feedback = review(made, made.people[0], now=an_hour_ago)
    author, reviewer = sides_of(made, feedback)
    session.commit()
    page = f"/exchanges/{made.exchange.id}/flags/new"

    of_work = words(visit(reviewer).get(f"{page}?kind=work&thing_id={feedback.offer_id}").text)
    of_feedback = words(visit(author).get(f"{page}?kind=feedback&thing_id={feedback.id}").text)

    assert ("They do not see your name" in of_work) is (anonymity == rules.SEALED)
    assert "they see your name." in of_feedback
