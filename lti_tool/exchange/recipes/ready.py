"""
Ready templates: whole exchanges for the kinds of work that are reviewed most, to begin from and to change.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from lti_tool.exchange import rubrics, rules
from lti_tool.exchange.forms import PlanWords
from lti_tool.exchange.rules import Recipe
from lti_tool.exchange.schemas import PlanSchema


@dataclass(frozen=True, kw_only=True)
class Ready:
    """One of them."""

    title: LazyString
    about: LazyString
    """For what it is, and how it runs."""
    make: Callable[[], Recipe]
    """In the language of whoever begins from it."""


def _essay() -> Recipe:
    return _recipe(
        _("Essay draft"),
        _(
            "Hand in your draft as far as it is; it need not be finished. Say what you would like your readers to look"
            " at.\n\nWhen you review, read the whole text once before you write. When feedback has come, decide for"
            " each comment what you do with it, and hand in a revised version."
        ),
        rubric="essay",
        reviews=3,
        options=(
            rules.WorkOptions(rounds=True, ask=True),
            rules.CharterOptions(
                enabled=True,
                proposals=True,
                rules=(
                    _("Specific: it names the place in the work that it is about."),
                    _("Kind: it is said as I would like to be told."),
                    _("It says what works, and why."),
                    _("It ends with a next step that the author could take."),
                ),
            ),
        ),
    )


def _presentation() -> Recipe:
    return _recipe(
        _("Presentation"),
        _(
            "Hand in your slides, or a link to a recording, before you present. Reviewers write right after the talk,"
            " while they remember it."
        ),
        rubric="presentation",
        reviews=3,
        anonymity=rules.REVIEWER_HIDDEN,
        options=(
            rules.WorkOptions(text=rules.ALLOWED, files=rules.ALLOWED, links=rules.ALLOWED, ask=True),
            rules.AnonymityOptions(minimum=2),
        ),
    )


def _code() -> Recipe:
    return _recipe(
        _("Code review"),
        _(
            "Hand in a link to your change, or your files, and say in a few lines what the code should do and how to"
            " run it.\n\nWhen you review, run it first. Then read it as somebody who will have to change it next month."
        ),
        rubric="code",
        reviews=2,
        anonymity=rules.NAMED,
        options=(
            rules.WorkOptions(text=rules.ALLOWED, files=rules.ALLOWED, links=rules.ALLOWED, rounds=True, ask=True),
            rules.DialogueOptions(second_look=True),
        ),
    )


def _product() -> Recipe:
    return _recipe(
        _("What our group made"),
        _(
            "Hand in what your group made, with a few lines on whom it is for and what you would do next. You review"
            " what other groups made, never your own."
        ),
        rubric="product",
        reviews=3,
        options=(
            rules.WorkOptions(text=rules.ALLOWED, files=rules.ALLOWED, links=rules.ALLOWED, ask=True),
            rules.PairingOptions(start=rules.TOGETHER, groups=rules.OTHER_GROUPS),
        ),
    )


READY = {
    "essay": Ready(
        title=lazy_gettext("Essay draft, formative"),
        about=lazy_gettext("No grade. Three reviews, rules of feedback to agree to, and a revised version afterwards."),
        make=_essay,
    ),
    "presentation": Ready(
        title=lazy_gettext("Presentation"),
        about=lazy_gettext(
            "Slides or a recording. Speakers are known, reviewers are not, and feedback comes once two have written."
        ),
        make=_presentation,
    ),
    "code": Ready(
        title=lazy_gettext("Code review"),
        about=lazy_gettext(
            "A change or files, with names. Two reviews, a second look where they disagree, then a revised version."
        ),
        make=_code,
    ),
    "product": Ready(
        title=lazy_gettext("Group product"),
        about=lazy_gettext("Everybody begins together on the day the work is due, and nobody reviews their own group."),
        make=_product,
    ),
}
"""By the name that addresses use, in the order of the page."""


def _recipe(
    title: str,
    instructions: str,
    *,
    rubric: str,
    reviews: int,
    options: tuple[rules.Options, ...],
    anonymity: str = rules.MASKED,
) -> Recipe:
    words = PlanWords(title=title, instructions=instructions, criteria=rubrics.criteria(rubric), anonymity=anonymity)
    plan = PlanSchema().load(replace(words, reviews=str(reviews)).as_dict())
    return rules.recipe_of(plan, options)
