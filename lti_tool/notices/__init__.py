"""
Notices: one person is told that something happened for them. Never public, never about others.

Rooms say what a notice means (:mod:`lti_tool.web.rooms`); here it is a kind and plain facts.
"""

from lti_tool.notices.operations import mark_all_read, mark_read, take_back, tell

__all__ = ["mark_all_read", "mark_read", "take_back", "tell"]
