"""
Further settings: files in feedback.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema


class AttachingSchema(FormSchema):
    """How many files a review may have, and of which kinds."""

    most = fields.Integer(
        required=True,
        validate=validate.Range(0, rules.MOST_ATTACHED, error=_("Choose one of these.")),
        error_messages={"required": _("Choose one of these."), "invalid": _("Choose one of these.")},
    )
    recordings = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.AttachingOptions:
        return rules.AttachingOptions(**data)
