"""
Keeping settings under a name.
"""

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema, Line


class TemplateSchema(FormSchema):
    """A template, and who can begin from it."""

    name = Line(most=rules.LONGEST_NAME, required=True)
    whose = fields.String(
        required=True,
        validate=validate.OneOf(["own", "course"], error=_("Choose one of these.")),
        error_messages={"required": _("Choose one of these.")},
    )
