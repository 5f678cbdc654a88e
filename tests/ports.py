"""
Ports for servers that are told where to listen before they start.
"""

import random
import socket
from contextlib import ExitStack

BELOW_THE_EPHEMERAL = range(20_000, 32_000)
"""
Where no connection that somebody opens gets its own port from. A port that the system chose for us could be gone
again before our server listens there: every test beside this one opens connections.
"""


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on, none of them twice."""
    found: list[int] = []
    with ExitStack() as stack:
        # Held until all are found; without a seed, for two workers must not try in the same order.
        for port in random.SystemRandom().sample(BELOW_THE_EPHEMERAL, len(BELOW_THE_EPHEMERAL)):
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise AssertionError("every port is taken")


def free_port() -> int:
    """A port that nobody listens on."""
    return free_ports(1)[0]
