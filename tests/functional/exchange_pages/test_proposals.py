"""Students make the rules of feedback with their teacher, and no classmate learns whose proposal it is."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.courses.models import Role
from lti_tool.exchange import operations, privacy, queries, rules
from lti_tool.exchange.models import CharterConsent, Exchange, Flag, Proposal, ProposalSupport
from lti_tool.files.storage import DatabaseStorage
from lti_tool.notices.models import Notice
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import BEGUN, Class, make_class
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words

RULES = ["Be kind", "Be specific", "Say what is next"]


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """A class with a charter, open for proposals."""
    made = make_class(session, now=an_hour_ago)
    made.exchange.options = {"charter": {"enabled": True, "rules": RULES, "proposals": True}}
    session.commit()
    return made


def propose(made: Class, person: int, rule: str = "Ask a question") -> Proposal:
    proposal = operations.propose_rule(made.session, made.exchange, by=person, rule=rule, now=now())
    made.session.commit()
    return proposal


def rules_page(made: Class, visitor: Visitor) -> str:
    return visitor.get(f"/exchanges/{made.exchange.id}/rules").text


def url(made: Class, proposal: Proposal, rest: str = "") -> str:
    return f"/exchanges/{made.exchange.id}/rules/proposals/{proposal.id}{rest}"


def test_a_student_proposes_another_supports_and_the_teacher_adopts(
    made: Class, visit: People, session: Session
) -> None:
    """The whole way, through the pages."""
    one, other, teacher = visit(made.learners[0]), visit(made.learners[1]), visit(made.teacher)
    assert f"/exchanges/{made.exchange.id}/rules" in one.get(f"/exchanges/{made.exchange.id}").text

    assert one.post(f"/exchanges/{made.exchange.id}/rules/proposals", rule="Ask a question").status_code == 303
    proposal = session.scalars(select(Proposal)).one()
    assert "yours" in rules_page(made, one)
    assert "Ask a question" in rules_page(made, other)
    other.post(url(made, proposal, "/support"))
    other.post(url(made, proposal, "/support"))
    assert "One more would like it." in rules_page(made, teacher)

    fields = {"answer": "adopted", f"rule-{proposal.id}": "Ask one question", f"words-{proposal.id}": "Thank you!"}
    assert teacher.post(url(made, proposal, "/answer"), data=fields).status_code == 303

    session.expire_all()
    assert session.get_one(Exchange, made.exchange.id).option(rules.CharterOptions).rules == (
        *RULES,
        "Ask one question",
    )
    page = rules_page(made, one)
    assert "taken in" in page
    assert "Thank you!" in page


def test_classmates_never_learn_whose_proposal_it_is(made: Class, visit: People) -> None:
    """Pain 22: a name in any form, an id, or a time that gives it away."""
    proposer = made.learners[0]
    proposal = propose(made, proposer.person_id)
    operations.support_rule(made.session, made.exchange, by=made.people[1], proposal_id=proposal.id, now=now())
    made.session.commit()

    page = rules_page(made, visit(made.learners[2]))
    section = page.split('id="proposed"')[1].split("</section>")[0]

    for each in made.learners:
        assert each.person.name not in section
        assert f">{each.person_id}<" not in section
    assert "<time" not in section
    assert "yours" not in section


def test_staff_see_whose_it_is_and_the_form_said_so(made: Class, visit: People) -> None:
    """Pain 26: who writes knows beforehand who will learn that it is them."""
    assert "Your classmates do not learn that it is from you. Your teachers do." in rules_page(
        made, visit(made.learners[0])
    )
    propose(made, made.people[0])

    assert made.learners[0].person.name in rules_page(made, visit(made.teacher))
    found = queries.proposals(made.session, made.exchange, made.people[1], is_staff=False)
    assert [(each.by_id, each.by_name) for each in found] == [(None, "")]


def test_adopting_asks_everybody_to_agree_once_more(made: Class, session: Session) -> None:
    operations.agree_to_charter(session, made.exchange, person=made.people[0], now=now())
    proposal = propose(made, made.people[1])

    operations.adopt_rule(
        session, made.exchange, proposal_id=proposal.id, rule="", by=made.teacher.person_id, now=now()
    )

    assert made.exchange.option(rules.CharterOptions).rules[-1] == "Ask a question"
    assert queries.consent_of(session, made.exchange, made.people[0]) is None
    assert session.scalar(select(func.count()).select_from(CharterConsent)) == 1


def test_leaving_a_proposal_out_needs_a_reason(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])
    teacher = visit(made.teacher)
    fields = {"answer": "declined", f"rule-{proposal.id}": "Ask a question", f"words-{proposal.id}": " "}

    refused = teacher.post(url(made, proposal, "/answer"), data=fields)
    assert refused.status_code == 422
    assert "Say why, in a few words" in refused.text

    teacher.post(url(made, proposal, "/answer"), data=fields | {f"words-{proposal.id}": "Rule two says it."})
    session.expire_all()
    assert session.get_one(Proposal, proposal.id).answer == "declined"
    assert "Rule two says it." in rules_page(made, visit(made.learners[1]))


def test_who_proposed_hears_the_answer_and_staff_hear_of_proposals_once_a_day(made: Class, session: Session) -> None:
    """Pain 46: nobody is told."""
    first, second = propose(made, made.people[0]), propose(made, made.people[1], "Name the place")
    operations.decline_rule(
        session, made.exchange, proposal_id=first.id, words="Not this time.", by=made.teacher.person_id, now=now()
    )
    operations.adopt_rule(session, made.exchange, proposal_id=second.id, rule="", by=made.teacher.person_id, now=now())
    session.commit()

    told = sorted((each.kind, each.person_id) for each in session.scalars(select(Notice)))

    assert told == [
        ("rule_adopted", made.people[1]),
        ("rule_declined", made.people[0]),
        ("rule_proposed", made.teacher.person_id),
    ]


@pytest.mark.parametrize(
    "rule,said",
    [
        ("", "This is needed."),
        ("   ", "This is needed."),
        ("be KIND.", "there already"),
        ("x" * 201, "longer than 200 characters"),
    ],
)
def test_a_proposal_that_does_not_fit_is_refused_with_the_typed_words(
    made: Class, visit: People, session: Session, rule: str, said: str
) -> None:
    answer = visit(made.learners[0]).post(f"/exchanges/{made.exchange.id}/rules/proposals", rule=rule)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{rule}"' in answer.text
    assert session.scalar(select(func.count()).select_from(Proposal)) == 0


def test_nobody_fills_the_list(made: Class, visit: People, session: Session) -> None:
    for number in range(rules.MOST_OPEN_EACH):
        propose(made, made.people[0], f"Rule {number}")

    answer = visit(made.learners[0]).post(f"/exchanges/{made.exchange.id}/rules/proposals", rule="One more")

    assert answer.status_code == 422
    assert "wait for an answer" in answer.text


def test_a_full_charter_takes_no_more(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])
    made.exchange.options = {
        "charter": {"enabled": True, "rules": [f"Rule {each}" for each in range(7)], "proposals": True}
    }
    session.commit()

    answer = visit(made.teacher).post(
        url(made, proposal, "/answer"),
        data={"answer": "adopted", f"rule-{proposal.id}": "Ask", f"words-{proposal.id}": ""},
    )

    assert answer.status_code == 422
    assert "seven rules" in answer.text


def test_ones_own_is_taken_back_while_it_waits_and_nobody_elses(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])

    assert visit(made.learners[1]).post(url(made, proposal, "/removal")).status_code == 404
    assert visit(made.learners[0]).post(url(made, proposal, "/removal")).status_code == 303
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Proposal)) == 0


def test_support_is_taken_back_and_ones_own_needs_none(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])
    one, other = visit(made.learners[0]), visit(made.learners[1])

    one.post(url(made, proposal, "/support"))
    assert session.scalar(select(func.count()).select_from(ProposalSupport)) == 0
    other.post(url(made, proposal, "/support"))
    assert "You would like it too" in rules_page(made, other)
    other.post(url(made, proposal, "/support/removal"))
    assert session.scalar(select(func.count()).select_from(ProposalSupport)) == 0


def test_what_is_answered_stays_as_it_is(made: Class, visit: People) -> None:
    proposal = propose(made, made.people[0])
    operations.decline_rule(
        made.session, made.exchange, proposal_id=proposal.id, words="No.", by=made.teacher.person_id, now=now()
    )
    made.session.commit()

    answer = visit(made.learners[1]).post(url(made, proposal, "/support"))

    assert answer.status_code in (400, 403, 409)
    assert "has been answered" in answer.text


def test_students_do_not_answer_and_onlookers_do_not_propose(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])
    fields = {"answer": "adopted", f"rule-{proposal.id}": "x", f"words-{proposal.id}": ""}

    assert visit(made.learners[1]).post(url(made, proposal, "/answer"), data=fields).status_code == 403
    assistant = make_member(session, made.course, Role.ASSISTANT)
    session.commit()
    assert visit(assistant).post(url(made, proposal, "/answer"), data=fields).status_code == 403
    refused = visit(made.teacher).post(f"/exchanges/{made.exchange.id}/rules/proposals", rule="Mine")
    assert "You are only looking here" in refused.text


def test_where_no_proposals_are_asked_for_there_are_none(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])
    made.exchange.options = {}
    session.commit()
    learner = visit(made.learners[1])

    assert learner.get(f"/exchanges/{made.exchange.id}/rules").status_code == 404
    assert learner.post(f"/exchanges/{made.exchange.id}/rules/proposals", rule="x").status_code == 404
    assert learner.post(url(made, proposal, "/support")).status_code == 404
    assert f"/exchanges/{made.exchange.id}/rules" not in learner.get(f"/exchanges/{made.exchange.id}").text


def test_another_courses_proposals_are_not_found(made: Class, visit: People, session: Session) -> None:
    proposal = propose(made, made.people[0])
    stranger = make_member(session, make_course(session))
    other = make_class(session, now=now() - timedelta(hours=1))
    other.exchange.options = dict(made.exchange.options)
    session.commit()

    assert visit(stranger).get(f"/exchanges/{made.exchange.id}/rules").status_code == 404
    answer = visit(other.learners[0]).post(f"/exchanges/{other.exchange.id}/rules/proposals/{proposal.id}/support")
    assert answer.status_code == 404


def test_proposals_are_handed_out_and_forgotten_with_their_person(made: Class, session: Session) -> None:
    waiting = propose(made, made.people[0])
    adopted = propose(made, made.people[0], "Name the place")
    operations.adopt_rule(session, made.exchange, proposal_id=adopted.id, rule="", by=made.teacher.person_id, now=now())
    others = propose(made, made.people[1], "Be brief")
    operations.support_rule(session, made.exchange, by=made.people[0], proposal_id=others.id, now=now())

    handed_out = privacy.export_person(session, made.people[0])["rules_proposed"]
    supported = privacy.export_person(session, made.people[0])["rules_supported"]
    privacy.forget_person(session, made.people[0], now=now(), storage=DatabaseStorage())
    session.expire_all()

    assert {each["rule"] for each in handed_out} == {"Ask a question", "Name the place"}
    assert [each["rule"] for each in supported] == ["Be brief"]
    assert session.get(Proposal, waiting.id) is None
    assert session.get_one(Proposal, adopted.id).by_id is None
    assert session.scalar(select(func.count()).select_from(ProposalSupport)) == 0


def test_a_teacher_turns_proposals_on_and_finds_them(made: Class, visit: People, session: Session) -> None:
    made.exchange.options = {}
    session.commit()
    teacher = visit(made.teacher)
    page = teacher.get(f"/exchanges/{made.exchange.id}/settings/charter")
    assert re.search(r'name="proposals"', page.text)

    teacher.post(
        f"/exchanges/{made.exchange.id}/settings/charter",
        data={"proposals": "y", "shown": "at_once", "rules[]": ["", ""]},
    )

    session.expire_all()
    assert session.get_one(Exchange, made.exchange.id).option(rules.CharterOptions).proposals
    assert "What would help you to write feedback" in rules_page(made, visit(made.learners[0]))


def test_a_copied_exchange_asks_for_proposals_and_has_none(made: Class, session: Session) -> None:
    """Pain 43: settings come along, people's words never do."""
    propose(made, made.people[0])

    recipe = queries.recipe_of(made.exchange, [rules.CharterOptions])
    copy = operations.begin_from(session, recipe, course_id=made.course.id, by=made.teacher.person_id, now=BEGUN)

    assert copy.option(rules.CharterOptions).proposals
    assert queries.proposals(session, copy, made.people[0]) == ()


