"""
Deep linking through the doors: what the platform asked for, what the teacher chose, what goes back signed.
"""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.courses.models import Course, Person, ResourceLink
from lti_tool.exchange import operations
from lti_tool.exchange.models import Exchange
from lti_tool.lti import vocabulary as lti
from tests.factories.courses import make_activity
from tests.factories.exchange import BEGUN, make_class, make_plan
from tests.factories.lti import (
    INSTRUCTOR,
    LAUNCH,
    LEARNER,
    PretendPlatform,
    deep_linking,
    launch,
    make_pretend_platform,
)

CHOOSE = "/picker"
CHOOSE_HOME = "/picker/home"
CHOOSE_NOTHING = "/picker/nothing"


@pytest.fixture
def platform(session: Session) -> PretendPlatform:
    return make_pretend_platform(session)


def answered(client: FlaskClient, place: str, choice: str, data: dict[str, Any] | None = None) -> tuple[str, str]:
    """Choose on the picker at *place*; where the form goes, and the token in it."""
    return carried_away(chosen(client, place, choice, data))


def chosen(client: FlaskClient, place: str, choice: str, data: dict[str, Any] | None = None) -> TestResponse:
    """Send the form of the picker at *place*."""
    page = client.get(place)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token is not None, page.text
    form = {"csrf_token": html.unescape(token.group(1)), **(data or {})}
    return client.post(place.removesuffix("/picker") + choice, data=form)


def carried_away(answer: TestResponse) -> tuple[str, str]:
    """Where a browser takes the answer, and the answer."""
    assert answer.status_code == 200, answer.text
    action = re.search(r'<form[^>]*action="([^"]*)"', answer.text)
    carried = re.search(r'name="JWT"\s+value="([^"]*)"', answer.text)
    assert action is not None
    assert carried is not None
    return html.unescape(action.group(1)), carried.group(1)


def read(client: FlaskClient, platform: PretendPlatform, token: str) -> dict[str, Any]:
    """What a platform reads: verified with our published key of that kid."""
    kid = jwt.get_unverified_header(token)["kid"]
    keys = client.get("/lti/jwks.json").get_json()["keys"]
    (key,) = [each for each in keys if each["kid"] == kid]
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(key),
        algorithms=["RS256"],
        audience=platform.platform.issuer,
        issuer=platform.platform.client_id,
        options={"require": ["exp", "iat", "nonce"]},
    )
    return claims


