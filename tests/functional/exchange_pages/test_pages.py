"""Notes on the pages of a PDF: a page number, and a place on the page where somebody pointed at one."""

import io
import re
from datetime import datetime
from typing import Any

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import FeedbackDraft, Offer, SubmissionFile
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import Class, give, hand_in, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


def pdf(pages: int = 2) -> bytes:
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(200, 200))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def attach(made: Class, author: int, data: bytes, now: datetime) -> SubmissionFile:
    return operations.attach_file(
        made.session, made.exchange, author=author, data=data, now=now, storage=DatabaseStorage(), max_bytes=10**6
    )


@pytest.fixture
def file(made: Class, session: Session, an_hour_ago: datetime) -> SubmissionFile:
    """A PDF that the second hands in, with a text file beside it."""
    me, author, *_ = made.people
    found = attach(made, author, pdf(), an_hour_ago)
    attach(made, author, b"Only text", an_hour_ago)
    hand_in(made, me, now=an_hour_ago)
    hand_in(made, author, now=an_hour_ago)
    session.commit()
    return found


@pytest.fixture
def offer(made: Class, file: SubmissionFile, session: Session, an_hour_ago: datetime) -> Offer:
    found = take(made, made.people[0], now=an_hour_ago)
    session.commit()
    return found


@pytest.fixture
def reviewer(visit: People, made: Class, offer: Offer) -> Visitor:
    return visit(made.learners[0])


def path_of(made: Class, file: SubmissionFile) -> str:
    return f"/exchanges/{made.exchange.id}/files/{file.id}"


def notes_of(session: Session, offer: Offer) -> tuple[rules.Note, ...]:
    session.expire_all()
    return rules.Words.from_dict(session.get_one(FeedbackDraft, offer.id).words).notes


def add(made: Class, offer: Offer, file: SubmissionFile, now: datetime, **begun: str) -> rules.Note:
    said = {"where": f"file-{file.id}", "page": "2", "words": "Where is the hinge?"} | begun
    return operations.add_note(
        made.session,
        made.exchange,
        reviewer=offer.reviewer_id or 0,
        offer_id=offer.id,
        begun=rules.Begun(**said),
        now=now,
    )


def test_a_note_on_a_page_is_written_with_a_number_and_words(
    reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session
) -> None:
    page = reviewer.get(f"{path_of(made, file)}/pages?page=2")
    answer = reviewer.post(f"{path_of(made, file)}/notes", page="2", point="", words="Where is the hinge?")
    again = words(reviewer.client.get(answer.location).text)

    assert page.status_code == 200
    assert "Open the file itself" in words(page.text)
    assert answer.status_code == 303
    (note,) = notes_of(session, offer)
    assert note.anchor == rules.Spot(version=1, file_id=file.id, page=2)
    assert f"page=2#note-{note.id}" in answer.location
    assert "Where is the hinge?" in again


def test_a_note_points_at_a_place_or_an_area(
    reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session
) -> None:
    for point in ("0.25 0.5", "0.1 0.2 0.3 0.4", "7 7"):
        reviewer.post(f"{path_of(made, file)}/notes", page="1", point=point, words=f"At {point}")

    anchors = [note.anchor for note in notes_of(session, offer)]
    page = reviewer.get(f"{path_of(made, file)}/pages").text

    assert anchors == [
        rules.Spot(version=1, file_id=file.id, page=1, x=0.25, y=0.5),
        rules.Spot(version=1, file_id=file.id, page=1, x=0.1, y=0.2, width=0.3, height=0.4),
        rules.Spot(version=1, file_id=file.id, page=1),
    ]
    assert 'data-place="0.1 0.2 0.3 0.4"' in page


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"page": "0"}, "Say on which page"),
        ({"page": "-1"}, "Say on which page"),
        ({"page": "two"}, "Say on which page"),
        ({"page": "99999"}, "Say on which page"),
        ({"words": ""}, "Write the note."),
        ({"words": "x" * 20_001}, "longer than 20,000"),
        ({"point": "1" * 99}, "longer than 60"),
    ],
)
def test_a_note_on_no_page_is_refused_and_keeps_what_was_typed(
    reviewer: Visitor, made: Class, file: SubmissionFile, wrong: dict[str, Any], said: str
) -> None:
    form = {"page": "2", "point": "", "words": "Where is the hinge?"} | wrong

    answer = reviewer.post(f"{path_of(made, file)}/notes", **form)

    assert answer.status_code == 422
    if "point" not in wrong:
        assert said in words(answer.text)
    assert "words" in wrong or "Where is the hinge?" in answer.text


