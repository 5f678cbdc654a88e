"""
The letterbox's pages, a file each for what they are about. Importing them puts their views on the blueprint.
"""

from webhooks.room.views import events, sources
from webhooks.room.views.blueprint import bp

__all__ = ["bp", "events", "sources"]
