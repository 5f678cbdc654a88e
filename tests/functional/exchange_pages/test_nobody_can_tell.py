"""
Where staff do not see who wrote a feedback, nothing they are sent depends on it.

A class is in the middle of everything. Then two people change places in all that says who reviews whom, and every
page, file and fragment of staff is asked for again: whatever is not the same tells who it was.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Feedback, Offer, PairRule, PlannedPair, Repair
from tests.factories.courses import SignedIn, make_member, sign_in
from tests.factories.exchange import Class, all_hand_in, give, make_class, make_words, take
from tests.functional.exchange_pages.conftest import People
from tests.functional.test_boundaries import address, doors
from tests.pages import words as words_of

AGO = datetime.now(UTC) - timedelta(days=3)
TOKEN = re.compile(r'nonce="[^"]*"|nonce-[^\']*|"exported_at": ?"[^"]*"|exported_at,[^\n]*')
REVIEWER_COLUMNS = (
    ("exchange_offer", "reviewer_id", "true"),
    ("exchange_message", "writer_id", "side = 'reviewer'"),
    ("exchange_flag", "by_id", "submission_id is not null"),
    ("exchange_reopening", "person_id", "feedback_id is not null"),
    ("journal_entry", "person_id", "act like 'offer.%' or act in ('feedback.given', 'comparison.given')"),
    ("notice", "person_id", "kind in ('work_waits', 'thanked', 'used', 'feedback_replied')"),
)
SWAPPING_SEATS = """
    update exchange_seat s set idle = o.idle, away_at = o.away_at from exchange_seat o
     where s.exchange_id = o.exchange_id and (s.person_id, o.person_id) in ((:one, :other), (:other, :one))
