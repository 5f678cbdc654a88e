"""
``python -m tests.simulation [--students 120] [--seed 1]``. The exit code is 1 if a promise is broken.
"""

import argparse
import sys
import time
import warnings
from datetime import UTC, datetime

from tests.simulation import term, verdict
from tests.simulation.house import house

BEGINS = datetime(2027, 1, 11, 8, 0, tzinfo=UTC)
"""A Monday."""


def main() -> int:
    """Play one term and tell what came of it."""
    # The embedded PostgreSQL looks for a folder that servers seldom have, and finds another.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--students", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    students = term.a_class(asked.students, seed=asked.seed, begins=BEGINS)
    began = time.monotonic()
    with house(students=len(students), begins=BEGINS) as here:
        played = term.play(here, students, begins=BEGINS)
        counts = verdict.counted(played)
        kept = verdict.promises(here, played, counts)
    verdict.show(played, counts, kept)
    is_kept = all(each.is_kept for each in kept)
    print(f"\nSeed {asked.seed}, played in {time.monotonic() - began:.0f} s.", end=" ")
    print("Every promise is kept." if is_kept else "Some promises are broken.")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
