"""
What the coach looks for.
"""

from typing import Any

from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import LONGEST_NOTE, FormSchema, Text


class CoachSchema(FormSchema):
    """Further settings: whether the coach looks along, and what for."""

    on = fields.Boolean(load_default=False)
    moves = fields.List(fields.String(validate=validate.OneOf(rules.MOVES)), load_default=list)
    phrases = fields.Dict(
        keys=fields.String(validate=validate.OneOf(rules.MOVES)), values=Text(most=LONGEST_NOTE), load_default=dict
    )
    hints = fields.Dict(
        keys=fields.String(validate=validate.OneOf(rules.MOVES)), values=Text(most=LONGEST_NOTE), load_default=dict
    )
    takeaway = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.CoachOptions:
        said = {
            name: {move: text.strip() for move, text in data[name].items() if text.strip()}
            for name in ("phrases", "hints")
        }
        moves = [move for move in rules.MOVES if move in data["moves"]]
        return rules.CoachOptions(**(data | said | {"moves": moves}))
