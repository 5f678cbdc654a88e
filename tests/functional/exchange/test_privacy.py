"""One person's words: handed out, and forgotten."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, privacy, queries
from lti_tool.exchange.models import DraftCopy, Feedback, FeedbackDraft, Message, Offer, Release, Submission
from lti_tool.files.models import FileBlob
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, make_words, review, take, work_of

STORAGE = DatabaseStorage()


def begun(session: Session) -> Class:
    """Three people; the first has written wherever one can write."""
    made = make_class(session, learners=3, reviews=1)
    me = made.people[0]
    operations.attach_file(
        session, made.exchange, author=me, data=b"My notes", now=BEGUN, storage=STORAGE, max_bytes=100
    )
    operations.save_draft(session, made.exchange, author=me, body="My first tab", base_revision=0, now=BEGUN)
    operations.save_draft(session, made.exchange, author=me, body="My second tab", base_revision=0, now=BEGUN)
    all_hand_in(made)
    review(made, me)
    reviewer = next(person for person in made.people[1:] if take(made, person).submission.author_id == me)
    mine = review(made, reviewer)
    operations.say(session, made.exchange, writer=me, feedback_id=mine.id, body="My reply", now=BEGUN)
    return made


def test_a_person_gets_everything_they_wrote_and_received(session: Session) -> None:
    made = begun(session)

    export = privacy.export_person(session, made.people[0])

    assert json.loads(json.dumps(export)) == export
    (work,), (given,), (received,), (grade,) = (
        export[part] for part in ("work", "feedback_given", "feedback_received", "grades")
    )
    assert work["body"] == f"The work of {made.people[0]}."
    assert work["files"] == [{"name": "work-1.txt", "media_type": "text/plain", "size": 8}]
    assert given["comment"] == received["comment"] == "Good work."
    assert [each["body"] for each in export["messages"]] == ["My reply"]
    assert received["marks"] == []
    assert grade["score"] == 10.0


def test_a_forgotten_person_leaves_no_words_but_their_feedback_stays_without_a_name(session: Session) -> None:
    made = begun(session)
    me, work = made.people[0], work_of(made, made.people[0])
    given = session.scalars(select(Feedback).join(Offer).where(Offer.reviewer_id == me)).one()

    privacy.forget_person(session, me, now=BEGUN, storage=STORAGE)
    session.commit()
    session.expire_all()

    assert (work.author_id, work.body, work.draft, work.files) == (None, "", "", [])
    for table in (FileBlob, Message, DraftCopy):
        assert session.scalars(select(table)).all() == []
    assert session.scalars(select(Release.person_id).where(Release.person_id == me)).all() == []
    assert session.get_one(Offer, given.offer_id).reviewer_id is None
    assert given.words == make_words(made.exchange)
    assert not any(privacy.export_person(session, me).values())


def test_work_in_the_hands_of_a_forgotten_reviewer_is_free_again(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1)
    all_hand_in(made)
    me, *others = made.people
    offer = take(made, me)
    operations.save_feedback_draft(
        session,
        made.exchange,
        reviewer=me,
        offer_id=offer.id,
        words=make_words(made.exchange),
        base_revision=0,
        now=BEGUN,
    )

    privacy.forget_person(session, me, now=BEGUN, storage=STORAGE)

    assert session.scalars(select(FeedbackDraft)).all() == []
    assert {take(made, other).submission.author_id for other in others} == set(others)
    assert queries.overview(session, made.exchange, now=BEGUN).submitted == 2


def test_a_deleted_person_takes_no_feedback_of_others_along(session: Session) -> None:
    made = begun(session)
    session.commit()

    session.delete(made.learners[0])
    session.flush()
    session.delete(made.learners[0].person)
    session.commit()

    assert len(session.scalars(select(Submission)).all()) == 3
    assert len(session.scalars(select(Feedback)).all()) == 2
