"""
Who reviews whom.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema

ONE_OF_THESE = _("Choose one of these.")


class PairingSchema(FormSchema):
    """Further settings: who reviews whom."""

    start = fields.String(required=True, validate=validate.OneOf([rules.ROLLING, rules.TOGETHER], error=ONE_OF_THESE))
    groups = fields.String(
        required=True,
        validate=validate.OneOf([rules.ANY_GROUP, rules.OTHER_GROUPS, rules.OWN_GROUP], error=ONE_OF_THESE),
    )
    within_sections = fields.Boolean(load_default=False)
    avoid_last = fields.Boolean(load_default=False)
    guests = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.PairingOptions:
        return rules.PairingOptions(**data)