def picker(client: FlaskClient, platform: PretendPlatform, **settings: Any) -> str:
    """Launch to choose; the address of the picker."""
    answer = launch(client, platform, deep_linking(**settings))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_the_answer_is_a_signed_message_of_this_deployment(client: FlaskClient, platform: PretendPlatform) -> None:
    place = picker(client, platform)

    claims = read(client, platform, answered(client, place, CHOOSE_HOME)[1])

    assert claims[lti.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert claims[lti.VERSION] == "1.3.0"
    assert claims[lti.DEPLOYMENT_ID] == "deployment-1"
    (item,) = claims[lti.CONTENT_ITEMS]
    assert item["type"] == "ltiResourceLink"
    assert item["url"] == LAUNCH


@pytest.mark.parametrize("data", ["opaque", "", '"quotes" & <signs>', {"csrf": [1, 2]}], ids=repr)
def test_data_is_echoed_as_it_came(client: FlaskClient, platform: PretendPlatform, data: Any) -> None:
    """Even when empty."""
    place = picker(client, platform, data=data)

    assert read(client, platform, answered(client, place, CHOOSE_HOME)[1])[lti.DEEP_LINKING_DATA] == data


def test_data_that_did_not_come_is_not_sent(client: FlaskClient, platform: PretendPlatform) -> None:
    place = picker(client, platform)

    assert lti.DEEP_LINKING_DATA not in read(client, platform, answered(client, place, CHOOSE_HOME)[1])


def test_nothing_may_be_chosen(client: FlaskClient, platform: PretendPlatform) -> None:
    place = picker(client, platform)

    assert read(client, platform, answered(client, place, CHOOSE_NOTHING)[1])[lti.CONTENT_ITEMS] == []


def test_a_return_address_with_quotes_stays_inside_its_attribute(
    client: FlaskClient, platform: PretendPlatform
) -> None:
    strange = "https://lms.example/return?a=\"><script>alert('1')</script>&b=2"
    place = picker(client, platform, deep_link_return_url=strange)

    action, _ = answered(client, place, CHOOSE_HOME)

    assert action == strange


BAD_SETTINGS: dict[str, dict[str, Any]] = {
    "no return address": {"deep_link_return_url": None},
    "a script as return address": {"deep_link_return_url": "javascript:alert(1)"},
    "no types": {"accept_types": None},
    "types no list": {"accept_types": "ltiResourceLink"},
    "no targets": {"accept_presentation_document_targets": None},
}


@pytest.mark.parametrize("broken", BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_settings_that_break_the_specification_are_refused(
    client: FlaskClient, platform: PretendPlatform, broken: dict[str, Any]
) -> None:
    assert launch(client, platform, deep_linking(**broken)).status_code == 400


def test_a_request_without_settings_is_refused(client: FlaskClient, platform: PretendPlatform) -> None:
    assert launch(client, platform, deep_linking() | {lti.DEEP_LINKING_SETTINGS: None}).status_code == 400


@pytest.mark.parametrize("several", [True, "true", False, "false", None])
def test_flags_may_come_as_words(client: FlaskClient, platform: PretendPlatform, several: Any) -> None:
    assert launch(client, platform, deep_linking(accept_multiple=several)).status_code == 303


def test_a_learner_cannot_choose_content(client: FlaskClient, platform: PretendPlatform) -> None:
    answer = launch(client, platform, deep_linking() | {lti.ROLES: [LEARNER]})

    assert client.get(answer.headers["Location"]).status_code in (403, 404)


def test_the_link_just_made_opens(client: FlaskClient, platform: PretendPlatform, session: Session) -> None:
    """What the platform stores of our item, it sends back at the first launch."""
    place = picker(client, platform)
    activity = make_activity(session, session.scalars(select(Course)).one())
    session.commit()
    claims = read(client, platform, answered(client, place, CHOOSE_HOME)[1])
    (item,) = claims[lti.CONTENT_ITEMS]

    answer = launch(
        client,
        platform,
        {lti.ROLES: [INSTRUCTOR], lti.CUSTOM: item["custom"] | {"hearth_activity": str(activity.public_id)}},
    )

    assert answer.status_code == 303
    assert urlsplit(answer.headers["Location"]).path.startswith("/s/")
    session.expire_all()
    assert session.scalars(select(ResourceLink.activity_id)).all() == [activity.id]


def make_exchange(session: Session, **plan: Any) -> Exchange:
    """An exchange in the one course that was launched."""
    course, teacher = session.scalars(select(Course.id)).one(), session.scalars(select(Person.id)).one()
    made = operations.create_exchange(session, make_plan(**plan), course_id=course, by=teacher, now=BEGUN, publish=True)
    session.commit()
    return made


def test_an_exchange_goes_back_with_its_column_and_its_dates(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    """Its id stands in ``custom`` and in ``resourceId``: one of them survives every copy of a course."""
    place = picker(client, platform)
    opens, due = BEGUN + timedelta(days=1), BEGUN + timedelta(days=8)
    exchange = make_exchange(session, title="Sketch", points=12.0, opens_at=opens, submit_by=due, review_by=None)

    _, token = carried_away(client.get(f"{place}/{exchange.id}"))

    (item,) = read(client, platform, token)[lti.CONTENT_ITEMS]
    public_id = str(exchange.activity.public_id)
    assert item["title"] == "Sketch"
    assert item["custom"]["hearth_activity"] == public_id
    assert item["lineItem"]["resourceId"] == public_id
    assert (item["lineItem"]["label"], item["lineItem"]["scoreMaximum"]) == ("Sketch", 12.0)
    assert item["lineItem"]["submissionReview"]["reviewableStatus"] == ["InProgress", "Submitted", "Completed"]
    assert item["available"] == {"startDateTime": opens.isoformat()}
    assert item["submission"] == {"endDateTime": due.isoformat()}


def test_where_no_column_is_taken_none_is_offered(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    place = picker(client, platform, accept_lineitem=False)
    exchange = make_exchange(session)

    (item,) = read(client, platform, carried_away(client.get(f"{place}/{exchange.id}"))[1])[lti.CONTENT_ITEMS]

    assert "lineItem" not in item


def test_an_exchange_without_points_has_no_column(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    place = picker(client, platform)
    exchange = make_exchange(session, points=None)

    (item,) = read(client, platform, carried_away(client.get(f"{place}/{exchange.id}"))[1])[lti.CONTENT_ITEMS]

    assert "lineItem" not in item


def test_several_are_added_at_once_each_as_a_link_of_its_own(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    place = picker(client, platform, accept_multiple=True)
    made = [make_exchange(session, title=title) for title in ("First", "Second")]

    _, token = answered(client, place, CHOOSE, {"activity": [each.id for each in made]})

    items = read(client, platform, token)[lti.CONTENT_ITEMS]
    assert {each["title"] for each in items} == {"First", "Second"}
    assert len({each["custom"]["hearth_placement"] for each in items}) == 2


def test_several_are_refused_where_one_is_taken(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    place = picker(client, platform, accept_multiple=False)
    made = [make_exchange(session, title=title) for title in ("First", "Second")]

    answer = chosen(client, place, CHOOSE, {"activity": [each.id for each in made]})

    assert answer.status_code == 422
    assert "one thing at a time" in answer.text


@pytest.mark.parametrize("activity", [None, "", "x", "999999", "9" * 40, "-1"])
def test_choosing_what_is_not_there_keeps_the_picker_open(
    client: FlaskClient, platform: PretendPlatform, activity: str | None
) -> None:
    place = picker(client, platform)

    answer = chosen(client, place, CHOOSE, {} if activity is None else {"activity": activity})

    assert answer.status_code == 422


def test_an_exchange_of_another_course_cannot_be_placed(
    client: FlaskClient, platform: PretendPlatform, session: Session
) -> None:
    foreign = make_class(session).exchange
    session.commit()
    place = picker(client, platform)

    assert client.get(f"{place}/{foreign.id}").status_code == 404
    assert chosen(client, place, CHOOSE, {"activity": foreign.id}).status_code == 422


@pytest.mark.parametrize("kinds", [["link"], ["file", "html"], []])
def test_a_place_that_takes_no_activities_is_told_why_it_gets_none(
    client: FlaskClient, platform: PretendPlatform, session: Session, kinds: list[str]
) -> None:
    """The teacher reads it in the picker; some LMSs would show nothing of the answer."""
    place = picker(client, platform, accept_types=kinds)
    exchange = make_exchange(session)

    page = client.get(place)
    nothing = read(client, platform, answered(client, place, CHOOSE_NOTHING)[1])
    insisting = read(client, platform, carried_away(client.get(f"{place}/{exchange.id}"))[1])

    assert "takes no activities" in page.text
    for claims in (nothing, insisting):
        assert claims[lti.CONTENT_ITEMS] == []
        assert "takes no activities" in claims[lti.DEEP_LINKING_ERRORMSG]


def test_a_visit_that_was_not_for_choosing_has_no_picker(client: FlaskClient, platform: PretendPlatform) -> None:
    place = launch(client, platform, {lti.ROLES: [INSTRUCTOR]}).headers["Location"].rstrip("/")

    assert client.get(f"{place}/picker").status_code == 404
