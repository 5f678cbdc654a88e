"""
More time for somebody: whom, until when and why.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, validate, validates_schema

from lti_tool.web.fields import LARGEST_ID, LONGEST_NOTE, FormSchema, Moment, Text

MOST_PEOPLE = 10_000
UNKNOWN = _("Choose from the people of this course.")


class ExtensionSchema(FormSchema):
    """Later dates: for one of the choices, or for the people who are ticked."""

    whom = fields.String(load_default="chosen", validate=validate.Length(max=300))
    person = fields.List(
        fields.Integer(validate=validate.Range(1, LARGEST_ID, error=UNKNOWN), error_messages={"invalid": UNKNOWN}),
        load_default=list,
        validate=validate.Length(max=MOST_PEOPLE),
    )
    submit_by = Moment()
    review_by = Moment()
    reason = Text(most=LONGEST_NOTE, required=True)


class ReopeningSchema(FormSchema):
    """Until when somebody may change something once more, and why."""

    until = Moment()
    reason = Text(most=LONGEST_NOTE, required=True)

    @validates_schema
    def require_a_time(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("until") is None:
            raise ValidationError([_("Please give a day and a time.")], "until")
