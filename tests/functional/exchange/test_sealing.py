"""Sealed: once it is over, nothing anywhere says who wrote which feedback."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import (
    Closure,
    Commitment,
    Example,
    Exclusion,
    Extended,
    Extension,
    Feedback,
    Flag,
    Hiding,
    Mark,
    Offer,
    Proposal,
    ProposalSupport,
    Release,
    Reopening,
    Repair,
    SealedGiving,
    Sealing,
    Submission,
    Team,
    TeamMember,
    Trial,
)
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import (
    BEGUN,
    Class,
    all_hand_in,
    give,
    hand_in,
    make_class,
    make_plan,
    make_words,
    review,
    take,
)

OVER = BEGUN + timedelta(days=3)
PERSONS, WORKS, OFFERS, MESSAGES, TEAMS = 910_000_000, 720_000_000, 530_000_000, 640_000_000, 450_000_000
"""Where ids begin, so that a number in the database says what it is."""
NUMBER = re.compile(r"(?<![\w.])\d{9,10}(?![\w.])")


@dataclass
class Known:
    """What was known of who wrote what, before it was sealed."""

    pairs: dict[int, tuple[int, int]]
    """By id of the feedback: its reviewer, and the author of the work."""
    offers: dict[int, tuple[int, int]]
    moments: dict[str, int]
    """When a reviewer did something, in the words of the database; and who."""


def sealed_class(session: Session, *options: rules.Options, learners: int = 6) -> Class:
    """People in an exchange where everything is sealed; giving counts for the grade."""
    for table, start in (
        ("person", PERSONS),
        ("exchange_submission", WORKS),
        ("exchange_offer", OFFERS),
        ("exchange_message", MESSAGES),
        ("exchange_team", TEAMS),
    ):
        session.execute(text(f"alter sequence {table}_id_seq restart with {start}"))
    found = make_class(session, learners=learners, reviews=2, anonymity=rules.SEALED)
    for each in (rules.GradingOptions(giving=50), *options):
        operations.set_options(session, found.exchange, each, by=found.teacher.person_id, now=BEGUN)
    return found


@pytest.fixture
def made(session: Session) -> Class:
    """Each has handed in a work of their own."""
    found = sealed_class(session)
    all_hand_in(found)
    return found


def in_groups(session: Session) -> Class:
    """Four groups of two, of which one has handed in."""
    found = sealed_class(session, rules.TeamOptions(on=True), learners=8)
    by = found.teacher.person_id
    for place in (0, 2, 4, 6):
        team = operations.add_team(session, found.exchange, by=by, now=BEGUN)
        for person in found.people[place : place + 2]:
            operations.put_in(session, found.exchange, person=person, team=team.id, by=by, now=BEGUN)
        hand_in(found, found.people[place])
    return found


def presenting(session: Session) -> Class:
    """Everybody has shown something, one hour after the other."""
    found = sealed_class(session, rules.WorkOptions(live=True))
    for place, person in enumerate(found.people, start=1):
        operations.sign_up(
            session,
            found.exchange,
            person=person,
            about=f"What {person} shows.",
            held_at=BEGUN - timedelta(hours=place),
            place=f"Room {place}",
            now=BEGUN - timedelta(days=1),
        )
    return found


WAYS: dict[str, Callable[[Session], Class]] = {"in groups": in_groups, "presenting": presenting}


@pytest.fixture(params=["alone", *WAYS])
def each_way(request: pytest.FixtureRequest, session: Session) -> Class:
    """The class in every way in which there is something to review."""
    if request.param in WAYS:
        return WAYS[request.param](session)
    found: Class = request.getfixturevalue("made")
    return found


def live(made: Class) -> Known:
    """Let everybody review, each act at a moment of its own, and do all that leaves a trace."""
    session, exchange = made.session, made.exchange
    tick = iter(BEGUN + timedelta(minutes=7 * each, seconds=each) for each in range(1, 10_000))
    known = Known(pairs={}, offers={}, moments={})

    def moment(person: int) -> datetime:
        at = next(tick)
        known.moments[at.strftime("%Y-%m-%dT%H:%M:%S")] = person
        return at

    first = made.people[0]
    away = take(made, first, now=moment(first))
    operations.decline_offer(
        session, exchange, reviewer=first, offer_id=away.id, reason="other", note="Not mine.", now=moment(first)
    )
    for turn in range(2):
        for person in made.people:
            offer = take(made, person, now=moment(person))
            for words in ("One tab.", "Another tab."):
                operations.save_feedback_draft(
                    session,
                    exchange,
                    reviewer=person,
                    offer_id=offer.id,
                    words=make_words(exchange, comment=words),
                    base_revision=0,
                    now=moment(person),
                )
            feedback = give(made, offer, level=0 if (turn, person) == (0, first) else -1, now=moment(person))
            operations.note_takeaway(
                session, exchange, reviewer=person, offer_id=offer.id, body="Less.", now=next(tick)
            )
            author = offer.submission.author_id
            assert author
            known.pairs[feedback.id] = (person, author)
            known.offers[offer.id] = (person, author)
    for id, (person, author) in known.pairs.items():
        about: dict[str, Any] = {"feedback_id": id}
        if not queries.is_held_back(session, exchange, author, now=BEGUN):
            operations.say(session, exchange, writer=author, body="Why?", now=next(tick), **about)
            operations.mark_comment(session, exchange, author=author, part=None, mark="use", now=next(tick), **about)
            operations.thank(session, exchange, author=author, now=next(tick), **about)
        said = operations.say(session, exchange, writer=person, body="Because.", now=moment(person), **about)
        flag: dict[str, Any] = {"reason": "other", "words": "Look."}
        operations.flag(session, exchange, by=author, kind="message", thing_id=said.id, now=next(tick), **flag)
        offer_id = session.get_one(Feedback, id).offer_id
        operations.flag(session, exchange, by=person, kind="work", thing_id=offer_id, now=moment(person), **flag)
        operations.note_reply_heard(session, exchange, reviewer=person, now=moment(person), **about)
        session.add(
            Reopening(
                exchange_id=exchange.id, person_id=person, feedback_id=id, until=OVER, reason="Ill.", at=moment(person)
            )
        )
        later = Extension(exchange_id=exchange.id, review_by=OVER, reason="Ill.", at=next(tick))
        later.people = [Extended(person_id=person, leases={str(offer_id): OVER.isoformat()})]
        session.add(later)
    look_after(made, tick)
    talk_to_staff(made, tick)
    # Ids are drawn; the scan knows those by their length that are as long as most.
    change = queries.Change(leaving_out=next(id for id in known.pairs if id > 10**8))
    operations.regrade(session, exchange, change, reason="Read by me.", by=made.teacher.person_id, now=next(tick))
    session.commit()
    return known


def look_after(made: Class, tick: Iterator[datetime]) -> None:
    """Whatever staff and authors do beside the reviews, so that a trace of it may lead to a reviewer."""
    session, exchange, by = made.session, made.exchange, made.teacher.person_id
    for person in made.people:
        done = operations.excuse(session, exchange, person=person, owes=1, why="Ill.", by=by, now=next(tick))
        operations.undo(session, exchange, repair_id=done.id, by=by, now=next(tick))
        operations.free_works(session, exchange, person=person, by=by, now=next(tick))
        words = make_words(exchange, comment="By staff.")
        staff: dict[str, Any] = {"author": person, "by": by, "is_rescue": True, "now": next(tick)}
        operations.review_as_staff(session, exchange, words=words, **staff)
        example = Example(exchange_id=exchange.id, title="One", body="A", beside={}, words={}, made_at=next(tick))
        session.add(example)
        session.flush()
        trial = Trial(example_id=example.id, person_id=person, number=1, words=words.as_dict(), given_at=next(tick))
        rule = Proposal(exchange_id=exchange.id, by_id=person, rule=f"Be kind, {example.id}.", at=next(tick))
        session.add_all(
            (trial, rule, Commitment(exchange_id=exchange.id, person_id=person, by=OVER, set_at=next(tick)))
        )
        session.flush()
        session.add(ProposalSupport(proposal_id=rule.id, person_id=person, at=next(tick)))
        for about, said in (("self-assessment", "Mine."), ("staff-review-1", "Staff's.")):
            writer = by if about.startswith("staff") else person
            operations.keep_words(
                session,
                exchange,
                person=writer,
                about=about,
                words=make_words(exchange, comment=said),
                base_revision=0,
                now=next(tick),
            )
        offer = session.scalars(select(Offer).where(Offer.reviewer_id == person).order_by(Offer.id)).first()
        author = offer.submission.author_id if offer is not None else None
        # As those that were done while staff still saw who reads whom.
        for kind, whose in (("assigned", author), ("freed", None), ("excused", None)):
            facts = {"removed": [[person, author]], "before": None}
            session.add(
                Repair(
                    exchange_id=exchange.id,
                    kind=kind,
                    person_id=person,
                    author_id=whose,
                    facts=facts,
                    by_id=by,
                    at=next(tick),
                )
            )
    session.flush()


def talk_to_staff(made: Class, tick: Iterator[datetime]) -> None:
    """Everybody answers what staff said about their work, and flags what a classmate proposes."""
    session, exchange, by = made.session, made.exchange, made.teacher.person_id
    rules_proposed = session.scalars(select(Proposal).order_by(Proposal.id)).all()
    for person in made.people:
        (review,) = queries.staff_reviews_of(session, exchange, person)
        about: dict[str, Any] = {"staff_review_id": review.row.id}
        operations.say_about_staff_review(session, exchange, writer=person, body="Why?", now=next(tick), **about)
        operations.say_about_staff_review(
            session, exchange, writer=by, body=f"For {person}.", is_staff=True, now=next(tick), **about
        )
        operations.mark_staff_comment(session, exchange, author=person, part=None, mark="use", now=next(tick), **about)
        operations.thank_staff(session, exchange, author=person, now=next(tick), **about)
        theirs = next(each for each in rules_proposed if each.by_id != person)
        session.add(Flag(exchange_id=exchange.id, by_id=person, proposal_id=theirs.id, reason="other", at=next(tick)))
    session.add(Hiding(proposal_id=rules_proposed[0].id, note="No.", by_id=by, at=next(tick)))
    session.flush()


def over(made: Class) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=OVER)
    operations.tend_seal(made.session, made.exchange, now=OVER + rules.SEAL_AFTER)
    made.session.commit()
    made.session.refresh(made.exchange)


def rows(session: Session) -> Iterator[tuple[str, str]]:
    """Every row of every table, in words."""
    tables = session.scalars(text("select tablename from pg_tables where schemaname = 'public' order by 1")).all()
    for table in tables:
        for row in session.scalars(text(f'select row_to_json(each)::text from "{table}" each')):  # noqa: S608 - names of tables
            yield table, row


def numbers(row: str) -> set[int]:
    """The ids in a row, in JSON within it and in keys of notices too."""
    return {int(each) for each in NUMBER.findall(row.replace('"', " "))}


def links(session: Session, known: Known) -> list[str]:
    """Whatever says, alone or by its moment, that somebody reviewed somebody's work."""
    works = dict(session.execute(select(Submission.id, Submission.author_id)).all())
    about = dict(
        session.execute(
            select(Feedback.id, Submission.author_id).join(Offer, Offer.id == Feedback.offer_id).join(Submission)
        ).all()
    )
    # A group is known by the one of it by whose name its work goes.
    groups = dict(session.execute(select(Team.id, Submission.author_id).join(Submission)).all())
    named = {
        mate: groups[team] for mate, team in session.execute(select(TeamMember.person_id, TeamMember.team_id)).all()
    }
    found = []
    for table, row in rows(session):
        ids = numbers(row)
        people = {each for each in ids if PERSONS <= each < PERSONS + 1000}
        told = {place.get(each) for each in ids for place in (works, about, groups)}
        # A teacher is nobody's author.
        told = (told | {named.get(each, each) for each in people}) & set(works.values()) - {None}
        stale = ids & (known.pairs.keys() | known.offers.keys())
        reviewers = {reviewer for reviewer, _ in known.pairs.values()}
        if len(people & reviewers) and len(told) > 1 and table not in ("membership",):
            found.append(f"{table}: {row}")
        if stale:
            found.append(f"{table}, an id of before: {row}")
        for moment, person in known.moments.items():
            if moment in row and person in people:
                found.append(f"{table}, a moment: {row}")
    return found


