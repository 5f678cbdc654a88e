"""
A reviewer's own date.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, validates_schema

from lti_tool.web.fields import FormSchema, Moment


class CommitmentSchema(FormSchema):
    """By when somebody wants to have reviewed."""

    by = Moment(required=False)

    @validates_schema
    def require_a_time(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("by") is None:
            raise ValidationError([_("Please give a day and a time.")], "by")
