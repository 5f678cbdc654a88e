"""
Further settings: what becomes of what comes late, and when authors see their feedback.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema, Moment

ONE_OF_THESE = _("Choose one of these.")
MINUTES = _("Give whole minutes, at most a week.")
REVIEWS = _("Choose from 1 to 10.")


def _minutes() -> fields.Integer:
    return fields.Integer(
        load_default=0,
        validate=validate.Range(0, rules.MOST_GRACE, error=MINUTES),
        error_messages={"invalid": MINUTES},
    )


class LateSchema(FormSchema):
    """What becomes of work and reviews that come late."""

    work = fields.String(load_default=rules.MARKED, validate=validate.OneOf(rules.LATE_WAYS, error=ONE_OF_THESE))
    work_grace = _minutes()
    reviews = fields.String(load_default=rules.MARKED, validate=validate.OneOf(rules.LATE_WAYS, error=ONE_OF_THESE))
    reviews_grace = _minutes()

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.LateOptions:
        return rules.LateOptions(**data)


class ReleaseSchema(FormSchema):
    """When authors see their feedback."""

    when = fields.String(required=True, validate=validate.OneOf(rules.RELEASES, error=ONE_OF_THESE))
    after = fields.Integer(
        load_default=1,
        validate=validate.Range(rules.FEWEST_REVIEWS, rules.MOST_REVIEWS, error=REVIEWS),
        error_messages={"invalid": REVIEWS},
    )
    on = Moment()

    @validates_schema
    def require_the_date(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("when") == rules.ON_DATE and data.get("on") is None:
            raise ValidationError([_("Please give a day and a time.")], "on")

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.ReleaseOptions:
        return rules.ReleaseOptions(**data)
