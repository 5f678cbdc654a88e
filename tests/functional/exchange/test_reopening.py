"""One work, or one given review, opened once more: whatever else holds, for one person, until a date."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Feedback, FeedbackRevision, Reopening
from lti_tool.exchange.rules import LateOptions
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, make_words, review, take, work_of

DAY = timedelta(days=1)
UNTIL = BEGUN + 3 * DAY


@pytest.fixture
def made(session: Session) -> Class:
    """Three learners who handed in, one review each."""
    made = make_class(session, learners=3, reviews=1)
    all_hand_in(made)
    return made


def reopen(made: Class, person: int) -> Reopening:
    return operations.reopen_work(
        made.session,
        made.exchange,
        person=person,
        until=UNTIL,
        reason="The wrong file.",
        by=made.teacher.person_id,
        now=BEGUN,
    )


def reopen_review(made: Class, feedback: Feedback) -> Reopening:
    return operations.reopen_review(
        made.session,
        made.exchange,
        feedback_id=feedback.id,
        until=UNTIL,
        reason="It was about another work.",
        by=made.teacher.person_id,
        now=BEGUN,
    )


def close(made: Class) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)


def hand_in_anew(made: Class, person: int, *, note: str = "The right file.") -> None:
    operations.submit_work(
        made.session, made.exchange, author=person, body="Anew.", base_revision=None, now=BEGUN + DAY, note=note
    )


def revise(made: Class, feedback: Feedback, *, level: int = 0, days: int = 1) -> None:
    reviewer = feedback.offer.reviewer_id
    assert reviewer is not None
    words = make_words(made.exchange, level=level, comment="Now about this work.")
    operations.revise_feedback(
        made.session,
        made.exchange,
        reviewer=reviewer,
        offer_id=feedback.offer_id,
        words=words,
        now=BEGUN + days * DAY,
    )


def told(made: Class, kind: str) -> list[int]:
    return list(made.session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def reader_of(made: Class, author: int) -> int:
    """Somebody who has the work of *author* in hand."""
    for person in made.people:
        if person != author and take(made, person).submission.author_id == author:
            return person
    raise AssertionError


def test_a_work_that_is_being_reviewed_gets_a_new_version_beside_the_old_one(made: Class) -> None:
    """Pain 39: a mistake is put right; pain 17."""
    author = made.people[0]
    reader = reader_of(made, author)
    with pytest.raises(errors.WorkIsBeingReviewed):
        hand_in_anew(made, author)

    reopen(made, author)
    with pytest.raises(errors.NoteMissing):
        hand_in_anew(made, author, note="")
    hand_in_anew(made, author)

    (mine,) = queries.student_page(made.session, made.exchange, reader, now=BEGUN + DAY).reviews
    assert (mine.version.number, mine.version.body) == (1, f"The work of {author}.")
    assert mine.newer is not None
    assert (mine.newer.body, mine.newer.note) == ("Anew.", "The right file.")
    assert told(made, "work_reopened") == [author]


def test_it_is_open_until_its_date_and_to_nobody_else(made: Class) -> None:
    author, other = made.people[:2]
    reopen(made, author)
    close(made)

    def why_not(person: int, days: int) -> str | None:
        windows = queries.windows_of(made.session, made.exchange, person)
        return windows.why_not_hand_in(BEGUN + days * DAY)

    assert [why_not(author, days) for days in (1, 3, 4)] == [None, None, "closed"]
    assert why_not(other, 1) == "closed"


def test_after_closing_somebody_hands_in_at_last(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    late = made.people[0]
    hand_in(made, made.people[1])
    close(made)
    with pytest.raises(errors.NotOpen):
        hand_in(made, late)

    reopen(made, late)
    hand_in_anew(made, late)

    assert work_of(made, late).body == "Anew."
    assert queries.student_page(session, made.exchange, late, now=BEGUN + DAY).step == "closed"


def test_where_late_work_is_refused_one_may_still_be_opened(session: Session) -> None:
    made = make_class(session, submit_by=BEGUN)
    options = LateOptions(work=rules.REFUSED)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    author = made.people[0]

    reopen(made, author)
    page = queries.student_page(session, made.exchange, author, now=BEGUN + DAY)
    hand_in_anew(made, author)

    assert page.step == "submit"
    assert work_of(made, author).submitted_at == BEGUN + DAY


def test_taken_back_it_is_closed_and_what_was_handed_in_stays(made: Class) -> None:
    author = made.people[0]
    reader_of(made, author)
    reopening = reopen(made, author)
    hand_in_anew(made, author)

    for _ in range(2):
        operations.close_again(
            made.session, made.exchange, reopening_id=reopening.id, by=made.teacher.person_id, now=BEGUN + DAY
        )

    assert work_of(made, author).body == "Anew."
    with pytest.raises(errors.WorkIsBeingReviewed):
        operations.submit_work(
            made.session, made.exchange, author=author, body="More.", base_revision=None, now=BEGUN + DAY, note="More"
        )
    acts = made.session.scalars(select(Entry.act).where(Entry.act.startswith("reopening."))).all()
    assert sorted(acts) == ["reopening.made", "reopening.taken_back"]


def test_one_given_review_is_revised_and_its_author_told(made: Class) -> None:
    """Pain 17."""
    feedback = review(made, made.people[0])
    author = feedback.offer.submission.author_id
    with pytest.raises(errors.NotAsked):
        revise(made, feedback)

    reopen_review(made, feedback)
    revise(made, feedback)
    revise(made, feedback, level=1, days=2)

    assert feedback.words == make_words(made.exchange, level=1, comment="Now about this work.")
    causes = made.session.scalars(select(FeedbackRevision.cause)).all()
    assert causes == ["reopened", "reopened"]
    assert told(made, "review_reopened") == [made.people[0]]
    assert told(made, "feedback_revised") == [author, author]
    assert feedback.read_at is None
    with pytest.raises(errors.NotAsked):
        revise(made, feedback, days=4)


def test_a_review_is_revised_after_closing_and_the_grade_follows(made: Class) -> None:
    feedback = review(made, made.people[0])
    author = feedback.offer.submission.author_id
    assert author is not None
    close(made)
    before = queries.student_page(made.session, made.exchange, author, now=BEGUN).grade
    assert before is not None
    score = before.score

    reopen_review(made, feedback)
    revise(made, feedback)

    after = queries.student_page(made.session, made.exchange, author, now=BEGUN + DAY).grade
    assert (score, after.score if after is not None else None) == (10.0, 0.0)


def test_the_journal_of_an_opened_review_does_not_say_who_reviewed_whom(made: Class) -> None:
    feedback = review(made, made.people[0])

    reopening = reopen_review(made, feedback)

    (entry,) = made.session.scalars(select(Entry).where(Entry.act == "reopening.made"))
    assert entry.particulars == {"reopening_id": reopening.id}


def test_opening_anew_takes_the_place_of_what_was_open(made: Class) -> None:
    author = made.people[0]
    first = reopen(made, author)
    reopen(made, author)

    made.session.refresh(first)
    assert first.ended_at == BEGUN
    assert len(queries.reopenings(made.session, made.exchange, person_id=author)) == 2


def test_it_is_opened_for_later_for_a_reason_and_for_people_of_the_course(made: Class) -> None:
    common: dict[str, Any] = {"by": made.teacher.person_id, "now": BEGUN}
    with pytest.raises(errors.NotAhead):
        operations.reopen_work(made.session, made.exchange, person=made.people[0], until=BEGUN, reason="Why", **common)
    with pytest.raises(errors.ReasonMissing):
        operations.reopen_work(made.session, made.exchange, person=made.people[0], until=UNTIL, reason=" ", **common)
    with pytest.raises(errors.NoSuchPerson):
        operations.reopen_work(
            made.session, made.exchange, person=made.teacher.person_id, until=UNTIL, reason="Why", **common
        )
    with pytest.raises(errors.NoSuchFeedback):
        operations.reopen_review(made.session, made.exchange, feedback_id=4711, until=UNTIL, reason="Why", **common)
    with pytest.raises(errors.NoSuchReopening):
        operations.close_again(made.session, made.exchange, reopening_id=4711, **common)


def test_what_was_opened_for_somebody_is_theirs_and_goes_with_them(made: Class) -> None:
    author = made.people[0]
    reopen(made, author)

    export = privacy.export_person(made.session, author)
    privacy.forget_person(made.session, author, now=BEGUN, storage=DatabaseStorage())

    assert [(each["what"], each["reason"]) for each in export["opened_once_more"]] == [("work", "The wrong file.")]
    assert made.session.scalars(select(Reopening)).all() == []
