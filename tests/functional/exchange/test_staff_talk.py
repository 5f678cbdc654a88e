"""What becomes of feedback by staff: its author answers each comment and writes back, and staff hear of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Mark, Message, StaffReview
from lti_tool.exchange.queries.parts import used_counts
from lti_tool.exchange.talk import Talk
from lti_tool.files.storage import DatabaseStorage
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, make_words, review
from tests.functional.exchange.test_teams import in_teams

LATER = BEGUN + timedelta(days=1)


@pytest.fixture
def made(session: Session) -> Class:
    """Three people who have handed in where classmates' names are hidden."""
    found = make_class(session, learners=3, reviews=1)
    all_hand_in(found)
    return found


@pytest.fixture
def by_staff(made: Class) -> StaffReview:
    """What the teacher says about the work of the first."""
    return feedback_by_staff(made, made.people[0])


def feedback_by_staff(
    made: Class, author: int, *, by: int | None = None, comment: str = "Say where.", advice_alone: bool = False
) -> StaffReview:
    words = make_words(made.exchange, comment=comment)
    if advice_alone:
        clarity, advice = made.exchange.criteria
        levels = {clarity.id: replace(words.answers[clarity.id], comment=""), advice.id: words.answers[advice.id]}
        words = rules.Words(answers=levels)
    return operations.review_as_staff(
        made.session,
        made.exchange,
        author=author,
        by=by or made.teacher.person_id,
        words=words,
        is_rescue=False,
        now=BEGUN,
    )


def say(made: Class, about: StaffReview, writer: int, body: str, **values: Any) -> Message:
    facts: dict[str, Any] = {"writer": writer, "staff_review_id": about.id, "body": body, "now": LATER}
    return operations.say_about_staff_review(made.session, made.exchange, **facts | values)


def mark(made: Class, about: StaffReview, author: int, mark: str, **values: Any) -> Mark:
    facts: dict[str, Any] = {"author": author, "staff_review_id": about.id, "mark": mark, "part": None, "now": LATER}
    return operations.mark_staff_comment(made.session, made.exchange, **facts | values)


def told(made: Class, person: int) -> list[str]:
    rows = select(Notice.kind).where(Notice.person_id == person).order_by(Notice.id)
    return [each for each in made.session.scalars(rows) if each.startswith("staff_")]


def lines(made: Class, about: StaffReview, person: int, side: str) -> list[tuple[str, str, bool, bool]]:
    """As *person* reads the thread: who, what, whether it is new, and whether the other side has read it."""
    talk = Talk(exchange=made.exchange, person_id=person, now=LATER)
    (found,) = [
        each.row
        for each in queries.staff_reviews_about(made.session, made.exchange, about.submission_id)
        if each.row.id == about.id
    ]
    return [
        (talk.who(each, side), each.message.body, each.is_new, each.is_read)
        for each in queries.lines_of(found, side, person, now=LATER)
    ]


# Threads


def test_author_and_staff_write_to_each_other_by_name_also_where_classmates_are_hidden(
    made: Class, by_staff: StaffReview
) -> None:
    """Pain 31: staff cannot comment, and nobody can answer them."""
    author, teacher = made.learners[0], made.teacher

    say(made, by_staff, author.person_id, "Which paragraph?")
    say(made, by_staff, teacher.person_id, "The second.", is_staff=True)

    assert [each[:2] for each in lines(made, by_staff, author.person_id, "author")] == [
        ("You", "Which paragraph?"),
        ("Vera Nowak", "The second."),
    ]
    assert [each[:2] for each in lines(made, by_staff, teacher.person_id, "staff")] == [
        (author.person.name, "Which paragraph?"),
        ("You", "The second."),
    ]


