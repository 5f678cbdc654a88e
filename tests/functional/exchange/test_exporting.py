"""What an exchange is taken elsewhere in: whole, safe to open, and no more than staff may see."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, QueuePool, event, select
from sqlalchemy.orm import Session

from lti_tool.exchange import exporting, operations, rules
from lti_tool.exchange.exporting import FILES, NotReplayable, Sight
from lti_tool.exchange.exporting.tables import PEOPLE, REVIEWS, safe
from lti_tool.exchange.models import Feedback, GradeOverride, Offer
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, make_words, review, take

BLIND = Sight(authors=True, reviewers=False)


@pytest.fixture
def made(session: Session) -> Class:
    """Four people; the first two gave a review each, and the work of one is there in two versions."""
    return lively(session, learners=4)


def lively(session: Session, *, learners: int) -> Class:
    made = make_class(session, learners=learners)
    exchange = made.exchange
    all_hand_in(made)
    first = review(made, made.people[0])
    review(made, made.people[1], level=0)
    author = first.offer.submission.author_id or 0
    operations.mark_comment(
        session,
        exchange,
        author=author,
        feedback_id=first.id,
        part=exchange.criteria[0].id,
        mark=rules.DISAGREE,
        reason="The place is right.",
        now=BEGUN,
    )
    operations.say(session, exchange, writer=author, feedback_id=first.id, body="What do you mean?", now=BEGUN)
    operations.flag(
        session, exchange, by=author, kind="feedback", thing_id=first.id, reason="other", words="Look.", now=BEGUN
    )
    session.add(
        GradeOverride(exchange_id=exchange.id, person_id=author, score=7.5, reason="=1+1", by_id=None, at=BEGUN)
    )
    session.commit()
    return made


def given_by(session: Session, made: Class, person: int) -> Feedback:
    rows = select(Feedback).join(Offer).where(Offer.exchange_id == made.exchange.id, Offer.reviewer_id == person)
    return session.scalars(rows).one()


def sent(made: Class, name: str, sight: Sight | None = None) -> str:
    pieces = exporting.pieces(made.exchange.id, FILES[name], now=BEGUN + timedelta(hours=1), sight=sight)
    return b"".join(pieces).decode()


def whole(made: Class, sight: Sight | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sent(made, "whole", sight))
    return found


def rows_of(made: Class, name: str, sight: Sight | None = None) -> list[dict[str, str]]:
    written = sent(made, name, sight)
    assert written.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(written[1:])))


# The whole


def test_the_whole_has_everything_that_staff_may_see(made: Class) -> None:
    found = whole(made)

    assert (found["schema"], found["withheld"]) == ("hearth-exchange/1", [])
    assert found["settings"]["title"] == "First drafts"
    assert [each["title"] for each in found["criteria"]] == ["Clarity", "Advice"]
    assert [each["points"] for each in found["criteria"][0]["levels"]] == [0, 3, 5]
    assert {each["id"] for each in found["people"]} == set(made.people)
    assert len(found["seats"]) == 4
    assert len(found["pairs"]) == 8
    assert [each["versions"][0]["body"] for each in found["works"]] == [f"The work of {id}." for id in made.people]
    assert {each["reviewer"] for each in found["offers"]} == set(made.people[:2])
    (first, second) = found["feedback"]
    assert {first["reviewer"], second["reviewer"]} == set(made.people[:2])
    assert [len(each["answers"]) for each in (first, second)] == [2, 2]
    assert [each["reason"] for of in found["feedback"] for each in of["marks"]] == ["The place is right."]
    assert [(each["side"], each["body"]) for each in found["messages"]] == [("author", "What do you mean?")]
    assert [each["words"] for each in found["flags"]] == ["Look."]
    assert [each["score"] for each in found["grades_by_hand"]] == [7.5]
    assert [each["kind"] for each in found["pairing_events"]][:4] == ["joined"] * 4


def test_groups_are_told_with_their_members_and_their_work(session: Session) -> None:
    made = make_class(session, learners=4, reviews=1)
    teacher = made.teacher.person_id
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=teacher, now=BEGUN)
    for name, pair in (("Owls", made.people[:2]), ("Bees", made.people[2:])):
        team = operations.add_team(session, made.exchange, by=teacher, now=BEGUN, name=name)
        for person in pair:
            operations.put_in(session, made.exchange, person=person, team=team.id, by=teacher, now=BEGUN)
    hand_in(made, made.people[1])
    session.commit()

    owls, bees = whole(made)["teams"]
    (work,) = whole(made)["works"]

    assert [(each["name"], [one["person"] for one in each["members"]]) for each in (owls, bees)] == [
        ("Owls", list(made.people[:2])),
        ("Bees", list(made.people[2:])),
    ]
    assert (owls["work"], bees["work"]) == (work["id"], None)
    # Where staff do not see whose a work is, the group does not say so either.
    assert [each["work"] for each in whole(made, Sight(authors=False, reviewers=True))["teams"]] == [None, None]


def test_when_and_where_something_is_shown_stands_with_it(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    options = rules.WorkOptions(live=True)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    for person in made.people:
        operations.sign_up(
            session, made.exchange, person=person, about="Bees", held_at=BEGUN, place="Hall 2", now=BEGUN
        )
    operations.withdraw_work(session, made.exchange, author=made.people[1], now=BEGUN)
    session.commit()

    first, taken_back = (each["shown"] for each in whole(made)["works"])

    assert (first["held_at"][:10], first["place"]) == ("2026-03-02", "Hall 2")
    assert taken_back is None
    blind = whole(made, Sight(authors=False, reviewers=True))
    assert [each["shown"] for each in blind["works"]] == [None, None]


def test_what_staff_said_themselves_stands_with_the_work_and_their_name(session: Session, made: Class) -> None:
    teacher, author = made.teacher.person_id, made.people[0]
    words = make_words(made.exchange)
    operations.review_as_staff(
        session, made.exchange, author=author, by=teacher, words=words, is_rescue=False, now=BEGUN
    )
    session.commit()

    for sight in (None, BLIND):
        said = {each["author"]: each["staff_reviews"] for each in whole(made, sight)["works"]}
        (review,) = said.pop(author)
        assert (review["by"], review["words"]["comment"], review["version"]) == (teacher, "Good work.", 1)
        assert review["in_place_of_a_reader"] is False
        assert set(map(len, said.values())) == {0}


def test_repairs_and_who_owes_less_are_told_and_repairs_name_nobody_who_is_not_seen(
    session: Session, made: Class
) -> None:
    teacher, person = made.teacher.person_id, made.people[3]
    operations.excuse(session, made.exchange, person=person, owes=1, why="Ill for two weeks.", by=teacher, now=BEGUN)
    repair = operations.free_works(session, made.exchange, person=person, by=teacher, now=BEGUN)
    operations.undo(session, made.exchange, repair_id=repair.id, by=teacher, now=BEGUN)
    session.commit()

    found = whole(made)

    excused, freed = found["repairs"]
    assert (excused["kind"], excused["person"], excused["by"], excused["undone_at"]) == (
        "excused",
        person,
        teacher,
        None,
    )
    assert (freed["kind"], freed["undone_by"]) == ("freed", teacher)
    assert all(pair[0] == person for each in (excused, freed) for pair in each["removed"])
    owing = {each["id"]: each["excused"] for each in found["people"]}
    assert (owing[person]["owes"], owing[person]["why"]) == (1, "Ill for two weeks.")
    assert [id for id, said in owing.items() if said is not None] == [person]
    assert whole(made, BLIND)["repairs"] == []
    assert exporting.replay_file(io.BytesIO(sent(made, "whole").encode())) == ()


def test_what_is_nobody_elses_is_in_no_file(session: Session, made: Class) -> None:
    """Drafts, notes to oneself, and what is for a reviewer alone."""
    reviewer = made.people[2]
    offer = take(made, reviewer)
    words = make_words(made.exchange, comment="Still thinking about it.")
    operations.save_feedback_draft(
        session, made.exchange, reviewer=reviewer, offer_id=offer.id, words=words, base_revision=0, now=BEGUN
    )
    operations.save_draft(
        session, made.exchange, author=reviewer, body="A version nobody has seen.", base_revision=0, now=BEGUN
    )
    session.commit()

    written = "".join(sent(made, name) for name in FILES)

    assert "Still thinking" not in written
    assert "nobody has seen" not in written


def test_a_plan_is_derived_from_the_file_alone(made: Class) -> None:
    written = sent(made, "whole").encode()

    assert exporting.replay_file(io.BytesIO(written)) == ()
    tampered = whole(made)
    lost = tampered["pairs"].pop()
    (found,) = exporting.replay_file(io.BytesIO(json.dumps(tampered).encode()))
    assert (found.reviewer, found.author, found.kept) == (lost["reviewer"], lost["author"], "absent")


@pytest.mark.parametrize(
    "written", ["", "[]", "{}", '{"schema": "hearth-exchange/9"}', "null", '{"schema": 1, "a": {}}']
)
def test_what_is_no_export_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(NotReplayable, match="no file of the schema"):
        exporting.replay_file(io.BytesIO(written.encode()))


# Who is who


def test_names_that_staff_do_not_see_are_in_no_file(session: Session, made: Class) -> None:
    reviewer_names = {each.person.name for each in made.learners[:2]}
    ids = set(made.people[:2])

    found = whole(made, BLIND)
    rows = rows_of(made, "reviews", BLIND)

    assert found["withheld"] == ["reviewers", "pairing"]
    assert found["seats"] == found["pairs"] == found["pairing_events"] == found["pair_rules"] == found["offers"] == []
    assert {each["reviewer"] for each in found["feedback"]} == {None}
    assert {each["by"] for each in found["flags"]} == {None}
    assert not ids & {row["reviewer"] for row in rows} - {""}
    assert {row["reviewer_name"] for row in rows} == {""}
    assert not reviewer_names & {row["reviewer_letter"] for row in rows}
    with pytest.raises(NotReplayable, match="leaves out who reviewed whom"):
        exporting.replay_file(io.BytesIO(sent(made, "whole", BLIND).encode()))


def test_authors_that_staff_do_not_see_cannot_be_told_by_the_minute(made: Class) -> None:
    sight = Sight(authors=False, reviewers=True)

    people = rows_of(made, "people", sight)

    assert {row["handed_in_at"] for row in people} == {""}
    assert {row["has_handed_in"] for row in people} == {"yes"}
    assert {each["author"] for each in whole(made, sight)["works"]} == {None}
    assert {row["author_name"] + row["author"] for row in rows_of(made, "reviews", sight)} == {""}


def test_masked_exchanges_tell_staff_who_is_who_as_their_pages_do(made: Class) -> None:
    assert made.exchange.is_masked
    assert exporting.sight_of(made.exchange) == Sight(authors=True, reviewers=True)


def test_of_what_an_unseen_reviewer_did_only_the_day_is_told(session: Session, made: Class) -> None:
    """Pain 22: who sits beside somebody, or reads the log of a server, sees when they press a button."""
    operations.say(
        session,
        made.exchange,
        writer=made.people[0],
        feedback_id=given_by(session, made, made.people[0]).id,
        body="The second paragraph.",
        now=BEGUN,
    )
    session.commit()

    found = whole(made, BLIND)

    assert {each["given_at"] for each in found["feedback"]} == {"2026-03-02"}
    assert {each["sent_at"] for each in found["messages"] if each["side"] == "reviewer"} == {"2026-03-02"}
    assert {row["given_at"] for row in rows_of(made, "reviews", BLIND)} == {"2026-03-02"}
    assert {len(each["given_at"]) for each in whole(made)["feedback"]} == {len(BEGUN.isoformat())}


def test_a_sealed_exchange_tells_in_no_file_who_reviewed_whom(session: Session) -> None:
    """While it runs, once it is closed, and once it is sealed."""
    made = make_class(session, learners=4, anonymity=rules.SEALED)
    all_hand_in(made)
    for person in made.people[:3]:
        review(made, person)
    session.commit()
    running = rows_of(made, "people")
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    session.commit()
    closed = rows_of(made, "people")
    operations.seal(session, made.exchange, now=BEGUN + timedelta(days=2))
    session.commit()

    assert {row["reviews_given"] for row in running} == {""}
    assert sorted(row["reviews_given"] for row in closed) == ["0", "1", "1", "1"]
    assert [row["reviews_given"] for row in rows_of(made, "people")] == [row["reviews_given"] for row in closed]
    found = whole(made)
    assert found["withheld"] == ["reviewers", "pairing"]
    assert {each["reviewer"] for each in found["feedback"]} == {None}
    assert len(found["feedback"]) == 3


def test_where_teachers_give_a_reason_first_no_file_tells_a_name(session: Session, made: Class) -> None:
    made.exchange.options = {"anonymity": {"staff": rules.ASK}}
    session.commit()

    assert exporting.sight_of(made.exchange) == BLIND
    assert {row["reviewer_name"] for row in rows_of(made, "reviews")} == {""}


# Tables


def test_the_table_of_people_says_what_they_did_and_got(made: Class) -> None:
    rows = rows_of(made, "people")

    assert list(rows[0])[: len(PEOPLE)] == list(PEOPLE)
    by_id = {int(row["person"]): row for row in rows}
    assert set(by_id) == set(made.people)
    assert [by_id[id]["reviews_given"] for id in made.people] == ["1", "1", "0", "0"]
    graded = next(row for row in rows if row["by_hand"])
    assert (graded["by_hand"], graded["by_hand_because"], graded["grade"]) == ("7.5", "'=1+1", "7.5")


def test_reviews_have_a_row_for_each_criterion_and_one_overall(made: Class) -> None:
    rows = rows_of(made, "reviews")

    assert list(rows[0]) == list(REVIEWS)
    assert len(rows) == 2 * 3
    assert [row["criterion_title"] for row in rows] == ["Clarity", "Advice", "overall"] * 2
    assert {row["worth"] for row in rows if row["criterion_title"] == "Clarity"} == {"1.0", "0.0"}
    assert [row["mark_because"] for row in rows if row["mark"]] == ["The place is right."]


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r\n=2", "＝1", "\n1", "\x00=1"])  # noqa: RUF001
def test_no_words_of_anybody_become_a_formula(words: str) -> None:
    cell = safe(words)

    assert isinstance(cell, str)
    assert cell.startswith("'")


@pytest.mark.parametrize("cell", ["Good - but long", "", "3 = three", -1.5, 0, None])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert safe(cell) == cell


def test_a_comment_that_begins_like_a_formula_is_quoted_in_the_table_and_whole_in_the_file(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    for person in made.people:
        hand_in(made, person)
    offer = take(made, made.people[0])
    words = make_words(made.exchange, comment='=HYPERLINK("https://evil.example","Look, here")')
    operations.give_feedback(session, made.exchange, reviewer=made.people[0], offer_id=offer.id, words=words, now=BEGUN)
    session.commit()

    assert {row["comment"][:2] for row in rows_of(made, "reviews") if row["criterion"]} == {"'="}
    assert whole(made)["feedback"][0]["answers"][0]["comment"].startswith("=HYPERLINK")


# Scale


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name,most", [("people", 12), ("reviews", 3), ("whole", 22)])
def test_a_file_costs_as_many_queries_for_a_large_class_as_for_a_small_one(
    session: Session, engine: Engine, name: str, most: int
) -> None:
    costs = []
    for learners in (4, 14):
        made = lively(session, learners=learners)
        for person in made.people[2:]:
            give(made, take(made, person))
        session.commit()
        with counted(engine) as statements:
            sent(made, name)
        costs.append(len(statements))

    assert costs[0] == costs[1] <= most


def test_a_file_is_sent_in_pieces(session: Session) -> None:
    made = lively(session, learners=4)

    pieces = list(exporting.pieces(made.exchange.id, FILES["whole"], now=BEGUN))

    assert len(pieces) > 40
    assert max(map(len, pieces)) < 3_000


def test_a_download_that_is_broken_off_gives_its_connection_back(made: Class, engine: Engine) -> None:
    assert isinstance(engine.pool, QueuePool)
    begun = exporting.pieces(made.exchange.id, FILES["whole"], now=BEGUN)
    next(begun)
    before = engine.pool.checkedout()

    begun.close()

    assert engine.pool.checkedout() == before - 1
