"""
What was found, in the words of a teacher.
"""

from typing import Any, TypeAlias

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from lti_tool.reconcile.models import Finding, Kind

Words: TypeAlias = str | LazyString

WHAT = {
    "people": lazy_gettext("The list of people could not be read."),
    "columns": lazy_gettext("The columns of the gradebook could not be read."),
    "grades": lazy_gettext("The grades in the gradebook could not be read."),
}
WHY = {
    "not_granted": lazy_gettext("Your LMS does not allow it; its admin can."),
    "roster_empty": lazy_gettext("Your LMS sent an empty list, so Hearth kept everybody."),
    "unavailable": lazy_gettext("Your LMS did not answer in time. Hearth tries again by itself."),
    "broken": lazy_gettext("Something went wrong in Hearth. It was written down, and Hearth tries again by itself."),
    "throttled": lazy_gettext("Your LMS asked Hearth to slow down. Hearth goes on by itself."),
}
ABOUT_ACTIVITY = {
    Kind.COLUMN_MADE: lazy_gettext(
        "The column of “%(title)s” was gone from the gradebook. Hearth adds it again, with its grades."
    ),
    Kind.COLUMN_GONE: lazy_gettext(
        "The column of “%(title)s” is gone from the gradebook once more, so Hearth leaves it."
        " Send one of its grades again if you want it back."
    ),
    Kind.COLUMN_UNUSED: lazy_gettext(
        "The column of “%(title)s” is gone from the gradebook. No grade was in it; the first one adds it again."
    ),
    Kind.COPIED: lazy_gettext(
        "“%(title)s” came along with another course. Its settings were copied, without people and their work."
    ),
}
OTHERWISE = lazy_gettext("Your LMS refused it. Ask its admin whether Hearth is still active.")


def sentence(finding: Finding, *, name: str = "") -> Words:
    """What differed, and what became of it. *name* is whose grade it is."""
    facts, title = finding.facts, finding.activity.title if finding.activity else ""
    kind = Kind(finding.kind)
    if kind in ABOUT_ACTIVITY:
        return str(ABOUT_ACTIVITY[kind]) % {"title": title}
    if kind is Kind.PEOPLE:
        return " ".join(_people(facts))
    if kind is Kind.UNREADABLE:
        return f"{WHAT[facts['what']]} {WHY.get(facts['problem'], OTHERWISE)}"
    if kind in (Kind.GROUPS, Kind.MORE):
        return _counted(kind, facts["count"])
    return _grade(kind, facts, title=title, name=name)


def problem(code: str) -> Words:
    """Why a comparison broke off."""
    return WHY.get(code, OTHERWISE)


def _counted(kind: Kind, count: int) -> Words:
    if kind is Kind.MORE:
        return ngettext("One difference more.", "%(num)s differences more.", count)
    return ngettext(
        "One person is in another section or group by now.",
        "%(num)s people are in other sections or groups by now.",
        count,
    )


def _people(facts: dict[str, Any]) -> list[str]:
    said = []
    if facts["joined"]:
        said.append(ngettext("One person is new.", "%(num)s people are new.", facts["joined"]))
    if facts["left"]:
        said.append(ngettext("One person has left.", "%(num)s people have left.", facts["left"]))
    if facts["changed"]:
        said.append(
            ngettext("One is back or has another role.", "%(num)s are back or have another role.", facts["changed"])
        )
    if facts["names"]:
        said.append(ngettext("One has another name.", "%(num)s have another name.", facts["names"]))
    return said or [_("The list of people was brought up to date.")]


def _grade(kind: Kind, facts: dict[str, Any], *, title: str, name: str) -> Words:
    sent, found, maximum = (_points(facts[each]) for each in ("sent", "found", "maximum"))
    values = {"name": name, "title": title, "sent": sent, "found": found, "maximum": maximum}
    if kind is Kind.GRADE_THEIRS:
        if facts["sent"] is None:
            return _(
                "%(name)s, “%(title)s”: Hearth took its grade back, the gradebook shows %(found)s of %(maximum)s."
                " Somebody graded there by hand, so it stays.",
                **values,
            )
        return _(
            "%(name)s, “%(title)s”: Hearth sent %(sent)s, the gradebook shows %(found)s of %(maximum)s."
            " Somebody graded there by hand, or your LMS counts in its own way, so it stays.",
            **values,
        )
    if kind is Kind.GRADE_REFUSED:
        return _(
            "%(name)s, “%(title)s”: the gradebook does not show the %(sent)s of %(maximum)s that Hearth sent twice."
            " Perhaps somebody cleared it there, so Hearth leaves it.",
            **values,
        )
    if facts["sent"] is None:
        return _("%(name)s, “%(title)s”: a grade was to be taken back; Hearth asks for it again.", **values)
    if facts["found"] is None:
        return _(
            "%(name)s, “%(title)s”: the gradebook had no grade. Hearth sends %(sent)s of %(maximum)s again.", **values
        )
    return _(
        "%(name)s, “%(title)s”: the gradebook had an older grade, %(found)s."
        " Hearth sends %(sent)s of %(maximum)s again.",
        **values,
    )


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
