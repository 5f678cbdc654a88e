"""A course of Hearth and its LMS, which can drift apart."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from tests.factories.living import Living, living

MakesLiving = Callable[..., Living]


@pytest.fixture
def make_living(settings: Settings, session: Session, tmp_path: Path) -> Iterator[MakesLiving]:
    """Makes both, acting like the LMS one names."""
    with ExitStack() as stack:
        yield lambda brand="standard": stack.enter_context(living(settings, session, tmp_path, brand=brand))


@pytest.fixture
def both(make_living: MakesLiving) -> Living:
    """Plain LTI Advantage, three students graded."""
    made = make_living()
    made.grade(Mai=8.0, Diego=6.5, Aisha=9.0)
    return made
