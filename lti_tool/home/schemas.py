"""
What the forms of the course home send.
"""

from marshmallow import RAISE, Schema, fields, validate


class MoveForm(Schema):
    """Where an activity goes in the list."""

    class Meta(Schema.Meta):
        unknown = RAISE

    direction = fields.String(required=True, validate=validate.OneOf(["up", "down"]))
