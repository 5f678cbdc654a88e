"""The front door for a WSGI server: `gunicorn lti_tool.sandbox.wsgi:app`."""

import os

from lti_tool.sandbox.app import create_app
from lti_tool.sandbox.config import SandboxConfig

app = create_app(SandboxConfig.from_environment(os.environ))
