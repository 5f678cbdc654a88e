"""
Whom a teacher wants together, or apart.
"""

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from lti_tool.web.fields import LARGEST_ID, FormSchema

CHOOSE = _("Choose somebody.")


class Somebody(fields.Integer):
    """A person chosen from a list."""

    def __init__(self) -> None:
        super().__init__(
            required=True,
            validate=validate.Range(1, LARGEST_ID, error=CHOOSE),
            error_messages={"required": CHOOSE, "invalid": CHOOSE},
        )


class PairRuleSchema(FormSchema):
    """Two people, and whether they are to be together or apart."""

    reviewer = Somebody()
    author = Somebody()
    kind = fields.String(required=True, validate=validate.OneOf(["must", "never"], error=_("Choose one of these.")))
    both = fields.Boolean(load_default=False)
