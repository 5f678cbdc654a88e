"""
How results are told: a measure, its reference, the ratio, the goal, and whether it is met.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the table."""

    measure: str
    ours: str
    reference: str = ""
    ratio: float | None = None
    goal: str = ""
    is_met: bool | None = None
    """None: told for comparison only."""


def at_least(measure: str, ours: float, reference: float, share: float, unit: str) -> Result:
    """More is better: *ours* should be at least this *share* of the *reference*."""
    ratio = ours / reference
    return Result(
        measure=measure,
        ours=f"{ours:.0f}{unit}",
        reference=f"{reference:.0f}{unit}",
        ratio=ratio,
        goal=f"≥ {share:g} ×",
        is_met=ratio >= share,
    )


def at_most(measure: str, ours: float, reference: float, times: float, unit: str) -> Result:
    """Less is better: *ours* should be at most so many *times* the *reference*."""
    ratio = ours / reference
    return Result(
        measure=measure,
        ours=f"{ours:.2f}{unit}",
        reference=f"{reference:.2f}{unit}",
        ratio=ratio,
        goal=f"≤ {times:g} ×",
        is_met=ratio <= times,
    )


def within(measure: str, ours: float, most: float, unit: str = "", *, note: str = "") -> Result:
    """*ours* should be at most so much, whatever anybody else needs."""
    return Result(
        measure=measure, ours=f"{ours:g}{unit}", reference=note, goal=f"≤ {most:g}{unit}", is_met=ours <= most
    )


def told(measure: str, ours: str, note: str = "") -> Result:
    """For comparison only."""
    return Result(measure=measure, ours=ours, reference=note)


def show(title: str, results: Iterable[Result]) -> bool:
    """Print a table. Returns whether every goal in it is met."""
    rows = list(results)
    print(f"\n{title}")
    print(f"  {'':<46} {'Hearth':>12} {'reference':>22} {'ratio':>8} {'goal':>10}")
    for row in rows:
        ratio = f"{row.ratio:.2f} ×" if row.ratio is not None else ""
        verdict = {None: "", True: "met", False: "MISSED"}[row.is_met]
        print(
            f"  {row.measure:<46} {row.ours:>12} {row.reference:>22} {ratio:>8} {row.goal:>10}  {verdict}", flush=True
        )
    return all(row.is_met is not False for row in rows)