def test_a_running_exchange_still_knows_it_so_that_this_scan_can_find_something(each_way: Class) -> None:
    known = live(each_way)

    tables = {each.partition(":")[0].partition(",")[0] for each in links(each_way.session, known)}

    assert {"exchange_offer", "exchange_pair", "exchange_pairing_event", "exchange_feedback"} <= tables
    assert {"journal_entry", "notice", "exchange_regrade", "exchange_message", "exchange_flag"} <= tables
    assert {"exchange_reopening", "exchange_extended", "exchange_repair"} <= tables


def test_once_it_is_sealed_nothing_in_the_database_says_who_wrote_what(each_way: Class) -> None:
    made = each_way
    known = live(made)

    over(made)

    assert made.session.scalars(select(Sealing)).one().at == OVER + rules.SEAL_AFTER
    assert links(made.session, known) == []
    assert made.session.scalars(select(Offer.reviewer_id)).all() == [None] * len(known.pairs)


def test_logs_never_said_who_wrote_what(each_way: Class, caplog: pytest.LogCaptureFixture) -> None:
    live(each_way)
    over(each_way)

    said = [f"{record.getMessage()} {json.dumps(record.__dict__, default=str)}" for record in caplog.records]

    assert any("given in exchange" in line for line in said)
    assert [line for line in said if {each for each in numbers(line) if PERSONS <= each < PERSONS + 1000}] == []