"""


@dataclass(frozen=True, kw_only=True)
class Busy:
    """A class in which all sorts of things have happened, and two of it who may change places."""

    made: Class
    one: int
    other: int
    feedback: tuple[int, ...]
    flags: tuple[int, ...]
    by_staff: int
    """A feedback by staff that its author has answered."""


def kept_apart(session: Session, made: Class) -> tuple[int, int]:
    """Two people of whom neither ever reads the other, so that they can change places."""
    one, other = made.people[2], made.people[5]
    for reviewer, author in ((one, other), (other, one)):
        session.add(
            PairRule(exchange_id=made.exchange.id, reviewer_id=reviewer, author_id=author, kind="never", at=AGO)
        )
    session.flush()
    return one, other


def busy(session: Session, *, ask: bool = False, counts_differ: bool = True) -> Busy:
    """Reviews given and begun, replies, flags, repairs undone and not, reviews by staff, more time, comparisons."""
    made = make_class(
        session,
        learners=9,
        now=AGO,
        anonymity=rules.MASKED if ask else rules.SEALED,
        submit_by=AGO + timedelta(days=2),
        review_by=AGO + timedelta(days=20),
    )
    exchange, by = made.exchange, made.teacher.person_id
    topics: list[Any] = [
        rules.ComparingOptions(pairs=1),
        rules.GradingOptions(giving=50, staff=True),
        rules.AnonymityOptions(staff=rules.ASK if ask else rules.SEE),
    ]
    for options in topics:
        operations.set_options(session, exchange, options, by=by, now=AGO)
    one, other = kept_apart(session, made)
    all_hand_in(made, now=AGO)
    later = AGO + timedelta(hours=3)
    first = [
        give(made, take(made, one, now=later), now=later),
        give(made, take(made, other, now=later), level=0, now=later),
    ]
    if counts_differ:
        first.append(give(made, take(made, one, now=later), now=later))
        begun = take(made, other, now=later)
        operations.save_feedback_draft(
            session,
            exchange,
            reviewer=other,
            offer_id=begun.id,
            words=make_words(exchange, comment="Not yet"),
            base_revision=0,
            now=later,
        )
    for person in made.people:
        if person not in (one, other):
            first.append(give(made, take(made, person, now=later), level=1, now=later))
    flags = []
    for feedback in first:
        offer = session.get_one(Offer, feedback.offer_id)
        author = offer.submission.author_id or 0
        assert offer.reviewer_id
        said = operations.say(
            session, exchange, writer=offer.reviewer_id, feedback_id=feedback.id, body="May I ask?", now=later
        )
        about: dict[str, Any] = {"reason": "other", "words": "Look at it.", "now": later}
        flags.append(operations.flag(session, exchange, by=offer.reviewer_id, kind="work", thing_id=offer.id, **about))
        if not queries.is_held_back(session, exchange, author, now=later):
            flags.append(operations.flag(session, exchange, by=author, kind="feedback", thing_id=feedback.id, **about))
            flags.append(operations.flag(session, exchange, by=author, kind="message", thing_id=said.id, **about))
    idle = [each for each in made.people if each not in (one, other)]
    words = make_words(exchange, comment="By your teacher.")
    by_staff = operations.review_as_staff(
        session, exchange, author=idle[0], by=by, words=words, is_rescue=True, now=later
    )
    operations.say_about_staff_review(
        session, exchange, writer=idle[0], staff_review_id=by_staff.id, body="Which?", now=later
    )
    operations.excuse(session, exchange, person=idle[1], owes=1, why="Ill.", by=by, now=later)
    done = operations.excuse(session, exchange, person=idle[2], owes=1, why="Ill.", by=by, now=later)
    operations.undo(session, exchange, repair_id=done.id, by=by, now=later)
    operations.begin_comparing(session, exchange, by=by, now=later)
    session.commit()
    return Busy(
        made=made,
        one=one,
        other=other,
        feedback=tuple(each.id for each in first),
        flags=tuple(each.id for each in flags),
        by_staff=by_staff.id,
    )


def change_places(session: Session, found: Busy) -> None:
    """Let the two be each other wherever the database says who reviews."""
    both = {"one": found.one, "other": found.other}
    for table, column, condition in REVIEWER_COLUMNS:
        session.execute(
            text(
                f"update {table} set {column} = case {column} when :one then cast(:other as int) else :one end"  # noqa: S608
                f" where {column} in (:one, :other) and ({condition})"
            ),
            both,
        )
    # Here the reviewer is of a key, and both may have the rest of it: by way of one who reviews nothing.
    nobody = found.made.teacher.person_id
    for table in ("exchange_pair", "exchange_side_by_side"):
        for before, after in ((found.one, nobody), (found.other, found.one), (nobody, found.other)):
            session.execute(
                text(f"update {table} set reviewer_id = :after where reviewer_id = :before"),  # noqa: S608
                {"before": before, "after": after},
            )
    session.execute(text(SWAPPING_SEATS), both)
    session.commit()
    session.expire_all()


def asked(app: Flask, found: Busy, me: SignedIn) -> Iterator[str]:
    """Every address that staff can open, with each of the things that somebody may want to know about."""
    made = found.made
    ids: dict[str, Any] = {"id": made.exchange.id, "activity_id": made.exchange.id, "course_id": made.course.id}
    choices: dict[str, tuple[Any, ...]] = {
        "person_id": tuple(made.people),
        "feedback_id": found.feedback,
        "flag_id": found.flags,
        "staff_review_id": (found.by_staff,),
        "name": ("people", "feedback", "answers", "works", "reviews", "whole"),
        "part": ("work", "giving"),
    }
    for method, rule in doors(app):
        wanted = rule.arguments - {"handle"} - ids.keys()
        if method != "GET" or len(wanted) > 1 or not wanted <= choices.keys():
            continue
        for value in next((choices[name] for name in wanted), (None,)):
            yield address(rule, ids | dict.fromkeys(wanted, value), me.handle)
    exchange = me.path(f"/exchanges/{made.exchange.id}")
    yield from (f"{exchange}?who={who}" for who in ("trouble", "no_feedback", "not_reviewing", "no_work", "late"))
    yield from (f"{exchange}/stuck?why={why}" for why in rules.REASONS)


def sent(client: FlaskClient, app: Flask, found: Busy, me: SignedIn) -> dict[str, str]:
    answers = {}
    for path in asked(app, found, me):
        answer = client.get(path)
        if answer.status_code == 200:
            answers[path] = TOKEN.sub("", answer.text)
    return answers


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Where two rounds are not the same, with the first lines that differ."""
    found = []
    for path in before.keys() | after.keys():
        one, other = before.get(path, "").splitlines(), after.get(path, "").splitlines()
        if one != other:
            gone, come = set(one) - set(other), set(other) - set(one)
            found.append(f"{path}: {sorted(gone)[:3]} -> {sorted(come)[:3]}"[:1500])
    return sorted(found)


