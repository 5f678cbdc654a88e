"""Files in feedback: who may add them, who may open them, and that nothing of it is lost."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.config import Settings
from lti_tool.courses.models import Role
from lti_tool.exchange import jobs, operations, privacy, rules
from lti_tool.exchange.models import Feedback, FeedbackDraft, FeedbackFile, Flag, Offer
from lti_tool.files.models import FileBlob
from lti_tool.files.storage import DatabaseStorage
from tests.factories.courses import make_member
from tests.factories.exchange import Class, all_hand_in, give, make_class, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words


def allow(made: Class, now: datetime, **options: Any) -> None:
    chosen = rules.AttachingOptions(**{"most": 2, **options})
    operations.set_options(made.session, made.exchange, chosen, by=made.teacher.person_id, now=now)
    made.session.commit()


@pytest.fixture
def made(made: Class, an_hour_ago: datetime) -> Class:
    """Four people who have handed in; a review may have two files."""
    all_hand_in(made, now=an_hour_ago)
    allow(made, an_hour_ago)
    return made


@pytest.fixture
def offer(made: Class, an_hour_ago: datetime) -> Offer:
    """What the second of them reviews."""
    found = take(made, made.people[1], now=an_hour_ago)
    made.session.commit()
    return found


@pytest.fixture
def giver(visit: People, made: Class, offer: Offer) -> Visitor:
    return visit(made.learners[1])


@pytest.fixture
def author(visit: People, made: Class, offer: Offer) -> Visitor:
    return visit(made.learners[made.people.index(offer.submission.author_id or 0)])


def here(made: Class, offer: Offer, tail: str = "") -> str:
    return f"/exchanges/{made.exchange.id}/reviews/{offer.id}{tail}"


def typed(made: Class, comment: str = "Say it once.") -> dict[str, Any]:
    clarity, advice = made.exchange.criteria
    return {
        f"level-{clarity.id}": str(clarity.levels[2].id),
        f"comment-{clarity.id}": "Your second paragraph sings.",
        f"comment-{advice.id}": comment,
        "comment": "Good.",
        "base_revision": "0",
    }


def upload(visitor: Visitor, path: str, *sent: tuple[bytes, str], htmx: bool = False, **fields: Any) -> TestResponse:
    data = {**fields, "files": [(io.BytesIO(content), name) for content, name in sent]}
    return visitor.post(path, data=data, htmx=htmx)


def the_file(session: Session) -> FeedbackFile:
    session.rollback()
    return session.scalars(select(FeedbackFile)).one()


def door(made: Class, file: FeedbackFile) -> str:
    return f"/exchanges/{made.exchange.id}/feedback/files/{file.id}"


def test_a_teacher_allows_files_and_says_how_many(visit: People, made: Class, session: Session) -> None:
    teacher = visit(made.teacher)
    path = f"/exchanges/{made.exchange.id}/settings/attaching"

    assert teacher.post(path, most="3", recordings="1").status_code == 303

    session.refresh(made.exchange)
    assert made.exchange.option(rules.AttachingOptions) == rules.AttachingOptions(most=3, recordings=True)
    for odd in ("6", "-1", "many", ""):
        refused = teacher.post(path, most=odd)
        assert refused.status_code == 422
        assert "Choose one of these." in words(refused.text)


def test_nobody_sees_a_place_for_files_where_none_are_allowed(
    giver: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    allow(made, an_hour_ago, most=0)

    assert "review-files" not in giver.get(here(made, offer)).text
    refused = upload(giver, here(made, offer, "/files"), (b"notes", "notes.txt"), **typed(made))
    assert refused.status_code == 422
    assert "Your teacher no longer asks for files" in words(refused.text)
    assert "Say it once." in refused.text
    assert session.scalars(select(FeedbackFile)).all() == []


@pytest.mark.parametrize("htmx", [False, True])
def test_a_file_is_kept_with_the_words_beside_it_under_a_name_of_ours(
    giver: Visitor, made: Class, offer: Offer, session: Session, htmx: bool
) -> None:
    answer = upload(giver, here(made, offer, "/files"), (b"notes", "amara.txt"), htmx=htmx, **typed(made))

    assert answer.status_code == (200 if htmx else 303)
    assert not htmx or ("feedback-1.txt" in answer.text and 'name="base_revision" value="1"' in answer.text)
    page = giver.get(here(made, offer)).text
    assert "feedback-1.txt" in page
    assert "amara.txt" not in page
    assert "Say it once." in page
    assert session.scalars(select(FeedbackDraft)).one().words["comment"] == "Good."


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("content, says", [(b"MZ\x90\x00\x03\x00", "something else"), (b"", "empty")])
def test_a_refused_file_is_named_and_no_word_is_lost(
    giver: Visitor, made: Class, offer: Offer, content: bytes, says: str, htmx: bool
) -> None:
    sent = ((b"notes", "good.txt"), (content, "bad.bin"))
    answer = upload(giver, here(made, offer, "/files"), *sent, htmx=htmx, **typed(made))

    assert answer.status_code == 422
    assert "bad.bin" in answer.text
    assert says in words(answer.text)
    assert "feedback-1.txt" in answer.text
    assert "Say it once." in giver.get(here(made, offer)).text


def test_there_are_as_many_as_the_teacher_says_and_the_same_once(
    giver: Visitor, made: Class, offer: Offer, session: Session
) -> None:
    for content in (b"one", b"one", b"two"):
        assert upload(giver, here(made, offer, "/files"), (content, "x.txt"), **typed(made)).status_code == 303

    third = upload(giver, here(made, offer, "/files"), (b"three", "3.txt"), **typed(made))

    assert third.status_code == 422
    assert "There may be 2 files" in words(third.text)
    assert session.scalar(select(func.count()).select_from(FeedbackFile)) == 2


def test_recordings_are_taken_where_the_teacher_wants_them(
    giver: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    wav = b"RIFF" + (44 + 8000 - 8).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    wav += b"\x01\x00\x01\x00" + (8000).to_bytes(4, "little") + (8000).to_bytes(4, "little") + b"\x01\x00\x08\x00"
    wav += b"data" + (8000).to_bytes(4, "little") + b"\x80" * 8000
    refused = upload(giver, here(made, offer, "/files"), (wav, "me.wav"), **typed(made))
    assert refused.status_code == 422

    allow(made, an_hour_ago, recordings=True)
    taken = upload(giver, here(made, offer, "/files"), (wav, "me.wav"), **typed(made))

    assert taken.status_code == 303
    assert "a voice, a face or your handwriting would say who you are" in words(giver.get(here(made, offer)).text)
    assert the_file(session).media_type == "audio/wav"


@pytest.mark.parametrize("door", ["/feedback", "/draft"])
def test_a_file_that_was_chosen_and_not_added_comes_along_with_the_words(
    giver: Visitor, author: Visitor, made: Class, offer: Offer, session: Session, door: str
) -> None:
    answer = upload(giver, here(made, offer, door), (b"Line by line", "mine.txt"), **typed(made))

    assert answer.status_code == 303
    assert the_file(session).feedback_id == session.scalar(select(Feedback.id))
    assert (session.scalar(select(Feedback.id)) is not None) == (door == "/feedback")


@pytest.mark.parametrize("door", ["/feedback", "/draft"])
def test_nothing_is_given_without_a_file_that_is_refused(
    giver: Visitor, made: Class, offer: Offer, session: Session, door: str
) -> None:
    answer = upload(giver, here(made, offer, door), (b"PK\x03\x04nothing", "sheet.xlsx"), **typed(made, "Say it so."))

    assert answer.status_code == 422
    assert "sheet.xlsx" in words(answer.text)
    assert "Say it so." in answer.text
    assert session.scalars(select(Feedback)).all() == []


@pytest.mark.parametrize("door", ["/feedback", "/draft"])
def test_who_presses_twice_with_a_file_reads_that_it_is_given_and_keeps_the_words(
    giver: Visitor, made: Class, offer: Offer, session: Session, door: str
) -> None:
    upload(giver, here(made, offer, "/feedback"), (b"Line by line", "mine.txt"), **typed(made))

    again = upload(giver, here(made, offer, door), (b"Line by line", "mine.txt"), **typed(made, "Say it so."))

    assert again.status_code == 409
    assert "Say it so." in again.text
    assert the_file(session).name == "feedback-1.txt"


def test_what_was_wrong_with_the_words_leaves_the_file_that_came_along(
    giver: Visitor, made: Class, offer: Offer, session: Session
) -> None:
    answer = upload(giver, here(made, offer, "/feedback"), (b"Line by line", "mine.txt"), comment="Only this.")

    assert answer.status_code == 422
    assert the_file(session).name in answer.text


def test_a_file_goes_again_with_and_without_script(giver: Visitor, made: Class, offer: Offer, session: Session) -> None:
    upload(giver, here(made, offer, "/files"), (b"one", "1.txt"), (b"two", "2.txt"), **typed(made))
    one, two = session.scalars(select(FeedbackFile.id).order_by(FeedbackFile.number)).all()

    plain = giver.post(here(made, offer, f"/files/{one}/removal"), **{**typed(made, "Since."), "base_revision": "1"})
    fragment = giver.post(here(made, offer, f"/files/{two}/removal"), htmx=True)

    assert plain.status_code == 303
    assert fragment.status_code == 200
    assert "feedback-2.txt" not in fragment.text
    assert "Since." in giver.get(here(made, offer)).text
    assert session.scalars(select(FileBlob)).all() == []
    assert giver.post(here(made, offer, f"/files/{two}/removal")).status_code == 404


def test_only_its_giver_its_author_and_staff_open_a_file(
    giver: Visitor, author: Visitor, visit: People, made: Class, offer: Offer, session: Session
) -> None:
    upload(giver, here(made, offer, "/files"), (b"notes", "notes.txt"), **typed(made))
    file = the_file(session)
    teacher = visit(made.teacher)
    strangers = [visit(each) for each in made.learners if each.person_id not in (made.people[1], author_of(offer))]
    observer = visit(make_member(session, made.course, Role.OBSERVER))
    session.commit()

    # While it is being written it is its writer's alone.
    assert giver.get(door(made, file)).data == b"notes"
    assert {each.get(door(made, file)).status_code for each in (author, teacher, observer, *strangers)} == {404}

    assert giver.post(here(made, offer, "/feedback"), **typed(made)).status_code == 303

    assert [each.get(door(made, file)).data for each in (giver, author, teacher)] == [b"notes"] * 3
    assert {each.get(door(made, file)).status_code for each in (observer, *strangers)} == {404}
    answer = author.get(door(made, file))
    assert answer.headers["Content-Disposition"] == "attachment; filename=feedback-1.txt"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "feedback-1.txt" in author.get(f"/exchanges/{made.exchange.id}").text
    assert "feedback-1.txt" in giver.get(here(made, offer)).text
    assert "feedback-1.txt" in teacher.get(f"/exchanges/{made.exchange.id}/people/{author_of(offer)}").text


def author_of(offer: Offer) -> int:
    assert offer.submission.author_id is not None
    return offer.submission.author_id


def test_what_waits_or_is_hidden_is_shut(
    giver: Visitor, author: Visitor, visit: People, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    upload(giver, here(made, offer, "/files"), (b"notes", "notes.txt"), **typed(made))
    giver.post(here(made, offer, "/feedback"), **typed(made))
    file = the_file(session)
    by_hand = rules.ReleaseOptions(when=rules.BY_HAND)
    teacher = made.teacher.person_id

    operations.set_options(session, made.exchange, by_hand, by=teacher, now=an_hour_ago)
    session.commit()
    assert author.get(door(made, file)).status_code == 404
    assert giver.get(door(made, file)).status_code == 200

    operations.set_options(session, made.exchange, rules.ReleaseOptions(), by=teacher, now=an_hour_ago)
    feedback = session.scalars(select(Feedback)).one()
    flag = operations.flag(
        session, made.exchange, by=author_of(offer), kind="feedback", thing_id=feedback.id, reason="other",
        now=an_hour_ago,
    )  # fmt: skip
    session.commit()
    flagged = f"/exchanges/{made.exchange.id}/flags/{flag.id}"
    staff = visit(made.teacher)
    staff.post(f"{flagged}/looks")
    assert staff.post(f"{flagged}/decisions", decision="hide", note="Unkind.").status_code == 303

    assert author.get(door(made, file)).status_code == 404
    assert "feedback-1.txt" not in author.get(f"/exchanges/{made.exchange.id}").text
    assert "feedback-1.txt" in staff.get(flagged).text
    assert staff.get(door(made, file)).status_code == 200


def test_staff_who_hide_or_send_back_feedback_see_its_files(
    giver: Visitor, visit: People, made: Class, offer: Offer, session: Session
) -> None:
    upload(giver, here(made, offer, "/files"), (b"notes", "notes.txt"), **typed(made))
    giver.post(here(made, offer, "/feedback"), **typed(made))
    feedback = session.scalars(select(Feedback.id)).one()

    page = visit(made.teacher).get(f"/exchanges/{made.exchange.id}/feedback/{feedback}/moderation").text

    assert "feedback-1.txt" in page
    assert mistakes_in({"moderation": page}) == []


def test_an_annotated_pdf_says_no_more_who_annotated_it(
    giver: Visitor, author: Visitor, made: Class, offer: Offer, session: Session
) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[10, 10, 30, 30], Contents="Say it once.",
            T="Amara Okafor", M="D:20260301093000Z", CreationDate="D:20260301093000Z",
        )  # fmt: skip
        pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))
        pdf.docinfo["/Author"] = "Amara Okafor"
        kept = io.BytesIO()
        pdf.save(kept)
    upload(giver, here(made, offer, "/files"), (kept.getvalue(), "amara.pdf"), **typed(made))
    giver.post(here(made, offer, "/feedback"), **typed(made))

    got = author.get(door(made, the_file(session))).data

    with pikepdf.open(io.BytesIO(got)) as pdf:
        [kept_note] = pdf.pages[0].Annots
        assert str(kept_note.Contents) == "Say it once."
        assert not {"/T", "/M", "/CreationDate"} & set(kept_note.keys())
    assert b"Amara" not in got


def test_files_come_and_go_with_a_change_once_it_is_given(
    giver: Visitor, author: Visitor, made: Class, offer: Offer, session: Session
) -> None:
    upload(giver, here(made, offer, "/files"), (b"first", "1.txt"), **typed(made))
    giver.post(here(made, offer, "/feedback"), **typed(made))
    feedback = session.scalars(select(Feedback)).one()
    now = datetime.now(UTC)
    until, by = now + timedelta(hours=1), made.teacher.person_id
    operations.reopen_review(
        session, made.exchange, feedback_id=feedback.id, until=until, reason="Once more.", by=by, now=now
    )
    session.commit()
    first = the_file(session).id
    page = f"/exchanges/{made.exchange.id}"

    gone = giver.post(here(made, offer, f"/files/{first}/removal"), **typed(made, "Typed meanwhile."))
    come = upload(giver, here(made, offer, "/files"), (b"second", "2.txt"), **typed(made, "Typed meanwhile."))

    # Without scripts the page brings back what was typed.
    assert [each.status_code for each in (gone, come)] == [200, 200]
    assert "Typed meanwhile." in come.text
    assert "feedback-1.txt" not in come.text
    assert "feedback-2.txt" in come.text
    assert "feedback-1.txt" in author.get(page).text
    assert "feedback-2.txt" not in author.get(page).text

    assert giver.post(here(made, offer, "/revision"), **typed(made)).status_code == 303

    assert "feedback-1.txt" not in author.get(page).text
    assert "feedback-2.txt" in author.get(page).text


def test_what_leaves_flagged_feedback_before_staff_have_decided_stays_for_staff_alone(
    giver: Visitor, author: Visitor, visit: People, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    upload(giver, here(made, offer, "/files"), (b"first", "1.txt"), **typed(made, "You never learn."))
    giver.post(here(made, offer, "/feedback"), **typed(made, "You never learn."))
    feedback, first = session.scalars(select(Feedback)).one(), the_file(session)
    page, staff = f"/exchanges/{made.exchange.id}", visit(made.teacher)
    author.post(f"{page}/flags", data={"kind": "feedback", "thing_id": str(feedback.id), "reason": "hurtful"})
    until, by = datetime.now(UTC) + timedelta(hours=1), made.teacher.person_id
    operations.reopen_review(
        session, made.exchange, feedback_id=feedback.id, until=until, reason="Once more.", by=by, now=datetime.now(UTC)
    )
    session.commit()

    giver.post(here(made, offer, f"/files/{first.id}/removal"), **typed(made))
    upload(giver, here(made, offer, "/files"), (b"second", "2.txt"), **typed(made))
    assert giver.post(here(made, offer, "/revision"), **typed(made)).status_code == 303

    assert {each.get(door(made, first)).status_code for each in (giver, author)} == {404}
    for visitor, place in ((author, page), (giver, here(made, offer)), (giver, here(made, offer, "/revision"))):
        text = visitor.get(place).text
        assert door(made, first) not in text
        assert "You never learn." not in text
    flag = f"{page}/flags/{session.scalars(select(Flag.id)).one()}"
    staff.post(f"{flag}/looks")
    assert staff.get(door(made, first)).data == b"first"
    read = staff.get(flag).text
    assert "You never learn." in words(read)
    assert door(made, first) in read
    assert mistakes_in({"flag": read}) == []

    staff.post(f"{flag}/decisions", decision="keep")
    second = session.scalars(select(FeedbackFile).where(FeedbackFile.id != first.id)).one()
    giver.post(here(made, offer, f"/files/{second.id}/removal"), **typed(made))
    giver.post(here(made, offer, "/revision"), **typed(made, "Say it twice."))

    assert the_file(session).id == first.id


def test_given_feedback_takes_no_files_by_itself(giver: Visitor, made: Class, offer: Offer, session: Session) -> None:
    giver.post(here(made, offer, "/feedback"), **typed(made))

    for content in (b"late", b""):
        late = upload(giver, here(made, offer, "/files"), (content, "late.txt"), **typed(made, "Some more words"))

        assert late.status_code == 409
        assert "Feedback that was given stays as it is." in words(late.text)
        assert "Some more words" in late.text
    assert session.scalars(select(FeedbackFile)).all() == []


def test_staff_add_files_to_reviews_of_their_own(
    visit: People, author: Visitor, made: Class, offer: Offer, session: Session
) -> None:
    teacher = visit(made.teacher)
    other = visit(make_member(session, made.course, Role.ASSISTANT))
    session.commit()
    path = f"/exchanges/{made.exchange.id}/people/{author_of(offer)}/staff-review"
    page = f"/exchanges/{made.exchange.id}"

    answer = upload(teacher, f"{path}/files", (b"remarks", "vera.txt"), **typed(made, "Half a thought"))
    file = the_file(session)

    assert answer.status_code == 303
    assert "Half a thought" in teacher.get(path).text
    assert "feedback-1.txt" in teacher.get(path).text
    assert "feedback-1.txt" not in other.get(path).text
    assert {each.get(door(made, file)).status_code for each in (other, author)} == {404}
    assert teacher.get(door(made, file)).status_code == 200

    assert teacher.post(path, **typed(made)).status_code == 303
    assert "feedback-1.txt" in author.get(page).text
    assert {each.get(door(made, file)).status_code for each in (other, author, teacher)} == {200}

    removed = teacher.post(f"{path}/files/{file.id}/removal", htmx=True, **typed(made))
    assert "feedback-1.txt" not in removed.text
    assert author.get(door(made, file)).status_code == 200
    assert teacher.post(path, **typed(made)).status_code == 303
    assert author.get(door(made, file)).status_code == 404

    upload(teacher, f"{path}/files", (b"again", "vera.txt"), **typed(made))
    teacher.post(path, **typed(made))
    assert teacher.post(f"{path}/removal").status_code == 303
    assert session.scalars(select(FeedbackFile)).all() == []


@pytest.mark.parametrize("door", ["", "/draft"])
def test_a_file_that_staff_chose_and_did_not_add_comes_along(
    visit: People, made: Class, session: Session, door: str
) -> None:
    teacher, page = visit(made.teacher), f"/exchanges/{made.exchange.id}/people/{made.people[0]}/staff-review{door}"

    refused = upload(teacher, page, (b"PK\x03\x04nothing", "sheet.xlsx"), **typed(made, "Say it so."))
    taken = upload(teacher, page, (b"Line by line", "mine.txt"), **typed(made, "Say it so."))

    assert refused.status_code == 422
    assert "sheet.xlsx" in words(refused.text)
    assert "Say it so." in refused.text
    assert taken.status_code == 303
    assert (the_file(session).staff_review_id is not None) == (door == "")


def test_a_refused_file_of_staff_brings_their_words_back(
    visit: People, made: Class, offer: Offer, session: Session
) -> None:
    teacher = visit(made.teacher)
    path = f"/exchanges/{made.exchange.id}/people/{author_of(offer)}/staff-review/files"

    plain = upload(teacher, path, (b"MZ\x90\x00", "bad.bin"), **typed(made, "Half a thought"))
    fragment = upload(teacher, path, (b"", "bad.bin"), htmx=True, **typed(made, "Half a thought"))
    too_long = upload(teacher, path, (b"x", "x.txt"), **{**typed(made), "comment": "x" * 20_001})

    assert [each.status_code for each in (plain, fragment, too_long)] == [422, 422, 422]
    assert "Half a thought" in plain.text
    assert "bad.bin" in fragment.text
    assert "x" * 20_001 in too_long.text


def test_what_nobody_refers_to_is_swept_and_what_was_given_stays(
    giver: Visitor,
    made: Class,
    offer: Offer,
    session: Session,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("PUBLIC_URL", settings.public_url)
    upload(giver, here(made, offer, "/files"), (b"notes", "notes.txt"), **typed(made))
    giver.post(here(made, offer, "/feedback"), **typed(made))
    monkeypatch.setattr(jobs, "now", lambda: datetime.now(UTC) + timedelta(days=9))

    jobs.sweep_files(0)

    session.rollback()
    assert session.scalars(select(FileBlob.key)).all() == [the_file(session).key]


@pytest.mark.parametrize("whose", ["giver", "author"])
def test_files_are_in_ones_export_and_go_with_the_person(
    giver: Visitor, made: Class, offer: Offer, session: Session, whose: str
) -> None:
    upload(giver, here(made, offer, "/files"), (b"notes", "notes.txt"), **typed(made))
    giver.post(here(made, offer, "/feedback"), **typed(made))
    person = made.people[1] if whose == "giver" else author_of(offer)
    session.rollback()

    said = privacy.export_person(session, person)
    [feedback] = said["feedback_given" if whose == "giver" else "feedback_received"]
    assert feedback["files"] == [{"name": "feedback-1.txt", "media_type": "text/plain", "size": 5}]

    privacy.forget_person(session, person, now=datetime.now(UTC), storage=DatabaseStorage())
    session.commit()

    assert session.scalars(select(FeedbackFile)).all() == []
    assert session.scalars(select(FileBlob)).all() == []


def test_a_sealed_exchange_keeps_the_file_and_not_whose_it_is(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    made = make_class(session, now=an_hour_ago, anonymity=rules.SEALED)
    all_hand_in(made, now=an_hour_ago)
    allow(made, an_hour_ago)
    offer = take(made, made.people[1], now=an_hour_ago)
    sent = operations.Upload(data=b"notes", name="", max_bytes=1000, max_recording_bytes=0)
    file = operations.attach_to_review(
        session, made.exchange, reviewer=made.people[1], offer_id=offer.id, upload=sent, now=an_hour_ago,
        storage=DatabaseStorage(),
    )  # fmt: skip
    before = file.id
    give(made, offer, now=an_hour_ago)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=an_hour_ago)
    operations.tend_seal(session, made.exchange, now=an_hour_ago + timedelta(days=60))
    session.commit()

    after = the_file(session)

    assert after.id != before
    assert after.feedback_id == session.scalars(select(Feedback.id)).one()
    assert session.scalars(select(FileBlob.kept_at)).one().strftime("%H:%M:%S.%f") == "00:00:00.000000"
    assert visit(made.teacher).get(door(made, after)).status_code == 200
    assert visit(made.learners[1]).get(door(made, after)).status_code == 404


def test_the_form_can_hold_files_without_scripts(giver: Visitor, made: Class, offer: Offer) -> None:
    page = giver.get(here(made, offer)).text
    [form] = re.findall(r'<form[^>]*id="review-form"[^>]*>', page)

    assert 'enctype="multipart/form-data"' in form
    assert f'formaction="{giver.signed_in.path(here(made, offer, "/files"))}"' in page
