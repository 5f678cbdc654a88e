"""
Whether authors look at their own work.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema


class SelfAssessmentOptionsSchema(FormSchema):
    """Further settings: whether and when authors assess their own work."""

    when = fields.String(
        required=True, validate=validate.OneOf(rules.SELF_ASSESSMENTS, error=_("Choose one of these."))
    )

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.SelfAssessmentOptions:
        return rules.SelfAssessmentOptions(**data)
