"""
``python -m tests.benchmarks [--quick] [launches|roster|pages|planning|closing|webhooks|outgoing|cockpit …]``.
"""

import argparse
import sys
import warnings

from tests.benchmarks import closing, cockpit, launches, outgoing, pages, planning, roster, webhooks
from tests.benchmarks.ground import ground
from tests.benchmarks.table import show

ALL = ["launches", "roster", "pages", "planning", "closing", "webhooks", "outgoing", "cockpit"]


def main() -> int:
    """Run what is asked for, or all of it. The exit code says whether it ran, not who won."""
    # The embedded PostgreSQL looks for a folder that servers seldom have, and finds another.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("which", nargs="*", choices=[*ALL, []])
    parser.add_argument("--quick", action="store_true", help="only show that everything runs; the figures mean little")
    asked = parser.parse_args()
    which = asked.which or ALL
    met = True
    with ground() as here:
        if "launches" in which:
            rounds, count = (1, 40) if asked.quick else (9, 200)
            met &= show("Launches (G1)", launches.measure(here, rounds=rounds, count=count))
        if "roster" in which:
            people, rounds = (500, 1) if asked.quick else (10_000, 5)
            met &= show(f"Roster sync of {people:,} members (G11)", roster.measure(here, people=people, rounds=rounds))
        if "pages" in which:
            met &= show("Pages (G2)", pages.measure(here))
        if "planning" in which:
            people, large, rounds, steps = (300, 1_000, 1, 4) if asked.quick else (10_000, 100_000, 3, 60)
            figures = planning.measure(here, people=people, large=large, rounds=rounds, steps=steps)
            met &= show("Plans and single steps (G3, G4)", figures)
        if "closing" in which:
            people, rounds = (200, 1) if asked.quick else (3_000, 7)
            met &= show(f"Closing an activity of {people:,} (G5)", closing.measure(here, people=people, rounds=rounds))
        if "webhooks" in which:
            rounds, count = (1, 200) if asked.quick else (5, 3_000)
            met &= show("Webhooks taken in and read (G7, G8)", webhooks.measure(here, rounds=rounds, count=count))
        if "outgoing" in which:
            hooks, scores = (20, 4) if asked.quick else (1_000, 200)
            figures = outgoing.measure(here, hooks=hooks, scores=scores)
            met &= show("Webhooks and grades sent (G12)", figures)
        if "cockpit" in which:
            people, rounds = (60, 1) if asked.quick else (1_000, 15)
            met &= show(f"The cockpit of {people:,} people", cockpit.measure(here, people=people, rounds=rounds))
    print("\nEvery goal is met." if met else "\nSome goals are missed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
