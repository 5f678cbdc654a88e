"""
Groups that hand in together: the settings of it, and the forms that make them.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema, Line

FROM_TWO = _("Choose a number from 2 to %(most)s.", most=rules.MOST_IN_TEAM)


def _size(**values: Any) -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(2, rules.MOST_IN_TEAM, error=FROM_TWO),
        error_messages=dict.fromkeys(("invalid", "required", "null", "too_large"), FROM_TWO),
        **values,
    )


class TeamOptionsSchema(FormSchema):
    """Further settings: groups."""

    on = fields.Boolean(load_default=False)
    choose = fields.Boolean(load_default=False)
    size = _size(load_default=3)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.TeamOptions:
        return rules.TeamOptions(**data)


class DealSchema(FormSchema):
    """Groups at random."""

    size = _size(required=True)


class TeamNameSchema(FormSchema):
    """One more group."""

    name = Line(most=rules.LONGEST_TEAM_NAME)
