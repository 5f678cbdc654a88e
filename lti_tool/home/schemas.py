"""
What the forms of the course home send.
"""

from marshmallow import fields, validate

from lti_tool.web.fields import FormSchema


class MoveForm(FormSchema):
    """Where an activity goes in the list."""

    direction = fields.String(required=True, validate=validate.OneOf(["up", "down"]))
