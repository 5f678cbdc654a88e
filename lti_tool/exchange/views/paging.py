"""
Long lists, a page at a time.
"""

from collections.abc import Sequence
from typing import TypeVar

from flask import request

T = TypeVar("T")


def paged(rows: Sequence[T], *, size: int) -> tuple[Sequence[T], int, int]:
    """The rows of the page that is asked for, its number, and how many there are."""
    pages = max((len(rows) + size - 1) // size, 1)
    asked = request.args.get("page", "1")
    number = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return rows[(number - 1) * size : number * size], number, pages