@pytest.mark.parametrize(
    "role, when",
    [(Role.TEACHER, "running"), (Role.ASSISTANT, "running"), (Role.TEACHER, "closed"), (Role.TEACHER, "sealed")],
)
def test_whatever_staff_open_of_a_sealed_exchange_is_the_same_whoever_wrote_it(
    app: Flask, client: FlaskClient, session: Session, role: Role, when: str
) -> None:
    """Pain 22: names leak through another screen."""
    found = busy(session, counts_differ=when == "running")
    made = found.made
    me = sign_in(session, made.teacher if role is Role.TEACHER else make_member(session, made.course, role))
    if when != "running":
        operations.close(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    if when == "sealed":
        operations.seal(session, made.exchange, now=datetime.now(UTC))
        found = replace(found, feedback=tuple(session.scalars(select(Feedback.id))))
    session.commit()
    before = sent(client, app, found, me)

    change_places(session, found)

    assert len(before) > 60
    assert differing(before, sent(client, app, found, me)) == []


def test_where_staff_have_to_ask_nothing_they_open_tells_before_they_do(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    """Pain 22: names leak through another screen."""
    found = busy(session, ask=True, counts_differ=False)
    made = found.made
    me = sign_in(session, made.teacher)
    session.commit()
    before = sent(client, app, found, me)

    change_places(session, found)

    assert len(before) > 60
    assert differing(before, sent(client, app, found, me)) == []


def test_where_staff_see_names_the_same_scan_finds_many_pages(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    found = busy(session, ask=True, counts_differ=False)
    made = found.made
    options = rules.AnonymityOptions(staff=rules.SEE)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=AGO)
    me = sign_in(session, made.teacher)
    session.commit()
    before = sent(client, app, found, me)

    change_places(session, found)

    paths = " ".join(each.partition(": ")[0] for each in differing(before, sent(client, app, found, me)))
    for part in ("/people/", "/plan", "/flags/", "/export/", "/readers"):
        assert part in paths, part


@pytest.mark.parametrize(
    "act, told", [("remind", "are reminded"), ("free", "goes to others"), ("excuse", "One person is excused")]
)
def test_what_staff_are_told_after_an_act_does_not_depend_on_what_somebody_gave(
    visit: People, session: Session, act: str, told: str
) -> None:
    """Pain 22: whoever asks for one person after the other would learn who has given how much."""
    found = busy(session)
    teacher, page = visit(found.made.teacher), f"/exchanges/{found.made.exchange.id}"

    said = set()
    for person in (found.one, found.other):
        answer = teacher.post(f"{page}/people/acts", act=act, person=[str(person)], owes="0", why="Ill.")
        assert answer.status_code == 303
        said.add(words_of(teacher.get(page).text.partition('id="page-notices"')[2].partition("<main")[0][:600]))

    assert len(said) == 1, said
    assert told in said.pop()


def test_one_who_keeps_nothing_is_freed_with_the_same_words_as_one_who_does(visit: People, session: Session) -> None:
    found = busy(session)
    teacher, page = visit(found.made.teacher), f"/exchanges/{found.made.exchange.id}"
    names = {each.person_id: each.person.name for each in found.made.learners}

    said = []
    for person in (found.one, found.other):
        answer = teacher.post(f"{page}/people/{person}/freed-works")
        assert answer.status_code == 303
        said.append(words_of(teacher.get(f"{page}/stuck").text).replace(names[person], "N"))
        repair = session.scalars(select(Repair.id).order_by(Repair.id.desc())).first()
        assert teacher.post(f"{page}/repairs/{repair}/removal").status_code == 303
        said.append(words_of(teacher.get(f"{page}/stuck").text).replace(names[person], "N"))

    assert "What is kept for N and not begun goes to others." in said[0]
    assert said[0].count("kept") - said[2].count("kept") == -1
    assert "Undone." in said[1]
    assert "is where it was" not in said[1] + said[3]


def test_nothing_is_undone_once_it_is_sealed(visit: People, session: Session) -> None:
    found = busy(session)
    made, page = found.made, f"/exchanges/{found.made.exchange.id}"
    operations.close(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    operations.seal(session, made.exchange, now=datetime.now(UTC))
    session.commit()
    teacher = visit(made.teacher)
    repair = session.scalars(select(Repair.id).where(Repair.undone_at.is_(None))).first()

    assert "/removal" not in teacher.get(f"{page}/stuck").text
    assert teacher.post(f"{page}/repairs/{repair}/removal").status_code == 409
    assert session.scalars(select(PlannedPair)).all() == []


def test_where_names_are_seen_a_feedback_says_whose_it_is_and_about_whom(visit: People, session: Session) -> None:
    for anonymity, said in ((rules.MASKED, "For {author}, by {reviewer}"), (rules.SEALED, "For {author} ")):
        made = make_class(session, learners=3, now=AGO, anonymity=anonymity)
        all_hand_in(made, now=AGO)
        feedback = give(made, take(made, made.people[0], now=AGO), now=AGO)
        author = feedback.offer.submission.author
        session.commit()
        assert author

        page = words_of(visit(made.teacher).get(f"/exchanges/{made.exchange.id}/feedback/{feedback.id}").text)

        assert said.format(author=author.name, reviewer=made.learners[0].person.name) in page


def test_nobody_is_brought_together_where_pairs_are_hidden(visit: People, session: Session) -> None:
    for anonymity, is_offered in ((rules.MASKED, True), (rules.SEALED, False)):
        made = make_class(session, learners=3, now=AGO, anonymity=anonymity)
        session.commit()

        page = visit(made.teacher).get(f"/exchanges/{made.exchange.id}/plan").text

        assert ("come together" in page) == is_offered
