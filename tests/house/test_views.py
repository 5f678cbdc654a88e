"""
Every view has exactly one guard, and the right kind of it.
"""

from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

SIGNED_IN = {"member_required", "staff_required", "teacher_required", "admin_required"}
OUTSIDE = {"open_to_all", "platform_call"}


def test_every_view_has_exactly_one_guard(app: Flask) -> None:
    guards = {rule.endpoint: list(guards_of(app, rule)) for rule in rules(app)}

    wrong = {endpoint: found for endpoint, found in guards.items() if len(found) != 1}

    assert not wrong


def test_every_address_of_a_session_asks_who_is_there(app: Flask) -> None:
    unguarded = [rule.rule for rule in rules(app) if in_session(rule) and not set(guards_of(app, rule)) <= SIGNED_IN]

    assert not unguarded


def test_nothing_outside_a_session_expects_one(app: Flask) -> None:
    lost = [rule.rule for rule in rules(app) if not in_session(rule) and not set(guards_of(app, rule)) <= OUTSIDE]

    assert not lost


def rules(app: Flask) -> list[Rule]:
    # Flask's own view of the static folder; our pages use /assets/.
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def in_session(rule: Rule) -> bool:
    return rule.rule.startswith("/s/<handle>")


def guards_of(app: Flask, rule: Rule) -> Iterator[str]:
    """The guards around a view, from the outside in."""
    view = app.view_functions[rule.endpoint]
    inner = getattr(view, "__wrapped__", None)
    if "guard" in vars(view):
        yield vars(view)["guard"]
    while inner is not None:
        if "guard" in vars(inner):
            yield vars(inner)["guard"]
        inner = getattr(inner, "__wrapped__", None)
