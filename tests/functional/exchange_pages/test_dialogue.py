"""What becomes of feedback, page by page: for its author, its reviewer and staff."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Appraisal, CharterConsent, Feedback, Flag, FlagAct, Hiding, Mark, Message, Thanks
from tests.factories.exchange import Class, all_hand_in, give, make_class, review, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

RULES = ("Specific.", "Kind.", "It ends with a next step.")


@pytest.fixture
def reviewed(session: Session, an_hour_ago: datetime) -> Class:
    """Three learners, two reviews each, all given; the rules of the class are in use."""
    made = make_class(session, learners=3, reviews=2, now=an_hour_ago)
    charter = rules.CharterOptions(enabled=True, rules=RULES)
    operations.set_options(session, made.exchange, charter, by=made.teacher.person_id, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    for _ in range(2):
        for person in made.people:
            review(made, person, now=an_hour_ago)
    session.commit()
    return made


@pytest.fixture
def feedback(reviewed: Class, session: Session) -> Feedback:
    """What the first learner received first."""
    found = session.scalars(select(Feedback).order_by(Feedback.offer_id))
    return next(each for each in found if each.offer.submission.author_id == reviewed.people[0])


@pytest.fixture
def author(visit: People, reviewed: Class) -> Visitor:
    return visit(reviewed.learners[0])


@pytest.fixture
def reviewer(visit: People, reviewed: Class, feedback: Feedback) -> Visitor:
    return visit(next(each for each in reviewed.learners if each.person_id == feedback.offer.reviewer_id))


@pytest.fixture
def teacher(visit: People, reviewed: Class) -> Visitor:
    return visit(reviewed.teacher)


def path_of(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


def about(made: Class, feedback: Feedback) -> str:
    return f"{path_of(made)}/feedback/{feedback.id}"


def review_of(made: Class, feedback: Feedback) -> str:
    return f"{path_of(made)}/reviews/{feedback.offer_id}"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_suggestion_goes_into_the_plan_is_ticked_off_and_its_reviewer_hears_of_it(
    author: Visitor, reviewer: Visitor, reviewed: Class, feedback: Feedback, htmx: bool
) -> None:
    """Pain 33: much feedback is never used."""
    part = str(reviewed.exchange.criteria[1].id)

    answer = author.post(f"{about(reviewed, feedback)}/marks", htmx=htmx, part=part, mark="use")

    assert answer.status_code == (200 if htmx else 303)
    if htmx:
        assert "My plan" in words(answer.text)
    assert "My plan" in words(author.get(path_of(reviewed)).text)
    assert "your suggestion will be used." in words(reviewer.get(review_of(reviewed, feedback)).text)

    answer = author.post(f"{about(reviewed, feedback)}/marks/completion", htmx=htmx, part=part, done="1")

    assert answer.status_code == (200 if htmx else 303)
    assert "done in version 2" in words(author.get(path_of(reviewed)).text)
    assert "your suggestion was used." in words(reviewer.get(review_of(reviewed, feedback)).text)
    assert "Used" in words(reviewer.get(path_of(reviewed)).text)


@pytest.mark.parametrize("htmx", [False, True])
def test_who_disagrees_says_why(
    author: Visitor, reviewer: Visitor, reviewed: Class, feedback: Feedback, session: Session, htmx: bool
) -> None:
    path = f"{about(reviewed, feedback)}/marks"

    refused = author.post(path, htmx=htmx, part="overall", mark="disagree", reason=" ")

    assert refused.status_code == 422
    assert "Say why, in a few words." in words(refused.text)
    assert session.scalars(select(Mark)).all() == []
    author.post(path, htmx=htmx, part="overall", mark="disagree", reason="It is meant to be short.")
    said = words(reviewer.get(review_of(reviewed, feedback)).text)
    assert "the author sees it differently, because: It is meant to be short." in said


@pytest.mark.parametrize(
    "sent", [{"part": "9" * 30}, {"part": "x"}, {"mark": "burn"}, {"part": ""}, {"mark": ""}, {"part": "-1"}]
)
def test_nonsense_marks_are_refused(author: Visitor, reviewed: Class, feedback: Feedback, sent: dict[str, str]) -> None:
    for htmx in (False, True):
        answer = author.post(
            f"{about(reviewed, feedback)}/marks", htmx=htmx, data={"part": "overall", "mark": "use"} | sent
        )
        assert answer.status_code == 422


def test_a_thread_is_read_without_names_and_a_teacher_is_called_teacher(
    author: Visitor, reviewer: Visitor, teacher: Visitor, reviewed: Class, feedback: Feedback
) -> None:
    path = f"{about(reviewed, feedback)}/messages"
    author.post(path, body="Which sentence?")
    reviewer.post(path, body="The first one.")
    teacher.post(f"{about(reviewed, feedback)}/staff-messages", body="Well asked.")

    for visitor, page, names in (
        (author, path_of(reviewed), ("You", "Reviewer ", "Teacher")),
        (reviewer, review_of(reviewed, feedback), ("The author", "You", "Teacher")),
    ):
        text = words(visitor.get(page).text)
        for name in names:
            assert name in text
        for body in ("Which sentence?", "The first one.", "Well asked."):
            assert body in text
        me = visitor.signed_in.membership.person_id
        for other in (*reviewed.learners, reviewed.teacher):
            assert other.person_id == me or other.person.name not in text
    assert "Well asked." in words(teacher.get(f"{path_of(reviewed)}/people/{reviewed.people[0]}").text)


def test_what_was_read_is_no_longer_new(
    author: Visitor, reviewer: Visitor, reviewed: Class, feedback: Feedback
) -> None:
    author.post(f"{about(reviewed, feedback)}/messages", body="Which sentence?")
    assert "New message" in words(reviewer.get(path_of(reviewed)).text)

    assert reviewer.post(f"{about(reviewed, feedback)}/hearing", htmx=True).status_code == 204

    assert "New message" not in words(reviewer.get(path_of(reviewed)).text)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_message_is_changed_for_some_minutes_and_refused_words_stay(
    author: Visitor, reviewed: Class, feedback: Feedback, session: Session, htmx: bool
) -> None:
    author.post(f"{about(reviewed, feedback)}/messages", body="Tanks.")
    message = session.scalars(select(Message)).one()
    path = f"{about(reviewed, feedback)}/messages/{message.id}"

    assert author.post(path, htmx=htmx, body="Thanks.").status_code == (200 if htmx else 303)
    session.refresh(message)
    assert message.body == "Thanks."
    message.sent_at = datetime.now(UTC) - timedelta(minutes=16)
    session.commit()
    late = author.post(path, htmx=htmx, body="Something else entirely.")

    assert late.status_code == 422
    assert "Something else entirely." in late.text
    assert "fifteen minutes" in words(late.text)


@pytest.mark.parametrize("htmx", [False, True])
def test_one_click_says_thank_you(
    author: Visitor, reviewer: Visitor, reviewed: Class, feedback: Feedback, session: Session, htmx: bool
) -> None:
    path = f"{about(reviewed, feedback)}/thanks"
    for _ in range(2):
        assert author.post(path, htmx=htmx, rule="Kind.").status_code == (200 if htmx else 303)

    assert len(session.scalars(select(Thanks)).all()) == 1
    assert "The author thanks you." in words(reviewer.get(review_of(reviewed, feedback)).text)
    assert "One thank-you in this exchange so far." in words(author.get(path_of(reviewed)).text)
    author.post(f"{path}/removal", htmx=htmx)
    assert "The author thanks you." not in words(reviewer.get(review_of(reviewed, feedback)).text)


def test_only_the_reviewer_reads_how_their_feedback_keeps_the_rules(
    author: Visitor, reviewer: Visitor, teacher: Visitor, visit: People, reviewed: Class, feedback: Feedback
) -> None:
    sent = {"rule-0": "yes", "rule-1": "partly", "note": "The second line stung."}
    answer = author.post(f"{about(reviewed, feedback)}/appraisal", htmx=True, data=sent)

    assert answer.status_code == 200
    assert "The second line stung." in words(reviewer.get(review_of(reviewed, feedback)).text)
    assert "The second line stung." not in teacher.get(f"{path_of(reviewed)}/people/{reviewed.people[0]}").text
    for each in reviewed.learners[1:]:
        assert "The second line stung." not in visit(each).get(path_of(reviewed)).text


def test_the_reviewer_waits_where_the_teacher_wants_all_of_it_first(
    author: Visitor, reviewer: Visitor, reviewed: Class, feedback: Feedback, session: Session
) -> None:
    kept_back = rules.CharterOptions(enabled=True, rules=RULES, shown=rules.SETTLED)
    operations.set_options(session, reviewed.exchange, kept_back, by=reviewed.teacher.person_id, now=datetime.now(UTC))
    session.commit()
    author.post(f"{about(reviewed, feedback)}/appraisal", data={"rule-0": "no"})

    assert "By the rules of the class" not in words(reviewer.get(review_of(reviewed, feedback)).text)
    operations.close(session, reviewed.exchange, by=reviewed.teacher.person_id, now=datetime.now(UTC))
    session.commit()
    assert "By the rules of the class" in words(reviewer.get(review_of(reviewed, feedback)).text)


@pytest.mark.parametrize("sent", [{}, {"rule-0": "maybe"}, {"rule-9": "yes"}, {"rule-x": "yes"}, {"rule-2": ""}])
def test_an_appraisal_says_something_of_a_rule(
    author: Visitor, reviewed: Class, feedback: Feedback, session: Session, sent: dict[str, str]
) -> None:
    answer = author.post(f"{about(reviewed, feedback)}/appraisal", htmx=True, data={"note": "Kept words", **sent})

    assert answer.status_code == 422
    assert "Kept words" in answer.text
    assert session.scalars(select(Appraisal)).all() == []


def test_rules_are_agreed_to_before_the_first_review(visit: People, session: Session, an_hour_ago: datetime) -> None:
    """Pain 27: shallow reviews. Who knows what good feedback is gives it."""
    made = make_class(session, learners=2, reviews=1, now=an_hour_ago)
    charter = rules.CharterOptions(enabled=True, rules=RULES)
    operations.set_options(session, made.exchange, charter, by=made.teacher.person_id, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    offer = take(made, made.people[0], now=datetime.now(UTC))
    session.commit()
    me, page = visit(made.learners[0]), f"{path_of(made)}/reviews/{offer.id}"

    assert "I will give feedback like this" in words(me.get(page).text)
    assert "review-form" not in me.get(page).text
    assert me.post(f"{path_of(made)}/charter/consents", offer_id=str(offer.id)).status_code == 303

    assert session.scalars(select(CharterConsent.rules)).all() == [list(RULES)]
    text = me.get(page).text
    assert "review-form" in text
    assert "It ends with a next step." in words(text)


def test_a_teacher_writes_three_to_seven_rules_and_finds_some_to_begin_with(
    teacher: Visitor, reviewed: Class, session: Session
) -> None:
    path = f"{path_of(reviewed)}/settings/charter"
    operations.set_options(
        session, reviewed.exchange, rules.CharterOptions(), by=reviewed.teacher.person_id, now=datetime.now(UTC)
    )
    session.commit()

    assert "About the work, not about the person." in teacher.get(path).text
    for written in (["One.", "Two."], ["Same.", "Same.", "Other."], [f"Rule {n}." for n in range(8)], ["x" * 201] * 3):
        refused = teacher.post(path, data={"enabled": "1", "rules[]": written, "shown": "at_once"})
        assert refused.status_code == 422
        assert written[0] in refused.text
    assert teacher.post(path, data={"enabled": "1", "rules[]": [*RULES, ""], "shown": "at_once"}).status_code == 303
    session.refresh(reviewed.exchange)
    assert reviewed.exchange.option(rules.CharterOptions).rules == RULES


def test_how_far_is_far_is_chosen(teacher: Visitor, reviewed: Class, session: Session) -> None:
    path = f"{path_of(reviewed)}/settings/dialogue"

    for gap in ("", "5", "many", "9" * 30):
        assert teacher.post(path, second_look="1", gap=gap, steps="2").status_code == 422
    assert teacher.post(path, gap="50", steps="3").status_code == 303
    session.refresh(reviewed.exchange)
    assert reviewed.exchange.option(rules.DialogueOptions) == rules.DialogueOptions(second_look=False, gap=50, steps=3)


# Flags


def test_something_hurtful_is_flagged_looked_at_hidden_and_its_outcome_told(
    author: Visitor, teacher: Visitor, reviewed: Class, feedback: Feedback, session: Session
) -> None:
    """Pain 31 and 47: staff act on the quality of a review, and everybody concerned hears of it."""
    flags = f"{path_of(reviewed)}/flags"
    assert author.get(f"{flags}/new?kind=feedback&thing_id={feedback.id}").status_code == 200
    sent = {"kind": "feedback", "thing_id": str(feedback.id), "reason": "hurtful", "words": "It made me feel small."}
    refused = author.post(flags, data=sent | {"reason": ""})
    assert refused.status_code == 422
    assert "It made me feel small." in refused.text
    for _ in range(2):
        assert author.post(flags, data=sent).status_code == 303
    flag = session.scalars(select(Flag)).one()

    assert "One to look at" in words(teacher.get(path_of(reviewed)).text)
    one = f"{flags}/{flag.id}"
    assert "Look at the second paragraph." not in teacher.get(one).text
    assert teacher.post(f"{one}/looks").status_code == 303
    assert "Look at the second paragraph." in teacher.get(one).text
    refused = teacher.post(f"{one}/decisions", decision="hide", note="", told="We talk to them.")
    assert refused.status_code == 422
    assert "We talk to them." in refused.text
    teacher.post(f"{one}/decisions", decision="hide", note="Said in anger.", told="We talk to them.")

    page = words(author.get(path_of(reviewed)).text)
    assert "Your teachers have hidden this feedback. Said in anger." in page
    assert "Your teachers have looked at it and hidden it. We talk to them." in page
    assert author.get(about(reviewed, feedback)).status_code == 404
    trail = words(teacher.get(one).text)
    assert f"{reviewed.teacher.person.name} looked at it" in trail
    assert f"{reviewed.teacher.person.name} hid it" in trail
    assert session.scalars(select(FlagAct.act).order_by(FlagAct.id)).all() == ["looked", "hide"]
    assert "One to look at" not in words(teacher.get(path_of(reviewed)).text)


def test_each_thing_flagged_says_whose_work_it_is_about_and_why(
    author: Visitor, reviewer: Visitor, teacher: Visitor, reviewed: Class, feedback: Feedback
) -> None:
    flags = f"{path_of(reviewed)}/flags"
    work = feedback.offer.submission
    about_words = {"kind": "feedback", "thing_id": str(feedback.id), "reason": "hurtful", "words": "It is about me."}
    author.post(flags, data=about_words)
    reviewer.post(flags, data={"kind": "work", "thing_id": str(feedback.offer_id), "reason": "off_task"})

    page = words(teacher.get(flags).text)

    assert work.author is not None
    assert f"Feedback on the work of {work.author.name} It is hurtful: It is about me. ·" in page
    assert f"The work of {work.author.name} It is not about the task ·" in page


def test_a_hidden_message_is_gone_for_the_other_side_alone(
    author: Visitor, reviewer: Visitor, teacher: Visitor, reviewed: Class, feedback: Feedback, session: Session
) -> None:
    reviewer.post(f"{about(reviewed, feedback)}/messages", body="You never listen.")
    message = session.scalars(select(Message)).one()
    flags = f"{path_of(reviewed)}/flags"
    author.post(flags, data={"kind": "message", "thing_id": str(message.id), "reason": "hurtful"})
    flag = session.scalars(select(Flag)).one()
    assert teacher.post(f"{flags}/{flag.id}/decisions", decision="rewrite", note="No.").status_code == 404
    teacher.post(f"{flags}/{flag.id}/decisions", decision="hide", note="Be kind.")

    assert "You never listen." not in author.get(path_of(reviewed)).text
    assert "Be kind." in author.get(path_of(reviewed)).text
    assert "You never listen." in reviewer.get(review_of(reviewed, feedback)).text
    assert session.scalars(select(Hiding.message_id)).all() == [message.id]


@pytest.mark.parametrize(
    "query", ["", "?kind=feedback", "?kind=feedback&thing_id=x", "?kind=cat&thing_id=1", "?kind=work&thing_id=999999"]
)
def test_what_is_not_theirs_cannot_be_flagged(author: Visitor, reviewed: Class, query: str) -> None:
    assert author.get(f"{path_of(reviewed)}/flags/new{query}").status_code == 404


# Strong disagreement


@pytest.fixture
def apart(session: Session, an_hour_ago: datetime) -> tuple[Class, Feedback, Feedback]:
    """Two reviewers of the first learner's work at the two ends of the scale."""
    made = make_class(session, learners=3, reviews=2, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    found = []
    for person, level in ((made.people[1], 0), (made.people[2], -1)):
        for _ in range(2):
            offer = take(made, person, now=an_hour_ago)
            is_it = offer.submission.author_id == made.people[0]
            given = give(made, offer, level=level if is_it else 1, now=an_hour_ago)
            found += [given] if is_it else []
    session.commit()
    low, high = found
    return made, low, high


def test_reviewers_far_apart_look_again_and_the_author_sees_that_they_did(
    visit: People, apart: tuple[Class, Feedback, Feedback]
) -> None:
    """Pain 35: two peers differ wildly, and a grade made of both helps nobody."""
    made, low, high = apart
    author, one, other = (visit(each) for each in made.learners)
    assert "Look again" in words(one.get(path_of(made)).text)
    page = words(one.get(review_of(made, low)).text)
    assert "Another reviewer sees this work very differently" in page
    assert "Clear throughout" in page
    assert made.learners[2].person.name not in page

    assert one.post(f"{review_of(made, low)}/second-look", note=" ").status_code == 422
    assert one.post(f"{review_of(made, low)}/second-look", note="The key sentence is missing.").status_code == 303
    assert "The key sentence is missing." in words(author.get(path_of(made)).text)

    clarity, advice = made.exchange.criteria
    sent = {f"level-{clarity.id}": str(clarity.levels[1].id), f"comment-{advice.id}": "Say it in one sentence."}
    assert other.get(f"{review_of(made, high)}/revision").status_code == 200
    incomplete = other.post(f"{review_of(made, high)}/revision", data={f"comment-{clarity.id}": "Kept words"})
    assert incomplete.status_code == 422
    assert "Kept words" in incomplete.text
    assert other.post(f"{review_of(made, high)}/revision", data=sent).status_code == 303
    page = words(author.get(path_of(made)).text)
    assert "this one changed their feedback" in page
    assert "Say it in one sentence." in page
    assert other.get(f"{review_of(made, high)}/revision").status_code == 409


@pytest.mark.parametrize("is_complete", [True, False])
def test_words_of_a_change_that_nobody_asks_for_are_shown_to_be_copied(
    reviewer: Visitor, reviewed: Class, feedback: Feedback, is_complete: bool
) -> None:
    clarity, advice = reviewed.exchange.criteria
    sent = {f"comment-{advice.id}": "shorter", "note-7": "Here too."}
    sent |= {f"level-{clarity.id}": str(clarity.levels[0].id)} if is_complete else {}
    path = f"{review_of(reviewed, feedback)}/revision"

    whole, fragment = reviewer.post(path, data=sent), reviewer.post(path, htmx=True, data=sent)

    assert whole.status_code == fragment.status_code == 409
    assert f"{advice.title} shorter" in words(whole.text)
    assert "Here too." in words(whole.text)
    for answer in (whole, fragment):
        assert "Feedback that was given stays as it is." in words(answer.text)
        assert "What you wrote is still here to copy." in words(answer.text)
    assert mistakes_in({"stays": whole.text}) == []


def test_who_has_looked_again_keeps_the_words_of_another_change(
    visit: People, apart: tuple[Class, Feedback, Feedback]
) -> None:
    made, _low, high = apart
    other, path = visit(made.learners[2]), f"{review_of(made, high)}/revision"
    clarity, advice = made.exchange.criteria
    sent = {f"level-{clarity.id}": str(clarity.levels[-1].id), f"comment-{advice.id}": "Say it in one sentence."}
    assert other.post(path, data=sent).status_code == 303

    again = other.post(path, data=sent | {f"comment-{advice.id}": "or in two"})

    assert again.status_code == 409
    assert "You have looked at this again already" in words(again.text)
    assert f"{advice.title} or in two" in words(again.text)


def test_looking_again_is_the_thing_to_do_on_card_and_page_until_it_is_done(
    visit: People, apart: tuple[Class, Feedback, Feedback]
) -> None:
    made, low, high = apart
    author, one, other = (visit(each) for each in made.learners)
    asked = "Another reviewer sees a work very differently"
    for each, feedback in ((one, low), (other, high)):
        page = each.get(path_of(made)).text
        assert f"Now {asked}" in words(page)
        assert f"/reviews/{feedback.offer_id}#second-look" in page
        assert asked in words(each.get("/").text)
        assert mistakes_in({"page": page}) == []
    assert asked not in words(author.get("/").text)

    one.post(f"{review_of(made, low)}/second-look", note="The key sentence is missing.")

    assert asked not in words(one.get(path_of(made)).text)
    assert asked not in words(one.get("/").text)
    assert asked in words(other.get("/").text)


def test_nobody_looks_again_at_what_staff_have_hidden(visit: People, apart: tuple[Class, Feedback, Feedback]) -> None:
    made, low, high = apart
    teacher, one, other = (visit(each) for each in (made.teacher, *made.learners[1:]))

    teacher.post(f"{about(made, low)}/moderation", decision="hide", reason="hurtful", note="Said in anger.")

    for each, feedback in ((one, low), (other, high)):
        assert "Another reviewer sees" not in words(each.get("/").text)
        assert "Look again" not in words(each.get(path_of(made)).text)
        assert "Another reviewer sees" not in words(each.get(review_of(made, feedback)).text)
        assert each.post(f"{review_of(made, feedback)}/second-look", note="As it is.").status_code == 409
    assert "0% and 100%" not in words(teacher.get(f"{path_of(made)}/flags").text)


def test_reviewers_still_far_apart_are_listed_for_staff(visit: People, apart: tuple[Class, Feedback, Feedback]) -> None:
    made, low, high = apart
    for each, member in ((low, made.learners[1]), (high, made.learners[2])):
        visit(member).post(f"{review_of(made, each)}/second-look", note="I counted twice.")

    page = words(visit(made.teacher).get(f"{path_of(made)}/flags").text)

    assert re.search(r"Work of [\w ]+: 0% and 100% needs a human", page)


def test_how_one_marks_is_shown_to_oneself_once_all_is_over(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    made = make_class(session, learners=5, reviews=3, now=an_hour_ago)
    all_hand_in(made, now=an_hour_ago)
    for _ in range(3):
        for person in made.people:
            review(made, person, level=-1 if person == made.people[0] else 0, now=an_hour_ago)
    session.commit()
    me, other = visit(made.learners[0]), visit(made.learners[1])
    assert "How you mark" not in words(me.get(path_of(made)).text)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    session.commit()

    assert "On Clarity you mark 5 points above the others." in words(me.get(path_of(made)).text)
    assert "above the others" not in words(other.get(path_of(made)).text)


def test_these_pages_are_valid_html(
    author: Visitor, reviewer: Visitor, teacher: Visitor, reviewed: Class, feedback: Feedback, session: Session
) -> None:
    here, it = path_of(reviewed), about(reviewed, feedback)
    author.post(f"{it}/marks", part="overall", mark="use")
    author.post(f"{it}/messages", body="Which?")
    author.post(f"{here}/flags", data={"kind": "feedback", "thing_id": str(feedback.id), "reason": "other"})
    flag = session.scalars(select(Flag)).one()
    teacher.post(f"{here}/flags/{flag.id}/looks")
    pages = {
        "student": author.get(here).text,
        "one": author.get(it).text,
        "mark-refused": author.post(f"{it}/marks", part="overall", mark="disagree").text,
        "appraisal-refused": author.post(f"{it}/appraisal").text,
        "review": reviewer.get(review_of(reviewed, feedback)).text,
        "thread": teacher.get(it).text,
        "charter": teacher.get(f"{here}/settings/charter").text,
        "dialogue": teacher.get(f"{here}/settings/dialogue").text,
        "flags": teacher.get(f"{here}/flags").text,
        "flag": teacher.get(f"{here}/flags/{flag.id}").text,
        "flag-new": author.get(f"{here}/flags/new?kind=feedback&thing_id={feedback.id}").text,
    }

    assert mistakes_in(pages) == []
