"""
Benchmarks: each measure beside a reference run, interleaved, so that the ratio holds on any machine.

``python -m tests.benchmarks`` (or ``make bench``) runs all; ``--quick`` only shows that they run.
"""