def test_what_was_said_and_what_it_counts_stay_as_they_were(made: Class) -> None:
    """Pain 37: giving counts, also where nobody knows what was given."""
    known = live(made)
    session, exchange = made.session, made.exchange
    operations.close(session, exchange, by=made.teacher.person_id, now=OVER)
    before = {id: each.score for id, each in queries.grades_of(session, exchange).items()}
    said = sorted(session.scalars(select(Feedback.comment)).all())
    out = dict(session.execute(select(Release.person_id, Release.score)).all())
    shown = [each.letter for each in queries.student_page(session, exchange, made.people[1], now=OVER).received]

    over(made)

    assert {id: each.score for id, each in queries.grades_of(session, exchange).items()} == before
    assert all(each.agrees for each in queries.recomputed(session, exchange))
    assert dict(session.execute(select(Release.person_id, Release.score)).all()) == out
    assert sorted(session.scalars(select(Feedback.comment)).all()) == said
    assert len(session.scalars(select(Mark).where(Mark.feedback_id.is_not(None))).all()) == len(known.pairs)
    assert len(session.scalars(select(Exclusion)).all()) == 1
    assert {row.given for row in queries.overview(session, exchange, now=OVER).rows} == {2}
    page = queries.student_page(session, exchange, made.people[1], now=OVER + timedelta(days=2))
    assert (page.given, len(page.reviews)) == (2, 0)
    assert sorted(each.letter for each in page.received) == sorted(shown)
    card = queries.standings(
        session, {exchange.id: exchange}, person_id=made.people[1], course_id=made.course.id, now=OVER
    )
    assert card[exchange.id].given == 2