# Telling a teacher about one


def flag(made: Class, visitor: Visitor, proposal: Proposal, reason: str = "hurtful") -> int:
    answer = visitor.post(f"/exchanges/{made.exchange.id}/flags", kind="rule", thing_id=str(proposal.id), reason=reason)
    return answer.status_code


def test_whoever_reads_a_proposal_can_tell_a_teacher_who_hides_it_and_says_why(
    made: Class, visit: People, session: Session
) -> None:
    proposer, reader, other, teacher = (visit(each) for each in (*made.learners[:3], made.teacher))
    proposal = propose(made, made.people[0], "Never ask Bo")
    form = f"/flags/new?kind=rule&amp;thing_id={proposal.id}"
    assert form in rules_page(made, reader)
    assert form not in rules_page(made, proposer)
    assert form not in rules_page(made, teacher)
    asked = reader.get(f"/exchanges/{made.exchange.id}/flags/new?kind=rule&thing_id={proposal.id}")
    assert "a proposed rule" in words(asked.text)
    assert "they see your name" in words(asked.text)

    assert flag(made, reader, proposal) == 303

    raised = session.scalars(select(Flag)).one()
    here = f"/exchanges/{made.exchange.id}/flags/{raised.id}"
    assert "A proposed rule of feedback It is hurtful" in words(
        teacher.get(f"/exchanges/{made.exchange.id}/flags").text
    )
    teacher.post(f"{here}/looks")
    page = words(teacher.get(here).text)
    assert "Never ask Bo" in page
    assert f"By {made.learners[1].person.name}" in page
    assert f"Written by {made.learners[0].person.name}" in page
    assert teacher.post(f"{here}/decisions", decision="rewrite", note="Please.").status_code == 404
    assert teacher.post(f"{here}/decisions", decision="hide").status_code == 422
    assert teacher.post(f"{here}/decisions", decision="hide", note="It names somebody.").status_code == 303

    for visitor in (reader, other):
        assert "Never ask Bo" not in rules_page(made, visitor)
        assert visitor.post(url(made, proposal, "/support")).status_code == 404
    assert "Your teachers have hidden it from your classmates: It names somebody." in words(rules_page(made, proposer))
    assert "Only staff and whoever proposed it see it: It names somebody." in words(rules_page(made, teacher))
    assert "looked at it" in words(teacher.get(here).text)
    assert "Your teachers have looked at it and hidden it." in words(reader.get(f"/exchanges/{made.exchange.id}").text)

    teacher.post(f"{here}/decisions", decision="keep", told="I asked them.")

    assert "Never ask Bo" in rules_page(made, other)
    assert "I asked them." in words(reader.get(f"/exchanges/{made.exchange.id}").text)


