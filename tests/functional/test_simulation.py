"""A small class plays a term; the large one is `make simulate`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_a_simulated_term_keeps_every_promise() -> None:
    played = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--students", "16", "--seed", "7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert "16 students, 3 reviews each, 17 days" in played.stdout
    assert "Every promise is kept." in played.stdout
    assert "BROKEN" not in played.stdout
