"""
What staff say when they help somebody on.
"""

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from lti_tool.web.fields import LARGEST_ID, LONGEST_NOTE, FormSchema, Text


class WholeNumber(fields.Integer):
    """A whole number as people type it."""

    default_error_messages = {"required": _("Give a whole number."), "invalid": _("Give a whole number.")}  # noqa: RUF012 - theirs


class BulkSchema(FormSchema):
    """One act for several people."""

    act = fields.String(
        required=True,
        validate=validate.OneOf(["remind", "remind_of_work", "free", "excuse"], error=_("Choose one of these.")),
        error_messages={"required": _("Choose one of these.")},
    )
    person = fields.List(
        fields.Integer(validate=validate.Range(1, LARGEST_ID)),
        required=True,
        validate=validate.Length(1, 2_000, error=_("Choose at least one person.")),
    )


class ReaderSchema(FormSchema):
    """Who is to read a work; nobody named: whoever suits best."""

    reader = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, LARGEST_ID))


class ExcusalSchema(FormSchema):
    """How many reviews somebody owes, and why not more."""

    owes = WholeNumber(required=True)
    why = Text(most=LONGEST_NOTE, required=True)
