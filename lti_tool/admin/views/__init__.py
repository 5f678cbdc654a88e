"""
The pages of the admin room, one file for each section.
"""

from lti_tool.admin.views import audit, calendar, courses, health, keys, launches, requests, retention
from lti_tool.admin.views.blueprint import bp

__all__ = ["audit", "bp", "calendar", "courses", "health", "keys", "launches", "requests", "retention"]