@pytest.mark.parametrize("method", [rules.MEAN, rules.MEDIAN, rules.ROBUST])
def test_sealing_moves_no_grade_by_any_method(session: Session, method: str) -> None:
    made = make_class(session, learners=5, reviews=3, anonymity=rules.SEALED)
    options = rules.GradingOptions(method=method)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    all_hand_in(made)
    for turn in range(3):
        for place, person in enumerate(made.people):
            review(made, person, level=(turn + place) % 3)
    before = {id: each.score for id, each in queries.grades_of(session, made.exchange).items()}

    over(made)

    assert {id: each.score for id, each in queries.grades_of(session, made.exchange).items()} == before


def test_a_sealed_exchange_can_be_opened_again_for_a_day_and_then_never(made: Class) -> None:
    live(made)
    session, exchange, by = made.session, made.exchange, made.teacher.person_id
    operations.close(session, exchange, by=by, now=OVER)
    operations.tend_seal(session, exchange, now=OVER + rules.SEAL_AFTER - timedelta(minutes=1))
    operations.reopen(session, exchange, by=by, now=OVER)
    assert session.scalars(select(Sealing)).all() == []

    over(made)

    with pytest.raises(errors.SealedStays):
        operations.reopen(session, exchange, by=by, now=OVER + timedelta(days=2))
    author = made.people[0]
    id = queries.student_page(session, exchange, author, now=OVER).received[0].feedback.id
    with pytest.raises(errors.SealedStays):
        operations.say(session, exchange, writer=author, feedback_id=id, body="Who?", now=OVER)
    operations.tend_seal(session, exchange, now=OVER + timedelta(days=9))
    assert len(session.scalars(select(Sealing)).all()) == 1


