"""At the pages: what comes late, and why somebody does not see their feedback yet."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import FeedbackDraft, Submission
from lti_tool.exchange.rules import LateOptions, Options, ReleaseOptions
from tests.factories.exchange import Class, all_hand_in, hand_in, make_class, review, take, work_of
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

MINUTE = timedelta(minutes=1)


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Three learners; everything was due half an hour ago."""
    due = an_hour_ago + 30 * MINUTE
    found = make_class(session, learners=3, now=an_hour_ago, submit_by=due, review_by=due, anonymity=rules.NAMED)
    session.commit()
    return found


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


@pytest.fixture
def student(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


def address(made: Class, tail: str = "") -> str:
    return f"/exchanges/{made.exchange.id}{tail}"


def choose(made: Class, options: Options) -> None:
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=datetime.now(UTC))
    made.session.commit()


REFUSED = LateOptions(work=rules.REFUSED, reviews=rules.REFUSED)


# What comes late


def test_a_teacher_chooses_what_becomes_of_what_comes_late(teacher: Visitor, made: Class, session: Session) -> None:
    page = teacher.get(address(made, "/settings/late")).text

    answer = teacher.post(
        address(made, "/settings/late"), work="refused", work_grace="15", reviews="marked", reviews_grace=""
    )

    session.refresh(made.exchange)
    assert mistakes_in({"late": page, "release": teacher.get(address(made, "/settings/release")).text}) == []
    assert answer.status_code == 303
    assert made.exchange.option(LateOptions) == LateOptions(work=rules.REFUSED, work_grace=15)
    settings = words(teacher.get(address(made, "/settings")).text)
    assert "Late work is not taken; late reviews are taken. There is some grace, of which nobody is told." in settings


@pytest.mark.parametrize("grace", ["-1", "soon", "1.5", "99999"])
def test_a_grace_that_is_none_is_said_and_stays(teacher: Visitor, made: Class, grace: str) -> None:
    answer = teacher.post(address(made, "/settings/late"), work="refused", work_grace=grace, reviews="marked")

    assert answer.status_code == 422
    assert "Give whole minutes, at most a week." in words(answer.text)
    assert f'value="{grace}"' in answer.text


def test_as_usual_late_work_is_taken_and_marked(student: Visitor, teacher: Visitor, made: Class) -> None:
    assert "It is still taken, and marked late." in words(student.get(address(made)).text)

    hand_in(made, made.people[0], now=datetime.now(UTC))
    made.session.commit()

    assert "Handed in late" in words(student.get(address(made)).text)
    assert "late" in words(teacher.get(address(made, f"/people/{made.people[0]}")).text)


def test_within_the_grace_work_is_taken_unmarked_and_no_page_speaks_of_it(student: Visitor, made: Class) -> None:
    """Pain 14."""
    choose(made, LateOptions(work=rules.REFUSED, work_grace=60))

    page = words(student.get(address(made)).text)
    student.post(address(made, "/work/draft"), body="Nearly in time.", base_revision="0", act="check")
    student.post(address(made, "/work"), base_revision="1")

    assert "grace" not in page
    assert "marked late" not in page
    made.session.rollback()
    assert work_of(made, made.people[0]).body == "Nearly in time."
    assert "Handed in late" not in words(student.get(address(made)).text)


def test_who_comes_too_late_is_told_and_loses_no_words(student: Visitor, made: Class, session: Session) -> None:
    """Pain 17's other side: the words wait until a teacher gives more time."""
    choose(made, REFUSED)
    page = words(student.get(address(made)).text)
    assert "The date for handing in has passed" in page
    assert "If you need more time, ask your teacher" in page

    kept = student.post(address(made, "/work/draft"), body="Too late, all of it.", base_revision="0", act="save")
    refused = student.post(address(made, "/work"), base_revision="1")

    assert kept.status_code == 303
    assert refused.status_code == 422
    assert "your teacher takes nothing after it" in words(refused.text)
    work = student.get(address(made, "/work")).text
    assert "Too late, all of it." in work
    assert "Look at it and hand in" not in work
    assert session.scalars(select(Submission.submitted_at)).all() == [None]


def test_more_time_for_one_opens_what_is_closed_to_the_others(
    student: Visitor, visit: People, made: Class, session: Session
) -> None:
    choose(made, REFUSED)
    now = datetime.now(UTC)
    operations.extend(
        session,
        made.exchange,
        people=[made.people[0]],
        submit_by=now + 60 * MINUTE,
        review_by=None,
        reason="Asked before.",
        by=made.teacher.person_id,
        now=now,
    )
    session.commit()

    assert "Write your work and hand it in" in words(student.get(address(made)).text)
    assert "The date for handing in has passed" in words(visit(made.learners[1]).get(address(made)).text)


