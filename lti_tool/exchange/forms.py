"""
What somebody has typed into the form of an exchange so far, right or wrong, and its rows put in another order.

Rows are told apart by keys: ``c12`` is criterion 12 and ``l34`` level 34, ``n…`` and ``m…`` are new
ones. Their order is the order in which the form sends them, so moving a row needs no renumbering.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from lti_tool.exchange import rules, wording
from lti_tool.exchange.rules import CriterionPlan, Guide, LevelPlan, Plan
from lti_tool.web.fields import flat

CRITERION_KEY = re.compile(r"c\d{1,9}|n\w{1,24}", re.ASCII)
LEVEL_KEY = re.compile(r"l\d{1,9}|m\w{1,24}", re.ASCII)


USUAL = {
    "kind": "",
    "lowest": "0",
    "highest": "10",
    "step": "1",
    "weight": "1",
    "comment": "",
    **dict.fromkeys(asdict(Guide()), ""),
}
"""What a criterion says besides its words and levels, as its form has it while nobody said anything else."""

Form = MultiDict[str, str]
"""What a browser sent."""


@dataclass(frozen=True, kw_only=True)
class LevelWords:
    """One level as typed."""

    key: str
    title: str = ""
    points: str = ""
    description: str = ""

    @property
    def id(self) -> int | None:
        return _id(self.key, "l")


@dataclass(frozen=True, kw_only=True)
class CriterionWords:
    """One criterion as typed."""

    key: str
    title: str = ""
    description: str = ""
    prompt: str = ""
    levels: tuple[LevelWords, ...] = ()
    more: Mapping[str, str] = field(default_factory=lambda: dict(USUAL))
    """How it is answered, what it weighs, how it guides: see :data:`USUAL`."""
    is_open: bool = False
    """Shown unfolded: it is new, or was touched last."""

    @property
    def id(self) -> int | None:
        return _id(self.key, "c")

    @property
    def kind(self) -> str:
        return self.more["kind"] or (rules.LEVELS if self.levels else rules.WORDS)

    @property
    def comment(self) -> str:
        return self.more["comment"] or (rules.REQUIRED if self.kind == rules.WORDS else rules.OPTIONAL)


@dataclass(frozen=True, kw_only=True)
class PlanWords:
    """The whole form as typed."""

    title: str = ""
    instructions: str = ""
    reviews: str = "3"
    grade: str = "none"
    points: str = "10"
    opens_at: Any = ""
    submit_by: Any = ""
    review_by: Any = ""
    anonymity: str = rules.MASKED
    criteria: tuple[CriterionWords, ...] = field(default=())

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """What was typed, with everything the form does not know left out."""
        return cls(
            title=form.get("title", ""),
            instructions=form.get("instructions", ""),
            reviews=form.get("reviews", ""),
            grade=form.get("grade", ""),
            points=form.get("points", ""),
            opens_at=form.get("opens_at", ""),
            submit_by=form.get("submit_by", ""),
            review_by=form.get("review_by", ""),
            anonymity=form.get("anonymity", ""),
            criteria=tuple(
                _criterion(form, key) for key in _keys(form, "criterion[]", CRITERION_KEY, rules.MOST_CRITERIA)
            ),
        )

    @classmethod
    def from_plan(cls, plan: Plan) -> Self:
        """A plan as its form shows it."""
        return cls(
            title=plan.title,
            instructions=plan.instructions,
            reviews=str(plan.reviews),
            grade="none" if plan.points is None else "points",
            points=wording.number(plan.points) or cls.points,
            opens_at=plan.opens_at,
            submit_by=plan.submit_by,
            review_by=plan.review_by,
            anonymity=plan.anonymity,
            criteria=tuple(_criterion_words(each) for each in plan.criteria),
        )

    def as_dict(self) -> dict[str, Any]:
        """What :class:`schemas.PlanSchema` reads."""
        return {
            "title": self.title,
            "instructions": self.instructions,
            "reviews": self.reviews,
            "grade": self.grade,
            "points": self.points,
            "opens_at": self.opens_at,
            "submit_by": self.submit_by,
            "review_by": self.review_by,
            "anonymity": self.anonymity,
            "criteria": [
                {
                    "id": criterion.id,
                    "title": criterion.title,
                    "description": criterion.description,
                    "prompt": criterion.prompt,
                    # Levels of a criterion that is answered otherwise are not seen, so nothing is wrong with them.
                    "levels": [
                        {"id": level.id, "title": level.title, "points": level.points, "description": level.description}
                        for level in criterion.levels
                        if criterion.kind == rules.LEVELS
                    ],
                    **criterion.more,
                }
                for criterion in self.criteria
            ],
        }

    def errors_by_name(self, messages: Mapping[str, Any]) -> dict[str, list[str]]:
        """The messages of a ValidationError under the names of the form's fields."""
        found = flat(messages)
        for index, said in _rows(messages.get("criteria")):
            criterion = self.criteria[index]
            found |= {f"{criterion.key}-{name}": each for name, each in flat(said).items()}
            for place, problems in _rows(said.get("levels")):
                key = criterion.levels[place].key
                found |= {f"{key}-{name}": each for name, each in flat(problems).items()}
        return found


def rearranged(words: PlanWords, act: str) -> PlanWords:
    """
    Do what a button of the criteria says: ``add-criterion``, ``add-level c3``, ``remove l7``, ``up c3``, ``down l7``.

    What names no row changes nothing.
    """
    verb, _space, key = act.partition(" ")
    if verb == "add-criterion":
        return replace(words, criteria=(*words.criteria, new_criterion()))
    if verb == "add-level":
        grown = [
            replace(each, levels=(*each.levels, LevelWords(key=new_key("m"))), is_open=True)
            if each.key == key
            else each
            for each in words.criteria
        ]
        return replace(words, criteria=tuple(grown))
    if CRITERION_KEY.fullmatch(key):
        return replace(words, criteria=_moved(words.criteria, verb, key))
    changed = []
    for each in words.criteria:
        is_here = any(level.key == key for level in each.levels)
        changed.append(replace(each, levels=_moved(each.levels, verb, key), is_open=True) if is_here else each)
    return replace(words, criteria=tuple(changed))


