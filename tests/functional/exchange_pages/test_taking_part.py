"""A student's way: what to do now, writing, files, handing in, reading, replying."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.courses.models import Course, Membership, Role
from lti_tool.exchange import operations
from lti_tool.exchange.models import DraftCopy, Exchange, Feedback, Message, Submission, SubmissionFile
from lti_tool.grades import operations as grade_operations
from lti_tool.grades.models import Passback
from tests.factories.courses import make_member
from tests.factories.exchange import Class, all_hand_in, hand_in, make_class, review, take, work_of
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


def a_picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(made, "PNG")
    return made.getvalue()


PNG = a_picture()


@pytest.fixture
def amara(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


def path_of(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


def now_of(page: str) -> str:
    """What the page says is to be done now."""
    found = re.search(r'<h2 id="now">(.*?)</h2>', page, flags=re.DOTALL)
    assert found
    return words(found[1])


def work(session: Session, made: Class, person: int) -> Submission | None:
    session.expire_all()
    return session.scalars(
        select(Submission).where(Submission.exchange_id == made.exchange.id, Submission.author_id == person)
    ).one_or_none()


def one_work(session: Session, made: Class, person: int) -> Submission:
    found = work(session, made, person)
    assert found is not None
    return found


# What to do now


def test_the_page_always_says_what_to_do_now(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    first = made.people[0]
    page = visit(made.learners[0])

    assert now_of(page.get(path_of(made)).text) == "Write your work and hand it in"
    hand_in(made, first, now=an_hour_ago)
    session.commit()
    assert now_of(page.get(path_of(made)).text) == "Nothing to review just now"
    for person in made.people[1:]:
        hand_in(made, person, now=an_hour_ago)
    session.commit()
    assert now_of(page.get(path_of(made)).text) == "Give feedback to a classmate"
    take(made, first, now=datetime.now(UTC))
    session.commit()
    assert now_of(page.get(path_of(made)).text) == "A work is waiting for your feedback"
    review(made, first, now=datetime.now(UTC))
    review(made, first, now=datetime.now(UTC))
    session.commit()
    assert now_of(page.get(path_of(made)).text) == "Your part is done"
    for person in made.people[1:]:
        review(made, person, now=datetime.now(UTC))
        review(made, person, now=datetime.now(UTC))
    session.commit()
    assert now_of(page.get(path_of(made)).text) == "There is feedback for you"
    assert page.post(f"{path_of(made)}/readings", htmx=True).status_code == 204
    assert now_of(page.get(path_of(made)).text) == "Reply to your feedback"
    for feedback in session.scalars(select(Feedback).join(Feedback.offer).where(text("true"))):
        page.post(f"{path_of(made)}/feedback/{feedback.id}/messages", body="Thank you.")
    assert now_of(page.get(path_of(made)).text) == "All done"
    operations.close(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    session.commit()
    assert now_of(page.get(path_of(made)).text) == "This exchange is closed"


def test_what_has_not_opened_says_when_it_does(visit: People, session: Session) -> None:
    made = make_class(session, opens_at=datetime.now(UTC) + timedelta(days=2))
    session.commit()
    page = visit(made.learners[0])

    assert now_of(page.get(path_of(made)).text) == "This has not opened yet"
    assert "You can read the task already" in words(page.get(path_of(made)).text)
    assert 'name="body"' not in page.get(f"{path_of(made)}/work").text


def test_who_sees_names_is_said_exactly(visit: People, session: Session, amara: Visitor, made: Class) -> None:
    masked = words(amara.get(f"{path_of(made)}/work").text)
    named_class = make_class(session, anonymity="named")
    session.commit()
    named = words(visit(named_class.learners[0]).get(f"{path_of(named_class)}/work").text)

    assert "2 classmates read your work without seeing your name. Your teachers see it." in masked
    assert "2 classmates read your work and see your name. Your teachers see it too, nobody else." in named


def test_no_number_is_shown_where_no_grade_is_given(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, points=None, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    for person in made.people:
        review(made, person, now=an_hour_ago)
    session.commit()

    page = words(visit(made.learners[0]).get(path_of(made)).text)
    overview = words(visit(made.teacher).get(path_of(made)).text)

    assert "Your grade" not in page
    assert "Gradebook" not in overview
    assert visit(made.teacher).get(f"{path_of(made)}/people/{made.people[0]}").status_code == 200


# Writing


def test_a_draft_is_saved_while_typing(amara: Visitor, made: Class, session: Session) -> None:
    first = amara.post(f"{path_of(made)}/work/draft", htmx=True, body="One\r\ntwo", base_revision="0")
    second = amara.post(f"{path_of(made)}/work/draft", htmx=True, body="One\r\ntwo three", base_revision="1")

    assert first.status_code == second.status_code == 200
    assert 'name="base_revision" value="2"' in second.text
    assert "Saved" in words(second.text)
    assert "another tab" not in second.text
    saved = one_work(session, made, made.people[0])
    assert saved.draft == "One\ntwo three"
    assert saved.submitted_at is None


def test_without_script_a_draft_is_saved_by_its_button(amara: Visitor, made: Class) -> None:
    answer = amara.post(f"{path_of(made)}/work/draft", body="By hand", base_revision="0", act="save")

    assert answer.status_code == 303
    assert "By hand" in amara.get(f"{path_of(made)}/work").text


def test_two_tabs_lose_nothing(amara: Visitor, made: Class, session: Session) -> None:
    amara.post(f"{path_of(made)}/work/draft", htmx=True, body="First tab", base_revision="0")

    answer = amara.post(f"{path_of(made)}/work/draft", htmx=True, body="Second tab", base_revision="0")

    assert "changed in another tab" in words(answer.text)
    assert "First tab" in answer.text
    page = amara.get(f"{path_of(made)}/work").text
    assert "Second tab" in page
    assert "First tab" in page
    copy = session.scalars(select(DraftCopy)).one()
    amara.post(f"{path_of(made)}/work/copies/{copy.id}/restoration")
    assert one_work(session, made, made.people[0]).draft == "First tab"
    assert [each.content for each in session.scalars(select(DraftCopy))] == [{"body": "Second tab"}]


def test_without_script_two_tabs_lose_nothing_either(amara: Visitor, made: Class) -> None:
    amara.post(f"{path_of(made)}/work/draft", body="First tab", base_revision="0", act="save")

    answer = amara.post(f"{path_of(made)}/work/draft", body="Second tab", base_revision="0", act="check")

    assert answer.location.endswith("/work#copies")
    page = amara.get(f"{path_of(made)}/work").text
    assert "First tab" in page
    assert "Second tab" in page


def test_a_text_beyond_all_bounds_is_kept_on_the_page(amara: Visitor, made: Class, session: Session) -> None:
    endless = "word " * 50_000

    page = amara.post(f"{path_of(made)}/work/draft", body=endless, base_revision="0", act="save")
    fragment = amara.post(f"{path_of(made)}/work/draft", htmx=True, body=endless, base_revision="0")

    assert page.status_code == fragment.status_code == 422
    assert endless.strip() in page.text
    assert 'id="field-body-error"' in page.text
    assert "Not saved" in words(fragment.text)
    assert work(session, made, made.people[0]) is None


def test_a_session_that_ended_saves_nothing_and_says_so(visit: People, made: Class, session: Session) -> None:
    page = visit(made.learners[0])
    token = page.token()
    session.execute(text("update web_session set expires_at = now() - interval '1 minute'"))
    session.commit()

    answer = page.client.post(
        page.signed_in.path(f"{path_of(made)}/work/draft"),
        data={"csrf_token": token, "body": "Too late"},
        headers={"HX-Request": "true"},
    )
    whole = page.client.post(
        page.signed_in.path(f"{path_of(made)}/work/draft"), data={"csrf_token": token, "body": "Words that were typed"}
    )

    assert answer.status_code == whole.status_code == 401
    assert "Words that were typed" in whole.text
    assert work(session, made, made.people[0]) is None


# Handing in


def look_and_hand_in(visitor: Visitor, made: Class, body: str) -> None:
    saved = visitor.get(f"{path_of(made)}/work").text
    revision = re.search(r'name="base_revision" value="(\d+)"', saved)
    assert revision
    looked = visitor.post(f"{path_of(made)}/work/draft", body=body, base_revision=revision[1], act="check")
    assert looked.location.endswith("/work/final")
    page = visitor.get(f"{path_of(made)}/work/final").text
    revision = re.search(r'name="base_revision" value="(\d+)"', page)
    assert revision
    assert visitor.post(f"{path_of(made)}/work", base_revision=revision[1]).status_code == 303


def test_work_is_looked_at_and_handed_in(amara: Visitor, made: Class, session: Session) -> None:
    look_and_hand_in(amara, made, "My **work**")

    handed_in = one_work(session, made, made.people[0])
    assert handed_in.body == "My **work**"
    assert handed_in.version == 1
    assert "Handed in" in words(amara.get(path_of(made)).text)


def test_a_second_press_hands_in_once(amara: Visitor, made: Class, session: Session) -> None:
    look_and_hand_in(amara, made, "Once")
    revision = one_work(session, made, made.people[0]).revision

    assert amara.post(f"{path_of(made)}/work", base_revision=revision).status_code == 303

    assert one_work(session, made, made.people[0]).version == 1


def test_work_is_replaced_until_somebody_reads_it(
    amara: Visitor, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    look_and_hand_in(amara, made, "First")
    look_and_hand_in(amara, made, "Better")
    assert one_work(session, made, made.people[0]).body == "Better"
    hand_in(made, made.people[1], now=an_hour_ago)
    take(made, made.people[1], now=datetime.now(UTC))
    session.commit()

    amara.post(f"{path_of(made)}/work/draft", body="Best", base_revision="9", act="save")
    revision = one_work(session, made, made.people[0]).revision
    answer = amara.post(f"{path_of(made)}/work", base_revision=revision)

    assert answer.status_code == 422
    assert "Somebody is reviewing" in words(answer.text)
    assert one_work(session, made, made.people[0]).body == "Better"
    assert "Somebody is reviewing your work" in words(amara.get(f"{path_of(made)}/work").text)


def test_what_changed_since_the_look_is_shown_again(amara: Visitor, made: Class, session: Session) -> None:
    amara.post(f"{path_of(made)}/work/draft", body="Seen", base_revision="0", act="check")
    amara.post(f"{path_of(made)}/work/draft", htmx=True, body="Changed elsewhere", base_revision="1")

    answer = amara.post(f"{path_of(made)}/work", base_revision="1")

    assert answer.status_code == 409
    assert "Changed elsewhere" in answer.text
    assert one_work(session, made, made.people[0]).submitted_at is None


def test_nothing_cannot_be_handed_in(amara: Visitor, made: Class, session: Session) -> None:
    assert amara.get(f"{path_of(made)}/work/final").status_code == 404
    assert amara.post(f"{path_of(made)}/work").status_code == 422
    amara.post(f"{path_of(made)}/work/draft", body="  ", base_revision="0", act="save")
    assert "nothing to hand in" in words(amara.get(f"{path_of(made)}/work/final").text)
    assert amara.post(f"{path_of(made)}/work", base_revision="1").status_code == 422
    assert one_work(session, made, made.people[0]).submitted_at is None


def test_late_work_is_taken_and_marked(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, submit_by=an_hour_ago, now=an_hour_ago - timedelta(days=1))
    session.commit()
    late = visit(made.learners[0])
    assert "still taken, and marked late" in words(late.get(path_of(made)).text)

    look_and_hand_in(late, made, "Sorry")

    assert "Handed in late" in words(late.get(path_of(made)).text)


def test_after_closing_the_draft_is_still_there_and_nothing_is_handed_in(
    amara: Visitor, made: Class, session: Session
) -> None:
    amara.post(f"{path_of(made)}/work/draft", body="Nearly finished", base_revision="0", act="save")
    operations.close(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    session.commit()

    answer = amara.post(f"{path_of(made)}/work", base_revision="1")

    assert answer.status_code == 422
    assert "Nearly finished" in answer.text
    assert "Nearly finished" in amara.get(f"{path_of(made)}/work").text


# Files


def upload(
    visitor: Visitor, made: Class, *files: tuple[bytes, str], htmx: bool = False, body: str = "Words"
) -> TestResponse:
    data = {"body": body, "base_revision": "0", "files": [(io.BytesIO(content), name) for content, name in files]}
    return visitor.post(f"{path_of(made)}/work/files", data=data, htmx=htmx)


@pytest.mark.parametrize("htmx", [False, True])
def test_files_are_added_with_the_words_beside_them(amara: Visitor, made: Class, session: Session, htmx: bool) -> None:
    answer = upload(amara, made, (b"notes", "amaras notes.txt"), (PNG, "photo of amara.png"), htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    page = amara.get(f"{path_of(made)}/work").text
    assert "work-1.txt" in page
    assert "work-2.png" in page
    assert "amaras notes" not in page
    assert one_work(session, made, made.people[0]).draft == "Words"


def test_without_script_a_chosen_file_comes_along_with_whatever_is_pressed(amara: Visitor, made: Class) -> None:
    page = f"{path_of(made)}/work"
    sent = {"body": "Words", "base_revision": "0", "act": "check"}

    refused = amara.post(f"{page}/draft", data={**sent, "files": [(io.BytesIO(PNG[:40]), "bad.bin")]})
    taken = amara.post(f"{page}/draft", data={**sent, "files": [(io.BytesIO(b"notes"), "mine.txt")]})

    assert refused.status_code == 422
    assert "bad.bin" in refused.text
    assert "Words" in refused.text
    assert taken.headers["Location"].endswith("/work/final")
    assert "work-1.txt" in amara.get(f"{page}/final").text


@pytest.mark.parametrize(
    "content, says", [(b"MZ\x90\x00\x03\x00", "something else"), (b"", "empty"), (PNG[:40], "damaged")]
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_refused_file_is_named_and_the_others_stay(
    amara: Visitor, made: Class, content: bytes, says: str, htmx: bool
) -> None:
    answer = upload(amara, made, (b"notes", "good.txt"), (content, "bad.bin"), htmx=htmx)

    assert answer.status_code == 422
    assert "bad.bin" in answer.text
    assert says in words(answer.text)
    assert "work-1.txt" in answer.text
    assert "Words" in answer.text or htmx


def test_of_many_files_at_once_only_as_many_are_read_as_a_work_may_have(amara: Visitor, made: Class) -> None:
    answer = upload(amara, made, *((b"%PDF-broken", f"{number}.pdf") for number in range(40)))

    assert answer.status_code == 422
    assert "There may be 10 files" in words(answer.text)
    assert words(answer.text).count("is damaged") == 10


def test_ten_files_are_the_most(amara: Visitor, made: Class) -> None:
    answer = upload(amara, made, *((f"file {n}".encode(), f"{n}.txt") for n in range(11)))

    assert answer.status_code == 422
    assert "There may be 10 files" in words(answer.text)


def test_a_file_is_removed_with_and_without_script(amara: Visitor, made: Class, session: Session) -> None:
    upload(amara, made, (b"one", "1.txt"), (b"two", "2.txt"))
    one, two = session.scalars(select(SubmissionFile.id).order_by(SubmissionFile.id))

    plain = amara.post(f"{path_of(made)}/work/files/{one}/removal", body="Typed since", base_revision="1")
    fragment = amara.client.delete(
        amara.signed_in.path(f"{path_of(made)}/work/files/{two}"),
        headers={"HX-Request": "true", "X-CSRFToken": amara.token()},
    )

    assert plain.status_code == 303
    assert fragment.status_code == 200
    assert "work-2" not in fragment.text
    assert one_work(session, made, made.people[0]).draft == "Typed since"
    assert amara.post(f"{path_of(made)}/work/files/{one}/removal").status_code == 404


def test_a_file_is_served_so_that_nothing_in_it_runs(amara: Visitor, made: Class, session: Session) -> None:
    upload(amara, made, (b"<script>alert(1)</script>", "x.txt"), (PNG, "x.png"))
    plain, picture = session.scalars(select(SubmissionFile.id).order_by(SubmissionFile.id))

    answer = amara.get(f"{path_of(made)}/files/{plain}")
    image = amara.get(f"{path_of(made)}/files/{picture}")

    assert answer.headers["Content-Disposition"] == "attachment; filename=work-1.txt"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.mimetype == "text/plain"
    assert image.headers["Content-Disposition"].startswith("inline")
    assert image.mimetype == "image/png"


def test_a_file_is_for_its_author_its_reviewers_and_staff(
    visit: People, amara: Visitor, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    upload(amara, made, (b"notes", "x.txt"))
    look_and_hand_in(amara, made, "Words")
    hand_in(made, made.people[1], now=an_hour_ago)
    take(made, made.people[1], now=datetime.now(UTC))
    session.commit()
    path = f"{path_of(made)}/files/{session.scalars(select(SubmissionFile.id)).one()}"

    seen = [visit(each).get(path).status_code for each in (*made.learners[:3], made.teacher)]

    assert seen == [200, 200, 404, 200]


# Reading and replying


@pytest.fixture
def reviewed(made: Class, session: Session, an_hour_ago: datetime) -> Class:
    """Everybody has handed in and given two reviews."""
    all_hand_in(made, now=an_hour_ago)
    for _ in range(2):
        for person in made.people:
            review(made, person, now=an_hour_ago)
    session.commit()
    return made


def received(session: Session, made: Class, person: int) -> list[Feedback]:
    mine = work_of(made, person).id
    return [
        each
        for each in session.scalars(select(Feedback).order_by(Feedback.offer_id))
        if each.offer.submission_id == mine
    ]


def test_feedback_is_read_without_names(amara: Visitor, reviewed: Class, session: Session) -> None:
    page = words(amara.get(path_of(reviewed)).text)

    assert re.search(r"Reviewer [A-Z] ", page)
    assert "Clear throughout" in page
    assert "Look at the second paragraph." in page
    for other in reviewed.learners[1:]:
        assert other.person.name not in page


def test_named_feedback_says_who_wrote_it(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, anonymity="named", learners=2, now=an_hour_ago, reviews=1)
    all_hand_in(made, now=an_hour_ago)
    for person in made.people:
        review(made, person, now=an_hour_ago)
    session.commit()

    assert made.learners[1].person.name in words(visit(made.learners[0]).get(path_of(made)).text)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_reply_sent_twice_is_one_and_another_is_another(
    amara: Visitor, reviewed: Class, session: Session, htmx: bool
) -> None:
    feedback = received(session, reviewed, reviewed.people[0])[0]
    path = f"{path_of(reviewed)}/feedback/{feedback.id}/messages"

    answers = [
        amara.post(path, htmx=htmx, body=body) for body in ("That helped.", "That helped.", "On second thoughts")
    ]

    assert [each.status_code for each in answers] == [200 if htmx else 303] * 3
    said = session.scalars(select(Message).order_by(Message.id)).all()
    assert [(each.feedback_id, each.side, each.body) for each in said] == [
        (feedback.id, "author", "That helped."),
        (feedback.id, "author", "On second thoughts"),
    ]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("body", ["", "   ", "\x00", "x" * 20_001])
def test_a_reply_needs_words_and_not_too_many(
    amara: Visitor, reviewed: Class, session: Session, body: str, htmx: bool
) -> None:
    feedback = received(session, reviewed, reviewed.people[0])[0]

    answer = amara.post(f"{path_of(reviewed)}/feedback/{feedback.id}/messages", htmx=htmx, body=body)

    assert answer.status_code == 422
    assert f'id="reply-{feedback.id}-error"' in answer.text
    assert body.replace("\x00", "") in answer.text
    assert session.scalars(select(Message)).all() == []


def test_nobody_replies_to_the_feedback_of_others(visit: People, reviewed: Class, session: Session) -> None:
    feedback = received(session, reviewed, reviewed.people[0])[0]

    concerned = {reviewed.people[0], feedback.offer.reviewer_id}
    stranger = next(each for each in reviewed.learners if each.person_id not in concerned)

    answer = visit(stranger).post(f"{path_of(reviewed)}/feedback/{feedback.id}/messages", body="Mine?")

    assert answer.status_code == 404


def test_a_grade_and_where_it_is_are_shown_to_its_owner(amara: Visitor, reviewed: Class, session: Session) -> None:
    page = words(amara.get(path_of(reviewed)).text)

    assert "10 of 10" in page
    assert "on its way to the gradebook" in page
    passback = session.scalars(select(Passback).where(Passback.person_id == reviewed.people[0])).one()
    passback.state, passback.problem = "failed", "refused"
    session.commit()
    assert "Your teacher can see why" in words(amara.get(path_of(reviewed)).text)


def test_a_grade_set_by_hand_says_why(amara: Visitor, reviewed: Class, session: Session) -> None:
    operations.set_grade_override(
        session,
        reviewed.exchange,
        person=reviewed.people[0],
        score=7,
        reason="The appendix counts too.",
        by=reviewed.teacher.person_id,
        now=datetime.now(UTC),
    )
    session.commit()

    page = words(amara.get(path_of(reviewed)).text)

    assert "7 of 10" in page
    assert "The appendix counts too." in page


# Only looking


def preview_of(session: Session, made: Class, kind: str) -> Membership:
    course = session.get_one(Course, made.course.id)
    if kind == "test user":
        return make_member(session, course, is_test_user=True)
    if kind == "observer":
        return make_member(session, course, Role.OBSERVER)
    return make_member(session, course, staff_since=datetime.now(UTC))


@pytest.mark.parametrize("kind", ["teacher as student", "test user", "observer"])
def test_who_only_looks_sees_the_page_and_hands_nothing_in(
    visit: People, made: Class, session: Session, kind: str
) -> None:
    looking = visit(preview_of(session, made, kind))

    page = words(looking.get(path_of(made)).text)
    assert "nothing can be handed in here" in page
    assert "Write your work and hand it in" in page
    for path in (
        "work/draft",
        "work",
        "work/files",
        "reviews",
        "readings",
        "feedback/1/messages",
        "reviews/1/feedback",
    ):
        answer = looking.post(f"{path_of(made)}/{path}", body="No", base_revision="0")
        assert answer.status_code == 409, path
    assert looking.get(f"{path_of(made)}/work").status_code == 409
    assert session.scalars(select(Submission)).all() == []


def test_staff_look_as_a_student_without_leaving_their_own_page(visit: People, made: Class) -> None:
    teacher = visit(made.teacher)

    page = teacher.get(f"{path_of(made)}/student-view").text

    assert "nothing can be handed in here" in words(page)
    assert "Write your work and hand it in" in words(page)
    assert "disabled" in page


def test_sending_again_keeps_the_page(visit: People, reviewed: Class, session: Session) -> None:
    passback = session.scalars(select(Passback).where(Passback.person_id == reviewed.people[0])).one()
    grade_operations.send_again(session, passback, now=datetime.now(UTC))
    session.commit()

    assert visit(reviewed.learners[0]).get(path_of(reviewed)).status_code == 200


def test_an_exchange_that_is_a_draft_is_missing_for_learners(visit: People, session: Session) -> None:
    made = make_class(session, publish=False)
    session.commit()

    assert visit(made.learners[0]).get(path_of(made)).status_code == 404
    assert visit(made.teacher).get(path_of(made)).status_code == 200
    assert session.get_one(Exchange, made.exchange.id).publication is None