def test_a_review_that_comes_too_late_is_refused_and_kept(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    all_hand_in(made, now=an_hour_ago + MINUTE)
    offer = take(made, made.people[0], now=an_hour_ago + MINUTE)
    session.commit()
    choose(made, REFUSED)
    reviewer = visit(made.learners[0])
    levels = {f"level-{each.id}": each.levels[0].id for each in made.exchange.criteria if each.levels}
    written = {f"comment-{each.id}": "Read the end aloud." for each in made.exchange.criteria}
    form = {**levels, **written, "comment": "Good start.", "base_revision": "0"}
    path = address(made, f"/reviews/{offer.id}")

    refused = reviewer.post(f"{path}/feedback", data=form)
    kept = reviewer.post(f"{path}/draft", data=form)

    assert refused.status_code == 422
    assert "your teacher takes nothing after it" in words(refused.text)
    assert "Read the end aloud." in refused.text
    assert kept.status_code == 303
    assert len(session.scalars(select(FeedbackDraft)).all()) == 1
    page = words(reviewer.get(path).text)
    assert "The date for reviews has passed" in page
    assert "Give the feedback" not in page


def test_no_further_work_is_handed_out_once_reviews_are_not_taken(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    choose(made, REFUSED)
    reviewer = visit(made.learners[0])

    answer = reviewer.post(address(made, "/reviews"))

    assert answer.status_code == 303
    page = words(reviewer.get(address(made)).text)
    assert "The date for reviews has passed, and your teacher takes none after it." in page


# When authors see their feedback


@pytest.fixture
def waiting(made: Class, session: Session, an_hour_ago: datetime) -> Class:
    """Everybody has given and got both reviews; authors see them when staff release them."""
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    all_hand_in(made, now=an_hour_ago)
    for _ in range(2):
        for person in made.people:
            review(made, person, now=an_hour_ago)
    session.commit()
    return made


def test_a_teacher_chooses_when_authors_see_their_feedback(teacher: Visitor, made: Class, session: Session) -> None:
    answer = teacher.post(address(made, "/settings/release"), when="after_giving", after="2", on="")

    session.refresh(made.exchange)
    assert answer.status_code == 303
    assert made.exchange.option(ReleaseOptions) == ReleaseOptions(when=rules.AFTER_GIVING, after=2)
    assert "After giving 2 reviews." in words(teacher.get(address(made, "/settings")).text)


@pytest.mark.parametrize(
    "typed, said",
    [
        ({"when": "on_date", "on": ""}, "Please give a day and a time."),
        ({"when": "on_date", "on": "soon"}, "Please give a day and a time"),
        ({"when": "never"}, "Choose one of these."),
        ({"when": "after_giving", "after": "11"}, "Choose from 1 to 10."),
    ],
)
def test_a_rule_that_says_nothing_is_refused(teacher: Visitor, made: Class, typed: dict[str, str], said: str) -> None:
    answer = teacher.post(address(made, "/settings/release"), data=typed)

    assert answer.status_code == 422
    assert said in words(answer.text)


def test_who_waits_reads_why_and_what_they_can_do(student: Visitor, made: Class, an_hour_ago: datetime) -> None:
    """Pain 20 for feedback: waiting with the reason shown."""
    choose(made, ReleaseOptions(when=rules.AFTER_GIVING, after=2))
    all_hand_in(made, now=an_hour_ago)
    made.session.commit()
    giving = words(student.get(address(made)).text)
    choose(made, ReleaseOptions(when=rules.ON_DATE, on=datetime(2099, 5, 3, 12, tzinfo=UTC)))
    dated = student.get(address(made)).text
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    by_hand = words(student.get(address(made)).text)

    assert "You see the feedback on your work once you have given 2 more reviews." in giving
    assert "Everybody sees the feedback on their work at the same moment:" in words(dated)
    assert "2099-05-03" in dated
    assert "Your teacher looks at the feedback first and then shows it to you." in by_hand


def test_released_to_all_and_taken_back(student: Visitor, teacher: Visitor, waiting: Class) -> None:
    assert "Feedback you received" not in words(student.get(address(waiting)).text)
    assert "Release the feedback" in words(teacher.get(address(waiting)).text)

    teacher.post(address(waiting, "/feedback-release"))
    shown = words(student.get(address(waiting)).text)
    back = teacher.post(address(waiting, "/feedback-release/removal"))

    assert "Feedback you received" in shown
    assert back.status_code == 303
    assert "Feedback you received" not in words(student.get(address(waiting)).text)


def test_what_somebody_has_read_cannot_wait_again(student: Visitor, teacher: Visitor, waiting: Class) -> None:
    teacher.post(address(waiting, "/feedback-release"))
    student.post(address(waiting, "/readings"))

    answer = teacher.post(address(waiting, "/feedback-release/removal"))

    assert answer.status_code < 500
    assert "Somebody has read their feedback already" in words(answer.text)


def test_released_to_one_from_their_page(student: Visitor, visit: People, teacher: Visitor, waiting: Class) -> None:
    path = address(waiting, f"/people/{waiting.people[0]}")
    assert "Show it to them now" in words(teacher.get(path).text)

    teacher.post(f"{path}/feedback-release")

    assert "Feedback you received" in words(student.get(address(waiting)).text)
    assert "Feedback you received" not in words(visit(waiting.learners[1]).get(address(waiting)).text)
    page = teacher.get(path).text
    assert "Let it wait again" in words(page)
    assert mistakes_in({"person": page, "overview": teacher.get(address(waiting)).text}) == []


def test_students_release_nothing(student: Visitor, waiting: Class) -> None:
    assert student.post(address(waiting, "/feedback-release")).status_code == 403
    assert student.post(address(waiting, f"/people/{waiting.people[0]}/feedback-release")).status_code == 403
