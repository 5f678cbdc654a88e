"""The pretend LMS by the simulation's clock: ``gunicorn tests.simulation.lms:app``."""

import os

from lti_tool.sandbox.app import create_app
from lti_tool.sandbox.config import SandboxConfig
from tests.simulation.moment import following

app = following(create_app(SandboxConfig.from_environment(os.environ)))