def new_criterion(token: str | None = None) -> CriterionWords:
    """An empty row, with levels to begin from. A *token* makes its keys known beforehand."""
    token = token or secrets.token_hex(5)
    return CriterionWords(key=f"n{token}", levels=usual_levels(f"m{token}"), is_open=True)


def unfolded(words: PlanWords, names: Collection[str]) -> PlanWords:
    """The same with those criteria unfolded that hold a field of *names*."""
    opened = []
    for each in words.criteria:
        keys = (each.key, *(level.key for level in each.levels))
        is_named = any(name.startswith(f"{key}-") for name in names for key in keys)
        opened.append(replace(each, is_open=each.is_open or is_named))
    return replace(words, criteria=tuple(opened))


def new_key(letter: str) -> str:
    """A key that no other row has."""
    return f"{letter}{secrets.token_hex(5)}"


def beginning() -> PlanWords:
    """A form that makes a good exchange as soon as it has a title."""
    return PlanWords(
        criteria=(
            CriterionWords(
                key="n1",
                title=_("Main idea"),
                description=_("Can a reader say after one reading what this is about and why it matters?"),
                prompt=_("What is the main idea, in your own words? Where did you find it, or lose it?"),
                levels=usual_levels("m1"),
            ),
            CriterionWords(
                key="n2",
                title=_("Support"),
                description=_("Do reasons, examples or evidence carry the main idea?"),
                prompt=_("Which part convinced you most? Which needs more, and what would help?"),
                levels=usual_levels("m2"),
            ),
            CriterionWords(
                key="n3",
                title=_("One next step"),
                prompt=_("If the author changes one thing, what should it be, and how could they begin?"),
            ),
        ),
    )


def usual_levels(prefix: str) -> tuple[LevelWords, ...]:
    """Four levels that fit most criteria, under keys that begin with *prefix*."""
    titles = (_("Not there yet"), _("Getting there"), _("There"), _("Beyond"))
    return tuple(
        LevelWords(key=f"{prefix}{points}", title=title, points=str(points)) for points, title in enumerate(titles)
    )


def _criterion(form: Form, key: str) -> CriterionWords:
    levels = _keys(form, f"{key}-level[]", LEVEL_KEY, rules.MOST_LEVELS)
    return CriterionWords(
        key=key,
        title=form.get(f"{key}-title", ""),
        description=form.get(f"{key}-description", ""),
        prompt=form.get(f"{key}-prompt", ""),
        more={name: form.get(f"{key}-{name}", _unsent(form, key, name)) for name in USUAL},
        levels=tuple(
            LevelWords(
                key=level,
                title=form.get(f"{level}-title", ""),
                points=form.get(f"{level}-points", ""),
                description=form.get(f"{level}-description", ""),
            )
            for level in levels
        ),
    )


def _unsent(form: Form, key: str, name: str) -> str:
    """What a field means that was not sent: a box that is not ticked says no, anything else is as usual."""
    return "" if name == "insists" or f"{key}-kind" in form else USUAL[name]


def _keys(form: Form, name: str, pattern: re.Pattern[str], most: int) -> list[str]:
    # One more than allowed is kept, so that the schema can say that it is too many.
    known = dict.fromkeys(key for key in form.getlist(name) if pattern.fullmatch(key))
    return list(known)[: most + 1]


def _criterion_words(plan: CriterionPlan) -> CriterionWords:
    return CriterionWords(
        key=f"c{plan.id}" if plan.id is not None else new_key("n"),
        title=plan.title,
        description=plan.description,
        prompt=plan.prompt,
        levels=tuple(_level_words(level) for level in plan.levels),
        more=_more(plan),
    )


def _more(plan: CriterionPlan) -> dict[str, str]:
    scale = plan.scale
    ends = {} if scale is None else {name: _exact(value) for name, value in asdict(scale).items()}
    guide = {
        name: value if isinstance(value, str) else str(int(value)) if value else ""
        for name, value in asdict(plan.guide).items()
    }
    return {**USUAL, **ends, **guide, "kind": plan.kind, "comment": plan.comment, "weight": _exact(plan.weight)}


def _exact(value: float) -> str:
    """A number in full: what is saved again must be what was."""
    return f"{value:.15g}"


def _level_words(plan: LevelPlan) -> LevelWords:
    return LevelWords(
        key=f"l{plan.id}" if plan.id is not None else new_key("m"),
        title=plan.title,
        points=wording.number(plan.points),
        description=plan.description,
    )


def _moved(rows: tuple[Any, ...], verb: str, key: str) -> tuple[Any, ...]:
    places = [place for place, row in enumerate(rows) if row.key == key]
    if not places:
        return rows
    place = places[0]
    rest = [row for row in rows if row.key != key]
    if verb == "remove":
        return tuple(rest)
    if verb not in ("up", "down"):
        return rows
    rest.insert(max(place - 1, 0) if verb == "up" else place + 1, rows[place])
    return tuple(rest)


def _rows(said: Any) -> list[tuple[int, dict[str, Any]]]:
    """The problems of rows by index: marshmallow gives a list instead where the whole list is wrong."""
    if not isinstance(said, dict):
        return []
    return [(int(index), problems) for index, problems in said.items() if isinstance(problems, dict)]


def _id(key: str, letter: str) -> int | None:
    return int(key[1:]) if key.startswith(letter) else None
