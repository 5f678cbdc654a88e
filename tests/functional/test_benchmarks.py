"""The benchmarks run; how fast is nothing that a test could say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_every_benchmark_runs_and_tells_its_table() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    for measure in (
        "launches a second",
        "first sync",
        "unchanged sync",
        "memory over idle",
        "statements: home",
        "CSS and JS",
        "closed, graded and queued",
        "webhooks to who takes",
        "statements: who is stuck",
    ):
        assert measure in answer.stdout
