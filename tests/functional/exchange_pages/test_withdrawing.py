"""Taking work back, at the browser; and that nobody but author and staff learns that a work is late."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Offer
from tests.factories.exchange import Class, all_hand_in, give, hand_in, make_class, take, work_of
from tests.functional.exchange_pages.conftest import People
from tests.pages import words


def path_of(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


def offer_of(session: Session, made: Class, author: int, *, now: datetime) -> Offer:
    """An offer of *author*'s work to somebody else."""
    for person in made.people:
        if person != author:
            take(made, person, now=now)
    work = work_of(made, author)
    return session.scalars(select(Offer).where(Offer.submission_id == work.id).order_by(Offer.id)).first() or _nobody()


def _nobody() -> Offer:
    raise AssertionError("nobody reads it")


def test_an_author_takes_work_back_after_reading_what_that_means(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    amara = visit(made.learners[0])

    assert "Take it back …" in words(amara.get(path_of(made)).text)
    asked = words(amara.get(f"{path_of(made)}/work/withdrawal").text)
    assert "Nobody gets it to review until you hand it in again." in asked
    done = amara.post(f"{path_of(made)}/work/withdrawal")

    assert done.status_code == 303
    page = words(amara.get(path_of(made)).text)
    assert "You took your work back. It is a draft again." in page
    assert "Taken back" in page
    assert "Go on writing" in page
    assert "Take it back …" not in page
    assert amara.get(f"{path_of(made)}/work/withdrawal").status_code == 404
    assert amara.get(f"{path_of(made)}/work/versions").status_code == 200
    teacher = visit(made.teacher)
    assert "taken back" in words(teacher.get(path_of(made)).text)
    assert "The author took it back" in words(teacher.get(f"{path_of(made)}/people/{made.people[0]}").text)


def test_a_reader_is_told_kindly_and_finds_their_words_on_the_page(visit: People, session: Session) -> None:
    now = datetime.now(UTC)
    made = make_class(session, learners=6, now=now - timedelta(hours=2))
    all_hand_in(made, now=now - timedelta(hours=1))
    offer = offer_of(session, made, made.people[0], now=now)
    assert offer.reviewer_id is not None
    operations.save_feedback_draft(
        session,
        made.exchange,
        reviewer=offer.reviewer_id,
        offer_id=offer.id,
        words=rules.Words(comment="The first page carries it."),
        base_revision=0,
        now=now,
    )
    session.commit()
    visit(made.learners[0]).post(f"{path_of(made)}/work/withdrawal")
    reader = visit(made.learners[made.people.index(offer.reviewer_id)])

    gone = reader.get(f"{path_of(made)}/reviews/{offer.id}")

    assert gone.status_code == 303
    page = words(reader.get(path_of(made)).text)
    assert "The author of a work you were reading took it back." in page
    assert "What you wrote about it Only you see this." in page
    assert "The first page carries it." in page
    written = reader.post(f"{path_of(made)}/reviews/{offer.id}/feedback", comment="Too late, but said.")
    assert written.status_code == 409
    assert "Its author has taken this work back" in written.text
    assert "Too late, but said." in written.text


def test_the_author_hears_that_a_grade_holds_the_work(visit: People, session: Session) -> None:
    now = datetime.now(UTC)
    made = make_class(session, learners=2, reviews=1, now=now - timedelta(hours=2))
    all_hand_in(made, now=now)
    for person in made.people:
        give(made, take(made, person, now=now), now=now)
    session.commit()
    amara = visit(made.learners[0])

    assert "Take it back" not in words(amara.get(path_of(made)).text)
    refused = amara.post(f"{path_of(made)}/work/withdrawal")
    assert refused.status_code == 409
    assert "Ask your teacher" in refused.text


def test_late_is_for_the_author_and_staff_and_never_for_a_reviewer(visit: People, session: Session) -> None:
    """Whoever knows who was late would know whose work it is."""
    now = datetime.now(UTC)
    due = now - timedelta(days=3)
    made = make_class(session, learners=2, reviews=1, now=now - timedelta(days=9), submit_by=due)
    author, reader = made.people
    hand_in(made, reader, now=due - timedelta(days=1))
    hand_in(made, author, now=now - timedelta(days=2))
    offer = take(made, reader, now=now)
    session.commit()

    assert "Handed in late" in words(visit(made.learners[0]).get(path_of(made)).text)
    assert "late" in words(visit(made.teacher).get(path_of(made)).text).split()
    late_day = (now - timedelta(days=2)).strftime("%Y-%m-%d")
    for path in ("", f"/reviews/{offer.id}", f"/reviews/{offer.id}/versions"):
        page = visit(made.learners[1]).get(path_of(made) + path).text
        assert "late" not in words(page).split()
        assert late_day not in page
