"""Hearth: an LTI 1.3 tool that gives a course a home for its people."""

__version__ = "0.1.0"
