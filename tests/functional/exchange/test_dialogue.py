"""From feedback to action: threads, marks, thanks, the charter, flags, and a second look."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import (
    Appraisal,
    CharterConsent,
    Feedback,
    FeedbackRevision,
    Flag,
    Hiding,
    Mark,
    Message,
    Release,
    Thanks,
)
from lti_tool.exchange.talk import Talk
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, make_class, make_words, review, take

LATER = BEGUN + timedelta(minutes=5)
RULES = ("Specific.", "Kind.", "It ends with a next step.")


@pytest.fixture
def made(session: Session) -> Class:
    """Three people who have handed in, one review each; the first has reviewed somebody."""
    found = make_class(session, learners=3, reviews=1)
    all_hand_in(found)
    review(found, found.people[0])
    return found


@pytest.fixture
def feedback(made: Class) -> Feedback:
    return made.session.scalars(select(Feedback)).one()


@pytest.fixture
def author(feedback: Feedback) -> int:
    found = feedback.offer.submission.author_id
    assert found is not None
    return found


@pytest.fixture
def reviewer(made: Class) -> int:
    return made.people[0]


@pytest.fixture
def stranger(made: Class, author: int, reviewer: int) -> int:
    return next(each for each in made.people if each not in (author, reviewer))


def say(made: Class, feedback: Feedback, writer: int, body: str, **values: Any) -> Message:
    facts: dict[str, Any] = {"writer": writer, "feedback_id": feedback.id, "body": body, "now": LATER}
    return operations.say(made.session, made.exchange, **facts | values)


# Threads


def test_author_and_reviewer_talk_freely_and_staff_join_as_staff(
    made: Class, feedback: Feedback, author: int, reviewer: int
) -> None:
    for writer, body in ((author, "Which?"), (reviewer, "The first."), (reviewer, "Or both."), (author, "Thanks.")):
        say(made, feedback, writer, body)
    say(made, feedback, made.teacher.person_id, "Well asked.", is_staff=True)

    found = queries.said_about(queries.with_dialogue(made.session, feedback.id))
    assert [each.side for each in found] == ["author", "reviewer", "reviewer", "author", "staff"]


def test_a_thread_belongs_to_one_feedback_and_nobody_else_reads_or_writes_it(session: Session) -> None:
    """Pain 34: one author reply saved to several reviewers."""
    made = make_class(session, learners=3, reviews=2)
    all_hand_in(made)
    for _ in range(2):
        for person in made.people:
            review(made, person)
    author = made.people[0]
    one, other = (each for each in session.scalars(select(Feedback)) if each.offer.submission.author_id == author)
    say(made, one, author, "To the first only.")

    assert [each.body for each in queries.said_about(queries.with_dialogue(session, one.id))] == ["To the first only."]
    assert queries.said_about(queries.with_dialogue(session, other.id)) == ()
    with pytest.raises(errors.NoSuchFeedback):
        say(made, one, other.offer.reviewer_id or 0, "Not mine to say.")


def test_words_are_needed_and_there_is_a_limit(
    made: Class, feedback: Feedback, author: int, reviewer: int, stranger: int
) -> None:
    with pytest.raises(errors.EmptyMessage):
        say(made, feedback, author, " \x00 ")
    with pytest.raises(errors.TooLong):
        say(made, feedback, author, "x" * (rules.LONGEST_COMMENT + 1))
    with pytest.raises(errors.NoSuchFeedback):
        say(made, feedback, stranger, "Not mine.")
    for number in range(rules.MOST_MESSAGES):
        say(made, feedback, (author, reviewer)[number % 2], f"Number {number}")
    with pytest.raises(errors.ThreadFull):
        say(made, feedback, author, "One too many")


def test_a_message_goes_on_after_closing(made: Class, feedback: Feedback, author: int) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert say(made, feedback, author, "Thank you.").body == "Thank you."


def test_its_writer_alone_changes_a_message_and_only_for_some_minutes(
    made: Class, feedback: Feedback, author: int, reviewer: int
) -> None:
    message = say(made, feedback, author, "Tanks.")

    def edit(writer: int, body: str, after: timedelta) -> Message:
        return operations.edit_message(
            made.session,
            made.exchange,
            writer=writer,
            feedback_id=feedback.id,
            message_id=message.id,
            body=body,
            now=LATER + after,
        )

    assert edit(author, "Thanks.", timedelta(minutes=1)).edited_at == LATER + timedelta(minutes=1)
    with pytest.raises(errors.NoSuchMessage):
        edit(reviewer, "Mine now.", timedelta(minutes=1))
    with pytest.raises(errors.TooLateToEdit):
        edit(author, "Something else.", rules.EDIT_FOR)
    assert message.body == "Thanks."


def test_who_has_read_what_is_noted(made: Class, feedback: Feedback, author: int, reviewer: int) -> None:
    say(made, feedback, author, "Which?")

    def news(side: str, person: int) -> bool:
        return queries.has_news(queries.with_dialogue(made.session, feedback.id), side, person)

    assert news("reviewer", reviewer)
    assert not news("author", author)
    operations.note_reply_heard(made.session, made.exchange, reviewer=reviewer, feedback_id=feedback.id, now=LATER)
    assert not news("reviewer", reviewer)
    say(made, feedback, reviewer, "The first.", now=LATER + timedelta(minutes=1))
    assert news("author", author)
    operations.note_heard(made.session, made.exchange, person=author, now=LATER + timedelta(minutes=2))
    assert not news("author", author)


def test_behind_masks_nobody_is_told_the_minute_in_which_they_were_read(
    made: Class, feedback: Feedback, author: int, reviewer: int
) -> None:
    say(made, feedback, author, "Which?")
    operations.note_reply_heard(made.session, made.exchange, reviewer=reviewer, feedback_id=feedback.id, now=LATER)
    found = queries.with_dialogue(made.session, feedback.id)

    def is_read(after: timedelta, *, is_masked: bool) -> bool:
        (line,) = queries.lines_of(found, "author", author, now=LATER + after, is_masked=is_masked)
        return line.is_read

    assert is_read(timedelta(minutes=1), is_masked=False)
    assert not is_read(timedelta(minutes=1), is_masked=True)
    assert is_read(timedelta(days=1), is_masked=True)


# Marks and the plan (pain 33)


def mark(made: Class, feedback: Feedback, author: int, part: int | None, choice: str, reason: str = "") -> Mark:
    return operations.mark_comment(
        made.session,
        made.exchange,
        author=author,
        feedback_id=feedback.id,
        part=part,
        mark=choice,
        reason=reason,
        now=LATER,
    )


def test_each_comment_is_used_kept_for_later_or_disagreed_with_and_that_can_change(
    made: Class, feedback: Feedback, author: int, stranger: int, reviewer: int
) -> None:
    clarity, advice = (each.id for each in made.exchange.criteria)
    mark(made, feedback, author, clarity, "later")
    mark(made, feedback, author, advice, "disagree", "It is meant to be short.")
    mark(made, feedback, author, None, "use")
    mark(made, feedback, author, clarity, "use", "a reason that nobody asked for")

    found = queries.with_dialogue(made.session, feedback.id)
    assert {(each.part, each.mark, each.reason) for each in found.marks} == {
        (str(clarity), "use", ""),
        (str(advice), "disagree", "It is meant to be short."),
        ("overall", "use", ""),
    }
    assert [each.part for _, each in queries.plan_items([found])] == [str(clarity), "overall"]
    with pytest.raises(errors.WhyMissing):
        mark(made, feedback, author, clarity, "disagree", "  ")
    for person in (stranger, reviewer):
        with pytest.raises(errors.NoSuchFeedback):
            mark(made, feedback, person, clarity, "use")
    with pytest.raises(errors.NoSuchMark):
        mark(made, feedback, author, 999_999, "use")


def test_what_is_ticked_off_belongs_to_the_next_version(made: Class, feedback: Feedback, author: int) -> None:
    clarity, advice = (each.id for each in made.exchange.criteria)
    mark(made, feedback, author, clarity, "later")
    mark(made, feedback, author, advice, "disagree", "No.")

    def tick(part: int | None, *, is_done: bool = True) -> Mark:
        return operations.tick_off(
            made.session,
            made.exchange,
            author=author,
            feedback_id=feedback.id,
            part=part,
            is_done=is_done,
            now=LATER,
        )

    done = tick(clarity)
    assert (done.mark, done.seen_version, done.done_version) == ("use", 1, 2)
    assert tick(clarity, is_done=False).done_version is None
    for part in (advice, None):
        with pytest.raises(errors.NoSuchMark):
            tick(part)


# Thanks and the rules of the class


@pytest.fixture
def chartered(made: Class) -> Class:
    operations.set_options(
        made.session,
        made.exchange,
        rules.CharterOptions(enabled=True, rules=RULES),
        by=made.teacher.person_id,
        now=BEGUN,
    )
    return made


def test_thanks_are_given_once_and_counted_for_the_class(chartered: Class, feedback: Feedback, author: int) -> None:
    about: dict[str, Any] = {"author": author, "feedback_id": feedback.id}
    for rule in ("", "Kind.", "Kind."):
        operations.thank(chartered.session, chartered.exchange, rule=rule, now=LATER, **about)

    assert chartered.session.scalars(select(Thanks.rule)).all() == ["Kind."]
    for person in chartered.people:
        assert queries.standing(chartered.session, chartered.exchange, person, now=LATER).thanks == 1
    with pytest.raises(errors.UnknownRule):
        operations.thank(chartered.session, chartered.exchange, rule="Long.", now=LATER, **about)
    operations.take_thanks_back(chartered.session, chartered.exchange, **about, now=BEGUN)
    assert chartered.session.scalars(select(Thanks)).all() == []


def test_authors_look_at_feedback_by_the_rules_as_they_read_then(
    chartered: Class, feedback: Feedback, author: int
) -> None:
    operations.appraise(
        chartered.session,
        chartered.exchange,
        author=author,
        feedback_id=feedback.id,
        verdicts={0: "yes", 2: "no"},
        note="Where should I begin?",
        now=LATER,
    )

    found = chartered.session.scalars(select(Appraisal)).one()
    assert found.ratings == [{"rule": RULES[0], "verdict": "yes"}, {"rule": RULES[2], "verdict": "no"}]


def test_who_agreed_to_other_words_is_asked_again(chartered: Class, reviewer: int) -> None:
    def agrees() -> bool:
        return queries.consent_of(chartered.session, chartered.exchange, reviewer) is not None

    assert not agrees()
    for _ in range(2):
        operations.agree_to_charter(chartered.session, chartered.exchange, person=reviewer, now=LATER)
    assert agrees()
    changed = rules.CharterOptions(enabled=True, rules=(*RULES, "Short."))
    operations.set_options(chartered.session, chartered.exchange, changed, by=chartered.teacher.person_id, now=LATER)
    assert not agrees()
    assert len(chartered.session.scalars(select(CharterConsent)).all()) == 1


# Flags


def flag(made: Class, by: int, kind: str, thing_id: int) -> Flag:
    return operations.flag(
        made.session, made.exchange, by=by, kind=kind, thing_id=thing_id, reason="hurtful", words="Ouch.", now=LATER
    )


def test_a_flag_is_raised_once_by_those_whom_it_concerns(
    made: Class, feedback: Feedback, author: int, reviewer: int, stranger: int
) -> None:
    message = say(made, feedback, reviewer, "You never listen.")

    first = flag(made, author, "feedback", feedback.id)
    assert flag(made, author, "feedback", feedback.id).id == first.id
    assert flag(made, author, "message", message.id).message_id == message.id
    assert flag(made, reviewer, "work", feedback.offer_id).submission_id == feedback.offer.submission_id
    for by, kind, thing in (
        (stranger, "feedback", feedback.id),
        (reviewer, "feedback", feedback.id),
        (reviewer, "message", message.id),
        (author, "work", feedback.offer_id),
        (stranger, "message", message.id),
        (stranger, "work", feedback.offer_id),
    ):
        with pytest.raises(errors.NoSuchFeedback):
            flag(made, by, kind, thing)
    assert queries.open_flags(made.session, made.exchange) == 3


def test_every_look_and_every_decision_about_a_flag_is_a_row(made: Class, feedback: Feedback, author: int) -> None:
    raised, by = flag(made, author, "feedback", feedback.id), made.teacher.person_id
    look: dict[str, Any] = {"flag_id": raised.id, "by": by, "now": LATER}
    for _ in range(2):
        operations.note_look(made.session, made.exchange, **look)
    for decision, note in (("hide", "Said in anger."), ("keep", "")):
        operations.decide(made.session, made.exchange, decision=decision, note=note, told="Thank you.", **look)

    found = queries.flag_with(made.session, made.exchange, raised.id)
    assert found is not None
    assert [(each.act, each.by_id) for each in found.flag.acts] == [("looked", by), ("hide", by), ("keep", by)]
    (mine,) = queries.standing(made.session, made.exchange, author, now=LATER).flags
    assert (mine["decision"], mine["told"]) == ("keep", "Thank you.")
    assert made.session.scalars(select(Hiding)).all() == []
    with pytest.raises(errors.WhyMissing):
        operations.decide(made.session, made.exchange, decision="hide", **look)


def test_hidden_feedback_is_out_of_its_authors_reach(made: Class, feedback: Feedback, author: int) -> None:
    raised = flag(made, author, "feedback", feedback.id)
    operations.decide(
        made.session,
        made.exchange,
        flag_id=raised.id,
        by=made.teacher.person_id,
        decision="hide",
        note="Said in anger.",
        now=LATER,
    )

    assert queries.part_in(made.session, made.exchange, author, feedback.id, now=BEGUN) is None
    with pytest.raises(errors.NoSuchFeedback):
        say(made, feedback, author, "Why?")


def test_hidden_feedback_counts_no_more_unless_staff_say_so(made: Class, feedback: Feedback, author: int) -> None:
    """Pain 38: which reviews counted is unclear."""
    session, exchange = made.session, made.exchange
    raised = flag(made, author, "feedback", feedback.id)
    decide: dict[str, Any] = {"flag_id": raised.id, "by": made.teacher.person_id, "now": LATER}
    assert session.get(Release, (exchange.id, author)) is not None

    operations.decide(session, exchange, decision="hide", note="Said in anger.", **decide)
    assert queries.grades_of(session, exchange)[author].none_because == "no_feedback"
    assert session.get(Release, (exchange.id, author), populate_existing=True) is None
    (received,) = queries.student_page(session, exchange, author, now=LATER).received
    assert received.not_counted == "Said in anger."

    operations.decide(session, exchange, decision="hide", note="Said in anger.", counts=True, **decide)
    assert queries.grades_of(session, exchange)[author].score == 10.0
    assert session.get(Release, (exchange.id, author), populate_existing=True) is not None

    operations.decide(session, exchange, decision="hide", note="Said in anger.", **decide)
    change = queries.Change(counting=feedback.id)
    operations.regrade(session, exchange, change, reason="It is right.", by=made.teacher.person_id, now=LATER)
    assert queries.grades_of(session, exchange)[author].score == 10.0
    assert session.scalars(select(Hiding)).one().counts

    operations.decide(session, exchange, decision="keep", **decide)
    assert queries.grades_of(session, exchange)[author].score == 10.0


def test_reviewers_far_apart_in_numbers_look_again_and_the_mirror_shows_numbers(session: Session) -> None:
    """Pain 35, where criteria have no levels."""
    scale = rules.Scale(lowest=0, highest=10, step=1)
    criteria = (
        rules.CriterionPlan(title="Depth", kind=rules.NUMBER, scale=scale, comment=rules.OPTIONAL),
        rules.CriterionPlan(title="Sources", kind=rules.YES_NO, comment=rules.OPTIONAL),
    )
    made = make_class(session, learners=4, reviews=3, criteria=criteria)
    all_hand_in(made)
    depth, sources = made.exchange.criteria
    for _ in range(3):
        for person in made.people:
            number, yes = (2.0, 0.0) if person == made.people[0] else (8.0, 1.0)
            words = rules.Words(
                answers={
                    depth.id: rules.AnswerWords(level_id=None, comment="", number=number),
                    sources.id: rules.AnswerWords(level_id=None, comment="", number=yes),
                },
                comment="Look at the second paragraph.",
            )
            offer = take(made, person)
            operations.give_feedback(session, made.exchange, reviewer=person, offer_id=offer.id, words=words, now=BEGUN)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=LATER)

    mine = queries.standing(session, made.exchange, made.people[0], now=LATER)
    assert len(mine.invited) == 3
    assert [each.value for each in mine.leanings] == [-6.0, -1.0]
    talk = Talk(exchange=made.exchange, person_id=made.people[0], now=LATER)
    assert [talk.leaning(each) for each in mine.leanings] == [
        "On Depth you mark 6 points below the others.",
        "On Sources you say yes less often than the others.",
    ]
    assert {each.needs_human for each in queries.disagreements(session, made.exchange, now=LATER)} == {True}


def test_a_reviewer_who_is_asked_rewrites_and_the_first_words_are_kept(
    made: Class, feedback: Feedback, author: int, reviewer: int
) -> None:
    """Pain 31: staff cannot say anything about the quality of a review."""
    words = make_words(made.exchange, level=0, comment="More kindly.")
    revise: dict[str, Any] = {"reviewer": reviewer, "offer_id": feedback.offer_id, "words": words}
    with pytest.raises(errors.NotAsked):
        operations.revise_feedback(made.session, made.exchange, now=LATER, **revise)
    raised = flag(made, author, "feedback", feedback.id)
    operations.decide(
        made.session,
        made.exchange,
        flag_id=raised.id,
        by=made.teacher.person_id,
        decision="rewrite",
        note="Say what to do next.",
        now=LATER,
    )

    revised = operations.revise_feedback(made.session, made.exchange, now=LATER, **revise)

    assert revised.words == words
    kept = made.session.scalars(select(FeedbackRevision)).one()
    assert (kept.cause, rules.Words.from_dict(kept.words)) == ("asked", make_words(made.exchange))
    assert made.session.scalars(select(Release.score)).one() == 0
    again = make_words(made.exchange, comment="Once more.")
    with pytest.raises(errors.NotAsked):
        operations.revise_feedback(made.session, made.exchange, now=LATER, **{**revise, "words": again})


# Strong disagreement (pain 35)


@pytest.fixture
def apart(session: Session) -> tuple[Class, Feedback, Feedback]:
    """Two reviewers of one work at the two ends of the scale."""
    made = make_class(session, learners=3, reviews=2)
    all_hand_in(made)
    author, one, other = made.people
    found = []
    for person, level in ((one, 0), (other, -1)):
        for _ in range(2):
            offer = take(made, person)
            given = give(made, offer, level=level if offer.submission.author_id == author else 1)
            if offer.submission.author_id == author:
                found.append(given)
    low, high = found
    return made, low, high


def test_two_reviewers_far_apart_read_each_others_reasons_and_one_revises(
    apart: tuple[Class, Feedback, Feedback],
) -> None:
    made, low, high = apart
    session, exchange = made.session, made.exchange

    assert [each.id for each in queries.differing(session, exchange, low)] == [high.id]
    assert [each.id for each in queries.differing(session, exchange, high)] == [low.id]
    (found,) = queries.disagreements(session, exchange, now=LATER)
    assert (found.shares, found.looked_again, found.needs_human) == ((0.0, 1.0), 0, False)
    assert queries.standing(session, exchange, low.offer.reviewer_id or 0, now=LATER).invited == {low.id}

    operations.revise_feedback(
        session,
        exchange,
        reviewer=low.offer.reviewer_id or 0,
        offer_id=low.offer_id,
        words=make_words(exchange, level=-1),
        now=LATER,
    )

    assert queries.disagreements(session, exchange, now=LATER) == ()
    assert session.scalars(select(FeedbackRevision.cause)).all() == ["disagreement"]


def test_where_both_stay_far_apart_a_human_is_needed(apart: tuple[Class, Feedback, Feedback]) -> None:
    made, *both = apart
    for each in both:
        stay: dict[str, Any] = {"reviewer": each.offer.reviewer_id or 0, "offer_id": each.offer_id, "now": LATER}
        for _ in range(2):
            operations.stay_with_it(made.session, made.exchange, note="I counted.", **stay)
        with pytest.raises(errors.LookedAlready):
            operations.stay_with_it(made.session, made.exchange, note="And again.", **stay)
        with pytest.raises(errors.LookedAlready):
            operations.revise_feedback(made.session, made.exchange, words=make_words(made.exchange, level=1), **stay)

    (found,) = queries.disagreements(made.session, made.exchange, now=LATER)
    assert (found.looked_again, found.needs_human) == (2, True)
    told = made.session.scalars(select(Notice).where(Notice.kind == "still_apart")).all()
    assert [each.person_id for each in told] == [made.teacher.person_id]


def test_staff_hear_of_it_where_a_revision_leaves_both_far_apart_and_not_where_it_does_not(
    apart: tuple[Class, Feedback, Feedback],
) -> None:
    made, low, high = apart
    session, exchange = made.session, made.exchange
    told = select(Notice.person_id).where(Notice.kind == "still_apart")
    operations.stay_with_it(
        session, exchange, reviewer=high.offer.reviewer_id or 0, offer_id=high.offer_id, note="I counted.", now=LATER
    )
    assert session.scalars(told).all() == []
    facts: dict[str, Any] = {"reviewer": low.offer.reviewer_id or 0, "offer_id": low.offer_id, "now": LATER}

    operations.revise_feedback(session, exchange, words=make_words(exchange, level=-1), **facts)

    assert session.scalars(told).all() == []


def test_nobody_is_asked_where_the_teacher_says_no(apart: tuple[Class, Feedback, Feedback]) -> None:
    made, low, _high = apart
    options = rules.DialogueOptions(second_look=False)
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=LATER)

    assert queries.disagreements(made.session, made.exchange, now=LATER) == ()
    with pytest.raises(errors.NotAsked):
        operations.stay_with_it(
            made.session,
            made.exchange,
            reviewer=low.offer.reviewer_id or 0,
            offer_id=low.offer_id,
            note="I counted.",
            now=LATER,
        )


# What the journal and a forgotten person leave


def test_the_journal_tells_neither_words_nor_the_other_side(
    chartered: Class, feedback: Feedback, author: int, reviewer: int
) -> None:
    """Pain 22: names that leak through another door."""
    say(chartered, feedback, author, "Which?")
    mark(chartered, feedback, author, None, "disagree", "My reason.")
    flag(chartered, author, "feedback", feedback.id)

    for entry in chartered.session.scalars(select(Entry).where(Entry.person_id == author)):
        facts = entry.particulars
        assert not {"reviewer_id", "author_id", "reviewer", "author"} & facts.keys()
        assert "My reason." not in str(facts)
        assert "Which?" not in str(facts)


def test_a_forgotten_author_takes_their_own_words_along_and_nobody_elses(
    chartered: Class, feedback: Feedback, author: int, reviewer: int
) -> None:
    say(chartered, feedback, author, "Which?")
    say(chartered, feedback, reviewer, "The first.")
    mark(chartered, feedback, author, None, "disagree", "My reason.")
    flag(chartered, author, "feedback", feedback.id)
    export = privacy.export_person(chartered.session, author)

    privacy.forget_person(chartered.session, author, now=LATER, storage=DatabaseStorage())

    assert [each["body"] for each in export["messages"]] == ["Which?"]
    assert export["flags"][0]["words"] == "Ouch."
    session = chartered.session
    assert session.scalars(select(Message.body)).all() == ["The first."]
    assert session.scalars(select(Mark)).all() == []
    session.expire_all()
    left = session.scalars(select(Flag)).one()
    assert (left.by_id, left.words) == (None, "")