def test_a_note_on_a_page_says_something_else_or_is_taken_away(
    reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    note = add(made, offer, file, an_hour_ago)
    session.commit()
    base = f"{path_of(made, file)}/notes/{note.id}"

    emptied = reviewer.post(base, words=" ")
    changed = reviewer.post(f"{base}?page=2", words="And the axle?")
    after = [each.words for each in notes_of(session, offer)]
    removed = reviewer.post(f"{base}/removal")

    assert [each.status_code for each in (emptied, changed, removed)] == [422, 303, 303]
    assert "This is needed." in words(emptied.text)
    assert after == ["And the axle?"]
    assert notes_of(session, offer) == ()
    assert reviewer.post(f"{base}", words="Still?").status_code == 404


def test_another_tab_with_the_old_words_of_a_note_is_told_so(
    reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    note = add(made, offer, file, an_hour_ago)
    session.commit()
    tab = {f"note-{note.id}": note.words, "note-words": "", "base_revision": "0"}

    reviewer.post(f"{path_of(made, file)}/notes/{note.id}", words="And the axle?")
    answer = reviewer.post(f"/exchanges/{made.exchange.id}/reviews/{offer.id}/draft", htmx=True, data=tab)

    assert "also changed in another tab" in words(answer.text)
    assert "And the axle?" in answer.text


def test_a_note_being_typed_beside_the_form_is_not_lost_to_one_on_a_page(
    reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session
) -> None:
    form = {"note-where": "text-1", "note-words": "Half a", "base_revision": "0"}
    reviewer.post(f"/exchanges/{made.exchange.id}/reviews/{offer.id}/draft", htmx=True, data=form)

    reviewer.post(f"{path_of(made, file)}/notes", page="1", point="", words="Whole")

    session.expire_all()
    assert session.get_one(FeedbackDraft, offer.id).words["begun"]["words"] == "Half a"


def test_who_may_see_the_pages(
    visit: People, reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session
) -> None:
    path = f"{path_of(made, file)}/pages"
    text = session.scalars(select(SubmissionFile).where(SubmissionFile.media_type == "text/plain")).one()
    people = [visit(each) for each in (made.learners[1], made.learners[2], made.teacher)]

    assert [each.get(path).status_code for each in (reviewer, *people)] == [200, 200, 404, 200]
    assert reviewer.get(f"{path_of(made, text)}/pages").status_code == 404
    assert [each.post(f"{path_of(made, file)}/notes", page="1", words="x").status_code for each in people] == [
        404,
        404,
        409,
    ]


def test_the_author_reads_and_marks_notes_on_pages_and_staff_read_them(
    visit: People, made: Class, file: SubmissionFile, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    add(made, offer, file, an_hour_ago, point="0.5 0.5")
    give(made, offer, now=an_hour_ago)
    session.commit()
    path = f"{path_of(made, file)}/pages"

    author, staff, reviewer = (
        visit(each).get(path).text for each in (made.learners[1], made.teacher, made.learners[0])
    )
    beside = words(visit(made.learners[1]).get(f"/exchanges/{made.exchange.id}/work/notes").text)

    assert all("Where is the hinge?" in each for each in (author, staff, reviewer))
    assert re.search("Note 1 Reviewer [A-Z]+ Page 2", words(author))
    assert "I will use it" in words(author)
    assert f"Note 1 {made.learners[0].person.name} Page 2" in words(staff)
    assert "Write a note on a page" not in words(reviewer)
    assert "Notes on pages" in beside
    assert "work-1.pdf, page 2" in beside


def test_the_pages_of_a_file_that_was_replaced_are_still_read_with_their_notes(
    visit: People, made: Class, file: SubmissionFile, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    author = made.people[1]
    options = rules.WorkOptions(rounds=True)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=an_hour_ago)
    add(made, offer, file, an_hour_ago)
    give(made, offer, now=an_hour_ago)
    operations.remove_file(
        session, made.exchange, author=author, file_id=file.id, now=an_hour_ago, storage=DatabaseStorage()
    )
    operations.submit_work(
        session, made.exchange, author=author, body="New", note="No file", base_revision=None, now=an_hour_ago
    )
    session.commit()
    visitor = visit(made.learners[1])

    newest = words(visitor.get(f"/exchanges/{made.exchange.id}/work/notes").text)

    assert "Notes on what this version no longer has" in newest
    assert "It was about version 1." in newest
    assert visitor.get(f"{path_of(made, file)}/pages").status_code == 200


def test_every_member_of_a_group_reads_the_pages_of_their_work_with_the_notes_on_them(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    teacher = made.teacher.person_id
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=teacher, now=an_hour_ago)
    for pair in (made.people[:2], made.people[2:]):
        team = operations.add_team(session, made.exchange, by=teacher, now=an_hour_ago)
        for person in pair:
            operations.put_in(session, made.exchange, person=person, team=team.id, by=teacher, now=an_hour_ago)
    first, mate, reviewer, other = made.people
    file = attach(made, first, pdf(), an_hour_ago)
    hand_in(made, first, now=an_hour_ago)
    hand_in(made, reviewer, now=an_hour_ago)
    offer = take(made, reviewer, now=an_hour_ago)
    add(made, offer, file, an_hour_ago)
    give(made, offer, now=an_hour_ago)
    session.commit()

    def status_of(person: int, path: str) -> int:
        return visit(made.learners[made.people.index(person)]).get(path).status_code

    beside = f"/exchanges/{made.exchange.id}/work/notes"
    for person in (first, mate):
        visitor = visit(made.learners[made.people.index(person)])
        page = words(visitor.get(f"{path_of(made, file)}/pages").text)
        assert "Where is the hinge?" in page
        assert "I will use it" in page
        assert made.learners[2].person.name not in page
        assert "Where is the hinge?" in words(visitor.get(beside).text)
        assert visitor.get(path_of(made, file)).status_code == 200
    assert status_of(reviewer, f"{path_of(made, file)}/pages") == 200
    assert status_of(other, f"{path_of(made, file)}/pages") == 404


def test_a_file_that_cannot_be_opened_is_handed_back_for_another_work(
    reviewer: Visitor, made: Class, file: SubmissionFile, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    """
    Pain 10. What cannot be read at all is refused when it is handed in; what one reader cannot open is not
    their burden: they get another work, and staff learn why.
    """
    hand_in(made, made.people[2], now=an_hour_ago)
    session.commit()
    broken = attach_broken(reviewer, made)

    answer = reviewer.post(
        f"/exchanges/{made.exchange.id}/reviews/{offer.id}/refusal", reason="cannot_open", note="A blank page"
    )
    session.expire_all()

    assert broken.status_code == 422
    assert answer.status_code == 303
    assert "/reviews/" in answer.location
    assert session.get_one(Offer, offer.id).reason == "cannot_open"


def attach_broken(visitor: Visitor, made: Class) -> Any:
    file = (io.BytesIO(b"%PDF-1.7 and nothing else"), "work.pdf")
    return visitor.post(f"/exchanges/{made.exchange.id}/work/files", data={"files": file})


def test_the_reader_of_pdfs_comes_with_its_types_and_may_decode_what_scanners_make(
    client: FlaskClient, app: Flask
) -> None:
    def get(name: str) -> Any:
        return client.get(f"/assets/any/vendor/pdfjs/{name}")

    worker = get("pdf.worker.mjs")

    assert [get(name).mimetype for name in ("pdf.mjs", "wasm/openjpeg.wasm")] == ["text/javascript", "application/wasm"]
    assert worker.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "'wasm-unsafe-eval'" in worker.headers["Content-Security-Policy"]
    assert "'wasm-unsafe-eval'" not in get("pdf.mjs").headers["Content-Security-Policy"]
