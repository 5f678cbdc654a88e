"""An institution, and its admin in their room."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories.admin import Admin, come
from tests.factories.lti import PretendPlatform, make_pretend_platform


@pytest.fixture
def platform(session: Session) -> PretendPlatform:
    return make_pretend_platform(session)


@pytest.fixture
def admin(client: FlaskClient, platform: PretendPlatform) -> Admin:
    return come(client, platform)
