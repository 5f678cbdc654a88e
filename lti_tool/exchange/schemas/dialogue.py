"""
What may be said once feedback is given, and what a teacher chooses about it.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from lti_tool.exchange import rules
from lti_tool.web.fields import LARGEST_ID, LONGEST_NOTE, FormSchema, Line, Text

ONE_OF_THESE = _("Choose one of these.")
PART = r"overall\Z|(note-)?[1-9]\d{0,9}\Z"


class MessageSchema(FormSchema):
    """A message about a feedback."""

    body = Text(most=rules.LONGEST_COMMENT, required=True)


class MarkSchema(FormSchema):
    """What the author decides about a comment."""

    part = fields.String(required=True, validate=validate.Regexp(PART, error=ONE_OF_THESE))
    mark = fields.String(
        required=True,
        validate=validate.OneOf(rules.MARKS, error=ONE_OF_THESE),
        error_messages={"required": ONE_OF_THESE},
    )
    reason = Text(most=LONGEST_NOTE)

    @validates_schema(skip_on_field_errors=False)
    def check_reason(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("mark") == rules.DISAGREE and not data.get("reason", "").strip():
            raise ValidationError({"reason": [_("Say why, in a few words. The reviewer reads it.")]})

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return data | {"part": part_of(data["part"])}


class TickSchema(FormSchema):
    """Whether a suggestion is taken up."""

    part = fields.String(required=True, validate=validate.Regexp(PART, error=ONE_OF_THESE))
    done = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {"part": part_of(data["part"]), "is_done": data["done"]}


class ThanksSchema(FormSchema):
    """A thank-you, and the rule that was served."""

    rule = Line(most=rules.LONGEST_RULE)


class AppraisalSchema(FormSchema):
    """How far a feedback keeps the rules of the class."""

    verdicts = fields.Dict(
        keys=fields.Integer(validate=validate.Range(0, rules.MOST_RULES - 1)),
        values=fields.String(validate=validate.OneOf(rules.VERDICTS, error=ONE_OF_THESE)),
        load_default=dict,
    )
    note = Text(most=LONGEST_NOTE)

    @validates_schema
    def check_anything(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data["verdicts"]:
            raise ValidationError({"verdicts": [_("Choose for at least one rule.")]})


class FlagSchema(FormSchema):
    """Why staff should look at something."""

    kind = fields.String(required=True, validate=validate.OneOf(rules.FLAGGABLE))
    thing_id = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))
    reason = fields.String(
        required=True,
        validate=validate.OneOf(rules.FLAG_REASONS, error=_("Choose what comes nearest.")),
        error_messages={"required": _("Choose what comes nearest.")},
    )
    words = Text(most=LONGEST_NOTE)


class DecisionSchema(FormSchema):
    """What staff decide about a flag."""

    decision = fields.String(
        required=True,
        validate=validate.OneOf(rules.DECISIONS, error=ONE_OF_THESE),
        error_messages={"required": ONE_OF_THESE},
    )
    note = Text(most=LONGEST_NOTE)
    told = Text(most=LONGEST_NOTE)
    counts = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=False)
    def check_note(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("decision") in ("hide", "rewrite") and not data.get("note", "").strip():
            raise ValidationError({"note": [_("Say why, in a few words. It is read by those it concerns.")]})


class ModerationSchema(DecisionSchema):
    """What staff decide about what nobody flagged, and what is wrong with it."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(rules.FLAG_REASONS, error=_("Choose what comes nearest.")),
        error_messages={"required": _("Choose what comes nearest.")},
    )


class SecondLookSchema(FormSchema):
    """Why a reviewer stays with what they wrote."""

    note = Text(most=LONGEST_NOTE, required=True)


class CharterSchema(FormSchema):
    """Further settings: the class's own rules of feedback."""

    enabled = fields.Boolean(load_default=False)
    appraise = fields.Boolean(load_default=False)
    proposals = fields.Boolean(load_default=False)
    shown = fields.String(required=True, validate=validate.OneOf([rules.AT_ONCE, rules.SETTLED], error=ONE_OF_THESE))
    written = fields.List(Line(most=rules.LONGEST_RULE), data_key="rules", load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def check_rules(self, data: dict[str, Any], **_kwargs: Any) -> None:
        written = [each for each in data.get("written", []) if each]
        if len(written) > rules.MOST_RULES:
            raise ValidationError({"rules": [_("Use at most %(most)s rules.", most=rules.MOST_RULES)]})
        if data.get("enabled") and len(written) < rules.FEWEST_RULES:
            raise ValidationError({"rules": [_("Write at least %(least)s rules.", least=rules.FEWEST_RULES)]})
        if len(set(written)) < len(written):
            raise ValidationError({"rules": [_("Two of these are the same.")]})

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.CharterOptions:
        return rules.CharterOptions(rules=tuple(each for each in data.pop("written") if each), **data)


class DialogueSchema(FormSchema):
    """Further settings: strong disagreement."""

    second_look = fields.Boolean(load_default=False)
    gap = fields.Integer(
        required=True,
        validate=validate.Range(10, 100, error=_("Choose from %(least)s to %(most)s.", least=10, most=100)),
        error_messages={"invalid": _("Please choose a number."), "too_large": _("Please choose a number.")},
    )
    steps = fields.Integer(
        required=True,
        validate=validate.Range(
            1, rules.MOST_LEVELS, error=_("Choose from %(least)s to %(most)s.", least=1, most=rules.MOST_LEVELS)
        ),
        error_messages={"invalid": _("Please choose a number."), "too_large": _("Please choose a number.")},
    )

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.DialogueOptions:
        return rules.DialogueOptions(**data)


def part_of(name: str) -> int | rules.NotePart | None:
    """The comment that a form means: that on a criterion, a note, or the overall word."""
    kind, _, number = name.rpartition("-")
    if number == "overall":
        return None
    id = min(int(number), LARGEST_ID)
    return rules.NotePart(id) if kind == "note" else id
