"""Criteria of every kind, from the teacher's form to the author's page; the coach; what reviewers take."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity
from lti_tool.exchange import operations, queries, rubrics, rules
from lti_tool.exchange.models import Exchange, Feedback, FeedbackDraft, Offer, Takeaway
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import ADVICE, BEGUN, CLARITY, Class, all_hand_in, make_class, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.functional.exchange_pages.test_setting_up import BARE, hidden_fields, the_exchange
from tests.pages import mistakes_in, words

EASE = rules.CriterionPlan(
    title="Ease",
    kind=rules.NUMBER,
    scale=rules.Scale(lowest=0, highest=10, step=1),
    guide=rules.Guide(low="I was lost", high="I felt at home", starters="I hesitated at …\nI expected …"),
)
LONG = rules.CriterionPlan(
    title="Polish", kind=rules.NUMBER, scale=rules.Scale(lowest=0, highest=100, step=5), comment=rules.NO_COMMENT
)
TRIED = rules.CriterionPlan(title="Tried", kind=rules.YES_NO, guide=rules.Guide(yes="I played it through"))
NEXT = rules.CriterionPlan(
    title="Next",
    guide=rules.Guide(
        words=8,
        purpose="two sentences, so that the author knows what to do next",
        insists=True,
        good="One thing, not five.",
        example="Begin with her name.",
        why="It can be done today.",
    ),
)
ALL = (CLARITY, EASE, LONG, TRIED, NEXT)
ENOUGH = "Begin with her name in the first line, and say where she waits."


@pytest.fixture
def full(session: Session, an_hour_ago: datetime) -> Class:
    made = make_class(session, criteria=ALL, learners=3, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    return made


@pytest.fixture
def offer(full: Class, session: Session, an_hour_ago: datetime) -> Offer:
    found = take(full, full.people[0], now=an_hour_ago)
    session.commit()
    return found


@pytest.fixture
def amara(visit: People, full: Class) -> Visitor:
    return visit(full.learners[0])


def path_of(offer: Offer) -> str:
    return f"/exchanges/{offer.exchange_id}/reviews/{offer.id}"


def answers(made: Class, **changed: str) -> dict[str, str]:
    clarity, ease, polish, tried, last = made.exchange.criteria
    names = {"ease": f"number-{ease.id}", "tried": f"number-{tried.id}", "next": f"comment-{last.id}"}
    return {
        f"level-{clarity.id}": str(clarity.levels[1].id),
        f"number-{ease.id}": "7",
        f"number-{polish.id}": "65",
        f"number-{tried.id}": "0",
        f"comment-{last.id}": ENOUGH,
        "comment": "",
        "base_revision": "0",
        **{names[name]: value for name, value in changed.items()},
    }


# Answering ----------------------------------------------------------------------------------------------------------


def test_every_kind_of_criterion_is_answered_and_read(
    amara: Visitor, offer: Offer, full: Class, visit: People, session: Session
) -> None:
    assert amara.post(f"{path_of(offer)}/feedback", data=answers(full)).status_code == 303

    author = next(each for each in full.learners if each.person_id == offer.submission.author_id)
    pages = [
        amara.get(path_of(offer)).text,
        visit(author).get(f"/exchanges/{offer.exchange_id}").text,
        visit(full.teacher).get(f"/exchanges/{offer.exchange_id}/people/{author.person_id}").text,
    ]
    for page in pages:
        for said in ("Mostly clear", "7 of 10", "65 of 100", "Yes means: I played it through", "No", ENOUGH):
            assert said in words(page)


@pytest.mark.parametrize("number", ["-5", "1000", "7.5"])
@pytest.mark.parametrize("htmx", [False, True])
def test_a_number_beyond_the_scale_is_refused_with_a_sentence(
    amara: Visitor, offer: Offer, full: Class, session: Session, number: str, htmx: bool
) -> None:
    """Pain 29: -5 or 1000 on a scale from 0 to 10."""
    answer = amara.post(f"{path_of(offer)}/feedback", data=answers(full, ease=number), htmx=htmx)

    assert answer.status_code == 422
    assert "Choose a number from 0 to 10" in words(answer.text)
    assert ENOUGH in answer.text
    assert session.scalars(select(Feedback)).all() == []


@pytest.mark.parametrize("number", ["many", "nan", "1e999", "9" * 400, "٣x", "\x00"])
@pytest.mark.parametrize("where", ["feedback", "draft"])
def test_what_is_no_number_is_refused_and_no_words_are_lost(
    amara: Visitor, offer: Offer, full: Class, number: str, where: str
) -> None:
    answer = amara.post(f"{path_of(offer)}/{where}", data=answers(full, ease=number))

    assert answer.status_code == 422
    assert ENOUGH in answer.text


@pytest.mark.parametrize("filler", [".", "x", "aaaaaaaa", "good good good good"])
def test_filler_is_refused_in_a_friendly_sentence(
    amara: Visitor, offer: Offer, full: Class, session: Session, filler: str
) -> None:
    """Pain 28: a required comment that is satisfied with one character."""
    answer = amara.post(f"{path_of(offer)}/feedback", data=answers(full, next=filler))

    assert answer.status_code == 422
    assert "Say it in words that help the author" in words(answer.text)
    assert session.scalars(select(Feedback)).all() == []


def test_length_is_told_with_its_purpose_and_insisted_on_only_on_giving(
    amara: Visitor, offer: Offer, full: Class
) -> None:
    """Pain 27: shallow reviews; and never a bare count of characters."""
    aim = "about 8 words, two sentences, so that the author knows what to do next."
    assert f"Needed: {aim}" in words(amara.get(path_of(offer)).text)

    draft = amara.post(f"{path_of(offer)}/draft", data=answers(full, next="Begin with her."))
    given = amara.post(f"{path_of(offer)}/feedback", data=answers(full, next="Begin with her."))

    assert draft.status_code == 303
    assert given.status_code == 422
    assert f"Say a little more: {aim}" in words(given.text)


def test_guidance_and_beginnings_stand_beside_the_field_without_script(amara: Visitor, offer: Offer) -> None:
    page = words(amara.get(path_of(offer)).text)

    for said in ("I hesitated at …", "One thing, not five.", "Begin with her name.", "It can be done today."):
        assert said in page


def test_a_short_scale_is_chosen_and_a_long_one_is_typed(amara: Visitor, offer: Offer, full: Class) -> None:
    page = amara.get(path_of(offer)).text
    _clarity, ease, polish, *_rest = full.exchange.criteria

    assert len(re.findall(f'type="radio" name="number-{ease.id}"', page)) == 11
    assert f'type="number" id="field-number-{polish.id}"' in page
    assert f'name="comment-{polish.id}"' not in page


def test_the_page_is_valid_in_every_kind(amara: Visitor, offer: Offer, full: Class, visit: People) -> None:
    here = f"/exchanges/{offer.exchange_id}"
    teacher = visit(full.teacher)
    pages = {
        "review": amara.get(path_of(offer)).text,
        "refused": amara.post(f"{path_of(offer)}/feedback").text,
        "settings": teacher.get(f"{here}/settings").text,
        "rubric": teacher.post("/exchanges", act="rubric design").text,
        "coach": teacher.get(f"{here}/settings/coach").text,
        "student": amara.get(here).text,
    }

    assert mistakes_in(pages) == []


# The coach ------------------------------------------------------------------------------------------------------------


def test_the_coach_comes_anew_with_each_save_and_says_why(amara: Visitor, offer: Offer, full: Class) -> None:
    draft = answers(full, next="I like the second paragraph. What if you begin there?")

    answer = amara.post(f"{path_of(offer)}/draft", data=draft, htmx=True)

    assert 'id="coach"' in answer.text
    assert "You wrote: I like" in words(answer.text)
    assert "second paragraph" in words(answer.text)
    assert "Say what stopped you as a reader" in words(answer.text)


def test_without_script_a_button_saves_and_looks_again(amara: Visitor, offer: Offer, full: Class) -> None:
    draft = answers(full, next="This is stupid.") | {"act": "coach"}

    answer = amara.post(f"{path_of(offer)}/draft", data=draft)

    assert answer.status_code == 303
    assert answer.location.endswith("#coach")
    page = words(amara.client.get(answer.location.split("#")[0]).text)
    assert "You wrote: stupid" in page
    assert "This may hurt." in page


def test_the_coach_hinders_nothing(amara: Visitor, offer: Offer, full: Class) -> None:
    harsh = "This is a stupid useless waste of time, and I hate it."

    assert amara.post(f"{path_of(offer)}/feedback", data=answers(full, next=harsh)).status_code == 303


def test_nobody_else_hears_the_coach(amara: Visitor, offer: Offer, full: Class, visit: People) -> None:
    amara.post(f"{path_of(offer)}/feedback", data=answers(full))
    author = next(each for each in full.learners if each.person_id == offer.submission.author_id)

    for page in (
        amara.get(path_of(offer)).text,
        visit(author).get(f"/exchanges/{offer.exchange_id}").text,
        visit(full.teacher).get(f"/exchanges/{offer.exchange_id}/people/{full.people[0]}").text,
    ):
        assert "What your feedback has so far" not in words(page)


def test_an_instructor_chooses_what_the_coach_looks_for_in_words_of_their_own(
    amara: Visitor, offer: Offer, full: Class, visit: People, session: Session
) -> None:
    teacher, path = visit(full.teacher), f"/exchanges/{offer.exchange_id}/settings/coach"
    data = {
        "on": "1",
        "moves[]": ["praise", "problem"],
        "phrases-praise": "hervorragend",
        "hint-problem": "What would the planner object?",
    }

    assert teacher.post(path, data=data).status_code == 303
    session.refresh(full.exchange)
    assert full.exchange.option(rules.CoachOptions) == rules.CoachOptions(
        moves=["praise", "problem"],
        phrases={"praise": "hervorragend"},
        hints={"problem": "What would the planner object?"},
        takeaway=False,
    )
    answer = words(amara.post(f"{path_of(offer)}/draft", data=answers(full, next="Hervorragend!"), htmx=True).text)
    assert "You wrote: Hervorragend" in answer
    assert "What would the planner object?" in answer
    assert "A kind tone" not in answer


@pytest.mark.parametrize("wrong", [{"moves[]": ["mood"]}, {"phrases-praise": "x" * 2001}, {"hint-tone": "x" * 2001}])
def test_what_the_coach_cannot_look_for_is_shown_again(full: Class, visit: People, wrong: dict[str, Any]) -> None:
    teacher = visit(full.teacher)

    answer = teacher.post(
        f"/exchanges/{full.exchange.id}/settings/coach", data={"on": "1", "hint-praise": "Kept hint", **wrong}
    )

    assert answer.status_code == 422
    assert "Kept hint" in answer.text


def test_the_coach_can_be_sent_away(amara: Visitor, offer: Offer, full: Class, visit: People, session: Session) -> None:
    visit(full.teacher).post(f"/exchanges/{offer.exchange_id}/settings/coach", data={"moves[]": ["praise"]})

    page = amara.get(path_of(offer)).text + amara.post(f"{path_of(offer)}/draft", data=answers(full), htmx=True).text

    assert "What your feedback has so far" not in page


# What reviewers take for their own work -----------------------------------------------------------------------------


def test_what_a_reviewer_takes_is_asked_kept_and_theirs_alone(
    amara: Visitor, offer: Offer, full: Class, visit: People, session: Session
) -> None:
    here = f"/exchanges/{offer.exchange_id}"
    assert "What I take for my own work" not in words(amara.get(here).text)
    amara.post(f"{path_of(offer)}/feedback", data=answers(full))
    assert "What will you try in your own work?" in words(amara.get(here).text)

    answer = amara.post(f"{path_of(offer)}/takeaway", body="Say her name first.")

    assert answer.status_code == 303
    assert "Say her name first." in words(amara.get(here).text)
    others = [*full.learners[1:], full.teacher]
    for member in others:
        visitor = visit(member)
        seen = [visitor.get(here).text]
        if member is full.teacher:
            seen += [visitor.get(f"{here}/people/{id}").text for id in full.people]
            seen += [visitor.get(f"{here}/student-view").text]
        assert all("Say her name first." not in page for page in seen)


def test_a_note_is_its_reviewers_only(
    amara: Visitor, offer: Offer, full: Class, visit: People, session: Session
) -> None:
    assert amara.post(f"{path_of(offer)}/takeaway", body="Too early").status_code == 404
    amara.post(f"{path_of(offer)}/feedback", data=answers(full))

    for member in full.learners[1:]:
        assert visit(member).post(f"{path_of(offer)}/takeaway", body="Not mine").status_code == 404
    assert session.scalars(select(Takeaway)).all() == []


def test_a_note_that_is_too_long_is_kept_in_its_field(amara: Visitor, offer: Offer, full: Class) -> None:
    amara.post(f"{path_of(offer)}/feedback", data=answers(full))

    answer = amara.post(f"{path_of(offer)}/takeaway", body="Kept " * 500)

    assert answer.status_code == 422
    assert "Kept Kept" in answer.text


# Setting up -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


ROW = {"criterion[]": ["n1"], "n1-title": "Ease", "n1-kind": "number", "n1-lowest": "0", "n1-highest": "10"}


def test_a_criterion_of_numbers_is_set_up_with_all_that_helps(teacher: Visitor, session: Session) -> None:
    more = {
        "n1-step": "0,5",
        "n1-low": "lost",
        "n1-high": "at home",
        "n1-weight": "2,5",
        "n1-comment": "required",
        "n1-words": "25",
        "n1-purpose": "so that the author knows",
        "n1-insists": "1",
        "n1-good": "Say where.",
        "n1-starters": "I hesitated at …\r\nI expected …",
        # Rows of the levels that are not shown send what stands in them.
        "n1-level[]": ["m1"],
        "m1-title": "",
    }

    answer = teacher.post("/exchanges", data={**BARE, "title": "Numbers", **ROW, **more})

    assert answer.status_code == 303
    (found,) = the_exchange(session, "Numbers").criteria
    assert (found.kind, found.weight, found.comment) == ("number", 2.5, "required")
    assert found.scale == rules.Scale(lowest=0, highest=10, step=0.5)
    assert found.guidance == rules.Guide(
        low="lost",
        high="at home",
        words=25,
        purpose="so that the author knows",
        insists=True,
        good="Say where.",
        starters="I hesitated at …\nI expected …",
    )


@pytest.mark.parametrize(
    "wrong, name",
    [
        ({"n1-kind": "stars"}, "n1-kind"),
        ({"n1-kind": "levels"}, "n1-kind"),
        ({"n1-lowest": "low"}, "n1-lowest"),
        ({"n1-highest": "-1"}, "n1-highest"),
        ({"n1-highest": "1e300"}, "n1-highest"),
        ({"n1-step": "0"}, "n1-highest"),
        ({"n1-step": "3"}, "n1-highest"),
        ({"n1-step": "nan"}, "n1-step"),
        ({"n1-weight": "-1"}, "n1-weight"),
        ({"n1-weight": "heavy"}, "n1-weight"),
        ({"n1-words": "2.5"}, "n1-words"),
        ({"n1-words": "501"}, "n1-words"),
        ({"n1-comment": "maybe"}, "n1-comment"),
        ({"n1-kind": "words", "n1-comment": "none"}, "n1-comment"),
        ({"n1-starters": "x" * 2001}, "n1-starters"),
    ],
)
def test_a_wrong_field_of_a_criterion_is_named(teacher: Visitor, wrong: dict[str, str], name: str) -> None:
    answer = teacher.post("/exchanges", data={**BARE, "title": "Kept", **ROW, "n1-step": "1", **wrong})

    assert answer.status_code == 422
    assert f'id="field-{name}-error"' in answer.text
    assert "Kept" in answer.text


def test_rows_of_every_kind_are_moved_without_script_and_lose_nothing(teacher: Visitor, session: Session) -> None:
    fields = hidden_fields(teacher.post("/exchanges", act="rubric design").text)
    keys = fields["criterion[]"]

    moved = teacher.post("/exchanges", data={**fields, "act": f"up {keys[3]}"}).text
    again = hidden_fields(moved)

    assert again["criterion[]"] == [*keys[:2], keys[3], keys[2], *keys[4:]]
    assert {**again, "criterion[]": 0} == {**fields, "criterion[]": 0}


def test_what_is_saved_again_is_what_was_saved(full: Class, visit: People, session: Session) -> None:
    teacher, path = visit(full.teacher), f"/exchanges/{full.exchange.id}/settings"
    before = queries.plan_of(full.exchange)

    assert teacher.post(path, data=hidden_fields(teacher.get(path).text)).status_code == 303

    session.expire_all()
    assert queries.plan_of(session.get_one(Exchange, full.exchange.id)).criteria == before.criteria


def test_who_changes_weights_is_told_that_grades_follow(
    made: Class, visit: People, session: Session, an_hour_ago: datetime
) -> None:
    all_hand_in(made, now=an_hour_ago)
    review(made, made.people[0], now=an_hour_ago)
    session.commit()
    teacher, path = visit(made.teacher), f"/exchanges/{made.exchange.id}/settings"
    fields = hidden_fields(teacher.get(path).text)

    answer = teacher.post(path, data={**fields, f"c{made.exchange.criteria[0].id}-weight": "3"})

    assert "Grades follow the changed weights" in words(teacher.client.get(answer.location).text)


@pytest.mark.parametrize("name", rubrics.RUBRICS)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_ready_rubric_makes_an_exchange_and_keeps_what_was_typed(
    teacher: Visitor, session: Session, name: str, htmx: bool
) -> None:
    typed = {**BARE, "title": f"My {name}", "instructions": "Kept instructions", "act": f"rubric {name}"}

    answer = teacher.post("/exchanges", data=typed, htmx=htmx)
    assert answer.status_code == 200
    assert "Kept instructions" in answer.text
    fields = hidden_fields(answer.text)
    assert teacher.post("/exchanges", data=fields).status_code == 303

    made = the_exchange(session, f"My {name}")
    assert len(made.criteria) >= 4
    assert made.criteria[-1].title == "One next step"
    assert all(each.kind in rules.KINDS for each in made.criteria)


def test_another_exchange_of_the_course_is_a_beginning(teacher: Visitor, made: Class, session: Session) -> None:
    assert "First drafts" in words(teacher.get("/exchanges/new").text)

    answer = teacher.post(
        "/exchanges",
        data={**BARE, "title": "Second drafts", "act": "start-from", "source": str(made.exchange.id)},
    )
    teacher.post("/exchanges", data=hidden_fields(answer.text))

    copy = the_exchange(session, "Second drafts")
    assert [each.title for each in copy.criteria] == ["Clarity", "Advice"]
    assert not {each.id for each in copy.criteria} & {each.id for each in made.exchange.criteria}
    assert copy.instructions == "Write *one page*."


def test_exchanges_of_other_courses_are_no_beginning(teacher: Visitor, session: Session) -> None:
    elsewhere = make_course(session)
    member = make_member(session, elsewhere)
    other = operations.create_exchange(
        session, rules.Plan(title="Secret", criteria=(ADVICE,)), course_id=elsewhere.id, by=member.person_id, now=BEGUN
    )
    session.commit()

    assert "Secret" not in teacher.get("/exchanges/new").text
    asked = {**BARE, "act": "start-from"}
    assert teacher.post("/exchanges", data={**asked, "source": str(other.id)}).status_code == 404
    for nothing in ("", "x", "9" * 30, "-1"):
        assert teacher.post("/exchanges", data={**asked, "source": nothing}).status_code == 200
    assert session.scalars(select(Activity.title).where(Activity.title == "Secret")).all() == ["Secret"]


def test_a_number_that_was_drafted_is_there_again(amara: Visitor, offer: Offer, full: Class, session: Session) -> None:
    amara.post(f"{path_of(offer)}/draft", data=answers(full))

    fields = amara.get(path_of(offer)).text
    ease = full.exchange.criteria[1]
    assert f'name="number-{ease.id}" value="7" checked' in fields
    assert 'value="65"' in fields
    assert len(session.scalars(select(FeedbackDraft)).all()) == 1
