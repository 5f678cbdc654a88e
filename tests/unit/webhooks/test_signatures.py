"""Signatures of Standard Webhooks: what proves a message, and what does not."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks import signatures
from webhooks.signatures import BadSignature

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"only the tests know this secret!").decode()
OTHER = "whsec_" + base64.b64encode(b"and this one comes after it, too").decode()
NAMES = ["webhook-id", "webhook-timestamp", "webhook-signature"]
BODY = b'{"type":"roster.changed"}'


def headers(secret: str = SECRET, *, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures.sign(secret, message_id="msg_1", at=at, body=body),
    }


def test_the_example_of_the_specification_is_signed_as_there() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)

    made = signatures.sign(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=b'{"test": 2432232314}')

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_signed_with_the_secret_is_proven() -> None:
    assert signatures.verify([SECRET], headers(), BODY, now=NOW) == "msg_1"


def test_during_a_rotation_both_secrets_prove() -> None:
    assert signatures.verify([OTHER, SECRET], headers(SECRET), BODY, now=NOW) == "msg_1"
    assert signatures.verify([OTHER, SECRET], headers(OTHER), BODY, now=NOW) == "msg_1"


def test_one_of_several_signatures_is_enough() -> None:
    both = f"v1a,AAAA {signatures.sign(OTHER, message_id='msg_1', at=NOW, body=BODY)} {headers()['webhook-signature']}"

    assert signatures.verify([SECRET], headers() | {"webhook-signature": both}, BODY, now=NOW) == "msg_1"


@pytest.mark.parametrize("minutes", [-6, 6, -600_000])
def test_a_stale_or_early_timestamp_is_refused(minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)

    with pytest.raises(BadSignature, match="timestamp"):
        signatures.verify([SECRET], headers(at=at), BODY, now=NOW)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_disagree_a_little(minutes: int) -> None:
    assert signatures.verify([SECRET], headers(at=NOW + timedelta(minutes=minutes)), BODY, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "msg_2"},
        {"id": "m" * 300},
        {"id": "müll"},
        {"timestamp": ""},
        {"timestamp": "١٢"},
        {"timestamp": "9" * 40},
        {"timestamp": "-1"},
        {"signature": ""},
        {"signature": "v1"},
        {"signature": "v1,"},
        {"signature": "v1,ÿ"},
        {"signature": "v1,not base64 at all"},
        {"signature": "v2,AAAA"},
        {"signature": " " * 5000},
    ],
)
def test_whatever_the_headers_hold_is_refused_and_breaks_nothing(changes: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        signatures.verify([SECRET], headers() | {f"webhook-{name}": it for name, it in changes.items()}, BODY, now=NOW)


@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()), st.binary()
)
def test_nobody_is_believed_by_chance(given_headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(BadSignature):
        signatures.verify([SECRET], given_headers, body, now=NOW)


def test_another_body_or_another_secret_is_refused() -> None:
    with pytest.raises(BadSignature):
        signatures.verify([SECRET], headers(), BODY + b" ", now=NOW)
    with pytest.raises(BadSignature):
        signatures.verify([OTHER], headers(), BODY, now=NOW)
    with pytest.raises(BadSignature):
        signatures.verify([], headers(), BODY, now=NOW)


def test_new_secrets_are_long_and_none_is_like_another() -> None:
    made = {signatures.new_secret() for _ in range(50)}

    assert len(made) == 50
    assert all(len(signatures.secret_bytes(each)) == 32 for each in made)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_***"])
def test_what_is_no_secret_is_named(secret: str) -> None:
    with pytest.raises(ValueError, match=r"base64|short"):
        signatures.secret_bytes(secret)
