"""
What the forms of an exchange may say. Words come out clean, numbers and moments as such.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, CriterionPlan, LevelPlan, Plan, Words

LARGEST_ID = 2**31 - 1
LONGEST_NOTE = 2_000
YEARS = range(2000, 2200)


def flat(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """
    The messages of a ValidationError that belong to plain fields, each as a list.

    marshmallow wraps a message into a list only where it is a ``str``; ours are translated late.
    """
    return {
        name: said if isinstance(said, list) else [str(said)]
        for name, said in messages.items()
        if not isinstance(said, dict)
    }


class Text(fields.Field[str]):
    """Words of several lines: line feeds as the database likes them, and no character that it refuses."""

    default_error_messages = {"required": _("This is needed."), "null": _("This is needed.")}  # noqa: RUF012 - theirs

    def __init__(self, *, most: int, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        self.most = most
        if not required:
            self.load_default = ""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError([_("Please type some text.")])
        text = self.cleaned(value)
        if self.required and not text.strip():
            raise ValidationError([_("This is needed.")])
        if len(text) > self.most:
            raise ValidationError(
                [_("That is longer than %(most)s characters. Please shorten it.", most=f"{self.most:,}")]
            )
        return text

    def cleaned(self, value: str) -> str:
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


class Line(Text):
    """Words of one line."""

    def cleaned(self, value: str) -> str:
        return " ".join(super().cleaned(value).split())


class Number(fields.Field[float | None]):
    """A number as people type it, with a point or a comma; nothing typed is None."""

    default_error_messages = {"required": _("Please type a number.")}  # noqa: RUF012 - theirs

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, allow_none=not required, **kwargs)
        if not required:
            self.load_default = None

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float | None:
        text = str(value).strip().replace(",", ".")
        if not text and not self.required:
            return None
        try:
            number = float(text)
        except ValueError as err:
            raise ValidationError([_("Please type a number.")]) from err
        if not math.isfinite(number):
            raise ValidationError([_("Please type a number.")])
        return number


class Moment(fields.Field[datetime | None]):
    """A date and time; without a zone it is UTC, as the form says where no script runs. Nothing typed is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, load_default=None, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime | None:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as err:
            raise ValidationError([_("Please give a day and a time, such as 2030-05-03 12:00.")]) from err
        if moment.year not in YEARS:
            raise ValidationError([_("Please look at the year again.")])
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class FormSchema(Schema):
    """A form of ours: what it does not ask is refused."""

    class Meta(Schema.Meta):
        unknown = RAISE


class LevelSchema(FormSchema):
    id = fields.Integer(allow_none=True, load_default=None)
    title = Line(most=rules.LONGEST_TITLE, required=True)
    points = Number()
    description = Text(most=LONGEST_NOTE)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> LevelPlan:
        points = data.pop("points")
        if points is None:
            points = 0.0
        if not 0 <= points <= rules.MOST_POINTS:
            raise ValidationError({"points": [_("Give a number from 0 to %(most)s.", most=f"{rules.MOST_POINTS:,}")]})
        return LevelPlan(points=points, **data)


