"""
Practice: its settings, and the works that staff put in.
"""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import fields, post_load, validate

from lti_tool.exchange import rules
from lti_tool.exchange.operations.practice import ExampleWords
from lti_tool.exchange.schemas.taking_part import AnswerSchema
from lti_tool.exchange.schemas.work import LinkField
from lti_tool.web.fields import FormSchema, Line, Text

MOST_LINKS = 3
LONGEST_TITLE = 200


class PracticeOptionsSchema(FormSchema):
    """Further settings: whether people practise, and how near they should come."""

    when = fields.String(required=True, validate=validate.OneOf(rules.PRACTICES, error=_("Choose one of these.")))
    mark = fields.String(
        load_default="", validate=validate.OneOf(["", rules.NEAR, rules.CLOSE], error=_("Choose one of these."))
    )

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.PracticeOptions:
        return rules.PracticeOptions(**data)


class ExampleSchema(FormSchema):
    """A work to practise with, finished or not."""

    title = Line(most=LONGEST_TITLE, required=True)
    body = Text(most=rules.LONGEST_BODY)
    link_1 = LinkField(most=rules.LONGEST_LINK)
    link_title_1 = Line(most=rules.LONGEST_LINK_TITLE)
    link_2 = LinkField(most=rules.LONGEST_LINK)
    link_title_2 = Line(most=rules.LONGEST_LINK_TITLE)
    link_3 = LinkField(most=rules.LONGEST_LINK)
    link_title_3 = Line(most=rules.LONGEST_LINK_TITLE)
    answers = fields.Dict(keys=fields.Integer(), values=fields.Nested(AnswerSchema), load_default=dict)
    comment = Text(most=rules.LONGEST_COMMENT)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> ExampleWords:
        links = (
            rules.Link(url=data[f"link_{place}"], title=data[f"link_title_{place}"])
            for place in range(1, MOST_LINKS + 1)
        )
        return ExampleWords(
            title=data["title"],
            body=data["body"],
            beside=rules.Beside(links=tuple(link for link in links if link.url)),
            words=rules.Words(answers=data["answers"], comment=data["comment"]),
        )
