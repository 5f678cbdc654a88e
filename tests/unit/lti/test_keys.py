"""
Our signing keys: published first, signing later, retired at last.
"""

import json
from datetime import datetime, timedelta

import jwt
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.lti import keys
from lti_tool.lti.models import SigningKey


def kids(session: Session, settings: Settings, now: datetime) -> list[str]:
    return [each["kid"] for each in keys.key_set(session, settings=settings, now=now)["keys"]]


def test_the_first_key_is_made_when_it_is_asked_for(session: Session, settings: Settings, now: datetime) -> None:
    (published,) = keys.key_set(session, settings=settings, now=now)["keys"]

    assert {"kty", "kid", "alg", "use", "n", "e"} == set(published)
    assert (published["kty"], published["alg"], published["use"]) == ("RSA", "RS256", "sig")
    assert kids(session, settings, now) == [published["kid"]]


def test_what_we_sign_is_verified_by_what_we_publish(session: Session, settings: Settings, now: datetime) -> None:
    token = keys.sign(session, {"a": 1}, settings=settings, now=now)
    (published,) = keys.key_set(session, settings=settings, now=now)["keys"]

    assert jwt.get_unverified_header(token)["kid"] == published["kid"]
    assert jwt.decode(token, jwt.PyJWK(published), algorithms=["RS256"]) == {"a": 1}


def test_private_keys_are_never_kept_in_the_clear(session: Session, settings: Settings, now: datetime) -> None:
    keys.ensure(session, settings=settings, now=now)

    (key,) = session.scalars(select(SigningKey))

    assert "PRIVATE" not in key.private_pem
    assert "PRIVATE" not in json.dumps(keys.key_set(session, settings=settings, now=now))


def test_a_new_key_is_published_a_day_before_it_signs(session: Session, settings: Settings, now: datetime) -> None:
    old = keys.signer(session, settings=settings, now=now).kid

    new = keys.rotate(session, settings=settings, now=now)

    assert set(kids(session, settings, now)) == {old, new}
    assert keys.signer(session, settings=settings, now=now + timedelta(hours=23)).kid == old
    assert keys.signer(session, settings=settings, now=now + timedelta(hours=24)).kid == new
    assert set(kids(session, settings, now + timedelta(days=2))) == {old, new}


def test_the_next_rotation_retires_the_one_before(session: Session, settings: Settings, now: datetime) -> None:
    first = keys.signer(session, settings=settings, now=now).kid
    second = keys.rotate(session, settings=settings, now=now)
    later = now + timedelta(days=90)

    third = keys.rotate(session, settings=settings, now=later)

    assert set(kids(session, settings, later)) == {second, third}
    states = {each["kid"]: each["state"] for each in keys.listing(session, settings=settings, now=later)}
    assert states == {first: "retired", second: "signing", third: "next"}


def test_a_leaked_key_is_replaced_at_once(session: Session, settings: Settings, now: datetime) -> None:
    keys.ensure(session, settings=settings, now=now)

    new = keys.rotate(session, settings=settings, now=now + timedelta(seconds=1), at_once=True)

    assert keys.signer(session, settings=settings, now=now + timedelta(seconds=1)).kid == new


def test_rotating_without_any_key_makes_one_that_signs(session: Session, settings: Settings, now: datetime) -> None:
    new = keys.rotate(session, settings=settings, now=now)

    assert keys.signer(session, settings=settings, now=now).kid == new


def test_two_processes_that_begin_at_once_make_one_key(
    session: Session, engine: Engine, settings: Settings, now: datetime
) -> None:
    keys.ensure(session, settings=settings, now=now)
    session.commit()
    with Session(engine) as other:
        keys.ensure(other, settings=settings, now=now)
        other.commit()

    assert len(session.scalars(select(SigningKey)).all()) == 1


@pytest.mark.parametrize("times", [2])
def test_a_private_key_is_loaded_once(session: Session, settings: Settings, now: datetime, times: int) -> None:
    signers = [keys.signer(session, settings=settings, now=now) for _ in range(times)]

    assert signers[0] is signers[-1]
