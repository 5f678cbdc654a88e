"""
Reading settings from a file, or from a kept template. What does not fit is told with its place.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_type_hints

from flask_babel import gettext as _
from marshmallow import ValidationError

from lti_tool.exchange import errors, rules, schemas, wording
from lti_tool.exchange.rules import Guide, Recipe
from lti_tool.exchange.schemas import PlanSchema
from lti_tool.web.fields import FormSchema

LARGEST_FILE = 512 * 1024
"""Bytes; the longest instructions and criteria fit in."""
MOST_PROBLEMS = 12
"""More at once help nobody."""

SCHEMAS: Mapping[type[rules.Options], type[FormSchema]] = {
    made: schema
    for schema in vars(schemas).values()
    if isinstance(schema, type)
    and issubclass(schema, FormSchema)
    and isinstance(made := get_type_hints(getattr(schema, "make", None) or (lambda: None)).get("return"), type)
    and issubclass(made, rules.Options)
}
"""
By what the further settings of a topic are read: as its form says them, so that the same holds for both.
The form's schema is known by what it makes, so a new topic is read from files without a word here.
"""

FIELDS = ("schema", "title", "instructions", "reviews", "points", "anonymity", "criteria", "options")
OF_A_CRITERION = (
    "title",
    "description",
    "prompt",
    "kind",
    "weight",
    "comment",
    "scale",
    "guide",
    "levels",
)
OF_A_LEVEL = ("title", "description", "points")
OF_A_SCALE = ("lowest", "highest", "step")
ROWS = ("criteria", "levels")


class NoRecipe(Exception):
    """Something that no exchange can begin from, and each reason in a sentence."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def from_file(written: bytes) -> Recipe:
    """The settings in a file. Raises :class:`NoRecipe` with what is to be mended."""
    if len(written) > LARGEST_FILE:
        raise NoRecipe(
            _("The file is larger than %(most)s KB, so it holds more than settings.", most=LARGEST_FILE // 1024)
        )
    try:
        said = json.loads(written.decode("utf-8-sig"), parse_constant=_no_number)
        # A lone surrogate is a string to JSON, and to no database.
        json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as err:
        raise NoRecipe(
            _("This is no JSON file. Take the settings of an exchange with you to see what one looks like.")
        ) from err
    return from_json(said)


def from_json(said: Any) -> Recipe:
    """The settings in an object that was read from JSON."""
    if not isinstance(said, dict) or said.get("schema") != rules.SCHEMA:
        raise NoRecipe(_("This is no file of settings: its “schema” should be “%(schema)s”.", schema=rules.SCHEMA))
    problems = [*_strangers(said, FIELDS, ())]
    options: dict[str, Mapping[str, Any]] = {}
    plan = None
    try:
        plan = PlanSchema().load(_typed(said, problems))
    except ValidationError as err:
        problems += _sentences(err.normalized_messages(), ())
    chosen = said.get("options", {})
    if isinstance(chosen, dict):
        for name, of_topic in chosen.items():
            try:
                options[name] = _options(name, of_topic)
            except ValidationError as err:
                problems += _sentences(err.normalized_messages(), ("options", name))
    else:
        problems.append(_at(("options",), _("Give an object in braces.")))
    problem = rules.problem_of(plan) if plan is not None else None
    if problem is not None:
        problems.append(_at(problem[:1], wording.sentence(errors.PlanRefused(*problem))))
    if problems or plan is None:
        raise NoRecipe(*problems[:MOST_PROBLEMS])
    return Recipe(plan=plan, options=options)


def _typed(said: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """As the form of an exchange would say it, so that the same holds for both."""
    rows = said.get("criteria", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append(_at(("criteria",), _("Give a list of objects in braces.")))
        rows = []
    points = said.get("points")
    return {
        "title": said.get("title"),
        "instructions": said.get("instructions", ""),
        "reviews": said.get("reviews", 3),
        "grade": "none" if points is None else "points",
        "points": "" if points is None else points,
        "anonymity": said.get("anonymity", rules.MASKED),
        "criteria": [_criterion(row, ("criteria", place), problems) for place, row in enumerate(rows[:200])],
    }


def _criterion(row: Mapping[str, Any], at: tuple[Any, ...], problems: list[str]) -> dict[str, Any]:
    problems += _strangers(row, OF_A_CRITERION, at)
    scale = _part(row.get("scale") or {}, OF_A_SCALE, (*at, "scale"), problems)
    guide = _part(row.get("guide") or {}, tuple(asdict(Guide())), (*at, "guide"), problems)
    levels = row.get("levels") or []
    if not isinstance(levels, list) or not all(isinstance(level, dict) for level in levels):
        problems.append(_at((*at, "levels"), _("Give a list of objects in braces.")))
        levels = []
    for place, level in enumerate(levels):
        problems += _strangers(level, OF_A_LEVEL, (*at, "levels", place))
    return {
        **{name: row[name] for name in ("title", "description", "prompt", "kind", "weight", "comment") if name in row},
        **scale,
        **guide,
        "insists": "yes" if guide.get("insists") is True else "",
        "levels": [{name: value for name, value in level.items() if name in OF_A_LEVEL} for level in levels],
    }


def _part(found: Any, known: tuple[str, ...], at: tuple[Any, ...], problems: list[str]) -> dict[str, Any]:
    if not isinstance(found, dict):
        problems.append(_at(at, _("Give an object in braces.")))
        return {}
    problems += _strangers(found, known, at)
    return {each: value for each, value in found.items() if each in known}


def _options(name: str, said: Any) -> Mapping[str, Any]:
    topic = next((each for each in SCHEMAS if name == each.TOPIC), None)
    if topic is None:
        raise ValidationError([_("There are no further settings of this name.")])
    if not isinstance(said, dict):
        raise ValidationError([_("Give an object in braces.")])
    schema = SCHEMAS[topic]()
    asked = {field.data_key or field_name for field_name, field in schema.fields.items()}
    # What no form asks, Hearth notes for itself, such as since when something holds: a new exchange begins without.
    noted = {each.name for each in fields(topic)} - asked
    read: rules.Options = schema.load({key: value for key, value in said.items() if key not in noted})
    return read.as_dict()


def _strangers(said: Mapping[str, Any], known: tuple[str, ...], at: tuple[Any, ...]) -> list[str]:
    return [
        _at((*at, str(name)[:60]), _("A file of settings says nothing of this name."))
        for name in said
        if name not in known
    ]


def _sentences(messages: Mapping[Any, Any] | list[Any], at: tuple[Any, ...]) -> list[str]:
    """The messages of a ValidationError, each with the place where it is."""
    found: list[str] = []
    for name, said in messages.items() if isinstance(messages, dict) else ((None, messages),):
        here = at if name in (None, "_schema") else (*at, name)
        if isinstance(said, dict):
            found += _sentences(said, here)
        else:
            found += [_at(here, str(each)) for each in (said if isinstance(said, list) else [said])]
    return found


def _at(place: tuple[Any, ...], sentence: str) -> str:
    """A sentence with its place, counted as people count: "criteria 2, levels 1, points: …"."""
    words: list[str] = []
    for each in place:
        if isinstance(each, int) and words and words[-1] in ROWS:
            words[-1] += f" {each + 1}"
        else:
            words.append(str(each))
    return f"{', '.join(words)}: {sentence}" if words else sentence


def _no_number(name: str) -> float:
    raise ValueError(name)