def test_nobody_flags_their_own_proposal_nor_one_that_they_cannot_read(
    made: Class, visit: People, session: Session
) -> None:
    proposer, reader = visit(made.learners[0]), visit(made.learners[1])
    proposal = propose(made, made.people[0])
    elsewhere = make_class(session, course=make_course(session))
    elsewhere.exchange.options = {"charter": {"enabled": True, "rules": RULES, "proposals": True}}
    session.commit()
    foreign = propose(elsewhere, elsewhere.people[0])

    assert flag(made, proposer, proposal) == 404
    assert flag(made, reader, foreign) == 404
    assert flag(made, visit(made.teacher), proposal) == 409
    made.exchange.options = {"charter": {"enabled": True, "rules": RULES, "proposals": False}}
    session.commit()
    assert flag(made, reader, proposal) == 404
    assert session.scalars(select(Flag)).all() == []


def test_what_somebody_told_staff_about_stays_for_staff_when_it_is_taken_back(
    made: Class, visit: People, session: Session
) -> None:
    proposer, reader, teacher = visit(made.learners[0]), visit(made.learners[1]), visit(made.teacher)
    proposal = propose(made, made.people[0], "Never ask Bo")
    flag(made, reader, proposal)

    assert proposer.post(url(made, proposal, "/removal")).status_code == 303

    for visitor in (proposer, reader, teacher):
        assert "Never ask Bo" not in rules_page(made, visitor)
    assert proposer.post(url(made, proposal, "/removal")).status_code == 404
    raised = session.scalars(select(Flag)).one()
    here = f"/exchanges/{made.exchange.id}/flags/{raised.id}"
    teacher.post(f"{here}/looks")
    said = words(teacher.get(here).text)
    assert "Never ask Bo" in said
    assert "Whoever proposed it has taken it back." in said
    assert propose(made, made.people[2], "Never ask Bo").id != proposal.id


def test_in_a_sealed_exchange_staff_learn_who_flagged_a_proposal_and_not_whose_it_is(
    made: Class, visit: People, session: Session
) -> None:
    made.exchange.anonymity = rules.SEALED
    proposal = propose(made, made.people[0], "Never ask Bo")
    flag(made, visit(made.learners[1]), proposal)
    raised = session.scalars(select(Flag)).one()

    page = words(visit(made.teacher).get(f"/exchanges/{made.exchange.id}/flags/{raised.id}").text)

    assert "Written by a student" in page
    assert made.learners[0].person.name not in page
    assert made.learners[1].person.name in page


def test_a_flag_on_a_proposal_is_handed_out_and_goes_with_whoever_proposed_it(
    made: Class, visit: People, session: Session
) -> None:
    proposal = propose(made, made.people[0])
    flag(made, visit(made.learners[1]), proposal, reason="off_task")

    (told,) = privacy.export_person(session, made.people[1])["flags"]
    assert (told["reason"], told["exchange"]) == ("off_task", made.exchange.id)
    privacy.forget_person(session, made.people[0], now=now(), storage=DatabaseStorage())
    session.commit()
    assert session.scalars(select(Flag)).all() == []
    assert session.scalars(select(Proposal)).all() == []
