"""
What authors, reviewers and those who grade may say.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, Words
from lti_tool.web.fields import LARGEST_ID, LONGEST_NOTE, FormSchema, Line, Number, Revision, Text


class WorkSchema(FormSchema):
    """A work being written."""

    body = Text(most=rules.LONGEST_BODY)
    base_revision = Revision()


class AnswerSchema(FormSchema):
    level_id = fields.Integer(
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, LARGEST_ID, error=_("Choose one of these.")),
        error_messages={"invalid": _("Choose one of these."), "too_large": _("Choose one of these.")},
    )
    number = Number()
    comment = Text(most=rules.LONGEST_COMMENT)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> AnswerWords:
        return AnswerWords(**data)


class BegunSchema(FormSchema):
    """A note being typed. What it lacks is said when it is added."""

    where = Line(most=20)
    quote = Text(most=rules.LONGEST_COMMENT)
    at = Line(most=10)
    page = Line(most=10)
    point = Line(most=60)
    words = Text(most=rules.LONGEST_COMMENT)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.Begun:
        return rules.Begun(**data)


class NotingSchema(FormSchema):
    """The notes that a form shows, by id, and the one being typed."""

    words = fields.Dict(keys=fields.Integer(), values=Text(most=rules.LONGEST_COMMENT), load_default=dict)
    begun = fields.Nested(BegunSchema, load_default=rules.Begun)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.Noting:
        return rules.Noting(**data)


class NoteSchema(FormSchema):
    """A note that says something else."""

    words = Text(most=rules.LONGEST_COMMENT, required=True)


class FeedbackSchema(FormSchema):
    """Feedback being written: answers by criterion id, and a word on the whole."""

    answers = fields.Dict(keys=fields.Integer(), values=fields.Nested(AnswerSchema), load_default=dict)
    comment = Text(most=rules.LONGEST_COMMENT)
    to_author = fields.List(
        Text(most=rules.LONGEST_COMMENT), load_default=list, validate=validate.Length(max=rules.MOST_QUESTIONS)
    )
    noting = fields.Nested(NotingSchema, load_default=None)
    base_revision = Revision()

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {
            "words": Words(answers=data["answers"], comment=data["comment"], to_author=tuple(data["to_author"])),
            "noting": data["noting"],
            "base_revision": data["base_revision"],
        }


class DeclineSchema(FormSchema):
    """Why somebody cannot review a work."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(rules.DECLINE_REASONS, error=_("Choose what comes nearest.")),
        error_messages={"required": _("Choose what comes nearest.")},
    )
    note = Text(most=LONGEST_NOTE)


class TakeawaySchema(FormSchema):
    """What a reviewer takes for their own work; nothing takes the note away."""

    body = Text(most=LONGEST_NOTE)


class OverrideSchema(FormSchema):
    """A grade set by hand."""

    score = Number(required=True)
    reason = Text(most=LONGEST_NOTE, required=True)