def test_whoever_gave_it_hears_of_an_answer_and_its_author_of_what_staff_write(
    made: Class, by_staff: StaffReview
) -> None:
    author, teacher = made.people[0], made.teacher.person_id
    helper = make_member(made.session, made.course, Role.ASSISTANT).person_id

    say(made, by_staff, author, "Which paragraph?")
    assert (told(made, teacher), told(made, helper)) == (["staff_answered"], [])

    say(made, by_staff, helper, "The second.", is_staff=True)
    say(made, by_staff, author, "Thank you.")

    assert told(made, author) == ["staff_feedback", "staff_wrote"]
    assert (told(made, teacher), told(made, helper)) == (["staff_answered"] * 2, ["staff_answered"])


def test_where_whoever_gave_it_has_left_all_staff_hear_of_an_answer(made: Class) -> None:
    gone = make_member(made.session, made.course, Role.ASSISTANT)
    about = feedback_by_staff(made, made.people[0], by=gone.person_id)
    privacy.forget_person(made.session, gone.person_id, now=BEGUN, storage=DatabaseStorage())
    gone.left_at = BEGUN
    made.session.flush()

    say(made, about, made.people[0], "Which paragraph?")

    assert told(made, made.teacher.person_id) == ["staff_answered"]


def test_what_was_read_is_said_to_the_other_side_and_only_whoever_gave_it_reads_for_staff(
    made: Class, by_staff: StaffReview
) -> None:
    session, exchange, author, teacher = made.session, made.exchange, made.people[0], made.teacher.person_id
    helper = make_member(session, made.course, Role.ASSISTANT).person_id
    say(made, by_staff, author, "Which paragraph?")
    assert lines(made, by_staff, teacher, "staff")[0][2]
    assert not lines(made, by_staff, helper, "staff")[0][2]

    about: dict[str, Any] = {"staff_review_id": by_staff.id, "now": LATER}
    operations.note_staff_heard(session, exchange, staff=helper, **about)
    assert not lines(made, by_staff, author, "author")[0][3]
    operations.note_staff_heard(session, exchange, staff=teacher, **about)
    assert lines(made, by_staff, author, "author")[0][3]

    soon = LATER + timedelta(minutes=1)
    say(made, by_staff, teacher, "The second.", is_staff=True, now=soon)
    assert lines(made, by_staff, author, "author")[1][2]
    operations.note_heard(session, exchange, person=author, now=soon)
    assert not lines(made, by_staff, author, "author")[1][2]


def test_classmates_neither_read_nor_write_it(made: Class, by_staff: StaffReview) -> None:
    stranger = made.people[1]

    with pytest.raises(errors.NoSuchFeedback):
        say(made, by_staff, stranger, "Me too.")
    with pytest.raises(errors.NoSuchFeedback):
        mark(made, by_staff, stranger, "use")
    with pytest.raises(errors.NoSuchFeedback):
        operations.thank_staff(made.session, made.exchange, author=stranger, staff_review_id=by_staff.id, now=LATER)
    with pytest.raises(errors.NoSuchFeedback):
        mark(made, by_staff, made.teacher.person_id, "use")


def test_the_same_words_twice_are_one_message_and_there_is_a_limit(made: Class, by_staff: StaffReview) -> None:
    author, teacher = made.people[0], made.teacher.person_id

    assert say(made, by_staff, author, "Which?").id == say(made, by_staff, author, "Which?").id
    with pytest.raises(errors.EmptyMessage):
        say(made, by_staff, author, " \x00 ")
    with pytest.raises(errors.TooLong):
        say(made, by_staff, author, "x" * (rules.LONGEST_COMMENT + 1))
    for number in range(rules.MOST_MESSAGES - 1):
        say(made, by_staff, (teacher, author)[number % 2], f"Number {number}", is_staff=number % 2 == 0)
    with pytest.raises(errors.ThreadFull):
        say(made, by_staff, author, "One too many")


def test_its_writer_alone_changes_a_message_and_only_for_some_minutes(made: Class, by_staff: StaffReview) -> None:
    author, teacher = made.people[0], made.teacher.person_id
    message = say(made, by_staff, author, "Tanks.")

    def edit(writer: int, after: timedelta, **values: Any) -> Message:
        return operations.edit_message_about_staff_review(
            made.session,
            made.exchange,
            writer=writer,
            staff_review_id=by_staff.id,
            message_id=message.id,
            body="Thanks.",
            now=LATER + after,
            **values,
        )

    with pytest.raises(errors.NoSuchMessage):
        edit(teacher, timedelta(), is_staff=True)
    with pytest.raises(errors.TooLateToEdit):
        edit(author, rules.EDIT_FOR)
    assert edit(author, timedelta(minutes=1)).body == "Thanks."


