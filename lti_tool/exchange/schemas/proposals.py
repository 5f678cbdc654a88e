"""
Proposing a rule of feedback, and answering it.
"""

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import LONGEST_NOTE, FormSchema, Line, Text


class ProposalSchema(FormSchema):
    """A rule that somebody would like to have."""

    rule = Line(most=rules.LONGEST_RULE, required=True)


class ProposalAnswerSchema(FormSchema):
    """Whether it is taken in, how it is worded then, and what is said to it."""

    answer = fields.String(
        required=True,
        validate=validate.OneOf(rules.ANSWERS, error=_("Choose one of these.")),
        error_messages={"required": _("Choose one of these.")},
    )
    rule = Line(most=rules.LONGEST_RULE)
    words = Text(most=LONGEST_NOTE)
