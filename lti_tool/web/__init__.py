"""The web layer under every room: session, viewer, guards, error pages, layouts, components."""

from lti_tool.web.install import install

__all__ = ["install"]