def test_it_goes_on_after_closing_and_after_sealing(session: Session) -> None:
    """Nobody's name is at stake between an author and their teacher."""
    made = make_class(session, learners=3, reviews=1, anonymity=rules.SEALED)
    all_hand_in(made)
    for person in made.people:
        review(made, person)
    about = feedback_by_staff(made, made.people[0])
    say(made, about, made.people[0], "Before.")
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    operations.seal(session, made.exchange, now=LATER)
    session.expire_all()

    say(made, about, made.people[0], "After.")
    say(made, about, made.teacher.person_id, "Indeed.", is_staff=True)

    assert [each[:2] for each in lines(made, about, made.teacher.person_id, "staff")] == [
        (made.learners[0].person.name, "Before."),
        (made.learners[0].person.name, "After."),
        ("You", "Indeed."),
    ]


# Marks and thanks


def test_each_comment_is_used_kept_for_later_or_disagreed_with(made: Class, by_staff: StaffReview) -> None:
    """Pain 33: much feedback is never used."""
    author, (clarity, advice) = made.people[0], made.exchange.criteria

    mark(made, by_staff, author, "use", part=clarity.id)
    mark(made, by_staff, author, "later", part=advice.id)
    with pytest.raises(errors.WhyMissing):
        mark(made, by_staff, author, "disagree", reason=" ")
    mark(made, by_staff, author, "disagree", reason="It is meant to be short.")

    (found,) = queries.staff_reviews_of(made.session, made.exchange, author)
    assert [(each.criterion_id, each.mark, each.reason) for each in found.row.marks] == [
        (clarity.id, "use", ""),
        (advice.id, "later", ""),
        (None, "disagree", "It is meant to be short."),
    ]
    talk = Talk(exchange=made.exchange, person_id=author, now=LATER)
    assert [(talk.about(each, about), talk.comment(about, each)) for about, each in talk.plan((), (found,))] == [
        ("Clarity", "Say where."),
        ("Advice", "Say where."),
    ]


def test_nothing_is_decided_about_a_comment_that_is_not_there(made: Class) -> None:
    about = feedback_by_staff(made, made.people[0], advice_alone=True)

    with pytest.raises(errors.NoSuchMark):
        mark(made, about, made.people[0], "use", part=made.exchange.criteria[0].id)
    with pytest.raises(errors.NoSuchMark):
        mark(made, about, made.people[0], "use", part=rules.NotePart(1))


def test_what_is_used_and_thanked_for_is_told_to_whoever_gave_it_once(made: Class, by_staff: StaffReview) -> None:
    session, exchange, author = made.session, made.exchange, made.people[0]
    about: dict[str, Any] = {"author": author, "staff_review_id": by_staff.id}
    mark(made, by_staff, author, "later")

    for is_done in (True, True, False):
        operations.tick_off_staff_comment(session, exchange, part=None, is_done=is_done, now=LATER, **about)
    row = operations.tick_off_staff_comment(session, exchange, part=None, is_done=True, now=LATER, **about)
    for _ in range(2):
        operations.thank_staff(session, exchange, now=LATER, **about)

    assert (row.mark, row.done_version) == ("use", 2)
    assert sorted(told(made, made.teacher.person_id)) == ["staff_thanked", "staff_used"]
    operations.take_thanks_back_from_staff(session, exchange, **about)
    assert session.get_one(StaffReview, by_staff.id).thanks is None


