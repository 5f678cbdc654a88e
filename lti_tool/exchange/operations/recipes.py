"""
Beginning an exchange from another one, from a template or from a file, and keeping templates.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.exchange import errors
from lti_tool.exchange.models import Exchange, Template
from lti_tool.exchange.operations import acts
from lti_tool.exchange.operations.practice import copy_examples
from lti_tool.exchange.operations.settings import create_exchange
from lti_tool.exchange.rules import LONGEST_NAME, MOST_TEMPLATES, Recipe

log = logging.getLogger(__name__)


def begin_from(
    session: Session, recipe: Recipe, *, course_id: int, by: int, now: datetime, source: Exchange | None = None
) -> Exchange:
    """
    Make an exchange as *recipe* says: a draft, so that somebody looks through it first.

    Where the recipe is that of another exchange, its *source*, the works to practise with come along.
    """
    exchange = create_exchange(session, recipe.plan, course_id=course_id, by=by, now=now, publish=False)
    exchange.options = {topic: dict(chosen) for topic, chosen in recipe.options.items()}
    session.flush()
    if source is not None:
        copy_examples(session, source, exchange, now=now)
    return exchange


def keep_template(
    session: Session, recipe: Recipe, *, name: str, course_id: int, by: int, is_own: bool, now: datetime
) -> Template:
    """Keep *recipe* under a name: for oneself wherever one teaches, or for all teachers of the course."""
    name = acts.clean(name).strip()[:LONGEST_NAME] or recipe.plan.title[:LONGEST_NAME]
    whose: Mapping[str, Any] = (
        {"owner_id": by, "course_id": None} if is_own else {"owner_id": None, "course_id": course_id}
    )
    count = select(func.count()).select_from(Template).filter_by(**whose)
    if (session.scalar(count) or 0) >= MOST_TEMPLATES:
        raise errors.TooManyTemplates
    template = Template(name=name, recipe=recipe.as_dict(), by_id=by, at=now, **whose)
    session.add(template)
    session.flush()
    journal.record(
        session,
        "exchange_template.kept",
        course_id=course_id,
        person_id=by,
        now=now,
        template_id=template.id,
        is_own=is_own,
    )
    log.info("exchange template %s kept", template.id)
    return template


def drop_template(session: Session, template: Template, *, course_id: int, by: int, now: datetime) -> None:
    """Keep it no longer. Exchanges that began from it stay."""
    journal.record(
        session, "exchange_template.dropped", course_id=course_id, person_id=by, now=now, template_id=template.id
    )
    session.delete(template)
    session.flush()
