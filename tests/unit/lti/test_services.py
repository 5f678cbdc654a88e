"""
Rosters and gradebooks of platforms that behave, and of those that do not.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import requests
import responses
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.lti import keys, services
from lti_tool.lti import vocabulary as lti
from lti_tool.lti.errors import NotGranted, Rejected, ServiceError, Throttled, Unavailable
from lti_tool.lti.models import AccessToken
from lti_tool.lti.platforms import load
from lti_tool.lti.services import PlatformClient
from lti_tool.lti.tokens import tokens
from tests.factories.courses import make_platform
from tests.factories.lti import keep_signing_key

ROOT = "https://lms.example"
ROSTER = f"{ROOT}/members?x=1"
ITEMS = f"{ROOT}/mod/lti/services.php/2/lineitems?type_id=1"
ITEM = f"{ROOT}/mod/lti/services.php/2/lineitems/9/lineitem?type_id=1"
TOKEN = f"{ROOT}/token"


@pytest.fixture
def network() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client(session: Session, settings: Settings) -> PlatformClient:
    tokens.forget()
    platform = make_platform(session, issuer=ROOT, client_id="client-1", token_url=TOKEN)
    keep_signing_key(session, settings)
    session.commit()
    return PlatformClient(load(session, platform.id), settings=settings)


def give_token(network: responses.RequestsMock, value: str = "token-1", **more: Any) -> None:
    network.post(TOKEN, json={"access_token": value, "token_type": "Bearer", "expires_in": 3600} | more)


def calls(network: responses.RequestsMock, url: str) -> list[requests.PreparedRequest]:
    return [call.request for call in network.calls if str(call.request.url).startswith(url)]


def read_all(client: PlatformClient) -> list[dict[str, Any]]:
    return [member for page in client.roster_pages(ROSTER) for member in page]


# Tokens


def test_we_ask_for_a_token_by_a_signed_word(
    client: PlatformClient, network: responses.RequestsMock, session: Session, settings: Settings, now: datetime
) -> None:
    give_token(network)
    network.get(ROSTER, json={"members": []})

    list(client.roster_pages(ROSTER))

    (request,) = calls(network, TOKEN)
    form = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == lti.SCOPE_ROSTER
    (key,) = keys.key_set(session, settings=settings, now=now)["keys"]
    word = jwt.decode(form["client_assertion"], jwt.PyJWK(key), algorithms=["RS256"], audience=TOKEN)
    assert (word["iss"], word["sub"]) == ("client-1", "client-1")
    assert 0 < word["exp"] - word["iat"] <= 300
    assert len(word["jti"]) >= 16


def test_the_audience_may_be_another_than_the_address(
    session: Session, network: responses.RequestsMock, settings: Settings
) -> None:
    tokens.forget()
    platform = make_platform(session, token_url=TOKEN, token_audience="https://api.lms.example/auth/token")
    session.commit()
    give_token(network)
    network.get(ROSTER, json={"members": []})

    list(PlatformClient(load(session, platform.id), settings=settings).roster_pages(ROSTER))

    (request,) = calls(network, TOKEN)
    word = jwt.decode(
        parse_qs(str(request.body))["client_assertion"][0], options={"verify_signature": False, "verify_aud": False}
    )
    assert word["aud"] == "https://api.lms.example/auth/token"


def test_one_token_serves_until_it_ends(
    client: PlatformClient, network: responses.RequestsMock, session: Session
) -> None:
    """In this process by memory, in the next by the database, where it is encrypted."""
    give_token(network)
    network.get(ROSTER, json={"members": []})

    read_all(client)
    read_all(client)
    tokens.forget()
    read_all(client)

    assert len(calls(network, TOKEN)) == 1
    assert "token-1" not in session.scalars(select(AccessToken.token)).one()


def test_a_token_is_replaced_a_minute_before_it_ends(
    client: PlatformClient, network: responses.RequestsMock, session: Session
) -> None:
    give_token(network, expires_in=30)
    network.get(ROSTER, json={"members": []})

    read_all(client)
    read_all(client)

    assert len(calls(network, TOKEN)) == 2


@pytest.mark.parametrize("life", [None, "soon", -5, 10**30])
def test_a_strange_life_of_a_token_does_not_matter(
    client: PlatformClient, network: responses.RequestsMock, life: Any
) -> None:
    give_token(network, expires_in=life)
    network.get(ROSTER, json={"members": [{"user_id": "1"}]})

    assert read_all(client) == [{"user_id": "1"}]


def test_tokens_of_two_clients_of_one_issuer_are_never_mixed(
    client: PlatformClient, network: responses.RequestsMock, session: Session, settings: Settings
) -> None:
    other = make_platform(session, issuer=ROOT, client_id="client-2", token_url=TOKEN)
    session.commit()
    network.post(TOKEN, json={"access_token": "one", "token_type": "bearer"})
    network.post(TOKEN, json={"access_token": "two", "token_type": "bearer"})
    network.get(ROSTER, json={"members": []})

    read_all(client)
    read_all(PlatformClient(load(session, other.id), settings=settings))

    assert [request.headers["Authorization"] for request in calls(network, ROSTER)] == ["Bearer one", "Bearer two"]


def test_a_refused_token_is_replaced_once(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network, "old")
    give_token(network, "new")
    network.get(ROSTER, status=401, json={})
    network.get(ROSTER, json={"members": [{"user_id": "1"}]})

    assert read_all(client) == [{"user_id": "1"}]
    assert [request.headers["Authorization"] for request in calls(network, ROSTER)] == ["Bearer old", "Bearer new"]


def test_a_second_refusal_is_final(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    network.get(ROSTER, status=401, json={})

    with pytest.raises(Rejected) as refused:
        read_all(client)

    assert refused.value.answered == 401
    assert len(calls(network, ROSTER)) == 2


TOKEN_TROUBLE: dict[str, tuple[dict[str, Any], type[ServiceError]]] = {
    "401": ({"status": 401, "json": {"error": "invalid_client"}}, Rejected),
    "400 as Moodle says it": (
        {"status": 400, "body": '{"error": "invalid_request"}', "content_type": "text/html"},
        Rejected,
    ),
    "no such scope": ({"status": 400, "json": {"error": "invalid_scope"}}, NotGranted),
    "429": ({"status": 429, "headers": {"Retry-After": "7"}}, Throttled),
    "500": ({"status": 500, "body": "oh"}, Unavailable),
    "a page": ({"status": 200, "body": "<html>Maintenance</html>", "content_type": "text/html"}, Unavailable),
    "a redirect": ({"status": 302, "headers": {"Location": "https://lms.example/login"}}, Unavailable),
    "a list": ({"status": 200, "json": []}, Unavailable),
    "no token in it": ({"status": 200, "json": {"token_type": "bearer"}}, Unavailable),
    "a token of another type": ({"status": 200, "json": {"access_token": "x", "token_type": "mac"}}, Unavailable),
    "no connection": ({"body": requests.ConnectionError()}, Unavailable),
    "slow": ({"body": requests.ReadTimeout()}, Unavailable),
    "fewer scopes": ({"status": 200, "json": {"access_token": "x", "scope": "other"}}, NotGranted),
}


@pytest.mark.parametrize("answer, error", TOKEN_TROUBLE.values(), ids=TOKEN_TROUBLE)
def test_trouble_at_the_token_endpoint_has_a_name(
    client: PlatformClient, network: responses.RequestsMock, answer: dict[str, Any], error: type[ServiceError]
) -> None:
    network.post(TOKEN, **answer)

    with pytest.raises(error):
        read_all(client)


def test_a_token_that_comes_as_html_is_read_all_the_same(
    client: PlatformClient, network: responses.RequestsMock
) -> None:
    """Moodle sends its JSON as text/html."""
    network.post(TOKEN, body=json.dumps({"access_token": "x", "token_type": "BEARER"}), content_type="text/html")
    network.get(ROSTER, json={"members": []})

    assert read_all(client) == []


# Rosters

NEXT_LINKS = {
    "plain": '<https://lms.example/members?p=2>; rel="next"',
    "without quotes": "<https://lms.example/members?p=2>; rel=next",
    "among others": '<https://lms.example/1>; rel="first", <https://lms.example/members?p=2>; rel="next"; title="a"',
    "several relations": '<https://lms.example/members?p=2>; rel="last next"',
    "upper case": '<https://lms.example/members?p=2>; REL="NEXT"',
    "typographic quotes": "<https://lms.example/members?p=2>; rel=“next”".encode().decode("latin-1"),
    "typographic quotes, read well": "<https://lms.example/members?p=2>; rel=“next”",
    "relative": '</members?p=2>; rel="next"',
}


@pytest.mark.parametrize("link", NEXT_LINKS.values(), ids=NEXT_LINKS)
def test_the_next_page_is_found(client: PlatformClient, network: responses.RequestsMock, link: str) -> None:
    give_token(network)
    network.get(ROSTER, json={"members": [{"user_id": "1"}]}, headers={"Link": link})
    network.get(f"{ROOT}/members?p=2", json={"members": [{"user_id": "2"}]})

    assert [member["user_id"] for member in read_all(client)] == ["1", "2"]


def test_the_next_page_is_opaque_and_case_sensitive(client: PlatformClient, network: responses.RequestsMock) -> None:
    """A bookmark in lower case is another bookmark; ``&amp;`` means ``&``."""
    give_token(network)
    network.get(
        ROSTER,
        json={"members": []},
        headers={"Link": f'<{ROOT}/Members?Page=BookMark:AbC&amp;per_page=50>; rel="next"'},
    )
    network.get(f"{ROOT}/Members?Page=BookMark:AbC&per_page=50", json={"members": [{"user_id": "2"}]})

    assert read_all(client) == [{"user_id": "2"}]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/members?p=2",
        "http://lms.example/members?p=2",
        "https://lms.example:8443/members?p=2",
        "https://lms.example@evil.example/",
        "//evil.example/",
        "https://[broken",
    ],
)
def test_a_bearer_never_follows_to_another_origin(
    client: PlatformClient, network: responses.RequestsMock, link: str
) -> None:
    give_token(network)
    network.get(ROSTER, json={"members": [{"user_id": "1"}]}, headers={"Link": f'<{link}>; rel="next"'})

    with pytest.raises(ServiceError):
        read_all(client)

    assert len(network.calls) == 2


def test_pages_that_lead_in_a_circle_are_refused(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    network.get(ROSTER, json={"members": []}, headers={"Link": f'<{ROOT}/members?p=2>; rel="next"'})
    network.get(f"{ROOT}/members?p=2", json={"members": []}, headers={"Link": f'<{ROSTER}>; rel="next"'})

    with pytest.raises(Rejected):
        read_all(client)


LOST_PAGES: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "404": {"status": 404},
    "a page": {"body": "<html></html>"},
    "no members": {"json": {"id": "x"}},
    "members that are none": {"json": {"members": ["1"]}},
    "no connection": {"body": requests.ConnectionError()},
}


@pytest.mark.parametrize("answer", LOST_PAGES.values(), ids=LOST_PAGES)
def test_a_page_lost_on_the_way_makes_the_roster_incomplete(
    client: PlatformClient, network: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    """So that nobody takes who was on it for gone."""
    give_token(network)
    network.get(ROSTER, json={"members": [{"user_id": "1"}]}, headers={"Link": f'<{ROOT}/members?p=2>; rel="next"'})
    network.get(f"{ROOT}/members?p=2", **answer)
    pages = client.roster_pages(ROSTER)

    assert next(pages) == [{"user_id": "1"}]
    with pytest.raises(ServiceError):
        next(pages)


def test_one_media_type_and_nothing_else_is_accepted(client: PlatformClient, network: responses.RequestsMock) -> None:
    """Moodle compares the whole header."""
    give_token(network)
    network.get(ROSTER, json={"members": []})

    read_all(client)

    assert calls(network, ROSTER)[0].headers["Accept"] == lti.MEDIA_ROSTER


THROTTLES: dict[str, tuple[dict[str, Any], float | None]] = {
    "429": ({"status": 429}, None),
    "429 with seconds": ({"status": 429, "headers": {"Retry-After": "120"}}, 120.0),
    "429 with nonsense": ({"status": 429, "headers": {"Retry-After": "later"}}, None),
    "429 until long ago": ({"status": 429, "headers": {"Retry-After": "Mon, 02 Mar 2020 09:30:00 GMT"}}, 0.0),
    "429 for years": ({"status": 429, "headers": {"Retry-After": "999999999999"}}, 86400.0),
    "503 with seconds": ({"status": 503, "headers": {"Retry-After": "5"}}, 5.0),
    "403 in disguise": ({"status": 403, "body": "403 Forbidden (Rate Limit Exceeded)"}, None),
}


@pytest.mark.parametrize("answer, wait", THROTTLES.values(), ids=THROTTLES)
def test_too_fast_is_told_from_no(
    client: PlatformClient, network: responses.RequestsMock, answer: dict[str, Any], wait: float | None
) -> None:
    give_token(network)
    network.get(ROSTER, **answer)

    with pytest.raises(Throttled) as throttled:
        read_all(client)

    assert throttled.value.retry_after == wait
    assert throttled.value.retryable


def test_a_plain_403_is_a_no(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    network.get(ROSTER, status=403, body="not yours")

    with pytest.raises(Rejected) as refused:
        read_all(client)

    assert not refused.value.retryable


# Scores


def test_a_score_goes_beside_the_query(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    url = f"{ROOT}/mod/lti/services.php/2/lineitems/9/lineitem/scores?type_id=1"
    network.post(url, status=200, body="", content_type="application/json")

    assert client.post_score(ITEM, {"userId": "1"}) == 200

    (request,) = calls(network, url)
    assert request.headers["Content-Type"] == lti.MEDIA_SCORE
    assert json.loads(request.body or "") == {"userId": "1"}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_success(client: PlatformClient, network: responses.RequestsMock, status: int) -> None:
    give_token(network)
    network.post(f"{ROOT}/i/scores", status=status, body="")

    assert client.post_score(f"{ROOT}/i", {}) == status


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refused_score_says_why(client: PlatformClient, network: responses.RequestsMock, status: int) -> None:
    give_token(network)
    network.post(f"{ROOT}/i/scores", status=status, body="User is not a student")

    with pytest.raises(Rejected) as refused:
        client.post_score(f"{ROOT}/i", {})

    assert refused.value.answered == status
    assert "User is not a student" in refused.value.reason


def test_a_locked_column_of_moodle_may_open_again(client: PlatformClient, network: responses.RequestsMock) -> None:
    """It answers 500 with an empty list."""
    give_token(network)
    network.post(f"{ROOT}/i/scores", status=500, json=[])

    with pytest.raises(Unavailable):
        client.post_score(f"{ROOT}/i", {})


# Line items


def test_changing_a_column_keeps_what_it_has(client: PlatformClient, network: responses.RequestsMock) -> None:
    """PUT replaces the whole: what is left out is cleared."""
    give_token(network)
    present = {
        "id": ITEM,
        "label": "Old",
        "scoreMaximum": 10,
        "resourceLinkId": "5",
        "tag": "t",
        "https://x/y": {"z": 1},
    }
    network.get(ITEM, json=present)
    network.put(ITEM, body="")

    changed = client.update_line_item(ITEM, {"label": "New"})

    (_, put) = calls(network, ITEM)
    assert json.loads(put.body or "") == present | {"label": "New"} == changed


def test_no_change_is_not_sent(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    network.get(ITEM, json={"id": ITEM, "label": "Old"})

    client.update_line_item(ITEM, {"label": "Old"})

    assert [request.method for request in calls(network, ITEM)] == ["GET"]


def test_columns_are_filtered_here_too(client: PlatformClient, network: responses.RequestsMock) -> None:
    """And those that lead elsewhere are not ours to write to."""
    give_token(network)
    network.get(
        f"{ITEMS}&resource_id=r1",
        json=[
            {"id": ITEM, "resourceId": "r1"},
            {"id": f"{ITEM}&x=2", "resourceId": "r2"},
            {"id": "https://evil.example/1", "resourceId": "r1"},
            {"resourceId": "r1"},
        ],
    )

    assert client.find_line_items(ITEMS, resource_id="r1") == [{"id": ITEM, "resourceId": "r1"}]
    assert "limit" not in str(calls(network, ITEMS)[0].url)


def test_reading_falls_back_to_the_writing_scope(client: PlatformClient, network: responses.RequestsMock) -> None:
    network.post(TOKEN, status=400, json={"error": "invalid_scope"})
    give_token(network)
    network.get(ITEMS, json=[])

    assert client.find_line_items(ITEMS) == []

    scopes = [parse_qs(str(request.body))["scope"][0] for request in calls(network, TOKEN)]
    assert scopes == [lti.SCOPE_LINE_ITEM_READ, lti.SCOPE_LINE_ITEM]


def test_a_new_column_must_be_where_the_others_are(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    network.post(ITEMS, status=201, json={"id": "https://evil.example/lineitem"})

    with pytest.raises(Rejected):
        client.create_line_item(ITEMS, {"label": "A", "scoreMaximum": 10})


def test_a_column_that_is_gone_is_deleted(client: PlatformClient, network: responses.RequestsMock) -> None:
    give_token(network)
    network.delete(ITEM, status=404)

    client.delete_line_item(ITEM)


def test_the_column_of_an_assignment_stays(client: PlatformClient, network: responses.RequestsMock) -> None:
    """Canvas answers 401 to the wish to delete it."""
    give_token(network)
    network.delete(ITEM, status=401)

    with pytest.raises(Rejected):
        client.delete_line_item(ITEM)


@pytest.mark.parametrize("page_size, query", [(None, "type_id=1"), (50, "type_id=1&limit=50")])
def test_results_are_asked_for_with_a_page_size_only_where_it_is_borne(
    client: PlatformClient, network: responses.RequestsMock, page_size: int | None, query: str
) -> None:
    give_token(network)
    url = f"{ROOT}/mod/lti/services.php/2/lineitems/9/lineitem/results?{query}"
    network.get(url, json=[{"userId": "1", "resultScore": 0}])

    assert list(client.results(ITEM, page_size=page_size)) == [[{"userId": "1", "resultScore": 0}]]


# Whom we call


@pytest.mark.parametrize(
    "url", ["http://lms.example/i", "https://127.0.0.1/i", "https://localhost/i", "not an address"]
)
def test_an_address_that_leads_inside_is_refused_without_a_call(
    client: PlatformClient, network: responses.RequestsMock, url: str
) -> None:
    give_token(network)

    with pytest.raises(Rejected):
        client.post_score(url, {})


def test_a_client_is_opened_by_the_platforms_number(
    session: Session, settings: Settings, client: PlatformClient
) -> None:
    opened = services.open_client(session, client.registration.platform_id, settings=settings)

    assert opened.registration == client.registration


def test_a_token_that_ended_in_the_database_is_not_used(
    client: PlatformClient, network: responses.RequestsMock, session: Session
) -> None:
    give_token(network)
    network.get(ROSTER, json={"members": []})
    read_all(client)
    session.execute(update(AccessToken).values(expires_at=AccessToken.expires_at - timedelta(days=1)))
    session.commit()
    tokens.forget()

    read_all(client)

    assert len(calls(network, TOKEN)) == 2
