"""Two requests about one feedback in the same moment: one comes after the other, and nothing is lost between them."""

import io
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Event
from typing import TypeAlias

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.courses.models import Membership, Person
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Feedback, FeedbackFile, Flag, FlagAct, Hiding, RewriteRequest
from tests.factories.courses import sign_in
from tests.factories.exchange import Class, all_hand_in, make_class, review
from tests.functional.exchange_pages.conftest import Visitor
from tests.pages import words

Browsers: TypeAlias = Callable[[Membership], Visitor]


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """The second of them is asked to write what they gave the first anew; feedback may have files."""
    made = make_class(session, learners=2, reviews=1, now=an_hour_ago)
    files = rules.AttachingOptions(most=2)
    operations.set_options(session, made.exchange, files, by=made.teacher.person_id, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    feedback = review(made, made.people[1], now=an_hour_ago)
    operations.moderate(
        session,
        made.exchange,
        feedback_id=feedback.id,
        by=made.teacher.person_id,
        reason="other",
        decision="rewrite",
        note="Say where.",
        now=an_hour_ago,
    )
    session.commit()
    return made


@pytest.fixture
def feedback(made: Class, session: Session) -> Feedback:
    return session.scalars(select(Feedback)).one()


@pytest.fixture
def at_their_own(app: Flask, session: Session) -> Browsers:
    """Somebody at a browser that nobody else uses meanwhile."""

    def visit(membership: Membership) -> Visitor:
        client = app.test_client()
        client.environ_base |= {"wsgi.url_scheme": "https", "HTTP_HOST": "hearth.example"}
        return Visitor(client, sign_in(session, membership))

    return visit


@pytest.fixture
def change(made: Class, feedback: Feedback, at_their_own: Browsers) -> Callable[[], TestResponse]:
    """The reviewer puts other words in the place of theirs."""
    clarity, advice = made.exchange.criteria
    sent = {f"level-{clarity.id}": str(clarity.levels[1].id), f"comment-{advice.id}": "Say it in one sentence."}
    reviewer = at_their_own(made.learners[1])
    return lambda: reviewer.post(f"/exchanges/{made.exchange.id}/reviews/{feedback.offer_id}/revision", data=sent)


def in_order(session: Session, acts: Sequence[Callable[[], TestResponse]]) -> Sequence[TestResponse]:
    """Let all *acts* begin, each once the one before stands before a lock or is done, and *session* hold it no more."""
    with ThreadPoolExecutor(len(acts)) as threads:
        begun: list[Future[TestResponse]] = []
        for act in acts:
            begun.append(threads.submit(act))
            wait_for(session, begun)
        session.rollback()
        return [each.result(60) for each in begun]


def wait_for(session: Session, begun: Sequence[Future[TestResponse]]) -> None:
    """Until each of *begun* waits for a lock or is done."""
    standing = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    pause = Event()
    for _ in range(6000):
        with Session(session.get_bind()) as looking:
            if looking.scalar(standing) == sum(not each.done() for each in begun):
                return
        pause.wait(0.01)
    pytest.fail("nobody waited")


@pytest.mark.parametrize("decision", ["keep", "hide"])
def test_a_change_beside_a_decision_that_asks_for_none_comes_after_it_and_says_so(
    made: Class,
    feedback: Feedback,
    session: Session,
    change: Callable[[], TestResponse],
    at_their_own: Browsers,
    decision: str,
) -> None:
    flag, teacher = session.scalars(select(Flag.id)).one(), at_their_own(made.teacher)
    path, sent = f"/exchanges/{made.exchange.id}/flags/{flag}/decisions", {"decision": decision, "note": "It may stay."}
    session.get_one(RewriteRequest, feedback.id, with_for_update=True)

    decided, changed = in_order(session, [lambda: teacher.post(path, data=sent), change])

    assert (decided.status_code, changed.status_code) == (303, 409)
    assert "Feedback that was given stays as it is." in words(changed.text)
    assert "Say it in one sentence." in changed.text
    assert session.scalars(select(RewriteRequest)).all() == []
    assert session.scalars(select(FlagAct.act).order_by(FlagAct.id)).all() == ["looked", "rewrite", decision]
    assert len(session.scalars(select(Hiding)).all()) == (decision == "hide")


def test_a_decision_beside_a_change_that_was_asked_for_comes_after_it(
    made: Class, feedback: Feedback, session: Session, change: Callable[[], TestResponse], at_their_own: Browsers
) -> None:
    flag, teacher = session.scalars(select(Flag.id)).one(), at_their_own(made.teacher)
    path = f"/exchanges/{made.exchange.id}/flags/{flag}/decisions"
    session.get_one(RewriteRequest, feedback.id, with_for_update=True)

    changed, decided = in_order(session, [change, lambda: teacher.post(path, decision="hide", note="Once more.")])

    assert (changed.status_code, decided.status_code) == (303, 303)
    assert session.scalars(select(RewriteRequest.answered_at)).one() is not None
    assert len(session.scalars(select(Hiding)).all()) == 1


def test_a_file_that_comes_beside_a_change_is_refused_rather_than_left_on_nobodys_feedback(
    made: Class, feedback: Feedback, session: Session, change: Callable[[], TestResponse], at_their_own: Browsers
) -> None:
    tab = at_their_own(made.learners[1])
    path = f"/exchanges/{made.exchange.id}/reviews/{feedback.offer_id}/files"

    def upload() -> TestResponse:
        return tab.post(path, data={"files": [(io.BytesIO(b"late"), "late.txt")], "comment": "Typed meanwhile."})

    # The change is made but for its entry in the journal, which names the reviewer.
    session.get_one(Person, made.people[1], with_for_update=True)

    changed, come = in_order(session, [change, upload])

    assert (changed.status_code, come.status_code) == (303, 409)
    assert "Typed meanwhile." in come.text
    assert session.scalars(select(FeedbackFile)).all() == []