def test_a_comment_that_staff_take_out_leaves_the_plan(made: Class, by_staff: StaffReview) -> None:
    author, (clarity, advice) = made.people[0], made.exchange.criteria
    for part in (clarity.id, advice.id):
        mark(made, by_staff, author, "use", part=part)
    mark(made, by_staff, author, "disagree", reason="It is meant to be short.")

    feedback_by_staff(made, author, advice_alone=True)

    left = made.session.scalars(select(Mark).order_by(Mark.id))
    assert [(each.criterion_id, each.reason) for each in left] == [
        (advice.id, ""),
        (None, "It is meant to be short."),
    ]


def test_marks_on_feedback_by_staff_count_for_no_grade(made: Class, by_staff: StaffReview) -> None:
    options = rules.GradingOptions(using=50)
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)

    mark(made, by_staff, made.people[0], "use")

    assert used_counts(made.session, made.exchange) == {}


def test_feedback_that_was_answered_is_changed_and_not_taken_back(made: Class, by_staff: StaffReview) -> None:
    """Nobody's words are lost by what somebody else does."""
    author, facts = made.people[0], {"by": made.teacher.person_id, "now": LATER}
    said = say(made, by_staff, author, "Which paragraph?")

    with pytest.raises(errors.TalkedAbout):
        operations.take_staff_review_back(made.session, made.exchange, author=author, **facts)  # type: ignore[arg-type]
    feedback_by_staff(made, author, comment="The second.")

    assert made.session.get_one(Message, said.id).body == "Which paragraph?"
    other = feedback_by_staff(made, made.people[1])
    mark(made, other, made.people[1], "use")
    operations.take_staff_review_back(made.session, made.exchange, author=made.people[1], **facts)  # type: ignore[arg-type]
    assert made.session.scalars(select(Mark)).all() == []


# Groups, and people who look at their own work first


def test_everybody_of_a_group_reads_answers_and_is_told(session: Session) -> None:
    made, ((amara, bo), (other, _mate)) = in_teams(session, 2, 2)
    hand_in(made, amara)
    about = feedback_by_staff(made, bo)

    say(made, about, bo, "Which paragraph?")
    say(made, about, made.teacher.person_id, "The second.", is_staff=True)

    name = next(each.person.name for each in made.learners if each.person_id == bo)
    assert lines(made, about, amara, "author")[0][0] == name
    assert told(made, amara) == told(made, bo) == ["staff_feedback", "staff_wrote"]
    with pytest.raises(errors.NoSuchFeedback):
        say(made, about, other, "Not ours.")


def test_who_looks_at_their_own_work_first_hears_nothing_before(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    options = rules.SelfAssessmentOptions(when=rules.BEFORE)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    all_hand_in(made)
    author = made.people[0]
    review(made, made.people[1])
    about = feedback_by_staff(made, author)

    say(made, about, made.teacher.person_id, "One more thing.", is_staff=True)
    with pytest.raises(errors.NoSuchFeedback):
        say(made, about, author, "What?")

    assert "staff_wrote" not in told(made, author)


# Privacy


def test_what_was_said_is_handed_out_and_forgotten_each_side_on_its_own(made: Class, by_staff: StaffReview) -> None:
    session, exchange, author, teacher = made.session, made.exchange, made.people[0], made.teacher.person_id
    say(made, by_staff, author, "Which paragraph?")
    say(made, by_staff, teacher, "The second.", is_staff=True)
    mark(made, by_staff, author, "disagree", reason="It is meant to be short.")
    operations.thank_staff(session, exchange, author=author, staff_review_id=by_staff.id, now=LATER)

    handed = privacy.export_person(session, author)
    assert [(each["staff_review"], each["body"]) for each in handed["messages"]] == [(by_staff.id, "Which paragraph?")]
    (received,) = handed["reviews_by_staff"]
    assert [each["reason"] for each in received["marks"]] == ["It is meant to be short."]
    assert received["thanked"]
    (given,) = privacy.export_person(session, teacher)["reviews_as_staff"]
    assert given["comment"] == "Good work."

    privacy.forget_person(session, author, now=LATER, storage=DatabaseStorage())

    session.expire_all()
    assert session.scalars(select(Message.body)).all() == ["The second."]
    assert session.scalars(select(Mark)).all() == []
    assert session.get_one(StaffReview, by_staff.id).thanks is None
