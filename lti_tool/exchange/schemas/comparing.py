"""
Comparing works two at a time: its settings, and what a reviewer says.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.web.fields import FormSchema, Revision, Text

CHOOSE = _("Choose one of these.")


class ComparingOptionsSchema(FormSchema):
    """Further settings: how many pairs each compares, and what authors learn."""

    pairs = fields.Integer(
        required=True,
        validate=validate.Range(0, rules.MOST_PAIRS, error=CHOOSE),
        error_messages={"invalid": CHOOSE, "required": CHOOSE},
    )
    tells = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.ComparingOptions:
        return rules.ComparingOptions(**data)


class ComparisonSchema(FormSchema):
    """Two works side by side: which does each criterion better, and words to both authors."""

    picks = fields.Dict(
        keys=fields.Integer(),
        values=fields.Integer(
            validate=validate.OneOf(rules.PICKS, error=CHOOSE), error_messages={"invalid": CHOOSE, "too_large": CHOOSE}
        ),
        load_default=dict,
    )
    left = fields.Dict(keys=fields.Integer(), values=Text(most=rules.LONGEST_COMMENT), load_default=dict)
    right = fields.Dict(keys=fields.Integer(), values=Text(most=rules.LONGEST_COMMENT), load_default=dict)
    left_comment = Text(most=rules.LONGEST_COMMENT)
    right_comment = Text(most=rules.LONGEST_COMMENT)
    base_revision = Revision()

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        picks = data["picks"]

        def words(side: str) -> rules.Words:
            said = data[side]
            answers = {
                id: rules.AnswerWords(comment=said.get(id, ""))
                for id in {*said, *picks}
                if said.get(id, "").strip() or id in picks
            }
            return rules.Words(answers=answers, comment=data[f"{side}_comment"])

        return {
            "picks": picks,
            "left": words("left"),
            "right": words("right"),
            "base_revision": data["base_revision"],
        }
