"""
What protects names.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema

ONE_OF_THESE = _("Choose one of these.")


class AnonymitySchema(FormSchema):
    """Further settings: what protects names beyond hiding them."""

    minimum = fields.Integer(
        required=True,
        validate=validate.Range(1, rules.MOST_MINIMUM, error=ONE_OF_THESE),
        error_messages={"invalid": ONE_OF_THESE},
    )

    staff = fields.String(load_default=rules.SEE, validate=validate.OneOf(rules.STAFF_WAYS, error=ONE_OF_THESE))

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.AnonymityOptions:
        return rules.AnonymityOptions(**data)
