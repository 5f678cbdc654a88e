"""A teacher opens a topic of further settings; whoever needs none never meets one."""

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.exchange.topics import Topic, topics
from tests.factories.courses import make_activity, make_course
from tests.factories.exchange import BEGUN, Class
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words

TOPICS = {topic.options.TOPIC: topic for topic in topics()}


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def test_the_settings_page_tells_what_holds_in_each_topic(teacher: Visitor, made: Class) -> None:
    page = words(teacher.get(f"/exchanges/{made.exchange.id}/settings").text)

    for topic in topics():
        assert str(topic.title) in page
        assert topic.summary(made.exchange) in page


@pytest.mark.parametrize("topic", TOPICS.values(), ids=list(TOPICS))
def test_each_topic_has_a_page_that_staff_alone_can_open(
    topic: Topic, teacher: Visitor, visit: People, made: Class
) -> None:
    path = f"/exchanges/{made.exchange.id}/settings/{topic.options.TOPIC}"

    assert teacher.get(path).status_code == 200
    assert visit(made.learners[0]).get(path).status_code == 403


@pytest.mark.parametrize("topic", TOPICS.values(), ids=list(TOPICS))
def test_what_nobody_chose_survives_being_kept(topic: Topic) -> None:
    usual = topic.options()

    assert topic.options.from_dict(usual.as_dict() | {"long_gone": 1}) == usual


def test_who_reviews_whom_is_chosen(teacher: Visitor, made: Class, session: Session) -> None:
    path = f"/exchanges/{made.exchange.id}/settings/pairing"

    answer = teacher.post(path, start="rolling", groups="other", within_sections="1")

    session.refresh(made.exchange)
    assert answer.status_code == 303
    assert made.exchange.option(rules.PairingOptions) == rules.PairingOptions(
        groups=rules.OTHER_GROUPS, within_sections=True, avoid_last=False
    )


def test_a_choice_that_is_none_is_shown_again(teacher: Visitor, made: Class) -> None:
    answer = teacher.post(f"/exchanges/{made.exchange.id}/settings/pairing", start="rolling", groups="enemies")

    assert answer.status_code == 422
    assert "Choose one of these." in words(answer.text)


def test_a_copy_begins_with_the_same_settings(made: Class, session: Session) -> None:
    options = rules.PairingOptions(groups=rules.OWN_GROUP)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    copy = make_activity(session, make_course(session), kind="exchange")

    ExchangeRoom().clone(session, made.exchange.activity, copy, now=BEGUN)

    assert session.get_one(Exchange, copy.id).option(rules.PairingOptions) == options
