"""Front door of the letterbox: ``gunicorn webhooks.wsgi:app``."""

from lti_tool.app import create_letterbox

app = create_letterbox()