class CriterionSchema(FormSchema):
    id = fields.Integer(allow_none=True, load_default=None)
    title = Line(most=rules.LONGEST_TITLE, required=True)
    description = Text(most=LONGEST_NOTE)
    prompt = Text(most=LONGEST_NOTE)
    levels = fields.List(fields.Nested(LevelSchema), load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def check_levels(self, data: dict[str, Any], **_kwargs: Any) -> None:
        levels = data.get("levels", [])
        if len(levels) == 1:
            raise ValidationError({"title": [_("One level is no choice: use two or more, or none at all.")]})
        if len(levels) > rules.MOST_LEVELS:
            raise ValidationError({"title": [_("Use at most %(most)s levels.", most=rules.MOST_LEVELS)]})

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> CriterionPlan:
        return CriterionPlan(**(data | {"levels": tuple(data["levels"])}))


class PlanSchema(FormSchema):
    """All settings of an exchange."""

    title = Line(most=rules.LONGEST_TITLE, required=True)
    instructions = Text(most=rules.LONGEST_BODY)
    reviews = fields.Integer(
        required=True,
        validate=validate.Range(
            rules.FEWEST_REVIEWS,
            rules.MOST_REVIEWS,
            error=_("Choose from %(least)s to %(most)s.", least=rules.FEWEST_REVIEWS, most=rules.MOST_REVIEWS),
        ),
        error_messages={"invalid": _("Please choose a number."), "too_large": _("Please choose a number.")},
    )
    grade = fields.String(required=True, validate=validate.OneOf(["none", "points"], error=_("Choose one of these.")))
    points = fields.Raw(load_default="")
    opens_at = Moment()
    submit_by = Moment()
    review_by = Moment()
    anonymity = fields.String(
        required=True, validate=validate.OneOf([rules.NAMED, rules.MASKED], error=_("Choose one of these."))
    )
    criteria = fields.List(fields.Nested(CriterionSchema), load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def check_criteria(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if len(data.get("criteria", [])) > rules.MOST_CRITERIA:
            raise ValidationError({"criteria": [_("Use at most %(most)s criteria.", most=rules.MOST_CRITERIA)]})

    @validates_schema(skip_on_field_errors=False)
    def check_dates(self, data: dict[str, Any], **_kwargs: Any) -> None:
        opens_at, submit_by, review_by = (data.get(name) for name in ("opens_at", "submit_by", "review_by"))
        problems = {}
        if opens_at and submit_by and submit_by < opens_at:
            problems["submit_by"] = [_("This is before the exchange opens.")]
        before = [moment for moment in (opens_at, submit_by) if moment]
        if review_by and before and review_by < max(before):
            problems["review_by"] = [_("Reviewing cannot end before the work is due.")]
        if problems:
            raise ValidationError(problems)

    @validates_schema(skip_on_field_errors=False)
    def check_points(self, data: dict[str, Any], **_kwargs: Any) -> None:
        # Somebody who wants no grade need not look at what stands in the field.
        if data.get("grade") != "points":
            return
        try:
            points = Number(required=True).deserialize(data.get("points"))
        except ValidationError as err:
            raise ValidationError({"points": err.messages}) from err
        if not 0.01 <= points <= rules.MOST_POINTS:  # type: ignore[operator]
            raise ValidationError({"points": [_("Give a number above 0.")]})

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> Plan:
        typed = data.pop("points")
        is_graded = data.pop("grade") == "points"
        points = Number(required=True).deserialize(typed) if is_graded else None
        return Plan(**(data | {"points": points, "criteria": tuple(data["criteria"])}))


class Revision(fields.Integer):
    """The revision that a tab has last seen; what is no number of ours counts as none."""

    def __init__(self) -> None:
        super().__init__(load_default=0)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        text = str(value)
        is_known = text.isascii() and text.isdigit() and len(text) < 10
        return int(text) if is_known else 0


class WorkSchema(FormSchema):
    """A work being written."""

    body = Text(most=rules.LONGEST_BODY)
    base_revision = Revision()


class AnswerSchema(FormSchema):
    level_id = fields.Integer(
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, LARGEST_ID, error=_("Choose one of these.")),
        error_messages={"invalid": _("Choose one of these."), "too_large": _("Choose one of these.")},
    )
    comment = Text(most=rules.LONGEST_COMMENT)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> AnswerWords:
        return AnswerWords(**data)


class FeedbackSchema(FormSchema):
    """Feedback being written: answers by criterion id, and a word on the whole."""

    answers = fields.Dict(keys=fields.Integer(), values=fields.Nested(AnswerSchema), load_default=dict)
    comment = Text(most=rules.LONGEST_COMMENT)
    base_revision = Revision()

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {
            "words": Words(answers=data["answers"], comment=data["comment"]),
            "base_revision": data["base_revision"],
        }


class DeclineSchema(FormSchema):
    """Why somebody cannot review a work."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(rules.DECLINE_REASONS, error=_("Choose what comes nearest.")),
        error_messages={"required": _("Choose what comes nearest.")},
    )
    note = Text(most=LONGEST_NOTE)


class ReplySchema(FormSchema):
    """The author's answer to a feedback."""

    body = Text(most=rules.LONGEST_COMMENT, required=True)


class OverrideSchema(FormSchema):
    """A grade set by hand."""

    score = Number(required=True)
    reason = Text(most=LONGEST_NOTE, required=True)
