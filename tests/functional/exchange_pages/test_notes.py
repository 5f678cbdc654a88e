"""Notes on single places of a work: written by a reviewer, read beside the text by its author."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, privacy, rules
from lti_tool.exchange.exporting import sight, tables
from lti_tool.exchange.models import DraftCopy, Feedback, FeedbackDraft, FeedbackRevision, Mark, Offer
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import Class, give, hand_in, make_words, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words

WORK = """\
# The bus stop

My grandmother waits in the *rain* for the 14.

- a roof
- a bench

The rain comes from the west.
"""


@pytest.fixture
def offer(made: Class, session: Session, an_hour_ago: datetime) -> Offer:
    """The work of the second in the hands of the first."""
    me, author, *_ = made.people
    hand_in(made, me, now=an_hour_ago)
    hand_in(made, author, body=WORK, now=an_hour_ago)
    found = take(made, me, now=an_hour_ago)
    session.commit()
    return found


@pytest.fixture
def reviewer(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


@pytest.fixture
def author(visit: People, made: Class) -> Visitor:
    return visit(made.learners[1])


def path_of(offer: Offer) -> str:
    return f"/exchanges/{offer.exchange_id}/reviews/{offer.id}"


def note(where: str = "text-2", quote: str = "the rain", say: str = "Which rain?") -> dict[str, Any]:
    return {"note-where": where, "note-quote": quote, "note-words": say, "base_revision": "0"}


def finished(made: Class) -> dict[str, Any]:
    clarity, advice = made.exchange.criteria
    return {
        f"level-{clarity.id}": str(clarity.levels[1].id),
        f"comment-{clarity.id}": "I read the second part twice.",
        f"comment-{advice.id}": "Begin with the example.",
        "comment": "Good work.",
    }


def draft_of(session: Session, offer: Offer) -> rules.Words:
    session.expire_all()
    return rules.Words.from_dict(session.get_one(FeedbackDraft, offer.id).words)


def given(made: Class, session: Session, offer: Offer, *begun: rules.Begun, now: datetime) -> Feedback:
    for each in begun:
        operations.add_note(
            session, made.exchange, reviewer=offer.reviewer_id or 0, offer_id=offer.id, begun=each, now=now
        )
    feedback = give(made, offer, now=now)
    session.commit()
    return feedback


ON_RAIN = rules.Begun(where="text-2", quote="the rain", words="Which **rain**?")


# Writing


def test_a_note_is_written_without_any_script_by_the_number_of_the_paragraph(
    reviewer: Visitor, offer: Offer, session: Session
) -> None:
    """Pain 25: notes work where names are hidden."""
    page = words(reviewer.get(path_of(offer)).text)
    answer = reviewer.post(f"{path_of(offer)}/notes", **note())
    shown = reviewer.client.get(answer.location)

    assert "Write a note on a passage" in page
    assert "2: My grandmother waits in the rain" in page
    assert answer.status_code == 303
    (kept,) = draft_of(session, offer).notes
    assert (kept.words, kept.anchor.as_dict()["quote"]) == ("Which rain?", "the rain")
    assert answer.location.endswith(f"#note-{kept.id}")
    assert re.search(r'<mark class="quoted">the </mark><em><mark class="quoted">rain</mark></em>', shown.text)


def test_what_else_was_typed_is_kept_with_the_note(reviewer: Visitor, offer: Offer, session: Session) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note(), comment="Half a sentence")

    assert draft_of(session, offer).comment == "Half a sentence"


def test_a_note_being_typed_is_saved_with_the_draft_and_shown_again(
    reviewer: Visitor, offer: Offer, session: Session
) -> None:
    answer = reviewer.post(f"{path_of(offer)}/draft", htmx=True, **note(say="Which ra"))
    page = reviewer.get(path_of(offer)).text

    assert answer.status_code == 200
    assert draft_of(session, offer).notes == ()
    assert "Which ra</textarea>" in page
    assert '<option value="text-2" selected>' in page


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"where": ""}, "Choose the paragraph or the file"),
        ({"where": "text-99"}, "Choose the paragraph or the file"),
        ({"where": "file-1"}, "Choose the paragraph or the file"),
        ({"quote": "the snow"}, "These words are not in that paragraph"),
        ({"say": " "}, "Write the note."),
        ({"say": "x" * 20_001}, "longer than 20,000"),
    ],
)
def test_a_note_on_no_place_is_refused_and_keeps_what_was_typed(
    reviewer: Visitor, offer: Offer, wrong: dict[str, str], said: str
) -> None:
    answer = reviewer.post(f"{path_of(offer)}/notes", **note(**wrong), comment="Half a sentence")

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert "Half a sentence" in answer.text


def test_a_review_has_at_most_fifty_notes(
    reviewer: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    for number in range(rules.MOST_NOTES):
        operations.add_note(
            session,
            made.exchange,
            reviewer=made.people[0],
            offer_id=offer.id,
            begun=rules.Begun(where="text-1", words=f"Note {number}"),
            now=an_hour_ago,
        )
    session.commit()

    answer = reviewer.post(f"{path_of(offer)}/notes", **note())

    assert answer.status_code == 422
    assert "A review can have 50 notes" in words(answer.text)


def test_a_note_says_something_else_with_the_next_save_and_the_other_tab_loses_nothing(
    reviewer: Visitor, offer: Offer, session: Session
) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())
    (kept,) = draft_of(session, offer).notes
    name = f"note-{kept.id}"

    reviewer.post(f"{path_of(offer)}/draft", htmx=True, base_revision="1", **{name: "This tab", "note-words": ""})
    answer = reviewer.post(
        f"{path_of(offer)}/draft", htmx=True, base_revision="1", **{name: "That tab", "note-words": ""}
    )

    assert [each.words for each in draft_of(session, offer).notes] == ["That tab"]
    assert "also changed in another tab" in words(answer.text)
    copy = session.scalars(select(DraftCopy).order_by(DraftCopy.id.desc())).first()
    assert copy is not None
    assert copy.content["notes"][0]["words"] == "This tab"
    assert "This tab" in answer.text


def test_a_tab_that_does_not_know_of_a_note_does_not_take_it_away(
    reviewer: Visitor, offer: Offer, session: Session
) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())

    reviewer.post(f"{path_of(offer)}/draft", htmx=True, base_revision="0", comment="Old tab", **{"note-words": ""})

    assert len(draft_of(session, offer).notes) == 1


def test_a_note_is_taken_away_and_can_be_had_back(reviewer: Visitor, offer: Offer, session: Session) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())
    (kept,) = draft_of(session, offer).notes

    answer = reviewer.post(f"{path_of(offer)}/notes/{kept.id}/removal")
    assert draft_of(session, offer).notes == ()
    copy = session.scalars(select(DraftCopy)).one()
    reviewer.post(f"{path_of(offer)}/copies/{copy.id}/restoration")

    assert answer.status_code == 303
    assert draft_of(session, offer).notes == (kept,)


def test_somebody_elses_review_takes_no_notes(visit: People, made: Class, offer: Offer) -> None:
    stranger = visit(made.learners[2])

    assert stranger.post(f"{path_of(offer)}/notes", **note()).status_code == 404
    assert stranger.post(f"{path_of(offer)}/notes/1/removal").status_code == 404


# Giving and reading


def test_notes_are_given_with_the_review_also_the_one_that_was_not_added(
    reviewer: Visitor, author: Visitor, made: Class, offer: Offer, session: Session
) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())
    answer = reviewer.post(
        f"{path_of(offer)}/feedback", **(finished(made) | note(where="text-4", quote="", say="Which bench?"))
    )
    feedback = session.scalars(select(Feedback)).one()
    page = words(author.get(f"/exchanges/{made.exchange.id}").text)
    beside = author.get(f"/exchanges/{made.exchange.id}/work/notes")

    assert answer.status_code == 303
    assert [each.words for each in feedback.noted] == ["Which rain?", "Which bench?"]
    assert "2 notes on the work" in page
    assert "Which rain?" in page
    assert beside.status_code == 200
    assert '<mark class="quoted">rain</mark>' in beside.text
    assert made.learners[0].person.name not in beside.text
    assert re.search(r"Reviewer [A-Z]+", words(beside.text))


def test_the_same_review_sent_twice_is_one(reviewer: Visitor, made: Class, offer: Offer, session: Session) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())
    form = finished(made) | note(where="text-4", quote="", say="Which bench?") | {"base_revision": "1"}

    first = reviewer.post(f"{path_of(offer)}/feedback", **form)
    second = reviewer.post(f"{path_of(offer)}/feedback", **form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert session.scalars(select(DraftCopy)).all() == []


def test_a_note_that_was_emptied_is_not_given(reviewer: Visitor, made: Class, offer: Offer, session: Session) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())
    (kept,) = draft_of(session, offer).notes

    reviewer.post(f"{path_of(offer)}/feedback", **(finished(made) | {f"note-{kept.id}": "", "note-words": ""}))

    assert session.scalars(select(Feedback)).one().notes == []


def test_a_note_that_cannot_be_placed_stops_the_review_and_loses_nothing(
    reviewer: Visitor, made: Class, offer: Offer
) -> None:
    answer = reviewer.post(f"{path_of(offer)}/feedback", **(finished(made) | note(quote="the snow")))

    assert answer.status_code == 422
    assert "These words are not in that paragraph" in words(answer.text)
    assert "Which rain?" in answer.text
    assert "Begin with the example." in answer.text


def test_the_author_decides_about_a_note_and_the_reviewer_hears_of_it(
    reviewer: Visitor, author: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    feedback = given(made, session, offer, ON_RAIN, now=an_hour_ago)
    part = f"note-{feedback.noted[0].id}"
    url = f"/exchanges/{made.exchange.id}/feedback/{feedback.id}/marks"

    marked = author.post(url, htmx=True, part=part, mark="use")
    ticked = author.post(f"{url}/completion", htmx=True, part=part, done="1")
    refused = author.post(url, htmx=True, part=part, mark="disagree", reason="")
    nowhere = author.post(url, part="note-5", mark="use")
    strange = author.post(url, part="note-x", mark="use")

    assert [each.status_code for each in (marked, ticked, refused, nowhere, strange)] == [200, 200, 422, 404, 422]
    assert "Note on “the rain”" in words(marked.text)
    session.expire_all()
    mark = session.scalars(select(Mark)).one()
    assert (mark.part, mark.mark, mark.done_version) == (part, "use", 2)
    heard = words(reviewer.get(path_of(offer)).text)
    assert re.search("Note on “the rain” ?: your suggestion was used.", heard), heard


def test_a_note_says_when_its_passage_has_changed_or_gone(
    author: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    operations.set_options(
        session, made.exchange, rules.WorkOptions(rounds=True), by=made.teacher.person_id, now=an_hour_ago
    )
    given(
        made,
        session,
        offer,
        ON_RAIN,
        rules.Begun(where="text-3", words="Of what?"),
        rules.Begun(where="text-5", quote="from the west", words="Always?"),
        now=an_hour_ago,
    )
    operations.submit_work(
        session,
        made.exchange,
        author=made.people[1],
        body="New first.\n\nMy grandmother waits in the snow for the 14.\n\nNow the rain comes from the west.",
        note="Rewritten",
        base_revision=None,
        now=an_hour_ago,
    )
    session.commit()

    newest = words(author.get(f"/exchanges/{made.exchange.id}/work/notes").text)
    first = words(author.get(f"/exchanges/{made.exchange.id}/work/notes?version=1").text)

    assert "This passage has changed since the note was written." in newest
    assert "Notes on what this version no longer has" in newest
    assert "a roof" in newest
    assert "has changed" not in first
    assert "no longer has" not in first


def test_there_is_no_version_that_there_is_not(author: Visitor, made: Class, offer: Offer) -> None:
    base = f"/exchanges/{made.exchange.id}/work/notes"

    assert [author.get(f"{base}?version={each}").status_code for each in ("1", "2", "0", "x", "9" * 30)] == [
        200,
        404,
        404,
        404,
        404,
    ]


def test_who_has_no_work_has_no_notes(visit: People, made: Class, offer: Offer) -> None:
    assert visit(made.learners[3]).get(f"/exchanges/{made.exchange.id}/work/notes").status_code == 404


def test_notes_of_hidden_feedback_are_hidden_too(
    author: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    feedback = given(made, session, offer, ON_RAIN, now=an_hour_ago)
    flag = operations.flag(
        session,
        made.exchange,
        by=made.people[1],
        kind="feedback",
        thing_id=feedback.id,
        reason="hurtful",
        now=an_hour_ago,
    )
    operations.decide(
        session,
        made.exchange,
        flag_id=flag.id,
        by=made.teacher.person_id,
        decision="hide",
        note="Unkind",
        now=an_hour_ago,
    )
    session.commit()

    pages = [author.get(f"/exchanges/{made.exchange.id}{rest}").text for rest in ("", "/work/notes")]

    assert not any("Which" in page for page in pages)
    assert not any("quoted" in page for page in pages)


def test_staff_read_notes_wherever_they_read_the_review(
    visit: People, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    feedback = given(made, session, offer, ON_RAIN, now=an_hour_ago)
    me, author = made.people[:2]
    flag = operations.flag(
        session, made.exchange, by=author, kind="feedback", thing_id=feedback.id, reason="hurtful", now=an_hour_ago
    )
    operations.note_look(session, made.exchange, flag_id=flag.id, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()
    teacher, base = visit(made.teacher), f"/exchanges/{made.exchange.id}"

    paths = (
        f"people/{author}",
        f"people/{author}/notes",
        f"people/{me}",
        f"feedback/{feedback.id}",
        f"flags/{flag.id}",
    )

    assert ["Which <strong>rain</strong>" in teacher.get(f"{base}/{each}").text for each in paths] == [True] * 5
    assert visit(made.learners[2]).get(f"{base}/people/{author}/notes").status_code == 403


def test_who_is_asked_to_write_anew_changes_notes_too(
    reviewer: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    third = rules.Begun(where="text-3", words="Of what?")
    feedback = given(made, session, offer, ON_RAIN, third, now=an_hour_ago)
    kept, gone = (note.id for note in feedback.noted)
    author, staff = made.people[1], made.teacher.person_id
    for id in (kept, gone):
        operations.mark_comment(
            session,
            made.exchange,
            author=author,
            feedback_id=feedback.id,
            part=rules.NotePart(id),
            mark="use",
            now=an_hour_ago,
        )
    flag = operations.flag(
        session, made.exchange, by=author, kind="feedback", thing_id=feedback.id, reason="hurtful", now=an_hour_ago
    )
    operations.decide(
        session, made.exchange, flag_id=flag.id, by=staff, decision="rewrite", note="Kinder", now=an_hour_ago
    )
    session.commit()
    path = f"{path_of(offer)}/revision"

    page = reviewer.get(path).text
    lacking = reviewer.post(path, data={f"note-{kept}": "Kinder rain?", f"note-{gone}": ""})
    answer = reviewer.post(path, data=finished(made) | {f"note-{kept}": "Kinder rain?", f"note-{gone}": ""})
    session.expire_all()

    assert f'name="note-{kept}"' in page
    assert (lacking.status_code, answer.status_code) == (422, 303)
    assert "Kinder rain?" in lacking.text
    assert [(note.id, note.words) for note in feedback.noted] == [(kept, "Kinder rain?")]
    assert [mark.note for mark in session.scalars(select(Mark))] == [kept]
    revision = session.scalars(select(FeedbackRevision)).one()
    assert [each["words"] for each in revision.words["notes"]] == ["Which **rain**?", "Of what?"]


def test_exports_have_a_row_for_each_note_with_what_became_of_it(
    made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    feedback = given(made, session, offer, ON_RAIN, now=an_hour_ago)
    author = made.people[1]
    for part, mark in ((rules.NotePart(feedback.noted[0].id), "later"), (None, "use")):
        operations.mark_comment(
            session, made.exchange, author=author, feedback_id=feedback.id, part=part, mark=mark, now=an_hour_ago
        )

    head, *rows = tables.reviews(session, made.exchange, sight.sight_of(made.exchange))
    said = {row[head.index("criterion_title")]: (row[head.index("comment")], row[head.index("mark")]) for row in rows}

    assert said["note: the rain"] == ("Which **rain**?", "later")
    assert said["overall"] == ("Good work.", "use")


# Settings, and people's data


def test_where_notes_are_off_there_is_no_place_for_them(
    reviewer: Visitor, visit: People, made: Class, offer: Offer
) -> None:
    teacher = visit(made.teacher)
    base = f"/exchanges/{made.exchange.id}/settings/notes"

    saved = teacher.post(base, others="1")
    page = words(reviewer.get(path_of(offer)).text)

    assert teacher.get(base).status_code == 200
    assert saved.status_code == 303
    assert "Write a note" not in page
    assert reviewer.post(f"{path_of(offer)}/notes", **note()).status_code == 404


def test_what_was_noted_stays_when_notes_are_switched_off(
    reviewer: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note())
    operations.set_options(
        session, made.exchange, rules.NotesOptions(on=False), by=made.teacher.person_id, now=an_hour_ago
    )
    session.commit()

    reviewer.post(f"{path_of(offer)}/feedback", **finished(made))

    assert [each.words for each in session.scalars(select(Feedback)).one().noted] == ["Which rain?"]


def test_notes_are_handed_out_and_an_authors_words_in_them_are_forgotten(
    made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    feedback = given(made, session, offer, ON_RAIN, now=an_hour_ago)
    me, author = made.people[:2]
    exported = [
        privacy.export_person(session, person)[kind][0]["notes"][0]
        for person, kind in ((me, "feedback_given"), (author, "feedback_received"))
    ]

    privacy.forget_person(session, author, now=an_hour_ago, storage=DatabaseStorage())
    session.commit()
    session.expire_all()

    assert [each["words"] for each in exported] == ["Which **rain**?"] * 2
    assert feedback.noted[0].words == "Which **rain**?"
    assert "grandmother" not in str(feedback.notes)
    assert feedback.noted[0].anchor.as_dict()["quote"] == ""


def test_the_quotes_in_drafts_and_copies_are_forgotten_too(
    reviewer: Visitor, made: Class, offer: Offer, session: Session, an_hour_ago: datetime
) -> None:
    reviewer.post(f"{path_of(offer)}/notes", **note(quote="grandmother"))
    reviewer.post(f"{path_of(offer)}/draft", htmx=True, **note(quote="grandmother", say="Tab two"), comment="x")

    privacy.forget_person(session, made.people[1], now=an_hour_ago, storage=DatabaseStorage())
    session.commit()
    session.expire_all()

    drafts = session.scalars(select(FeedbackDraft.words)).all()
    copies = session.scalars(select(DraftCopy.content)).all()
    assert copies
    assert "grandmother" not in str([*drafts, *copies])
    assert "Which rain?" in str(drafts)


def test_words_without_notes_are_kept_as_before(made: Class) -> None:
    assert "notes" not in make_words(made.exchange).as_dict()
