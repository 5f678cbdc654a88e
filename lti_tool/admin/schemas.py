"""
What the forms of the room may say.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, validate, validates_schema

from lti_tool.web.fields import FormSchema, Text


class RequestForm(FormSchema):
    """What is asked about a person, and why."""

    kind = fields.String(required=True, validate=validate.OneOf(("export", "erasure"), error=_("Choose one of these.")))
    reason = Text(most=1_000, required=True)
    sure = fields.String(load_default="")

    @validates_schema(skip_on_field_errors=False)
    def _is_sure(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("kind") == "erasure" and data.get("sure") != "1":
            raise ValidationError({"sure": [_("Nobody can undo this. Tick it if you are sure.")]})
