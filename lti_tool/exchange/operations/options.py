"""
Changing further settings, a topic at a time.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import acts
from lti_tool.exchange.rules import Options


def set_options(
    session: Session, exchange: Exchange, options: Options, *, by: int, now: datetime, base: str | None = None
) -> None:
    """
    Choose the settings of one topic, unless somebody else changed them since *base* was their fingerprint.

    What is not allowed once people have begun, the topic's own verb asks before.
    """
    # The row first: two topics saved at once must not undo each other.
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    session.refresh(exchange, ["options"])
    if rules.is_changed(exchange.option(type(options)), options, base=base):
        raise errors.TopicChanged
    kept = options.as_dict()
    if exchange.options.get(options.TOPIC) == kept:
        return
    exchange.options = exchange.options | {options.TOPIC: kept}
    session.flush()
    acts.record(session, exchange, "exchange.options_changed", by=by, now=now, topic=options.TOPIC)


def copy_options(source: Exchange, copy: Exchange, topics: Collection[type[Options]], *, now: datetime) -> None:
    """Give *copy* the further settings of *source*, without people or moments that have passed."""
    copy.options = {
        topic.TOPIC: source.option(topic).for_copy(now).as_dict() for topic in topics if topic.TOPIC in source.options
    }
