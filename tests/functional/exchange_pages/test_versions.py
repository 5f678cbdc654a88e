"""Rounds of revision, what an author asks, links: through the pages."""

import io
from datetime import datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.exchange import operations, privacy, rules
from lti_tool.exchange.models import Feedback, Offer, SubmissionFile, WorkVersion
from lti_tool.files import storage
from tests.factories.exchange import Class, give, hand_in, make_words, take, work_of
from tests.functional.exchange_pages.conftest import People
from tests.pages import mistakes_in, words


def choose(made: Class, **options: object) -> None:
    operations.set_options(
        made.session,
        made.exchange,
        rules.WorkOptions(**options),  # type: ignore[arg-type]
        by=made.teacher.person_id,
        now=made.exchange.activity.created_at,
    )
    made.session.commit()


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def reviewed(made: Class, an_hour_ago: datetime) -> Class:
    """Rounds are on; the first learner's work has feedback from the second, whose offer it was."""
    choose(made, rounds=True)
    a, b = made.people[:2]
    hand_in(made, a, body="The red cat sleeps.", now=an_hour_ago)
    hand_in(made, b, body="Another story.", now=an_hour_ago)
    give(made, take(made, b, now=an_hour_ago), now=an_hour_ago)
    made.session.commit()
    return made


def revise(made: Class, visit: People, *, body: str = "The small dog sleeps.", note: str = "Dogs fit better.") -> int:
    author = visit(made.learners[0])
    author.post(f"/exchanges/{made.exchange.id}/work/draft", body=body, base_revision="1")
    revision = str(work_of(made, made.people[0]).revision)
    return author.post(f"/exchanges/{made.exchange.id}/work", base_revision=revision, note=note).status_code


def test_after_feedback_a_revised_version_is_handed_in_and_its_reviewer_sees_what_changed(
    reviewed: Class, visit: People, session: Session
) -> None:
    """Pain 39: feedback that cannot be used, for nothing can be handed in after it."""
    assert revise(reviewed, visit) == 303

    offer = session.scalars(select(Feedback)).one().offer
    reviewer = visit(reviewed.learners[1])
    base = f"/exchanges/{reviewed.exchange.id}/reviews/{offer.id}"
    page = reviewer.get(base).text
    compared = reviewer.get(f"{base}/versions?old=1").text
    assert "The red cat sleeps." in words(page)
    assert "Dogs fit better." in words(page)
    assert "small dog</" not in page.split("The red cat")[0]
    assert "<del>" in compared
    assert "red cat" in compared
    assert "<ins>" in compared
    assert "small dog" in compared
    assert mistakes_in({"versions": compared}) == []


def test_who_revises_says_what_changed(reviewed: Class, visit: People, session: Session) -> None:
    assert revise(reviewed, visit, note=" ") == 422
    assert session.scalars(
        select(WorkVersion.number)
        .join_from(WorkVersion, type(work_of(reviewed, reviewed.people[0])))
        .where(WorkVersion.submission_id == work_of(reviewed, reviewed.people[0]).id)
    ).all() == [1]


def test_a_revised_version_is_as_early_as_the_first(reviewed: Class, visit: People, an_hour_ago: datetime) -> None:
    revise(reviewed, visit)

    assert work_of(reviewed, reviewed.people[0]).submitted_at == an_hour_ago


def test_without_rounds_work_that_is_read_stays_as_it_is(reviewed: Class, visit: People, session: Session) -> None:
    choose(reviewed)

    assert revise(reviewed, visit) == 422
    assert work_of(reviewed, reviewed.people[0]).body == "The red cat sleeps."


def test_who_has_a_reader_and_no_feedback_cannot_revise_yet(made: Class, visit: People, an_hour_ago: datetime) -> None:
    choose(made, rounds=True)
    hand_in(made, made.people[0], body="The red cat sleeps.", now=an_hour_ago)
    hand_in(made, made.people[1], now=an_hour_ago)
    take(made, made.people[1], now=an_hour_ago)
    made.session.commit()

    assert revise(made, visit) == 422


