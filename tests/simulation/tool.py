"""Hearth by the simulation's clock: ``gunicorn tests.simulation.tool:app``."""

from lti_tool.app import create_app
from tests.simulation.moment import following

app = following(create_app())
