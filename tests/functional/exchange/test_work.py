"""Writing, attaching, handing in."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import DraftCopy
from lti_tool.files.errors import UnknownKind
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review, take, work_of

LATER = BEGUN + timedelta(hours=1)
STORAGE = DatabaseStorage()


@pytest.fixture
def made(session: Session) -> Class:
    return make_class(session)


def save(made: Class, body: str, *, base_revision: int) -> operations.Saved:
    return operations.save_draft(
        made.session, made.exchange, author=made.people[0], body=body, base_revision=base_revision, now=LATER
    )


def submit(made: Class, body: str) -> int:
    work = operations.submit_work(
        made.session, made.exchange, author=made.people[0], body=body, base_revision=None, now=LATER
    )
    return work.version


def attach(made: Class, data: bytes = b"Some notes.") -> int:
    file = operations.attach_file(
        made.session,
        made.exchange,
        author=made.people[0],
        data=data,
        now=LATER,
        storage=STORAGE,
        max_bytes=1000,
    )
    return file.id


def copies(made: Class) -> list[str]:
    return [each.content["body"] for each in made.session.scalars(select(DraftCopy).order_by(DraftCopy.id))]


def test_a_draft_is_saved_and_saving_it_again_changes_nothing(made: Class) -> None:
    first = save(made, "Once upon", base_revision=0)
    again = save(made, "Once upon", base_revision=0)

    assert (first.revision, again.revision) == (1, 1)
    assert not again.conflict
    assert work_of(made, made.people[0]).draft == "Once upon"
    assert work_of(made, made.people[0]).state == "draft"


def test_two_tabs_lose_nothing(made: Class) -> None:
    save(made, "Tab one", base_revision=0)
    other = save(made, "Tab two", base_revision=0)
    third = save(made, "Tab two, longer", base_revision=other.revision)

    assert other.conflict
    assert not third.conflict
    assert work_of(made, made.people[0]).draft == "Tab two, longer"
    assert copies(made) == ["Tab one"]


def test_a_kept_copy_can_be_taken_back_and_the_present_words_are_kept_in_turn(made: Class) -> None:
    save(made, "Tab one", base_revision=0)
    save(made, "Tab two", base_revision=0)
    mine = queries.my_work(made.session, made.exchange, made.people[0], now=LATER)
    assert mine is not None

    operations.restore_copy(made.session, made.exchange, person=made.people[0], copy_id=mine.copies[0].id, now=LATER)

    assert work_of(made, made.people[0]).draft == "Tab one"
    assert copies(made) == ["Tab two"]


def test_two_tabs_lose_neither_question_nor_link(made: Class) -> None:
    asked = rules.Beside(stage="idea", questions=("Is it too long?",), links=(rules.Link(url="https://a.example/"),))

    def put(body: str, base: int, beside: rules.Beside) -> operations.Saved:
        return operations.save_draft(
            made.session, made.exchange, author=made.people[0], body=body, base_revision=base, now=LATER, beside=beside
        )

    save(made, "Once upon", base_revision=0)
    mine = put("Once upon", 1, asked)
    other = put("Once upon a time", 1, rules.Beside())

    assert not mine.conflict
    assert other.conflict
    page = queries.my_work(made.session, made.exchange, made.people[0], now=LATER)
    assert page is not None
    (copy,) = page.copies
    assert copy.content == {"body": "Once upon", "beside": asked.as_dict()}
    operations.restore_copy(made.session, made.exchange, person=made.people[0], copy_id=copy.id, now=LATER)
    work = work_of(made, made.people[0])
    assert (work.draft, work.beside) == ("Once upon", asked.as_dict())
    assert copies(made) == ["Once upon a time"]


def test_what_was_handed_in_with_a_question_is_not_replaced_unseen_either(made: Class) -> None:
    asked = rules.Beside(questions=("Is it too long?",))
    save(made, "Once upon", base_revision=0)
    operations.save_draft(
        made.session, made.exchange, author=made.people[0], body="Once upon", base_revision=1, now=LATER, beside=asked
    )
    submit(made, "Once upon")

    saved = operations.save_draft(
        made.session,
        made.exchange,
        author=made.people[0],
        body="Once upon",
        base_revision=1,
        now=LATER,
        beside=rules.Beside(questions=("Another?",)),
    )

    assert saved.conflict
    (copy,) = made.session.scalars(select(DraftCopy.content))
    assert copy["beside"] == asked.as_dict()


def test_nobody_takes_back_the_copy_of_another(made: Class) -> None:
    save(made, "Tab one", base_revision=0)
    save(made, "Tab two", base_revision=0)
    mine = queries.my_work(made.session, made.exchange, made.people[0], now=LATER)
    assert mine is not None

    with pytest.raises(errors.NoSuchCopy):
        operations.restore_copy(
            made.session, made.exchange, person=made.people[1], copy_id=mine.copies[0].id, now=LATER
        )


def test_handing_in_twice_hands_in_once(made: Class) -> None:
    assert submit(made, "My work.\r\n") == 1
    assert submit(made, "My work.\n") == 1
    acts = made.session.scalars(select(Entry.act).where(Entry.act == "work.submitted")).all()
    assert len(acts) == 1


def test_work_may_be_replaced_while_nobody_reads_it_and_the_old_words_are_kept(made: Class) -> None:
    submit(made, "First try.")

    assert submit(made, "Second try.") == 2
    assert work_of(made, made.people[0]).body == "Second try."
    assert "First try." in copies(made)


def test_work_with_a_reviewer_stays_as_it_is(made: Class) -> None:
    submit(made, "First try.")
    hand_in(made, made.people[1])
    take(made, made.people[1])

    with pytest.raises(errors.WorkIsBeingReviewed):
        submit(made, "Second try.")
    with pytest.raises(errors.WorkIsBeingReviewed):
        attach(made)
    mine = queries.my_work(made.session, made.exchange, made.people[0], now=LATER)
    assert mine is not None
    assert mine.why_not == "being_reviewed"


def test_an_offer_that_lapsed_unread_does_not_hold_the_author_up(made: Class) -> None:
    hand_in(made, made.people[0])
    hand_in(made, made.people[1])
    take(made, made.people[1])

    work = operations.submit_work(
        made.session,
        made.exchange,
        author=made.people[0],
        body="Better.",
        base_revision=None,
        now=BEGUN + rules.LEASE + timedelta(minutes=1),
    )

    assert work.version == 2


def test_a_draft_after_handing_in_is_seen_by_nobody(made: Class) -> None:
    submit(made, "Handed in.")

    save(made, "Second thoughts", base_revision=1)

    work = work_of(made, made.people[0])
    assert (work.body, work.draft, work.has_unsent_changes) == ("Handed in.", "Second thoughts", True)


def test_nothing_at_all_is_not_handed_in(made: Class) -> None:
    with pytest.raises(errors.EmptyWork):
        submit(made, " \n ")


def test_a_file_alone_is_work(made: Class) -> None:
    attach(made)

    assert submit(made, "") == 1


def test_files_get_our_names_and_the_same_file_is_there_once(made: Class) -> None:
    first, second, again = attach(made), attach(made, b"More notes."), attach(made)

    mine = queries.my_work(made.session, made.exchange, made.people[0], now=LATER)
    assert mine is not None
    assert again == first
    assert [file.name for file in mine.files] == ["work-1.txt", "work-2.txt"]
    assert [file.id for file in mine.files] == [first, second]
    assert STORAGE.read(made.session, mine.files[1].key) == b"More notes."


def test_a_removed_file_is_gone_and_its_number_is_not_given_again_while_others_stand(made: Class) -> None:
    first = attach(made)
    attach(made, b"More notes.")

    operations.remove_file(
        made.session, made.exchange, author=made.people[0], file_id=first, now=LATER, storage=STORAGE
    )
    attach(made, b"Third notes.")

    mine = queries.my_work(made.session, made.exchange, made.people[0], now=LATER)
    assert mine is not None
    assert [file.number for file in mine.files] == [2, 3]


def test_handed_in_work_is_not_emptied_by_removing_its_file(made: Class) -> None:
    file = attach(made)
    submit(made, "")

    with pytest.raises(errors.EmptyWork):
        operations.remove_file(
            made.session, made.exchange, author=made.people[0], file_id=file, now=LATER, storage=STORAGE
        )


def test_nobody_removes_the_file_of_another(made: Class) -> None:
    file = attach(made)

    with pytest.raises(errors.NoSuchFile):
        operations.remove_file(
            made.session, made.exchange, author=made.people[1], file_id=file, now=LATER, storage=STORAGE
        )


def test_there_is_an_end_to_files(made: Class) -> None:
    for number in range(rules.MOST_FILES):
        attach(made, f"Notes {number}".encode())

    with pytest.raises(errors.TooManyFiles):
        attach(made, b"One more")


def test_a_refused_file_leaves_no_trace(made: Class) -> None:
    with pytest.raises(UnknownKind):
        attach(made, b"MZ\x90\x00\x03")

    assert queries.my_work(made.session, made.exchange, made.people[0], now=LATER) is None


def test_late_work_is_taken_and_called_late(session: Session) -> None:
    made = make_class(session, submit_by=BEGUN)

    submit(made, "Sorry.")

    mine = queries.my_work(session, made.exchange, made.people[0], now=LATER)
    assert mine is not None
    assert mine.is_late


@pytest.mark.parametrize("state", ["unpublished", "not_yet", "closed"])
def test_nothing_is_handed_in_while_the_exchange_is_not_open(session: Session, state: str) -> None:
    opens_at = LATER + timedelta(days=1) if state == "not_yet" else None
    made = make_class(session, publish=state != "unpublished", opens_at=opens_at)
    if state == "closed":
        operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    with pytest.raises(errors.NotOpen) as refused:
        submit(made, "Here.")
    with pytest.raises(errors.NotOpen):
        attach(made)

    assert refused.value.because == state


def test_words_typed_while_the_teacher_closes_are_still_saved(made: Class) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert save(made, "Almost done", base_revision=0).revision == 1


def test_characters_that_the_database_refuses_are_left_out(made: Class) -> None:
    submit(made, "Nul\x00 byte")

    assert work_of(made, made.people[0]).body == "Nul byte"


def test_a_text_without_end_is_refused(made: Class) -> None:
    with pytest.raises(errors.TooLong):
        save(made, "x" * (rules.LONGEST_BODY + 1), base_revision=0)


def test_feedback_reaches_the_version_that_was_read(made: Class) -> None:
    all_hand_in(made)
    feedback = review(made, made.people[1])

    with pytest.raises(errors.WorkIsBeingReviewed):
        operations.submit_work(
            made.session,
            made.exchange,
            author=feedback.offer.submission.author_id or 0,
            body="Another work",
            base_revision=None,
            now=LATER,
        )