def test_whoever_takes_a_work_after_it_was_revised_never_sees_the_older_version(
    reviewed: Class, visit: People, session: Session
) -> None:
    revise(reviewed, visit)
    c = reviewed.people[2]
    hand_in(reviewed, c, now=reviewed.exchange.activity.created_at)
    work = work_of(reviewed, reviewed.people[0])
    later = reviewed.exchange.activity.created_at + timedelta(hours=1)
    offer = take(reviewed, c, now=later)
    if offer.submission_id != work.id:
        give(reviewed, offer, now=later)
        offer = take(reviewed, c, now=later)
    session.commit()

    reviewer = visit(reviewed.learners[2])
    base = f"/exchanges/{reviewed.exchange.id}/reviews/{offer.id}"
    assert "The small dog sleeps." in words(reviewer.get(base).text)
    assert reviewer.get(f"{base}/versions?old=1&new=2").status_code == 404
    assert "red cat" not in reviewer.get(f"{base}/versions").text


@pytest.mark.parametrize("query", ["old=9", "new=x", "old=-1", "new=99999999999", "old=%00"])
def test_a_version_that_is_not_there_is_missing(reviewed: Class, visit: People, query: str) -> None:
    author = visit(reviewed.learners[0])

    assert author.get(f"/exchanges/{reviewed.exchange.id}/work/versions?{query}").status_code == 404


def test_staff_and_the_author_read_every_version(reviewed: Class, visit: People) -> None:
    revise(reviewed, visit)
    a = reviewed.people[0]

    for who, path in (
        (reviewed.learners[0], "work/versions"),
        (reviewed.teacher, f"people/{a}/versions"),
    ):
        page = words(visit(who).get(f"/exchanges/{reviewed.exchange.id}/{path}").text)
        assert "The red cat sleeps." in page
        assert "The small dog sleeps." in page


def test_an_older_version_keeps_its_files_and_a_draft_shows_none_to_reviewers(
    reviewed: Class, visit: People, session: Session
) -> None:
    author, reviewer = visit(reviewed.learners[0]), visit(reviewed.learners[1])
    base = f"/exchanges/{reviewed.exchange.id}"
    author.post(f"{base}/work/files", data={"body": "", "files": (io.BytesIO(picture("teal")), "a.png")})
    file = session.scalars(select(SubmissionFile)).one()
    assert reviewer.get(f"{base}/files/{file.id}").status_code == 404

    revise(reviewed, visit, body="With a picture.")
    session.expire_all()
    assert reviewer.get(f"{base}/files/{file.id}").status_code == 200

    author.post(f"{base}/work/files/{file.id}/removal")
    session.expire_all()
    assert work_of(reviewed, reviewed.people[0]).files == []
    assert reviewer.get(f"{base}/files/{file.id}").status_code == 200
    assert file.name in author.get(f"{base}/work/versions").text


def test_a_reviewer_answers_what_the_author_asks(made: Class, visit: People, session: Session) -> None:
    choose(made, ask=True)
    base = f"/exchanges/{made.exchange.id}"
    author, reviewer = visit(made.learners[0]), visit(made.learners[1])
    author.post(
        f"{base}/work/draft",
        body="Mine.",
        base_revision="0",
        stage="first_draft",
        question_1="Is it <clear>?",
        question_3="Why?",
    )
    assert "Is it &lt;clear&gt;?" in author.get(f"{base}/work/final").text
    author.post(f"{base}/work", base_revision=str(work_of(made, made.people[0]).revision))
    hand_in(made, made.people[1], now=made.exchange.activity.created_at)
    session.commit()
    reviewer.post(f"{base}/reviews")
    offer = session.scalars(select(Offer)).one()
    page = reviewer.get(f"{base}/reviews/{offer.id}").text
    assert "A first draft" in page
    assert page.count("The author asks:") == 2
    said = make_words(made.exchange)
    form = {f"comment-{id}": answer.comment for id, answer in said.answers.items()} | {
        f"level-{id}": str(answer.level_id) for id, answer in said.answers.items() if answer.level_id
    }

    refused = reviewer.post(
        f"{base}/reviews/{offer.id}/feedback", data=form | {"asked-0": "Yes, quite.", "asked-1": " "}
    )
    assert refused.status_code == 422
    assert "Yes, quite." in refused.text
    kept = reviewer.post(
        f"{base}/reviews/{offer.id}/draft", data=form | {"asked-0": "Yes, mostly.", "base_revision": "0"}
    )
    assert kept.status_code == 303
    assert "Yes, mostly." in reviewer.get(f"{base}/reviews/{offer.id}").text
    given = reviewer.post(
        f"{base}/reviews/{offer.id}/feedback", data=form | {"asked-0": "Yes, quite.", "asked-1": "Because."}
    )
    assert given.status_code == 303
    read = words(author.get(base).text)
    assert "Asked: Is it <clear>?" in read or "Asked: Is it &lt;clear&gt;?" in read
    assert "Because." in read
    for who in (author, reviewer):
        assert mistakes_in({"student": who.get(base).text}) == []
    assert mistakes_in({"review": reviewer.get(f"{base}/reviews/{offer.id}").text}) == []


