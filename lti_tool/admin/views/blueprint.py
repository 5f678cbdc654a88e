"""
The blueprint that the room's own pages belong to. ``create_app`` puts it below ``/s/<handle>/admin``.
"""

from flask import Blueprint

bp = Blueprint("admin", __name__, template_folder="../templates")
