"""
The blueprint of the letterbox's pages. ``create_app`` puts it below ``/s/<handle>/admin``.
"""

from flask import Blueprint

bp = Blueprint("letterbox", __name__, template_folder="../templates")
