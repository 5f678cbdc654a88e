"""
Whoever has handed in nothing may give feedback all the same: a guest, for whom nobody owes anything.
"""

from collections.abc import Mapping, Sequence

from lti_tool.exchange.rules.pairs import Allows, filled


def work_for_guest(
    guest: int, lacks: Mapping[int, int], idle: Mapping[int, int], *, allows: Allows, seed: int = 0
) -> int | None:
    """
    The author whose work a guest reads next, or None.

    *lacks* says how many readers a work still wants, by author, those first who come first; *idle* how many works
    people of the plan still want to read. A guest takes only what these can spare: afterwards as many of them find a
    work as did before.
    """
    candidates = _most_in_need(lacks, [author for author in lacks if allows(guest, author)])
    if not candidates:
        return None
    found = len(filled(idle, lacks, seed=seed, allows=allows))
    return next(
        (
            author
            for author in candidates
            if len(filled(idle, {**lacks, author: lacks[author] - 1}, seed=seed, allows=allows)) == found
        ),
        None,
    )


def _most_in_need(lacks: Mapping[int, int], authors: Sequence[int]) -> list[int]:
    return sorted((author for author in authors if lacks[author] > 0), key=lambda author: -lacks[author])
