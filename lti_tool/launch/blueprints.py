"""
The two blueprints of this folder: the doors anybody may knock at, and the pages behind them.
"""

from flask import Blueprint, request

LARGEST_MESSAGE = 512 * 1024
"""What anybody may send to a door: a token of 100,000 letters, a state, and room to spare."""

doors = Blueprint("doors", __name__, template_folder="templates", url_prefix="/lti")
"""Fixed addresses, known to every platform: login, launch, key set, registration."""


@doors.before_request
def limit_messages() -> None:
    """Nobody has said yet who they are."""
    request.max_content_length = LARGEST_MESSAGE


bp = Blueprint("launch", __name__, template_folder="templates")
"""Pages of a signed-in teacher: the deep-link picker."""