def test_links_are_shown_and_what_is_no_address_is_typed_again(made: Class, visit: People) -> None:
    choose(made, links=rules.REQUIRED)
    author = visit(made.learners[0])
    path = f"/exchanges/{made.exchange.id}/work"

    refused = author.post(f"{path}/draft", body="Mine.", base_revision="0", link_1="javascript:alert(1)")
    assert refused.status_code == 422
    assert "javascript:alert(1)" in refused.text
    assert 'href="javascript' not in refused.text
    author.post(f"{path}/draft", body="Mine.", base_revision="0")
    revision = str(work_of(made, made.people[0]).revision)
    assert author.post(path, base_revision=revision).status_code == 422
    author.post(f"{path}/draft", body="Mine.", base_revision=revision, link_1="https://a.example/x", link_title_1="A")
    page = author.get(f"{path}/final").text
    assert 'href="https://a.example/x"' in page
    assert "noopener" in page
    assert mistakes_in({"work": author.get(path).text}) == []
    made.session.expire_all()
    assert author.post(path, base_revision=str(work_of(made, made.people[0]).revision)).status_code == 303


def test_a_work_of_nothing_at_all_cannot_be_asked_for(made: Class, visit: People) -> None:
    answer = visit(made.teacher).post(
        f"/exchanges/{made.exchange.id}/settings/work", text="unwanted", files="unwanted", links="unwanted"
    )

    assert answer.status_code == 422
    assert "allow at least one" in answer.text


def test_a_teacher_chooses_what_is_handed_in(made: Class, visit: People, session: Session) -> None:
    answer = visit(made.teacher).post(
        f"/exchanges/{made.exchange.id}/settings/work", text="required", files="unwanted", links="allowed", rounds="1"
    )

    session.refresh(made.exchange)
    assert answer.status_code == 303
    assert made.exchange.option(rules.WorkOptions) == rules.WorkOptions(
        text=rules.REQUIRED, files=rules.UNWANTED, links=rules.ALLOWED, rounds=True
    )


def test_whoever_is_forgotten_leaves_no_words_in_any_version(
    reviewed: Class, visit: People, session: Session, settings: Settings
) -> None:
    revise(reviewed, visit)
    a = reviewed.people[0]
    assert len(privacy.export_person(session, a)["work"][0]["versions"]) == 2

    work = work_of(reviewed, a).id
    privacy.forget_person(session, a, now=reviewed.exchange.activity.created_at, storage=storage(settings))

    left = session.scalars(select(WorkVersion).where(WorkVersion.submission_id == work)).all()
    assert {(each.body, each.note) for each in left} == {("", "")}


def test_an_older_tab_replaces_no_question_and_no_link_unseen(made: Class, visit: People) -> None:
    choose(made, links=rules.ALLOWED, ask=True)
    author = visit(made.learners[0])
    path = f"/exchanges/{made.exchange.id}/work"
    empty = {"stage": "", "question_1": "", "question_2": "", "question_3": "", "link_1": "", "link_title_1": ""}
    author.post(f"{path}/draft", data=empty | {"body": "Mine.", "base_revision": "0"})
    asking = empty | {"question_1": "Is it too long?", "link_1": "https://a.example/x", "link_title_1": "A"}
    author.post(f"{path}/draft", data=asking | {"body": "Mine.", "base_revision": "1"})

    older = author.post(f"{path}/draft", htmx=True, data=empty | {"body": "Mine, longer.", "base_revision": "1"})

    assert "This was also changed in another tab" in words(older.text)
    for text in (older.text, author.get(path).text):
        assert "Is it too long?" in text
        assert "https://a.example/x" in text
    assert mistakes_in({"work": author.get(path).text}) == []
