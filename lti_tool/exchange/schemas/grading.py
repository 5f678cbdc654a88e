"""
What grades are made of, and why that changes.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from lti_tool.exchange import rules
from lti_tool.web.fields import LARGEST_ID, LONGEST_NOTE, FormSchema, Number, Text

ONE_OF_THESE = _("Choose one of these.")


class Weight(fields.Integer):
    """A whole number from 0 to 100; nothing typed is 0."""

    def __init__(self) -> None:
        super().__init__(
            load_default=0,
            validate=validate.Range(0, 100, error=_("Give a whole number from 0 to 100.")),
            error_messages={"invalid": _("Give a whole number from 0 to 100.")},
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        typed = str(value).strip()
        if not typed:
            return 0
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
            raise self.make_error("invalid")
        return int(typed)


class GradingSchema(FormSchema):
    """Further settings: what the grade is made of."""

    method = fields.String(
        required=True, validate=validate.OneOf([rules.MEAN, rules.MEDIAN, rules.ROBUST], error=ONE_OF_THESE)
    )
    work = Weight()
    giving = Weight()
    using = Weight()
    self_assessment = Weight()
    completion = Weight()
    staff = fields.Boolean(load_default=False)
    columns = fields.String(
        required=True, validate=validate.OneOf([rules.ONE_COLUMN, rules.COLUMN_PER_PART], error=ONE_OF_THESE)
    )

    @validates_schema
    def require_a_part(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not any(data.get(part) for part in rules.PARTS):
            raise ValidationError([_("Something has to count.")], "work")

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.GradingOptions:
        return rules.GradingOptions(**data)


class ReasonSchema(FormSchema):
    """Why something is done to somebody's grade."""

    reason = Text(most=LONGEST_NOTE, required=True)


class PartOverrideSchema(ReasonSchema):
    """One part of a grade, set by hand in percent."""

    percent = Number(required=True)


class RegradeSchema(ReasonSchema):
    """Which review counts no more, or again."""

    leaving_out = fields.Integer(load_default=None, validate=validate.Range(1, LARGEST_ID))
    counting = fields.Integer(load_default=None, validate=validate.Range(1, LARGEST_ID))