@pytest.mark.parametrize(
    "dates, closes",
    [
        ({"review_by": OVER}, OVER + rules.CLOSE_AFTER),
        ({"submit_by": OVER}, OVER + rules.CLOSE_AFTER),
        ({}, BEGUN + rules.CLOSE_IDLE_AFTER),
    ],
)
def test_one_that_nobody_closes_is_closed_and_sealed_nevertheless(
    session: Session, dates: dict[str, Any], closes: datetime
) -> None:
    made = make_class(session, learners=3, reviews=1, anonymity=rules.SEALED, **dates)
    all_hand_in(made)
    review(made, made.people[0])

    operations.tend_seal(session, made.exchange, now=closes - timedelta(minutes=1))
    assert session.scalars(select(Closure)).all() == []
    operations.tend_seal(session, made.exchange, now=closes)
    assert session.scalars(select(Closure.closed_by_id)).all() == [None]
    operations.tend_seal(session, made.exchange, now=closes + rules.SEAL_AFTER)
    assert session.scalars(select(SealedGiving.given)).all() == [1]


@pytest.mark.parametrize("weaker", [each for each in rules.ANONYMITIES if each != rules.SEALED])
def test_sealing_can_be_added_and_never_removed(session: Session, weaker: str) -> None:
    made = make_class(session, learners=2, reviews=1, anonymity=weaker)
    all_hand_in(made)
    plan = queries.plan_of(made.exchange)
    edit: dict[str, Any] = {"by": made.teacher.person_id, "now": BEGUN}

    operations.edit_exchange(session, made.exchange, make_plan(**plan.__dict__ | {"anonymity": rules.SEALED}), **edit)
    with pytest.raises(errors.AnonymityKept):
        operations.edit_exchange(session, made.exchange, plan, **edit)


def test_no_name_is_shown_by_consent_in_a_sealed_exchange(made: Class) -> None:
    feedback = review(made, made.people[0])

    with pytest.raises(errors.NoSuchFeedback):
        operations.offer_name(made.session, made.exchange, person=made.people[0], feedback_id=feedback.id, now=BEGUN)


def test_a_single_feedback_is_held_back_in_a_sealed_exchange_whatever_was_chosen(made: Class) -> None:
    """Pain 23: a single response gives the person away."""
    author = review(made, made.people[0]).offer.submission.author_id
    assert author

    assert queries.is_held_back(made.session, made.exchange, author, now=BEGUN)
    assert queries.student_page(made.session, made.exchange, author, now=BEGUN).received == ()


def test_no_count_of_a_person_grows_while_a_sealed_exchange_runs(made: Class) -> None:
    """Who sees a count of one grow and a feedback of another come in the same minute knows who wrote it."""
    review(made, made.people[0])

    found = queries.overview(made.session, made.exchange, now=BEGUN)

    assert found.feedback_given == 1
    assert {(row.given, row.open_offer, row.last_given_at, row.score) for row in found.rows} == {
        (None, False, None, None)
    }
    assert made.session.scalars(select(Release)).all() == []
    page = queries.person_page(made.session, made.exchange, made.people[0], now=BEGUN)
    assert page is not None
    assert (page.given, page.count_given, page.computed.score) == ((), None, None)


def test_what_is_left_is_handed_out_and_forgotten(made: Class) -> None:
    live(made)
    over(made)
    person = made.people[0]

    handed = privacy.export_person(made.session, person)
    assert handed["feedback_given"] == []
    assert handed["feedback_given_in_sealed_exchanges"] == [{"exchange": made.exchange.id, "count": 2}]

    privacy.forget_person(made.session, person, now=datetime.now(UTC), storage=DatabaseStorage())
    left = made.session.scalars(select(SealedGiving.person_id)).all()
    assert person not in left
    assert len(left) == 5
