"""
The two blueprints of this folder: the doors anybody may knock at, and the pages behind them.
"""

from flask import Blueprint

doors = Blueprint("doors", __name__, template_folder="templates", url_prefix="/lti")
"""Fixed addresses, known to every platform: login, launch, key set, registration."""

bp = Blueprint("launch", __name__, template_folder="templates")
"""Pages of a signed-in teacher: the deep-link picker."""
