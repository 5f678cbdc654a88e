"""
What is handed in: the settings of it, and the forms of an author at work.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from lti_tool.exchange import rules
from lti_tool.exchange.rules import captions
from lti_tool.web.fields import LONGEST_NOTE, FormSchema, Line, Moment, Revision, Text

ONE_OF_THESE = _("Choose one of these.")


class WorkOptionsSchema(FormSchema):
    """Further settings: what is handed in."""

    text = fields.String(required=True, validate=validate.OneOf(rules.WAYS, error=ONE_OF_THESE))
    files = fields.String(required=True, validate=validate.OneOf(rules.WAYS, error=ONE_OF_THESE))
    links = fields.String(required=True, validate=validate.OneOf(rules.WAYS, error=ONE_OF_THESE))
    rounds = fields.Boolean(load_default=False)
    ask = fields.Boolean(load_default=False)
    live = fields.Boolean(load_default=False)
    recordings = fields.Boolean(load_default=False)
    transcripts = fields.Boolean(load_default=False)

    @validates_schema
    def has_a_part(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        """Something must be there to hand in."""
        if not data.get("live") and all(data.get(part) == rules.UNWANTED for part in ("text", "files", "links")):
            raise ValidationError([_("Something must be handed in: allow at least one.")], "text")

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.WorkOptions:
        return rules.WorkOptions(**data)


class LinkField(Line):
    """An https address that is shown to others."""

    def cleaned(self, value: str) -> str:
        url = super().cleaned(value)
        if url and not rules.is_link(url):
            raise ValidationError([_("Give a whole address that begins with https://.")])
        return url


class BesideSchema(FormSchema):
    """What stands beside the words of a work; what was not filled in is not there."""

    stage = fields.String(load_default="", validate=validate.OneOf(["", *rules.STAGES], error=ONE_OF_THESE))
    question_1 = Line(most=rules.LONGEST_QUESTION)
    question_2 = Line(most=rules.LONGEST_QUESTION)
    question_3 = Line(most=rules.LONGEST_QUESTION)
    link_1 = LinkField(most=rules.LONGEST_LINK)
    link_title_1 = Line(most=rules.LONGEST_LINK_TITLE)
    link_2 = LinkField(most=rules.LONGEST_LINK)
    link_title_2 = Line(most=rules.LONGEST_LINK_TITLE)
    link_3 = LinkField(most=rules.LONGEST_LINK)
    link_title_3 = Line(most=rules.LONGEST_LINK_TITLE)
    link_4 = LinkField(most=rules.LONGEST_LINK)
    link_title_4 = Line(most=rules.LONGEST_LINK_TITLE)
    link_5 = LinkField(most=rules.LONGEST_LINK)
    link_title_5 = Line(most=rules.LONGEST_LINK_TITLE)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> rules.Beside:
        questions = (data[f"question_{place}"] for place in range(1, rules.MOST_QUESTIONS + 1))
        links = (
            rules.Link(url=data[f"link_{place}"], title=data[f"link_title_{place}"])
            for place in range(1, rules.MOST_LINKS + 1)
        )
        return rules.Beside(
            stage=data["stage"],
            questions=tuple(each for each in questions if each.strip()),
            links=tuple(link for link in links if link.url),
        )


class WordsSchema(FormSchema):
    """What is said in a recording."""

    words = Text(most=captions.LONGEST_WORDS)


class SlotSchema(FormSchema):
    """When and where something is shown."""

    held_at = Moment()
    place = Line(most=rules.LONGEST_PLACE)


class PresentationSchema(SlotSchema):
    """What somebody signs up with."""

    about = Text(most=rules.LONGEST_COMMENT)


class HandInSchema(FormSchema):
    """Handing in: what was looked at, and in a revised version what changed."""

    base_revision = Revision()
    note = Text(most=LONGEST_NOTE)
