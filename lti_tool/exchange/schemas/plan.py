"""
What the form of an exchange may say.
"""

from dataclasses import asdict
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from lti_tool.exchange import rules
from lti_tool.exchange.rules import CriterionPlan, Guide, LevelPlan, Plan, Scale
from lti_tool.web.fields import LONGEST_NOTE, FormSchema, Line, Moment, Number, Text


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
    kind = fields.String(load_default="", validate=validate.OneOf(["", *rules.KINDS], error=_("Choose one of these.")))
    # Read only where numbers are asked for: nobody need look at fields that say nothing.
    lowest = fields.Raw(load_default="")
    highest = fields.Raw(load_default="")
    step = fields.Raw(load_default="")
    weight = Number()
    comment = fields.String(
        load_default="", validate=validate.OneOf(["", *rules.COMMENTS], error=_("Choose one of these."))
    )
    low = Line(most=rules.LONGEST_TITLE)
    high = Line(most=rules.LONGEST_TITLE)
    yes = Line(most=LONGEST_NOTE)
    words = Number()
    purpose = Line(most=LONGEST_NOTE)
    insists = fields.String(load_default="")
    good = Text(most=LONGEST_NOTE)
    example = Text(most=LONGEST_NOTE)
    why = Text(most=LONGEST_NOTE)
    starters = Text(most=LONGEST_NOTE)

    @validates_schema(skip_on_field_errors=False)
    def check_levels(self, data: dict[str, Any], **_kwargs: Any) -> None:
        levels = data.get("levels", [])
        if len(levels) == 1:
            raise ValidationError({"title": [_("One level is no choice: use two or more, or none at all.")]})
        if len(levels) > rules.MOST_LEVELS:
            raise ValidationError({"title": [_("Use at most %(most)s levels.", most=rules.MOST_LEVELS)]})
        if data.get("kind") == rules.LEVELS and not levels:
            raise ValidationError({"kind": [_("Add two levels or more, or choose another way to answer.")]})

    @validates_schema(skip_on_field_errors=False)
    def check_scale(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("kind") == rules.NUMBER:
            _scale(data)

    @validates_schema(skip_on_field_errors=False)
    def check_comment(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("kind") == rules.WORDS and data.get("comment") == rules.NO_COMMENT:
            raise ValidationError({"comment": [_("Without a comment there would be nothing to answer.")]})

    @validates_schema(skip_on_field_errors=False)
    def check_numbers(self, data: dict[str, Any], **_kwargs: Any) -> None:
        weight, count = data.get("weight"), data.get("words")
        problems = {}
        if weight is not None and not 0 <= weight <= rules.MOST_WEIGHT:
            problems["weight"] = [_("Give a number from 0 to %(most)s.", most=f"{rules.MOST_WEIGHT:,}")]
        if count is not None and not (0 <= count <= rules.MOST_WORDS and count == int(count)):
            problems["words"] = [_("Give a whole number from 0 to %(most)s.", most=rules.MOST_WORDS)]
        if problems:
            raise ValidationError(problems)

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> CriterionPlan:
        guide = {name: data.pop(name) for name in asdict(Guide())}
        guide |= {"words": int(guide["words"] or 0), "insists": bool(guide["insists"])}
        ends = {name: data.pop(name) for name in ("lowest", "highest", "step")}
        weight = data.pop("weight")
        return CriterionPlan(
            **(data | {"levels": tuple(data["levels"])}),
            scale=_scale(ends) if data["kind"] == rules.NUMBER else None,
            weight=1.0 if weight is None else weight,
            guide=Guide(**guide),
        )


def _scale(data: dict[str, Any]) -> Scale:
    found: dict[str, Any] = {}
    problems = {}
    for name in ("lowest", "highest", "step"):
        try:
            found[name] = Number(required=True).deserialize(data.get(name))
        except ValidationError as err:
            problems[name] = err.messages
    if problems:
        raise ValidationError(problems)
    scale = Scale(**found)
    if not max(abs(scale.lowest), abs(scale.highest)) <= rules.MOST_POINTS:
        raise ValidationError({"highest": [_("That is further than anybody counts.")]})
    if not scale.is_sound:
        raise ValidationError(
            {"highest": [_("Steps must lead from the lower end up to the higher one, in at most 1,000 steps.")]}
        )
    return scale


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
        required=True, validate=validate.OneOf(rules.ANONYMITIES, error=_("Choose one of these."))
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
