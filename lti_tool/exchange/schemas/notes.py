"""
Further settings: notes on single places, and who else reads a review.
"""

from typing import Any

from marshmallow import fields, post_load

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema


class NotesOptionsSchema(FormSchema):
    """Whether reviewers write notes on places of a work, and read what others said about it."""

    on = fields.Boolean(load_default=False)
    others = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.NotesOptions:
        return rules.NotesOptions(**data)
