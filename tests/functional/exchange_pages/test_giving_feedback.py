"""A reviewer's way: take a work, write, give the feedback, or hand the work back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations
from lti_tool.exchange.models import DraftCopy, Feedback, FeedbackDraft, Offer
from tests.factories.exchange import Class, all_hand_in, hand_in, make_class, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


@pytest.fixture
def handed_in(made: Class, session: Session, an_hour_ago: datetime) -> Class:
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    return made


@pytest.fixture
def amara(visit: People, handed_in: Class) -> Visitor:
    return visit(handed_in.learners[0])


@pytest.fixture
def offer(handed_in: Class, session: Session, amara: Visitor) -> Offer:
    """The work that Amara has in hand."""
    amara.post(f"/exchanges/{handed_in.exchange.id}/reviews")
    return session.scalars(select(Offer)).one()


def path_of(offer: Offer) -> str:
    return f"/exchanges/{offer.exchange_id}/reviews/{offer.id}"


def answers(made: Class, **changed: str) -> dict[str, str]:
    """A finished feedback as the form sends it."""
    clarity, advice = made.exchange.criteria
    return {
        f"level-{clarity.id}": str(clarity.levels[1].id),
        f"comment-{clarity.id}": "I read the second part twice.",
        f"comment-{advice.id}": "Begin with the example.",
        "comment": "Good work.",
        "base_revision": "0",
        **changed,
    }


def test_work_is_taken_one_at_a_time(amara: Visitor, handed_in: Class, session: Session) -> None:
    first = amara.post(f"/exchanges/{handed_in.exchange.id}/reviews")
    second = amara.post(f"/exchanges/{handed_in.exchange.id}/reviews")

    assert first.status_code == 303
    assert first.location == second.location
    assert len(session.scalars(select(Offer)).all()) == 1


def test_without_work_of_ones_own_there_is_none_to_review(visit: People, made: Class) -> None:
    answer = visit(made.learners[0]).post(f"/exchanges/{made.exchange.id}/reviews")

    assert answer.status_code == 409
    assert "Hand in your own work first" in words(answer.text)


def test_without_work_of_others_the_page_says_why(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()
    alone = visit(made.learners[0])

    answer = alone.post(f"/exchanges/{made.exchange.id}/reviews")

    assert answer.status_code == 303
    assert "Nobody else has handed anything in yet" in words(alone.client.get(answer.location).text)


def test_a_work_is_read_without_its_authors_name(amara: Visitor, offer: Offer, handed_in: Class) -> None:
    page = words(amara.get(path_of(offer)).text)

    assert "Feedback on Work 1" in page
    assert f"The work of {offer.submission.author_id}." in page
    assert "Where did you have to read twice?" in page
    assert "The author reads your feedback without seeing your name." in page
    for other in handed_in.learners[1:]:
        assert other.person.name not in page


def test_named_work_says_whose_it_is(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, anonymity="named", learners=2, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    taken = take(made, made.people[0], now=datetime.now(UTC))
    session.commit()

    page = words(visit(made.learners[0]).get(path_of(taken)).text)

    assert f"Feedback on {made.learners[1].person.name}" in page
    assert "sees your name" in page


@pytest.mark.parametrize("htmx", [False, True])
def test_feedback_is_given_once(amara: Visitor, offer: Offer, handed_in: Class, session: Session, htmx: bool) -> None:
    first = amara.post(f"{path_of(offer)}/feedback", htmx=htmx, data=answers(handed_in))
    again = amara.post(f"{path_of(offer)}/feedback", htmx=htmx, data=answers(handed_in))

    assert first.status_code == again.status_code == (204 if htmx else 303)
    given = session.scalars(select(Feedback)).one()
    assert given.comment == "Good work."
    assert {each.comment for each in given.answers} == {"I read the second part twice.", "Begin with the example."}
    page = words(amara.get(path_of(offer)).text)
    assert "Begin with the example." in page
    assert "Give the feedback" not in page


@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_missing_is_named_and_what_is_there_is_kept(
    amara: Visitor, offer: Offer, handed_in: Class, session: Session, htmx: bool
) -> None:
    clarity, advice = handed_in.exchange.criteria

    answer = amara.post(
        f"{path_of(offer)}/feedback", htmx=htmx, data={f"comment-{clarity.id}": "Kept words", "comment": "Kept too"}
    )

    assert answer.status_code == 422
    assert f'id="field-level-{clarity.id}-error"' in answer.text
    assert f'id="field-comment-{advice.id}-error"' in answer.text
    assert "Kept words" in answer.text
    assert "Kept too" in answer.text
    assert ("<html" in answer.text) is not htmx
    assert session.scalars(select(Feedback)).all() == []


@pytest.mark.parametrize("level", ["0", "-1", "999999", "99999999999999999999", "x", "1 or 1=1", "9" * 5000, "\x00"])
def test_a_level_that_is_none_is_refused(
    amara: Visitor, offer: Offer, handed_in: Class, session: Session, level: str
) -> None:
    clarity = handed_in.exchange.criteria[0]
    data = answers(handed_in, **{f"level-{clarity.id}": level})

    given = amara.post(f"{path_of(offer)}/feedback", data=data)
    kept = amara.post(f"{path_of(offer)}/draft", data=data, htmx=True)

    assert given.status_code == 422
    assert "Begin with the example." in given.text
    assert kept.status_code in (200, 422)
    assert session.scalars(select(Feedback)).all() == []
    assert amara.get(path_of(offer)).status_code == 200


def test_too_many_words_are_kept_on_the_page(amara: Visitor, offer: Offer, handed_in: Class) -> None:
    data = answers(handed_in, comment="y" * 20_001)

    answer = amara.post(f"{path_of(offer)}/feedback", data=data)
    fragment = amara.post(f"{path_of(offer)}/draft", data=data, htmx=True)

    assert answer.status_code == fragment.status_code == 422
    assert 'id="field-comment-error"' in answer.text
    assert "y" * 20_001 in answer.text
    assert "Not saved" in words(fragment.text)


def test_feedback_is_saved_while_typing_and_is_there_after_coming_back(
    amara: Visitor, offer: Offer, handed_in: Class
) -> None:
    advice = handed_in.exchange.criteria[1]

    answer = amara.post(
        f"{path_of(offer)}/draft", htmx=True, data={f"comment-{advice.id}": "Half a sent", "base_revision": "0"}
    )

    assert answer.status_code == 200
    assert 'name="base_revision" value="1"' in answer.text
    assert "Half a sent" in amara.get(path_of(offer)).text


def test_without_script_feedback_is_saved_by_its_button(amara: Visitor, offer: Offer, handed_in: Class) -> None:
    answer = amara.post(f"{path_of(offer)}/draft", data=answers(handed_in))

    assert answer.status_code == 303
    assert "Begin with the example." in amara.get(path_of(offer)).text


def test_two_tabs_lose_nothing(amara: Visitor, offer: Offer, handed_in: Class, session: Session) -> None:
    advice = handed_in.exchange.criteria[1]
    amara.post(f"{path_of(offer)}/draft", htmx=True, data={f"comment-{advice.id}": "First tab", "base_revision": "0"})

    answer = amara.post(
        f"{path_of(offer)}/draft", htmx=True, data={f"comment-{advice.id}": "Second tab", "base_revision": "0"}
    )

    assert "changed in another tab" in words(answer.text)
    assert "First tab" in answer.text
    copy = session.scalars(select(DraftCopy)).one()
    back = amara.post(f"{path_of(offer)}/copies/{copy.id}/restoration")
    assert back.status_code == 303
    page = amara.get(path_of(offer)).text
    assert re.search(r"<textarea[^>]*>\n?First tab</textarea>", page)
    assert "Second tab" in page


def test_who_cannot_review_a_work_gets_another(amara: Visitor, offer: Offer, session: Session) -> None:
    answer = amara.post(f"{path_of(offer)}/refusal", reason="knows_author", note="My sister's.")

    assert answer.status_code == 303
    session.expire_all()
    first, second = session.scalars(select(Offer).order_by(Offer.id))
    assert first.state == "declined"
    assert answer.location.endswith(f"/reviews/{second.id}")
    assert amara.get(path_of(first)).status_code == 404


@pytest.mark.parametrize("reason", [None, "", "bored", "\x00"])
def test_handing_a_work_back_needs_a_reason(amara: Visitor, offer: Offer, session: Session, reason: str | None) -> None:
    fields = {"note": "Kept note"} | ({} if reason is None else {"reason": reason})

    answer = amara.post(f"{path_of(offer)}/refusal", data=fields)

    assert answer.status_code == 422
    assert 'id="field-reason-error"' in answer.text
    assert "Kept note" in answer.text
    session.expire_all()
    assert session.get_one(Offer, offer.id).state == "offered"


def test_when_no_other_work_is_left_the_page_says_so(visit: People, session: Session, an_hour_ago: datetime) -> None:
    made = make_class(session, learners=2, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    taken = take(made, made.people[0], now=datetime.now(UTC))
    session.commit()
    reviewer = visit(made.learners[0])

    answer = reviewer.post(f"{path_of(taken)}/refusal", reason="language")

    assert answer.location.endswith(f"/exchanges/{made.exchange.id}")


def test_words_for_a_work_that_moved_on_are_shown_to_be_copied(amara: Visitor, offer: Offer, handed_in: Class) -> None:
    amara.post(f"{path_of(offer)}/refusal", reason="other")

    whole = amara.post(f"{path_of(offer)}/feedback", data=answers(handed_in))
    fragment = amara.post(f"{path_of(offer)}/draft", htmx=True, data=answers(handed_in))

    assert whole.status_code == fragment.status_code == 409
    assert "Begin with the example." in whole.text
    assert "moved on" in words(fragment.text)


def test_a_lapsed_lease_is_said_and_the_feedback_is_still_taken(
    amara: Visitor, offer: Offer, handed_in: Class, session: Session
) -> None:
    amara.post(f"{path_of(offer)}/draft", data=answers(handed_in))
    session.expire_all()
    session.get_one(Offer, offer.id).lease_until = datetime.now(UTC) - timedelta(hours=1)
    session.commit()

    assert "somebody else may be reviewing it too" in words(amara.get(path_of(offer)).text)
    assert amara.post(f"{path_of(offer)}/feedback", data=answers(handed_in)).status_code == 303


def test_after_closing_nothing_is_given_and_nothing_lost(
    amara: Visitor, offer: Offer, handed_in: Class, session: Session
) -> None:
    operations.close(session, handed_in.exchange, by=handed_in.teacher.person_id, now=datetime.now(UTC))
    session.commit()

    answer = amara.post(f"{path_of(offer)}/feedback", data=answers(handed_in))

    assert answer.status_code == 422
    assert "Begin with the example." in answer.text
    assert "closed" in words(answer.text)
    assert session.scalars(select(Feedback)).all() == []


def test_the_review_of_somebody_else_is_missing(
    visit: People, offer: Offer, handed_in: Class, session: Session
) -> None:
    other = visit(handed_in.learners[1])

    assert other.get(path_of(offer)).status_code == 404
    for path in ("draft", "feedback"):
        assert other.post(f"{path_of(offer)}/{path}", data=answers(handed_in)).status_code == 404
    assert other.post(f"{path_of(offer)}/refusal", reason="other").status_code == 404
    assert session.scalars(select(FeedbackDraft)).all() == []


def test_the_authors_reply_comes_back_to_the_reviewer(
    visit: People, amara: Visitor, offer: Offer, handed_in: Class, session: Session
) -> None:
    amara.post(f"{path_of(offer)}/feedback", data=answers(handed_in))
    feedback = session.scalars(select(Feedback)).one()
    author = next(each for each in handed_in.learners if each.person_id == offer.submission.author_id)
    visit(author).post(f"/exchanges/{offer.exchange_id}/feedback/{feedback.id}/messages", body="I tried it, thanks!")

    assert "I tried it, thanks!" in amara.get(path_of(offer)).text
    assert "The author replied" in words(amara.get(f"/exchanges/{offer.exchange_id}").text)
