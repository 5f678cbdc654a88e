"""
The same said in Caliper 1.2 (IMS Global, 1EdTech): an envelope with one event, by marshmallow.

Caliper wants an actor. Where whoever did it stays unknown, the actor is Hearth itself.
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

from marshmallow import Schema, fields, post_dump

from lti_tool.journal.kinds import Caliper
from webhooks.outbox.composing import PING, Told, as_moment

VERSION = "http://purl.imsglobal.org/ctx/caliper/v1p2"
PINGED = Caliper(type="ToolUseEvent", action="Used", profile="ToolUseProfile", object="SoftwareApplication")


class _Moment(fields.Field[datetime]):
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return as_moment(value)


class IdentifierSchema(Schema):
    """A ``SystemIdentifier``: what another system calls the entity."""

    type = fields.Constant("SystemIdentifier")
    identifier_type = fields.String(data_key="identifierType")
    identifier = fields.String()
    source = fields.String()


class EntitySchema(Schema):
    """A person, a course, an activity, or what came of it."""

    id = fields.String()
    type = fields.String()
    other_identifiers = fields.List(fields.Nested(IdentifierSchema), data_key="otherIdentifiers")

    @post_dump
    def _without_blanks(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value}


class EventSchema(Schema):
    """One event."""

    context = fields.Constant(VERSION, data_key="@context")
    id = fields.String()
    type = fields.String()
    profile = fields.String()
    actor = fields.Nested(EntitySchema)
    action = fields.String()
    object = fields.Nested(EntitySchema)
    generated = fields.Nested(EntitySchema)
    event_time = _Moment(data_key="eventTime")
    ed_app = fields.Nested(EntitySchema, data_key="edApp")
    group = fields.Nested(EntitySchema)
    extensions = fields.Dict()

    @post_dump
    def _without_blanks(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value}


class EnvelopeSchema(Schema):
    """What is posted."""

    sensor = fields.String()
    send_time = _Moment(data_key="sendTime")
    data_version = fields.Constant(VERSION, data_key="dataVersion")
    data = fields.List(fields.Nested(EventSchema))


def body(told: Told, said: Caliper, *, hearth: str, now: datetime) -> str:
    """*told* in an envelope. *hearth* is our own address, by which receivers know the sensor."""
    app = {"id": hearth, "type": "SoftwareApplication"}
    event: dict[str, Any] = {
        "id": f"urn:uuid:{told.id}",
        "type": said.type,
        "profile": said.profile,
        "actor": _person(told) or app,
        "action": said.action,
        "object": _object(told, said, app),
        "event_time": told.occurred_at,
        "ed_app": app,
    }
    if said.generated:
        # It has no address that anybody could follow; the event's own id makes it unique.
        event["generated"] = {"id": f"urn:uuid:{told.id}#generated", "type": said.generated}
    if told.course:
        event["group"] = _course(told)
    if told.kind != PING:
        event["extensions"] = {"hearth": {"type": told.kind, **told.facts}}
    envelope = {"sensor": hearth, "send_time": now, "data": [event]}
    return json.dumps(EnvelopeSchema().dump(envelope), ensure_ascii=False, separators=(",", ":"))


def _person(told: Told) -> dict[str, Any] | None:
    if told.person is None:
        return None
    return {
        "id": f"{told.issuer}#user-{quote(told.person, safe='')}",
        "type": "Person",
        "other_identifiers": [
            {"identifier_type": "LtiUserId", "identifier": told.person, "source": told.issuer},
        ],
    }


def _course(told: Told) -> dict[str, Any]:
    return {
        "id": f"{told.issuer}#context-{quote(told.course, safe='')}",
        "type": "CourseSection",
        "other_identifiers": [
            {"identifier_type": "LtiContextId", "identifier": told.course, "source": told.issuer},
        ],
    }


def _object(told: Told, said: Caliper, app: dict[str, Any]) -> dict[str, Any]:
    if said.object == "SoftwareApplication" or told.activity is None:
        return app
    if said.object == "Message":
        return {"id": f"urn:uuid:{told.id}#message", "type": "Message"}
    return {"id": f"urn:uuid:{told.activity}", "type": said.object}
