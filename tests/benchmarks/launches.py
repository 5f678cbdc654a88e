"""
G1: complete launches (login, launch, first page) against the floor, stock PyLTI1p3 beside them.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.browsers import Run, Tool
from tests.benchmarks.ground import Ground, Server, serving
from tests.benchmarks.table import Result, at_least, at_most, told
from tests.ports import free_port

STUDENTS = 200


@dataclass
class Contestant:
    """One tool under load, and what it has shown so far."""

    name: str
    tool: Tool
    server: Server
    uses_postgres: bool = True
    runs: list[Run] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    """CPU for one launch, PostgreSQL's included, one figure for each run."""

    def take_turn(self, ground: Ground, count: int) -> None:
        before = self.server.seconds(), ground.postgres_seconds()
        run = self.tool.launches(count, browsers=8, students=STUDENTS)
        used = self.server.seconds() - before[0]
        if self.uses_postgres:
            used += ground.postgres_seconds() - before[1]
        self.runs.append(run)
        self.milliseconds.append(used / count * 1000)
        self.alone.append(self.tool.launches(max(count // 8, 5), browsers=1, students=STUDENTS).percentile(0.5))

    @property
    def rate(self) -> float:
        return median(run.rate for run in self.runs)

    def percentile(self, share: float) -> float:
        return median(run.percentile(share) for run in self.runs)


def measure(ground: Ground, *, rounds: int, count: int) -> Iterator[Result]:
    """Let each contestant take its turn, round by round, so that all meet the same weather."""
    with ExitStack() as stack:

        def contestant(name: str, application: str, environment: dict[str, str], port: int, **how: int) -> Contestant:
            server = stack.enter_context(serving(application, port=port, environment=environment, **how))
            tool = Tool(port=port, issuer=ground.issuer, key=ground.key)
            return Contestant(name=name, tool=tool, server=server)

        port = free_port()
        hearth_environment = ground.environment(ground.hearth("launches", port))
        ours = contestant("Hearth", "lti_tool.wsgi:app", hearth_environment, port)
        floor = contestant("floor", "tests.benchmarks.floor:app", ground.floor("floor"), free_port())
        # Its memory cache cannot be shared, so a second process would refuse half of all launches.
        stock = contestant("PyLTI1p3", "tests.benchmarks.stock:app", ground.stock(), free_port(), workers=1, threads=8)
        stock.uses_postgres = False
        contestants = [floor, ours, stock]
        for each in contestants:
            each.tool.launches(STUDENTS, browsers=8, students=STUDENTS)
        for _ in range(rounds):
            for each in contestants:
                each.take_turn(ground, count)
    cpu = median(ours.milliseconds)
    yield at_least("launches a second, 8 browsers", ours.rate, floor.rate, 0.6, "/s")
    yield at_most(
        "CPU a launch, PostgreSQL's included", median(ours.milliseconds), median(floor.milliseconds), 2.0, " ms"
    )
    yield at_most("p50, 1 browser", median(ours.alone), median(floor.alone), 2.0, " ms")
    yield told("p50 · p95, 8 browsers", _both(ours), _both(floor))
    yield Result(
        measure="launches a second, against stock PyLTI1p3",
        ours=f"{ours.rate:.0f}/s",
        reference=f"{stock.rate:.0f}/s",
        ratio=ours.rate / stock.rate,
    )
    yield Result(
        measure="CPU a launch, against stock PyLTI1p3",
        ours=f"{cpu:.2f} ms",
        reference=f"{median(stock.milliseconds):.2f} ms",
        ratio=cpu / median(stock.milliseconds),
    )
    yield told("p50 · p95, 8 browsers, stock PyLTI1p3", "", _both(stock))


def _both(contestant: Contestant) -> str:
    return f"{contestant.percentile(0.5):.1f} · {contestant.percentile(0.95):.1f} ms"
