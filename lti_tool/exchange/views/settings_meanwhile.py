"""
Two teachers in the settings at once: what the other has saved meanwhile, beside what was typed here.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _

from lti_tool.exchange import wording
from lti_tool.exchange.forms import CriterionWords, LevelWords, PlanWords, new_key
from lti_tool.exchange.rules import CriterionPlan, Plan
from lti_tool.web.pages import utc_moment


class Theirs(NamedTuple):
    """One thing that is saved otherwise than it was typed."""

    what: str
    text: str
    """As it is saved."""


def what_they_saved(typed: Plan, saved: Plan) -> list[Theirs]:
    """Where *saved* differs from what was *typed*, in the order of the form."""
    return [Theirs(str(what), text or _("Nothing")) for what, text in _differences(typed, saved)]


def joined(words: PlanWords, saved: Plan) -> PlanWords:
    """
    What was typed, so that it can be saved once more: what is gone meanwhile is new again, what came stands at the end.
    """
    known = {each.id: {level.id for level in each.levels} for each in saved.criteria}
    mine = tuple(_still_there(each, known) for each in words.criteria)
    ids = {each.id for each in mine}
    theirs = tuple(each for each in PlanWords.from_plan(saved).criteria if each.id not in ids)
    return replace(words, criteria=(*mine, *theirs))


def _still_there(criterion: CriterionWords, known: dict[int | None, set[int | None]]) -> CriterionWords:
    is_there = criterion.id is None or criterion.id in known
    levels = known.get(criterion.id, set())

    def kept(level: LevelWords) -> LevelWords:
        return level if level.id is None or level.id in levels else replace(level, key=new_key("m"))

    return replace(
        criterion,
        key=criterion.key if is_there else new_key("n"),
        levels=tuple(kept(level) for level in criterion.levels),
        is_open=criterion.is_open or not is_there,
    )


def _differences(typed: Plan, saved: Plan) -> Iterator[tuple[str, str]]:
    for of_typed, of_saved in zip(_about(typed), _about(saved), strict=True):
        if of_typed != of_saved:
            yield of_saved
    yield from _criteria(typed, saved)
    for of_typed, of_saved in zip(_running(typed), _running(saved), strict=True):
        if of_typed != of_saved:
            yield of_saved


def _about(plan: Plan) -> Iterator[tuple[str, str]]:
    yield _("Title"), plan.title
    yield _("Instructions"), plan.instructions.strip()


def _running(plan: Plan) -> Iterator[tuple[str, str]]:
    yield _("Reviews"), str(plan.reviews)
    yield _("Who sees names"), str(wording.ANONYMITIES[plan.anonymity][0])
    yield _("Points at most"), wording.number(plan.points) if plan.points is not None else _("No grade")
    yield _("Opens"), _moment(plan.opens_at)
    yield _("Work due"), _moment(plan.submit_by)
    yield _("Reviews due"), _moment(plan.review_by)


def _criteria(typed: Plan, saved: Plan) -> Iterator[tuple[str, str]]:
    before = {each.id: each for each in typed.criteria}
    for each in saved.criteria:
        if before.get(each.id) != each:
            yield _("Criterion: %(title)s", title=each.title), _criterion(each)
    gone = [each for each in typed.criteria if each.id is not None and each.id not in {k.id for k in saved.criteria}]
    for each in gone:
        yield _("Criterion: %(title)s", title=each.title), _("Taken away")


def _criterion(criterion: CriterionPlan) -> str:
    lines = [criterion.description, criterion.prompt]
    lines += [
        f"{level.title} ({wording.number(level.points)}){f': {level.description}' if level.description else ''}"
        for level in criterion.levels
    ]
    lines.append(_("Weight: %(weight)s", weight=wording.number(criterion.weight)))
    lines += [criterion.guide.good, criterion.guide.example]
    return "\n".join(line for line in lines if line)


def _moment(at: datetime | None) -> str:
    return utc_moment(at) if at is not None else ""
