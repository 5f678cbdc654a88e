"""What others said about a work, read by somebody who has reviewed it too, where the teacher allows it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Offer
from tests.factories.exchange import Class, all_hand_in, give, make_words, take
from tests.functional.exchange.test_queries import counted
from tests.functional.exchange_pages.conftest import People
from tests.pages import words

SECRET = "The bench is what I would keep."


def allow(made: Class, session: Session, *, at: datetime, others: bool = True) -> None:
    before = made.exchange.option(rules.NotesOptions)
    options = rules.NotesOptions(others=others).chosen_after(before, at)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=at)
    session.commit()


@pytest.fixture
def both(made: Class, session: Session, an_hour_ago: datetime) -> tuple[Offer, Offer]:
    """Two offers of the same work, by different people; the second has said something special about it."""
    all_hand_in(made, now=an_hour_ago - timedelta(minutes=1))
    taken: dict[int, list[Offer]] = {}
    of_the_work: list[Offer] = []
    for person in made.people * 2:
        offer = take(made, person, now=an_hour_ago)
        of_the_work = taken.setdefault(offer.submission_id, [])
        of_the_work.append(offer)
        if len(of_the_work) == 2:
            break
        give(made, offer, now=an_hour_ago)
    first, second = of_the_work
    allow(made, session, at=an_hour_ago - timedelta(minutes=1))
    operations.add_note(
        session,
        made.exchange,
        reviewer=second.reviewer_id or 0,
        offer_id=second.id,
        begun=rules.Begun(where="text-1", words=SECRET),
        now=an_hour_ago,
    )
    give(made, second, now=an_hour_ago + timedelta(minutes=1))
    session.commit()
    return first, second


def member(made: Class, offer: Offer) -> int:
    return made.people.index(offer.reviewer_id or 0)


def page(visit: People, made: Class, offer: Offer) -> str:
    found = visit(made.learners[member(made, offer)]).get(f"/exchanges/{made.exchange.id}/reviews/{offer.id}")
    assert found.status_code == 200
    return words(found.text)


def test_whoever_has_reviewed_a_work_reads_what_others_said_by_letters(
    visit: People, made: Class, both: tuple[Offer, Offer]
) -> None:
    first, second = both

    shown = page(visit, made, first)

    letters = rules.pseudonyms(made.exchange.seed, first.submission_id, 2)
    assert "What others said about this work" in shown
    assert SECRET in shown
    assert f"Reviewer {letters[1]}" in shown
    assert made.learners[member(made, second)].person.name not in shown


def test_it_is_off_until_a_teacher_allows_it(
    visit: People, made: Class, both: tuple[Offer, Offer], session: Session, an_hour_ago: datetime
) -> None:
    allow(made, session, at=an_hour_ago, others=False)

    assert "What others said" not in page(visit, made, both[0])


def test_whoever_has_not_given_theirs_sees_nothing_of_others(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    all_hand_in(made, now=an_hour_ago)
    allow(made, session, at=an_hour_ago)
    offer = take(made, made.people[0], now=an_hour_ago)
    session.commit()

    shown = page(visit, made, offer)

    assert "What others said" not in shown
    assert "Others who have reviewed the same work read your feedback, too, without your name." in shown


def test_names_are_not_shown_where_author_and_reviewer_see_each_other(
    visit: People, made: Class, both: tuple[Offer, Offer], session: Session
) -> None:
    made.exchange.anonymity = rules.NAMED
    session.commit()

    shown = page(visit, made, both[0])

    assert SECRET in shown
    assert made.learners[member(made, both[1])].person.name not in shown


def test_what_staff_hide_is_hidden_from_other_reviewers_too(
    visit: People, made: Class, both: tuple[Offer, Offer], session: Session, an_hour_ago: datetime
) -> None:
    author = both[1].submission.author_id or 0
    feedback = both[1].feedback
    assert feedback is not None
    raised = operations.flag(
        session, made.exchange, by=author, kind="feedback", thing_id=feedback.id, reason="hurtful", now=an_hour_ago
    )
    staff = made.teacher.person_id
    operations.decide(session, made.exchange, flag_id=raised.id, by=staff, decision="hide", note="No", now=an_hour_ago)
    session.commit()

    assert SECRET not in page(visit, made, both[0])


def test_what_is_held_back_from_the_author_is_held_back_from_reviewers(
    visit: People, made: Class, both: tuple[Offer, Offer], session: Session, an_hour_ago: datetime
) -> None:
    made.exchange.reviews = 3
    operations.set_options(
        session, made.exchange, rules.AnonymityOptions(minimum=3), by=made.teacher.person_id, now=an_hour_ago
    )
    session.commit()

    assert SECRET not in page(visit, made, both[0])


def test_what_staff_release_by_hand_waits_for_reviewers_too(
    visit: People, made: Class, both: tuple[Offer, Offer], session: Session, an_hour_ago: datetime
) -> None:
    options = rules.ReleaseOptions(when=rules.BY_HAND)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()

    assert SECRET not in page(visit, made, both[0])


def test_what_was_written_before_it_was_allowed_stays_with_its_author(
    visit: People, made: Class, both: tuple[Offer, Offer], session: Session
) -> None:
    now = datetime.now(UTC)
    allow(made, session, at=now, others=False)
    allow(made, session, at=now)

    assert SECRET not in page(visit, made, both[0])


def test_a_copy_of_the_exchange_lets_everybody_read_along_from_the_beginning() -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    options = rules.NotesOptions(others=True).chosen_after(rules.NotesOptions(), moment)

    assert options.since == moment
    assert rules.NotesOptions.from_dict(options.as_dict()) == options
    assert options.chosen_after(options, moment + timedelta(days=1)) == options
    assert options.for_copy(moment) == rules.NotesOptions(others=True)


def test_authors_are_told_who_reads_the_reviews(visit: People, made: Class, both: tuple[Offer, Offer]) -> None:
    shown = words(visit(made.learners[3]).get(f"/exchanges/{made.exchange.id}").text)

    assert "Whoever has reviewed your work reads the other reviews of it, too, without names." in shown


def test_staff_choose_it_on_the_page_of_the_topic(visit: People, made: Class, session: Session) -> None:
    teacher = visit(made.teacher)
    base = f"/exchanges/{made.exchange.id}/settings/notes"

    teacher.post(base, on="1", others="1")
    again = teacher.post(base, on="1", others="1", more="1")
    session.expire_all()

    options = made.exchange.option(rules.NotesOptions)
    assert (options.on, options.others, again.status_code) == (True, True, 422)
    assert options.since is not None


def test_reading_along_costs_two_queries(
    made: Class, both: tuple[Offer, Offer], session: Session, engine: Engine
) -> None:
    reviewer = both[0].reviewer_id or 0
    mine = queries.my_review(session, made.exchange, reviewer, both[0].id, now=datetime.now(UTC))
    assert mine is not None

    with counted(engine) as statements:
        found = queries.others_of_the_work(session, made.exchange, mine, now=datetime.now(UTC))

    assert len(statements) <= 2
    assert [each.feedback.offer_id for each in found] == [both[1].id]
    assert found[0].feedback.words.comment == make_words(made.exchange).comment
